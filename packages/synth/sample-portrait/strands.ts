import { linearOfSrgb } from "cameo";
import type { Texture } from "../src/texture.ts";

/** Which way the hairs of a texture run, on a coarse grid over it. */
export interface StrandMap {
  readonly size: number;
  /** Per cell the direction with its angle doubled, so that opposite directions are one: (cos 2a, sin 2a) · certainty. */
  readonly doubled: Float64Array;
}

/** Finds the direction of least change of brightness and alpha, by the structure tensor (Bigün and Granlund 1987). */
export function findStrands({ width, height, data }: Texture, size = 128): StrandMap {
  const value = (i: number) => linearOfSrgb[data[i]] + linearOfSrgb[data[i + 1]] + linearOfSrgb[data[i + 2]];
  let doubled: Float64Array = new Float64Array(2 * size * size);
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const i = 4 * (y * width + x);
      const gx = (value(i + 4) - value(i - 4)) * width;
      const gy = (value(i + 4 * width) - value(i - 4 * width)) * height;
      const weight = data[i + 3] / (Math.hypot(gx, gy) || 1);
      const cell = 2 * (Math.floor((y / height) * size) * size + Math.floor((x / width) * size));
      // The gradient's doubled angle, turned by 180° because hairs run square to it.
      doubled[cell] += weight * (gy * gy - gx * gx);
      doubled[cell + 1] -= weight * 2 * gx * gy;
    }
  for (let round = 0; round < 4; round++) doubled = blur(doubled, size);
  return { size, doubled };
}

function blur(values: Float64Array, size: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let k = 0; k < 2; k++) {
        let sum = 0;
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) {
            const xx = Math.min(size - 1, Math.max(0, x + dx));
            const yy = Math.min(size - 1, Math.max(0, y + dy));
            sum += values[2 * (yy * size + xx) + k];
          }
        out[2 * (y * size + x) + k] = sum / 9;
      }
  return out;
}

/** Writes the unit strand direction (du, dv; dv ≥ 0) at a texture position (v down). */
export function strandAt({ size, doubled }: StrandMap, u: number, v: number, out: Float64Array): void {
  const x = Math.min(size - 1.001, Math.max(0, u * size - 0.5));
  const y = Math.min(size - 1.001, Math.max(0, v * size - 0.5));
  const i = Math.floor(x);
  const j = Math.floor(y);
  const fx = x - i;
  const fy = y - j;
  const a = 2 * (j * size + i);
  const b = a + 2 * size;
  const wa = (1 - fx) * (1 - fy);
  const wb = fx * (1 - fy);
  const wc = (1 - fx) * fy;
  const wd = fx * fy;
  const cosine = wa * doubled[a] + wb * doubled[a + 2] + wc * doubled[b] + wd * doubled[b + 2];
  const sine = wa * doubled[a + 1] + wb * doubled[a + 3] + wc * doubled[b + 1] + wd * doubled[b + 3];
  const angle = 0.5 * Math.atan2(sine, cosine);
  const flip = Math.sin(angle) < 0 ? -1 : 1;
  out[0] = flip * Math.cos(angle);
  out[1] = flip * Math.sin(angle);
}

/** The strand direction in space per vertex, from how the texture lies on the triangles around it. */
export function strandTangents(
  positions: Float32Array,
  triangles: Uint32Array,
  uvs: Float32Array,
  strands: StrandMap,
): Float32Array {
  const out = new Float32Array(positions.length);
  const direction = new Float64Array(2);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const [ua, va, ub, vb, uc, vc] = uvs.subarray(2 * t, 2 * t + 6);
    strandAt(strands, (ua + ub + uc) / 3, (va + vb + vc) / 3, direction);
    const [du, dv] = direction;
    // (du, dv) = p (B − A) + q (C − A) in the texture; the same p and q hold in space.
    const determinant = (ub - ua) * (vc - va) - (uc - ua) * (vb - va);
    if (Math.abs(determinant) < 1e-12) continue;
    const p = (du * (vc - va) - (uc - ua) * dv) / determinant;
    const q = ((ub - ua) * dv - du * (vb - va)) / determinant;
    const way = [0, 1, 2].map(
      (k) => p * (positions[b + k] - positions[a + k]) + q * (positions[c + k] - positions[a + k]),
    );
    const length = Math.hypot(...way) || 1;
    for (const i of [a, b, c]) {
      const same = out[i] * way[0] + out[i + 1] * way[1] + out[i + 2] * way[2] < 0 ? -1 : 1;
      for (let k = 0; k < 3; k++) out[i + k] += (same * way[k]) / length;
    }
  }
  for (let i = 0; i < out.length; i += 3) {
    const length = Math.hypot(out[i], out[i + 1], out[i + 2]) || 1;
    for (let k = i; k < i + 3; k++) out[k] /= length;
  }
  return out;
}
