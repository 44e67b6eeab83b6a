import type { PortraitSample } from "@cameo/synth";
import {
  apply2d,
  cameraOfCrop,
  createPyramid,
  type DepthEstimator,
  frameToPhoto,
  HEAD_CROP,
  headFrame,
  labelsOfRegions,
  type MorphableModel,
  type RgbImage,
  rasterize,
  resample,
  synthesizeShape,
  type Transform2d,
  transformToCamera,
} from "cameo";
import { type HeadDistances, type HeadGeometry, headDistances, type TrueHead } from "./distances.ts";
import { averageHead, depthGeometry, type FittedHead, modelGeometry, surroundGeometry } from "./predictions.ts";
import { METHODS, trueHeadOf } from "./synthetic.ts";

/** Depth of a portrait's head by several ways. */
export interface DepthResult {
  /** Number of the subject in its set. */
  readonly index: number;
  /** Style of the hair among those never trained on; "none" for other hair. */
  readonly style: string;
  readonly distances: Readonly<Record<string, HeadDistances>>;
}

/** A portrait's head crop with what is true of it. */
export interface TrueCrop {
  readonly image: RgbImage;
  readonly head: TrueHead;
  /** The head of the model that is nearest to the subject's. */
  readonly fitted: FittedHead;
}

/** The crop that the depth network sees, placed by the true pose. The truth of a pixel is that of the photo's pixel there. */
export function cropPortrait(portrait: PortraitSample): TrueCrop {
  const { size, image, truth } = portrait;
  const toPhoto = frameToPhoto(headFrame(truth.camera, truth.pose), HEAD_CROP);
  const side = { width: HEAD_CROP, height: HEAD_CROP };
  const data = new Uint8ClampedArray(3 * HEAD_CROP * HEAD_CROP);
  resample(createPyramid({ width: size, height: size, data: image }), toPhoto, HEAD_CROP, HEAD_CROP, data);
  const camera = cameraOfCrop(truth.camera, { toPhoto });
  const { depth, labels } = trueHeadOf(portrait);
  return {
    image: { ...side, data },
    head: {
      camera,
      depth: { ...side, data: nearestPixels(depth.data, size, toPhoto, new Float32Array(HEAD_CROP * HEAD_CROP)) },
      labels: { ...side, data: nearestPixels(labels.data, size, toPhoto, new Uint8Array(HEAD_CROP * HEAD_CROP)) },
    },
    fitted: { camera, pose: truth.pose, coefficients: truth },
  };
}

/** Values of a square map at the photo's pixels that the pixels of a crop fall on; 0 outside. */
function nearestPixels<T extends Float32Array | Uint8Array>(values: T, size: number, toPhoto: Transform2d, out: T): T {
  for (let p = 0; p < out.length; p++) {
    const [u, v] = apply2d(toPhoto, (p % HEAD_CROP) + 0.5, Math.floor(p / HEAD_CROP) + 0.5);
    const inside = u >= 0 && v >= 0 && u < size && v < size;
    out[p] = inside ? values[Math.floor(v) * size + Math.floor(u)] : 0;
  }
  return out;
}

/** Depth of a portrait's head crop by several ways, with what is true of it. */
export interface CropDepths extends TrueCrop {
  readonly depths: ReadonlyMap<string, HeadGeometry>;
}

/**
 * The depth of networks when all that they are told is true: labels, camera, pose and the model's head. It is taken as they
 * give it, that of the face as well. After the networks come the ways that need none.
 * @param model the default morphable model
 * @param networks by name
 */
export async function estimateDepths(
  model: MorphableModel,
  networks: ReadonlyMap<string, DepthEstimator>,
  portrait: PortraitSample,
): Promise<CropDepths> {
  const crop = cropPortrait(portrait);
  const { image, head, fitted } = crop;
  const { camera, labels } = head;
  const { pose } = fitted;
  const posed = transformToCamera(synthesizeShape(model, portrait.truth.identity, portrait.truth.expression), pose);
  const context = {
    image,
    labels,
    raster: rasterize(posed, model.triangles, camera, image),
    modelLabels: labelsOfRegions(model.regions),
    centre: pose.translation[2],
  };
  const depths = new Map<string, HeadGeometry>();
  for (const [name, network] of networks) depths.set(name, depthGeometry(await network.estimate(context), camera));
  depths.set("head of the model, bald", modelGeometry(model, fitted, image));
  depths.set(METHODS.surround, surroundGeometry(model, fitted, labels));
  depths.set(METHODS.average, modelGeometry(model, averageHead(camera, pose), image));
  return { ...crop, depths };
}

/** How far the depths are from the truth. */
export const measureDepths = ({ truth }: PortraitSample, { head, depths }: CropDepths): DepthResult => ({
  index: truth.index,
  style: String(truth.facts.style),
  distances: Object.fromEntries([...depths].map(([name, depth]) => [name, headDistances(depth, head)])),
});
