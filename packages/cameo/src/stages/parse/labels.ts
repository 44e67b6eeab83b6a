import type { Transform2d } from "../../geometry/transform2d.ts";
import type { LabelMap } from "../../image.ts";

/** Labels of the part of a photo about the head; all the rest is background. */
export interface PhotoLabels {
  /** Position of the map's top-left corner in the photo, pixels. */
  readonly x: number;
  readonly y: number;
  /** Photo pixels that a pixel of the map is wide. */
  readonly step: number;
  readonly map: LabelMap;
}

/**
 * Reads labels through a similarity: each pixel takes the label that outweighs the others among the four nearest.
 * @param toPhoto maps positions in the result to positions in the photo, pixel centres at +0.5 in both
 */
export function sampleLabels(
  { x, y, step, map }: PhotoLabels,
  toPhoto: Transform2d,
  width: number,
  height: number,
): LabelMap {
  const [a, b, c, d, e, f] = toPhoto;
  const data = new Uint8Array(width * height);
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      const u = a * (column + 0.5) + b * (row + 0.5) + c;
      const v = d * (column + 0.5) + e * (row + 0.5) + f;
      data[i] = labelAt(map, (u - x) / step, (v - y) / step);
    }
  }
  return { width, height, data };
}

/** The labels at the photo's resolution. */
export function spreadLabels({ x, y, step, map }: PhotoLabels, width: number, height: number): LabelMap {
  const data = new Uint8Array(width * height);
  const right = Math.min(width, x + map.width * step);
  const bottom = Math.min(height, y + map.height * step);
  for (let v = y; v < bottom; v++) {
    const at = v * width;
    if (step === 1) data.set(map.data.subarray((v - y) * map.width, (v - y) * map.width + right - x), at + x);
    else for (let u = x; u < right; u++) data[at + u] = labelAt(map, (u + 0.5 - x) / step, (v + 0.5 - y) / step);
  }
  return { width, height, data };
}

/** The label with the most weight in a bilinear sample; background outside. */
function labelAt({ width, height, data }: LabelMap, u: number, v: number): number {
  if (!(u >= 0 && v >= 0 && u < width && v < height)) return 0;
  const px = Math.min(width - 1, Math.max(0, u - 0.5));
  const py = Math.min(height - 1, Math.max(0, v - 0.5));
  const x0 = Math.floor(px);
  const y0 = Math.floor(py);
  const i = y0 * width + x0;
  const right = x0 + 1 < width ? 1 : 0;
  const below = y0 + 1 < height ? width : 0;
  const l00 = data[i];
  const l10 = data[i + right];
  const l01 = data[i + below];
  const l11 = data[i + below + right];
  if (l00 === l10 && l00 === l01 && l00 === l11) return l00;
  const fx = px - x0;
  const fy = py - y0;
  const w11 = fx * fy;
  const w10 = fx - w11;
  const w01 = fy - w11;
  const w00 = 1 - fx - w01;
  const weight = (label: number): number =>
    (l00 === label ? w00 : 0) + (l10 === label ? w10 : 0) + (l01 === label ? w01 : 0) + (l11 === label ? w11 : 0);
  let best = l00;
  let most = weight(l00);
  for (const label of [l10, l01, l11]) {
    const w = weight(label);
    if (w > most) {
      best = label;
      most = w;
    }
  }
  return best;
}
