import { Builder, type Value } from "./builder.ts";
import { ConvertError, type Graph, type GraphNode, splitTensorName } from "./graph.ts";
import { serialize } from "./onnx.ts";
import { Node } from "./operator.ts";
import { leastInputs, operators } from "./operators/index.ts";
import { elementType } from "./types.ts";

export interface ConvertOptions {
  /** Name of the ONNX graph. */
  readonly name: string;
  /** Names of the results to keep (`node` or `node:1`). Default: what the file says, else every node whose result nobody reads. */
  readonly outputs?: readonly string[];
  /** Shapes of inputs by name, −1 for a free size, where the file leaves them open or another shape is wanted. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
}

/**
 * Converts a TensorFlow graph to an ONNX model. Inputs and outputs keep TensorFlow's names, shapes and order of axes; inside, pictures
 * run channels first. Integer inputs and outputs are int32. The same graph always gives the same bytes.
 * @throws ConvertError for an operator that is not supported, naming it and its node, and for graphs that make no sense
 */
export function convert(graph: Graph, options: ConvertOptions): Uint8Array {
  const outputs = chooseOutputs(graph, options.outputs);
  const builder = new Builder();
  const values = new Map<string, Value>();
  const inputs: Value[] = [];
  for (const name of outputs.keys()) builder.unique(name);
  for (const graphNode of inOrder(
    graph,
    [...outputs.values()].map((tensor) => splitTensorName(tensor)[0]),
  )) {
    if (graphNode.op === "Placeholder") {
      const input = placeholder(graphNode, options.inputShapes?.[graphNode.name]);
      inputs.push(input);
      values.set(graphNode.name, enter(input, builder));
      continue;
    }
    for (const [i, value] of convertNode(graphNode, values, builder).entries())
      values.set(i === 0 ? graphNode.name : `${graphNode.name}:${i}`, value);
  }
  const results = [...outputs].map(([name, tensor]) =>
    leave(name, read(tensor, values, `the result "${name}"`), builder),
  );
  return serialize(builder, { name: options.name, inputs, outputs: results });
}

/** Public name → tensor. */
function chooseOutputs(graph: Graph, wanted: readonly string[] | undefined): Map<string, string> {
  if (wanted) {
    for (const tensor of wanted)
      if (!graph.nodes.has(splitTensorName(tensor)[0]))
        throw new ConvertError(`The graph has no node "${tensor}" to take as a result.`);
    return new Map(wanted.map((tensor) => [tensor, tensor]));
  }
  if (graph.outputs.size > 0) return new Map(graph.outputs);
  const used = new Set(
    [...graph.nodes.values()].flatMap((node) => node.inputs.map((input) => splitTensorName(input)[0])),
  );
  const silent = new Set(["Const", "NoOp", "Assert", "Placeholder"]);
  const last = [...graph.nodes.values()].filter((node) => !used.has(node.name) && !silent.has(node.op));
  if (last.length === 0) throw new ConvertError("The graph has no result: every node feeds another.");
  return new Map(last.map((node) => [node.name, node.name]));
}

/** The nodes that the results need, each after those it reads. */
function inOrder(graph: Graph, results: readonly string[]): GraphNode[] {
  const order: GraphNode[] = [];
  const state = new Map<string, "open" | "done">();
  const stack = [...results].reverse();
  while (stack.length > 0) {
    const name = stack[stack.length - 1];
    const node = graph.nodes.get(name);
    if (!node) throw new ConvertError(`The graph is corrupt: it has no node "${name}".`);
    if (state.get(name) !== undefined) {
      stack.pop();
      if (state.get(name) === "open") order.push(node);
      state.set(name, "done");
      continue;
    }
    state.set(name, "open");
    for (const input of node.inputs.toReversed()) {
      const [from] = splitTensorName(input);
      if (state.get(from) === "open")
        throw new ConvertError(`The graph is not supported: node "${name}" is part of a loop.`);
      if (state.get(from) === undefined) stack.push(from);
    }
  }
  return order;
}

function placeholder(node: GraphNode, override: readonly number[] | undefined): Value {
  const wrapped = new Node(node);
  const dataType = wrapped.string("dtype");
  const type = elementType(dataType);
  if (!type) throw wrapped.error(`has the type ${dataType}, which is not supported`);
  const shape = override ?? node.attributes.get("shape");
  if (!Array.isArray(shape)) throw wrapped.error("does not say its shape; give it as an option");
  if (!shape.every((size) => Number.isInteger(size) && size >= -1 && size < 2 ** 31))
    throw wrapped.error(`has the impossible shape [${shape}]`);
  return { name: node.name, type, shape };
}

/** Integers are 64-bit inside, because ONNX wants shapes and indices so; the public ones are 32-bit. */
function enter(input: Value, builder: Builder): Value {
  const plain = builder.unique(input.name);
  return {
    ...input,
    plain: input.type === "int64" ? builder.add("Cast", [plain], `${plain}/int64`, { to: 7 }) : plain,
  };
}

function leave(name: string, value: Value, builder: Builder): Value {
  const inputs = [builder.plain(value)];
  const outputs = [name];
  if (value.type === "int64") builder.nodes.push({ op: "Cast", inputs, outputs, attributes: { to: 6 } });
  else builder.nodes.push({ op: "Identity", inputs, outputs, attributes: {} });
  return { name, type: value.type, shape: value.shape, plain: name };
}

function convertNode(graphNode: GraphNode, values: ReadonlyMap<string, Value>, builder: Builder): readonly Value[] {
  if (graphNode.constant) {
    const { type, shape, data } = graphNode.constant;
    return [{ name: graphNode.name, type, shape, elements: data }];
  }
  const node = new Node(graphNode);
  const operator = operators.get(graphNode.op);
  if (!operator) throw node.error("is not supported: the converter does not know this operator");
  const inputs = graphNode.inputs.map((input) => read(input, values, `node "${graphNode.name}"`));
  if (inputs.length < leastInputs(graphNode.op)) throw node.error("lacks an input");
  const result = operator(node, inputs, builder);
  return Array.isArray(result) ? result : [result as Value];
}

function read(tensor: string, values: ReadonlyMap<string, Value>, reader: string): Value {
  const value = values.get(tensor);
  if (!value)
    throw new ConvertError(`The graph is corrupt: ${reader} reads "${tensor}", which its node does not make.`);
  return value;
}
