import { fromBinary } from "@bufbuild/protobuf";
import { type AttributeProto, ModelProtoSchema, type NodeProto, type TensorProto } from "onnx-buf";
import * as ops from "../ops/index.ts";
import { halfToFloat } from "./half.ts";
import { constant, type DType, elementCount, type Shape, show, type Tensor, type Values } from "./tensor.ts";

/** A network from an ONNX file, as a function that a graph can contain. Its weights are constants. */
export interface Embedded {
  readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | null)[] }[];
  readonly outputs: readonly string[];
  /**
   * Applies the network.
   * @param feeds one tensor per input
   * @param wanted names of values to return, inner ones too; the outputs when absent
   * @throws if the model has an operator that cannot be differentiated here, or a name is unknown
   */
  apply(feeds: Readonly<Record<string, Tensor>>, wanted?: readonly string[]): Record<string, Tensor>;
  /**
   * The first activation at each resolution, up to where maps are flattened: of VGG-19 the first of each block. Pictures may
   * have another size than the network was made for.
   */
  activations(feeds: Readonly<Record<string, Tensor>>): Tensor[];
}

/**
 * Reads an ONNX model for use inside a training graph: a frozen function that is differentiated with respect to its
 * input (face descriptor, VGG-19). Operators: see the table below; shapes must be known when it is applied.
 */
export function embedOnnx(file: Uint8Array): Embedded {
  // Not a Buffer, whose slices are views.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const graph = fromBinary(ModelProtoSchema, bytes).graph;
  if (!graph) throw new Error("The ONNX file holds no graph.");
  const weights = new Map(graph.initializer.map((t) => [t.name, readTensor(t)]));
  const inputs = graph.input
    .filter((i) => !weights.has(i.name))
    .map(({ name, type }) => {
      const tensorType = type?.value.case === "tensorType" ? type.value.value : undefined;
      const dims = tensorType?.shape?.dim ?? [];
      return { name, shape: dims.map((d) => (d.value.case === "dimValue" ? Number(d.value.value) : null)) };
    });
  const outputs = graph.output.map((o) => o.name);

  /** The values of all nodes, or of those before the first one of some types. */
  function evaluate(feeds: Readonly<Record<string, Tensor>>, before: ReadonlySet<string> = new Set()) {
    const values = new Map<string, Tensor>(weights);
    for (const { name } of inputs) {
      if (!feeds[name]) throw new Error(`embed: the input "${name}" is missing`);
      values.set(name, feeds[name]);
    }
    for (const node of graph!.node) {
      if (before.has(node.opType)) break;
      const apply = operators[node.opType];
      if (!apply) throw new Error(`embed: the operator ${node.opType} is not known here`);
      const operands = node.input.map((name) => (name ? (values.get(name) ?? null) : null));
      const results = [apply(operands, attributesOf(node))].flat();
      results.forEach((t, i) => {
        if (node.output[i]) values.set(node.output[i], t);
      });
    }
    return values;
  }

  return {
    inputs,
    outputs,
    activations(feeds) {
      const values = evaluate(feeds, flattening);
      const first = new Map<string, Tensor>();
      for (const { opType, output } of graph.node) {
        const map = activating.has(opType) ? values.get(output[0]) : undefined;
        const resolution = map?.shape.slice(2).join() ?? "";
        if (map && !first.has(resolution)) first.set(resolution, map);
      }
      return [...first.values()];
    },
    apply(feeds, wanted = outputs) {
      const values = evaluate(feeds);
      return Object.fromEntries(
        wanted.map((name) => {
          const value = values.get(name);
          if (!value) throw new Error(`embed: the model has no value "${name}"`);
          return [name, value];
        }),
      );
    },
  };
}

/** Operators that end the part of a network that works on maps, and those that are activations. */
const flattening: ReadonlySet<string> = new Set(["Flatten", "Gemm", "GlobalAveragePool", "MatMul", "Reshape"]);
const activating: ReadonlySet<string> = new Set(["Clip", "HardSwish", "LeakyRelu", "PRelu", "Relu"]);

/** Attributes of a node with the defaults that the caller names. */
interface Reader {
  int(name: string, otherwise: number): number;
  float(name: string, otherwise: number): number;
  ints(name: string): number[] | null;
  text(name: string, otherwise: string): string;
  tensor(name: string): Tensor;
}

function attributesOf(node: NodeProto): Reader {
  const get = (name: string): AttributeProto | undefined => node.attribute.find((a) => a.name === name);
  return {
    int: (name, otherwise) => Number(get(name)?.i ?? otherwise),
    float: (name, otherwise) => get(name)?.f ?? otherwise,
    ints: (name) => get(name)?.ints.map(Number) ?? null,
    text: (name, otherwise) => (get(name) ? new TextDecoder().decode(get(name)!.s) : otherwise),
    tensor: (name) => readTensor(get(name)!.t!),
  };
}

type Apply = (inputs: (Tensor | null)[], attributes: Reader) => Tensor | Tensor[];

const elementwise =
  (f: (x: Tensor) => Tensor): Apply =>
  ([x]) =>
    f(x!);
const pairwise =
  (f: (a: Tensor, b: Tensor) => Tensor): Apply =>
  ([a, b]) =>
    f(a!, b!);
const reduction =
  (f: (x: Tensor, options: ops.ReduceOptions) => Tensor): Apply =>
  ([x, axes], a) =>
    f(x!, { axes: axes ? numbers(axes) : (a.ints("axes") ?? undefined), keep: a.int("keepdims", 1) === 1 });

const operators: Record<string, Apply> = {
  Abs: elementwise(ops.abs),
  Add: pairwise(ops.add),
  AveragePool: ([x], a) =>
    ops.avgPool2d(x!, square("AveragePool", a), {
      ...window(x!, a, a.ints("kernel_shape")!),
      countPadding: a.int("count_include_pad", 0) === 1,
    }),
  BatchNormalization: ([x, s, b, m, v], a) => ops.batchNormInference(x!, s!, b!, m!, v!, a.float("epsilon", 1e-5)),
  Cast: ([x], a) => ops.cast(x!, dtypes[a.int("to", 1)]),
  Clip: ([x, low, high], a) =>
    ops.clip(
      x!,
      low ? number(low) : a.float("min", -Number.MAX_VALUE),
      high ? number(high) : a.float("max", Number.MAX_VALUE),
    ),
  Concat: (parts, a) => {
    const all = parts.map((p) => p!);
    const stored = all.every((t) => t.node.kind === "constant" && t.dtype === "int64");
    return stored ? int64s(all.flatMap(numbers)) : ops.concat(all, a.int("axis", 0));
  },
  Constant: (_inputs, a) => a.tensor("value"),
  Conv: ([x, w, b], a) => ops.conv2d(x!, w!, b ?? null, convolution(x!, w!, a)),
  ConvTranspose: ([x, w, b], a) =>
    ops.convTranspose2d(x!, w!, b ?? null, {
      ...convolution(x!, w!, a),
      outputPadding: (a.ints("output_padding") as [number, number] | null) ?? 0,
    }),
  Div: pairwise(ops.div),
  Dropout: elementwise((x) => x),
  Exp: elementwise(ops.exp),
  Flatten: ([x], a) => ops.reshape(x!, [elementCount(x!.shape.slice(0, a.int("axis", 1))), -1]),
  Gemm: ([x, w, c], a) => {
    const left = a.int("transA", 0) ? ops.swap(x!) : x!;
    const right = a.int("transB", 0) ? ops.swap(w!) : w!;
    const y = ops.mul(ops.matmul(left, right), a.float("alpha", 1));
    return c ? ops.add(y, ops.mul(c, a.float("beta", 1))) : y;
  },
  GlobalAveragePool: elementwise((x) => ops.mean(x, { axes: [2, 3], keep: true })),
  HardSigmoid: ([x], a) => ops.clip(ops.add(ops.mul(x!, a.float("alpha", 0.2)), a.float("beta", 0.5)), 0, 1),
  HardSwish: elementwise((x) => ops.mul(x, ops.clip(ops.add(ops.mul(x, 1 / 6), 0.5), 0, 1))),
  Identity: elementwise((x) => x),
  InstanceNormalization: ([x, s, b], a) => ops.instanceNorm(x!, s, b, a.float("epsilon", 1e-5)),
  LeakyRelu: ([x], a) => ops.leakyRelu(x!, a.float("alpha", 0.01)),
  Log: elementwise(ops.log),
  LogSoftmax: ([x], a) => ops.logSoftmax(x!, a.int("axis", -1)),
  MatMul: pairwise(ops.matmul),
  Max: pairwise(ops.maximum),
  MaxPool: ([x], a) => ops.maxPool2d(x!, square("MaxPool", a), window(x!, a, a.ints("kernel_shape")!)),
  Min: pairwise(ops.minimum),
  Mul: pairwise(ops.mul),
  Neg: elementwise(ops.neg),
  PRelu: pairwise(ops.prelu),
  Pad: ([x, pads, value, axes], a) => {
    if (axes) throw new Error("embed: Pad of named axes");
    if (value && number(value) !== 0) throw new Error("embed: Pad with a value other than 0");
    const list = pads ? numbers(pads) : a.ints("pads")!;
    const rank = x!.shape.length;
    const parts = x!.shape.map((_, axis) => ({ axis, before: list[axis], after: list[axis + rank] }));
    return ops.pad(x!, parts, a.text("mode", "constant") as "constant" | "reflect" | "edge");
  },
  Pow: ([x, e]) => ops.pow(x!, number(e!)),
  Reciprocal: elementwise(ops.reciprocal),
  ReduceMax: reduction(ops.max),
  ReduceMean: reduction(ops.mean),
  ReduceMin: reduction(ops.min),
  ReduceSum: reduction(ops.sum),
  Relu: elementwise(ops.relu),
  Reshape: ([x, shape]) =>
    ops.reshape(
      x!,
      numbers(shape!).map((n, i) => (n === 0 ? x!.shape[i] : n)),
    ),
  Resize: ([x, , scales, sizes], a) => {
    const target = sizes
      ? numbers(sizes)
      : x!.shape.map((n, i) => Math.floor(n * Number((scales!.node as { values: Values }).values[i])));
    const mode = a.text("mode", "nearest");
    const transform = a.text("coordinate_transformation_mode", "half_pixel");
    const known = mode === "nearest" ? "asymmetric" : "half_pixel";
    const rounding = a.text("nearest_mode", "round_prefer_floor");
    const doubled = target.every((n, i) => n === x!.shape[i] || n === 2 * x!.shape[i]);
    if (mode === "nearest" && rounding !== "floor" && !(rounding === "round_prefer_floor" && doubled))
      throw new Error(`embed: Resize nearest with ${rounding}`);
    if (transform !== known) throw new Error(`embed: Resize ${mode} with ${transform} coordinates`);
    return ops.resize(x!, target[2], target[3], mode === "nearest" ? "nearest" : "bilinear");
  },
  Shape: elementwise((x) => int64s(x.shape)),
  Sigmoid: elementwise(ops.sigmoid),
  Slice: ([x, starts, ends, axes, steps]) => {
    const along = axes ? numbers(axes) : numbers(starts!).map((_, i) => i);
    const parts = along.map((axis, i) => {
      const n = x!.shape.at(axis)!;
      const within = (v: number) => Math.max(0, Math.min(n, v < 0 ? v + n : v));
      const step = steps ? numbers(steps)[i] : 1;
      return { axis, start: within(numbers(starts!)[i]), end: within(numbers(ends!)[i]), step };
    });
    return ops.slice(x!, ...parts);
  },
  Softmax: ([x], a) => ops.softmax(x!, a.int("axis", -1)),
  Softplus: elementwise(ops.softplus),
  Split: ([x, sizes], a) => {
    const axis = a.int("axis", 0);
    let start = 0;
    return numbers(sizes!).map((n) => {
      start += n;
      return ops.slice(x!, { axis, start: start - n, end: start });
    });
  },
  Sqrt: elementwise(ops.sqrt),
  Squeeze: ([x, axes], a) => {
    const list = (axes ? numbers(axes) : (a.ints("axes") ?? [])).map((n) => (n < 0 ? n + x!.shape.length : n));
    return ops.reshape(
      x!,
      x!.shape.filter((n, i) => (list.length > 0 ? !list.includes(i) : n !== 1)),
    );
  },
  Sub: pairwise(ops.sub),
  Tanh: elementwise(ops.tanh),
  Transpose: ([x], a) => ops.transpose(x!, a.ints("perm") ?? x!.shape.map((_, i) => x!.shape.length - 1 - i)),
  Unsqueeze: ([x, axes], a) => {
    const list = axes ? numbers(axes) : a.ints("axes")!;
    const rank = x!.shape.length + list.length;
    const shape = [...x!.shape];
    for (const axis of list.map((n) => (n < 0 ? n + rank : n)).sort((p, q) => p - q)) shape.splice(axis, 0, 1);
    return ops.reshape(x!, shape);
  },
};

const int64s = (values: readonly number[]): Tensor =>
  constant(BigInt64Array.from(values, BigInt), [values.length], "int64");

/** Values of a tensor that must be stored in the model. */
function numbers(t: Tensor): number[] {
  if (t.node.kind !== "constant")
    throw new Error(`embed: a shape or axis list ${show(t.shape)} is computed at run time`);
  return Array.from(t.node.values as Float32Array, Number);
}

const number = (t: Tensor): number => numbers(t)[0];

/** The side of a square pooling window. */
function square(operator: string, a: Reader): number {
  const kernel = a.ints("kernel_shape")!;
  if (a.ints("dilations")?.some((d) => d !== 1)) throw new Error(`embed: ${operator} with dilation`);
  if (kernel.length !== 2 || kernel[0] !== kernel[1]) throw new Error(`embed: ${operator} with kernel ${show(kernel)}`);
  return kernel[0];
}

/** Stride and padding, `auto_pad` resolved. */
function window(x: Tensor, a: Reader, kernel: readonly number[], dilation = 1) {
  const strides = a.ints("strides") ?? [1, 1];
  if (a.int("ceil_mode", 0) !== 0) throw new Error("embed: a pooling layer that rounds its size up (ceil_mode)");
  if (strides[0] !== strides[1]) throw new Error(`embed: strides ${show(strides)} differ`);
  const auto = a.text("auto_pad", "NOTSET");
  let padding = (a.ints("pads") ?? [0, 0, 0, 0]) as [number, number, number, number];
  if (auto === "SAME_UPPER" || auto === "SAME_LOWER") {
    const totals = [2, 3].map((axis, i) => {
      const n = x.shape[axis];
      return Math.max(0, (Math.ceil(n / strides[i]) - 1) * strides[i] + dilation * (kernel[i] - 1) + 1 - n);
    });
    const before = totals.map((t) => (auto === "SAME_UPPER" ? Math.floor(t / 2) : Math.ceil(t / 2)));
    padding = [before[0], before[1], totals[0] - before[0], totals[1] - before[1]];
  }
  return { stride: strides[0], padding };
}

function convolution(x: Tensor, w: Tensor, a: Reader) {
  const dilations = a.ints("dilations") ?? [1, 1];
  if (dilations[0] !== dilations[1]) throw new Error(`embed: dilations ${show(dilations)} differ`);
  const dilation = dilations[0];
  return { ...window(x, a, w.shape.slice(2), dilation), dilation, groups: a.int("group", 1) };
}

const dtypes: Record<number, DType> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
};

const arrays = {
  float32: Float32Array,
  float16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** A stored tensor; float16 becomes float32, since gradients exist for that only. */
function readTensor(t: TensorProto): Tensor {
  const dtype = dtypes[t.dataType];
  if (!dtype) throw new Error(`embed: "${t.name}" has an element type that is not read here`);
  const shape: Shape = t.dims.map(Number);
  let values: Values;
  if (t.rawData.length > 0) values = new arrays[dtype](t.rawData.slice().buffer);
  else if (dtype === "float32") values = Float32Array.from(t.floatData);
  else if (dtype === "int64") values = BigInt64Array.from(t.int64Data);
  else values = arrays[dtype as "int32"].from(t.int32Data);
  if (dtype === "float16") return constant(halfToFloat(values as Uint16Array), shape);
  return constant(values, shape, dtype);
}
