import type { InferenceSession } from "onnxruntime-common";
import { createOrtSession } from "./ort.ts";
import { createQueue } from "./queue.ts";
import type { CreateSession } from "./runtime.ts";

export interface WebRuntimeOptions {
  /** Where networks run. Default `wasm`, which every browser has. */
  readonly provider?: "wasm" | "webgpu";
  /** Threads of a network (`wasm`, on cross-origin isolated pages only; 1 elsewhere). Default: half of the cores, at most 4. */
  readonly threads?: number;
  /** URL of the folder with ONNX Runtime's `.wasm` files, when a bundler does not put them beside its script. */
  readonly wasmPaths?: string;
}

/** onnxruntime-web keeps global state: sessions are created and run one at a time, whichever network they belong to. */
const queue = createQueue();

/** Networks in a browser, run by onnxruntime-web, whose script is only loaded when the first network is. */
export const webRuntime =
  ({ provider = "wasm", threads, wasmPaths }: WebRuntimeOptions = {}): CreateSession =>
  async (model) => {
    const ort = provider === "webgpu" ? await import("onnxruntime-web/webgpu") : await import("onnxruntime-web/wasm");
    if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
    ort.env.wasm.numThreads = globalThis.crossOriginIsolated ? (threads ?? 0) : 1;
    const options: InferenceSession.SessionOptions = {
      executionProviders: provider === "webgpu" ? ["webgpu", "wasm"] : ["wasm"],
      logSeverityLevel: 3,
    };
    return createOrtSession(ort, model, options, queue);
  };
