import { type DepthMap, Label, type LabelMap } from "../../image.ts";
import type { Raster } from "../../raster/raster.ts";

/**
 * Depth of the model prior: that of the fitted full-head model wherever the labels show the head.
 * A stand-in for the depth network: hair has no volume of its own.
 *
 * @param raster the posed full-head model in the head crop
 */
export function depthPrior({ width, height, depth }: Raster, labels: LabelMap): DepthMap {
  const data = depth.map((z, i) => (labels.data[i] === Label.background ? 0 : z));
  return { width, height, data };
}
