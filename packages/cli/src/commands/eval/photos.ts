import { join } from "node:path";
import type { PhotoEvaluation, PhotoResult, ReferencePhoto } from "@cameo/evaluate";
import { Cameo, encodeImage, writeFiles } from "cameo";
import type { Command } from "commander";
import type { Context } from "../../context.ts";
import type { ExitStatus } from "../../exit.ts";
import { Names } from "../../names.ts";
import {
  addNetworkOptions,
  addRunOptions,
  addStageOptions,
  type NetworkOptions,
  type RunOptions,
  type StageOptions,
  stagesOf,
} from "../../options.ts";
import { checkDirectory } from "../../output.ts";
import { Report } from "../../report.ts";
import { circumstances, evaluatePhotos, printEvaluation, readNetworks } from "./common.ts";

interface Options extends NetworkOptions, RunOptions, StageOptions {
  overlay?: string;
}

export function addPhotos(program: Command, context: Context): void {
  const command = program
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
    .action(async (folder: string, options: Options) => {
      context.status = await evaluateFolder(folder, options, context);
    });
  addNetworkOptions(command);
  addStageOptions(command);
  addRunOptions(command);
}

async function evaluateFolder(folder: string, options: Options, context: Context): Promise<ExitStatus> {
  const { overlay } = options;
  // Loaded only here, as the other commands can do without.
  const { drawOverlay, meanFigures, measurePhoto, photoTables, referencePhotos } = await import("@cameo/evaluate");
  if (overlay !== undefined) await checkDirectory(overlay);
  const photos = await referencePhotos(folder);
  const cameo = await Cameo.load({ ...options, networks: await readNetworks(options) });
  const report = new Report(context, options, photos.length);
  const names = new Names();
  const results: PhotoResult[] = [];
  const evaluate = async (photo: ReferencePhoto): Promise<void> => {
    const how = { ...stagesOf(options), signal: context.signal };
    const { result, head, reference } = await measurePhoto(cameo, photo, how);
    results.push(result);
    report.head(photo.file, head);
    if (overlay === undefined) return;
    const file = `${names.claim(photo.name)}.jpg`;
    const picture = await encodeImage(drawOverlay(head, reference), { format: "jpeg" });
    await writeFiles(overlay, { [file]: picture }, { signal: context.signal });
    if (options.verbose) report.note(photo.file, join(overlay, file));
  };
  const { failures, status } = await evaluatePhotos(photos, evaluate, report, context).finally(async () => {
    report.stop();
    await cameo.dispose();
  });
  const evaluation: PhotoEvaluation = {
    evaluation: "photos",
    ...circumstances(context),
    mean: meanFigures(results),
    photos: results,
    failures,
  };
  printEvaluation(evaluation, photoTables, options, context);
  return status;
}
