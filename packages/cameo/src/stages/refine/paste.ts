import { linearOfSrgb, toSrgb } from "../../color.ts";
import { apply2d, invert2d, type Transform2d } from "../../geometry/transform2d.ts";
import type { RgbaImage } from "../../image.ts";
import type { CoarseCrop } from "./crop.ts";
import { matchColors } from "./match.ts";

/** Known pixels so near to a hole take part in matching its colours, in pixels of the crop. */
const MARGIN = 8;
/** Weight of a crop pixel none of which is missing, where there is no other to tell what a hole shows. */
const KNOWN_WEIGHT = 1e-3;

/**
 * Puts what a network made of a crop into the holes of the whole view, at the view's resolution. What is known stays as it
 * is, bit for bit; pixels that are known in part are mixed, in linear light.
 * @param made of the crop: three interleaved channels, 0 … 255
 * @param toView of the crop
 */
export function pasteIntoHoles(
  coarse: RgbaImage,
  made: Float32Array,
  crop: CoarseCrop,
  toView: Transform2d,
): RgbaImage {
  const { width, height, data } = coarse;
  const out = Uint8ClampedArray.from(data);
  const margin = Math.ceil(MARGIN * Math.hypot(toView[0], toView[3]));
  const box = boxOfHoles(coarse, margin);
  if (!box) return { width, height, data: out };

  const guess = enlarged(made, crop, invert2d(toView), box);
  const colors = new Float32Array(guess.length);
  const known = new Float32Array(box.width * box.height);
  for (let y = 0, p = 0; y < box.height; y++)
    for (let x = 0, i = 4 * ((box.y + y) * width + box.x); x < box.width; x++, p++, i += 4) {
      known[p] = data[i + 3] === 255 ? 1 : 0;
      for (let k = 0; k < 3; k++) colors[3 * p + k] = data[i + k];
    }
  matchColors(guess, colors, known, box.width, box.height);

  for (let y = 0, p = 0; y < box.height; y++)
    for (let x = 0, j = (box.y + y) * width + box.x; x < box.width; x++, p++, j++) {
      if (known[p] === 1) continue;
      const alpha = data[4 * j + 3] / 255;
      for (let k = 0; k < 3; k++) {
        const filling = Math.max(0, Math.min(255, Math.round(guess[3 * p + k])));
        out[4 * j + k] = toSrgb(alpha * linearOfSrgb[data[4 * j + k]] + (1 - alpha) * linearOfSrgb[filling]);
      }
      out[4 * j + 3] = 255;
    }
  return { width, height, data: out };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The part of a view that has holes, with a margin; null where nothing is missing. */
function boxOfHoles({ width, height, data }: RgbaImage, margin: number): Box | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0, i = 3; y < height; y++)
    for (let x = 0; x < width; x++, i += 4) {
      if (data[i] === 255) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  if (right < 0) return null;
  const [x, y] = [Math.max(0, left - margin), Math.max(0, top - margin)];
  return {
    x,
    y,
    width: Math.min(width, right + margin + 1) - x,
    height: Math.min(height, bottom + margin + 1) - y,
  };
}

/**
 * Reads what was made of a crop at all pixels of a box: bilinear, but from what was missing rather than from what was known,
 * so that the head's outline does not bleed into the background made beside it. Beside the crop as at its border.
 */
function enlarged(made: Float32Array, { side, missing }: CoarseCrop, toCrop: Transform2d, box: Box): Float32Array {
  const out = new Float32Array(3 * box.width * box.height);
  const [du, , , dv] = toCrop;
  const last = side - 1;
  for (let y = 0, o = 0; y < box.height; y++) {
    const [u0, v0] = apply2d(toCrop, box.x + 0.5, box.y + y + 0.5);
    for (let x = 0; x < box.width; x++, o += 3) {
      const u = Math.max(0, Math.min(last, u0 + du * x - 0.5));
      const v = Math.max(0, Math.min(last, v0 + dv * x - 0.5));
      const column = Math.min(last - 1, u | 0);
      const row = Math.min(last - 1, v | 0);
      const [fu, fv] = [u - column, v - row];
      let sum = 0;
      for (let t = 0; t < 4; t++) {
        const p = (row + (t >> 1)) * side + column + (t & 1);
        const near = (t & 1 ? fu : 1 - fu) * (t >> 1 ? fv : 1 - fv);
        const weight = near * (missing[p] + KNOWN_WEIGHT);
        sum += weight;
        for (let k = 0; k < 3; k++) out[o + k] += weight * made[3 * p + k];
      }
      for (let k = 0; k < 3; k++) out[o + k] /= sum;
    }
  }
  return out;
}
