import type { StoredTensor } from "../checkpoint/safetensors.ts";
import { gradients } from "../graph/autodiff.ts";
import { toOnnx } from "../graph/onnx.ts";
import { createProgram, type Program, type ProgramOptions } from "../graph/program.ts";
import { elementCount, type Tensor, type Values } from "../graph/tensor.ts";
import type { Variables } from "../graph/variables.ts";
import { type AdamOptions, adamStep, type Moments } from "./adam.ts";
import { clipFactor, gradientNorm } from "./gradient-norm.ts";

/** What a learner minimises and what it reports. */
export interface Objective {
  /** The variables to be trained. */
  readonly variables: Variables;
  /** One number. */
  readonly loss: Tensor;
  /** Further numbers to report, by name. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** Further tensors to return, by name: pictures, or what another learner needs. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
}

export interface LearnerOptions extends ProgramOptions {
  readonly adam?: AdamOptions;
  /** Largest norm of all gradients together; larger ones are scaled down. */
  readonly clipNorm?: number;
  /** Decay of an exponential moving average of weights and running statistics; no average when absent. */
  readonly average?: number;
  /** Seed of the initial weights. */
  readonly seed?: number;
}

/** Feeds of one run, by input name. */
export type Batch = Readonly<Record<string, Values>>;

export interface StepResult {
  /** The loss, the metrics and the norm of the gradients (`gradient`) before clipping; means over the batches. */
  readonly metrics: Record<string, number>;
  /** The outputs of the last batch. */
  readonly outputs: Record<string, Values>;
}

/** The loss or a gradient is not a number any more. Nothing was changed by the step. */
export class NonFiniteError extends Error {
  override name = "NonFiniteError";
}

/** One network in training: its values, their moments and average, and the graph of its step. */
export interface Learner {
  /** Current weights and running statistics, by name; changed in place. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** The averaged weights and statistics, which belong together; the current ones where no average is kept. */
  readonly averaged: ReadonlyMap<string, Float32Array>;
  /** Steps taken. */
  readonly time: number;
  readonly program: Program;
  /**
   * One step on the mean gradient of some batches.
   * @param others values of further inputs that stay as they are: another network's weights
   * @throws NonFiniteError
   */
  step(
    batches: readonly Batch[],
    learningRate: number,
    others?: ReadonlyMap<string, Float32Array>,
  ): Promise<StepResult>;
  /** Everything that a later run needs to go on exactly here, under names that begin with `prefix`. */
  save(prefix: string): Map<string, StoredTensor>;
  /** Takes over what {@link save} gave. Names and shapes must have been compared before. */
  load(stored: ReadonlyMap<string, StoredTensor>, prefix: string): void;
  dispose(): Promise<void>;
}

/** Builds the graph of loss, gradients and statistics, and fresh weights. */
export async function createLearner(objective: Objective, options: LearnerOptions = {}): Promise<Learner> {
  const { variables, loss, metrics = {}, outputs = {} } = objective;
  const { adam, clipNorm, average, seed = 0 } = options;
  const weights = variables.weights;
  const gradientsOf = gradients(
    loss,
    weights.map((w) => w.tensor),
  );
  const program = await createProgram(
    toOnnx({
      loss,
      ...prefixed("metric/", metrics),
      ...prefixed("output/", outputs),
      ...prefixed("update/", Object.fromEntries(variables.updates)),
      ...Object.fromEntries(weights.map((w, i) => [`gradient/${w.name}`, gradientsOf[i]])),
    }),
    options,
  );

  const values = variables.initialize(seed);
  const zeros = () => new Map(weights.map((w) => [w.name, new Float32Array(elementCount(w.tensor.shape))]));
  const fetched = zeros();
  const fetches = Object.fromEntries([...fetched].map(([name, array]) => [`gradient/${name}`, array]));
  let summed: Map<string, Float32Array> | null = null;
  const moments = new Map<string, Moments>();
  const [first, second] = [zeros(), zeros()];
  for (const { name } of weights) moments.set(name, { first: first.get(name)!, second: second.get(name)! });
  const averages =
    average === undefined ? null : new Map([...values].map(([name, array]) => [name, Float32Array.from(array)]));
  const averaged = averages ?? values;
  let time = 0;

  async function accumulate(batches: readonly Batch[], others: ReadonlyMap<string, Float32Array>) {
    const totals: Record<string, number> = {};
    let last: Record<string, Values> = {};
    summed ??= batches.length > 1 ? zeros() : null;
    if (batches.length > 1) for (const array of summed!.values()) array.fill(0);
    const statistics = new Map<string, Float32Array>();
    for (const batch of batches) {
      const feeds = Object.fromEntries([...values, ...others, ...statistics]);
      last = await program.run({ ...feeds, ...batch }, fetches);
      for (const name of ["loss", ...Object.keys(metrics).map((m) => `metric/${m}`)])
        totals[name] = (totals[name] ?? 0) + Number(last[name][0]) / batches.length;
      for (const name of variables.updates.keys()) statistics.set(name, last[`update/${name}`] as Float32Array);
      if (batches.length > 1)
        for (const [name, array] of fetched) {
          const sum = summed!.get(name)!;
          for (let i = 0; i < sum.length; i++) sum[i] += array[i] / batches.length;
        }
    }
    return { totals, statistics, last, mean: batches.length > 1 ? summed! : fetched };
  }

  return {
    values,
    averaged,
    program,
    get time() {
      return time;
    },
    async step(batches, learningRate, others = new Map()) {
      const { totals, statistics, last, mean } = await accumulate(batches, others);
      const norm = gradientNorm(mean.values());
      const bad = Object.entries(totals).find(([, value]) => !Number.isFinite(value));
      if (bad) throw new NonFiniteError(`${bad[0].replace("metric/", "the metric ")} became ${bad[1]}`);
      if (!Number.isFinite(norm)) throw new NonFiniteError(`the norm of the gradients became ${norm}`);

      time++;
      const scale = clipNorm === undefined ? 1 : clipFactor(norm, clipNorm);
      for (const { name } of weights)
        adamStep(values.get(name)!, mean.get(name)!, moments.get(name)!, learningRate, time, scale, adam);
      for (const [name, array] of statistics) values.get(name)!.set(array);
      if (averages) {
        // A young average forgets faster, or the random start would linger.
        const decay = Math.min(average!, time / (time + 10));
        for (const [name, target] of averages) {
          const now = values.get(name)!;
          for (let i = 0; i < target.length; i++) target[i] += (1 - decay) * (now[i] - target[i]);
        }
      }
      const named = Object.entries(totals).map(([name, value]) => [name.replace("metric/", ""), value]);
      return {
        metrics: { ...Object.fromEntries(named), gradient: norm },
        outputs: Object.fromEntries(Object.keys(outputs).map((name) => [name, last[`output/${name}`]])),
      };
    },
    save(prefix) {
      const stored = new Map<string, StoredTensor>();
      for (const { name, tensor, trained } of variables.all) {
        const put = (kind: string, array: Float32Array) =>
          stored.set(`${prefix}${kind}/${name}`, { shape: tensor.shape, values: array });
        put("value", values.get(name)!);
        if (averages) put("average", averages.get(name)!);
        if (!trained) continue;
        put("first", moments.get(name)!.first);
        put("second", moments.get(name)!.second);
      }
      stored.set(`${prefix}time`, { shape: [1], values: Int32Array.of(time) });
      return stored;
    },
    load(stored, prefix) {
      const take = (key: string, into: Float32Array) =>
        into.set(storedAt(stored, prefix + key)!.values as Float32Array);
      for (const { name, trained } of variables.all) {
        take(`value/${name}`, values.get(name)!);
        if (averages) take(`average/${name}`, averages.get(name)!);
        if (!trained) continue;
        take(`first/${name}`, moments.get(name)!.first);
        take(`second/${name}`, moments.get(name)!.second);
      }
      time = Number(stored.get(`${prefix}time`)!.values[0]);
    },
    dispose: () => program.dispose(),
  };
}

/** What a checkpoint holds under a name; where no average was kept yet, the value itself begins one. */
export const storedAt = (stored: ReadonlyMap<string, StoredTensor>, name: string): StoredTensor | undefined =>
  stored.get(name) ?? stored.get(name.replace("/average/", "/value/"));

const prefixed = (prefix: string, tensors: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [prefix + name, t]));
