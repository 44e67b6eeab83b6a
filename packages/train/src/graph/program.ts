import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Model } from "./onnx.ts";
import { type DType, elementCount, show, type Values } from "./tensor.ts";

/** Where a graph runs: the CPU, a GPU through WebGPU (Vulkan, Metal, Direct3D), or an NVIDIA GPU through CUDA. */
export type Provider = "cpu" | "webgpu" | "cuda";

export interface ProgramOptions {
  readonly provider?: Provider;
  /** Threads of one operator; the number of cores when absent. */
  readonly threads?: number;
  /** Weights are stored in the model and bits may differ between machines: the runtime may lay them out as it likes. */
  readonly inference?: boolean;
}

/** A graph ready to run. */
export interface Program {
  readonly model: Model;
  /**
   * Runs the graph.
   * @param feeds values of every input, by name
   * @param out arrays that receive outputs; others are newly allocated
   * @throws if an input is missing or of the wrong size
   */
  run(feeds: Readonly<Record<string, Values>>, out?: Readonly<Record<string, Values>>): Promise<Record<string, Values>>;
  dispose(): Promise<void>;
}

/** Loads a graph into ONNX Runtime. */
export async function createProgram(model: Model, options: ProgramOptions = {}): Promise<Program> {
  const { provider = "cpu", threads, inference = false } = options;
  const session = await InferenceSession.create(model.bytes, {
    executionProviders: [...accelerator(provider, model), "cpu"],
    // Pinned: the level changes the last bits of results, and `all` re-lays constant kernels to no use.
    graphOptimizationLevel: inference ? "all" : "extended",
    // Patterns cost 300 MB in a step of the depth network and save no time.
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(threads ? { intraOpNumThreads: threads } : {}),
    // Spinning threads fight with whatever else runs: 40 % slower on a busy machine, 4 % faster on an idle one.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return {
    model,
    async run(feeds, out = {}) {
      const values: Record<string, OrtTensor> = {};
      for (const [name, { shape, dtype }] of model.inputs) {
        const data = feeds[name];
        if (!data) throw new Error(`run: the input "${name}" is missing`);
        if (data.length !== elementCount(shape))
          throw new Error(`run: the input "${name}" has ${data.length} values instead of shape ${show(shape)}`);
        values[name] = ortTensor(data, shape, dtype);
      }
      const fetches: Record<string, OrtTensor | null> = {};
      for (const [name, { shape, dtype }] of model.outputs)
        fetches[name] = out[name] ? ortTensor(out[name], shape, dtype) : null;
      const results = await session.run(values, fetches);
      return Object.fromEntries(
        [...model.outputs.keys()].map((name) => [name, out[name] ?? (results[name].data as Values)]),
      );
    },
    dispose: () => session.release(),
  };
}

function accelerator(provider: Provider, model: Model): InferenceSession.ExecutionProviderConfig[] {
  if (provider === "cpu") return [];
  // An empty list is an error there.
  if (provider === "cuda" || model.cpuNodes.length === 0) return [provider];
  return [{ name: "webgpu", forceCpuNodeNames: model.cpuNodes }];
}

const ortTensor = (data: Values, shape: readonly number[], dtype: DType): OrtTensor =>
  // biome-ignore lint/suspicious/noExplicitAny: the constructor's overloads list every pair of type and array
  new (OrtTensor as any)(dtype, data, shape);
