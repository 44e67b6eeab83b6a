/** Reads a NumPy `.npy` file of little-endian numbers in C order as float32. @throws if it is something else */
export function decodeNpy(file: Uint8Array, name: string): { shape: number[]; values: Float32Array } {
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const text = new TextDecoder("latin1");
  if (text.decode(bytes.subarray(1, 6)) !== "NUMPY") throw new Error(`${name} is not a .npy file.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const wide = bytes[6] >= 2;
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = text.decode(bytes.subarray(start, start + length));
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? "";
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((s) => s.trim())
    .map(Number);
  const Type = types[type.replace("|", "<")];
  if (!Type || header.includes("'fortran_order': True"))
    throw new Error(`${name}: arrays of type ${type} are not read; use float32 in C order.`);
  const values = new Type(bytes.slice(start + length).buffer);
  if (values.length !== shape.reduce((a, b) => a * b, 1)) throw new Error(`${name} is cut off.`);
  return { shape, values: Type === Float32Array ? (values as Float32Array) : Float32Array.from(values) };
}

const types: Record<
  string,
  Float32ArrayConstructor | Float64ArrayConstructor | Uint8ArrayConstructor | Int32ArrayConstructor
> = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "<u1": Uint8Array,
  "<i4": Int32Array,
};
