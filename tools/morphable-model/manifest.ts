import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Name of the morphable model in the bundle. */
const name = "head";

/** Enters the model file into the manifest.json beside it; there need be none. */
export async function recordInManifest(file: string, bytes: Uint8Array): Promise<void> {
  const path = join(dirname(file), "manifest.json");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return;
  const manifest = JSON.parse(text) as { models: { name: string }[] };
  const entry = {
    name,
    file: basename(file),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    bytes: bytes.length,
    format: "cameo morphable model 1",
    licence: "CC0-1.0",
    source: "built by tools/morphable-model from MakeHuman's CC0 assets",
  };
  const at = manifest.models.findIndex((model) => model.name === name);
  if (at >= 0) manifest.models[at] = entry;
  else manifest.models.push(entry);
  await writeFile(`${path}.part`, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(`${path}.part`, path);
}
