/** A number in [0, 1) fixed by three whole numbers. */
export function hash(x: number, y: number, z: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(z, 0x1b873593);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** Smooth noise in [0, 1] over space: hashed values on the whole-number lattice, joined by cubic steps. */
export function noise(x: number, y: number, z: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const k = Math.floor(z);
  const u = cubic(x - i);
  const v = cubic(y - j);
  const w = cubic(z - k);
  // Written out: this is called many million times.
  const a = mix(hash(i, j, k), hash(i + 1, j, k), u);
  const b = mix(hash(i, j + 1, k), hash(i + 1, j + 1, k), u);
  const c = mix(hash(i, j, k + 1), hash(i + 1, j, k + 1), u);
  const d = mix(hash(i, j + 1, k + 1), hash(i + 1, j + 1, k + 1), u);
  return mix(mix(a, b, v), mix(c, d, v), w);
}

const cubic = (t: number) => t * t * (3 - 2 * t);

export const mix = (a: number, b: number, t: number): number => a + t * (b - a);
export const clamp = (x: number, low = 0, high = 1): number => (x < low ? low : x > high ? high : x);
