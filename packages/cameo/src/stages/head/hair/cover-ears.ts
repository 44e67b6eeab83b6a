import { Label } from "../../../image.ts";
import { Region } from "../../../morphable/model.ts";
import type { Raster } from "../../../raster/raster.ts";
import { diffuse } from "../diffuse.ts";
import { FINE, type Layers } from "../layers.ts";
import type { HeadTemplate } from "../template.ts";

/** An ear is covered where hair is seen over this part of it; fewer crop pixels tell nothing. */
const COVERED = 0.75;
const LEAST_PIXELS = 40;
const SWEEPS = 60;

const EARS = [Region.earLeft, Region.earRight] as const;

/**
 * The ears that hair lies over: those of which the photo shows hair in place of the model's ear, and an ear that is turned
 * away as the other one is.
 *
 * @param raster the model as the crop's camera sees it
 */
export function coveredEars(
  { regionsOfTriangles }: HeadTemplate,
  { triangle }: Raster,
  { labels, width }: Layers,
): Region[] {
  const [left, right] = EARS.map((ear) => {
    let pixels = 0;
    let hair = 0;
    for (let p = 0; p < triangle.length; p++) {
      if (triangle[p] < 0 || regionsOfTriangles[triangle[p]] !== ear) continue;
      pixels++;
      if (labels.data[FINE * (FINE * width * Math.floor(p / width) + (p % width))] === Label.hair) hair++;
    }
    return pixels < LEAST_PIXELS ? undefined : hair > COVERED * pixels;
  });
  const covered = [left ?? right, right ?? left];
  return EARS.filter((_, n) => covered[n]);
}

/** Flattens ears: the smoothest surface within their borders. Else they would come through hair that lies over them. */
export function flattenEars(
  { regions, edges }: HeadTemplate,
  positions: Float32Array,
  ears: readonly number[],
): Float32Array {
  const flat = positions.slice();
  if (ears.length > 0)
    diffuse(
      flat,
      Float32Array.from(regions, (region) => (ears.includes(region) ? 0 : 1)),
      edges,
      positions,
      0,
      SWEEPS,
    );
  return flat;
}
