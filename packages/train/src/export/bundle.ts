import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../checkpoint/atomic.ts";
import { decodeSafeTensors } from "../checkpoint/safetensors.ts";
import type { Model } from "../graph/onnx.ts";
import type { InferenceGraph } from "../tasks/task.ts";
import { type ManifestEntry, manifestEntry } from "./export.ts";

/**
 * The values of a network in a checkpoint: averaged weights where an average was kept, and running statistics.
 * @throws naming what is missing, if the checkpoint is of another architecture
 */
export async function readNetworkValues(path: string, graph: InferenceGraph): Promise<Map<string, Float32Array>> {
  const { tensors } = decodeSafeTensors(await readFile(path), path);
  const values = new Map<string, Float32Array>();
  for (const { name, tensor } of graph.variables.all) {
    const found = tensors.get(`${graph.learner}/average/${name}`) ?? tensors.get(`${graph.learner}/value/${name}`);
    if (!found || found.shape.join() !== tensor.shape.join())
      throw new Error(
        `${path} is of another architecture: ${graph.learner}/value/${name} does not fit [${tensor.shape.join(", ")}].`,
      );
    values.set(name, found.values as Float32Array);
  }
  return values;
}

/** Writes a model into a bundle's folder and its entry into `manifest.json` there, in place of one of the same name. */
export async function addToBundle(
  folder: string,
  model: Model,
  about: Pick<ManifestEntry, "name" | "licence" | "source">,
): Promise<ManifestEntry> {
  await mkdir(folder, { recursive: true });
  const entry = manifestEntry(model, { ...about, file: `${about.name}.onnx` });
  await writeAtomic(join(folder, entry.file), [model.bytes]);
  const path = join(folder, "manifest.json");
  const text = await readFile(path, "utf8").catch(() => '{"version":1,"models":[]}');
  const manifest = JSON.parse(text) as { version: number; models: ManifestEntry[] };
  const models = [...manifest.models.filter(({ name }) => name !== about.name), entry];
  await writeAtomic(path, [new TextEncoder().encode(`${JSON.stringify({ ...manifest, models }, null, 2)}\n`)]);
  return entry;
}
