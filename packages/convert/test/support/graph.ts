import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** An attribute of a node, in the words of TensorFlow's AttrValue. */
export type AttributeSpec =
  | { readonly s: string }
  | { readonly i: number }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly type: string }
  | { readonly ints: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly shape: readonly number[] };

export interface NodeSpec {
  readonly name: string;
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
}

export interface ConstantSpec {
  readonly dtype: "float32" | "int32" | "bool";
  readonly shape: readonly number[];
  readonly data: readonly number[] | Float32Array;
}

/** A graph to write in either of the formats that the package reads. */
export interface GraphSpec {
  readonly nodes: readonly NodeSpec[];
  readonly constants?: Readonly<Record<string, ConstantSpec>>;
  /** Results by public name; left out of a GraphDef, which has no place for it. */
  readonly outputs?: Readonly<Record<string, string>>;
}

const typeName = { float32: "DT_FLOAT", int32: "DT_INT32", bool: "DT_BOOL" } as const;
const typeNumber: Record<string, number> = { DT_FLOAT: 1, DT_INT32: 3, DT_BOOL: 10, DT_STRING: 7 };

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function jsonAttribute(attribute: AttributeSpec): unknown {
  if ("s" in attribute) return { s: base64(attribute.s) };
  if ("i" in attribute) return { i: String(attribute.i) };
  if ("ints" in attribute) return { list: { i: attribute.ints.map(String) } };
  if ("strings" in attribute) return { list: { s: attribute.strings.map(base64) } };
  if ("shape" in attribute) return { shape: { dim: attribute.shape.map((size) => ({ size: String(size) })) } };
  return attribute;
}

function constantBytes({ dtype, data }: ConstantSpec): Uint8Array {
  const array =
    dtype === "float32" ? Float32Array.from(data) : dtype === "int32" ? Int32Array.from(data) : Uint8Array.from(data);
  return new Uint8Array(array.buffer);
}

/** A TensorFlow.js graph model: the content of model.json and of its only shard, `weights.bin`. */
export function writeTfjs({ nodes, constants = {}, outputs = {} }: GraphSpec): { json: string; weights: Uint8Array } {
  const entries = Object.entries(constants);
  const model = {
    format: "graph-model",
    modelTopology: {
      versions: { producer: 808 },
      node: [
        ...entries.map(([name, { dtype, shape }]) => ({
          name,
          op: "Const",
          attr: {
            dtype: { type: typeName[dtype] },
            value: {
              tensor: { dtype: typeName[dtype], tensorShape: { dim: shape.map((size) => ({ size: String(size) })) } },
            },
          },
        })),
        ...nodes.map(({ name, op, inputs = [], attributes = {} }) => ({
          name,
          op,
          input: inputs,
          attr: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, jsonAttribute(value)])),
        })),
      ],
    },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: entries.map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
      },
    ],
    signature: {
      outputs: Object.fromEntries(Object.entries(outputs).map(([key, name]) => [key, { name }])),
    },
  };
  return {
    json: JSON.stringify(model),
    weights: Buffer.concat(entries.map(([, constant]) => constantBytes(constant))),
  };
}

/** A serialised GraphDef. */
export function writeGraphDef({ nodes, constants = {} }: GraphSpec): Uint8Array {
  const writer = new BinaryWriter();
  for (const [name, constant] of Object.entries(constants))
    message(writer, 1, (node) => {
      node.tag(1, WireType.LengthDelimited).string(name).tag(2, WireType.LengthDelimited).string("Const");
      attribute(node, "dtype", (value) => value.tag(6, WireType.Varint).int32(typeNumber[typeName[constant.dtype]]));
      attribute(node, "value", (value) =>
        message(value, 8, (tensor) => {
          tensor.tag(1, WireType.Varint).int32(typeNumber[typeName[constant.dtype]]);
          message(tensor, 2, (shape) => writeShape(shape, constant.shape));
          tensor.tag(4, WireType.LengthDelimited).bytes(constantBytes(constant));
        }),
      );
    });
  for (const { name, op, inputs = [], attributes = {} } of nodes)
    message(writer, 1, (node) => {
      node.tag(1, WireType.LengthDelimited).string(name).tag(2, WireType.LengthDelimited).string(op);
      for (const input of inputs) node.tag(3, WireType.LengthDelimited).string(input);
      for (const [key, spec] of Object.entries(attributes))
        attribute(node, key, (value) => writeAttribute(value, spec));
    });
  return writer.finish();
}

/** A nested message in a field. */
export function message(writer: BinaryWriter, field: number, write: (nested: BinaryWriter) => void): void {
  const nested = new BinaryWriter();
  write(nested);
  writer.tag(field, WireType.LengthDelimited).bytes(nested.finish());
}

function attribute(node: BinaryWriter, key: string, write: (value: BinaryWriter) => void): void {
  message(node, 5, (entry) => {
    entry.tag(1, WireType.LengthDelimited).string(key);
    message(entry, 2, write);
  });
}

function writeShape(writer: BinaryWriter, shape: readonly number[]): void {
  for (const size of shape) message(writer, 2, (dim) => dim.tag(1, WireType.Varint).int64(size));
}

function writeAttribute(writer: BinaryWriter, spec: AttributeSpec): void {
  if ("s" in spec) writer.tag(2, WireType.LengthDelimited).string(spec.s);
  else if ("i" in spec) writer.tag(3, WireType.Varint).int64(spec.i);
  else if ("f" in spec) writer.tag(4, WireType.Bit32).float(spec.f);
  else if ("b" in spec) writer.tag(5, WireType.Varint).bool(spec.b);
  else if ("type" in spec) writer.tag(6, WireType.Varint).int32(typeNumber[spec.type]);
  else if ("shape" in spec) message(writer, 7, (shape) => writeShape(shape, spec.shape));
  else
    message(writer, 1, (items) => {
      if ("strings" in spec) for (const item of spec.strings) items.tag(2, WireType.LengthDelimited).string(item);
      else
        message(items, 3, (packed) => {
          for (const item of spec.ints) packed.int64(item);
        });
    });
}
