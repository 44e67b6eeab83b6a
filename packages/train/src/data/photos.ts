import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Random, random } from "@cameo/synth";
import { apply2d, createPyramid, frameToPhoto, invert2d, resample } from "cameo";
import sharp from "sharp";
import { jsonLines } from "./journal.ts";
import { type Fields, type Sample, type Source, vectorLength } from "./source.ts";
import { recolouredPixels, variedFrame } from "./vary.ts";

/** A photo of a folder that `cameo data prepare` wrote: a line of its `prepared.jsonl`. */
interface PreparedSource {
  readonly source: string;
  readonly faces: readonly PreparedFace[];
}

/** One aligned face of a photo. */
export interface PreparedFace {
  /** The crop is `<file>.jpg` below the folder, its skin mask `<file>.skin.png`. */
  readonly file: string;
  /** Crop pixels, 68 × (x, y). */
  readonly landmarks68: readonly number[];
  /** 1 where a landmark is on the side of the head that is seen, else 0. */
  readonly visible68: readonly number[];
}

/** What a folder of prepared photos says of itself, in `photos.json`. */
export interface PhotosDescription {
  readonly version: 1;
  /** Side of the crops, pixels. */
  readonly side: number;
  readonly faces: "largest" | "all";
  readonly minEyeDistance: number;
}

export const photosFile = "photos.json";
export const preparedFile = "prepared.jsonl";

/** What each field is made of: all that is known of a photo is the picture, its landmarks and its skin. */
const known: Record<string, (read: Reader) => Promise<Float32Array> | Float32Array> = {
  image: ({ picture }) => picture(),
  skin: ({ mask }) => mask(),
  landmarks68: ({ landmarks68 }) => Float32Array.from(landmarks68),
  visible68: ({ visible68 }) => Float32Array.from(visible68),
  known: () => new Float32Array(1),
  coefficients: ({ length }) => new Float32Array(length),
};

interface Reader {
  /** u and v in parts of the picture's side, 68 × 2. */
  readonly landmarks68: readonly number[];
  readonly visible68: readonly number[];
  /** Values of the vector that is asked for. */
  readonly length: number;
  picture(): Promise<Float32Array>;
  mask(): Promise<Float32Array>;
}

export interface PhotosSpec {
  readonly kind: "photos";
  readonly path: string;
  /** How many samples are made of each face: all but the first are {@link varied}. Default 1. */
  readonly variants?: number;
}

/**
 * A folder that `cameo data prepare` wrote, in the order of its files. Fields: `image`, `skin` (how surely a pixel shows
 * skin), `landmarks68` (u / s and v / s), `visible68`; `known` is 0, and `coefficients` are zeros that nothing is to be
 * compared with.
 * @throws if it holds none, or a field is asked for that photos do not have
 */
export async function openPhotos(
  { path, variants = 1 }: Omit<PhotosSpec, "kind">,
  fields: Fields,
  size: number,
): Promise<Source> {
  const unknown = Object.keys(fields).find((name) => !(name in known));
  if (unknown) throw new Error(`Photos have no field "${unknown}", only ${Object.keys(known).join(", ")}.`);
  const { side } = await readDescription(path);
  const faces = (await readFaces(path)).sort((a, b) => (a.file < b.file ? -1 : 1));
  if (faces.length === 0) throw new Error(`${path} holds no faces: "cameo data prepare" found none, or was stopped.`);
  return {
    count: faces.length * variants,
    async sample(index): Promise<Sample> {
      const face = faces[index % faces.length];
      const files = { picture: join(path, `${face.file}.jpg`), mask: join(path, `${face.file}.skin.png`) };
      const reader =
        index < faces.length
          ? asItIs(face, files, side, size)
          : varied(face, files, side, size, random(0, "photo", index));
      const entries = Object.entries(fields).map(
        async ([name, kind]) => [name, await known[name]({ ...reader, length: vectorLength(kind) })] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    },
  };
}

/** Where a face's picture and skin mask are. */
interface Files {
  readonly picture: string;
  readonly mask: string;
}

const open = (file: string) => sharp(file, { failOn: "warning" });

function asItIs(face: PreparedFace, { picture, mask }: Files, side: number, size: number): Omit<Reader, "length"> {
  const sized = (file: string) => open(file).resize(size, size, { fit: "fill" });
  return {
    landmarks68: face.landmarks68.map((x) => x / side),
    visible68: face.visible68,
    picture: async () => planes(await sized(picture).toColourspace("srgb").raw().toBuffer(), 3),
    mask: async () => planes(await sized(mask).extractChannel(0).raw().toBuffer(), 1),
  };
}

/** A little turned, enlarged and shifted, its colours changed; half of them as a mirror shows them. */
function varied(
  face: PreparedFace,
  { picture, mask }: Files,
  side: number,
  size: number,
  random: Random,
): Omit<Reader, "length"> {
  const mirror = random.chance(0.5);
  const toCrop = frameToPhoto(
    variedFrame({ x: side / 2, y: side / 2, scale: side / size, angle: 0 }, size, random),
    size,
  );
  const fromCrop = invert2d(toCrop);
  const places = mirror ? MIRROR68 : [...MIRROR68.keys()];
  const landmarks68 = places.flatMap((place) => {
    const [x, y] = [face.landmarks68[2 * place], face.landmarks68[2 * place + 1]];
    return apply2d(fromCrop, mirror ? side - x : x, y).map((u) => u / size);
  });
  const read = async (file: string): Promise<Uint8ClampedArray> => {
    const data = await open(file).flop(mirror).toColourspace("srgb").raw().toBuffer();
    const out = new Uint8ClampedArray(3 * size * size);
    resample(createPyramid({ width: side, height: side, data }), toCrop, size, size, out);
    return out;
  };
  return {
    landmarks68,
    visible68: places.map((place) => face.visible68[place]),
    picture: async () => planes(recolouredPixels(await read(picture), random), 3),
    mask: async () => planes(await read(mask), 3).subarray(0, size * size),
  };
}

/** Which of the 68 landmarks a mirror shows at the place of each. */
const MIRROR68 = [
  ...[16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  ...[26, 25, 24, 23, 22, 21, 20, 19, 18, 17],
  ...[27, 28, 29, 30, 35, 34, 33, 32, 31],
  ...[45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40],
  ...[54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55],
  ...[64, 63, 62, 61, 60, 67, 66, 65],
];

/** @throws if the folder was not written by `cameo data prepare` */
export async function readDescription(path: string): Promise<PhotosDescription> {
  const text = await readFile(join(path, photosFile), "utf8").catch(() => {
    throw new Error(`${path} holds no prepared photos: there is no ${photosFile}. Make one with "cameo data prepare".`);
  });
  const found = JSON.parse(text) as PhotosDescription;
  if (found.version !== 1) throw new Error(`${join(path, photosFile)} is of version ${found.version}, not 1.`);
  return found;
}

/** The faces of a folder; a last line that was cut off is left out. */
async function readFaces(path: string): Promise<PreparedFace[]> {
  const text = await readFile(join(path, preparedFile), "utf8").catch(() => "");
  return jsonLines<PreparedSource>(text).flatMap(({ faces }) => faces);
}

/** Interleaved bytes to planes of floats in [0, 1]. */
export function planes(data: Uint8Array | Uint8ClampedArray, channels: number): Float32Array {
  const pixels = data.length / channels;
  const out = new Float32Array(data.length);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < pixels; i++) out[c * pixels + i] = data[channels * i + c] / 255;
  return out;
}
