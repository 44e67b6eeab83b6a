import { Label, type LabelMap } from "../../image.ts";
import type { Raster } from "../../raster/raster.ts";

/** The depth network's unit of depth, as in the authors' code: the paper's loss weights are for decimetres. */
const UNIT = 100;
/** Nearness of the head's centre: what is known of a head is then above 0, which means unknown. */
const CENTRE = 2;
const LEAST = 1e-3;

/**
 * Depth as the depth network has it: decimetres that a point is nearer than the head's centre, plus 2.
 * @param z camera-space z, mm
 * @param centre camera-space z of the head's centre, mm
 * @returns at least 0.001; 0 stands for unknown depth
 */
export const nearness = (z: number, centre: number): number => Math.max(LEAST, CENTRE + (centre - z) / UNIT);

/** The inverse of {@link nearness}, mm. */
export const depthOfNearness = (near: number, centre: number): number => centre + UNIT * (CENTRE - near);

/** What the depth network may be told besides the picture. One value per pixel. */
export interface DepthInputs {
  /** d^f: nearness of the fitted face, hair before it or not; 0 beside it. */
  readonly face: Float32Array;
  /** Nearness of the whole fitted head model; 0 beside it. */
  readonly model: Float32Array;
  /** 1 on the region 𝓗 = 𝓢 − (𝓢ᶠ ∩ 𝓕) (paper section 4.2), whose depth is to be estimated. */
  readonly mask: Float32Array;
}

/**
 * The conditional inputs of the depth network.
 * @param raster the fitted head model in the head crop
 * @param labels what the crop shows
 * @param modelLabels one label per triangle of the model
 * @param centre camera-space z of the head's centre, mm
 */
export function depthInputs(
  { depth, triangle }: Raster,
  labels: Pick<LabelMap, "data">,
  modelLabels: Uint8Array,
  centre: number,
): DepthInputs {
  const pixels = depth.length;
  const face = new Float32Array(pixels);
  const model = new Float32Array(pixels);
  const mask = new Float32Array(pixels);
  for (let p = 0; p < pixels; p++) {
    const label = labels.data[p];
    const isModelFace = triangle[p] >= 0 && isFace(modelLabels[triangle[p]]);
    if (triangle[p] >= 0) model[p] = nearness(depth[p], centre);
    if (isModelFace) face[p] = model[p];
    if (label !== Label.background && !(isModelFace && isFace(label))) mask[p] = 1;
  }
  return { face, model, mask };
}

/** The mouth belongs to the face here: the fitted model has it. */
const isFace = (label: number): boolean => label === Label.face || label === Label.innerMouth;
