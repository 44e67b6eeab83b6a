import { InferenceSession, Tensor } from "onnxruntime-node";
import { createOrtSession } from "./ort.ts";
import { createQueue } from "./queue.ts";
import type { CreateSession } from "./runtime.ts";

export interface NodeRuntimeOptions {
  /** Where networks run. `cuda` needs the CUDA libraries of onnxruntime-node, `webgpu` a graphics driver. Default `cpu`. */
  readonly provider?: "cpu" | "cuda" | "webgpu";
  /** Threads of a network. Default: one per physical core. */
  readonly threads?: number;
}

/** Networks in Node, run by onnxruntime-node. Each session runs one input at a time; sessions may run side by side. */
export const nodeRuntime =
  ({ provider = "cpu", threads = 0 }: NodeRuntimeOptions = {}): CreateSession =>
  (model) =>
    createOrtSession(
      { InferenceSession, Tensor },
      model,
      {
        executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
        intraOpNumThreads: threads,
        // Waiting threads would otherwise burn the cores that the rest of the program needs.
        extra: { session: { intra_op: { allow_spinning: "0" } } },
        logSeverityLevel: 3,
      },
      createQueue(),
    );
