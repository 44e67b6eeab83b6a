import { asConstant, type Builder, type Value } from "../builder.ts";
import { type Elements, type ElementType, elementCount } from "../graph.ts";
import type { Node, Operator } from "../operator.ts";
import { broadcastShape, expand } from "../tensor.ts";
import { elementType } from "../types.ts";

/** Where an element-wise operator puts its output: in the order of axes that its inputs already have. */
interface Operands {
  /** ONNX tensors of the inputs, all in the same order. */
  readonly names: readonly string[];
  /** Whether that order has the channels of four axes first. */
  readonly channelsFirst: boolean;
  /** Wraps the ONNX tensor of the result. */
  readonly wrap: (onnxName: string, type?: ElementType) => Value;
}

/** Brings the inputs of an element-wise operator to one order of axes: channels first if one of four axes is there already. */
export function operands(node: Node, inputs: readonly Value[], builder: Builder): Operands {
  const shape = inputs.reduce<readonly number[]>((sum, input) => {
    const both = broadcastShape(sum, input.shape);
    if (!both) throw node.error(`has inputs whose shapes [${sum}] and [${input.shape}] do not fit`);
    return both;
  }, []);
  const moved = (input: Value) => input.channelsFirst !== undefined && input.plain === undefined;
  const movable = (input: Value) => input.shape.length === 4 || asConstant(input) !== undefined;
  if (shape.length === 4 && inputs.some(moved) && inputs.every(movable)) {
    return {
      names: inputs.map((input) => builder.channelsFirst(withFourAxes(input))),
      channelsFirst: true,
      wrap: (name, type = inputs[0].type) => ({ name: node.name, type, shape, channelsFirst: name }),
    };
  }
  return {
    names: inputs.map((input) => builder.plain(input)),
    channelsFirst: false,
    wrap: (name, type = inputs[0].type) => ({ name: node.name, type, shape, plain: name }),
  };
}

function withFourAxes(value: Value): Value {
  if (value.shape.length === 4) return value;
  const shape = [...new Array<number>(4 - value.shape.length).fill(1), ...value.shape];
  return { name: value.name, type: value.type, shape, elements: value.elements };
}

/** Adds a one-input, one-output element-wise ONNX node. */
const applyUnary =
  (op: string, attributes?: (node: Node) => Record<string, { float: number }>): Operator =>
  (node, [x], builder) => {
    const { names, wrap } = operands(node, [x], builder);
    return wrap(builder.add(op, names, node.name, attributes?.(node)));
  };

/** clip(x, min, max); clips of clips become one. */
function clip(node: Node, x: Value, min: number, max: number, builder: Builder): Value {
  const between = (value: number) => Math.min(Math.max(value, min), max);
  const previous = x.clip ?? { source: x, min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  const range = { source: previous.source, min: between(previous.min), max: between(previous.max) };
  const { names, wrap } = operands(node, [range.source], builder);
  const limit = (value: number, which: string) =>
    Number.isFinite(value) ? builder.scalar(value, `${node.name}/${which}`) : "";
  const output =
    range.min === 0 && range.max === Number.POSITIVE_INFINITY
      ? builder.add("Relu", names, node.name)
      : builder.add("Clip", [...names, limit(range.min, "min"), limit(range.max, "max")], node.name);
  return { ...wrap(output), clip: range };
}

const number = (value: Value): number | undefined =>
  value.type === "float32" && value.elements?.length === 1 && value.shape.length <= 1 ? value.elements[0] : undefined;

/** Minimum and Maximum: a clip when one side is a known number. */
const extreme =
  (op: "Min" | "Max", evaluate: (a: number, b: number) => number): Operator =>
  (node, inputs, builder) => {
    const [a, b] = inputs;
    const folded = fold(node, inputs, evaluate);
    if (folded && asConstant(folded)) return folded;
    const [x, limit] = number(b) !== undefined ? [a, number(b)] : [b, number(a)];
    if (limit !== undefined && !Number.isNaN(limit) && x.type === "float32")
      return op === "Min"
        ? clip(node, x, Number.NEGATIVE_INFINITY, limit, builder)
        : clip(node, x, limit, Number.POSITIVE_INFINITY, builder);
    const { names, wrap } = operands(node, inputs, builder);
    return { ...wrap(builder.add(op, names, node.name)), elements: folded?.elements };
  };

/** The result over known elements. */
function fold(node: Node, inputs: readonly Value[], evaluate: (...values: number[]) => number): Value | undefined {
  if (inputs.some((input) => !input.elements)) return undefined;
  let shape: readonly number[] | undefined = [];
  for (const input of inputs) shape = shape && broadcastShape(shape, input.shape);
  if (!shape) return undefined;
  const columns = inputs.map(
    ({ type, shape: from, elements }) => expand({ type, shape: from, data: elements! }, shape).data,
  );
  const type = inputs[0].type;
  const count = elementCount(shape);
  const elements: Elements = type === "float32" ? new Float32Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i++) elements[i] = evaluate(...columns.map((column) => column[i]));
  return { name: node.name, type, shape, elements };
}

/** An element-wise operator that exists in ONNX under another name, and its value on numbers where graphs compute constants with it. */
const apply =
  (op: string, evaluate?: (...values: number[]) => number): Operator =>
  (node, inputs, builder) => {
    const folded = evaluate && fold(node, inputs, evaluate);
    if (folded && asConstant(folded)) return folded;
    const { names, wrap } = operands(node, inputs, builder);
    return { ...wrap(builder.add(op, names, node.name)), elements: folded?.elements };
  };

/** A comparison: the result is boolean. */
const compare =
  (op: string): Operator =>
  (node, inputs, builder) => {
    const { names, wrap } = operands(node, inputs, builder);
    return wrap(builder.add(op, names, node.name), "bool");
  };

/** An operator made of several element-wise ONNX nodes; `build` gets the inputs' names and returns the result's. */
const compose =
  (
    build: (add: (op: string, inputs: readonly string[]) => string, names: readonly string[]) => string,
    evaluate: (...values: number[]) => number,
  ): Operator =>
  (node, inputs, builder) => {
    const folded = fold(node, inputs, evaluate);
    if (folded && asConstant(folded)) return folded;
    const { names, wrap } = operands(node, inputs, builder);
    return wrap(build((op, from) => builder.add(op, from, node.name), names));
  };

const divide: Operator = (node, inputs, builder) => {
  const truncate = inputs[0].type === "int64";
  return apply("Div", (a, b) => (truncate ? Math.trunc(a / b) : a / b))(node, inputs, builder);
};

const floorDivide: Operator = (node, inputs, builder) => {
  const folded = fold(node, inputs, (a, b) => Math.floor(a / b));
  if (folded && asConstant(folded)) return folded;
  if (inputs[0].type !== "float32")
    throw node.error("divides integers that depend on the input, which is not supported");
  const { names, wrap } = operands(node, inputs, builder);
  return wrap(builder.add("Floor", [builder.add("Div", names, node.name)], node.name));
};

/** PReLU: x above 0, slope · x below. */
const prelu: Operator = (node, [x, slope], builder) => {
  const { names, wrap, channelsFirst } = operands(node, [x, slope], builder);
  const channels = x.shape[x.shape.length - 1];
  const perChannel = slope.elements?.length === channels && slope.shape[slope.shape.length - 1] === channels;
  if (!channelsFirst || !perChannel) return wrap(builder.add("PRelu", names, node.name));
  // slope · x + (1 − slope) · relu(x), with 1 × 1 convolutions per channel as products: ONNX Runtime keeps convolutions, their sums and
  // ReLUs in its blocked layout, which PRelu (and Mul) leave. Networks of many PReLUs run three times as fast on a CPU.
  const scaled = (input: string, factor: (slope: number) => number): string => {
    const data = Float32Array.from(slope.elements!, factor);
    const weights = builder.constant({ type: "float32", shape: [channels, 1, 1, 1], data }, `${slope.name}/onnx`);
    return builder.add("Conv", [input, weights], node.name, { kernel_shape: [1, 1], group: channels });
  };
  const positive = builder.add("Relu", [names[0]], node.name);
  return wrap(builder.add("Add", [scaled(names[0], (a) => a), scaled(positive, (a) => 1 - a)], node.name));
};

const addAll: Operator = (node, inputs, builder) => {
  if (inputs.length === 0) throw node.error("has no inputs");
  const { names, wrap } = operands(node, inputs, builder);
  return wrap(names.length === 1 ? names[0] : builder.add("Sum", names, node.name));
};

const onnxType = { float32: 1, int64: 7, bool: 9 } as const;

const cast: Operator = (node, [x], builder) => {
  const type = elementType(node.string("DstT"));
  if (!type) throw node.error(`converts to ${node.string("DstT")}, which is not supported`);
  if (type === x.type) return { ...x, name: node.name };
  if (asConstant(x)) {
    const from = x.elements!;
    if (type === "float32") return { name: node.name, type, shape: x.shape, elements: Float32Array.from(from) };
    const convert = type === "bool" ? (value: number) => Number(value !== 0) : Math.trunc;
    return { name: node.name, type, shape: x.shape, elements: Float64Array.from(from, convert) };
  }
  const { names, wrap } = operands(node, [x], builder);
  return wrap(builder.add("Cast", names, node.name, { to: onnxType[type] }), type);
};

const select: Operator = (node, [condition, a, b], builder) => {
  if (condition.shape.length !== a.shape.length && node.op === "Select" && condition.shape.length !== 0)
    throw node.error("selects whole rows, which is not supported");
  const { names, wrap } = operands(node, [condition, a, b], builder);
  return wrap(builder.add("Where", names, node.name), a.type);
};

const add = apply("Add", (a, b) => a + b);
const reciprocal = apply("Reciprocal", (a) => 1 / a);

export const elementwise: Record<string, Operator> = {
  Abs: apply("Abs", Math.abs),
  Add: add,
  AddV2: add,
  AddN: addAll,
  BiasAdd: (node, inputs, builder) => biasAdd(node, inputs, builder),
  Cast: cast,
  Ceil: apply("Ceil", Math.ceil),
  Cos: apply("Cos"),
  Div: divide,
  Elu: apply("Elu"),
  Equal: compare("Equal"),
  Erf: apply("Erf"),
  Exp: apply("Exp", Math.exp),
  Floor: apply("Floor", Math.floor),
  FloorDiv: floorDivide,
  Greater: compare("Greater"),
  GreaterEqual: compare("GreaterOrEqual"),
  Inv: reciprocal,
  LeakyRelu: applyUnary("LeakyRelu", (node) => ({ alpha: { float: node.number("alpha", 0.2) } })),
  Less: compare("Less"),
  LessEqual: compare("LessOrEqual"),
  Log: apply("Log", Math.log),
  LogicalAnd: compare("And"),
  LogicalNot: compare("Not"),
  LogicalOr: compare("Or"),
  Maximum: extreme("Max", Math.max),
  Minimum: extreme("Min", Math.min),
  Mul: apply("Mul", (a, b) => a * b),
  Neg: apply("Neg", (a) => -a),
  Pow: apply("Pow", (a, b) => a ** b),
  Prelu: prelu,
  RealDiv: divide,
  Reciprocal: reciprocal,
  Relu: (node, [x], builder) => clip(node, x, 0, Number.POSITIVE_INFINITY, builder),
  Relu6: (node, [x], builder) => clip(node, x, 0, 6, builder),
  Round: apply("Round"),
  Rsqrt: compose(
    (push, [x]) => push("Reciprocal", [push("Sqrt", [x])]),
    (a) => 1 / Math.sqrt(a),
  ),
  Select: select,
  SelectV2: select,
  Selu: applyUnary("Selu"),
  Sigmoid: apply("Sigmoid"),
  Sign: apply("Sign", Math.sign),
  Sin: apply("Sin"),
  Softplus: apply("Softplus"),
  Softsign: apply("Softsign"),
  Sqrt: apply("Sqrt", Math.sqrt),
  Square: compose(
    (push, [x]) => push("Mul", [x, x]),
    (a) => a * a,
  ),
  SquaredDifference: compose(
    (push, names) => {
      const difference = push("Sub", names);
      return push("Mul", [difference, difference]);
    },
    (a, b) => (a - b) ** 2,
  ),
  Sub: apply("Sub", (a, b) => a - b),
  Tanh: apply("Tanh", Math.tanh),
};

/** x + b with one b per channel, which is the last axis, or axis 1 where the node says NCHW. */
export function biasAdd(node: Node, [x, bias]: readonly Value[], builder: Builder): Value {
  if (bias.shape.length !== 1) throw node.error(`has a bias of shape [${bias.shape}]`);
  const first = node.string("data_format", "NHWC").startsWith("NC") && x.shape.length > 2;
  const perChannel = first
    ? { ...bias, plain: undefined, shape: [bias.shape[0], ...new Array<number>(x.shape.length - 2).fill(1)] }
    : bias;
  const { names, wrap } = operands(node, [x, perChannel], builder);
  return wrap(builder.add("Add", names, node.name));
}

const activations: Record<string, Operator> = {
  Relu: elementwise.Relu,
  Relu6: elementwise.Relu6,
  Elu: elementwise.Elu,
  Sigmoid: elementwise.Sigmoid,
  Tanh: elementwise.Tanh,
  Prelu: prelu,
  LeakyRelu: applyUnary("LeakyRelu", (node) => ({ alpha: { float: node.number("leakyrelu_alpha", 0.2) } })),
};

/** Applies the operators fused into a convolution or matrix product; `rest` are the node's further inputs, used in order. */
export function fusedOperators(node: Node, result: Value, rest: readonly Value[], builder: Builder): Value {
  const remaining = [...rest];
  const next = (): Value => {
    const value = remaining.shift();
    if (!value) throw node.error("lacks an input of a fused operator");
    return value;
  };
  let value = result;
  for (const op of node.strings("fused_ops")) {
    if (op === "BiasAdd") value = biasAdd(node, [value, next()], builder);
    else if (op === "Prelu") value = prelu(node, [value, next()], builder) as Value;
    else if (activations[op]) value = activations[op](node, [value], builder) as Value;
    else throw node.error(`has the fused operator ${op}, which is not supported`);
  }
  return value;
}
