/** Deterministic uniform numbers in [min, max): mulberry32. */
export function randomNumbers(seed: number, count: number, min = -1, max = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return min + ((max - min) * ((t ^ (t >>> 14)) >>> 0)) / 2 ** 32;
  });
}
