import { type Cameo, CameoError, type ReconstructOptions, type RgbaImage, type RgbImage } from "cameo";
import { type Embedding, type FaceDescriptor, faceSimilarity } from "./identity.ts";
import { meanOf } from "./mean.ts";
import type { ReferencePhoto } from "./photos.ts";

/** A turn of the head from the photo's pose, degrees, in the viewer's axes. */
export interface Turn {
  readonly yaw: number;
  readonly pitch: number;
}

/** How alike the face of a photo and that of the turned photo are. */
export interface TurnSimilarity extends Turn {
  /** {@link faceSimilarity}; undefined where no face is found in the turned photo. */
  readonly similarity: number | undefined;
}

export interface SimilarityResult {
  readonly name: string;
  readonly turns: readonly TurnSimilarity[];
}

/** A photo with the turned ones compared with it. */
export interface TurnedPhoto {
  readonly result: SimilarityResult;
  /** Of the photo itself. */
  readonly embedding: Embedding;
}

export interface SimilarityOptions
  extends Pick<ReconstructOptions, "coefficients" | "fit" | "parse" | "depth" | "signal"> {
  /** Whether a refinement network, where there is one, makes what the photo does not show. Default true. */
  readonly refine?: boolean;
}

/**
 * Turns the largest face of a photo and compares it with itself as a face recognition network sees it (paper Table 2).
 * @throws CameoError as reconstruction does
 */
export async function measureSimilarity(
  cameo: Cameo,
  descriptor: FaceDescriptor,
  { name, file }: Pick<ReferencePhoto, "name" | "file">,
  turns: readonly Turn[],
  { refine = true, ...options }: SimilarityOptions = {},
): Promise<TurnedPhoto> {
  const head = await cameo.reconstruct(file, options);
  const embedding = await descriptor.describe(head.image, head.box);
  if (!embedding) throw new CameoError("no-face", "No face was found in the picture.");
  const compared: TurnSimilarity[] = [];
  for (const { yaw, pitch } of turns) {
    options.signal?.throwIfAborted();
    const angles = { yaw: (yaw * Math.PI) / 180, pitch: (pitch * Math.PI) / 180 };
    const view = refine ? await cameo.refine(head, { angles }) : head.render({ angles });
    const turned = await descriptor.describe(overBlack(view), head.box);
    compared.push({ yaw, pitch, similarity: turned && faceSimilarity(embedding, turned) });
  }
  return { result: { name, turns: compared }, embedding };
}

/** A picture as it looks on black. */
export function overBlack({ width, height, data }: RgbaImage): RgbImage {
  const out = new Uint8ClampedArray(3 * width * height);
  for (let i = 0, o = 0; o < out.length; i += 4, o += 3)
    for (let k = 0; k < 3; k++) out[o + k] = (data[i + k] * data[i + 3]) / 255;
  return { width, height, data: out };
}

/** How alike some faces are. */
export interface Similarities {
  /** undefined where there are none. */
  readonly mean: number | undefined;
  readonly least: number | undefined;
  readonly most: number | undefined;
  readonly count: number;
}

export function similaritiesOf(values: readonly (number | undefined)[]): Similarities {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return { mean: meanOf(known), least: known.at(0), most: known.at(-1), count: known.length };
}

/** What similarities are to be read beside: those of each face with each other one. */
export const strangers = (embeddings: readonly Embedding[]): Similarities =>
  similaritiesOf(embeddings.flatMap((a, i) => embeddings.slice(0, i).map((b) => faceSimilarity(a, b))));
