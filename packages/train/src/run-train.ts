import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Presets, SingleBar } from "cli-progress";
import { newestCheckpoint } from "./checkpoint/checkpoints.ts";
import { ConfigError, parseConfig, type TrainConfig } from "./config.ts";
import { createLoader } from "./data/loader.ts";
import { addToBundle, readNetworkValues } from "./export/bundle.ts";
import { exportNetwork } from "./export/export.ts";
import { train } from "./loop/train.ts";
import { createTrainer, inferenceGraph, taskFields } from "./tasks/index.ts";

const usage = `cameo train <face|depth|refine|parse> --config FILE [--set FIELD=VALUE]… [--dry-run | --resume | --export DIR]

  --config FILE  the run, as JSON (docs/training.md lists all fields)
  --set F=V      another value of a field than in the file, as often as need be: --set losses.landmarks=0
  --dry-run      build the networks, print parameters, memory and time of a step, train nothing
  --resume       go on from the newest checkpoint of the run's folder
  --export DIR   write the best (else the newest) weights as an inference model into a bundle's folder
  --storage KIND float32, float16 or int8 weights in the exported model (default float16)`;

const tasks = ["face", "depth", "refine", "parse"];

/** 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C (after saving). */
export type TrainStatus = 0 | 1 | 2 | 130;

/** Where messages go; tests collect them. */
export interface Output {
  write(text: string): void;
}

/**
 * The command `cameo train`.
 * @param argv arguments after `train`
 * @returns the exit code
 */
export async function runTrain(
  argv: readonly string[],
  out: Output = process.stdout,
  errors: Output = process.stderr,
): Promise<TrainStatus> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: "string" },
        set: { type: "string", multiple: true, default: [] },
        "dry-run": { type: "boolean" },
        resume: { type: "boolean" },
        export: { type: "string" },
        storage: { type: "string", default: "float16" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      out.write(`${usage}\n`);
      return 0;
    }
    const [task] = positionals;
    if (positionals.length !== 1 || !tasks.includes(task) || !values.config) {
      errors.write(`${usage}\n`);
      return 2;
    }
    const config = await readConfig(values.config, task, values.set);
    if (values["dry-run"]) return await dryRun(config, out);
    if (values.export) return await exportRun(config, values.export, values.storage, out);
    return await run(config, values.resume === true, out);
  } catch (error) {
    const wrongUse = error instanceof ConfigError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    errors.write(`${(error as Error).message}\n`);
    return wrongUse ? 2 : 1;
  }
}

async function readConfig(path: string, task: string, changes: readonly string[]): Promise<TrainConfig> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new ConfigError(`The configuration ${path} cannot be read.`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`The configuration ${path} is not JSON: ${(error as Error).message}.`);
  }
  const given = (value as { task?: unknown })?.task;
  if (given !== undefined && given !== task)
    throw new ConfigError(`The configuration ${path} is for "${String(given)}", not for "${task}".`);
  if (typeof value !== "object" || value === null) return parseConfig(value, `configuration ${path}`);
  return parseConfig(changes.reduce(withChange, { ...value, task }), `configuration ${path}`);
}

/** An object with one field, `a.b.c=value`, changed. Values that are no JSON are text. */
function withChange(config: object, change: string): object {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(change) ?? [];
  if (path === undefined) throw new ConfigError(`--set: expected FIELD=VALUE, not "${change}".`);
  return withField(config, path.split("."), jsonOrText(text));
}

function withField(inside: unknown, [name, ...deeper]: readonly string[], value: unknown): object {
  const fields: Record<string, unknown> = typeof inside === "object" ? { ...inside } : {};
  return { ...fields, [name]: deeper.length > 0 ? withField(fields[name], deeper, value) : value };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function run(config: TrainConfig, resume: boolean, out: Output): Promise<TrainStatus> {
  const stop = new AbortController();
  const onInterrupt = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    out.write("\nSaving after this step; press Ctrl-C again to leave at once.\n");
  };
  process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
  const bar = new SingleBar(
    {
      format: "{bar} step {value}/{total} | loss {loss} | {speed} samples/s | {eta_formatted} left",
      noTTYOutput: false,
      hideCursor: true,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  const terminal = process.stdout.isTTY === true;
  try {
    const result = await train(config, {
      resume,
      signal: stop.signal,
      onStart: (step, total) => {
        out.write(`${config.task}: step ${step} of ${total}, results in ${config.out}\n`);
        if (terminal) bar.start(total, step, { loss: "-", speed: "-" });
      },
      onStep: (step, metrics, speed) => {
        const shown = { loss: metrics.loss.toPrecision(4), speed: speed.toFixed(1) };
        if (terminal) bar.update(step, shown);
        else if (step % config.logEvery === 0) {
          const left = ((config.steps - step) * config.batch * config.accumulate) / speed;
          out.write(`step ${step} loss ${shown.loss} ${shown.speed} samples/s, ${duration(left)} left\n`);
        }
      },
    });
    bar.stop();
    const best = result.best === null ? "" : `, lowest validation loss ${result.best.toPrecision(4)}`;
    out.write(`${result.finished ? "Done" : "Stopped"} after step ${result.step}${best}. ${result.checkpoint}\n`);
    return result.finished ? 0 : 130;
  } finally {
    bar.stop();
    process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
  }
}

/** Writes the result of a run as an inference model for one picture. */
async function exportRun(config: TrainConfig, folder: string, storage: string, out: Output): Promise<TrainStatus> {
  if (storage !== "float32" && storage !== "float16" && storage !== "int8")
    throw new ConfigError(`--storage: expected float32, float16 or int8, not "${storage}".`);
  const checkpoints = join(config.out, "checkpoints");
  const best = join(checkpoints, "best.safetensors");
  const path = existsSync(best) ? best : await newestCheckpoint(checkpoints);
  if (!path) throw new Error(`${checkpoints} holds no checkpoint to export.`);
  const graph = inferenceGraph(config, 1);
  const { model, difference } = await exportNetwork(graph, await readNetworkValues(path, graph), storage);
  const about = { name: config.task, licence: "your own", source: `cameo train ${config.task}, seed ${config.seed}` };
  const entry = await addToBundle(folder, model, about);
  out.write(`${join(folder, entry.file)}: ${(entry.bytes / 1e6).toFixed(2)} MB, weights as ${storage}, from ${path}\n`);
  out.write(`output difference: ${difference.largest.toExponential(2)} at most, `);
  out.write(`${difference.relative.toExponential(2)} relative\n`);
  return 0;
}

/** Builds everything, takes a few steps on real data without saving anything, and says what a run would cost. */
async function dryRun(config: TrainConfig, out: Output): Promise<TrainStatus> {
  const fields = taskFields(config);
  const { data: spec, size, batch: batchSize, seed } = config;
  const loader = await createLoader({ spec, fields, size, batchSize, seed, workers: 0 });
  const trainer = await createTrainer(config);
  for (const [name, { program, values }] of Object.entries(trainer.learners)) {
    const count = [...values.values()].reduce((n, v) => n + v.length, 0);
    const megabytes = (count * 4 * (config.average === undefined ? 4 : 5)) / 1e6;
    out.write(
      `${name}: ${(count / 1e6).toFixed(2)} M values in ${values.size} tensors, graph of ${program.model.nodeCount} nodes, ` +
        `${megabytes.toFixed(0)} MB for weights, gradients, moments${config.average === undefined ? "" : ", average"}\n`,
    );
  }
  out.write(
    `data: ${loader.count} samples, ${((config.steps * config.accumulate * batchSize) / loader.count).toFixed(1)} epochs\n`,
  );
  const times: number[] = [];
  for (let i = 0; i < 4; i++) {
    const batches = [];
    for (let j = 0; j < config.accumulate; j++) batches.push(await loader.batch(j));
    const before = performance.now();
    await trainer.step(batches, 0);
    times.push(performance.now() - before);
  }
  // The first step warms up.
  const step = Math.min(...times.slice(1));
  out.write(`step: ${step.toFixed(0)} ms, ${((1000 * batchSize * config.accumulate) / step).toFixed(1)} samples/s; `);
  out.write(`${config.steps} steps: ${duration((step * config.steps) / 1000)}\n`);
  out.write(`memory: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB at most so far\n`);
  await Promise.all([trainer.dispose(), loader.close()]);
  return 0;
}

const duration = (seconds: number): string =>
  seconds < 3600 ? `${(seconds / 60).toFixed(1)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;
