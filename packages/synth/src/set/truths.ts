import type { PortraitSample, PortraitTruth } from "../sample.ts";

/**
 * The record of a shard: what is known about its pictures, in binary. Little-endian.
 *
 *     0  8 bytes  "CAMEOSET"
 *     8  u32      version, 1
 *    12  u32      number of records
 *    16  u32      bytes of a record, a multiple of 8
 *    20  u32      number of fields
 *    24  u32      bytes of the facts
 *    28  u32      0
 *    32           the fields, 40 bytes each: name (28 bytes, filled up with 0), u32 type (1 byte, 2 float32, 3 float64),
 *                 u32 number of values, u32 place in the record
 *                 the records, one after the other
 *                 the facts: JSON objects, one per picture; a record's `facts` are start and length there, in bytes
 */
const magic = "CAMEOSET";
const version = 1;
const headerBytes = 32;
const fieldBytes = 40;
const nameBytes = 28;

const types = [
  { number: 1, bytes: 1 },
  { number: 2, bytes: 4 },
  { number: 3, bytes: 8 },
] as const;
const [byte, float32, float64] = types;

interface Field {
  readonly name: string;
  readonly type: (typeof types)[number];
  readonly values: (sample: PortraitSample) => readonly number[];
}

/** Wide fields first, so that each lies at a multiple of its width. */
const fields: readonly Field[] = [
  { name: "seed", type: float64, values: ({ truth }) => [truth.seed] },
  { name: "index", type: float64, values: ({ truth }) => [truth.index] },
  { name: "frame", type: float64, values: ({ truth }) => [truth.frame] },
  { name: "size", type: float64, values: ({ size }) => [size] },
  { name: "camera", type: float64, values: ({ truth: { camera: c } }) => [c.fx, c.fy, c.cx, c.cy] },
  { name: "rotation", type: float64, values: ({ truth }) => truth.pose.rotation },
  { name: "translation", type: float64, values: ({ truth }) => truth.pose.translation },
  { name: "angles", type: float64, values: ({ truth: { angles: a } }) => [a.yaw, a.pitch, a.roll] },
  { name: "identity", type: float32, values: ({ truth }) => truth.identity },
  { name: "expression", type: float32, values: ({ truth }) => truth.expression },
  { name: "texture", type: float32, values: ({ truth }) => truth.texture },
  { name: "illumination", type: float32, values: ({ truth }) => truth.illumination },
  { name: "landmarks68", type: float32, values: ({ truth }) => truth.landmarks68.points },
  { name: "landmarks468", type: float32, values: ({ truth }) => truth.landmarks468.points },
  { name: "visible68", type: byte, values: ({ truth }) => truth.landmarks68.visible },
  { name: "visible468", type: byte, values: ({ truth }) => truth.landmarks468.visible },
];
/** Start and length of a picture's facts, written after the other fields' kind. */
const factsField = { name: "facts", type: float64, count: 2 } as const;

/** @throws if the samples' fields differ in length */
export function encodeTruths(samples: readonly PortraitSample[]): Uint8Array {
  let recordBytes = factsField.count * factsField.type.bytes;
  const places = fields.map(({ name, type, values }) => {
    const count = samples.length > 0 ? values(samples[0]).length : 0;
    const place = { name, type, count, offset: recordBytes };
    recordBytes += count * type.bytes;
    return place;
  });
  recordBytes = Math.ceil(recordBytes / 8) * 8;
  const table = [{ ...factsField, offset: 0 }, ...places];
  const facts = samples.map(({ truth }) => Buffer.from(JSON.stringify(truth.facts)));
  const factsBytes = facts.reduce((sum, { length }) => sum + length, 0);

  const start = headerBytes + fieldBytes * table.length;
  const out = Buffer.alloc(start + recordBytes * samples.length + factsBytes);
  out.write(magic, 0, "latin1");
  [version, samples.length, recordBytes, table.length, factsBytes].forEach((n, i) => {
    out.writeUInt32LE(n, 8 + 4 * i);
  });
  table.forEach(({ name, type, count, offset }, i) => {
    const at = headerBytes + fieldBytes * i;
    out.write(name, at, nameBytes, "latin1");
    [type.number, count, offset].forEach((n, k) => {
      out.writeUInt32LE(n, at + nameBytes + 4 * k);
    });
  });
  let factsAt = 0;
  samples.forEach((sample, i) => {
    const record = start + recordBytes * i;
    out.writeDoubleLE(factsAt, record);
    out.writeDoubleLE(facts[i].length, record + 8);
    out.set(facts[i], start + recordBytes * samples.length + factsAt);
    factsAt += facts[i].length;
    fields.forEach(({ name, type, values }, f) => {
      const { count, offset } = places[f];
      const numbers = values(sample);
      if (numbers.length !== count)
        throw new Error(`encodeTruths: ${name} has ${numbers.length} values in one sample, ${count} in another`);
      for (let k = 0; k < count; k++) writeNumber(out, type, record + offset + k * type.bytes, numbers[k]);
    });
  });
  return out;
}

/** What is known about the picture of each record, read when asked for. */
export interface Truths {
  readonly count: number;
  record(number: number): { readonly size: number; readonly truth: PortraitTruth };
}

/** @throws if the file is something else, of another version, or cut off; the message starts with its name */
export function decodeTruths(file: Uint8Array, name: string): Truths {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < headerBytes || bytes.toString("latin1", 0, 8) !== magic)
    throw new Error(`${name} is not a record of portraits.`);
  const [found, count, recordBytes, fieldCount, factsBytes] = [0, 1, 2, 3, 4].map((i) => bytes.readUInt32LE(8 + 4 * i));
  if (found !== version) throw new Error(`${name} has version ${found}; this program reads version ${version}.`);
  const start = headerBytes + fieldBytes * fieldCount;
  const factsStart = start + recordBytes * count;
  if (bytes.length !== factsStart + factsBytes)
    throw new Error(`${name} is cut off: it has ${bytes.length} bytes instead of ${factsStart + factsBytes}.`);
  const table = new Map<string, { type: (typeof types)[number]; count: number; offset: number }>();
  for (let i = 0; i < fieldCount; i++) {
    const at = headerBytes + fieldBytes * i;
    const [number, length, offset] = [0, 4, 8].map((k) => bytes.readUInt32LE(at + nameBytes + k));
    const field = bytes.toString("latin1", at, at + nameBytes).replace(/\0.*$/s, "");
    const type = types.find((t) => t.number === number);
    if (!type || offset + length * type.bytes > recordBytes)
      throw new Error(`${name}: the field "${field}" does not fit.`);
    table.set(field, { type, count: length, offset });
  }
  for (const { name: field } of [factsField, ...fields])
    if (!table.has(field)) throw new Error(`${name} has no field "${field}".`);
  return {
    count,
    record(number) {
      const values = (field: string): number[] => {
        const { type, count, offset } = table.get(field)!;
        const at = start + recordBytes * number + offset;
        return Array.from({ length: count }, (_, k) => readNumber(bytes, type, at + k * type.bytes));
      };
      const [factsAt, factsLength] = values("facts");
      const [seed, index, frame, size] = ["seed", "index", "frame", "size"].map((field) => values(field)[0]);
      const [fx, fy, cx, cy] = values("camera");
      const [qx, qy, qz, qw] = values("rotation");
      const [tx, ty, tz] = values("translation");
      const [yaw, pitch, roll] = values("angles");
      const truth: PortraitTruth = {
        seed,
        index,
        frame,
        camera: { fx, fy, cx, cy },
        pose: { rotation: [qx, qy, qz, qw], translation: [tx, ty, tz] },
        angles: { yaw, pitch, roll },
        identity: values("identity"),
        expression: values("expression"),
        texture: values("texture"),
        illumination: values("illumination"),
        landmarks68: { points: values("landmarks68"), visible: values("visible68") },
        landmarks468: { points: values("landmarks468"), visible: values("visible468") },
        facts: JSON.parse(
          bytes.toString("utf8", factsStart + factsAt, factsStart + factsAt + factsLength),
        ) as PortraitTruth["facts"],
      };
      return { size, truth };
    },
  };
}

function writeNumber(out: Buffer, type: (typeof types)[number], at: number, value: number): void {
  if (type === byte) out.writeUInt8(value, at);
  else if (type === float32) out.writeFloatLE(value, at);
  else out.writeDoubleLE(value, at);
}

function readNumber(bytes: Buffer, type: (typeof types)[number], at: number): number {
  if (type === byte) return bytes.readUInt8(at);
  return type === float32 ? bytes.readFloatLE(at) : bytes.readDoubleLE(at);
}
