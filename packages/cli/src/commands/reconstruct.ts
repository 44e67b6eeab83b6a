import { join } from "node:path";
import { Cameo, type Head, type Stage, writeFiles } from "cameo";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import { ExitStatus } from "../exit.ts";
import { type FaceChoice, faceChoice, reconstructFace } from "../face.ts";
import { type Format, formats, headFiles } from "../files.ts";
import { baseName, Names } from "../names.ts";
import {
  addCameraOptions,
  addRunOptions,
  addStageOptions,
  type CameraOptions,
  type RunOptions,
  type StageOptions,
  stagesOf,
} from "../options.ts";
import { checkDirectory, checkPhotosSafe } from "../output.ts";
import { Report } from "../report.ts";

interface Options extends CameraOptions, RunOptions, StageOptions {
  output: string;
  format: Format[];
  face: FaceChoice | "all";
  open?: boolean;
}

/** One photo's entry in the `--json` document. */
type Result = { photo: string; heads: HeadResult[] } | { photo: string; error: { code: string; message: string } };

interface HeadResult {
  name: string;
  files: string[];
  notes: readonly string[];
  prior: Head["prior"];
}

export function addReconstruct(program: Command, context: Context): void {
  const command = program
    .command("reconstruct")
    .summary("turn photos into 3D heads")
    .description(
      `Reconstructs the head in each photo. For NAME.jpg it writes
  NAME.glb          textured head with expressions as morph targets
  NAME.preview.png  photo, mesh overlay, depth, three turned views
  NAME.depth.png    16-bit depth of every pixel, 0 = none
  NAME.labels.png   face, hair, ears, inner mouth: a label per pixel
  NAME.json         camera, pose, coefficients, landmarks, times`,
    )
    .argument("<photo...>", "JPEG, PNG, WebP, AVIF, GIF or TIFF files")
    .option("-o, --output <dir>", "folder to write to, made if missing", ".")
    .addOption(
      new Option("--format <list>", `3D files: ${formats.join(", ")}, or several with commas`)
        .argParser(formatList)
        .default(["glb"], "glb"),
    )
    .option("--face <which>", "largest, all, or a number: 1 for the largest, 2 for the next, …", faceOrAll, "largest")
    .option("--open", "only what the photo shows, with the layers apart: no back of the head, no neck")
    .addHelpText(
      "after",
      `
Examples:
  cameo reconstruct me.jpg
  cameo reconstruct holiday/*.jpg -o heads --format glb,ply
  cameo reconstruct group.jpg --face all    writes group.*, group-2.*, …
  cameo reconstruct me.jpg --focal35 85     a known lens, a photo without EXIF

A photo whose name is already taken in this run gets _2, _3, … appended to it.
A photo that fails is reported and does not stop the others.`,
    )
    .action(async (photos: string[], options: Options) => {
      context.status = await reconstruct(photos, options, context);
    });
  addStageOptions(command);
  addCameraOptions(command);
  addRunOptions(command);
}

async function reconstruct(photos: string[], options: Options, context: Context): Promise<ExitStatus> {
  await checkDirectory(options.output);
  const cameo = await Cameo.load(options);
  const report = new Report(context, options, photos.length);
  const names = new Names();
  const photoNames = photos.map((photo) => names.claim(baseName(photo)));
  const results: Result[] = [];
  let status: ExitStatus = ExitStatus.ok;
  try {
    for (const [i, photo] of photos.entries()) {
      try {
        const found = await findHeads(cameo, photo, options, context.signal, (stage) => report.stage(photo, stage));
        const heads = found.map((head, k) => ({
          head,
          name: k === 0 ? photoNames[i] : names.claim(`${photoNames[i]}-${k + 1}`),
        }));
        const written = await writeHeads(heads, photo, photos, options, context.signal);
        results.push({ photo, heads: written });
        for (const head of found) report.head(photo, head);
        for (const { files } of written) report.wrote(files);
      } catch (error) {
        if (context.signal.aborted) throw error;
        const { code, message, status: failed } = report.failed(photo, error);
        results.push({ photo, error: { code, message } });
        if (failed > status) status = failed;
      }
      report.advance();
    }
  } finally {
    report.stop();
    await cameo.dispose();
  }
  if (options.json) context.stdout.write(`${JSON.stringify({ photos: results }, null, 2)}\n`);
  return status;
}

async function findHeads(
  cameo: Cameo,
  photo: string,
  { face, fov, focal35, open, ...rest }: Options,
  signal: AbortSignal,
  onStage: (stage: Stage) => void,
): Promise<Head[]> {
  const options = {
    fov,
    focal35,
    open,
    ...stagesOf(rest),
    signal,
    onProgress: ({ stage }: { stage: Stage }) => onStage(stage),
  };
  return face === "all" ? cameo.reconstructAll(photo, options) : [await reconstructFace(cameo, photo, face, options)];
}

/** Writes the files of all heads of a photo: all of them or none. */
async function writeHeads(
  heads: { head: Head; name: string }[],
  photo: string,
  photos: string[],
  { output, format }: Options,
  signal: AbortSignal,
): Promise<HeadResult[]> {
  const files: Record<string, Uint8Array> = {};
  const results: HeadResult[] = [];
  for (const { head, name } of heads) {
    const own = await headFiles(head, { name, photo, formats: format });
    Object.assign(files, own);
    results.push({
      name,
      files: Object.keys(own).map((file) => join(output, file)),
      notes: head.notes,
      prior: head.prior,
    });
  }
  await checkPhotosSafe(
    results.flatMap(({ files }) => files),
    photos,
  );
  await writeFiles(output, files, { signal });
  return results;
}

function formatList(text: string): Format[] {
  const list = text.split(",").map((format) => format.trim().toLowerCase());
  const unknown = list.find((format) => !(formats as readonly string[]).includes(format));
  if (unknown !== undefined) throw new InvalidArgumentError(`It must be a list of ${formats.join(", ")}.`);
  return list as Format[];
}

const faceOrAll = (text: string): Options["face"] => (text === "all" ? text : faceChoice(text));
