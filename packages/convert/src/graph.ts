/** Element types after reading: halves are widened to float32, every integer type to int64. */
export type ElementType = "float32" | "int64" | "bool";

/** Typed array of a constant: floats as float32; integers and booleans (0 or 1) as float64, exact to 2^53. */
export type Elements = Float32Array | Float64Array;

/** A constant of a graph, row-major. */
export interface Constant {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Elements;
}

/** An attribute of a node. Types are given by TensorFlow's name ("DT_FLOAT"), shapes as sizes with −1 for unknown. */
export type Attribute = number | boolean | string | readonly number[] | readonly string[];

/** One operation of a TensorFlow graph. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Tensors read, as `node` (its first output) or `node:2`; control inputs are left out. */
  readonly inputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** The value of a Const. */
  readonly constant?: Constant;
}

/** What the two readers make of a file: a TensorFlow graph with its weights. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Results by public name, each the tensor (`node` or `node:2`) it is read from; empty when the file does not say. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** A file that cannot be read or converted; the message is one sentence for people. */
export class ConvertError extends Error {
  override readonly name = "ConvertError";
}

/** Number of elements of a shape. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** `^node` (a control input) → undefined, `node:0` → `node`. */
export function tensorName(input: string): string | undefined {
  if (input.startsWith("^")) return undefined;
  return input.endsWith(":0") ? input.slice(0, -2) : input;
}

/** Splits `node:2` into its node and output number. A node's name never holds a colon. */
export function splitTensorName(tensor: string): [node: string, output: number] {
  const colon = tensor.lastIndexOf(":");
  return colon < 0 ? [tensor, 0] : [tensor.slice(0, colon), Number(tensor.slice(colon + 1))];
}

/** Collects nodes by name. @throws ConvertError when a name is empty or used twice */
export function indexNodes(nodes: Iterable<GraphNode>): Map<string, GraphNode> {
  const index = new Map<string, GraphNode>();
  for (const node of nodes) {
    if (!node.name || !node.op) throw new ConvertError("The graph is corrupt: a node has no name or no operator.");
    if (index.has(node.name)) throw new ConvertError(`The graph is corrupt: two nodes are called "${node.name}".`);
    index.set(node.name, node);
  }
  if (index.size === 0) throw new ConvertError("The file holds no graph: it has no nodes.");
  return index;
}
