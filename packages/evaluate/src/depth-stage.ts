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
import { type HeadDistances, headDistances, type TrueHead } from "./distances.ts";
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

/**
 * How far the depth of networks is from the truth when all that they are told is true: labels, camera, pose and the model's
 * head. Their depth is taken as they give it, that of the face as well.
 * @param model the default morphable model
 * @param networks by the names that the figures are to have
 */
export async function measureDepth(
  model: MorphableModel,
  networks: ReadonlyMap<string, DepthEstimator>,
  portrait: PortraitSample,
): Promise<DepthResult> {
  const { image, head, fitted } = cropPortrait(portrait);
  const { camera, labels } = head;
  const { index, pose, facts } = portrait.truth;
  const { identity, expression } = fitted.coefficients;
  const posed = transformToCamera(synthesizeShape(model, identity, expression), pose);
  const context = {
    image,
    labels,
    raster: rasterize(posed, model.triangles, camera, image),
    modelLabels: labelsOfRegions(model.regions),
    centre: pose.translation[2],
  };
  const distances: Record<string, HeadDistances> = {};
  for (const [name, network] of networks)
    distances[name] = headDistances(depthGeometry(await network.estimate(context), camera), head);
  distances["head of the model, bald"] = headDistances(modelGeometry(model, fitted, image), head);
  distances[METHODS.surround] = headDistances(surroundGeometry(model, fitted, labels), head);
  distances[METHODS.average] = headDistances(modelGeometry(model, averageHead(camera, pose), image), head);
  return { index, style: String(facts.style), distances };
}
