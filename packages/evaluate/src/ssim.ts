import type { RgbImage } from "cameo";

/** Standard deviation of the Gaussian window, pixels, and how far it reaches: 11 × 11. */
const SIGMA = 1.5;
const REACH = 5;
const STABLE_MEAN = (0.01 * 255) ** 2;
const STABLE_VARIANCE = (0.03 * 255) ** 2;

/**
 * Structural similarity of the luma of two pictures at each pixel (Wang et al. 2004): 1 where they are the same about it.
 * @throws RangeError if they differ in size
 */
export function ssimMap(a: RgbImage, b: RgbImage): Float32Array {
  const { width, height } = a;
  if (width !== b.width || height !== b.height)
    throw new RangeError(`ssim: pictures of ${width} × ${height} and ${b.width} × ${b.height} pixels`);
  const [x, y] = [lumaOf(a), lumaOf(b)];
  const smooth = (values: Float32Array) => smoothed(values, width, height);
  const [mx, my] = [smooth(x), smooth(y)];
  const xx = smooth(x.map((value) => value * value));
  const yy = smooth(y.map((value) => value * value));
  const xy = smooth(x.map((value, i) => value * y[i]));
  return mx.map((m, i) => {
    const [vx, vy, covariance] = [xx[i] - m * m, yy[i] - my[i] * my[i], xy[i] - m * my[i]];
    return (
      ((2 * m * my[i] + STABLE_MEAN) * (2 * covariance + STABLE_VARIANCE)) /
      ((m * m + my[i] * my[i] + STABLE_MEAN) * (vx + vy + STABLE_VARIANCE))
    );
  });
}

/** Of Rec. 601, as in JPEG. */
const lumaOf = ({ width, height, data }: RgbImage): Float32Array =>
  Float32Array.from(
    { length: width * height },
    (_, p) => 0.299 * data[3 * p] + 0.587 * data[3 * p + 1] + 0.114 * data[3 * p + 2],
  );

/** Means under the window; beside the picture there is nothing. */
function smoothed(values: Float32Array, width: number, height: number): Float32Array {
  const rows = alongRows(values, width, height, 1, width);
  return alongRows(rows, height, width, width, 1);
}

/** Means along lines of `length` values, `step` apart, of which there are `lines`, `next` apart. */
function alongRows(values: Float32Array, length: number, lines: number, step: number, next: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let line = 0; line < lines; line++)
    for (let i = 0, o = line * next; i < length; i++, o += step) {
      let [sum, weights] = [0, 0];
      for (let d = Math.max(-REACH, -i); d <= Math.min(REACH, length - 1 - i); d++) {
        sum += WINDOW[d + REACH] * values[o + d * step];
        weights += WINDOW[d + REACH];
      }
      out[o] = sum / weights;
    }
  return out;
}

const WINDOW = Float64Array.from({ length: 2 * REACH + 1 }, (_, i) => Math.exp(-((i - REACH) ** 2) / (2 * SIGMA ** 2)));
