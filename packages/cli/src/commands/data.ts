import type { PhotosPrepared } from "@cameo/train";
import { Presets, SingleBar } from "cli-progress";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { ExitStatus } from "../exit.ts";
import { addModelsOption, addOutputOptions, integerBetween, numberBetween, type RunOptions } from "../options.ts";
import { checkDirectory } from "../output.ts";

interface Options extends Pick<RunOptions, "models" | "threads" | "json" | "verbose"> {
  output: string;
  faces: "largest" | "all";
  minEyeDistance: number;
}

export function addData(program: Command, context: Context): void {
  const data = program.command("data").summary("prepare data for training").description("Prepares data for training.");
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
    .action((photos: string[], options: Options) => prepare(photos, options, context));
  addModelsOption(command);
  command.option("--threads <n>", "threads that work (default: one per core)", integerBetween(1, 256));
  addOutputOptions(command);
}

async function prepare(photos: string[], options: Options, context: Context): Promise<void> {
  const { output, faces, minEyeDistance, models, threads, json } = options;
  const { stdout, stderr, signal } = context;
  await checkDirectory(output);
  const { preparePhotos } = await import("@cameo/train");
  const bar = stderr.isTTY ? createBar(stderr) : undefined;
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
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  const parts = [counted(faces, "face"), counted(photos, "photo")];
  if (before > 0) parts.push(`${before} looked at before`);
  const unused = Object.entries(rejected).map(([reason, count]) => `${count} ${reason}`);
  if (unused.length > 0) parts.push(`not used: ${unused.join(", ")} (rejects.jsonl)`);
  return parts.join("; ");
}

const createBar = (stream: NodeJS.WritableStream): SingleBar =>
  new SingleBar(
    {
      stream,
      format: "{bar} {value}/{total} photos | {eta_formatted} left",
      hideCursor: true,
      clearOnComplete: true,
      forceRedraw: true,
      gracefulExit: false,
      etaBuffer: 100,
    },
    Presets.shades_classic,
  );
