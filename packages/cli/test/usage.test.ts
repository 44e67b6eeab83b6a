import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cameo, contents, temporaryFolder } from "./run.ts";

describe("help", () => {
  test.each([
    [["--help"], ["reconstruct", "turn", "models", "Exit status"]],
    [
      ["reconstruct", "--help"],
      ["--format", "--face", "--fov", "--focal35", "--models", "--json", "Examples:"],
    ],
    [
      ["turn", "--help"],
      ["--yaw", "--pitch", "--roll", "--size", "Examples:"],
    ],
    [
      ["models", "--help"],
      ["list", "verify", "Examples:"],
    ],
    [["models", "verify", "--help"], ["exit status 3"]],
    [
      ["train", "--help"],
      ["--config", "--dry-run", "--resume"],
    ],
    [["help", "turn"], ["cameo turn me.jpg"]],
  ])("cameo %j", async (argv, words) => {
    const { status, stdout, stderr } = await cameo(...argv);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const word of words) expect(stdout).toContain(word);
  });

  test("fits a terminal of 80 columns", async () => {
    for (const argv of [["--help"], ["reconstruct", "-h"], ["turn", "-h"], ["models", "-h"]])
      for (const line of (await cameo(...argv)).stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("without a command, on standard error, as wrong usage", async () => {
    const { status, stdout, stderr } = await cameo();
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("Usage: cameo");
  });

  test("the version is that of the package", async () => {
    expect((await cameo("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

test("train hands its arguments on, options first or last, and its exit code back", async () => {
  for (const argv of [
    ["depth", "--config", "no-such-run.json"],
    ["--config", "no-such-run.json", "depth"],
  ]) {
    const { status, stderr } = await cameo("train", ...argv);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^[^\n]*no-such-run\.json[^\n]*\n$/);
  }
});

describe("wrong usage ends with status 2 and one line", () => {
  test.each([
    [["sculpt"], "sculpt"],
    [["reconstruct"], "photo"],
    [["reconstruct", "me.jpg", "--speed"], "--speed"],
    [["reconstruct", "me.jpg", "--format", "glb,stl"], "glb, obj, ply"],
    [["reconstruct", "me.jpg", "--format", ""], "glb, obj, ply"],
    [["reconstruct", "me.jpg", "--face", "0"], "--face"],
    [["reconstruct", "me.jpg", "--face", "1.5"], "whole number"],
    [["reconstruct", "me.jpg", "--face", "both"], "--face"],
    [["reconstruct", "me.jpg", "--fov", "180"], "--fov"],
    [["reconstruct", "me.jpg", "--fov", ""], "--fov"],
    [["reconstruct", "me.jpg", "--focal35", "-50"], "--focal35"],
    [["reconstruct", "me.jpg", "--focal35", "50", "--fov", "40"], "--fov"],
    [["reconstruct", "me.jpg", "--threads", "0"], "--threads"],
    [["reconstruct", "me.jpg", "--provider", "abacus"], "cuda"],
    [["turn", "me.jpg", "--yaw", "20"], "--output"],
    [["turn", "me.jpg", "--yaw", "left", "-o", "out.png"], "--yaw"],
    [["turn", "me.jpg", "--yaw", "181", "-o", "out.png"], "180"],
    [["turn", "me.jpg", "-o", "out.tiff"], ".png"],
    [["turn", "me.jpg", "-o", "out.mp4"], "--sweep makes a video"],
    [["turn", "me.jpg", "you.jpg", "-o", "out.png"], "argument"],
    [["turn", "me.jpg", "--face", "all", "-o", "out.png"], "--face"],
    [["turn", "me.jpg", "--size", "1e9", "-o", "out.png"], "--size"],
    [["models", "paint"], "paint"],
  ])("cameo %j", async (argv, word) => {
    const { status, stdout, stderr } = await cameo(...argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^cameo: .+\n$/);
    expect(stderr).toContain(word);
  });

  test("with --json the error is a document on standard output too", async () => {
    const { status, stdout, stderr } = await cameo("reconstruct", "me.jpg", "--face", "0", "--json");
    expect(status).toBe(2);
    expect(JSON.parse(stdout).error.code).toBe("option");
    expect(stderr).toContain(JSON.parse(stdout).error.message);
  });
});

describe("output that cannot be written ends with status 4 before any work", () => {
  test.each([
    ["a file in place of the folder", "note.txt"],
    ["a folder below a file", join("note.txt", "heads")],
    ["a folder two levels below a file", join("note.txt", "heads", "today")],
  ])("%s", async (_, output) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "note.txt"), "note");
    const runs = [
      await cameo("reconstruct", "me.jpg", "-o", join(folder, output)),
      await cameo("turn", "me.jpg", "-o", join(folder, output, "me.png")),
    ];
    for (const { status, stdout, stderr } of runs) {
      expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
      expect(stderr).toMatch(/^cameo: Cannot write to .*note\.txt.*\n$/);
    }
    expect(await contents(folder)).toEqual(["note.txt"]);
  });

  test("the turned picture may not replace the photo", async () => {
    const folder = await temporaryFolder();
    const photo = join(folder, "me.png");
    await mkdir(join(folder, "sub"));
    await writeFile(photo, "photo");
    const { status, stderr } = await cameo("turn", photo, "-o", join(folder, "sub", "..", "me.png"));
    expect(status).toBe(4);
    expect(stderr).toMatch(/^cameo: .*destroy a photo.*\n$/);
  });
});
