import { extname } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";

/** Options of every command that runs the models. */
export interface RunOptions {
  models?: string;
  threads?: number;
  provider?: "cpu" | "cuda" | "webgpu";
  json?: boolean;
  verbose?: boolean;
}

/** Options that say how the photo was taken; degrees and millimetres. */
export interface CameraOptions {
  fov?: number;
  focal35?: number;
}

export function addCameraOptions(command: Command): void {
  command
    .optionsGroup("Camera (default: from EXIF, else estimated):")
    .addOption(
      new Option("--fov <degrees>", "horizontal field of view").argParser(numberBetween(1, 170)).conflicts("focal35"),
    )
    .option("--focal35 <mm>", "focal length as on 35 mm film", numberBetween(4, 2000));
}

/** Which way the stages go. */
export interface StageOptions {
  coefficients?: "network" | "landmarks";
  fit: boolean;
  parse?: "network" | "model";
  depth?: "network" | "model";
}

export function addStageOptions(command: Command): void {
  command
    .optionsGroup("Estimation (default: the networks where the models have them):")
    .addOption(
      new Option(
        "--coefficients <way>",
        "what the face is estimated from: the face network, or landmarks alone",
      ).choices(["network", "landmarks"]),
    )
    .option("--no-fit", "face, pose and light as the face network has them, not fitted to landmarks");
  command.addOption(
    new Option(
      "--parse <way>",
      "what finds hair, face and ears: the parsing network, or the fitted head model",
    ).choices(["network", "model"]),
  );
  command.addOption(
    new Option("--depth <way>", "what estimates the depth of hair and ears, likewise").choices(["network", "model"]),
  );
}

/** Those of a command's options that say which way the stages go. */
export const stagesOf = ({ coefficients, fit, parse, depth }: StageOptions): StageOptions => ({
  coefficients,
  fit,
  parse,
  depth,
});

/** Files of networks to use in place of the bundle's. */
export interface NetworkOptions {
  faceNetwork?: string;
  parseNetwork?: string;
  depthNetwork?: string;
}

export function addNetworkOptions(command: Command): void {
  command
    .option("--face-network <file>", "face network (an ONNX file) to use in place of the bundle's")
    .option("--parse-network <file>", "parsing network, likewise")
    .option("--depth-network <file>", "depth network, likewise");
}

export function addRunOptions(command: Command): void {
  addModelsOption(command);
  command
    .option("--threads <n>", "threads to compute with", integerBetween(1, 256))
    .addOption(new Option("--provider <name>", "what runs the networks").choices(["cpu", "cuda", "webgpu"]));
  addOutputOptions(command);
}

export function addModelsOption(command: Command): void {
  command
    .optionsGroup("Running:")
    .option("--models <dir>", "folder of the model files (default: those that come with Cameo)");
}

export function addOutputOptions(command: Command): void {
  command
    .option("--json", "print one JSON document on standard output, nothing else")
    .option("-v, --verbose", "say more on standard error");
}

/** Parses a number in [least, most]. */
export const numberBetween =
  (least: number, most: number) =>
  (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It must be from ${least} to ${most}.`);
    return value;
  };

export const integerBetween =
  (least: number, most: number) =>
  (text: string): number => {
    const value = numberBetween(least, most)(text);
    if (!Number.isInteger(value)) throw new InvalidArgumentError("It must be a whole number.");
    return value;
  };

/** `a:b`, degrees. */
export function rotationRange(text: string): readonly [number, number] {
  const parts = text.split(":").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (parts.length !== 2 || !(parts[0] >= 0 && parts[0] <= parts[1] && parts[1] <= 60))
    throw new InvalidArgumentError("It must be two angles from 0 to 60, such as 5:15.");
  return [parts[0], parts[1]];
}

/** Checks that a path is that of a PNG file. */
export function pngFile(path: string): string {
  if (extname(path).toLowerCase() !== ".png") throw new InvalidArgumentError("It must end in .png.");
  return path;
}
