import type { Shape, Values } from "../graph/tensor.ts";
import { elementCount } from "../graph/tensor.ts";

/** A named array of a safetensors file (https://huggingface.co/docs/safetensors). */
export interface StoredTensor {
  readonly shape: Shape;
  readonly values: Values;
}

/** Contents of a safetensors file: arrays by name, and texts about them. */
export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const kinds = {
  F32: Float32Array,
  F16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I8: Int8Array,
  U8: Uint8Array,
} as const;
type Kind = keyof typeof kinds;

function kindOf(values: Values): Kind {
  for (const [kind, array] of Object.entries(kinds)) if (values instanceof array) return kind as Kind;
  throw new Error("safetensors: arrays of this type cannot be stored");
}

/** The parts of a safetensors file, to be written one after the other: the header, then each array. */
export function encodeSafeTensors({ tensors, metadata }: SafeTensors): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    if (elementCount(shape) !== values.length) throw new Error(`safetensors: "${name}" does not fill its shape`);
    header[name] = { dtype: kindOf(values), shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = JSON.stringify(header);
  const length = Buffer.byteLength(json);
  const head = new Uint8Array(8 + Math.ceil(length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(new TextEncoder().encode(json), 8);
  return [head, ...[...tensors.values()].map(({ values: v }) => new Uint8Array(v.buffer, v.byteOffset, v.byteLength))];
}

/** Reads a safetensors file. @throws if it is damaged or has a type that is not known here */
export function decodeSafeTensors(file: Uint8Array, name = "file"): SafeTensors {
  // Not a Buffer, whose slices are views.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const fail = (what: string): never => {
    throw new Error(`${name} is not a readable safetensors file: ${what}.`);
  };
  if (bytes.length < 8) fail("it is too short");
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - 8) fail("the header is cut off");
  let header: Record<string, { dtype: Kind; shape: number[]; data_offsets: [number, number] }>;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  } catch {
    return fail("the header is not JSON");
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [key, entry] of Object.entries(header)) {
    if (key === "__metadata__") continue;
    const Type = kinds[entry.dtype] ?? fail(`"${key}" has the unknown type ${entry.dtype}`);
    const [start, end] = entry.data_offsets.map((n) => n + 8 + length);
    if (!(start <= end && end <= bytes.length)) fail(`"${key}" is cut off`);
    if ((end - start) / Type.BYTES_PER_ELEMENT !== elementCount(entry.shape))
      fail(`the size of "${key}" does not fit its shape`);
    // A copy: arrays need aligned offsets.
    tensors.set(key, { shape: entry.shape, values: new Type(bytes.slice(start, end).buffer) });
  }
  return { tensors, metadata: (header.__metadata__ as unknown as Record<string, string>) ?? {} };
}
