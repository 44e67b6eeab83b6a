import type { RgbImage } from "./image.ts";

/**
 * Bilinear sample of a picture at a position with pixel centres at +0.5; positions outside take the border's colour.
 * @param out receives r, g, b in [0, 255] at `offset`
 */
export function sampleBilinear(
  image: RgbImage,
  u: number,
  v: number,
  out: Float32Array | Float64Array,
  offset = 0,
): void {
  const { width, height, data } = image;
  const x = Math.min(width - 1, Math.max(0, u - 0.5));
  const y = Math.min(height - 1, Math.max(0, v - 0.5));
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const x1 = Math.min(width - 1, x0 + 1);
  const y1 = Math.min(height - 1, y0 + 1);
  const a = x - x0;
  const b = y - y0;
  const i00 = (y0 * width + x0) * 3;
  const i10 = (y0 * width + x1) * 3;
  const i01 = (y1 * width + x0) * 3;
  const i11 = (y1 * width + x1) * 3;
  for (let c = 0; c < 3; c++) {
    const top = data[i00 + c] + a * (data[i10 + c] - data[i00 + c]);
    const bottom = data[i01 + c] + a * (data[i11 + c] - data[i01 + c]);
    out[offset + c] = top + b * (bottom - top);
  }
}
