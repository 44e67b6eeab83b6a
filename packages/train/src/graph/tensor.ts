/** Element types of symbolic tensors; gradients exist for `float32` only. */
export type DType = "float32" | "float16" | "int32" | "int64" | "int8" | "uint8" | "bool";

/** Values of a constant or of a parameter, by element type (`float16` as raw bits, `bool` as 0 and 1). */
export type Values = Float32Array | Uint16Array | Int32Array | BigInt64Array | Int8Array | Uint8Array;

export type Shape = readonly number[];

/** An ONNX attribute. Build one with {@link int}, {@link ints}, {@link float} or {@link text}. */
export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "text"; readonly value: string };

export const int = (value: number): Attribute => ({ kind: "int", value });
export const ints = (value: readonly number[]): Attribute => ({ kind: "ints", value });
export const float = (value: number): Attribute => ({ kind: "float", value });
export const text = (value: string): Attribute => ({ kind: "text", value });

export type Attributes = Readonly<Record<string, Attribute>>;

/**
 * Vector-Jacobian product: from the gradients of a node's outputs (null where none arrives) to those of its inputs
 * (null where there is none). What is returned is symbolic; what nobody asks for is never emitted.
 */
export type Vjp = (dys: readonly (Tensor | null)[]) => readonly (Tensor | null)[];

/** A value fed at each run: data, parameters, running statistics. */
export interface InputNode {
  readonly kind: "input";
  readonly name: string;
}

/** A value stored in the model. */
export interface ConstantNode {
  readonly kind: "constant";
  readonly values: Values;
}

/** One ONNX operator. */
export interface OperatorNode {
  readonly kind: "operator";
  readonly type: string;
  readonly inputs: readonly (Tensor | null)[];
  readonly attributes: Attributes;
  readonly outputCount: number;
  readonly vjp: Vjp | null;
}

/** A composition of operators with a gradient of its own; emits nothing itself. */
export interface CompositeNode {
  readonly kind: "composite";
  readonly inputs: readonly Tensor[];
  readonly results: readonly Tensor[];
  readonly vjp: Vjp;
}

export type Node = InputNode | ConstantNode | OperatorNode | CompositeNode;

/** A symbolic tensor: output number `index` of a node. Shapes are static, row-major. Tensors are immutable. */
export interface Tensor {
  readonly node: Node;
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

export const elementCount = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** A value fed by name at each run. */
export const input = (name: string, shape: Shape, dtype: DType = "float32"): Tensor => ({
  node: { kind: "input", name },
  index: 0,
  shape: [...shape],
  dtype,
});

/** A value stored in the model. @throws if the number of values does not fit the shape */
export function constant(values: Values, shape: Shape, dtype: DType = dtypeOf(values)): Tensor {
  if (values.length !== elementCount(shape))
    throw new ShapeError("constant", `${values.length} values do not fill shape ${show(shape)}`);
  return { node: { kind: "constant", values }, index: 0, shape: [...shape], dtype };
}

/** A float32 constant of shape []. */
export const scalar = (value: number): Tensor => constant(Float32Array.of(value), []);

/** An int64 constant vector, as ONNX wants shapes, axes and the like. */
export const indices = (values: readonly number[]): Tensor =>
  constant(BigInt64Array.from(values, BigInt), [values.length], "int64");

function dtypeOf(values: Values): DType {
  if (values instanceof Float32Array) return "float32";
  if (values instanceof Int32Array) return "int32";
  if (values instanceof BigInt64Array) return "int64";
  if (values instanceof Int8Array) return "int8";
  if (values instanceof Uint16Array) return "float16";
  return "uint8";
}

/** What is known of an operator's output before it runs. */
export interface OutputType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** An ONNX operator with one output. `vjp` may refer to that output through the argument. */
export function operator(
  type: string,
  inputs: readonly (Tensor | null)[],
  attributes: Attributes,
  shape: Shape,
  vjp: ((dy: Tensor, y: Tensor) => readonly (Tensor | null)[]) | null = null,
  dtype: DType = "float32",
): Tensor {
  const [y] = operatorWithOutputs(
    type,
    inputs,
    attributes,
    [{ shape, dtype }],
    vjp && (([dy]) => (dy ? vjp(dy, y) : inputs.map(() => null))),
  );
  return y;
}

/** An ONNX operator with any number of outputs. */
export function operatorWithOutputs(
  type: string,
  inputs: readonly (Tensor | null)[],
  attributes: Attributes,
  outputs: readonly OutputType[],
  vjp: Vjp | null = null,
): Tensor[] {
  const node: OperatorNode = { kind: "operator", type, inputs, attributes, outputCount: outputs.length, vjp };
  return outputs.map(({ shape, dtype }, index) => ({ node, index, shape: [...shape], dtype }));
}

/** Gives `result`, computed from `inputs` by any operators, a gradient of its own. */
export function withGradient(
  inputs: readonly Tensor[],
  result: Tensor,
  vjp: (dy: Tensor) => readonly (Tensor | null)[],
): Tensor {
  const node: CompositeNode = {
    kind: "composite",
    inputs,
    results: [result],
    vjp: ([dy]) => (dy ? vjp(dy) : inputs.map(() => null)),
  };
  return { node, index: 0, shape: result.shape, dtype: result.dtype };
}

/** The same value, through which no gradient flows. */
export const stopGradient = (x: Tensor): Tensor => withGradient([x], x, () => [null]);

/** The tensors that a node reads. */
export function inputsOf(node: Node): readonly Tensor[] {
  if (node.kind === "operator") return node.inputs.filter((t) => t !== null);
  return node.kind === "composite" ? node.inputs : [];
}

export const show = (shape: Shape): string => `[${shape.join(", ")}]`;

/** Shapes that do not fit; says the operator and what it was given. */
export class ShapeError extends Error {
  override name = "ShapeError";
  constructor(operator: string, problem: string) {
    super(`${operator}: ${problem}`);
  }
}
