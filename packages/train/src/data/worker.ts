import { serve } from "@cameo/synth";
import type { Batch } from "../optim/learner.ts";
import { readBatch } from "./batches.ts";
import type { ReaderData } from "./loader.ts";
import { openSource } from "./source.ts";

/** A thread that reads batches: gets the numbers of samples, answers with a batch. */
serve<ReaderData, readonly number[], Batch>(async ({ spec, fields, size }) => {
  const source = await openSource(spec, fields, size);
  return async (indices) => {
    const batch = await readBatch(source, indices, fields, size);
    return { answer: batch, transfer: Object.values(batch).map((values) => values.buffer as ArrayBuffer) };
  };
});
