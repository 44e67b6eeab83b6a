import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { convert } from "./convert.ts";
import { readGraphFile } from "./files.ts";
import { ConvertError } from "./graph.ts";
import { opset } from "./onnx.ts";

/** An entry of the bundle's manifest.json, as far as the import is concerned. */
interface ManifestEntry {
  name: string;
  file: string;
  sha256: string;
  bytes: number;
  format: string;
  [key: string]: unknown;
}

interface Manifest {
  models: ManifestEntry[];
  [key: string]: unknown;
}

/** The models taken from the npm package @vladmandic/human, by the name of their files there. */
export const humanModels = ["blazeface", "facemesh", "iris", "faceres"] as const;

export interface ImportResult {
  readonly name: string;
  readonly file: string;
  /** False when the file was there already. */
  readonly written: boolean;
}

/**
 * Converts the face models of the installed npm package @vladmandic/human to ONNX files in a model bundle.
 * Files that are there already with the checksum of the manifest are kept; each new one appears complete or not at all, so several
 * processes may import at once.
 * @param bundle folder of manifest.json, which names the files
 * @param record write the checksums of what was made into the manifest, instead of insisting on those in it
 * @throws ConvertError when a model is missing, damaged, or does not become what the manifest says
 */
export async function importHuman(bundle: string, record = false): Promise<ImportResult[]> {
  const manifestPath = join(bundle, "manifest.json");
  const manifest = JSON.parse(await readFile(manifestPath, "utf8")) as Manifest;
  const results: ImportResult[] = [];
  for (const name of humanModels) {
    const entry = manifest.models.find((model) => model.name === name);
    if (!entry) throw new ConvertError(`${manifestPath} has no model "${name}".`);
    const file = join(bundle, entry.file);
    if (!record && (await checksum(file)) === entry.sha256) {
      results.push({ name, file, written: false });
      continue;
    }
    const onnx = convert(readGraphFile(join(humanFolder(), `${name}.json`)), { name });
    const sha256 = createHash("sha256").update(onnx).digest("hex");
    if (record) Object.assign(entry, { sha256, bytes: onnx.length, format: `onnx opset ${opset}` });
    else if (sha256 !== entry.sha256)
      throw new ConvertError(
        `The model "${name}" made from @vladmandic/human has the checksum ${sha256}, but ${manifestPath} says ${entry.sha256}; ` +
          "install the version of the package that package-lock.json names (npm ci).",
      );
    await writeWhole(file, onnx);
    results.push({ name, file, written: true });
  }
  if (record) await writeWhole(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
  return results;
}

function humanFolder(): string {
  try {
    return fileURLToPath(new URL("../models/", import.meta.resolve("@vladmandic/human")));
  } catch {
    throw new ConvertError("The npm package @vladmandic/human is not installed; run npm ci.");
  }
}

async function checksum(file: string): Promise<string | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return bytes && createHash("sha256").update(bytes).digest("hex");
}

/** Writes under another name first, so that nobody ever reads half a file. */
async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
