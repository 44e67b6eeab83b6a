import { CameoError } from "../errors.ts";
import { type LinearSpace, type MorphableModel, Region, type SparseMatrix, type SurfacePoints } from "./model.ts";

/** The first four bytes of a model file. */
const magic = "CMMM";
/** Version of the format written, and the only one read. */
export const morphableFileVersion = 1;
/** Magic, version, length of the file, length of the JSON; then the checksum. */
const checksumAt = 16;
const jsonAt = checksumAt + 32;

const storage = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  f32: Float32Array,
} as const;
type StorageType = keyof typeof storage;

/** A typed array inside the binary part. */
interface View {
  readonly type: StorageType;
  /** Bytes from the start of the binary part; a multiple of 4. */
  readonly offset: number;
  /** Number of elements. */
  readonly count: number;
  /** One factor per row of a quantised array (rows of equal length): value = stored · scale. */
  readonly scale?: readonly number[];
}

interface Header {
  readonly name: string;
  readonly vertexCount: number;
  readonly expressions: readonly string[];
  readonly views: Readonly<Record<string, View>>;
}

export interface EncodeOptions {
  /** Bits of the shape bases. Default 16. */
  readonly shapeBits?: 8 | 16;
  /** Bits of the texture basis. Default 8: colours need less than positions. */
  readonly textureBits?: 8 | 16;
}

/**
 * Writes a morphable model as one binary file (format: docs/morphable-model.md). The same model gives the same bytes.
 * Bases are stored as whole numbers with a factor per row, texture positions and the mean albedo with 16 bits.
 */
export async function encodeMorphableModel(
  model: MorphableModel,
  { shapeBits = 16, textureBits = 8 }: EncodeOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const views: Record<string, View> = {};
  const chunks: Uint8Array[] = [];
  let length = 0;
  const add = (name: string, type: StorageType, values: ArrayLike<number>, scale?: readonly number[]) => {
    const array = new storage[type](values.length);
    array.set(values);
    views[name] = { type, offset: length, count: values.length, ...(scale && { scale }) };
    const bytes = new Uint8Array(4 * Math.ceil(array.byteLength / 4));
    bytes.set(new Uint8Array(array.buffer));
    chunks.push(bytes);
    length += bytes.length;
  };
  const addShares = (name: string, values: Float32Array) =>
    add(
      name,
      "u16",
      values.map((x) => Math.round(0xffff * x)),
      [1 / 0xffff],
    );
  const addIndices = (name: string, values: Uint32Array) =>
    add(name, values.every((i) => i <= 0xffff) ? "u16" : "u32", values);
  const addSpace = (name: string, { basis, deviations, count }: LinearSpace, bits: 8 | 16) => {
    const { stored, scale } = quantizeRows(basis, count, 2 ** (bits - 1) - 1);
    add(`${name}.basis`, bits === 8 ? "i8" : "i16", stored, scale);
    add(`${name}.deviations`, "f32", deviations);
  };
  const addPoints = (name: string, points: SurfacePoints) => {
    addIndices(`${name}.triangles`, points.triangles);
    add(`${name}.weights`, "f32", points.weights);
  };

  addIndices("triangles", model.triangles);
  add("regions", "u8", model.regions);
  addShares("uvs", model.uvs);
  addIndices("uvTriangles", model.uvTriangles);
  if (model.refinement) {
    add("refinement.offsets", "u32", model.refinement.offsets);
    addIndices("refinement.columns", model.refinement.columns);
    add("refinement.values", "f32", model.refinement.values);
  }
  add("meanShape", "f32", model.meanShape);
  addSpace("identity", model.identity, shapeBits);
  addSpace("expression", model.expression, shapeBits);
  addShares("meanAlbedo", model.meanAlbedo);
  addSpace("texture", model.texture, textureBits);
  addPoints("landmarks68", model.landmarks68);
  addPoints("landmarks468", model.landmarks468);
  add("landmarkSpread468", "f32", model.landmarkSpread468);
  const expressions = [...model.namedExpressions];
  add(
    "expressions",
    "f32",
    expressions.flatMap(([, coefficients]) => [...coefficients]),
  );

  const header: Header = {
    name: model.name,
    vertexCount: model.vertexCount,
    expressions: expressions.map(([name]) => name),
    views,
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const jsonLength = 4 * Math.ceil(json.length / 4);
  const file = new Uint8Array(jsonAt + jsonLength + length);
  file.fill(0x20, jsonAt, jsonAt + jsonLength);
  file.set(json, jsonAt);
  let at = jsonAt + jsonLength;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(magic));
  view.setUint32(4, morphableFileVersion, true);
  view.setUint32(8, file.length, true);
  view.setUint32(12, jsonLength, true);
  file.set(await sha256(file.subarray(jsonAt)), checksumAt);
  return file;
}

/**
 * Whole numbers up to `limit` that stand for rows of values, and a factor per row that keeps the row's length, so that
 * rows which are orthonormal stay so.
 */
function quantizeRows(
  values: Float32Array,
  count: number,
  limit: number,
): { stored: Float32Array; scale: readonly number[] } {
  const stored = new Float32Array(values.length);
  const width = values.length / count;
  const scale = Array.from({ length: count }, (_, row) => {
    const [from, to] = [row * width, (row + 1) * width];
    let largest = 0;
    for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(values[i]));
    if (largest === 0) return 1;
    let wanted = 0;
    let got = 0;
    for (let i = from; i < to; i++) {
      stored[i] = Math.round((values[i] / largest) * limit);
      wanted += values[i] ** 2;
      got += stored[i] ** 2;
    }
    return Math.sqrt(wanted / got);
  });
  return { stored, scale };
}

/**
 * Reads a morphable model from the bytes of its file and checks everything: magic, version, length, checksum, sizes and
 * index ranges. (A web page without a secure context has no digest function; there the checksum is not compared.)
 * @throws CameoError "models" with one sentence that says what is wrong
 */
export async function decodeMorphableModel(bytes: Uint8Array): Promise<MorphableModel> {
  const { header, binary } = await openFile(bytes);
  const read = reader(header, binary);
  const { vertexCount } = header;
  check(Number.isInteger(vertexCount) && vertexCount > 0, "has no vertices");

  const triangles = read.indices("triangles", vertexCount);
  const triangleCount = triangles.length / 3;
  check(Number.isInteger(triangleCount) && triangleCount > 0, "has a triangle that is cut off");
  const regions = read.raw("regions", Uint8Array, triangleCount);
  const regionCount = Object.keys(Region).length;
  check(
    regions.every((r) => r < regionCount),
    "has an unknown region",
  );
  const uvs = read.values("uvs");
  const refinement = "refinement.offsets" in header.views ? readRefinement(read, vertexCount) : null;
  const meanShape = read.values("meanShape");
  const controlCount = meanShape.length / 3;
  if (refinement) check(maxOf(refinement.columns) < controlCount, "refines a control point that does not exist");
  else check(controlCount === vertexCount, "has a mean shape of the wrong length");
  const meanAlbedo = read.values("meanAlbedo", 3 * vertexCount);
  const expression = read.space("expression", meanShape.length);
  const coefficients = read.values("expressions", header.expressions.length * expression.count);
  return {
    name: header.name,
    vertexCount,
    triangles,
    regions,
    uvs,
    uvTriangles: read.indices("uvTriangles", uvs.length / 2, triangles.length),
    refinement,
    meanShape,
    identity: read.space("identity", meanShape.length),
    expression,
    meanAlbedo,
    texture: read.space("texture", meanAlbedo.length),
    landmarks68: read.points("landmarks68", 68, triangleCount),
    landmarks468: read.points("landmarks468", 468, triangleCount),
    landmarkSpread468: read.values("landmarkSpread468", 468),
    namedExpressions: new Map(
      header.expressions.map((name, i) => [name, coefficients.slice(i * expression.count, (i + 1) * expression.count)]),
    ),
  };
}

const fail = (what: string, cause?: unknown): never => {
  throw new CameoError("models", `The morphable model ${what}; fetch or build the model file again.`, { cause });
};

function check(condition: boolean, what: string): asserts condition {
  if (!condition) fail(what);
}

/** Checks the envelope and returns its two parts. */
async function openFile(bytes: Uint8Array): Promise<{ header: Header; binary: Uint8Array }> {
  check(
    bytes.length >= jsonAt && new TextDecoder().decode(bytes.subarray(0, 4)) === magic,
    "is not a Cameo model file",
  );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(4, true);
  check(
    version === morphableFileVersion,
    `has format version ${version}, but this version of Cameo reads ${morphableFileVersion}`,
  );
  check(view.getUint32(8, true) === bytes.length, "is cut off or has bytes too many");
  const jsonLength = view.getUint32(12, true);
  check(jsonAt + jsonLength <= bytes.length, "is corrupt (its header is cut off)");
  if (globalThis.crypto?.subtle) {
    const digest = await sha256(bytes.subarray(jsonAt));
    check(
      digest.every((b, i) => b === bytes[checksumAt + i]),
      "is corrupt (its checksum is wrong)",
    );
  }
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(jsonAt, jsonAt + jsonLength)));
  } catch (error) {
    return fail("is corrupt (its header cannot be read)", error);
  }
  check(
    typeof header === "object" &&
      header !== null &&
      typeof header.name === "string" &&
      Array.isArray(header.expressions) &&
      header.expressions.every((name) => typeof name === "string") &&
      typeof header.views === "object" &&
      header.views !== null,
    "is corrupt (its header is incomplete)",
  );
  // A plain Uint8Array: the slices of Node's Buffer share memory.
  const start = bytes.byteOffset + jsonAt + jsonLength;
  return { header, binary: new Uint8Array(bytes.buffer, start, bytes.byteOffset + bytes.length - start) };
}

/** Reads views by name, each with its checks. */
function reader(header: Header, binary: Uint8Array) {
  const stored = (name: string, count?: number) => {
    const view = header.views[name];
    const size = view && storage[view.type]?.BYTES_PER_ELEMENT;
    check(
      size !== undefined &&
        Number.isInteger(view.count) &&
        Number.isInteger(view.offset) &&
        view.count >= 0 &&
        view.offset >= 0 &&
        view.offset % 4 === 0 &&
        view.offset + view.count * size <= binary.length,
      `is corrupt ("${name}" is missing or lies outside the file)`,
    );
    check(count === undefined || view.count === count, `has "${name}" of the wrong length`);
    // A copy: the file may start anywhere in its buffer, typed arrays may not. (`slice` of Node's Buffer would not copy.)
    const bytes = Uint8Array.from(binary.subarray(view.offset, view.offset + view.count * size));
    return { view, array: new storage[view.type](bytes.buffer) };
  };
  const values = (name: string, count?: number): Float32Array => {
    const { view, array } = stored(name, count);
    const out = array instanceof Float32Array ? array : new Float32Array(array);
    const scale = view.scale ?? [1];
    check(
      Array.isArray(scale) && scale.every(Number.isFinite) && (array.length === 0 || array.length % scale.length === 0),
      `has "${name}" with wrong factors`,
    );
    check(scaleRows(out, scale), `has a number in "${name}" that is not finite`);
    return out;
  };
  const indices = (name: string, limit: number, count?: number): Uint32Array => {
    const { array } = stored(name, count);
    const out = Uint32Array.from(array);
    check(out.length === 0 || maxOf(out) < limit, `has an index in "${name}" that is out of range`);
    return out;
  };
  const raw = <T extends Uint8Array | Uint32Array>(
    name: string,
    Type: { new (buffer: ArrayBuffer): T },
    count?: number,
  ): T => {
    const { array } = stored(name, count);
    check(array instanceof Type, `has "${name}" of the wrong type`);
    return array as unknown as T;
  };
  const space = (name: string, width: number): LinearSpace => {
    const deviations = values(`${name}.deviations`);
    check(
      deviations.every((d) => d >= 0),
      `has a negative deviation in "${name}"`,
    );
    const basis = values(`${name}.basis`, deviations.length * width);
    return { count: deviations.length, basis, deviations };
  };
  const points = (name: string, count: number, triangleCount: number): SurfacePoints => ({
    triangles: indices(`${name}.triangles`, triangleCount, count),
    weights: values(`${name}.weights`, 3 * count),
  });
  return { values, indices, raw, space, points };
}

/** Multiplies rows of equal length by their factors in place. @returns whether all products are finite */
function scaleRows(values: Float32Array, scale: readonly number[]): boolean {
  const rowLength = values.length / scale.length;
  let finite = true;
  for (let r = 0; r < scale.length; r++) {
    const factor = scale[r];
    for (let i = r * rowLength; i < (r + 1) * rowLength; i++) {
      values[i] *= factor;
      finite &&= values[i] - values[i] === 0;
    }
  }
  return finite;
}

function readRefinement(read: ReturnType<typeof reader>, vertexCount: number): SparseMatrix {
  const offsets = read.raw("refinement.offsets", Uint32Array, vertexCount + 1);
  const weights = read.values("refinement.values");
  const columns = read.indices("refinement.columns", 2 ** 32, weights.length);
  check(
    offsets[0] === 0 &&
      offsets[vertexCount] === weights.length &&
      offsets.every((o, i) => i === 0 || o >= offsets[i - 1]),
    "has a refinement whose rows are out of order",
  );
  return { offsets, columns, values: weights };
}

const maxOf = (values: Uint32Array): number => {
  let largest = 0;
  for (const value of values) if (value > largest) largest = value;
  return largest;
};

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}
