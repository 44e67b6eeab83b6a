import { type DepthMap, Label, type LabelMap } from "../../image.ts";
import type { Raster } from "../../raster/raster.ts";

/**
 * Depth of the model prior: that of the fitted full-head model wherever both it and the labels show the head.
 * A stand-in for the depth network: hair has no volume of its own. Hair before the face or the neck gets no depth, as the
 * model knows none for it: it is left to the model's surface behind it.
 *
 * @param raster the posed full-head model in the head crop
 * @param modelLabels of the model's triangles
 */
export function depthPrior(
  { width, height, depth, triangle }: Raster,
  labels: LabelMap,
  modelLabels: Uint8Array,
): DepthMap {
  const data = depth.map((z, i) => {
    if (triangle[i] < 0) return 0;
    const label = labels.data[i];
    const own = modelLabels[triangle[i]];
    const shown = own !== Label.background && label !== Label.background && (!isFace(own) || isFace(label));
    return shown ? z : 0;
  });
  return { width, height, data };
}

const isFace = (label: number): boolean => label === Label.face || label === Label.innerMouth;
