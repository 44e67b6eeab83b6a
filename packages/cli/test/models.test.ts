import { cp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { cameo, contents, portrait, temporaryFolder } from "./run.ts";

const bundle = fileURLToPath(new URL("../../../models/", import.meta.url));

interface Entry {
  name: string;
  file: string;
}

let models: string;
beforeEach(async () => {
  models = join(await temporaryFolder(), "models");
});

const manifestOf = async (folder: string): Promise<{ version: number; models: Entry[] }> =>
  JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));

/** A copy of the model files that may be damaged. */
async function copied(): Promise<Entry[]> {
  const { models: entries } = await manifestOf(bundle);
  for (const file of ["manifest.json", ...entries.map((entry) => entry.file)])
    await cp(join(bundle, file), join(models, file));
  return entries;
}

test("list names every model with its licence", async () => {
  const { models: entries } = await manifestOf(bundle);
  const { status, stdout, stderr } = await cameo("models", "list");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(entries.length + 1);
  for (const [i, { name }] of entries.entries()) expect(lines[i + 1].startsWith(name)).toBe(true);

  const json = await cameo("models", "list", "--json", "--models", bundle);
  expect(JSON.parse(json.stdout).models).toEqual(entries);
});

test("verify finds the installed models in order", async () => {
  const { status, stdout, stderr } = await cameo("models", "verify");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const { name } of (await manifestOf(bundle)).models) expect(stdout).toContain(`${name}: ok\n`);
});

describe("models that cannot be used end with status 3 and one line", () => {
  const damages: Record<string, (entries: Entry[]) => Promise<unknown>> = {
    "a byte of the morphable model changed": async (entries) => {
      const file = join(models, entries.find(({ file }) => !file.endsWith(".onnx"))!.file);
      const bytes = await readFile(file);
      bytes[bytes.length >> 1] ^= 1;
      await writeFile(file, bytes);
    },
    "a network cut short": async ([{ file }]) => truncate(join(models, file), 1000),
    "a network missing": async ([{ file }]) => rm(join(models, file)),
    "a manifest of another version": async () => {
      const manifest = await manifestOf(models);
      await writeFile(join(models, "manifest.json"), JSON.stringify({ ...manifest, version: manifest.version + 1 }));
    },
    "a manifest that is not JSON": async () => writeFile(join(models, "manifest.json"), "{"),
    "no manifest": async () => rm(join(models, "manifest.json")),
    "no folder": async () => rm(models, { recursive: true }),
  };

  test.each(Object.entries(damages))("%s", async (_, damage) => {
    await damage(await copied());
    const heads = join(models, "..", "heads");
    const { status, stdout, stderr } = await cameo("reconstruct", portrait, "--models", models, "-o", heads);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(/^cameo: .+\n$/);
    expect(stderr).toContain(models);
    expect(await contents(heads)).toEqual([]);

    const verified = await cameo("models", "verify", "--models", models, "--json");
    expect(verified.status).toBe(3);
    expect(() => JSON.parse(verified.stdout)).not.toThrow();
  });

  test("verify names the damaged one and clears the others", async () => {
    const [{ name, file }, ...others] = await copied();
    await truncate(join(models, file), 1000);
    const { status, stdout } = await cameo("models", "verify", "--models", models);
    expect(status).toBe(3);
    expect(stdout).toMatch(new RegExp(`^${name}: .*damaged`));
    for (const other of others) expect(stdout).toContain(`${other.name}: ok\n`);
  });
});
