import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openNodeBundle } from "../../src/runtime/bundle.node.ts";
import { openBundle } from "../../src/runtime/bundle.ts";
import { openWebBundle } from "../../src/runtime/bundle.web.ts";

const content = new TextEncoder().encode("a network");
const sha256 = createHash("sha256").update(content).digest("hex");
const entry = {
  name: "net",
  file: "imported/net.onnx",
  sha256,
  bytes: content.length,
  format: "onnx",
  licence: "CC0-1.0",
  source: "test",
};

/** A bundle in memory. */
const bundleOf = (manifest: unknown, files: Record<string, Uint8Array> = {}) => {
  const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  return openBundle(async (file) => (file === "manifest.json" ? new TextEncoder().encode(text) : files[file]), "here/");
};

describe("a model bundle", () => {
  test("reads models by name and verifies them", async () => {
    const bundle = await bundleOf({ version: 1, models: [entry] }, { [entry.file]: content });
    expect(bundle.models).toEqual([entry]);
    expect(await bundle.read("net")).toEqual(content);
    expect(await bundle.verify()).toEqual([{ entry, problem: undefined }]);
    await expect(bundle.read("other")).rejects.toThrow('The model bundle at here/ has no model "other".');
  });
  test.each([
    ["missing", {}, /"net" \(here\/imported\/net.onnx\) is missing; run "npm run models"/],
    ["too short", { [entry.file]: content.subarray(1) }, /damaged or of another version; run "npm run models"/],
    [
      "changed",
      { [entry.file]: content.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) },
      /damaged or of another version/,
    ],
  ])("says what to do when a file is %s", async (_, files, message) => {
    const bundle = await bundleOf({ version: 1, models: [entry] }, files as Record<string, Uint8Array>);
    await expect(bundle.read("net")).rejects.toThrow(message);
    await expect(bundle.read("net")).rejects.toMatchObject({ code: "models" });
    const [{ problem }] = await bundle.verify();
    expect(problem).toMatch(message);
  });
  test.each([
    ["no JSON", "{", /not valid JSON/],
    ["another version", { version: 2, models: [] }, /has version 2, but this library reads version 1/],
    ["no models", { version: 1 }, /wrong at "models"/],
    [
      "a path that leads elsewhere",
      { version: 1, models: [{ ...entry, file: "../net.onnx" }] },
      /wrong at "models.0.file"/,
    ],
    [
      "a hidden path that leads elsewhere",
      { version: 1, models: [{ ...entry, file: "a/../../net.onnx" }] },
      /models.0.file/,
    ],
    ["an absolute path", { version: 1, models: [{ ...entry, file: "/net.onnx" }] }, /models.0.file/],
    ["a checksum that is none", { version: 1, models: [{ ...entry, sha256: "abc" }] }, /models.0.sha256/],
  ])("refuses a manifest with %s", async (_, manifest, message) => {
    await expect(bundleOf(manifest)).rejects.toThrow(message);
  });
  test("refuses a place without a manifest", async () => {
    await expect(openBundle(async () => undefined, "here/")).rejects.toThrow("no model bundle at here/");
  });
});

describe("in Node", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bundle-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("the bundle of @cameo/models is found and holds the face models", async () => {
    const { models } = await openNodeBundle();
    expect(models.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["blazeface", "facemesh", "iris", "faceres"]),
    );
  });
  test("a folder can be given", async () => {
    await writeFile(join(folder, "net.onnx"), content);
    await writeFile(
      join(folder, "manifest.json"),
      JSON.stringify({ version: 1, models: [{ ...entry, file: "net.onnx" }] }),
    );
    const bundle = await openNodeBundle(folder);
    expect(new Uint8Array(await bundle.read("net"))).toEqual(content);
    await expect(openNodeBundle(join(folder, "nowhere"))).rejects.toThrow("manifest.json is missing");
  });
});

describe("on the web", () => {
  let server: Server;
  let address: string;
  beforeEach(async () => {
    const files: Record<string, string | Uint8Array> = {
      "/models/manifest.json": JSON.stringify({ version: 1, models: [entry] }),
      "/models/imported/net.onnx": content,
    };
    server = createServer(({ url = "" }, response) => {
      if (url.startsWith("/broken")) response.writeHead(500).end();
      else response.writeHead(files[url] ? 200 : 404).end(files[url]);
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((closed) => server.close(closed)));

  test("a bundle is fetched from its URL, with or without the slash", async () => {
    for (const url of [`${address}/models`, new URL(`${address}/models/`)])
      expect(await (await openWebBundle(url)).read("net")).toEqual(content);
  });
  test("what cannot be fetched is named", async () => {
    await expect(openWebBundle(`${address}/nowhere`)).rejects.toThrow(/no model bundle at .*nowhere/);
    await expect(openWebBundle(`${address}/broken`)).rejects.toThrow(
      /broken\/manifest.json cannot be fetched: status 500/,
    );
    await expect(openWebBundle("http://127.0.0.1:1/")).rejects.toThrow(/cannot be fetched/);
  });
});
