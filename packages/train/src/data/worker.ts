import { parentPort, workerData } from "node:worker_threads";
import { readBatch } from "./batches.ts";
import { type Fields, openSource, type SourceSpec } from "./source.ts";

/** A thread that reads batches: gets { id, indices }, answers { id, batch } or { id, error }. */
const { spec, fields, size } = workerData as { spec: SourceSpec; fields: Fields; size: number };
const source = openSource(spec, fields, size);

parentPort!.on("message", async ({ id, indices }: { id: number; indices: number[] }) => {
  try {
    const batch = await readBatch(await source, indices, fields, size);
    const buffers = Object.values(batch).map((values) => values.buffer as ArrayBuffer);
    parentPort!.postMessage({ id, batch }, buffers);
  } catch (error) {
    parentPort!.postMessage({ id, error: (error as Error).message });
  }
});
