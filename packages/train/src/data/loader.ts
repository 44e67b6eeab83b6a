import { startThreads } from "@cameo/synth";
import type { Batch } from "../optim/learner.ts";
import { batchIndices, readBatch } from "./batches.ts";
import { type Fields, openSource, type SourceSpec } from "./source.ts";

export interface LoaderOptions {
  readonly spec: SourceSpec;
  readonly fields: Fields;
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Threads that read; 0 reads in this thread. */
  readonly workers: number;
  /** Batches read ahead. */
  readonly ahead?: number;
}

/** What a reading thread starts with. */
export type ReaderData = Pick<LoaderOptions, "spec" | "fields" | "size">;

/** Gives numbered batches. Those that follow the one asked for are read ahead. */
export interface Loader {
  /** Number of samples in the source. */
  readonly count: number;
  batch(number: number): Promise<Batch>;
  close(): Promise<void>;
}

/** Opens a source for reading by batches, in worker threads. @throws if the source cannot be opened */
export async function createLoader(options: LoaderOptions): Promise<Loader> {
  const { spec, fields, size, batchSize, seed, workers, ahead = 2 * Math.max(1, workers) } = options;
  const source = await openSource(spec, fields, size);
  const indices = (number: number) => batchIndices(source, batchSize, seed, number);
  const data: ReaderData = { spec, fields, size };
  const threads =
    workers > 0
      ? startThreads<readonly number[], Batch>({ module: "./worker", from: import.meta.url, count: workers, data })
      : null;
  const pending = new Map<number, Promise<Batch>>();
  const start = (number: number) => {
    const known = pending.get(number);
    if (known) return known;
    const reading = threads ? threads.ask(indices(number)) : readBatch(source, indices(number), fields, size);
    // Errors surface where the batch is asked for.
    reading.catch(() => {});
    pending.set(number, reading);
    return reading;
  };
  return {
    count: source.count,
    async batch(number) {
      const wanted = start(number);
      if (threads) for (let next = number + 1; next <= number + ahead; next++) start(next);
      for (const old of pending.keys()) if (old < number || old > number + ahead) pending.delete(old);
      const result = await wanted;
      pending.delete(number);
      return result;
    },
    close: async () => {
      await threads?.close();
    },
  };
}
