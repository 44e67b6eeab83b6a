import { asConstant, type Builder, toChannelsFirst, toChannelsLast, type Value } from "../builder.ts";
import { type Elements, elementCount } from "../graph.ts";
import type { Node, Operator } from "../operator.ts";
import { expand, newElements, transpose } from "../tensor.ts";
import { fromImage, toImage } from "./image.ts";

/** True for a value that so far exists with its channels first only. */
const isMoved = (value: Value): boolean => value.channelsFirst !== undefined && value.plain === undefined;

/** The same elements in another shape. */
function reshaped(node: Node, x: Value, shape: readonly number[], builder: Builder, onnxShape = shape): Value {
  const value: Value = { name: node.name, type: x.type, shape, elements: x.elements };
  if (asConstant(value)) return value;
  const target = builder.integers(onnxShape, `${node.name}/shape`);
  return { ...value, plain: builder.add("Reshape", [builder.plain(x), target], node.name) };
}

/** For ONNX at most one size may be left open (−1); more of them cannot be told apart. */
function fixedShape(node: Node, shape: readonly number[]): readonly number[] {
  if (shape.filter((size) => size === -1).length > 1)
    throw node.error("makes a shape with several sizes that depend on the input");
  return shape;
}

const reshape: Operator = (node, [x, target], builder) => {
  if (!target.elements) throw node.error("needs a shape that does not depend on the input's content");
  const open = Array.from(target.elements, (size) => (Number.isNaN(size) ? -1 : size));
  if (open.some((size) => !Number.isInteger(size) || size < -1)) throw node.error(`has the impossible shape [${open}]`);
  fixedShape(node, open);
  const total = x.shape.includes(-1) ? -1 : elementCount(x.shape);
  const rest = elementCount(open.filter((size) => size !== -1));
  const shape = open.map((size) => (size === -1 && total >= 0 && rest > 0 ? total / rest : size));
  if (!shape.every(Number.isInteger) || (total >= 0 && !shape.includes(-1) && elementCount(shape) !== total))
    throw node.error(`cannot make the shape [${open}] of [${x.shape}]`);
  return reshaped(node, x, shape, builder);
};

const squeeze: Operator = (node, [x], builder) => {
  const listed = node.numbers("squeeze_dims", []);
  const axes =
    listed.length > 0
      ? listed.map((axis) => node.axis(axis, x.shape.length))
      : [...x.shape.keys()].filter((axis) => x.shape[axis] === 1);
  if (axes.some((axis) => x.shape[axis] !== 1)) throw node.error(`drops an axis whose size is not 1 from [${x.shape}]`);
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  const value: Value = { name: node.name, type: x.type, shape, elements: x.elements };
  if (asConstant(value)) return value;
  const onnxAxes = builder.integers(axes, `${node.name}/axes`);
  return { ...value, plain: builder.add("Squeeze", [builder.plain(x), onnxAxes], node.name) };
};

const expandDims: Operator = (node, [x, at], builder) => {
  const axis = node.axis(node.known(at, "axes")[0], x.shape.length + 1);
  const value: Value = { name: node.name, type: x.type, shape: x.shape.toSpliced(axis, 0, 1), elements: x.elements };
  if (asConstant(value)) return value;
  const onnxAxes = builder.integers([axis], `${node.name}/axes`);
  return { ...value, plain: builder.add("Unsqueeze", [builder.plain(x), onnxAxes], node.name) };
};

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((v, i) => v === b[i]);

/** A change between NHWC and NCHW only says where the value already is. */
const permute: Operator = (node, [x, order], builder) => {
  const perm = node.known(order, "axes").map((axis) => node.axis(axis, x.shape.length));
  if (perm.length !== x.shape.length || new Set(perm).size !== perm.length)
    throw node.error(`has the impossible order [${perm}]`);
  const value: Value = { name: node.name, type: x.type, shape: perm.map((axis) => x.shape[axis]) };
  const constant = asConstant(x);
  if (constant) return { ...value, elements: transpose(constant, perm).data };
  if (same(perm, toChannelsFirst)) return { ...value, plain: builder.channelsFirst(x) };
  if (same(perm, toChannelsLast)) return { ...value, channelsFirst: builder.plain(x) };
  return { ...value, plain: builder.add("Transpose", [builder.plain(x)], node.name, { perm }) };
};

function concatenate(node: Node, inputs: readonly Value[], axisValue: Value, builder: Builder): Value {
  const [first] = inputs;
  const axis = node.axis(node.known(axisValue, "axes")[0], first.shape.length);
  const fits = (x: Value) =>
    x.shape.length === first.shape.length &&
    x.shape.every((size, i) => i === axis || size < 0 || first.shape[i] < 0 || size === first.shape[i]);
  if (!inputs.every(fits)) throw node.error("joins tensors whose shapes do not fit");
  const sizes = inputs.map((x) => x.shape[axis]);
  const total = sizes.includes(-1) ? -1 : sizes.reduce((a, b) => a + b, 0);
  const value: Value = {
    name: node.name,
    type: first.type,
    shape: first.shape.with(axis, total),
    elements: joined(inputs),
  };
  if (asConstant(value)) return value;
  if (first.shape.length === 4 && inputs.some(isMoved)) {
    const names = inputs.map((x) => builder.channelsFirst(x));
    return {
      ...value,
      channelsFirst: builder.add("Concat", names, node.name, { axis: toChannelsFirst.indexOf(axis as 0) }),
    };
  }
  return {
    ...value,
    plain: builder.add(
      "Concat",
      inputs.map((x) => builder.plain(x)),
      node.name,
      { axis },
    ),
  };
}

/** The elements of lists put one after the other, where all are known. */
function joined(inputs: readonly Value[]): Elements | undefined {
  if (!inputs.every((x) => x.shape.length === 1 && x.elements)) return undefined;
  const all = inputs.flatMap((x) => Array.from(x.elements!));
  const data = newElements(inputs[0].elements!, all.length);
  data.set(all);
  return data;
}

/** tf.stack: joins along a new axis. */
const pack: Operator = (node, inputs, builder) => {
  if (inputs.length === 0) throw node.error("has no inputs");
  const rank = inputs[0].shape.length;
  const axis = node.axis(node.number("axis", 0), rank + 1);
  const widened = inputs.map((x): Value => {
    const value: Value = { name: x.name, type: x.type, shape: x.shape.toSpliced(axis, 0, 1), elements: x.elements };
    if (asConstant(value)) return value;
    return {
      ...value,
      plain: builder.add("Unsqueeze", [builder.plain(x), builder.integers([axis], `${node.name}/axes`)], node.name),
    };
  });
  return concatenate(
    node,
    widened,
    { name: "axis", type: "int64", shape: [], elements: Float64Array.of(axis) },
    builder,
  );
};

/** Cuts along an axis; `sizes` are the lengths of the pieces. */
function split(node: Node, x: Value, axis: number, sizes: readonly number[], builder: Builder): Value[] {
  const first = isMoved(x);
  const outputs = sizes.map(() => builder.unique(node.name));
  builder.nodes.push({
    op: "Split",
    inputs: [first ? x.channelsFirst! : builder.plain(x), builder.integers(sizes, `${node.name}/sizes`)],
    outputs,
    attributes: { axis: first ? toChannelsFirst.indexOf(axis as 0) : axis },
  });
  return outputs.map((onnx, i) => ({
    name: `${node.name}:${i}`,
    type: x.type,
    shape: x.shape.with(axis, sizes[i]),
    [first ? "channelsFirst" : "plain"]: onnx,
  }));
}

const splitEvenly: Operator = (node, [axisValue, x], builder) => {
  const axis = node.axis(node.known(axisValue, "axes")[0], x.shape.length);
  const count = node.number("num_split");
  const size = x.shape[axis] / count;
  if (!Number.isInteger(size) || size < 0)
    throw node.error(`cannot split the size ${x.shape[axis]} into ${count} parts`);
  return split(node, x, axis, new Array<number>(count).fill(size), builder);
};

const splitUnevenly: Operator = (node, [x, sizesValue, axisValue], builder) => {
  const axis = node.axis(node.known(axisValue, "axes")[0], x.shape.length);
  const sizes = node.known(sizesValue, "sizes");
  const rest = x.shape[axis] - sizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
  return split(
    node,
    x,
    axis,
    sizes.map((size) => (size === -1 ? rest : size)),
    builder,
  );
};

const unpack: Operator = (node, [x], builder) => {
  const axis = node.axis(node.number("axis", 0), x.shape.length);
  const count = node.number("num");
  if (x.shape[axis] !== count) throw node.error(`takes ${count} parts of an axis of size ${x.shape[axis]}`);
  const parts = split(node, x, axis, new Array<number>(count).fill(1), builder);
  return parts.map((part): Value => {
    const axes = builder.integers([axis], `${node.name}/axes`);
    const plain = builder.add("Squeeze", [builder.plain(part), axes], node.name);
    return { name: part.name, type: x.type, shape: x.shape.toSpliced(axis, 1), plain };
  });
};

/** Larger than any size: ONNX cuts it off at the end of the axis. */
const end = 2 ** 31 - 1;

interface Cut {
  readonly axis: number;
  /** Bounds as ONNX reads them: negative ones count from the end. */
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

/** Number of places that a cut leaves of `size`; −1 when unknown. */
function cutLength(size: number, { start, stop, step }: Cut): number {
  if (size < 0) return -1;
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? size : size - 1;
  const bound = (value: number) => Math.min(Math.max(value < 0 ? value + size : value, low), high);
  return Math.max(0, Math.ceil((bound(stop) - bound(start)) / step));
}

function slice(node: Node, x: Value, cuts: readonly Cut[], builder: Builder): Value {
  const shape = [...x.shape];
  for (const cut of cuts) shape[cut.axis] = cutLength(x.shape[cut.axis], cut);
  const value: Value = {
    name: node.name,
    type: x.type,
    shape,
    elements: cuts.length === 1 ? cutElements(x, cuts[0], shape[0]) : undefined,
  };
  if (asConstant(value)) return value;
  const first = isMoved(x);
  const list = (name: string, pick: (cut: Cut) => number) => builder.integers(cuts.map(pick), `${node.name}/${name}`);
  const onnx = builder.add(
    "Slice",
    [
      first ? x.channelsFirst! : builder.plain(x),
      list("starts", (cut) => cut.start),
      list("ends", (cut) => cut.stop),
      list("axes", (cut) => (first ? toChannelsFirst.indexOf(cut.axis as 0) : cut.axis)),
      list("steps", (cut) => cut.step),
    ],
    node.name,
  );
  return { ...value, [first ? "channelsFirst" : "plain"]: onnx };
}

function cutElements(x: Value, { start, step }: Cut, count: number): Elements | undefined {
  if (!x.elements || x.shape.length !== 1) return undefined;
  const size = x.shape[0];
  const from = Math.min(Math.max(start < 0 ? start + size : start, 0), size - 1);
  const data = newElements(x.elements, count);
  for (let i = 0; i < count; i++) data[i] = x.elements[from + i * step];
  return data;
}

const plainSlice: Operator = (node, [x, begin, sizes], builder) => {
  const starts = node.known(begin, "bounds");
  const lengths = node.known(sizes, "sizes");
  const cuts = starts.map(
    (start, axis): Cut => ({ axis, start, stop: lengths[axis] === -1 ? end : start + lengths[axis], step: 1 }),
  );
  return slice(node, x, cuts, builder);
};

/** NumPy-style slicing with TensorFlow's bit masks: open bounds, an ellipsis, new axes, and axes indexed away. */
const stridedSlice: Operator = (node, [x, beginValue, endValue, strideValue], builder) => {
  const begins = node.known(beginValue, "bounds");
  const ends = node.known(endValue, "bounds");
  const steps = node.known(strideValue, "strides");
  const bit = (key: string, i: number) => ((node.number(key, 0) >> i) & 1) === 1;
  const consumed = begins.filter((_, i) => !bit("new_axis_mask", i) && !bit("ellipsis_mask", i)).length;
  const cuts: Cut[] = [];
  const shape: number[] = [];
  let axis = 0;
  const keep = () => shape.push(x.shape[axis++]);
  for (let i = 0; i < begins.length; i++) {
    if (bit("ellipsis_mask", i)) for (let n = x.shape.length - consumed; n > 0; n--) keep();
    else if (bit("new_axis_mask", i)) shape.push(1);
    else if (axis >= x.shape.length) throw node.error(`has more bounds than its input has axes`);
    else {
      const step = steps[i];
      if (step === 0) throw node.error("has the stride 0");
      const start = bit("begin_mask", i) ? (step > 0 ? 0 : end) : begins[i];
      if (bit("shrink_axis_mask", i))
        cuts.push({ axis, start: begins[i], stop: begins[i] === -1 ? end : begins[i] + 1, step: 1 });
      else {
        const cut = { axis, start, stop: bit("end_mask", i) ? (step > 0 ? end : -end) : ends[i], step };
        shape.push(cutLength(x.shape[axis], cut));
        cuts.push(cut);
      }
      axis++;
    }
  }
  while (axis < x.shape.length) keep();
  const cut = slice(node, x, cuts, builder);
  return same(cut.shape, shape) ? cut : reshaped(node, cut, fixedShape(node, shape), builder);
};

const shapeOf: Operator = (node, [x], builder) => {
  const elements = Float64Array.from(x.shape, (size) => (size < 0 ? Number.NaN : size));
  const value: Value = { name: node.name, type: "int64", shape: [x.shape.length], elements };
  return asConstant(value) ? value : { ...value, plain: builder.add("Shape", [builder.plain(x)], node.name) };
};

const gather: Operator = (node, [x, indices, axisValue], builder) => {
  if (node.number("batch_dims", 0) !== 0) throw node.error("gathers per batch, which is not supported");
  const axis = node.axis(axisValue ? node.known(axisValue, "axes")[0] : 0, x.shape.length);
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const value: Value = { name: node.name, type: x.type, shape, elements: pick(x, indices) };
  if (asConstant(value)) return value;
  return { ...value, plain: builder.add("Gather", [builder.plain(x), builder.plain(indices)], node.name, { axis }) };
};

function pick(x: Value, indices: Value): Elements | undefined {
  const chosen = asConstant(indices);
  if (!x.elements || x.shape.length !== 1 || !chosen || chosen.data.some((i) => i < 0 || i >= x.elements!.length))
    return undefined;
  const data = newElements(x.elements, chosen.data.length);
  for (let i = 0; i < data.length; i++) data[i] = x.elements[chosen.data[i]];
  return data;
}

const tile: Operator = (node, [x, multiples], builder) => {
  const repeats = node.known(multiples, "multiples");
  const shape = x.shape.map((size, axis) => (size < 0 ? -1 : size * repeats[axis]));
  const plain = builder.add("Tile", [builder.plain(x), builder.integers(repeats, `${node.name}/repeats`)], node.name);
  return { name: node.name, type: x.type, shape, plain };
};

/** Small constants are made now; a shape that depends on the input is not supported. */
const fill: Operator = (node, [dims, value]) => {
  const shape = node.known(dims, "sizes");
  const constant = asConstant(value);
  if (!constant || elementCount(shape) > 2 ** 24) throw node.error("needs a known value and a moderate size");
  return { name: node.name, type: value.type, shape, elements: expand(constant, shape).data };
};

const pad =
  (modeOf: (node: Node) => string): Operator =>
  (node, [x, paddings, fillValue], builder) => {
    const amounts = node.known(paddings, "paddings");
    const rank = x.shape.length;
    if (amounts.length !== 2 * rank || amounts.some((n) => n < 0))
      throw node.error(`has unusable paddings [${amounts}]`);
    const shape = x.shape.map((size, axis) => (size < 0 ? -1 : size + amounts[2 * axis] + amounts[2 * axis + 1]));
    const first = isMoved(x);
    const order = first ? toChannelsFirst : [...x.shape.keys()];
    const pads = [...order.map((axis) => amounts[2 * axis]), ...order.map((axis) => amounts[2 * axis + 1])];
    const inputs = [first ? x.channelsFirst! : builder.plain(x), builder.integers(pads, `${node.name}/pads`)];
    if (fillValue) inputs.push(builder.plain(fillValue));
    const onnx = builder.add("Pad", inputs, node.name, { mode: modeOf(node) });
    return { name: node.name, type: x.type, shape, [first ? "channelsFirst" : "plain"]: onnx };
  };

function mirrorMode(node: Node): string {
  if (node.string("mode") !== "REFLECT")
    throw node.error(`has the mode ${node.string("mode")}, which is not supported`);
  return "reflect";
}

/** Blocks of depth to blocks of pixels and back. */
const blocks =
  (op: "DepthToSpace" | "SpaceToDepth"): Operator =>
  (node, [x], builder) => {
    const image = toImage(node, x, builder);
    const block = node.number("block_size");
    const scale = (size: number, factor: number) => (size < 0 ? -1 : size * factor);
    const factor = op === "DepthToSpace" ? block : 1 / block;
    const size: [number, number] = [scale(image.size[0], factor), scale(image.size[1], factor)];
    const channels = image.channels / factor ** 2;
    if (![...size, channels].every(Number.isInteger))
      throw node.error(`has a block size of ${block} that does not fit [${x.shape}]`);
    return fromImage(node, {
      onnx: builder.add(op, [image.onnx], node.name, { blocksize: block }),
      batch: image.batch,
      channels,
      size,
    });
  };

const identity: Operator = (node, [x]) => ({ ...x, name: node.name });

export const shaping: Record<string, Operator> = {
  Concat: (node, [axis, ...inputs], builder) => concatenate(node, inputs, axis, builder),
  ConcatV2: (node, inputs, builder) => concatenate(node, inputs.slice(0, -1), inputs[inputs.length - 1], builder),
  DepthToSpace: blocks("DepthToSpace"),
  ExpandDims: expandDims,
  Fill: fill,
  Gather: gather,
  GatherV2: gather,
  Identity: identity,
  IdentityN: (_, inputs) => inputs,
  MirrorPad: pad(mirrorMode),
  Pack: pack,
  Pad: pad(() => "constant"),
  PadV2: pad(() => "constant"),
  PlaceholderWithDefault: identity,
  PreventGradient: identity,
  Reshape: reshape,
  Shape: shapeOf,
  Slice: plainSlice,
  Snapshot: identity,
  SpaceToDepth: blocks("SpaceToDepth"),
  Split: splitEvenly,
  SplitV: splitUnevenly,
  Squeeze: squeeze,
  StopGradient: identity,
  StridedSlice: stridedSlice,
  Tile: tile,
  Transpose: permute,
  Unpack: unpack,
};
