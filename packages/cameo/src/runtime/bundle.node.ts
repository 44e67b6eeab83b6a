import { readFile } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { CameoError } from "../errors.ts";
import { type ModelBundle, openBundle } from "./bundle.ts";

/** Opens the model bundle in a folder; by default the one of the installed package @cameo/models. */
export function openNodeBundle(folder: string = installedBundle()): Promise<ModelBundle> {
  const root = resolve(folder);
  return openBundle(
    (file) =>
      readFile(join(root, file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
        throw new CameoError("models", `The model bundle's file ${join(root, file)} cannot be read: ${error.message}`);
      }),
    root + sep,
  );
}

function installedBundle(): string {
  try {
    return fileURLToPath(new URL(".", import.meta.resolve("@cameo/models/manifest.json")));
  } catch {
    throw new CameoError(
      "models",
      "The package @cameo/models is not installed; install it, or say where the model bundle is.",
    );
  }
}
