import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import type { Circumstances } from "@cameo/evaluate";
import { CameoError, type LoadOptions } from "cameo";
import type { Context } from "../../context.ts";
import type { NetworkOptions } from "../../options.ts";

/** What figures are to be read with. */
export const circumstances = ({ argv }: Context): Circumstances => ({
  command: ["cameo", ...argv].join(" "),
  date: new Date().toISOString().slice(0, 10),
  machine: `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? "an unknown processor"}, Node ${process.versions.node}`,
});

/** The networks whose files are named. */
export async function readNetworks(files: NetworkOptions): Promise<LoadOptions["networks"]> {
  const { faceNetwork, parseNetwork, depthNetwork } = files;
  const [face, parse, depth] = await Promise.all([faceNetwork, parseNetwork, depthNetwork].map(readNetwork));
  return { face, parse, depth };
}

async function readNetwork(file: string | undefined): Promise<Uint8Array | undefined> {
  if (file === undefined) return undefined;
  return readFile(file).catch((cause: Error) => {
    throw new CameoError("models", `The network ${file} cannot be read: ${cause.message}`, { cause });
  });
}
