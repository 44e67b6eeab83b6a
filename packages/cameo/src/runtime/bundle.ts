import { z } from "zod";
import { CameoError } from "../errors.ts";

/** Version of manifest.json that this library reads. */
const manifestVersion = 1;

const safePath = /^(?!\.)[\w.-]+(\/(?!\.)[\w.-]+)*$/;

const modelEntry = z.object({
  name: z.string().min(1),
  /** Path below the bundle's folder, with forward slashes. */
  file: z.string().regex(safePath),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
  format: z.string(),
  licence: z.string(),
  source: z.string(),
});

const manifestSchema = z.object({ version: z.literal(manifestVersion), models: z.array(modelEntry) });

/** What manifest.json says about a model. */
export type ModelEntry = z.infer<typeof modelEntry>;

/** Reads a file of the bundle by its path below the bundle's folder; undefined when there is none. */
export type ReadFile = (file: string) => Promise<Uint8Array | undefined>;

/** The networks and the morphable model that the library uses, with checksums. */
export interface ModelBundle {
  readonly models: readonly ModelEntry[];
  /**
   * The content of a model's file.
   * @throws CameoError "models" if there is no such model, or its file is missing or not what the manifest says
   */
  read(name: string): Promise<Uint8Array>;
  /** Checks every model; one entry each, with what is wrong with it if anything is. */
  verify(): Promise<readonly { readonly entry: ModelEntry; readonly problem: string | undefined }[]>;
}

/**
 * Opens a model bundle.
 * @param place where it is, for error messages; ends with a slash
 * @throws CameoError "models" if manifest.json is missing, damaged, or of another version
 */
export async function openBundle(readFile: ReadFile, place: string): Promise<ModelBundle> {
  const manifest = readManifest(await readFile("manifest.json"), place);
  const load = async (entry: ModelEntry): Promise<Uint8Array> => {
    const bytes = await readFile(entry.file);
    const what = `The model "${entry.name}" (${place}${entry.file})`;
    if (!bytes) throw new CameoError("models", `${what} is missing; ${remedy(entry)}.`);
    if (bytes.length !== entry.bytes || ((await sha256(bytes)) ?? entry.sha256) !== entry.sha256)
      throw new CameoError("models", `${what} is damaged or of another version; ${remedy(entry)}.`);
    return bytes;
  };
  return {
    models: manifest.models,
    async read(name) {
      const entry = manifest.models.find((model) => model.name === name);
      if (!entry) throw new CameoError("models", `The model bundle at ${place} has no model "${name}".`);
      return load(entry);
    },
    verify: () =>
      Promise.all(
        manifest.models.map(async (entry) => {
          const problem = await load(entry).then(
            () => undefined,
            (error: Error) => error.message,
          );
          return { entry, problem };
        }),
      ),
  };
}

const sameVersion = "install the same version of cameo and @cameo/models";

function readManifest(bytes: Uint8Array | undefined, place: string): z.infer<typeof manifestSchema> {
  if (!bytes) throw new CameoError("models", `There is no model bundle at ${place}: manifest.json is missing.`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new CameoError("models", `The model bundle's ${place}manifest.json is not valid JSON.`);
  }
  const version = z.object({ version: z.number() }).safeParse(json);
  if (version.success && version.data.version !== manifestVersion)
    throw new CameoError(
      "models",
      `The model bundle at ${place} has version ${version.data.version}, but this library reads version ${manifestVersion}; ${sameVersion}.`,
    );
  const manifest = manifestSchema.safeParse(json);
  if (!manifest.success) {
    const [issue] = manifest.error.issues;
    throw new CameoError(
      "models",
      `The model bundle's ${place}manifest.json is wrong at "${issue.path.join(".")}": ${issue.message}.`,
    );
  }
  return manifest.data;
}

/** Imported models are made on each machine; the others come with the package. */
const remedy = (entry: ModelEntry): string =>
  entry.file.startsWith("imported/") ? 'run "npm run models" to make it again' : sameVersion;

/** Hexadecimal SHA-256; undefined where the platform offers none, as browsers do on pages without https. */
export async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
