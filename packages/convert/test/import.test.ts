import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { importHuman } from "@cameo/convert";
import { afterEach, beforeEach, expect, test } from "vitest";

const manifest = fileURLToPath(new URL("../../../models/manifest.json", import.meta.url));
const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const run = promisify(execFile);

let bundle: string;
beforeEach(async () => {
  bundle = await mkdtemp(join(tmpdir(), "bundle-"));
  await cp(manifest, join(bundle, "manifest.json"));
});
afterEach(() => rm(bundle, { recursive: true }));

interface Entry {
  name: string;
  file: string;
  sha256: string;
  bytes: number;
}

const entries = async (): Promise<Entry[]> =>
  JSON.parse(await readFile(join(bundle, "manifest.json"), "utf8")).models.filter((model: Entry) =>
    model.file.startsWith("imported/"),
  );

test("the models are what the committed manifest says, made by two processes at once", async () => {
  const results = await Promise.all([importHuman(bundle), importHuman(bundle)]);
  expect(results.flat().some(({ written }) => written)).toBe(true);
  for (const { file, sha256, bytes } of await entries()) {
    const content = await readFile(join(bundle, file));
    expect(content.length).toBe(bytes);
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
  }
  expect((await readdir(join(bundle, "imported"))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("sound files are kept, a damaged one is made again", async () => {
  await importHuman(bundle);
  const [first, second] = await entries();
  const kept = await stat(join(bundle, second.file));
  await writeFile(join(bundle, first.file), "damaged");
  const results = await importHuman(bundle);
  expect(results.filter(({ written }) => written).map(({ name }) => name)).toEqual([first.name]);
  expect((await stat(join(bundle, first.file))).size).toBe(first.bytes);
  expect((await stat(join(bundle, second.file))).mtimeMs).toBe(kept.mtimeMs);
});

test("another checksum in the manifest is an error, and nothing is written", async () => {
  const text = await readFile(join(bundle, "manifest.json"), "utf8");
  const [{ sha256 }] = await entries();
  await writeFile(join(bundle, "manifest.json"), text.replace(sha256, "0".repeat(64)));
  await expect(importHuman(bundle)).rejects.toThrow(/has the checksum .*npm ci/);
  await expect(readdir(join(bundle, "imported"))).rejects.toThrow();
});

test("the command reports what it made, and fails in one line", async () => {
  const node = (...args: string[]) => run(process.execPath, ["--conditions=source", "--import", "tsx", bin, ...args]);
  const { stdout, stderr } = await node("human", "--bundle", bundle);
  expect(stderr).toBe("");
  expect(stdout.match(/^made /gm)).toHaveLength(4);
  await mkdir(join(bundle, "empty"));
  await expect(node("human", "--bundle", join(bundle, "empty"))).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^[^\n]*manifest\.json[^\n]*\n$/),
  });
  await expect(node("cat")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("Usage:") });
});
