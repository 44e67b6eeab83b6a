import { random, shuffled } from "@cameo/synth";
import type { Batch } from "../optim/learner.ts";
import { type Fields, fieldShape, type Source, singleKind } from "./source.ts";

/**
 * Which samples are in batch `number`: each epoch goes through all samples, in a random order of its own unless they are
 * unrelated anyway. A function of the seed and the number alone, so that a run can go on anywhere.
 */
export function batchIndices(
  { count, unrelated }: Pick<Source, "count" | "unrelated">,
  batchSize: number,
  seed: number,
  number: number,
): number[] {
  const orders = new Map<number, Uint32Array>();
  return Array.from({ length: batchSize }, (_, i) => {
    const position = number * batchSize + i;
    if (unrelated) return position % count;
    const epoch = Math.floor(position / count);
    const order = orders.get(epoch) ?? shuffled(count, random(seed, "order", epoch));
    orders.set(epoch, order);
    return order[position % count];
  });
}

/** Samples one after the other in arrays of one batch. */
export async function readBatch(
  source: Source,
  indices: readonly number[],
  fields: Fields,
  size: number,
): Promise<Batch> {
  const samples = await Promise.all(indices.map((index) => source.sample(index)));
  return Object.fromEntries(
    Object.entries(fields).map(([field, kind]) => {
      const length = fieldShape(kind, size).reduce((a, b) => a * b, 1);
      const all =
        singleKind(kind) === "labels"
          ? new Int32Array(length * indices.length)
          : new Float32Array(length * indices.length);
      samples.forEach((sample, i) => {
        all.set(sample[field], i * length);
      });
      return [field, all];
    }),
  );
}
