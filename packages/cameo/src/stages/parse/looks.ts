import { Label, type RgbImage } from "../../image.ts";
import type { Pyramid } from "../../resample.ts";
import { type CropFrame, cutCrop } from "../align/crop.ts";

/** One way of showing a head to the parsing network. */
export interface Look {
  /** Side of what is seen as a part of the crop's side. */
  readonly zoom: number;
  readonly mirrored: boolean;
}

/**
 * The network's answers to these are averaged: one who is unsure of hair before dark clothes is seldom unsure in the same way when
 * the picture is mirrored, or looked at from nearer.
 */
export const LOOKS: readonly Look[] = [
  { zoom: 1, mirrored: false },
  { zoom: 0.8, mirrored: true },
];

/** What a look shows of the crop with the given frame. */
export function pictureOf(photo: Pyramid, frame: CropFrame, side: number, { zoom, mirrored }: Look): RgbImage {
  const { image } = cutCrop(photo, { ...frame, scale: frame.scale * zoom }, side);
  return mirrored ? mirrorOf(image) : image;
}

function mirrorOf({ width, height, data }: RgbImage): RgbImage {
  const out = new Uint8ClampedArray(data.length);
  for (let y = 0, o = 0; y < height; y++)
    for (let x = width - 1; x >= 0; x--)
      for (let c = 0, i = 3 * (y * width + x); c < 3; c++, i++, o++) out[o] = data[i];
  return { width, height, data: out };
}

/** Where a label is seen in a mirror. */
const inMirror = Object.values(Label).map((label) =>
  label === Label.earLeft ? Label.earRight : label === Label.earRight ? Label.earLeft : label,
);

/**
 * Adds what the network says of a look to the sum of what it said of others, where the look shows the crop.
 * @param logits of the look, label by label, side × side each
 * @param sum of the crop, laid out alike
 * @param count how many looks each pixel of the crop was seen in
 */
export function addLook(
  logits: Float32Array,
  { zoom, mirrored }: Look,
  side: number,
  sum: Float32Array,
  count: Float32Array,
): void {
  const n = side * side;
  const last = side - 1;
  const middle = side / 2;
  for (let y = 0, i = 0; y < side; y++) {
    const v = (y + 0.5 - middle) / zoom + middle - 0.5;
    for (let x = 0; x < side; x++, i++) {
      const seen = (x + 0.5 - middle) / zoom + middle - 0.5;
      if (seen < -0.5 || v < -0.5 || seen > side - 0.5 || v > side - 0.5) continue;
      const u = mirrored ? last - seen : seen;
      const [u0, v0] = [Math.min(last - 1, Math.max(0, Math.floor(u))), Math.min(last - 1, Math.max(0, Math.floor(v)))];
      const [p, q] = [Math.min(1, Math.max(0, u - u0)), Math.min(1, Math.max(0, v - v0))];
      const o = v0 * side + u0;
      count[i]++;
      for (let label = 0; label < inMirror.length; label++) {
        const k = (mirrored ? inMirror[label] : label) * n + o;
        const [top, bottom] = [
          logits[k] + p * (logits[k + 1] - logits[k]),
          logits[k + side] + p * (logits[k + side + 1] - logits[k + side]),
        ];
        sum[label * n + i] += top + q * (bottom - top);
      }
    }
  }
}
