import { toChannelsFirst, type Value } from "../builder.ts";
import type { Operator } from "../operator.ts";

/** A reduction over known axes. */
const reduce =
  (op: string): Operator =>
  (node, [x, axes], builder) => {
    const rank = x.shape.length;
    const reduced = new Set(node.known(axes, "axes").map((axis) => node.axis(axis, rank)));
    const keep = node.flag("keep_dims");
    const shape = keep
      ? x.shape.map((size, axis) => (reduced.has(axis) ? 1 : size))
      : x.shape.filter((_, axis) => !reduced.has(axis));
    if (reduced.size === 0) return { ...x, name: node.name };
    // Channels first the axes that stay must still come in TensorFlow's order, or all stay.
    const overSpace = rank === 4 && reduced.has(1) && reduced.has(2);
    const first = x.channelsFirst !== undefined && x.plain === undefined && (keep || overSpace);
    const input = first ? builder.channelsFirst(x) : builder.plain(x);
    const list = [...reduced]
      .map((axis) => (first ? toChannelsFirst.indexOf(axis as 0 | 1 | 2 | 3) : axis))
      .sort((a, b) => a - b);
    const wrap = (onnx: string): Value =>
      first && keep
        ? { name: node.name, type: x.type, shape, channelsFirst: onnx }
        : { name: node.name, type: x.type, shape, plain: onnx };
    if (op === "ReduceMean" && first && overSpace && reduced.size === 2) {
      const pooled = builder.add("GlobalAveragePool", [input], node.name);
      return wrap(keep ? pooled : builder.add("Flatten", [pooled], node.name, { axis: 1 }));
    }
    return wrap(
      builder.add(op, [input, builder.integers(list, `${node.name}/axes`)], node.name, { keepdims: Number(keep) }),
    );
  };

const argument =
  (op: "ArgMax" | "ArgMin"): Operator =>
  (node, [x, axis], builder) => {
    const along = node.axis(axis ? node.known(axis, "axes")[0] : 0, x.shape.length);
    const shape = x.shape.filter((_, i) => i !== along);
    return {
      name: node.name,
      type: "int64",
      shape,
      plain: builder.add(op, [builder.plain(x)], node.name, { axis: along, keepdims: 0 }),
    };
  };

/** Softmax and its logarithm, over the last axis. */
const softmax =
  (op: "Softmax" | "LogSoftmax"): Operator =>
  (node, [x], builder) => {
    const first = x.channelsFirst !== undefined && x.plain === undefined;
    const input = first ? x.channelsFirst! : builder.plain(x);
    const onnx = builder.add(op, [input], node.name, { axis: first ? 1 : x.shape.length - 1 });
    return { name: node.name, type: "float32", shape: x.shape, [first ? "channelsFirst" : "plain"]: onnx };
  };

export const reduction: Record<string, Operator> = {
  ArgMax: argument("ArgMax"),
  ArgMin: argument("ArgMin"),
  LogSoftmax: softmax("LogSoftmax"),
  Max: reduce("ReduceMax"),
  Mean: reduce("ReduceMean"),
  Min: reduce("ReduceMin"),
  Prod: reduce("ReduceProd"),
  Softmax: softmax("Softmax"),
  Sum: reduce("ReduceSum"),
};
