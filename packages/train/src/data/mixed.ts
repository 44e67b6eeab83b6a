import { random, shuffled } from "@cameo/synth";
import type { Source } from "./source.ts";

/** A source and the share of samples that are taken from it. */
export interface Part<T> {
  readonly data: T;
  readonly share: number;
}

/** More samples than a run takes: each source goes on for ever in a new order each time. */
const endless = 2 ** 31;

/** Samples of several sources, evenly interleaved by their shares. */
export function mixed(parts: readonly Part<Source>[]): Source {
  const orders = parts.map(() => new Map<number, Uint32Array>());
  return {
    count: endless,
    unrelated: true,
    sample(index) {
      const { part, number } = partOf(
        parts.map(({ share }) => share),
        index,
      );
      const { data } = parts[part];
      if (data.unrelated) return data.sample(number % data.count);
      const epoch = Math.floor(number / data.count);
      const order = orders[part].get(epoch) ?? shuffled(data.count, random(0, "mixed", part, epoch));
      orders[part].set(epoch, order);
      return data.sample(order[number % data.count]);
    },
  };
}

/** Which part gives sample `index`, and how many it has given before. */
export function partOf(shares: readonly number[], index: number): { readonly part: number; readonly number: number } {
  let left = shares.reduce((a, b) => a + b, 0);
  for (let part = 0, i = index; ; part++) {
    const share = shares[part] / left;
    const before = part === shares.length - 1 ? i : Math.floor(i * share);
    if (part === shares.length - 1 || Math.floor((i + 1) * share) > before) return { part, number: before };
    i -= before;
    left -= shares[part];
  }
}
