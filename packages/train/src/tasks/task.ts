import type { RgbImage } from "cameo";
import type { TrainConfig } from "../config.ts";
import type { Fields } from "../data/source.ts";
import { toOnnx } from "../graph/onnx.ts";
import { createProgram } from "../graph/program.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { Variables } from "../graph/variables.ts";
import { type Batch, createLearner, type Learner, type LearnerOptions, type StepResult } from "../optim/learner.ts";

/** A named tensor each. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What a run trains and how: built from its configuration by a task. */
export interface Trainer {
  /** The learners by name; the first one is the network that is exported. */
  readonly learners: Readonly<Record<string, Learner>>;
  step(batches: readonly Batch[], rate: number): Promise<StepResult>;
  /** Metrics of the averaged weights in inference mode, `loss` among them, and a picture to look at. */
  evaluate(batch: Batch, wantPicture: boolean): Promise<Evaluation>;
  dispose(): Promise<void>;
}

export interface Evaluation {
  readonly metrics: Record<string, number>;
  readonly picture: RgbImage | null;
}

/** The inference form of a network. */
export interface InferenceGraph {
  /** Name of the learner that trains it. */
  readonly learner: string;
  readonly variables: Variables;
  readonly outputs: Tensors;
}

/** One of the things that can be trained. */
export interface Task<C extends TrainConfig> {
  /** What each sample must have. */
  fields(config: C): Fields;
  create(config: C): Promise<Trainer>;
  /** The network that is exported, for a batch of `count` pictures. */
  network(config: C, count: number): InferenceGraph;
}

/** Options of a learner from a configuration. */
export const learnerOptions = (config: TrainConfig): LearnerOptions => ({
  adam: config.adam,
  clipNorm: config.clipNorm,
  average: config.average,
  seed: config.seed,
  provider: config.provider,
  threads: config.threads,
});

/** Adds to a batch what depends on what the network says of it: what pixels see. */
export interface View {
  see(values: ReadonlyMap<string, Float32Array>, batch: Batch): Promise<Batch>;
  dispose(): Promise<void>;
}

/** A task that trains one network on one loss. */
export interface PlainTask<C extends TrainConfig> {
  /** Pictures in a sample; 1 unless given. */
  views?(config: C): number;
  fields(config: C): Fields;
  /** Input tensors for `count` pictures, by field. */
  inputs(config: C, count: number): Tensors;
  /** @param training whether the network is run as in training */
  view?(config: C, training: boolean): Promise<View> | null;
  predict(config: C, variables: Variables, inputs: Tensors): Tensors;
  score(config: C, predictions: Tensors, inputs: Tensors): { readonly loss: Tensor; readonly metrics: Tensors };
  /** RGB pictures [n, 3, h, w] in [0, 1], side by side in the sample sheet. */
  show(config: C, predictions: Tensors, inputs: Tensors): readonly Tensor[];
}

/** Makes a {@link Task} of functions of the graph. */
export const plainTask = <C extends TrainConfig>(task: PlainTask<C>): Task<C> => ({
  fields: (config) => task.fields(config),
  network(config, count) {
    const variables = new Variables(false);
    return { learner: "network", variables, outputs: task.predict(config, variables, task.inputs(config, count)) };
  },
  async create(config) {
    const variables = new Variables(true);
    const count = config.batch * (task.views?.(config) ?? 1);
    const inputs = task.inputs(config, count);
    const { loss, metrics } = task.score(config, task.predict(config, variables, inputs), inputs);
    const learner = await createLearner({ variables, loss, metrics }, learnerOptions(config));
    const evaluator = await createEvaluator(config, (v) => {
      const given = task.inputs(config, count);
      const predictions = task.predict(config, v, given);
      const scored = task.score(config, predictions, given);
      const shown = task.show(config, predictions, given);
      return { metrics: { loss: scored.loss, ...scored.metrics }, shown };
    });
    const trainingView = (await task.view?.(config, true)) ?? null;
    const view = (await task.view?.(config, false)) ?? null;
    return {
      learners: { network: learner },
      async step(batches, rate) {
        const seen: Batch[] = [];
        for (const batch of batches) seen.push(trainingView ? await trainingView.see(learner.values, batch) : batch);
        return learner.step(seen, rate);
      },
      async evaluate(batch, wantPicture) {
        const seen = view ? await view.see(learner.averaged, batch) : batch;
        return evaluator.run(learner.averaged, seen, wantPicture);
      },
      dispose: async () => {
        await Promise.all([learner, evaluator, trainingView, view].map((part) => part?.dispose()));
      },
    };
  },
});

/** A graph in inference mode that gives metrics and pictures. */
export async function createEvaluator(
  config: TrainConfig,
  build: (variables: Variables) => { readonly metrics: Tensors; readonly shown: readonly Tensor[] },
) {
  const { metrics, shown } = build(new Variables(false));
  const named = Object.fromEntries(Object.entries(metrics).map(([name, t]) => [`metric/${name}`, t]));
  const pictures = Object.fromEntries(shown.map((t, i) => [`shown/${i}`, t]));
  const program = await createProgram(toOnnx({ ...named, ...pictures }), config);
  return {
    async run(values: ReadonlyMap<string, Float32Array>, batch: Batch, wantPicture: boolean): Promise<Evaluation> {
      const result = await program.run({ ...Object.fromEntries(values), ...batch });
      const columns = shown.map((_, i) => result[`shown/${i}`] as Float32Array);
      return {
        metrics: Object.fromEntries(Object.keys(metrics).map((name) => [name, Number(result[`metric/${name}`][0])])),
        picture: wantPicture ? sheet(columns, config.size, Math.min(config.batch, 8)) : null,
      };
    },
    dispose: () => program.dispose(),
  };
}

/** Puts pictures side by side: one row per sample, one column per kind. */
function sheet(columns: readonly Float32Array[], size: number, rows: number): RgbImage {
  const width = columns.length * size;
  const data = new Uint8ClampedArray(width * rows * size * 3);
  columns.forEach((values, column) => {
    for (let row = 0; row < rows; row++)
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++)
          for (let c = 0; c < 3; c++)
            data[((row * size + y) * width + column * size + x) * 3 + c] =
              255 * values[((row * 3 + c) * size + y) * size + x];
  });
  return { width, height: rows * size, data };
}

/** The input tensors of pictures [n, channels, size, size]. */
export const pictureInput = (name: string, config: TrainConfig, count: number, channels: number): Tensor =>
  input(name, [count, channels, config.size, config.size]);
