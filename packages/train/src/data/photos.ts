import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { jsonLines } from "./journal.ts";
import { type Fields, type Sample, type Source, vectorLength } from "./source.ts";

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
  landmarks68: ({ face, side }) => Float32Array.from(face.landmarks68, (x) => x / side),
  visible68: ({ face }) => Float32Array.from(face.visible68),
  known: () => new Float32Array(1),
  coefficients: ({ length }) => new Float32Array(length),
};

interface Reader {
  readonly face: PreparedFace;
  readonly side: number;
  /** Values of the vector that is asked for. */
  readonly length: number;
  picture(): Promise<Float32Array>;
  mask(): Promise<Float32Array>;
}

/**
 * A folder that `cameo data prepare` wrote, in the order of its files. Fields: `image`, `skin` (how surely a pixel shows
 * skin), `landmarks68` (u / s and v / s), `visible68`; `known` is 0, and `coefficients` are zeros that nothing is to be
 * compared with.
 * @throws if it holds none, or a field is asked for that photos do not have
 */
export async function openPhotos(path: string, fields: Fields, size: number): Promise<Source> {
  const unknown = Object.keys(fields).find((name) => !(name in known));
  if (unknown) throw new Error(`Photos have no field "${unknown}", only ${Object.keys(known).join(", ")}.`);
  const { side } = await readDescription(path);
  const faces = (await readFaces(path)).sort((a, b) => (a.file < b.file ? -1 : 1));
  if (faces.length === 0) throw new Error(`${path} holds no faces: "cameo data prepare" found none, or was stopped.`);
  const sized = (file: string) => sharp(join(path, file), { failOn: "warning" }).resize(size, size, { fit: "fill" });
  return {
    count: faces.length,
    async sample(index): Promise<Sample> {
      const face = faces[index];
      const reader = (length: number): Reader => ({
        face,
        side,
        length,
        picture: async () => planes(await sized(`${face.file}.jpg`).toColourspace("srgb").raw().toBuffer(), 3),
        mask: async () => planes(await sized(`${face.file}.skin.png`).extractChannel(0).raw().toBuffer(), 1),
      });
      const entries = Object.entries(fields).map(
        async ([name, kind]) => [name, await known[name](reader(vectorLength(kind)))] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    },
  };
}

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
export function planes(data: Uint8Array, channels: number): Float32Array {
  const pixels = data.length / channels;
  const out = new Float32Array(data.length);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < pixels; i++) out[c * pixels + i] = data[channels * i + c] / 255;
  return out;
}
