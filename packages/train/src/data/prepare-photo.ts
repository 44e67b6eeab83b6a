import {
  alignFace,
  apply2d,
  CameoError,
  cameraOfCrop,
  createDetector,
  createParser,
  createPyramid,
  type DetectedFace,
  decodeImage,
  decodeMorphableModel,
  FACE_CROP,
  fitFace,
  invert2d,
  Label,
  type LandmarkBasis,
  labelsOfRegions,
  landmarkBasis,
  linearOfSrgb,
  type MorphableModel,
  nodeRuntime,
  openNodeBundle,
  PARSE_MODEL,
  type Parser,
  poseInCrop,
  type RgbImage,
  rasterize,
  rotateNormals,
  sampleLabels,
  surfacePositions,
  synthesizeShape,
  transformToCamera,
  vertexNormals,
} from "cameo";
import sharp from "sharp";
import type { PhotosDescription } from "./photos.ts";

/** What of a photo is kept: its aligned faces, or why there is none. */
export type PreparedPhoto = { readonly faces: readonly CutFace[] } | { readonly rejected: Rejection };

/** One aligned face. */
export interface CutFace {
  /** JPEG. */
  readonly picture: Uint8Array;
  /** PNG, grey: white where bare skin is seen. */
  readonly skin: Uint8Array;
  /** Crop pixels, 68 × (x, y). */
  readonly landmarks68: readonly number[];
  /** 1 where a landmark is on the side of the head that is seen, else 0. */
  readonly visible68: readonly number[];
}

/** Why a photo is not used. */
export interface Rejection {
  /** `unreadable`, `no-face`, `too-small`, `cut-off` or `not-fitted`. */
  readonly reason: string;
  readonly message: string;
}

export type PrepareRules = Pick<PhotosDescription, "faces" | "minEyeDistance">;

/** Landmarks beyond the photo's edge with which a face still counts as whole. */
const MOST_OUTSIDE = 6;

/** Loads detector, head model and, where the bundle has one, parsing network, each to run in one thread. */
export async function openPreparer(models: string | undefined, rules: PrepareRules) {
  const bundle = await openNodeBundle(models);
  const runtime = nodeRuntime({ threads: 1 });
  const model = await decodeMorphableModel(await bundle.read("head"));
  const basis = landmarkBasis(model);
  const detector = await createDetector(bundle, runtime);
  const parser = bundle.models.some(({ name }) => name === PARSE_MODEL)
    ? await createParser(await bundle.read(PARSE_MODEL), runtime)
    : null;
  return async (path: string): Promise<PreparedPhoto> => {
    try {
      const { image } = await decodeImage(path);
      const found = await detector.detect(image, { thorough: rules.faces === "all" });
      const wanted = rules.faces === "all" ? found : found.slice(0, 1);
      if (wanted.length === 0) return rejected("no-face", "No face was found.");
      const reasons = wanted.map((face) => unusable(face, image, rules));
      const usable = wanted.filter((_, i) => reasons[i] === null);
      if (usable.length === 0) return { rejected: reasons[0]! };
      const faces: CutFace[] = [];
      for (const face of usable) faces.push(await cut(image, face, { model, basis, parser }));
      return { faces };
    } catch (error) {
      // A photo that cannot be read or fitted is no reason to stop; defects of the models or the program are.
      if (error instanceof CameoError && error.code !== "models") return rejected("unreadable", error.message);
      if ((error as Error).message.startsWith("fitFace:")) return rejected("not-fitted", (error as Error).message);
      throw error;
    }
  };
}

const rejected = (reason: string, message: string): PreparedPhoto => ({ rejected: { reason, message } });

function unusable(
  { landmarks68: p }: DetectedFace,
  { width, height }: RgbImage,
  { minEyeDistance }: PrepareRules,
): Rejection | null {
  const eyes = Math.hypot(p[90] - p[72], p[91] - p[73]);
  if (eyes < minEyeDistance)
    return { reason: "too-small", message: `${eyes.toFixed(0)} pixels between the outer corners of the eyes.` };
  let outside = 0;
  for (let i = 0; i < p.length; i += 2)
    if (!(p[i] >= 0 && p[i] < width && p[i + 1] >= 0 && p[i + 1] < height)) outside++;
  return outside > MOST_OUTSIDE
    ? { reason: "cut-off", message: `${outside} of 68 landmarks are outside the picture.` }
    : null;
}

interface Means {
  readonly model: MorphableModel;
  readonly basis: LandmarkBasis;
  readonly parser: Parser | null;
}

async function cut(image: RgbImage, face: DetectedFace, { model, basis, parser }: Means): Promise<CutFace> {
  const pyramid = createPyramid(image);
  const crop = alignFace(pyramid, face.landmarks68, { upright: true });
  const points = face.landmarks468.filter((_, i) => i % 3 < 2);
  const { camera, pose, identity, expression } = fitFace(basis, points, image);
  const shape = synthesizeShape(model, identity, expression);
  const posed = transformToCamera(shape, pose);

  let skin: Uint8Array;
  if (parser) {
    const labels = await parser.parse(pyramid, camera, pose);
    skin = sampleLabels(labels, crop.toPhoto, FACE_CROP, FACE_CROP).data.map((label) => Number(label === Label.face));
  } else {
    const inCrop = transformToCamera(shape, poseInCrop(pose, crop));
    const raster = rasterize(inCrop, model.triangles, cameraOfCrop(camera, crop), crop.image);
    const labels = labelsOfRegions(model.regions);
    const face = Uint8Array.from(raster.triangle, (t) => Number(t >= 0 && labels[t] === Label.face));
    skin = skinColoured(crop.image, face);
  }

  const toCrop = invert2d(crop.toPhoto);
  const landmarks68 = Array.from({ length: 68 }, (_, i) =>
    apply2d(toCrop, face.landmarks68[2 * i], face.landmarks68[2 * i + 1]),
  ).flatMap((point) => point.map(round));
  const there = surfacePositions(model, posed, model.landmarks68);
  const normals = surfacePositions(
    model,
    rotateNormals(vertexNormals(shape, model.triangles), pose),
    model.landmarks68,
  );
  const visible68 = Array.from({ length: 68 }, (_, i) => Number(facesCamera(there, normals, 3 * i)));
  const raw = { width: FACE_CROP, height: FACE_CROP };
  const [picture, mask] = await Promise.all([
    sharp(crop.image.data, { raw: { ...raw, channels: 3 } })
      .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
      .toBuffer(),
    sharp(
      skin.map((s) => 255 * s),
      { raw: { ...raw, channels: 1 } },
    )
      .png()
      .toBuffer(),
  ]);
  // Buffers of their own, which can be handed to another thread.
  return { picture: Uint8Array.from(picture), skin: Uint8Array.from(mask), landmarks68, visible68 };
}

const round = (value: number): number => Math.round(100 * value) / 100;

/** Whether a surface at a camera-space point, its normal in the axes of the light, is turned to the camera. */
function facesCamera(points: Float32Array, normals: Float32Array, i: number): boolean {
  return normals[i] * -points[i] + normals[i + 1] * points[i + 1] + normals[i + 2] * points[i + 2] > 0;
}

/** Pixels off by this many deviations from the middle of the face's colours are no skin. */
const LIMIT = 2.5;
/** Pixels darker than this part of the face's middle brightness are no skin, or in deep shadow. */
const DARKEST = 0.2;

/**
 * Those pixels of a face whose colour is like that of most: leaves out hair, glasses, beards and hands before it.
 * Colours are compared by their hue (log r/g and log b/g of linear light), by median and median deviation.
 */
export function skinColoured({ data }: RgbImage, face: Uint8Array): Uint8Array {
  const inside: number[] = [];
  for (let p = 0; p < face.length; p++) if (face[p]) inside.push(p);
  if (inside.length === 0) return face;
  const light = (p: number, c: number) => linearOfSrgb[data[3 * p + c]] + 1e-3;
  const measures = [
    (p: number) => Math.log(light(p, 0) / light(p, 1)),
    (p: number) => Math.log(light(p, 2) / light(p, 1)),
  ].map((of) => {
    const middle = median(inside.map(of));
    // 1.4826 makes the median deviation of a normal distribution its standard deviation.
    const deviation = Math.max(0.05, 1.4826 * median(inside.map((p) => Math.abs(of(p) - middle))));
    return { of, middle, deviation };
  });
  const brightness = (p: number) => light(p, 0) + light(p, 1) + light(p, 2);
  const dark = DARKEST * median(inside.map(brightness));
  const skin = new Uint8Array(face.length);
  for (const p of inside) {
    const off = Math.hypot(...measures.map(({ of, middle, deviation }) => (of(p) - middle) / deviation));
    if (off < LIMIT && brightness(p) > dark) skin[p] = 1;
  }
  return skin;
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1];
}
