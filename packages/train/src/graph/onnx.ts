import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { onnxType } from "../ops/elementwise.ts";
import { topologicalOrder } from "./autodiff.ts";
import {
  type Attribute,
  type DType,
  inputsOf,
  type Node,
  type Shape,
  show,
  type Tensor,
  type Values,
} from "./tensor.ts";

/** ONNX operator set of the models written here. */
export const opset = 18;
const irVersion = 9;

/** A serialised graph: what is fed to it and what it gives, by name. */
export interface Model {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly inputs: ReadonlyMap<string, { readonly shape: Shape; readonly dtype: DType }>;
  readonly outputs: ReadonlyMap<string, { readonly shape: Shape; readonly dtype: DType }>;
  readonly nodeCount: number;
  /** Names of nodes that the WebGPU provider must leave to the CPU: it takes them and then fails. */
  readonly cpuNodes: readonly string[];
}

export interface EmitOptions {
  /** Values for inputs that become part of the model instead of being fed. */
  readonly frozen?: ReadonlyMap<string, Values>;
}

/**
 * Writes the part of the graph that `outputs` need as one ONNX model. Equal subexpressions are written once;
 * what no output needs is not written.
 * @throws if two different inputs, or an input and an output, share a name
 */
export function toOnnx(outputs: Readonly<Record<string, Tensor>>, { frozen = new Map() }: EmitOptions = {}): Model {
  const names = new Map<Node, readonly string[]>();
  const known = new Map<string, readonly string[]>();
  const inputs = new Map<string, { shape: Shape; dtype: DType }>();
  const initializers: TensorProto[] = [];
  const nodes: NodeProto[] = [];
  const taken = new Set(Object.keys(outputs));
  const identities = new Map<Values, number>();
  let counter = 0;
  const fresh = (): string => {
    let name: string;
    do name = `t${counter++}`;
    while (taken.has(name));
    return name;
  };

  const order = topologicalOrder(
    Object.values(outputs).map((t) => t.node),
    (node) => (node.kind === "composite" ? node.results : inputsOf(node)),
  );
  for (const node of order)
    if (node.kind === "input") {
      if (outputs[node.name]) throw new Error(`An input and an output are both called "${node.name}".`);
      taken.add(node.name);
    }
  const used = new Map<Node, number>();
  const use = (t: Tensor) => used.set(t.node, Math.max(used.get(t.node) ?? 0, t.index + 1));
  for (const t of Object.values(outputs)) use(t);
  for (const node of order) for (const t of node.kind === "composite" ? node.results : inputsOf(node)) use(t);
  const nameOf = (t: Tensor): string => names.get(t.node)![t.index];
  const once = (key: string, write: () => readonly string[]): readonly string[] => {
    const written = known.get(key) ?? write();
    known.set(key, written);
    return written;
  };

  const shapes = new Map<Node, Tensor>();
  for (const t of [
    ...Object.values(outputs),
    ...order.flatMap((n) => (n.kind === "composite" ? n.results : inputsOf(n))),
  ])
    if (t.node.kind === "input" || t.node.kind === "constant") shapes.set(t.node, t);

  for (const node of order) {
    if (node.kind === "composite") names.set(node, node.results.map(nameOf));
    else if (node.kind === "input") {
      const { shape, dtype } = shapes.get(node)!;
      const values = frozen.get(node.name);
      const before = inputs.get(node.name);
      if (before && (show(before.shape) !== show(shape) || before.dtype !== dtype))
        throw new Error(`Two inputs are called "${node.name}": ${show(before.shape)} and ${show(shape)}`);
      if (!before && values) initializers.push(tensorProto(node.name, values, shape, dtype));
      inputs.set(node.name, { shape, dtype });
      names.set(node, [node.name]);
    } else if (node.kind === "constant") {
      const { shape, dtype } = shapes.get(node)!;
      const key = `constant ${dtype} ${show(shape)} ${contentKey(node.values, identities)}`;
      const write = () => {
        const name = fresh();
        initializers.push(tensorProto(name, node.values, shape, dtype));
        return [name];
      };
      names.set(node, once(key, write));
    } else {
      const operands = node.inputs.map((t) => (t ? nameOf(t) : ""));
      while (operands.at(-1) === "") operands.pop();
      const attributes = Object.entries(node.attributes);
      const count = used.get(node) ?? 1;
      const key = `${node.type} ${JSON.stringify([operands, attributes, count])}`;
      const write = () => {
        const output = Array.from({ length: count }, fresh);
        nodes.push(
          create(NodeProtoSchema, {
            name: output[0],
            opType: node.type,
            input: operands,
            output,
            attribute: attributes.map(([name, value]) => attributeProto(name, value)),
          }),
        );
        return output;
      };
      names.set(node, once(key, write));
    }
  }
  nameOutputs(
    nodes,
    Object.entries(outputs).map(([name, t]) => [name, nameOf(t)] as const),
  );
  for (const name of frozen.keys()) inputs.delete(name);
  const declared = new Map(Object.entries(outputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: "cameo",
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(opset) })],
    graph: create(GraphProtoSchema, {
      name: "cameo",
      node: nodes,
      initializer: initializers,
      input: [...inputs].map(([name, t]) => valueInfo(name, t.shape, t.dtype)),
      output: [...declared].map(([name, t]) => valueInfo(name, t.shape, t.dtype)),
    }),
  });
  return {
    bytes: toBinary(ModelProtoSchema, model),
    inputs,
    outputs: declared,
    nodeCount: nodes.length,
    cpuNodes: nodes.filter((node) => node.opType === "MaxPool" && node.output.length > 1).map((node) => node.name),
  };
}

/** Gives values that are outputs the outputs' names; an input, a constant or a second name takes a node of its own. */
function nameOutputs(nodes: NodeProto[], outputs: readonly (readonly [name: string, value: string])[]): void {
  const computed = new Set(nodes.flatMap((node) => node.output));
  const names = new Map<string, string>();
  const copies: NodeProto[] = [];
  for (const [name, value] of outputs) {
    if (computed.has(value) && !names.has(value)) names.set(value, name);
    else {
      const from = names.get(value) ?? value;
      copies.push(create(NodeProtoSchema, { name, opType: "Identity", input: [from], output: [name] }));
    }
  }
  const renamed = (value: string): string => names.get(value) ?? value;
  for (const node of nodes) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
  }
  // Right behind what they copy: the runtime begins with what stands last, and all of the step would come before the rest.
  for (const copy of copies) {
    const source = nodes.findIndex((node) => node.output.includes(copy.input[0]));
    nodes.splice(source + 1, 0, copy);
  }
}

/** Small constants are the same when their bytes are, large ones when they are the same array. */
function contentKey(values: Values, identities: Map<Values, number>): string {
  if (values.byteLength <= 4096) return Buffer.from(bytesOf(values)).toString("base64");
  const known = identities.get(values) ?? identities.size;
  identities.set(values, known);
  return `#${known}`;
}

const bytesOf = (v: Values): Uint8Array<ArrayBuffer> =>
  new Uint8Array(v.buffer as ArrayBuffer, v.byteOffset, v.byteLength);

/** A stored tensor; values are little-endian, as all supported machines are. */
export function tensorProto(name: string, values: Values, shape: Shape, dtype: DType): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: onnxType[dtype],
    rawData: bytesOf(values),
  });
}

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  const types = AttributeProto_AttributeType;
  switch (attribute.kind) {
    case "int":
      return create(AttributeProtoSchema, { name, type: types.INT, i: BigInt(attribute.value) });
    case "ints":
      return create(AttributeProtoSchema, { name, type: types.INTS, ints: attribute.value.map(BigInt) });
    case "float":
      return create(AttributeProtoSchema, { name, type: types.FLOAT, f: attribute.value });
    case "text":
      return create(AttributeProtoSchema, {
        name,
        type: types.STRING,
        s: new TextEncoder().encode(attribute.value) as Uint8Array<ArrayBuffer>,
      });
  }
}

function valueInfo(name: string, shape: Shape, dtype: DType): ValueInfoProto {
  const dim = shape.map((n) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(n) } }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: onnxType[dtype],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }),
  });
}
