import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PhotoFigures, PhotoResult, SyntheticResult } from "@cameo/evaluate";
import { Cameo, CameoError, decodeMorphableModel, encodeImage, openNodeBundle, writeFiles } from "cameo";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { ExitStatus, type Failure, failureOf } from "../exit.ts";
import { Names } from "../names.ts";
import { addParseOption, addRunOptions, integerBetween, type ParseOptions, type RunOptions } from "../options.ts";
import { checkDirectory } from "../output.ts";
import { Report } from "../report.ts";
import { table } from "../table.ts";

interface PhotosOptions extends ParseOptions, RunOptions {
  overlay?: string;
  parseNetwork?: string;
}

interface SyntheticOptions extends ParseOptions, RunOptions {
  assets?: string;
  count: number;
  seed: number;
  size: number;
  parseNetwork?: string;
}

export function addEval(program: Command, context: Context): void {
  const command = program
    .command("eval")
    .summary("measure how well heads are reconstructed")
    .description("Measures how well heads are reconstructed.");
  const photos = command
    .command("photos")
    .summary("compare labels and landmarks with references")
    .description(
      `Reconstructs every photo of a folder that has references beside it and compares:
  NAME.mask.png        a label per pixel: intersection over union of head, hair,
                       face, ears and inner mouth, at the photo's resolution
  NAME.landmarks.json  68 points: mean distance in % of the outer eye distance
  NAME.points5.json    5 points: in % of the distance between the eye centres`,
    )
    .argument("<dir>", "folder of photos")
    .option("--overlay <dir>", "draw labels, landmarks and the face's outline over each photo, as JPEG files")
    .option("--parse-network <file>", "parsing network (an ONNX file) to use in place of the bundle's")
    .action(async (folder: string, options: PhotosOptions) => {
      context.status = await evaluatePhotos(folder, options, context);
    });
  addParseOption(photos);
  addRunOptions(photos);

  const synthetic = command
    .command("synthetic")
    .summary("compare with the truth of synthetic portraits")
    .description(
      `Makes synthetic portraits as people take photos, reconstructs them and compares with the truth:
labels, landmarks (% of the outer eye distance), pose, and the face's points after alignment.
Take a seed that no network was trained on.`,
    )
    .option("--assets <dir>", "folder of the MakeHuman assets (default: $CAMEO_ASSETS)")
    .option("--count <n>", "number of portraits", integerBetween(1, 1e6), 200)
    .option("--seed <n>", "which set", integerBetween(0, 2 ** 32 - 1), 2020)
    .option("--size <pixels>", "side of the square pictures", integerBetween(128, 1024), 512)
    .option("--parse-network <file>", "parsing network (an ONNX file) to use in place of the bundle's")
    .action(async (options: SyntheticOptions) => {
      await evaluateSynthetic(options, context);
    });
  addParseOption(synthetic);
  addRunOptions(synthetic);
}

async function evaluateSynthetic(options: SyntheticOptions, context: Context): Promise<void> {
  const { count, seed, size, parse, json, models } = options;
  const { measurePortrait, syntheticSpreads } = await import("@cameo/evaluate");
  const { findAssets, streamPortraits } = await import("@cameo/synth");
  const assets = findAssets(options.assets);
  const cameo = await Cameo.load({ ...options, parseNetwork: await readNetwork(options.parseNetwork) });
  const report = new Report(context, options, count);
  const results: SyntheticResult[] = [];
  const failures: { index: number; error: Omit<Failure, "status"> }[] = [];
  try {
    const model = await decodeMorphableModel(await (await openNodeBundle(models)).read("head"));
    const { signal } = context;
    const portraits = streamPortraits({
      assets,
      models,
      seed,
      count,
      options: { size, framing: "photo", styles: "held-out" },
      signal,
    });
    for await (const [portrait] of portraits) {
      const { index } = portrait.truth;
      try {
        results.push(await measurePortrait(cameo, model, portrait, { parse, signal }));
      } catch (error) {
        // A face that is not found is a result; all else is not.
        if (!(error instanceof CameoError) || signal.aborted) throw error;
        const { code, message } = failureOf(error);
        failures.push({ index, error: { code, message } });
        if (options.verbose) report.note(`portrait ${index}`, message);
      }
      report.advance();
    }
  } finally {
    report.stop();
    await cameo.dispose();
  }
  const spreads = syntheticSpreads(results);
  if (json) context.stdout.write(`${JSON.stringify({ seed, spreads, portraits: results, failures }, null, 2)}\n`);
  else {
    const cells = Object.entries(spreads).map(([name, { mean, median, tenthWorst, count }]) => [
      name,
      ...[mean, median, tenthWorst].map((value) => value?.toFixed(3) ?? "-"),
      String(count),
    ]);
    for (const line of table(["figure", "mean", "median", "worst tenth", "portraits"], ...cells))
      context.stdout.write(`${line}\n`);
    context.stdout.write(`no face found or too small: ${failures.length} of ${count}\n`);
  }
}

async function evaluatePhotos(folder: string, options: PhotosOptions, context: Context): Promise<ExitStatus> {
  const { overlay, parse, json } = options;
  // Loaded only here, as the other commands can do without.
  const { drawOverlay, figuresOf, meanFigures, measurePhoto, referencePhotos } = await import("@cameo/evaluate");
  if (overlay !== undefined) await checkDirectory(overlay);
  const photos = await referencePhotos(folder);
  const cameo = await Cameo.load({ ...options, parseNetwork: await readNetwork(options.parseNetwork) });
  const report = new Report(context, options, photos.length);
  const names = new Names();
  const results: PhotoResult[] = [];
  const failures: { name: string; error: { code: string; message: string } }[] = [];
  let status: ExitStatus = ExitStatus.ok;
  try {
    for (const photo of photos) {
      report.stage(photo.file, "");
      try {
        const { result, head, reference } = await measurePhoto(cameo, photo, { parse, signal: context.signal });
        results.push(result);
        report.head(photo.file, head);
        if (overlay !== undefined) {
          const file = `${names.claim(photo.name)}.jpg`;
          const picture = await encodeImage(drawOverlay(head, reference), { format: "jpeg" });
          await writeFiles(overlay, { [file]: picture }, { signal: context.signal });
          if (options.verbose) report.note(photo.file, join(overlay, file));
        }
      } catch (error) {
        if (context.signal.aborted) throw error;
        const { code, message, status: failed } = report.failed(photo.file, error);
        failures.push({ name: photo.name, error: { code, message } });
        if (failed > status) status = failed;
      }
      report.advance();
    }
  } finally {
    report.stop();
    await cameo.dispose();
  }
  const mean = meanFigures(results);
  if (json) context.stdout.write(`${JSON.stringify({ photos: results, mean, failures }, null, 2)}\n`);
  else {
    const rows = results.map((result) => ({ name: result.name, parse: result.parse, ...figuresOf(result) }));
    for (const line of figureTable([...rows, { name: "mean", parse: "", ...mean }])) context.stdout.write(`${line}\n`);
  }
  return status;
}

async function readNetwork(file: string | undefined): Promise<Uint8Array | undefined> {
  if (file === undefined) return undefined;
  return readFile(file).catch((cause: Error) => {
    throw new CameoError("models", `The parsing network ${file} cannot be read: ${cause.message}`, { cause });
  });
}

type Row = PhotoFigures & { readonly name: string; readonly parse: string };

/** Columns that have numbers: overlaps with three decimals, landmark errors in percent with two. */
function figureTable(rows: readonly Row[]): string[] {
  const columns: readonly (readonly [title: string, key: keyof PhotoFigures, digits: number])[] = [
    ["head", "head", 3],
    ["hair", "hair", 3],
    ["face", "face", 3],
    ["ears", "ears", 3],
    ["mouth", "innerMouth", 3],
    ["landmarks %", "landmarks", 2],
    ["jaw", "jaw", 2],
    ["brows", "brows", 2],
    ["nose", "nose", 2],
    ["eyes", "eyes", 2],
    ["lips", "mouth", 2],
  ];
  const used = columns.filter(([, key]) => rows.some((row) => row[key] !== undefined));
  return table(
    ["photo", "labels by", ...used.map(([title]) => title)],
    ...rows.map((row) => [row.name, row.parse, ...used.map(([, key, digits]) => row[key]?.toFixed(digits) ?? "-")]),
  );
}
