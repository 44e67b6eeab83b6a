import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OutputError, writeFiles, writeFileWhole } from "../../src/export/write.node.ts";

/** The file, if any, whose writing breaks off after a few bytes with this error. */
let breakAt: { name: string; code: string } | undefined;

vi.mock(import("node:fs/promises"), async (original) => {
  const real = await original();
  const breaking: typeof real.writeFile = async (path, ...rest) => {
    if (!breakAt || !String(path).includes(breakAt.name)) return real.writeFile(path, ...rest);
    await real.writeFile(path, "half a");
    throw Object.assign(new Error(`${breakAt.code}: broken`), { code: breakAt.code });
  };
  return { ...real, writeFile: breaking };
});

let folder: string;
beforeEach(async () => {
  breakAt = undefined;
  folder = await mkdtemp(join(tmpdir(), "cameo-write-"));
});
afterEach(() => rm(folder, { recursive: true }));

const refusal = async (work: Promise<void>): Promise<OutputError> => {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(OutputError);
  expect(error.message).toMatch(/^[^\n]+ cannot be written: [^\n]+\.$/);
  return error;
};

it("writes bytes and text, makes folders, replaces what was there, and leaves nothing else", async () => {
  const out = join(folder, "new", "out");
  await writeFiles(out, { "a.glb": Uint8Array.of(1, 2, 3), "a.json": "{}" });
  await writeFiles(out, { "a.json": '{"again":true}' });
  await writeFileWhole(join(out, "b.png"), Uint8Array.of(9));
  expect((await readdir(out)).sort()).toEqual(["a.glb", "a.json", "b.png"]);
  expect([...(await readFile(join(out, "a.glb")))]).toEqual([1, 2, 3]);
  expect(await readFile(join(out, "a.json"), "utf8")).toBe('{"again":true}');
  expect([...(await readFile(join(out, "b.png")))]).toEqual([9]);
});

it("many writers of one file leave one whole file", async () => {
  const contents = Array.from({ length: 20 }, (_, i) => new Uint8Array(100_000).fill(i));
  await Promise.all(contents.map((content) => writeFiles(folder, { same: content })));
  expect(await readdir(folder)).toEqual(["same"]);
  const bytes = await readFile(join(folder, "same"));
  expect(bytes.length).toBe(100_000);
  expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
});

describe("where writing fails, the folder is as it was", () => {
  it("a folder has the name of a file: the other files are not written either", async () => {
    await mkdir(join(folder, "b.json"));
    await writeFile(join(folder, "a.glb"), "old");
    const { code, message } = await refusal(writeFiles(folder, { "a.glb": "new", "b.json": "new" }));
    expect(code).toBe("is-a-folder");
    expect(message).toContain(join(folder, "b.json"));
    expect((await readdir(folder)).sort()).toEqual(["a.glb", "b.json"]);
    expect(await readFile(join(folder, "a.glb"), "utf8")).toBe("old");
  });

  it("a file is where the folder should be, or one above it", async () => {
    const file = join(folder, "file");
    await writeFile(file, "x");
    expect((await refusal(writeFiles(file, { a: "1" }))).code).toBe("not-a-folder");
    expect((await refusal(writeFiles(join(file, "below"), { a: "1" }))).code).toBe("not-a-folder");
    expect(await readFile(file, "utf8")).toBe("x");
  });

  it("one of the files cannot be written", async () => {
    const files = { first: "1", [`${"long".repeat(100)}`]: "2" };
    expect((await refusal(writeFiles(folder, files))).code).toBe("unwritable");
    expect(await readdir(folder)).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")("the folder may not be written to", async () => {
    await chmod(folder, 0o555);
    const { code } = await refusal(writeFiles(folder, { a: "1" }));
    await chmod(folder, 0o755);
    expect(code).toBe("forbidden");
  });

  it.each([
    ["ENOSPC", "disk-full"],
    ["EDQUOT", "disk-full"],
    ["EACCES", "forbidden"],
    ["EROFS", "forbidden"],
    ["EIO", "unwritable"],
  ])("the system refuses halfway with %s", async (systemCode, code) => {
    await writeFiles(folder, { kept: "1", second: "old" });
    breakAt = { name: "second", code: systemCode };
    expect((await refusal(writeFiles(folder, { first: "1", second: "new", third: "3" }))).code).toBe(code);
    expect((await readdir(folder)).sort()).toEqual(["kept", "second"]);
    expect(await readFile(join(folder, "second"), "utf8")).toBe("old");
  });

  it("the signal is aborted", async () => {
    const reason = new Error("enough");
    await expect(writeFiles(join(folder, "x"), { a: "1" }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const writing = writeFiles(folder, { a: new Uint8Array(2e8), b: "1" }, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(writing).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual([]);
    await expect(stat(join(folder, "x"))).rejects.toThrow();
  });
});
