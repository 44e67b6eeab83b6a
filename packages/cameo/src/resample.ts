import type { Transform2d } from "./geometry/transform2d.ts";
import type { RgbImage } from "./image.ts";

/** A picture and its halves, quarters, …, made when first asked for, so that it can be read at any scale without aliasing. */
export interface Pyramid {
  readonly image: RgbImage;
  /** The picture reduced 2^level times; the last one possible for higher levels. */
  level(level: number): RgbImage;
}

export function createPyramid(image: RgbImage): Pyramid {
  const levels = [image];
  return {
    image,
    level(level) {
      for (let last = levels[levels.length - 1]; levels.length <= level; last = levels[levels.length - 1]) {
        if (last.width === 1 && last.height === 1) break;
        levels.push(halve(last));
      }
      return levels[Math.min(level, levels.length - 1)];
    },
  };
}

/** Means of 2 × 2 pixels; an odd last row or column stands for itself twice. */
function halve({ width, height, data }: RgbImage): RgbImage {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const out = new Uint8Array(w * h * 3);
  const whole = width >> 1;
  for (let y = 0, o = 0; y < h; y++) {
    let i = 2 * y * width * 3;
    let j = 2 * y + 1 < height ? i + width * 3 : i;
    for (let x = 0; x < whole; x++, i += 6, j += 6, o += 3) {
      out[o] = (data[i] + data[i + 3] + data[j] + data[j + 3] + 2) >> 2;
      out[o + 1] = (data[i + 1] + data[i + 4] + data[j + 1] + data[j + 4] + 2) >> 2;
      out[o + 2] = (data[i + 2] + data[i + 5] + data[j + 2] + data[j + 5] + 2) >> 2;
    }
    if (whole < w) for (let c = 0; c < 3; c++) out[o++] = (data[i + c] + data[j + c] + 1) >> 1;
  }
  return { width: w, height: h, data: out };
}

export interface ResampleOptions {
  /** What lies outside the picture: black, or the colour of the nearest pixel. */
  readonly outside: "black" | "nearest";
  /** Values written are colour (0 … 255) · gain + bias. */
  readonly gain: number;
  readonly bias: number;
}

export const defaultResampleOptions: ResampleOptions = { outside: "black", gain: 1, bias: 0 };

/**
 * Reads a picture through a similarity (no shear, no reflection). Where it is reduced, each result averages the area that it stands for.
 * @param toPhoto maps positions in the result to positions in the picture (pixel centres at +0.5 in both)
 * @param out receives width × height × 3 values, interleaved RGB
 */
export function resample(
  pyramid: Pyramid,
  toPhoto: Transform2d,
  width: number,
  height: number,
  out: Float32Array | Uint8ClampedArray,
  options: Partial<ResampleOptions> = {},
): void {
  const { outside, gain, bias } = { ...defaultResampleOptions, ...options };
  const [a0, , shiftU, b0, , shiftV] = toPhoto;
  const reduction = Math.hypot(a0, b0);
  const level = Math.max(0, Math.floor(Math.log2(reduction)));
  const source = pyramid.level(level);
  const unit = 2 ** -level;
  const black = outside === "black";
  // The level leaves a reduction of 1 to 2 (more beyond the last level): four bilinear samples cover it.
  const taps = reduction > 1 ? 4 : 1;
  const spread = taps === 4 ? 0.25 : 0;
  const { width: w, height: h, data } = source;
  const a = a0 * unit;
  const b = b0 * unit;
  const weight = gain / taps;
  const offsetsU = [-a + b, a + b, -a - b, a - b].map((d) => d * spread);
  const offsetsV = [-b - a, b - a, -b + a, b + a].map((d) => d * spread);
  const right = w - 1;
  const bottom = h - 1;
  const stride = w * 3;
  let o = 0;
  for (let y = 0; y < height; y++) {
    let u = a * 0.5 - b * (y + 0.5) + shiftU * unit;
    let v = b * 0.5 + a * (y + 0.5) + shiftV * unit;
    for (let x = 0; x < width; x++, u += a, v += b) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let t = 0; t < taps; t++) {
        let px = u + offsetsU[t];
        let py = v + offsetsV[t];
        if (black && !(px >= 0 && px < w && py >= 0 && py < h)) continue;
        px = px < 0.5 ? 0 : px > right + 0.5 ? right : px - 0.5;
        py = py < 0.5 ? 0 : py > bottom + 0.5 ? bottom : py - 0.5;
        const x0 = px | 0;
        const y0 = py | 0;
        const fx = px - x0;
        const fy = py - y0;
        const i = y0 * stride + x0 * 3;
        const dx = x0 < right ? 3 : 0;
        const dy = y0 < bottom ? stride : 0;
        const w11 = fx * fy;
        const w10 = fx - w11;
        const w01 = fy - w11;
        const w00 = 1 - fx - w01;
        red += w00 * data[i] + w10 * data[i + dx] + w01 * data[i + dy] + w11 * data[i + dx + dy];
        green += w00 * data[i + 1] + w10 * data[i + dx + 1] + w01 * data[i + dy + 1] + w11 * data[i + dx + dy + 1];
        blue += w00 * data[i + 2] + w10 * data[i + dx + 2] + w01 * data[i + dy + 2] + w11 * data[i + dx + dy + 2];
      }
      out[o++] = red * weight + bias;
      out[o++] = green * weight + bias;
      out[o++] = blue * weight + bias;
    }
  }
}
