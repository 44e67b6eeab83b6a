import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Evaluation, ResultPictures } from "@cameo/evaluate";
import type { PortraitSample } from "@cameo/synth";
import {
  Cameo,
  CameoError,
  decodeMorphableModel,
  encodeImage,
  type Head,
  openNodeBundle,
  writeFiles,
  writeFileWhole,
} from "cameo";
import type { Command } from "commander";
import type { Context } from "../../context.ts";
import { addModelsOption, integerBetween } from "../../options.ts";
import { checkDirectory } from "../../output.ts";
import { heldOutPortraits } from "./common.ts";

interface Options {
  output: string;
  pictures: number;
  assets?: string;
  seed: number;
  size: number;
  models?: string;
}

/** Folder of the pictures, beside the document. */
const PICTURES = "images/results";
/** Names of the pictures that a document may have, without `.webp`. */
const NAMES: readonly (keyof ResultPictures)[] = ["heads", "shapes", "depth", "views"];

export function addReport(program: Command, context: Context): void {
  const command = program
    .command("report")
    .summary("write evaluations down as a document")
    .description(
      `Writes what the other commands printed with --json as a Markdown document with tables, and draws synthetic portraits and
their heads into ${PICTURES} beside it. Of "cameo eval depth --picture" ${PICTURES}/depth.webp is shown too, and of
"cameo eval views --picture" ${PICTURES}/views.webp.`,
    )
    .argument("<evaluation...>", "JSON files")
    .requiredOption("-o, --output <file>", "the document")
    .option(
      "--pictures <n>",
      "number of portraits to draw, 0 to leave the pictures as they are",
      integerBetween(0, 100),
      6,
    )
    .option("--assets <dir>", "folder of the MakeHuman assets (default: $CAMEO_ASSETS)")
    .option("--seed <n>", "set that the portraits are the first of", integerBetween(0, 2 ** 32 - 1), 2020)
    .option("--size <pixels>", "side of the portraits", integerBetween(128, 1024), 512)
    .action(async (files: string[], options: Options) => {
      await writeReport(files, options, context);
    });
  addModelsOption(command);
}

async function writeReport(files: readonly string[], options: Options, context: Context): Promise<void> {
  const { output, pictures } = options;
  const { resultsDocument } = await import("@cameo/evaluate");
  const folder = dirname(output);
  await checkDirectory(join(folder, PICTURES));
  const evaluations = await Promise.all(files.map(readEvaluation));
  if (pictures > 0) await writeFiles(join(folder, PICTURES), await drawPictures(options, context.signal));
  const there = NAMES.filter((name) => existsSync(join(folder, PICTURES, `${name}.webp`)));
  const places: ResultPictures = Object.fromEntries(there.map((name) => [name, `${PICTURES}/${name}.webp`]));
  await writeFileWhole(output, resultsDocument(evaluations, places));
  context.stdout.write(`${output}\n`);
}

async function readEvaluation(file: string): Promise<Evaluation> {
  try {
    const { evaluation, ...rest } = JSON.parse(await readFile(file, "utf8"));
    if (!["photos", "synthetic", "face", "depth", "similarity", "views"].includes(evaluation))
      throw new Error("it is none of the evaluations");
    return { evaluation, ...rest };
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new CameoError("invalid", `${file} is not what cameo eval … --json prints: ${reason}`, { cause });
  }
}

/** WebP files of the first portraits of the set in which a face is found. */
async function drawPictures(options: Options, signal: AbortSignal): Promise<Record<string, Uint8Array>> {
  const { drawHeads, drawShapes, shapesOf } = await import("@cameo/evaluate");
  const cameo = await Cameo.load(options);
  try {
    const model = await decodeMorphableModel(await (await openNodeBundle(options.models)).read("head"));
    const heads: Head[] = [];
    const portraits: PortraitSample[] = [];
    for await (const portrait of heldOutPortraits({ ...options, count: 1e6 }, signal)) {
      const { size, image } = portrait;
      const head = await cameo.reconstruct({ width: size, height: size, data: image }, { signal }).catch((error) => {
        if (!(error instanceof CameoError) || signal.aborted) throw error;
      });
      if (!head) continue;
      heads.push(head);
      portraits.push(portrait);
      if (heads.length === options.pictures) break;
    }
    const shapes = heads.map((head, i) => ({ image: head.image, shapes: shapesOf(model, portraits[i], head) }));
    const webp = { format: "webp", quality: 80 } as const;
    return {
      "heads.webp": await encodeImage(drawHeads(heads), webp),
      "shapes.webp": await encodeImage(drawShapes(shapes), webp),
    };
  } finally {
    await cameo.dispose();
  }
}
