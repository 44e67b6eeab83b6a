import { copyFile, link, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { show } from "../graph/tensor.ts";
import { type Learner, storedAt } from "../optim/learner.ts";
import { writeAtomic } from "./atomic.ts";
import { decodeSafeTensors, encodeSafeTensors, type StoredTensor } from "./safetensors.ts";

/** Where a run stands, beside its tensors. */
export interface Progress {
  /** Steps done; the next batch is number step · accumulate. Random numbers depend on seed and position alone. */
  readonly step: number;
  readonly seed: number;
  /** Lowest validation loss so far. */
  readonly best: number | null;
}

type Learners = Readonly<Record<string, Learner>>;

const pattern = /^step-(\d+)\.safetensors$/;
const fileName = (step: number): string => `step-${String(step).padStart(8, "0")}.safetensors`;

/** Steps of the checkpoints in a folder, ascending. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export interface SaveOptions {
  readonly folder: string;
  /** How many to keep, the newest. */
  readonly keep: number;
  /** Whether this is the best one so far; it is kept as `best.safetensors` too. */
  readonly isBest: boolean;
}

/**
 * Saves weights, statistics, moments, averages and progress. Older checkpoints go only after the new one is complete.
 * @throws if it cannot be written; what was saved before stays
 */
export async function saveCheckpoint(learners: Learners, progress: Progress, options: SaveOptions): Promise<string> {
  const { folder, keep, isBest } = options;
  await mkdir(folder, { recursive: true });
  const tensors = new Map<string, StoredTensor>();
  for (const [name, learner] of Object.entries(learners))
    for (const [key, tensor] of learner.save(`${name}/`)) tensors.set(key, tensor);
  const path = join(folder, fileName(progress.step));
  try {
    await writeAtomic(path, encodeSafeTensors({ tensors, metadata: { progress: JSON.stringify(progress) } }));
    if (isBest) await linkOrCopy(path, join(folder, "best.safetensors"));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOSPC" ? "the disk is full" : message;
    throw new Error(`The checkpoint of step ${progress.step} was not saved: ${reason}. Earlier ones are untouched.`, {
      cause: error,
    });
  }
  const steps = await listCheckpoints(folder);
  for (const old of steps.slice(0, -keep)) if (old !== progress.step) await rm(join(folder, fileName(old)));
  return path;
}

/** A second name for the same file costs nothing; where that is not possible, a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  const temporary = `${to}.${process.pid}.tmp`;
  try {
    await link(from, temporary).catch(() => copyFile(from, temporary));
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Loads a checkpoint into learners of the same architecture.
 * @throws naming the tensors that differ, if it is of another architecture; nothing is changed then
 */
export async function loadCheckpoint(path: string, learners: Learners): Promise<Progress> {
  const { tensors, metadata } = decodeSafeTensors(await readFile(path), path);
  const problems: string[] = [];
  const expected = new Set<string>();
  for (const [name, learner] of Object.entries(learners))
    for (const [key, { shape }] of learner.save(`${name}/`)) {
      expected.add(key);
      const found = storedAt(tensors, key);
      if (!found) problems.push(`${key} is missing`);
      else if (show(found.shape) !== show(shape))
        problems.push(`${key} has shape ${show(found.shape)} instead of ${show(shape)}`);
    }
  for (const key of tensors.keys()) if (!expected.has(key)) problems.push(`${key} is not part of the network`);
  if (problems.length > 0) {
    const more = problems.length > 10 ? `\n  and ${problems.length - 10} more` : "";
    throw new Error(`${path} is of another architecture:\n  ${problems.slice(0, 10).join("\n  ")}${more}`);
  }
  for (const [name, learner] of Object.entries(learners)) learner.load(tensors, `${name}/`);
  return JSON.parse(metadata.progress) as Progress;
}

/** The newest checkpoint's path, or null. */
export async function newestCheckpoint(folder: string): Promise<string | null> {
  const step = (await listCheckpoints(folder)).at(-1);
  return step === undefined ? null : join(folder, fileName(step));
}
