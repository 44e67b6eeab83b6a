import { basename, dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  contactSheet,
  describePortraits,
  type FactTable,
  factsMarkdown,
  findAssets,
  openShards,
  type PictureFormat,
  type PortraitOptions,
  type PortraitSample,
  pictureFormats,
  type ShardsWritten,
  type Shown,
  type StreamOptions,
  sheetTile,
  streamPortraits,
  Tally,
  writeShards,
} from "@cameo/synth";
import { encodeImage, type RgbImage, writeFiles } from "cameo";
import { Presets, SingleBar } from "cli-progress";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import {
  addModelsOption,
  addOutputOptions,
  integerBetween,
  pngFile,
  type RunOptions,
  rotationRange,
} from "../options.ts";
import { checkDirectory } from "../output.ts";

interface Options extends Pick<RunOptions, "models" | "threads" | "json" | "verbose"> {
  count: number;
  seed: number;
  first: number;
  output?: string;
  assets?: string;
  size: number;
  framing: PortraitOptions["framing"];
  heldOut?: boolean;
  pairs?: number | true;
  rotation: readonly [number, number];
  format: PictureFormat;
  preview?: string;
  previewMaps?: boolean;
  statistics?: boolean;
}

/** Pictures on a contact sheet, at most. */
const SHEET = 64;

export function addSynth(program: Command, context: Context): void {
  const command = program
    .command("synth")
    .summary("make synthetic portraits with exact ground truth")
    .description(
      `Makes portraits of people who do not exist, with depth, labels, normals, albedo,
pose, light, coefficients and landmarks of each. Portrait number K of a seed is
always the same. A folder that holds a part of the set already is completed.`,
    )
    .requiredOption("--count <n>", "number of people", integerBetween(1, 1e9))
    .option("-o, --output <dir>", "folder to write to, made if missing")
    .option("--seed <n>", "which set", integerBetween(0, 2 ** 32 - 1), 0)
    .option("--first <n>", "number of the first person", integerBetween(0, 1e9), 0)
    .optionsGroup("Pictures:")
    .option("--size <pixels>", "side of the square pictures", integerBetween(32, 1024), 256)
    .addOption(
      new Option("--framing <kind>", "about the head, the face or as parsing sees it, or as photos are taken")
        .choices(["head", "photo", "face", "parse"])
        .default("head"),
    )
    .option("--pairs [frames]", "frames of each person, the head turned a little: 2 to 64", integerBetween(2, 64))
    .addOption(
      new Option("--rotation <a:b>", "degrees from one frame to the next")
        .argParser(rotationRange)
        .default([5, 15], "5:15"),
    )
    .option("--held-out", "hair with the styles that no training set has, to evaluate what was trained")
    .addOption(
      new Option("--format <name>", "picture files; maps are always png").choices(pictureFormats).default("webp"),
    )
    .optionsGroup("Looking:")
    .option("--preview <file>", `contact sheet of the first ${SHEET} pictures, a PNG`, pngFile)
    .option("--preview-maps", "labels and depth beside each picture of it")
    .option("--statistics", "print how skin, hair, age, pose … are spread; alone it makes no picture")
    .addHelpText(
      "after",
      `
Examples:
  cameo synth --count 64 --assets makehuman --preview sheet.png
  cameo synth --count 50000 --seed 1 -o portraits
  cameo synth --count 5000 --pairs 3 --rotation 5:10 -o sequences

The assets are MakeHuman's, CC0; docs/synthetic-data.md says where to get them.`,
    )
    .action((options: Options) => synth(options, context));
  addModelsOption(command);
  command
    .option("--assets <dir>", "MakeHuman assets (default: the variable CAMEO_ASSETS)")
    .option("--threads <n>", "threads that make portraits (default: one per core)", integerBetween(1, 256));
  addOutputOptions(command);
}

async function synth(options: Options, context: Context): Promise<void> {
  const { output, preview, statistics } = options;
  if (output === undefined && preview === undefined && !statistics)
    throw new InvalidArgumentError("one of --output, --preview and --statistics must say what to make portraits for");
  if (options.previewMaps && preview === undefined)
    throw new InvalidArgumentError("--preview-maps needs --preview to say where");
  if (output !== undefined) await checkDirectory(output);
  if (preview !== undefined) await checkDirectory(dirname(preview));
  const frames = options.pairs === true ? 2 : (options.pairs ?? 1);
  const { count, seed, first, models, size, framing, rotation, format } = options;
  const styles: PortraitOptions["styles"] = options.heldOut ? "held-out" : "training";
  const stream = {
    assets: findAssets(options.assets),
    models,
    seed,
    first,
    count,
    options: { size, framing, frames, rotation, styles },
    workers: options.threads,
    signal: context.signal,
  };
  if (output === undefined && preview === undefined) {
    printStatistics(context, options, await drawnStatistics(stream, { framing, styles }));
    return;
  }
  const progress = new Progress(context, count, frames);
  const shown: Shown[] = options.previewMaps ? ["image", "labels", "depth"] : ["image"];
  const sheet: RgbImage[] = [];
  const tally = new Tally();
  const look = (samples: readonly PortraitSample[]) => {
    for (const sample of samples) {
      if (preview !== undefined && sheet.length < SHEET) sheet.push(sheetTile(sample, shown));
      if (statistics) tally.add(sample.truth);
    }
  };
  let written: ShardsWritten = { kept: 0, made: count, bytes: 0 };
  try {
    if (output === undefined) {
      progress.start(0);
      for await (const portrait of streamPortraits(stream)) {
        look(portrait);
        progress.made();
      }
    } else {
      const onStart = (present: number) => progress.start(present);
      written = await writeShards({ ...stream, folder: output, format, onStart, onPortrait: () => progress.made() });
    }
  } catch (error) {
    progress.stop();
    if (context.signal.aborted && output !== undefined)
      context.stderr.write(`What is complete in ${output} stays; the same command goes on from there.\n`);
    throw error;
  }
  progress.stop();
  if (output !== undefined && (preview !== undefined || statistics)) {
    // From the files, so that what an earlier run made counts too.
    const set = await openShards(output);
    const looked = statistics ? set.count : Math.min(SHEET, set.count);
    for (let i = 0; i < looked; i++) look([await set.sample(i, i < SHEET && preview !== undefined ? undefined : [])]);
  }
  if (preview !== undefined) {
    const file = await encodeImage(contactSheet(sheet), { format: "png" });
    await writeFiles(dirname(preview), { [basename(preview)]: file }, { signal: context.signal });
  }
  const tables = statistics ? tally.tables() : undefined;
  report(context, options, written, frames, progress.picturesPerSecond, tables);
}

/** How the first pictures of all people are spread: known without making them. */
async function drawnStatistics(
  stream: StreamOptions,
  drawn: Pick<PortraitOptions, "framing" | "styles">,
): Promise<FactTable[]> {
  const { seed, first = 0, count, signal } = stream;
  const describe = await describePortraits(stream);
  const tally = new Tally();
  for (let index = first; index < first + count; index++) {
    // Lets an interruption through.
    if (index % 256 === 0) await setImmediate();
    signal?.throwIfAborted();
    tally.add(describe(seed, index, drawn));
  }
  return tally.tables();
}

function printStatistics({ stdout }: Context, { json }: Options, statistics: FactTable[]): void {
  stdout.write(json ? `${JSON.stringify({ statistics }, null, 2)}\n` : factsMarkdown(statistics));
}

/** What a run has done: results on standard output, one line about the run on standard error. */
function report(
  { stdout, stderr }: Context,
  { output, preview, json }: Options,
  { kept, made, bytes }: ShardsWritten,
  frames: number,
  picturesPerSecond: number,
  statistics: FactTable[] | undefined,
): void {
  if (json) {
    const people = { kept, made };
    const document = { folder: output, preview, people, frames, bytes, picturesPerSecond, statistics };
    stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  for (const path of [output, preview]) if (path !== undefined) stdout.write(`${path}\n`);
  if (statistics) stdout.write(factsMarkdown(statistics));
  const parts = [`${made * frames} pictures made`];
  if (made > 0) parts.push(`${picturesPerSecond.toFixed(1)} a second`);
  if (bytes > 0) parts.push(`${megabytes(bytes)}, ${Math.round(bytes / 1000 / made / frames)} kB each`);
  if (kept > 0) parts.push(`${kept * frames} were there already`);
  stderr.write(`${parts.join("; ")}\n`);
}

const megabytes = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;

/** A bar on a terminal, and how fast it goes. */
class Progress {
  readonly #bar: SingleBar | undefined;
  readonly #frames: number;
  readonly #count: number;
  #started = 0;
  #stopped = 0;
  #made = 0;

  constructor({ stderr }: Context, count: number, frames: number) {
    this.#count = count;
    this.#frames = frames;
    if (stderr.isTTY)
      this.#bar = new SingleBar(
        {
          stream: stderr,
          format: "{bar} {value}/{total} people | {speed} pictures/s | {eta_formatted} left",
          hideCursor: true,
          clearOnComplete: true,
          forceRedraw: true,
          gracefulExit: false,
          etaBuffer: 100,
        },
        Presets.shades_classic,
      );
  }

  start(present: number): void {
    this.#started = performance.now();
    this.#bar?.start(this.#count, present, { speed: "-" });
  }

  made(): void {
    this.#made++;
    this.#stopped = performance.now();
    this.#bar?.increment({ speed: this.picturesPerSecond.toFixed(1) });
  }

  /** Since the start, the opening of the assets included. */
  get picturesPerSecond(): number {
    return this.#made === 0 ? 0 : (1000 * this.#made * this.#frames) / (this.#stopped - this.#started);
  }

  stop(): void {
    this.#bar?.stop();
  }
}
