import type { Raster } from "./raster.ts";

/**
 * Values given per corner, at every pixel: perspective-correct, 0 where there is no surface.
 * @param values `channels` numbers per vertex, interleaved
 * @param triangles three indices into `values` per triangle: those of the mesh, or for example of its texture positions
 * @param out receives `channels` numbers per pixel
 */
export function interpolate(
  { triangle, barycentrics }: Raster,
  values: Float32Array,
  triangles: Uint32Array,
  channels: number,
  out = new Float32Array(triangle.length * channels),
): Float32Array {
  for (let p = 0, o = 0; p < triangle.length; p++, o += channels) {
    const t = 3 * triangle[p];
    if (t < 0) {
      for (let k = 0; k < channels; k++) out[o + k] = 0;
      continue;
    }
    const a = barycentrics[2 * p];
    const b = barycentrics[2 * p + 1];
    const c = 1 - a - b;
    const i = channels * triangles[t];
    const j = channels * triangles[t + 1];
    const l = channels * triangles[t + 2];
    for (let k = 0; k < channels; k++) out[o + k] = a * values[i + k] + b * values[j + k] + c * values[l + k];
  }
  return out;
}
