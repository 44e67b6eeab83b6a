import type { LabelMap } from "../../image.ts";
import type { Raster } from "../../raster/raster.ts";

/**
 * Labels of the model prior: what each pixel would show if the head were just as the fitted model has it, with hair
 * where the model has scalp. A stand-in for a parsing network: hair beyond the scalp is not found.
 *
 * @param raster the posed full-head model in the head crop
 * @param labels of the model's triangles
 */
export function parsePrior({ width, height, triangle }: Raster, labels: Uint8Array): LabelMap {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) if (triangle[i] >= 0) data[i] = labels[triangle[i]];
  return { width, height, data };
}
