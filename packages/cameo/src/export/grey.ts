import type { DepthMap } from "../image.ts";

/** A picture of one channel, 8 or 16 bits deep, rows from the top. A {@link LabelMap} is one. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array;
}

/** Depth in whole steps: mm = value × scale; 0 where there is no surface. */
export interface QuantizedDepth {
  readonly image: GreyImage;
  readonly scale: number;
}

const STEPS = 0xffff;

/**
 * Depth in 16 bits. The scale is the smallest power of two (1/64 mm at a distance of a metre) that holds the farthest
 * point, so that a step is exact in every number format.
 */
export function quantizeDepth({ width, height, data }: DepthMap): QuantizedDepth {
  let farthest = 0;
  for (let i = 0; i < data.length; i++) if (data[i] > farthest && data[i] < Infinity) farthest = data[i];
  const scale = farthest > 0 ? 2 ** Math.ceil(Math.log2(farthest / STEPS)) : 1;
  const steps = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++)
    if (data[i] > 0) steps[i] = Math.max(1, Math.min(STEPS, Math.round(data[i] / scale)));
  return { image: { width, height, data: steps }, scale };
}
