import { linearOfSrgb } from "cameo";

/** A picture to be read in linear light; RGB is straight (not multiplied by alpha). */
export interface Texture {
  readonly width: number;
  readonly height: number;
  /** sRGB-encoded red, green, blue and linear alpha, 0 to 255, rows from the top. */
  readonly data: Uint8Array;
}

/** Writes linear red, green, blue and alpha (0 to 1) at u right, v down in [0, 1], bilinear, edges held. */
export function sampleColour({ width, height, data }: Texture, u: number, v: number, out: Float64Array): void {
  const x = Math.min(width - 1, Math.max(0, u * width - 0.5));
  const y = Math.min(height - 1, Math.max(0, v * height - 0.5));
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const a = 4 * (y0 * width + x0);
  const b = x0 + 1 < width ? a + 4 : a;
  const down = y0 + 1 < height ? 4 * width : 0;
  const wa = (1 - fx) * (1 - fy);
  const wb = fx * (1 - fy);
  const wc = (1 - fx) * fy;
  const wd = fx * fy;
  for (let k = 0; k < 3; k++) {
    out[k] =
      wa * linearOfSrgb[data[a + k]] +
      wb * linearOfSrgb[data[b + k]] +
      wc * linearOfSrgb[data[a + down + k]] +
      wd * linearOfSrgb[data[b + down + k]];
  }
  out[3] = (wa * data[a + 3] + wb * data[b + 3] + wc * data[a + down + 3] + wd * data[b + down + 3]) / 255;
}

/** Alpha (0 to 1) of the texel at u right, v down in [0, 1], edges held: not interpolated, for tests at many samples a pixel. */
export function sampleAlpha({ width, height, data }: Texture, u: number, v: number): number {
  const x = Math.min(width - 1, Math.max(0, (u * width) | 0));
  const y = Math.min(height - 1, Math.max(0, (v * height) | 0));
  return data[4 * (y * width + x) + 3] / 255;
}
