import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import {
  type Attribute,
  type Constant,
  ConvertError,
  type Elements,
  elementCount,
  type Graph,
  type GraphNode,
  indexNodes,
  tensorName,
} from "./graph.ts";
import { halfToFloat } from "./half.ts";
import { dataTypeName, elementType } from "./types.ts";

/** Constants may be stored as one repeated value, so a small file can ask for any amount of memory; this many elements are enough. */
const maxElements = 2 ** 28;

/**
 * Reads a frozen TensorFlow graph: a serialised GraphDef (tensorflow/core/framework/graph.proto) whose weights are Const nodes.
 * @throws ConvertError on anything else than a sound GraphDef
 */
export function readGraphDef(bytes: Uint8Array): Graph {
  const nodes: GraphNode[] = [];
  const budget = { elements: maxElements };
  try {
    eachField(new BinaryReader(bytes), {
      1: (reader) => nodes.push(readNode(nested(reader), budget)),
    });
  } catch (error) {
    if (error instanceof ConvertError) throw error;
    throw new ConvertError(
      `The file is not a frozen TensorFlow graph, or it is damaged or incomplete (${(error as Error).message}).`,
    );
  }
  return { nodes: indexNodes(nodes), outputs: new Map() };
}

type FieldReaders = Record<number, (reader: BinaryReader, wireType: WireType) => void>;

/** Reads a message: calls the reader of each field and skips fields that have none. */
function eachField(reader: BinaryReader, fields: FieldReaders): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = fields[field];
    if (read) read(reader, wireType);
    else reader.skip(wireType, field);
  }
  if (reader.pos > reader.len) throw new RangeError("premature end");
}

const nested = (reader: BinaryReader): BinaryReader => new BinaryReader(reader.bytes());

const int64 = (reader: BinaryReader): number => Number(reader.int64());

/** A repeated number, packed or not. */
function repeated(
  reader: BinaryReader,
  wireType: WireType,
  out: number[],
  read: (reader: BinaryReader) => number,
): void {
  if (wireType !== WireType.LengthDelimited) {
    out.push(read(reader));
    return;
  }
  const packed = nested(reader);
  while (packed.pos < packed.len) out.push(read(packed));
}

type Budget = { elements: number };

function readNode(reader: BinaryReader, budget: Budget): GraphNode {
  let name = "";
  let op = "";
  let constant: Constant | undefined;
  const inputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  eachField(reader, {
    1: (r) => {
      name = r.string();
    },
    2: (r) => {
      op = r.string();
    },
    3: (r) => {
      const input = tensorName(r.string());
      if (input !== undefined) inputs.push(input);
    },
    5: (r) => {
      let key = "";
      let value = new Uint8Array();
      eachField(nested(r), {
        1: (entry) => {
          key = entry.string();
        },
        2: (entry) => {
          value = entry.bytes() as Uint8Array<ArrayBuffer>;
        },
      });
      const attribute = readAttribute(new BinaryReader(value), (tensor) => {
        constant = readTensor(tensor, name, budget);
      });
      if (attribute !== undefined) attributes.set(key, attribute);
    },
  });
  if (op !== "Const") return { name, op, inputs, attributes };
  if (!constant) throw new ConvertError(`The graph is corrupt: the constant "${name}" has no value.`);
  return { name, op, inputs, attributes, constant };
}

/** An AttrValue. Tensors go to `onTensor`; kinds that no operator here reads (functions, …) give undefined. */
function readAttribute(reader: BinaryReader, onTensor: (reader: BinaryReader) => void): Attribute | undefined {
  let value: Attribute | undefined;
  const set = (v: Attribute | undefined) => {
    value = v;
  };
  eachField(reader, {
    1: (r) => set(readList(nested(r))),
    2: (r) => set(r.string()),
    3: (r) => set(int64(r)),
    4: (r) => set(r.float()),
    5: (r) => set(r.bool()),
    6: (r) => set(dataTypeName(r.int32())),
    7: (r) => set(readShape(nested(r))),
    8: (r) => onTensor(nested(r)),
  });
  return value;
}

function readList(reader: BinaryReader): number[] | string[] {
  const strings: string[] = [];
  const numbers: number[] = [];
  eachField(reader, {
    2: (r) => strings.push(r.string()),
    3: (r, wireType) => repeated(r, wireType, numbers, int64),
    4: (r, wireType) => repeated(r, wireType, numbers, (v) => v.float()),
  });
  return strings.length > 0 ? strings : numbers;
}

/** Sizes of a TensorShapeProto, −1 for an unknown one; undefined when the rank is unknown. */
function readShape(reader: BinaryReader): number[] | undefined {
  const shape: number[] = [];
  let unknownRank = false;
  eachField(reader, {
    2: (r) => {
      let size = 0;
      eachField(nested(r), {
        1: (dim) => {
          size = int64(dim);
        },
      });
      shape.push(size);
    },
    3: (r) => {
      unknownRank = r.bool();
    },
  });
  return unknownRank ? undefined : shape;
}

/** A TensorProto: its values are the bytes of tensor_content, or a repeated field of which the last value stands for all that follow. */
function readTensor(reader: BinaryReader, node: string, budget: Budget): Constant {
  let dataType = "";
  let shape: number[] | undefined = [];
  let content: Uint8Array = new Uint8Array();
  const values: number[] = [];
  const collect =
    (read: (reader: BinaryReader) => number) =>
    (r: BinaryReader, wireType: WireType): void =>
      repeated(r, wireType, values, read);
  eachField(reader, {
    1: (r) => {
      dataType = dataTypeName(r.int32());
    },
    2: (r) => {
      shape = readShape(nested(r));
    },
    4: (r) => {
      content = r.bytes();
    },
    5: collect((r) => r.float()),
    6: collect((r) => r.double()),
    7: collect((r) => r.int32()),
    10: collect(int64),
    11: collect((r) => Number(r.bool())),
    13: collect((r) => (dataType === "DT_BFLOAT16" ? bfloatToFloat(r.int32()) : halfToFloat(r.int32()))),
    16: collect((r) => r.uint32()),
  });
  const type = elementType(dataType);
  if (!type)
    throw new ConvertError(`The constant "${node}" has the type ${dataType || "(none)"}, which is not supported.`);
  if (!shape?.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw new ConvertError(`The graph is corrupt: the constant "${node}" has no definite shape.`);
  const count = elementCount(shape);
  budget.elements -= count;
  if (!(budget.elements >= 0))
    throw new ConvertError(`The constants of the graph have more than ${maxElements} elements ("${node}").`);
  const data: Elements = type === "float32" ? new Float32Array(count) : new Float64Array(count);
  if (content.length > 0) readContent(content, dataType, node, data);
  else if (values.length > count)
    throw new ConvertError(
      `The graph is corrupt: the constant "${node}" has ${values.length} values for ${count} elements.`,
    );
  else {
    data.set(values);
    if (values.length > 0) data.fill(values[values.length - 1], values.length);
  }
  return { type, shape, data };
}

/** Size and reader of an element of tensor_content. */
const contentReaders: Record<string, [size: number, read: (view: DataView, offset: number) => number]> = {
  DT_FLOAT: [4, (view, o) => view.getFloat32(o, true)],
  DT_DOUBLE: [8, (view, o) => view.getFloat64(o, true)],
  DT_HALF: [2, (view, o) => halfToFloat(view.getUint16(o, true))],
  DT_BFLOAT16: [2, (view, o) => bfloatToFloat(view.getUint16(o, true))],
  DT_INT8: [1, (view, o) => view.getInt8(o)],
  DT_INT16: [2, (view, o) => view.getInt16(o, true)],
  DT_INT32: [4, (view, o) => view.getInt32(o, true)],
  DT_INT64: [8, (view, o) => Number(view.getBigInt64(o, true))],
  DT_UINT8: [1, (view, o) => view.getUint8(o)],
  DT_UINT16: [2, (view, o) => view.getUint16(o, true)],
  DT_UINT32: [4, (view, o) => view.getUint32(o, true)],
  DT_BOOL: [1, (view, o) => view.getUint8(o)],
};

function readContent(content: Uint8Array, dataType: string, node: string, out: Elements): void {
  const [size, read] = contentReaders[dataType];
  if (content.length !== out.length * size)
    throw new ConvertError(
      `The graph is corrupt: the constant "${node}" has ${content.length} bytes for ${out.length} elements.`,
    );
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  for (let i = 0; i < out.length; i++) out[i] = read(view, i * size);
}

const bfloatBits = new DataView(new ArrayBuffer(4));

/** A bfloat16 is the upper half of a float32. */
function bfloatToFloat(bits: number): number {
  bfloatBits.setUint16(0, bits);
  return bfloatBits.getFloat32(0);
}
