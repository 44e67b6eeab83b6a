import type { Transform2d } from "../../geometry/transform2d.ts";
import type { RgbaImage, RgbImage } from "../../image.ts";
import { createPyramid, resample } from "../../resample.ts";

/** A coarse view as the network gets it: a square, reduced or enlarged. */
export interface CoarseCrop {
  readonly side: number;
  /** Interleaved, 0 … 255: means of what is known; 0 where nothing is. */
  readonly colors: Float32Array;
  /** Which part of each pixel is missing, in [0, 1]. */
  readonly missing: Float32Array;
}

/** Cuts a square out of a coarse view; beyond its border all is black, and not missing. */
export function cutCoarseCrop(coarse: RgbaImage, toView: Transform2d, side: number): CoarseCrop {
  const colors = sampled(premultiplied(coarse), toView, side);
  const transparency = sampled(transparencyOf(coarse), toView, side);
  const missing = new Float32Array(side * side);
  for (let p = 0, o = 0; p < missing.length; p++, o += 3) {
    missing[p] = transparency[o] / 255;
    const known = 1 - missing[p];
    for (let k = 0; k < 3; k++) colors[o + k] = known > 0 ? Math.min(255, colors[o + k] / known) : 0;
  }
  return { side, colors, missing };
}

function sampled(image: RgbImage, toView: Transform2d, side: number): Float32Array {
  const out = new Float32Array(3 * side * side);
  resample(createPyramid(image), toView, side, side, out);
  return out;
}

function premultiplied({ width, height, data }: RgbaImage): RgbImage {
  const out = new Uint8Array(3 * width * height);
  for (let i = 0, o = 0; o < out.length; i += 4, o += 3) {
    const alpha = data[i + 3];
    for (let k = 0; k < 3; k++) out[o + k] = alpha === 255 ? data[i + k] : Math.round((data[i + k] * alpha) / 255);
  }
  return { width, height, data: out };
}

function transparencyOf({ width, height, data }: RgbaImage): RgbImage {
  const out = new Uint8Array(3 * width * height);
  for (let i = 3, o = 0; o < out.length; i += 4, o += 3) out.fill(255 - data[i], o, o + 3);
  return { width, height, data: out };
}
