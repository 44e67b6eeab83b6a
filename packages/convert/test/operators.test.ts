import { convert, readGraphDef, readTfjs } from "@cameo/convert";
import "@tensorflow/tfjs-backend-cpu";
import { loadGraphModelSync } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { operators } from "../src/operators/index.ts";
import {
  type AttributeSpec,
  type ConstantSpec,
  type GraphSpec,
  type NodeSpec,
  writeGraphDef,
  writeTfjs,
} from "./support/graph.ts";
import { randomNumbers } from "./support/random.ts";
import { type NumericTensor, runOnnx } from "./support/run-onnx.ts";

beforeAll(() => tf.setBackend("cpu"));

/** An input of the operator under test: a picture or vector of random numbers fed at run time, or a constant. */
type Input = { readonly feed: readonly number[]; readonly min?: number; readonly max?: number } | ConstantSpec;

interface Case {
  readonly op: string;
  readonly note?: string;
  readonly inputs: readonly Input[];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  /** Number of outputs. */
  readonly outputs?: number;
  /** The result where TensorFlow.js lacks the operator. */
  readonly expected?: (inputs: readonly Float32Array[]) => readonly number[];
}

const feed = (...shape: number[]): Input => ({ feed: shape });
const positive = (...shape: number[]): Input => ({ feed: shape, min: 0.1, max: 2 });
const ints = (...data: number[]): ConstantSpec => ({ dtype: "int32", shape: [data.length], data });
const int = (value: number): ConstantSpec => ({ dtype: "int32", shape: [], data: [value] });
const number = (value: number): ConstantSpec => ({ dtype: "float32", shape: [], data: [value] });
let seed = 1;
const weights = (...shape: number[]): ConstantSpec => ({
  dtype: "float32",
  shape,
  data: randomNumbers(
    seed++,
    shape.reduce((a, b) => a * b, 1),
  ),
});
const positiveWeights = (...shape: number[]): ConstantSpec => {
  const constant = weights(...shape);
  return { ...constant, data: Array.from(constant.data, (value) => 0.5 + Math.abs(value)) };
};
const list = (...values: number[]): AttributeSpec => ({ ints: values });
const s = (text: string): AttributeSpec => ({ s: text });
const f = (value: number): AttributeSpec => ({ f: value });
const i = (value: number): AttributeSpec => ({ i: value });
const yes: AttributeSpec = { b: true };
const float: AttributeSpec = { type: "DT_FLOAT" };

const window = (padding: string, stride: number, dilation = 1) => ({
  strides: list(1, stride, stride, 1),
  dilations: list(1, dilation, dilation, 1),
  padding: s(padding),
  data_format: s("NHWC"),
  T: float,
});
const picture = feed(2, 7, 6, 3);

const unary = [
  "Abs",
  "Ceil",
  "Cos",
  "Elu",
  "Erf",
  "Exp",
  "Floor",
  "Neg",
  "Relu",
  "Relu6",
  "Round",
  "Selu",
  "Sigmoid",
  "Sign",
];
const moreUnary = [
  "Sin",
  "Softplus",
  "Square",
  "Tanh",
  "Identity",
  "StopGradient",
  "Snapshot",
  "Softmax",
  "LogSoftmax",
];
const positiveUnary = ["Log", "Reciprocal", "Rsqrt", "Sqrt"];
const binary = ["Add", "AddV2", "Maximum", "Minimum", "Mul", "SquaredDifference", "Sub", "Div", "RealDiv", "FloorDiv"];
const comparisons = ["Equal", "Greater", "GreaterEqual", "Less", "LessEqual"];
/** The three ways of resizing. */
const resizings: readonly Record<string, AttributeSpec>[] = [{}, { align_corners: yes }, { half_pixel_centers: yes }];
const reductions = ["Max", "Mean", "Min", "Prod", "Sum"];

const cases: readonly Case[] = [
  ...[...unary, ...moreUnary].map(
    (op): Case => ({ op, inputs: [{ feed: [2, 3, 4, 5], min: -7, max: 7 }], attributes: { T: float } }),
  ),
  ...positiveUnary.map((op): Case => ({ op, inputs: [positive(2, 3, 4, 5)], attributes: { T: float } })),
  { op: "Inv", inputs: [positive(5)], expected: ([x]) => Array.from(x, (v) => 1 / v) },
  { op: "PreventGradient", inputs: [feed(5)], expected: ([x]) => Array.from(x) },
  { op: "Softsign", inputs: [feed(5)], expected: ([x]) => Array.from(x, (v) => v / (1 + Math.abs(v))) },
  ...binary.flatMap((op): Case[] => [
    { op, note: "of pictures", inputs: [picture, positive(2, 7, 6, 3)] },
    { op, note: "with a constant per channel", inputs: [picture, positiveWeights(3)] },
    { op, note: "with a number", inputs: [picture, number(0.7)] },
    { op, note: "with a number first", inputs: [number(0.7), positive(2, 7, 6, 3)] },
    { op, note: "of a picture and a row of pictures", inputs: [picture, positive(1, 1, 6, 3)] },
  ]),
  { op: "Pow", inputs: [positive(2, 3, 4, 5), number(1.7)] },
  ...comparisons.map((op): Case => ({ op, inputs: [picture, number(0.1)] })),
  { op: "AddN", inputs: [picture, picture, picture], attributes: { N: i(3) } },
  { op: "BiasAdd", inputs: [picture, weights(3)], attributes: { data_format: s("NHWC") } },
  { op: "BiasAdd", note: "to a matrix", inputs: [feed(4, 3), weights(3)] },
  { op: "LeakyRelu", inputs: [picture], attributes: { alpha: f(0.3) } },
  { op: "Prelu", inputs: [picture, weights(1, 1, 3)] },
  { op: "Prelu", note: "with a slope per channel", inputs: [picture, weights(3)] },

  ...["SAME", "VALID"].flatMap((padding) =>
    [
      [1, 1],
      [2, 1],
      [3, 1],
      [1, 2],
    ].flatMap(([stride, dilation]): Case[] => [
      {
        op: "Conv2D",
        note: `${padding}, stride ${stride}, dilation ${dilation}`,
        inputs: [feed(2, 9, 8, 3), weights(3, 2, 3, 4)],
        attributes: window(padding, stride, dilation),
      },
      {
        op: "DepthwiseConv2dNative",
        note: `${padding}, stride ${stride}, dilation ${dilation}`,
        inputs: [feed(2, 9, 8, 3), weights(3, 3, 3, 2)],
        attributes: window(padding, stride, dilation),
      },
    ]),
  ),
  {
    op: "Conv2D",
    note: "explicit padding",
    inputs: [picture, weights(3, 3, 3, 4)],
    attributes: { ...window("EXPLICIT", 1), explicit_paddings: list(0, 0, 1, 2, 0, 1, 0, 0) },
  },
  {
    op: "_FusedConv2D",
    note: "bias",
    inputs: [picture, weights(3, 3, 3, 4), weights(4)],
    attributes: { ...window("SAME", 2), num_args: i(1), fused_ops: { strings: ["BiasAdd"] } },
  },
  ...["Relu", "Relu6", "Elu", "Sigmoid"].map(
    (activation): Case => ({
      op: "_FusedConv2D",
      note: `bias and ${activation}`,
      inputs: [picture, weights(3, 3, 3, 4), weights(4)],
      attributes: { ...window("SAME", 1), num_args: i(1), fused_ops: { strings: ["BiasAdd", activation] } },
    }),
  ),
  {
    op: "_FusedConv2D",
    note: "bias and Prelu",
    inputs: [picture, weights(3, 3, 3, 4), weights(4), weights(1, 1, 4)],
    attributes: { ...window("VALID", 1), num_args: i(2), fused_ops: { strings: ["BiasAdd", "Prelu"] } },
  },
  {
    op: "_FusedConv2D",
    note: "bias and LeakyRelu",
    inputs: [picture, weights(3, 3, 3, 4), weights(4)],
    attributes: {
      ...window("SAME", 1),
      num_args: i(1),
      fused_ops: { strings: ["BiasAdd", "LeakyRelu"] },
      leakyrelu_alpha: f(0.1),
    },
  },
  {
    op: "FusedDepthwiseConv2dNative",
    inputs: [picture, weights(3, 3, 3, 1), weights(3)],
    attributes: { ...window("SAME", 2), num_args: i(1), fused_ops: { strings: ["BiasAdd", "Relu6"] } },
  },
  ...[
    { padding: "SAME", stride: 2, size: [14, 12] },
    { padding: "SAME", stride: 2, size: [13, 11] },
    { padding: "SAME", stride: 1, size: [7, 6] },
    { padding: "VALID", stride: 2, size: [15, 14] },
    { padding: "VALID", stride: 3, size: [22, 20] },
  ].map(
    ({ padding, stride, size }): Case => ({
      op: "Conv2DBackpropInput",
      note: `${padding}, stride ${stride}, to ${size.join(" × ")}`,
      inputs: [ints(2, size[0], size[1], 4), weights(3, 4, 4, 3), picture],
      attributes: window(padding, stride),
    }),
  ),

  ...["MaxPool", "AvgPool"].flatMap((op) =>
    ["SAME", "VALID"].flatMap((padding) =>
      [1, 2, 3].map(
        (stride): Case => ({
          op,
          note: `${padding}, stride ${stride}`,
          inputs: [picture],
          attributes: { ...window(padding, stride), ksize: list(1, 3, 2, 1) },
        }),
      ),
    ),
  ),
  ...["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"].map(
    (op): Case => ({
      op,
      inputs: [picture, weights(3), weights(3), weights(3), positiveWeights(3)],
      attributes: { epsilon: f(0.01), is_training: { b: false }, data_format: s("NHWC") },
    }),
  ),
  {
    op: "LRN",
    inputs: [feed(1, 3, 4, 9)],
    attributes: { depth_radius: i(2), bias: f(1.5), alpha: f(0.3), beta: f(0.7) },
  },

  ...[
    [14, 12],
    [5, 9],
    [21, 6],
    [10, 17],
  ].flatMap((size) =>
    resizings.flatMap((attributes): Case[] =>
      ["ResizeBilinear", "ResizeNearestNeighbor"].map((op) => ({
        op,
        note: `to ${size.join(" × ")}, ${Object.keys(attributes)[0] ?? "plain"}`,
        inputs: [picture, ints(...size)],
        attributes,
      })),
    ),
  ),

  { op: "MatMul", inputs: [feed(3, 4), weights(4, 5)] },
  {
    op: "MatMul",
    note: "both transposed",
    inputs: [feed(4, 3), weights(5, 4)],
    attributes: { transpose_a: yes, transpose_b: yes },
  },
  {
    op: "_FusedMatMul",
    inputs: [feed(3, 4), weights(4, 5), weights(5)],
    attributes: { num_args: i(1), fused_ops: { strings: ["BiasAdd", "Relu"] } },
  },
  { op: "BatchMatMul", inputs: [feed(2, 3, 4), feed(2, 4, 5)] },
  { op: "BatchMatMulV2", inputs: [feed(2, 4, 3), feed(2, 5, 4)], attributes: { adj_x: yes, adj_y: yes } },

  ...reductions.flatMap((op): Case[] => [
    { op, note: "over space", inputs: [picture, ints(1, 2)] },
    { op, note: "over space, axes kept", inputs: [picture, ints(1, 2)], attributes: { keep_dims: yes } },
    { op, note: "over channels", inputs: [picture, ints(-1)] },
    { op, note: "over rows", inputs: [picture, ints(1)] },
    { op, note: "over everything", inputs: [picture, ints(0, 1, 2, 3)] },
  ]),
  { op: "ArgMax", inputs: [picture, int(3)] },
  { op: "ArgMin", inputs: [picture, int(1)] },

  { op: "Reshape", inputs: [picture, ints(2, -1, 9)] },
  { op: "Squeeze", inputs: [feed(2, 1, 1, 5)], attributes: { squeeze_dims: list(1, 2) } },
  { op: "Squeeze", note: "every axis of size 1", inputs: [feed(1, 4, 1, 5)] },
  { op: "ExpandDims", inputs: [picture, int(1)] },
  ...[
    [0, 3, 1, 2],
    [0, 2, 3, 1],
    [3, 0, 2, 1],
  ].map((order): Case => ({ op: "Transpose", note: order.join(" "), inputs: [picture, ints(...order)] })),
  { op: "ConcatV2", inputs: [picture, feed(2, 7, 6, 2), int(3)], attributes: { N: i(2) } },
  { op: "ConcatV2", note: "of rows", inputs: [picture, feed(2, 4, 6, 3), int(-3)], attributes: { N: i(2) } },
  { op: "Concat", inputs: [int(1), feed(2, 3), feed(2, 4)], attributes: { N: i(2) } },
  { op: "Pack", inputs: [feed(2, 3), feed(2, 3)], attributes: { axis: i(1), N: i(2) } },
  { op: "Unpack", inputs: [feed(2, 3, 4)], attributes: { axis: i(1), num: i(3) }, outputs: 3 },
  { op: "Split", inputs: [int(3), feed(2, 3, 4, 6)], attributes: { num_split: i(3) }, outputs: 3 },
  { op: "SplitV", inputs: [feed(2, 3, 4, 6), ints(1, 3, 2), int(3)], attributes: { num_split: i(3) }, outputs: 3 },
  { op: "Slice", inputs: [picture, ints(0, 2, 1, 1), ints(2, 3, -1, 2)] },
  {
    op: "StridedSlice",
    inputs: [picture, ints(0, 1, -2, 0), ints(2, 6, 0, 2), ints(1, 2, -1, 1)],
    attributes: { begin_mask: i(1), end_mask: i(0) },
  },
  {
    op: "StridedSlice",
    note: "with ellipsis, new and lost axes",
    inputs: [picture, ints(1, 0, 0, 1), ints(2, 0, 0, 2), ints(1, 1, 1, 1)],
    attributes: { ellipsis_mask: i(2), new_axis_mask: i(4), shrink_axis_mask: i(1) },
  },
  { op: "Gather", inputs: [feed(5, 3), ints(4, 0, 2)], attributes: { validate_indices: yes } },
  { op: "GatherV2", inputs: [picture, ints(2, 0), int(3)] },
  { op: "Tile", inputs: [feed(2, 3), ints(2, 3)] },
  { op: "Pad", inputs: [picture, { dtype: "int32", shape: [4, 2], data: [0, 0, 1, 2, 0, 1, 2, 3] }] },
  { op: "PadV2", inputs: [picture, { dtype: "int32", shape: [4, 2], data: [0, 0, 1, 0, 0, 1, 0, 3] }, number(0.4)] },
  {
    op: "MirrorPad",
    inputs: [picture, { dtype: "int32", shape: [4, 2], data: [0, 0, 2, 1, 3, 0, 0, 0] }],
    attributes: { mode: s("REFLECT") },
  },
  { op: "DepthToSpace", inputs: [feed(2, 3, 4, 12)], attributes: { block_size: i(2), data_format: s("NHWC") } },
  {
    op: "SpaceToDepth",
    inputs: [feed(1, 2, 2, 2)],
    attributes: { block_size: i(2), data_format: s("NHWC") },
    expected: ([x]) => Array.from(x),
  },
  { op: "IdentityN", inputs: [feed(2, 3), feed(4)], outputs: 2 },
  { op: "PlaceholderWithDefault", inputs: [weights(2, 3)], attributes: { dtype: float, shape: { shape: [2, 3] } } },
];

/** Operators that only make sense together with others: each by a small graph. The result is the node `y`. */
const combined: Record<
  string,
  { nodes: readonly NodeSpec[]; constants?: Record<string, ConstantSpec>; inputs: Record<string, Input> }
> = {
  "Shape, StridedSlice, Pack, Fill: a flattening whose shape the graph computes": {
    inputs: { x: picture },
    constants: { from: ints(0), to: ints(1), step: ints(1), rest: int(-1) },
    nodes: [
      { name: "shape", op: "Shape", inputs: ["x"], attributes: { T: float, out_type: { type: "DT_INT32" } } },
      {
        name: "batch",
        op: "StridedSlice",
        inputs: ["shape", "from", "to", "step"],
        attributes: { shrink_axis_mask: i(1) },
      },
      { name: "target", op: "Pack", inputs: ["batch", "rest"], attributes: { N: i(2), axis: i(0) } },
      { name: "y", op: "Reshape", inputs: ["x", "target"] },
    ],
  },
  "Fill: a constant made by the graph": {
    inputs: { x: feed(2, 3) },
    constants: { sizes: ints(2, 3), value: number(1.5) },
    nodes: [
      { name: "ones", op: "Fill", inputs: ["sizes", "value"] },
      { name: "y", op: "Mul", inputs: ["x", "ones"] },
    ],
  },
  "Cast, Greater, LogicalAnd, LogicalOr, LogicalNot: masks": {
    inputs: { x: picture },
    constants: { low: number(-0.3), high: number(0.4) },
    nodes: [
      { name: "above", op: "Greater", inputs: ["x", "low"] },
      { name: "below", op: "Less", inputs: ["x", "high"] },
      { name: "between", op: "LogicalAnd", inputs: ["above", "below"] },
      { name: "outside", op: "LogicalNot", inputs: ["between"] },
      { name: "or", op: "LogicalOr", inputs: ["outside", "above"] },
      { name: "y", op: "Cast", inputs: ["or"], attributes: { SrcT: { type: "DT_BOOL" }, DstT: float } },
    ],
  },
  "Select and SelectV2": {
    inputs: { x: picture, z: picture },
    constants: { zero: number(0) },
    nodes: [
      { name: "condition", op: "Greater", inputs: ["x", "zero"] },
      { name: "first", op: "Select", inputs: ["condition", "x", "z"] },
      { name: "y", op: "SelectV2", inputs: ["condition", "first", "x"] },
    ],
  },
  "Relu, Minimum, Maximum: one clip": {
    inputs: { x: { feed: [2, 3, 4, 5], min: -9, max: 9 } },
    constants: { six: number(6), one: number(1) },
    nodes: [
      { name: "relu", op: "Relu", inputs: ["x"] },
      { name: "low", op: "Minimum", inputs: ["relu", "six"] },
      { name: "high", op: "Maximum", inputs: ["low", "one"] },
      { name: "y", op: "Add", inputs: ["high", "relu"] },
    ],
  },
  "batch normalisation as arithmetic on constants": {
    inputs: { x: picture },
    constants: { variance: positiveWeights(3), epsilon: number(0.001), gamma: weights(3), mean: weights(3) },
    nodes: [
      { name: "sum", op: "AddV2", inputs: ["variance", "epsilon"] },
      { name: "root", op: "Rsqrt", inputs: ["sum"] },
      { name: "scale", op: "Mul", inputs: ["root", "gamma"] },
      { name: "scaled", op: "Mul", inputs: ["x", "scale"] },
      { name: "shift", op: "Mul", inputs: ["mean", "scale"] },
      { name: "y", op: "Sub", inputs: ["scaled", "shift"] },
    ],
  },
  "a residual block: the channels stay in front until the end": {
    inputs: { x: picture },
    constants: { w1: weights(3, 3, 3, 8), w2: weights(3, 3, 8, 3), axes: ints(1, 2) },
    nodes: [
      { name: "c1", op: "Conv2D", inputs: ["x", "w1"], attributes: window("SAME", 1) },
      { name: "r1", op: "Relu", inputs: ["c1"] },
      { name: "c2", op: "Conv2D", inputs: ["r1", "w2"], attributes: window("SAME", 1) },
      { name: "sum", op: "AddV2", inputs: ["x", "c2"] },
      { name: "y", op: "Mean", inputs: ["sum", "axes"] },
    ],
  },
};

const isFeed = (input: Input): input is Extract<Input, { feed: unknown }> => "feed" in input;

const placeholder = (name: string, shape: readonly number[]): NodeSpec => ({
  name,
  op: "Placeholder",
  attributes: { dtype: float, shape: { shape } },
});

interface Prepared {
  readonly spec: GraphSpec;
  readonly feeds: Record<string, NumericTensor>;
  readonly outputs: readonly string[];
}

/** The graph of a case; `behindConvolution` puts a 1 × 1 convolution before each picture, so that it arrives channels first. */
function prepare({ op, inputs, attributes, outputs = 1 }: Case, behindConvolution: boolean): Prepared {
  const nodes: NodeSpec[] = [];
  const constants: Record<string, ConstantSpec> = {};
  const feeds: Record<string, NumericTensor> = {};
  const names = inputs.map((input, n) => {
    const name = `in${n}`;
    if (!isFeed(input)) {
      constants[name] = input;
      return name;
    }
    const shape = input.feed;
    nodes.push(placeholder(name, shape));
    const data = randomNumbers(
      100 + n,
      shape.reduce((a, b) => a * b, 1),
      input.min,
      input.max,
    );
    feeds[name] = { data, shape };
    if (!behindConvolution || shape.length !== 4) return name;
    const channels = shape[3];
    const mix = randomNumbers(7, channels * channels, 0, 1 / channels);
    constants[`${name}/mix`] = { dtype: "float32", shape: [1, 1, channels, channels], data: mix };
    nodes.push({ name: `${name}/mixed`, op: "Conv2D", inputs: [name, `${name}/mix`], attributes: window("SAME", 1) });
    return `${name}/mixed`;
  });
  nodes.push({ name: "y", op, inputs: names, attributes });
  const results = Array.from({ length: outputs }, (_, n) => (n === 0 ? "y" : `y:${n}`));
  return {
    spec: { nodes, constants, outputs: Object.fromEntries(results.map((name) => [name, name])) },
    feeds,
    outputs: results,
  };
}

interface Result {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

function runTfjs({ spec, feeds, outputs }: Prepared): Result[] {
  const { json, weights: bytes } = writeTfjs(spec);
  const model = loadGraphModelSync([JSON.parse(json), Uint8Array.from(bytes).buffer]);
  const tensors = Object.fromEntries(
    Object.entries(feeds).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape], "float32")]),
  );
  const results = [model.execute(tensors, [...outputs])].flat();
  return results.map((tensor) => ({ data: Array.from(tensor.dataSync(), Number), shape: tensor.shape }));
}

async function check(prepared: Prepared, expected: readonly Result[]): Promise<void> {
  const { spec, feeds, outputs } = prepared;
  const { json, weights: bytes } = writeTfjs(spec);
  const graphs = { "TensorFlow.js": readTfjs(json, () => bytes), GraphDef: readGraphDef(writeGraphDef(spec)) };
  for (const [format, graph] of Object.entries(graphs)) {
    const actual = await runOnnx(convert(graph, { name: "test", outputs }), feeds);
    for (const [n, name] of outputs.entries()) {
      expect(actual[name].shape, format).toEqual(expected[n].shape);
      const worst = Math.max(...Array.from(expected[n].data, Math.abs), 1);
      for (let k = 0; k < expected[n].data.length; k++)
        expect(Math.abs(Number(actual[name].data[k]) - expected[n].data[k]), `${format}, element ${k}`).toBeLessThan(
          1e-5 * worst,
        );
    }
  }
}

describe("operators agree with TensorFlow.js", () => {
  for (const one of cases) {
    const title = `${one.op}${one.note ? `: ${one.note}` : ""}`;
    const variants = one.inputs.some((input) => isFeed(input) && input.feed.length === 4) ? [false, true] : [false];
    for (const behindConvolution of variants) {
      if (behindConvolution && one.expected) continue;
      test(`${title}${behindConvolution ? " (channels first)" : ""}`, async () => {
        const prepared = prepare(one, behindConvolution);
        const expected = one.expected
          ? one.expected(Object.values(prepared.feeds).map(({ data }) => data as Float32Array))
          : undefined;
        const { shape } = Object.values(prepared.feeds)[0] ?? { shape: [] };
        const total = one.op === "SpaceToDepth" ? [1, 1, 1, 8] : shape;
        await check(prepared, expected ? [{ data: expected, shape: total }] : runTfjs(prepared));
      });
    }
  }
  for (const [title, { nodes, constants, inputs }] of Object.entries(combined))
    test(title, async () => {
      const feeds: Record<string, NumericTensor> = {};
      const placeholders: NodeSpec[] = [];
      for (const [n, [name, input]] of Object.entries(inputs).entries()) {
        if (!isFeed(input)) throw new Error("not a feed");
        const count = input.feed.reduce((a, b) => a * b, 1);
        feeds[name] = { data: randomNumbers(50 + n, count, input.min, input.max), shape: input.feed };
        placeholders.push(placeholder(name, input.feed));
      }
      const prepared = {
        spec: { nodes: [...placeholders, ...nodes], constants, outputs: { y: "y" } },
        feeds,
        outputs: ["y"],
      };
      await check(prepared, runTfjs(prepared));
    });
  test("every operator has a case", () => {
    const tested = new Set([
      ...cases.map(({ op }) => op),
      ...Object.values(combined).flatMap(({ nodes }) => nodes.map(({ op }) => op)),
    ]);
    expect([...operators.keys()].filter((op) => !tested.has(op))).toEqual([]);
  });
});
