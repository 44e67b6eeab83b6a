import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { Builder, OnnxAttribute, OnnxNode, Value } from "./builder.ts";
import type { Constant } from "./graph.ts";
import { exactHalf } from "./half.ts";

/** ONNX operator set of the models written here. */
export const opset = 18;
/** ONNX file format version that came with it. */
const irVersion = 8n;

/** Weights of fewer elements are not worth a Cast node. */
const minimumHalf = 64;

interface Signature {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * The bytes of the ONNX model. Nodes and constants that no output needs are left out. Float constants whose every element is exactly a
 * half are stored as halves and cast when the model is loaded, so that computation is float32 and unchanged.
 */
export function serialize(builder: Builder, { name, inputs, outputs }: Signature): Uint8Array {
  const needed = neededNames(builder.nodes, outputs);
  const initializers: TensorProto[] = [];
  const casts: OnnxNode[] = [];
  for (const [key, constant] of builder.initializers) {
    if (!needed.has(key)) continue;
    const halves =
      constant.type === "float32" && constant.data.length >= minimumHalf ? toHalves(constant.data) : undefined;
    if (halves) {
      const stored = `${key}/half`;
      initializers.push(tensor(stored, TensorProto_DataType.FLOAT16, constant.shape, halves));
      casts.push({ op: "Cast", inputs: [stored], outputs: [key], attributes: { to: TensorProto_DataType.FLOAT } });
    } else initializers.push(tensor(key, storedType[constant.type], constant.shape, toStored(constant)));
  }
  const nodes = [...casts, ...builder.nodes.filter((node) => node.outputs.some((output) => needed.has(output)))];
  const model = create(ModelProtoSchema, {
    irVersion,
    producerName: "cameo-convert",
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(opset) })],
    graph: create(GraphProtoSchema, {
      name,
      node: nodes.map(nodeProto),
      initializer: initializers,
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

function neededNames(nodes: readonly OnnxNode[], outputs: readonly Value[]): Set<string> {
  const needed = new Set(outputs.map((output) => output.name));
  for (const node of nodes.toReversed())
    if (node.outputs.some((output) => needed.has(output))) for (const input of node.inputs) needed.add(input);
  return needed;
}

const storedType = {
  float32: TensorProto_DataType.FLOAT,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
} as const;

/** Integers are 64-bit inside the graph and 32-bit at its border. */
const borderType = { ...storedType, int64: TensorProto_DataType.INT32 } as const;

function tensor(
  name: string,
  dataType: TensorProto_DataType,
  shape: readonly number[],
  rawData: Uint8Array<ArrayBuffer>,
): TensorProto {
  return create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData });
}

/** Little-endian bytes, whatever the machine. */
function toStored({ type, data }: Constant): Uint8Array<ArrayBuffer> {
  if (type === "bool") return Uint8Array.from(data);
  const size = type === "float32" ? 4 : 8;
  const view = new DataView(new ArrayBuffer(data.length * size));
  for (let i = 0; i < data.length; i++) {
    if (type === "float32") view.setFloat32(i * 4, data[i], true);
    else view.setBigInt64(i * 8, BigInt(Math.trunc(data[i])), true);
  }
  return new Uint8Array(view.buffer);
}

/** The elements as halves; undefined unless all of them are exact. */
function toHalves(data: Constant["data"]): Uint8Array<ArrayBuffer> | undefined {
  const view = new DataView(new ArrayBuffer(data.length * 2));
  for (let i = 0; i < data.length; i++) {
    const half = exactHalf(data[i]);
    if (half < 0) return undefined;
    view.setUint16(i * 2, half, true);
  }
  return new Uint8Array(view.buffer);
}

function nodeProto({ op, inputs, outputs, attributes }: OnnxNode) {
  return create(NodeProtoSchema, {
    name: outputs[0],
    opType: op,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
  });
}

function attributeProto(name: string, value: OnnxAttribute): AttributeProto {
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRING,
      s: new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>,
    });
  if ("float" in value)
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}

/** Free sizes get a name, so that ONNX knows them as variable: `batch` for the first axis. */
function valueInfo({ name, type, shape }: Value): ValueInfoProto {
  const dim = shape.map((size, axis) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        size >= 0
          ? { case: "dimValue", value: BigInt(size) }
          : { case: "dimParam", value: axis === 0 ? "batch" : `${name}_${axis}` },
    }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: borderType[type],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }),
  });
}
