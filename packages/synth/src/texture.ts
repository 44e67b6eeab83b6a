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

/**
 * Alpha, 0 to 255, of the texel at a place of a triangle, edges held: not interpolated, for tests at many samples a pixel.
 * @param uvs u, v per texture corner
 * @param corners texture corners; those of the triangle begin at `first`
 * @param weights of the first and the second corner
 */
export function alphaAt(
  { width, height, data }: Texture,
  uvs: Float32Array,
  corners: Uint32Array,
  first: number,
  weights: Float64Array,
): number {
  const i = 2 * corners[first];
  const j = 2 * corners[first + 1];
  const k = 2 * corners[first + 2];
  const a = weights[0];
  const b = weights[1];
  const c = 1 - a - b;
  const u = a * uvs[i] + b * uvs[j] + c * uvs[k];
  const v = a * uvs[i + 1] + b * uvs[j + 1] + c * uvs[k + 1];
  const x = Math.min(width - 1, Math.max(0, (u * width) | 0));
  const y = Math.min(height - 1, Math.max(0, (v * height) | 0));
  return data[4 * (y * width + x) + 3];
}
