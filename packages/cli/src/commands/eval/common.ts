import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { basename, extname } from "node:path";
import type { Circumstances, Evaluation, PhotoEvaluation, TitledTable } from "@cameo/evaluate";
import type { PortraitSample } from "@cameo/synth";
import { CameoError, type LoadOptions } from "cameo";
import type { Command } from "commander";
import type { Context } from "../../context.ts";
import { ExitStatus } from "../../exit.ts";
import { integerBetween, type NetworkOptions, type RunOptions } from "../../options.ts";
import type { Report } from "../../report.ts";
import { table } from "../../table.ts";

/** Which synthetic portraits are evaluated on. */
export interface PortraitOptions {
  assets?: string;
  count: number;
  seed: number;
  size: number;
}

export function addPortraitOptions(command: Command): void {
  command
    .option("--assets <dir>", "folder of the MakeHuman assets (default: $CAMEO_ASSETS)")
    .option("--count <n>", "number of portraits", integerBetween(1, 1e6), 200)
    .option("--seed <n>", "which set", integerBetween(0, 2 ** 32 - 1), 2020)
    .option("--size <pixels>", "side of the square pictures", integerBetween(128, 1024), 512);
}

/** Portraits as people take photos, some with the hair styles that no network is trained on. */
export async function* heldOutPortraits(
  { assets, models, seed, count, size }: PortraitOptions & { models?: string },
  signal: AbortSignal,
): AsyncGenerator<PortraitSample> {
  const { findAssets, streamPortraits } = await import("@cameo/synth");
  const options = { size, framing: "photo", styles: "held-out" } as const;
  const portraits = streamPortraits({ assets: findAssets(assets), models, seed, count, options, signal });
  for await (const [portrait] of portraits) yield portrait;
}

/** What figures are to be read with. */
export const circumstances = ({ argv }: Context): Circumstances => ({
  command: ["cameo", ...argv].map((word) => (/[\s"'$\\]/.test(word) ? JSON.stringify(word) : word)).join(" "),
  date: new Date().toISOString().slice(0, 10),
  machine: `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? "an unknown processor"}, Node ${process.versions.node}`,
});

/** Prints an evaluation: as JSON, or its tables with their titles. */
export function printEvaluation<E extends Evaluation>(
  evaluation: E,
  tables: (evaluation: E) => readonly TitledTable[],
  { json }: RunOptions,
  { stdout }: Context,
): void {
  if (json) stdout.write(`${JSON.stringify(evaluation, null, 2)}\n`);
  else
    stdout.write(
      tables(evaluation)
        .map(({ title, rows }) => `${[`${title}:`, ...table(rows)].join("\n")}\n`)
        .join("\n"),
    );
}

/** The networks whose files are named. */
export async function readNetworks(files: NetworkOptions): Promise<LoadOptions["networks"]> {
  const read = async (file: string | undefined) => (file === undefined ? undefined : readNetwork(file));
  const [face, parse, depth] = await Promise.all([files.faceNetwork, files.parseNetwork, files.depthNetwork].map(read));
  return { face, parse, depth };
}

/** The bytes of a network's ONNX file. */
export const readNetwork = (file: string): Promise<Uint8Array> =>
  readFile(file).catch((cause: Error) => {
    throw new CameoError("models", `The network ${file} cannot be read: ${cause.message}`, { cause });
  });

/** Evaluates photos one after another. Those that cannot be are reported, and listed. @returns the worst status, too */
export async function evaluatePhotos<Photo extends { readonly name: string; readonly file: string }>(
  photos: readonly Photo[],
  evaluate: (photo: Photo) => Promise<void>,
  report: Report,
  { signal }: Context,
): Promise<{ readonly failures: PhotoEvaluation["failures"]; readonly status: ExitStatus }> {
  const failures: PhotoEvaluation["failures"][number][] = [];
  let status: ExitStatus = ExitStatus.ok;
  for (const photo of photos) {
    report.stage(photo.file, "");
    try {
      await evaluate(photo);
    } catch (error) {
      if (signal.aborted) throw error;
      const { code, message, status: failed } = report.failed(photo.file, error);
      failures.push({ name: photo.name, error: { code, message } });
      if (failed > status) status = failed;
    }
    report.advance();
  }
  return { failures, status };
}

/** The name and the file of `name=file`; a file alone is called as it is. */
export function namedFile(text: string): readonly [name: string, file: string] {
  const at = text.indexOf("=");
  return at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [basename(text, extname(text)), text];
}

/**
 * Opens networks by name.
 * @param files names and ONNX files
 * @param open what is made of the bytes of each
 * @throws {@link CameoError} `option` where two have one name, `models` where a network cannot be read or used
 */
export async function openNetworks<Network>(
  files: readonly (readonly [name: string, file: string])[],
  open: (bytes: Uint8Array) => Promise<Network>,
): Promise<Map<string, Network>> {
  const networks = new Map<string, Network>();
  for (const [name, file] of files) {
    if (networks.has(name)) throw new CameoError("option", `Two networks are called "${name}".`);
    const network = await open(await readNetwork(file)).catch((cause: Error) => {
      throw new CameoError("models", `The network ${file} cannot be used: ${cause.message}`, { cause });
    });
    networks.set(name, network);
  }
  return networks;
}
