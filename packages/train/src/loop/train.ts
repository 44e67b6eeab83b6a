import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { writeAtomic } from "../checkpoint/atomic.ts";
import { loadCheckpoint, newestCheckpoint, type Progress, saveCheckpoint } from "../checkpoint/checkpoints.ts";
import { encodeSafeTensors } from "../checkpoint/safetensors.ts";
import type { TrainConfig } from "../config.ts";
import { createLoader, type Loader } from "../data/loader.ts";
import { type Batch, NonFiniteError } from "../optim/learner.ts";
import { learningRate } from "../optim/schedule.ts";
import { createTrainer, taskFields } from "../tasks/index.ts";
import type { Trainer } from "../tasks/task.ts";
import { curvesSvg } from "./curves.ts";
import { MetricsFile } from "./metrics.ts";

export interface TrainOptions {
  /** Go on from the newest checkpoint of the run's folder. */
  readonly resume?: boolean;
  /** When it fires, the run saves a checkpoint after the step at hand and ends. */
  readonly signal?: AbortSignal;
  readonly onStart?: (start: number, total: number) => void;
  /** Called after each step. */
  readonly onStep?: (step: number, metrics: Readonly<Record<string, number>>, samplesPerSecond: number) => void;
}

export interface TrainResult {
  /** Steps done in all. */
  readonly step: number;
  readonly finished: boolean;
  /** The checkpoint that holds the result. */
  readonly checkpoint: string;
  /** Lowest validation loss, when there is validation data. */
  readonly best: number | null;
}

/**
 * Runs a training to its end, or until it is told to stop. Leaves in `config.out`: `config.json`, `metrics.jsonl`,
 * `curves.svg`, `samples/`, `checkpoints/`. The result depends on the configuration alone, not on interruptions.
 * @throws if data or checkpoints do not fit, if there is already a run and `resume` is not set, or on a loss that is
 *   not a number (the batch is saved for inspection)
 */
export async function train(config: TrainConfig, options: TrainOptions = {}): Promise<TrainResult> {
  const { resume = false, signal } = options;
  const folder = join(config.out, "checkpoints");
  const newest = await newestCheckpoint(folder);
  if (newest && !resume)
    throw new Error(`${config.out} already holds a run. Give --resume to go on with it, or another folder as "out".`);
  if (!newest && resume) throw new Error(`${folder} holds no checkpoint to resume from.`);

  const fields = taskFields(config);
  const load = (spec: TrainConfig["data"], seed: number, workers: number) =>
    createLoader({ spec, fields, size: config.size, batchSize: config.batch, seed, workers });
  const loader = await load(config.data, config.seed, config.workers);
  const validation = config.validation ? await load(config.validation, 0, 0) : null;
  let trainer: Trainer | null = null;
  try {
    trainer = await createTrainer(config);
    let progress: Progress = { step: 0, seed: config.seed, best: null };
    if (newest) {
      progress = await loadCheckpoint(newest, trainer.learners);
      if (progress.seed !== config.seed)
        throw new Error(`seed: the run was started with ${progress.seed}; it cannot go on with ${config.seed}.`);
    } else if (config.from) await loadCheckpoint(config.from, trainer.learners);
    await mkdir(join(config.out, "samples"), { recursive: true });
    await writeFile(join(config.out, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
    const metrics = await MetricsFile.open(join(config.out, "metrics.jsonl"), progress.step);
    return await loop(config, trainer, loader, validation, metrics, progress, newest, folder, options, signal);
  } finally {
    await Promise.all([loader.close(), validation?.close(), trainer?.dispose()]);
  }
}

async function loop(
  config: TrainConfig,
  trainer: Trainer,
  loader: Loader,
  validation: Loader | null,
  metrics: MetricsFile,
  start: Progress,
  newest: string | null,
  folder: string,
  options: TrainOptions,
  signal?: AbortSignal,
): Promise<TrainResult> {
  const { steps, accumulate, batch: batchSize } = config;
  let { step, best } = start;
  let saved = newest;
  let savedStep = newest ? step : -1;
  options.onStart?.(step, steps);
  const clock = new Throughput();
  const save = async () => {
    let isBest = false;
    if (validation) {
      const found = await validate(config, trainer, validation);
      await metrics.add({ step, ...prefixed("validation/", found) });
      isBest = best === null || found.loss < best;
      if (isBest) best = found.loss;
    }
    const progress = { step, seed: config.seed, best };
    saved = await saveCheckpoint(trainer.learners, progress, { folder, keep: config.keep, isBest });
    savedStep = step;
    await writeFile(join(config.out, "curves.svg"), curvesSvg(metrics.lines));
  };
  while (step < steps && !signal?.aborted) {
    const batches: Batch[] = [];
    for (let i = 0; i < accumulate; i++) batches.push(await loader.batch(step * accumulate + i));
    const rate = learningRate(config.rate, config.schedule, step, steps);
    const result = await trainer.step(batches, rate).catch(async (error) => {
      if (error instanceof NonFiniteError) await saveForInspection(config, step, batches, error);
      throw error;
    });
    step++;
    const perSecond = clock.add(batchSize * accumulate);
    options.onStep?.(step, result.metrics, perSecond);

    const last = step === steps;
    if (step % config.logEvery === 0 || last)
      await metrics.add({ step, ...result.metrics, rate, samplesPerSecond: round(perSecond) });
    if (step % config.sampleEvery === 0 || last) await saveSample(config, trainer, step, batches[0]);
    if (step % config.checkpointEvery === 0 || last) await save();
  }
  if (savedStep !== step) await save();
  return { step, finished: step >= steps, checkpoint: saved!, best };
}

/** Mean metrics over the validation samples, in whole batches. */
async function validate(config: TrainConfig, trainer: Trainer, loader: Loader): Promise<Record<string, number>> {
  const wanted = Math.min(config.validationSamples, loader.count);
  const count = Math.max(1, Math.floor(wanted / config.batch));
  const totals: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const { metrics } = await trainer.evaluate(await loader.batch(i), false);
    for (const [name, value] of Object.entries(metrics)) totals[name] = (totals[name] ?? 0) + value / count;
  }
  return totals;
}

async function saveSample(config: TrainConfig, trainer: Trainer, step: number, batch: Batch): Promise<void> {
  const { picture } = await trainer.evaluate(batch, true);
  if (!picture) return;
  const { width, height, data } = picture;
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  await writeFile(join(config.out, "samples", `step-${String(step).padStart(8, "0")}.png`), png);
}

/** Keeps what a failed step was fed, and says where. */
async function saveForInspection(config: TrainConfig, step: number, batches: readonly Batch[], error: Error) {
  const path = join(config.out, `failed-step-${step + 1}.safetensors`);
  const tensors = new Map(
    batches.flatMap((batch, i) =>
      Object.entries(batch).map(([name, values]) => [`${i}/${name}`, { shape: [values.length], values }] as const),
    ),
  );
  await writeAtomic(path, encodeSafeTensors({ tensors, metadata: { step: String(step + 1) } }));
  error.message = `Step ${step + 1}: ${error.message}. Its data is in ${path}; the weights before it are in the last checkpoint. A lower "rate" or a "clipNorm" often helps.`;
}

/** Samples per second over the last few steps. */
class Throughput {
  readonly #times: { at: number; samples: number }[] = [{ at: performance.now(), samples: 0 }];

  add(samples: number): number {
    this.#times.push({ at: performance.now(), samples });
    if (this.#times.length > 20) this.#times.shift();
    const seconds = (this.#times.at(-1)!.at - this.#times[0].at) / 1000;
    return this.#times.slice(1).reduce((n, t) => n + t.samples, 0) / Math.max(seconds, 1e-9);
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;

const prefixed = (prefix: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
