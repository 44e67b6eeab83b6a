/** Random numbers that depend on a seed and a name alone: the same on every machine, in any order of use. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** In 0 … below − 1. */
  integer(below: number): number;
  /** In [low, high). */
  range(low: number, high: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the items, each as likely as its weight says; all alike without weights. */
  pick<T>(items: readonly T[], weights?: readonly number[]): T;
}

/** A generator for one purpose: its stream is independent of those of other names. (xoshiro128**, Blackman and Vigna 2018) */
export function random(seed: number, ...names: readonly (string | number)[]): Random {
  let hash = 2166136261 ^ seed;
  for (const character of names.join("/")) hash = Math.imul(hash ^ character.codePointAt(0)!, 16777619);
  const next = () => {
    // SplitMix32 fills the state.
    hash = (hash + 0x9e3779b9) | 0;
    let z = hash;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
  let [a, b, c, d] = [next(), next(), next(), next() | 1];
  const rotate = (x: number, k: number) => (x << k) | (x >>> (32 - k));
  const uniform = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result / 2 ** 32;
  };
  return {
    uniform,
    // Box–Muller, one of the pair.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (below) => Math.floor(uniform() * below),
    range: (low, high) => low + (high - low) * uniform(),
    chance: (probability) => uniform() < probability,
    pick: (items, weights) => {
      if (!weights) return items[Math.floor(uniform() * items.length)];
      let left = uniform() * weights.reduce((sum, w) => sum + w, 0);
      for (let i = 0; i < items.length; i++) {
        left -= weights[i];
        if (left < 0) return items[i];
      }
      return items[items.length - 1];
    },
  };
}

/** 0 … count − 1 in random order (Fisher–Yates). */
export function shuffled(count: number, source: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = source.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
