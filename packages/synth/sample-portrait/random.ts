import { hash, mix } from "../src/noise.ts";

/** A stream of numbers in [0, 1) fixed by its seed (Mulberry32, T. Ettinger 2017, public domain). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Smooth noise in [0, 1] over space: hashed values on the whole-number lattice, joined by cubic steps. */
export function noise(x: number, y: number, z: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const k = Math.floor(z);
  const u = smooth(x - i);
  const v = smooth(y - j);
  const w = smooth(z - k);
  // Written out: this is called many million times.
  const a = mix(hash(i, j, k), hash(i + 1, j, k), u);
  const b = mix(hash(i, j + 1, k), hash(i + 1, j + 1, k), u);
  const c = mix(hash(i, j, k + 1), hash(i + 1, j, k + 1), u);
  const d = mix(hash(i, j + 1, k + 1), hash(i + 1, j + 1, k + 1), u);
  return mix(mix(a, b, v), mix(c, d, v), w);
}

const smooth = (t: number) => t * t * (3 - 2 * t);
