import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, parse } from "node:path";
import { type Cameo, CameoError, type Head, Label, type LabelMap, type ReconstructOptions } from "cameo";
import sharp from "sharp";
import { z } from "zod";
import { type LandmarkErrors, landmarkErrors, type Point, pointsOf } from "./landmarks.ts";
import { meanOf } from "./mean.ts";
import { labelOverlaps, type Overlaps } from "./overlap.ts";

/** A photo with what is known about it. */
export interface ReferencePhoto {
  readonly name: string;
  readonly file: string;
  readonly mask?: string;
  readonly landmarks?: string;
}

/** What was measured on a photo. */
export interface PhotoResult {
  readonly name: string;
  /** Where the labels came from. */
  readonly parse: "network" | "model";
  readonly overlaps?: Overlaps;
  readonly landmarks?: LandmarkErrors;
  /** Degrees. */
  readonly yaw: number;
  /** Milliseconds that the parse stage took. */
  readonly parseTime: number;
}

/** A photo's head with its references. */
export interface MeasuredPhoto {
  readonly result: PhotoResult;
  readonly head: Head;
  /** Pixel centres at +0.5. */
  readonly reference?: readonly Point[];
}

const PHOTO = /\.(jpe?g|png|webp|avif|tiff?)$/i;

/**
 * The photos of a folder, but no `NAME.mask.png`, by name.
 * @throws {@link CameoError} `not-found` where the folder cannot be read or has none
 */
export async function photosIn(folder: string): Promise<Pick<ReferencePhoto, "name" | "file">[]> {
  const files = await readdir(folder).catch((cause: Error) => {
    throw new CameoError("not-found", `The folder ${folder} cannot be read: ${cause.message}`, { cause });
  });
  const photos = files.filter((file) => PHOTO.test(file) && !file.endsWith(".mask.png")).sort();
  if (photos.length === 0) throw new CameoError("not-found", `${folder} holds no photos.`);
  return photos.map((file) => ({ name: parse(file).name, file: join(folder, file) }));
}

/**
 * Those that have a `NAME.mask.png` (one label per pixel), `NAME.landmarks.json` (68 points) or `NAME.points5.json` beside
 * them.
 * @throws {@link CameoError} `not-found` where the folder cannot be read or has none
 */
export async function referencePhotos(folder: string): Promise<ReferencePhoto[]> {
  const beside = (name: string): string | undefined => {
    const path = join(folder, name);
    return existsSync(path) ? path : undefined;
  };
  const photos = (await photosIn(folder))
    .map((photo) => {
      const landmarks = beside(`${photo.name}.landmarks.json`) ?? beside(`${photo.name}.points5.json`);
      return { ...photo, mask: beside(`${photo.name}.mask.png`), landmarks };
    })
    .filter(({ mask, landmarks }) => mask || landmarks);
  if (photos.length === 0)
    throw new CameoError(
      "not-found",
      `${folder} holds no photo with a NAME.mask.png, NAME.landmarks.json or NAME.points5.json beside it.`,
    );
  return photos;
}

/**
 * Reconstructs the largest face of a photo and compares it with the references.
 * @throws {@link CameoError} as reconstruction does, and `invalid` where a reference is not what it should be
 */
export async function measurePhoto(
  cameo: Cameo,
  { name, file, mask, landmarks }: ReferencePhoto,
  options: Pick<ReconstructOptions, "coefficients" | "fit" | "parse" | "signal"> = {},
): Promise<MeasuredPhoto> {
  const labels = mask && (await readMask(mask));
  const reference = landmarks ? await readPoints(landmarks) : undefined;
  const head = await cameo.reconstruct(file, options);
  const { width, height } = head.image;
  if (labels && (labels.width !== width || labels.height !== height))
    throw new CameoError(
      "invalid",
      `${mask} has ${labels.width} × ${labels.height} pixels, the photo ${width} × ${height}.`,
    );
  return {
    head,
    reference,
    result: {
      name,
      parse: head.prior.parse ? "model" : "network",
      overlaps: labels ? labelOverlaps(head.labelMap(), labels) : undefined,
      landmarks: reference && landmarkErrors(pointsOf(head.landmarks), reference),
      yaw: (head.angles.yaw * 180) / Math.PI,
      parseTime: head.timings.parse,
    },
  };
}

/** The numbers of a result that tables show, by column; undefined where a photo has none. */
export interface PhotoFigures extends Overlaps {
  readonly landmarks: number | undefined;
  readonly jaw: number | undefined;
  readonly brows: number | undefined;
  readonly nose: number | undefined;
  readonly eyes: number | undefined;
  readonly mouth: number | undefined;
}

export const figuresOf = ({ overlaps, landmarks }: PhotoResult): PhotoFigures => ({
  head: overlaps?.head,
  hair: overlaps?.hair,
  face: overlaps?.face,
  ears: overlaps?.ears,
  innerMouth: overlaps?.innerMouth,
  landmarks: landmarks?.all,
  jaw: landmarks?.parts?.jaw,
  brows: landmarks?.parts?.brows,
  nose: landmarks?.parts?.nose,
  eyes: landmarks?.parts?.eyes,
  mouth: landmarks?.parts?.mouth,
});

/** The mean of each figure over the photos that have it. */
export function meanFigures(results: readonly PhotoResult[]): PhotoFigures {
  const figures = results.map(figuresOf);
  const mean = (key: keyof PhotoFigures) => meanOf(figures.map((figure) => figure[key]));
  const keys = Object.keys(figuresOf({} as PhotoResult)) as (keyof PhotoFigures)[];
  return Object.fromEntries(keys.map((key) => [key, mean(key)])) as unknown as PhotoFigures;
}

async function readMask(file: string): Promise<LabelMap> {
  const { data, info } = await sharp(file)
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: Error) => {
      throw new CameoError("invalid", `${file} cannot be read: ${cause.message}`, { cause });
    });
  if (info.channels !== 1) throw new CameoError("invalid", `${file} must be a grey PNG without transparency.`);
  const most = Math.max(...Object.values(Label));
  const wrong = data.find((value) => value > most);
  if (wrong !== undefined)
    throw new CameoError("invalid", `${file} holds the value ${wrong}; labels are 0 to ${most}.`);
  return { width: info.width, height: info.height, data };
}

const pointsFile = z.object({ points: z.array(z.tuple([z.number(), z.number()])) });

/** Points of a file with pixel centres at whole numbers; ours are at +0.5. */
async function readPoints(file: string): Promise<Point[]> {
  try {
    const { points } = pointsFile.parse(JSON.parse(await readFile(file, "utf8")));
    if (points.length !== 68 && points.length !== 5) throw new Error(`it has ${points.length} points`);
    return points.map(([x, y]) => [x + 0.5, y + 0.5]);
  } catch (cause) {
    throw new CameoError("invalid", `${file} must hold "points", 68 or 5 × [x, y]: ${(cause as Error).message}`, {
      cause,
    });
  }
}
