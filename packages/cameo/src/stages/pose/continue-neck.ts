import { smoothstep } from "../../geometry/smoothstep.ts";
import type { RgbImage } from "../../image.ts";
import { sampleBilinear } from "../../sample.ts";
import { distancesTo } from "./distance.ts";

/** The neck is continued so far beside the model's, mm: wholly, and not any more. */
const BESIDE = [5, 18] as const;
/** And so far up from where it is seen. */
const UP = [25, 60] as const;
/** Where it begins to be seen the jaw may still show: what continues it lies farther down by this, mm. */
const BELOW = 1.5;
/** The farther up, the more it is blurred sideways: by this part of the way. */
const BLUR = 0.3;
const TAPS = 9;

/**
 * Continues the neck up into the hole where the head was, along its axis from where the photo shows it: skin, shadows and the
 * neck's outline go on straight behind jaw and ears.
 * @param picture changed in place
 * @param holes not 0 where the picture is unknown; lowered where the neck is continued
 * @param neck 1 where the model's neck is
 * @param down the axis of the neck in the picture; its second number above 0
 */
export function continueNeck(
  picture: RgbImage & { readonly data: Uint8ClampedArray },
  holes: Uint8Array,
  neck: Uint8Array,
  down: readonly [number, number],
  pixelsPerMm: number,
): void {
  const { width, height, data } = picture;
  const slope = down[0] / down[1];
  const length = Math.hypot(slope, 1);
  const original = { width, height, data: data.slice() };
  // Rows down to where the neck is seen; 0 where it is not.
  const rows = new Uint16Array(holes.length);
  const color = new Float32Array(3);
  const lost = holes.slice();
  // Of each pixel: how far beside the model's neck the place is that continues it.
  const far = distancesTo(neck, width, height);
  for (let y = height - 2; y >= 0; y--) {
    for (let x = 0, p = y * width; x < width; x++, p++) {
      if (lost[p] === 0) continue;
      const next = Math.round(x + slope);
      if (next < 0 || next >= width) continue;
      const below = p + width + next - x;
      if (lost[below] !== 0 && rows[below] === 0) continue;
      rows[p] = rows[below] + 1;
      far[p] = far[below];
      const way = rows[p] * length;
      const share =
        (1 - smoothstep(BESIDE[0], BESIDE[1], far[p] / (5 * pixelsPerMm))) *
        (1 - smoothstep(UP[0], UP[1], way / pixelsPerMm));
      if (share === 0) continue;
      const v = Math.min(height, y + 0.5 + rows[p] + BELOW * pixelsPerMm);
      const u = x + 0.5 + slope * (v - y - 0.5);
      const sums = [0, 0, 0];
      for (let t = 0; t < TAPS; t++) {
        sampleBilinear(
          original,
          u + (t / (TAPS - 1) - 0.5) * BLUR * way,
          v + (t % 3) * BELOW * 0.5 * pixelsPerMm,
          color,
        );
        for (let k = 0; k < 3; k++) sums[k] += color[k] / TAPS;
      }
      for (let k = 0; k < 3; k++) data[3 * p + k] += share * (sums[k] - data[3 * p + k]);
      holes[p] *= 1 - share;
    }
  }
}
