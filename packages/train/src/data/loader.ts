import { Worker } from "node:worker_threads";
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
  const { count } = source;
  const indices = (number: number) => batchIndices(count, batchSize, seed, number);
  const pool = Array.from({ length: workers }, () => new ReadingThread({ spec, fields, size }));
  const pending = new Map<number, Promise<Batch>>();
  const start = (number: number) => {
    const known = pending.get(number);
    if (known) return known;
    const reading =
      pool.length > 0
        ? pool[number % pool.length].read(number, indices(number))
        : readBatch(source, indices(number), fields, size);
    // Errors surface where the batch is asked for.
    reading.catch(() => {});
    pending.set(number, reading);
    return reading;
  };
  return {
    count,
    async batch(number) {
      const wanted = start(number);
      if (pool.length > 0) for (let next = number + 1; next <= number + ahead; next++) start(next);
      for (const old of pending.keys()) if (old < number || old > number + ahead) pending.delete(old);
      const result = await wanted;
      pending.delete(number);
      return result;
    },
    close: async () => {
      await Promise.all(pool.map((thread) => thread.close()));
    },
  };
}

/** Run from TypeScript source (tests, tsx), a thread needs a loader before it can read its own file. */
const fromSource = `import("tsx/esm/api").then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL("./worker.ts", import.meta.url).href)});
});`;

class ReadingThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (batch: Batch) => void; reject: (error: Error) => void }>();
  #failure: Error | null = null;

  constructor(workerData: unknown) {
    this.#worker = import.meta.url.endsWith(".ts")
      ? new Worker(fromSource, { eval: true, workerData })
      : new Worker(new URL("./worker.js", import.meta.url), { workerData });
    this.#worker.on("message", ({ id, batch, error }) => {
      const asked = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) asked?.reject(new Error(error));
      else asked?.resolve(batch);
    });
    this.#worker.on("error", (error) => {
      this.#failure = error as Error;
      for (const asked of this.#waiting.values()) asked.reject(this.#failure);
      this.#waiting.clear();
    });
  }

  read(id: number, indices: number[]): Promise<Batch> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, indices });
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
