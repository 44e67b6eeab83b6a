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
import { dataTypeName } from "./types.ts";

/**
 * Reads a TensorFlow.js graph model.
 * @param json the text of model.json
 * @param readShard gives the bytes of a weight shard by its path in the manifest; the path comes from the file, so it is not to be trusted
 * @throws ConvertError on anything else than a sound graph model
 */
export function readTfjs(json: string, readShard: (path: string) => Uint8Array): Graph {
  const model = record(parseJson(json), "the file");
  if (model.format !== undefined && model.format !== "graph-model")
    throw new ConvertError(`The file is a TensorFlow.js "${String(model.format)}", not a graph model.`);
  const topology = record(model.modelTopology, "modelTopology");
  const weights = readWeights(model.weightsManifest, readShard);
  const nodes = indexNodes(list(topology.node, "modelTopology.node").map((node) => readNode(node, weights)));
  const metadata = model.userDefinedMetadata as { signature?: unknown } | undefined;
  return { nodes, outputs: readOutputs(model.signature ?? metadata?.signature) };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new ConvertError("The model is not valid JSON; the file is damaged or incomplete.");
  }
}

type Json = Record<string, unknown>;

function record(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConvertError(`The model is not a TensorFlow.js graph model: ${what} is not an object.`);
  return value as Json;
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value))
    throw new ConvertError(`The model is not a TensorFlow.js graph model: ${what} is not a list.`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== "string") throw new ConvertError(`The model is corrupt: ${what} is not a string.`);
  return value;
}

const optional = <T>(value: unknown, read: (value: unknown) => T): T | undefined =>
  value === undefined || value === null ? undefined : read(value);

function readNode(value: unknown, weights: ReadonlyMap<string, Constant>): GraphNode {
  const node = record(value, "a node");
  const name = text(node.name, "the name of a node");
  const op = text(node.op, `the operator of node "${name}"`);
  const inputs = (optional(node.input, (v) => list(v, `the inputs of node "${name}"`)) ?? [])
    .map((input) => tensorName(text(input, `an input of node "${name}"`)))
    .filter((input) => input !== undefined);
  const attributes = new Map<string, Attribute>();
  for (const [key, attribute] of Object.entries(optional(node.attr, (v) => record(v, `attr of "${name}"`)) ?? {})) {
    const read = readAttribute(record(attribute, `attribute ${key} of "${name}"`));
    if (read !== undefined) attributes.set(key, read);
  }
  if (op !== "Const") return { name, op, inputs, attributes };
  const constant = weights.get(name);
  if (!constant) throw new ConvertError(`The model is corrupt: the weights manifest has no entry for "${name}".`);
  return { name, op, inputs, attributes, constant };
}

/** The JSON form of AttrValue: 64-bit integers are strings, bytes are base64. Kinds that no operator here reads give undefined. */
function readAttribute(attribute: Json): Attribute | undefined {
  if (attribute.s !== undefined) return decodeBytes(attribute.s);
  if (attribute.i !== undefined) return Number(attribute.i);
  if (attribute.f !== undefined) return Number(attribute.f);
  if (attribute.b !== undefined) return attribute.b === true;
  if (attribute.type !== undefined) return readDataType(attribute.type);
  if (attribute.shape !== undefined) return readShape(attribute.shape);
  const items = attribute.list as Json | undefined;
  if (Array.isArray(items?.s)) return items.s.map(decodeBytes);
  if (Array.isArray(items?.i)) return items.i.map(Number);
  if (Array.isArray(items?.f)) return items.f.map(Number);
  if (items) return [];
  return undefined;
}

function decodeBytes(value: unknown): string {
  const bytes = Array.isArray(value) ? Uint8Array.from(value) : decodeBase64(text(value, "a string attribute"));
  return new TextDecoder().decode(bytes);
}

function decodeBase64(value: string): Uint8Array {
  try {
    return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  } catch {
    throw new ConvertError("The model is corrupt: a string attribute is not base64.");
  }
}

const readDataType = (value: unknown): string =>
  typeof value === "number" ? dataTypeName(value) : text(value, "a type");

/** Sizes of a TensorShapeProto; undefined when the rank is unknown. */
function readShape(value: unknown): number[] | undefined {
  const shape = record(value, "a shape");
  if (shape.unknownRank === true) return undefined;
  return (optional(shape.dim, (v) => list(v, "the sizes of a shape")) ?? []).map((dim) => {
    const size = Number(record(dim, "a size").size ?? 0);
    if (!Number.isSafeInteger(size))
      throw new ConvertError("The model is corrupt: a shape holds something that is no size.");
    return size;
  });
}

function readOutputs(signature: unknown): Map<string, string> {
  const outputs = new Map<string, string>();
  const described = optional(signature, (v) => record(v, "signature"))?.outputs;
  for (const [key, output] of Object.entries(optional(described, (v) => record(v, "signature.outputs")) ?? {})) {
    const tensor = tensorName(text(record(output, `output ${key}`).name, `the name of output ${key}`));
    if (tensor !== undefined) outputs.set(tensorName(key) ?? key, tensor);
  }
  return outputs;
}

function readWeights(manifest: unknown, readShard: (path: string) => Uint8Array): Map<string, Constant> {
  const weights = new Map<string, Constant>();
  for (const entry of list(manifest, "weightsManifest")) {
    const group = record(entry, "a weight group");
    const paths = list(group.paths, "the paths of a weight group").map((path) => text(path, "a shard's path"));
    const bytes = concatenate(paths.map(readShard));
    let offset = 0;
    for (const item of list(group.weights, "the weights of a group")) {
      const weight = readWeight(record(item, "a weight"), bytes, offset, paths);
      if (weights.has(weight.name))
        throw new ConvertError(`The model is corrupt: weight "${weight.name}" is there twice.`);
      weights.set(weight.name, weight.constant);
      offset = weight.end;
    }
    if (offset !== bytes.length)
      throw new ConvertError(
        `The weights in ${paths.join(", ")} have ${bytes.length} bytes, but the manifest describes ${offset}.`,
      );
  }
  return weights;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Bytes of one stored element by stored type. */
const storedSize: Record<string, number> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };

/**
 * One weight of a group. Stored as float32, int32 or bool (a byte), or quantised: `float16`, or `uint8`/`uint16` with
 * value = stored · scale + min, rounded for integers.
 */
function readWeight(
  spec: Json,
  bytes: Uint8Array,
  offset: number,
  paths: readonly string[],
): { name: string; constant: Constant; end: number } {
  const name = text(spec.name, "the name of a weight");
  const dtype = text(spec.dtype, `the type of weight "${name}"`);
  const quantization = optional(spec.quantization, (v) => record(v, `the quantisation of weight "${name}"`));
  const stored = quantization ? text(quantization.dtype, `the quantised type of weight "${name}"`) : dtype;
  const shape = list(spec.shape, `the shape of weight "${name}"`).map(Number);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw new ConvertError(`The model is corrupt: the shape of weight "${name}" is no list of sizes.`);
  const size = storedSize[stored];
  if (!size || !["float32", "int32", "bool"].includes(dtype))
    throw new ConvertError(
      `Weight "${name}" has the type ${quantization ? `${dtype} stored as ${stored}` : dtype}, which is not supported.`,
    );
  const count = elementCount(shape);
  const end = offset + count * size;
  if (!(end <= bytes.length))
    throw new ConvertError(
      `The weights in ${paths.join(", ")} end before weight "${name}"; the file is damaged or incomplete.`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, count * size);
  const scale = Number(quantization?.scale ?? 1);
  const min = Number(quantization?.min ?? 0);
  const data: Elements = dtype === "float32" ? new Float32Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const raw = readElement[stored](view, i);
    const value = quantization && stored !== "float16" ? raw * scale + min : raw;
    data[i] = dtype === "float32" ? value : Math.round(value);
  }
  const type = dtype === "float32" ? "float32" : dtype === "bool" ? "bool" : "int64";
  return { name, constant: { type, shape, data }, end };
}

const readElement: Record<string, (view: DataView, i: number) => number> = {
  float32: (view, i) => view.getFloat32(i * 4, true),
  int32: (view, i) => view.getInt32(i * 4, true),
  bool: (view, i) => view.getUint8(i),
  uint8: (view, i) => view.getUint8(i),
  uint16: (view, i) => view.getUint16(i * 2, true),
  float16: (view, i) => halfToFloat(view.getUint16(i * 2, true)),
};
