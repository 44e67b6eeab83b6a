import { linearOfSrgb, toSrgb } from "../color.ts";
import type { RgbImage } from "../image.ts";

/** A picture to put on a mesh, with smaller copies of itself. */
export interface Texture {
  /** The picture, then copies with halved sides (rounded down, at least 1) to a single pixel. All sRGB. */
  readonly levels: readonly RgbImage[];
}

/** @throws RangeError if the picture has no pixels */
export function createTexture(image: RgbImage): Texture {
  if (image.data.length < 3 || image.data.length !== 3 * image.width * image.height) {
    throw new RangeError(`texture: ${image.width}×${image.height} pixels, but ${image.data.length} bytes`);
  }
  const levels = [image];
  for (let last = image; last.width > 1 || last.height > 1; ) {
    last = halve(last);
    levels.push(last);
  }
  return { levels };
}

/**
 * Linear light of a picture at a position in [0, 1]², u right, v down, interpolated between the four nearest pixel
 * centres; beyond the outermost centres it continues them.
 * @param out receives three numbers from `offset` on
 */
export function sampleTexture(
  { width, height, data }: RgbImage,
  u: number,
  v: number,
  out: Float32Array,
  offset: number,
): void {
  const x = Math.min(Math.max(u * width - 0.5, 0), width - 1);
  const y = Math.min(Math.max(v * height - 0.5, 0), height - 1);
  const left = Math.floor(x);
  const top = Math.floor(y);
  const s = x - left;
  const t = y - top;
  const a = 3 * (top * width + left);
  const b = left + 1 < width ? a + 3 : a;
  const down = top + 1 < height ? 3 * width : 0;
  const wa = (1 - s) * (1 - t);
  const wb = s * (1 - t);
  const wc = (1 - s) * t;
  const wd = s * t;
  for (let k = 0; k < 3; k++) {
    out[offset + k] =
      wa * linearOfSrgb[data[a + k]] +
      wb * linearOfSrgb[data[b + k]] +
      wc * linearOfSrgb[data[a + down + k]] +
      wd * linearOfSrgb[data[b + down + k]];
  }
}

/** Each pixel the mean, in linear light, of the area it covers; with an odd side that is a little more than two pixels. */
function halve({ width, height, data }: RgbImage): RgbImage {
  const columns = coverage(width);
  const rows = coverage(height);
  const out = new Uint8Array(3 * columns.size * rows.size);
  // The rows that an output row covers, summed.
  const sums = new Float32Array(3 * width);
  for (let y = 0; y < rows.size; y++) {
    sums.fill(0);
    for (let i = 0; i < 3; i++) {
      const weight = rows.weights[3 * y + i];
      if (weight === 0) continue;
      const start = 3 * width * (rows.first[y] + i);
      for (let n = 0; n < sums.length; n++) sums[n] += weight * linearOfSrgb[data[start + n]];
    }
    for (let x = 0; x < columns.size; x++) {
      const start = 3 * columns.first[x];
      const w0 = columns.weights[3 * x];
      const w1 = columns.weights[3 * x + 1];
      const w2 = columns.weights[3 * x + 2];
      for (let k = 0; k < 3; k++) {
        let sum = w0 * sums[start + k];
        if (w1 > 0) sum += w1 * sums[start + 3 + k];
        if (w2 > 0) sum += w2 * sums[start + 6 + k];
        out[3 * (y * columns.size + x) + k] = toSrgb(sum);
      }
    }
  }
  return { width: columns.size, height: rows.size, data: out };
}

/** For each of the halved side's pixels: the first pixel it covers, and the shares of that and the next two. */
function coverage(side: number) {
  const size = Math.max(1, side >> 1);
  const first = new Uint32Array(size);
  const weights = new Float64Array(3 * size);
  const span = side / size;
  for (let i = 0; i < size; i++) {
    const start = i * span;
    first[i] = Math.floor(start);
    for (let k = 0; k < 3; k++) {
      const covered = Math.min(start + span, first[i] + k + 1) - Math.max(start, first[i] + k);
      // Shares below rounding belong to a pixel that only touches, which may not exist.
      if (covered > 1e-9) weights[3 * i + k] = covered / span;
    }
  }
  return { size, first, weights };
}
