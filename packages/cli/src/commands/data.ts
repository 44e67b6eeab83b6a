import type { PairsMined, PhotosPrepared } from "@cameo/train";
import { Presets, SingleBar } from "cli-progress";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { ExitStatus } from "../exit.ts";
import {
  addModelsOption,
  addOutputOptions,
  integerBetween,
  numberBetween,
  type RunOptions,
  rotationRange,
} from "../options.ts";
import { checkDirectory } from "../output.ts";

interface PrepareOptions extends Pick<RunOptions, "models" | "threads" | "json" | "verbose"> {
  output: string;
  faces: "largest" | "all";
  minEyeDistance: number;
}

interface PairsOptions extends Pick<RunOptions, "models" | "threads" | "json" | "verbose"> {
  output: string;
  fps: number;
  rotation: readonly [number, number];
  within: number;
  most: number;
}

export function addData(program: Command, context: Context): void {
  const data = program.command("data").summary("prepare data for training").description("Prepares data for training.");
  addPrepare(data, context);
  addPairs(data, context);
}

function addPrepare(data: Command, context: Context): void {
  const command = data
    .command("prepare")
    .summary("cut the faces out of a collection of photos")
    .description(
      `Finds, aligns and cuts out the faces of photos, with landmarks and a skin mask of
each, for "cameo train face". Folders are searched with all below them; those of
CelebA, LFW and 300W-LP do as they are. A folder that holds a part already is
completed. Photos that are not used are listed in rejects.jsonl with the reason.`,
    )
    .argument("<photos...>", "photos, or folders of photos")
    .requiredOption("-o, --output <dir>", "folder to write to, made if missing")
    .addOption(
      new Option("--faces <which>", "faces of each photo to use").choices(["largest", "all"]).default("largest"),
    )
    .option(
      "--min-eye-distance <pixels>",
      "smallest face: pixels between the outer corners of its eyes",
      numberBetween(8, 1000),
      32,
    )
    .addHelpText(
      "after",
      `
Examples:
  cameo data prepare holiday/ -o faces
  cameo data prepare CelebA/img_align_celeba lfw -o faces --threads 8`,
    )
    .action((photos: string[], options: PrepareOptions) => prepare(photos, options, context));
  addModelsOption(command);
  command.option("--threads <n>", "threads that work (default: one per core)", integerBetween(1, 256));
  addOutputOptions(command);
}

function addPairs(data: Command, context: Context): void {
  const command = data
    .command("pairs")
    .summary("find pairs of frames in videos of head movements")
    .description(
      `Finds pairs of frames in which one head is turned a little, for "cameo train depth":
close in time, of one person, the hair turned with the head. Videos are read by
ffmpeg. A folder that holds a part already is completed. Frames and pairs that
are not used are counted by reason.`,
    )
    .argument("<videos...>", "videos, or folders of videos")
    .requiredOption("-o, --output <dir>", "folder to write to, made if missing")
    .option("--fps <n>", "frames looked at in a second", numberBetween(0.1, 60), 6)
    .addOption(
      new Option("--rotation <degrees>", "relative rotation of a pair: least and greatest")
        .argParser(rotationRange)
        .default([5, 15], "5:15"),
    )
    .option("--within <seconds>", "greatest time between the frames of a pair", numberBetween(0.01, 60), 1)
    .option("--most <n>", "pairs of each video at most", integerBetween(1, 100_000), 40)
    .addHelpText(
      "after",
      `
Examples:
  cameo data pairs talks/ -o pairs
  cameo data pairs turning.mp4 -o pairs --rotation 3:20 --fps 12`,
    )
    .action((videos: string[], options: PairsOptions) => findPairs(videos, options, context));
  addModelsOption(command);
  command.option("--threads <n>", "threads of the networks (default: one per core)", integerBetween(1, 256));
  addOutputOptions(command);
}

async function findPairs(videos: string[], options: PairsOptions, context: Context): Promise<void> {
  const { output, fps, rotation, within, most, models, threads, json } = options;
  const { stdout, stderr, signal } = context;
  await checkDirectory(output);
  const { minePairs } = await import("@cameo/train");
  const bar = stderr.isTTY ? createBar(stderr, "videos") : undefined;
  const rules = { rate: fps, rotation, within, most };
  let result: PairsMined;
  try {
    result = await minePairs({
      ...rules,
      videos,
      folder: output,
      models,
      threads,
      signal,
      onStart: (total, before) => bar?.start(total, before),
      onVideo: () => bar?.increment(),
    });
  } catch (error) {
    if (signal.aborted) stderr.write(`What is complete in ${output} stays; the same command goes on from there.\n`);
    throw error;
  } finally {
    bar?.stop();
  }
  if (result.pairs === 0) context.status = ExitStatus.photo;
  stdout.write(json ? `${JSON.stringify({ folder: output, ...result }, null, 2)}\n` : `${output}\n`);
  if (!json) stderr.write(`${pairsSummary(result)}\n`);
}

function pairsSummary({ videos, before, pairs, rejected }: PairsMined): string {
  const parts = [counted(pairs, "pair"), counted(videos, "video")];
  if (before > 0) parts.push(`${before} looked at before`);
  return [...parts, ...unused(rejected)].join("; ");
}

async function prepare(photos: string[], options: PrepareOptions, context: Context): Promise<void> {
  const { output, faces, minEyeDistance, models, threads, json } = options;
  const { stdout, stderr, signal } = context;
  await checkDirectory(output);
  const { preparePhotos } = await import("@cameo/train");
  const bar = stderr.isTTY ? createBar(stderr, "photos") : undefined;
  let result: PhotosPrepared;
  try {
    result = await preparePhotos({
      photos,
      folder: output,
      faces,
      minEyeDistance,
      models,
      workers: threads,
      signal,
      onStart: (total, before) => bar?.start(total, before),
      onPhoto: () => bar?.increment(),
    });
  } catch (error) {
    bar?.stop();
    if (signal.aborted) stderr.write(`What is complete in ${output} stays; the same command goes on from there.\n`);
    throw error;
  }
  bar?.stop();
  if (result.faces === 0) context.status = ExitStatus.photo;
  stdout.write(json ? `${JSON.stringify({ folder: output, ...result }, null, 2)}\n` : `${output}\n`);
  if (!json) stderr.write(`${summary(result)}\n`);
}

function summary({ photos, before, faces, rejected }: PhotosPrepared): string {
  const parts = [counted(faces, "face"), counted(photos, "photo")];
  if (before > 0) parts.push(`${before} looked at before`);
  return [...parts, ...unused(rejected).map((text) => `${text} (rejects.jsonl)`)].join("; ");
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** How many were not used, by reason; nothing where all were. */
function unused(rejected: Readonly<Record<string, number>>): string[] {
  const counts = Object.entries(rejected).map(([reason, count]) => `${count} ${reason}`);
  return counts.length > 0 ? [`not used: ${counts.join(", ")}`] : [];
}

const createBar = (stream: NodeJS.WritableStream, what: string): SingleBar =>
  new SingleBar(
    {
      stream,
      format: `{bar} {value}/{total} ${what} | {eta_formatted} left`,
      hideCursor: true,
      clearOnComplete: true,
      forceRedraw: true,
      gracefulExit: false,
      etaBuffer: 100,
    },
    Presets.shades_classic,
  );
