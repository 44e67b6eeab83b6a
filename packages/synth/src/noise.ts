/** A number in [0, 1) fixed by three whole numbers. */
export function hash(x: number, y: number, z: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(z, 0x1b873593);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * The lattice of the noise repeats after this many steps along each axis: a table of its values is much faster to read than to hash.
 */
const period = 256;
/** A permutation of 0 … period − 1, written twice, so that a sum of two indices needs no wrapping. */
const permutation = new Uint8Array(2 * period);
const values = new Float32Array(2 * period);
{
  const order = Array.from({ length: period }, (_, i) => i).sort((i, j) => hash(i, 1, 7) - hash(j, 1, 7));
  for (let i = 0; i < 2 * period; i++) {
    permutation[i] = order[i % period];
    values[i] = (permutation[i] + 0.5) / period;
  }
}

/** Smooth noise in [0, 1] over space: random values on the whole-number lattice (period 256), joined by cubic steps. */
export function noise(x: number, y: number, z: number): number {
  const xi = Math.floor(x);
  const yi = Math.floor(y);
  const zi = Math.floor(z);
  x -= xi;
  y -= yi;
  z -= zi;
  const u = x * x * (3 - 2 * x);
  const v = y * y * (3 - 2 * y);
  const w = z * z * (3 - 2 * z);
  const i = xi & 255;
  const j = yi & 255;
  const k = zi & 255;
  const i1 = (i + 1) & 255;
  const j1 = (j + 1) & 255;
  const k1 = (k + 1) & 255;
  const left = permutation[i];
  const right = permutation[i1];
  const a = permutation[left + j];
  const b = permutation[right + j];
  const c = permutation[left + j1];
  const d = permutation[right + j1];
  const near =
    (values[a + k] * (1 - u) + values[b + k] * u) * (1 - v) + (values[c + k] * (1 - u) + values[d + k] * u) * v;
  const far =
    (values[a + k1] * (1 - u) + values[b + k1] * u) * (1 - v) + (values[c + k1] * (1 - u) + values[d + k1] * u) * v;
  return near * (1 - w) + far * w;
}

/** {@link noise} over the plane z = 0, at less than half the cost. */
export function noise2(x: number, y: number): number {
  const xi = Math.floor(x);
  const yi = Math.floor(y);
  x -= xi;
  y -= yi;
  const u = x * x * (3 - 2 * x);
  const v = y * y * (3 - 2 * y);
  const j = yi & 255;
  const j1 = (j + 1) & 255;
  const left = permutation[xi & 255];
  const right = permutation[(xi + 1) & 255];
  const up = values[permutation[left + j]] * (1 - u) + values[permutation[right + j]] * u;
  const down = values[permutation[left + j1]] * (1 - u) + values[permutation[right + j1]] * u;
  return up * (1 - v) + down * v;
}

/** A weighted mean of `octaves` noises, each of twice the frequency and `gain` times the weight of the one before; in [0, 1]. */
export function fbm(x: number, y: number, z: number, octaves: number, gain = 0.5): number {
  let sum = 0;
  let weight = 1;
  let total = 0;
  for (let k = 0; k < octaves; k++) {
    // Shifted, because all lattices share the point 0.
    sum += weight * noise(x + 17.3 * k, y + 31.7 * k, z + 47.1 * k);
    total += weight;
    weight *= gain;
    x *= 2;
    y *= 2;
    z *= 2;
  }
  return sum / total;
}

/** {@link fbm} over the plane. */
export function fbm2(x: number, y: number, octaves: number, gain = 0.5): number {
  let sum = 0;
  let weight = 1;
  let total = 0;
  for (let k = 0; k < octaves; k++) {
    sum += weight * noise2(x + 17.3 * k, y + 31.7 * k);
    total += weight;
    weight *= gain;
    x *= 2;
    y *= 2;
  }
  return sum / total;
}

export const mix = (a: number, b: number, t: number): number => a + t * (b - a);
export const clamp = (x: number, low = 0, high = 1): number => (x < low ? low : x > high ? high : x);
/** A cubic step from 0 at 0 to 1 at 1. */
export const smooth = (t: number): number => (t <= 0 ? 0 : t >= 1 ? 1 : t * t * (3 - 2 * t));
