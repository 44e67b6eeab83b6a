import type { DepthMap } from "cameo";

/**
 * Depth as 16-bit integers, for a PNG: mm = value × scale, 0 = no surface.
 * The scale is the finest that holds the deepest pixel, rounded up to two significant digits.
 */
export function quantizeDepth(depth: DepthMap): { data: Uint16Array; scale: number } {
  let deepest = 0;
  for (const z of depth.data) if (z > deepest) deepest = z;
  const scale = deepest > 0 ? roundUp(deepest / 65535) : 1;
  const data = new Uint16Array(depth.data.length);
  for (let i = 0; i < data.length; i++) {
    const z = depth.data[i];
    if (z > 0) data[i] = Math.max(1, Math.round(z / scale));
  }
  return { data, scale };
}

/** A number of two significant digits that is not below x > 0. */
function roundUp(x: number): number {
  const step = 10 ** (Math.floor(Math.log10(x)) - 1);
  return Number((Math.ceil(x / step) * step).toPrecision(2));
}
