import { basename, dirname } from "node:path";
import { Cameo, encodeImage, writeFiles } from "cameo";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { type FaceChoice, faceChoice, reconstructFace } from "../face.ts";
import {
  addCameraOptions,
  addRunOptions,
  addStageOptions,
  type CameraOptions,
  integerBetween,
  numberBetween,
  pngFile,
  type RunOptions,
  type StageOptions,
  stagesOf,
} from "../options.ts";
import { checkDirectory, checkPhotosSafe } from "../output.ts";
import { Report } from "../report.ts";

interface Options extends CameraOptions, RunOptions, StageOptions {
  output: string;
  yaw: number;
  pitch: number;
  roll: number;
  size?: number;
  face: FaceChoice;
}

export function addTurn(program: Command, context: Context): void {
  const angle = numberBetween(-180, 180);
  const command = program
    .command("turn")
    .summary("show the head of a photo from another side")
    .description(
      `Turns the head in a photo by the given angles and writes it, over the
photo's background, as a PNG. What the head used to hide is transparent.`,
    )
    .argument("<photo>", "a JPEG, PNG, WebP, AVIF, GIF or TIFF file")
    .requiredOption("-o, --output <file>", "PNG file to write", pngFile)
    .option("--yaw <degrees>", "turn the face to your right; negative: left", angle, 0)
    .option("--pitch <degrees>", "look up; negative: down", angle, 0)
    .option("--roll <degrees>", "tilt clockwise; negative: counter-clockwise", angle, 0)
    .option("--size <pixels>", "longer side of the picture (default: as the photo)", integerBetween(16, 8192))
    .option("--face <which>", "largest, or a number: 1 for the largest, 2 for the next, …", faceChoice, "largest")
    .addHelpText(
      "after",
      `
Examples:
  cameo turn me.jpg --yaw 20 -o right.png
  cameo turn me.jpg --yaw -15 --pitch 10 --size 512 -o me.png`,
    )
    .action((photo: string, options: Options) => turn(photo, options, context));
  addStageOptions(command);
  addCameraOptions(command);
  addRunOptions(command);
}

async function turn(photo: string, options: Options, context: Context): Promise<void> {
  const directory = dirname(options.output);
  await checkDirectory(directory);
  await checkPhotosSafe([options.output], [photo]);
  const report = new Report(context, options, 1);
  const cameo = await Cameo.load(options);
  try {
    const { face, fov, focal35, size } = options;
    const head = await reconstructFace(cameo, photo, face, {
      fov,
      focal35,
      ...stagesOf(options),
      signal: context.signal,
    });
    const angles = { yaw: radians(options.yaw), pitch: radians(options.pitch), roll: radians(options.roll) };
    const picture = head.render({ angles, size, background: "photo" });
    const file = await encodeImage(picture, { format: "png" });
    await writeFiles(directory, { [basename(options.output)]: file }, { signal: context.signal });
    report.head(photo, head);
    report.wrote([options.output]);
    if (options.json) {
      const { width, height } = picture;
      context.stdout.write(
        `${JSON.stringify({ photo, file: options.output, width, height, notes: head.notes }, null, 2)}\n`,
      );
    }
  } finally {
    await cameo.dispose();
  }
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
