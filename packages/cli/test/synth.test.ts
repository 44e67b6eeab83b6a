import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, onTestFinished, test } from "vitest";
import { cameo, cameoOnTerminal, contents, temporaryFolder } from "./run.ts";

const assets = fileURLToPath(new URL("../../../../shared/makehuman", import.meta.url));
const present = existsSync(assets);
if (!present) console.log(`Skipped in part: the MakeHuman head pack is not at ${assets}.`);

describe("synth is used wrongly: status 2, one line that names the option and what is allowed", () => {
  test.each([
    [[], "--count"],
    [["--count", "0"], "--count"],
    [["--count", "1.5"], "whole number"],
    [["--count", "many"], "from 1 to"],
    [["--count", "1"], "--output"],
    [["--count", "1", "--preview", "sheet.jpg"], ".png"],
    [["--count", "1", "--statistics", "--preview-maps"], "--preview"],
    [["--count", "1", "-o", "x", "--seed", "-1"], "--seed"],
    [["--count", "1", "-o", "x", "--size", "8"], "from 32 to 1024"],
    [["--count", "1", "-o", "x", "--framing", "foot"], "head, photo, face, parse"],
    [["--count", "1", "-o", "x", "--pairs", "1"], "from 2 to 64"],
    [["--count", "1", "-o", "x", "--rotation", "15:5"], "such as 5:15"],
    [["--count", "1", "-o", "x", "--rotation", "5"], "--rotation"],
    [["--count", "1", "-o", "x", "--format", "gif"], "webp, jpeg, png"],
    [["--count", "1", "-o", "x", "--threads", "0"], "--threads"],
    [["--count", "1", "-o", "x", "--first", "x"], "--first"],
    [["portraits", "--count", "1", "-o", "x"], "argument"],
  ])("cameo synth %j", async (argv, word) => {
    const { status, stdout, stderr } = await cameo("synth", ...argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^cameo: .+\n$/);
    expect(stderr).toContain(word);
  });
});

test("its help fits a terminal of 80 columns and names all options", async () => {
  const { stdout } = await cameo("synth", "--help");
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  for (const word of [
    "--count",
    "--seed",
    "--pairs",
    "--rotation",
    "--preview",
    "--statistics",
    "--assets",
    "Examples:",
  ])
    expect(stdout).toContain(word);
});

test("without assets it ends with status 3 and says where to get them", async () => {
  const before = process.env.CAMEO_ASSETS;
  onTestFinished(() => {
    if (before === undefined) delete process.env.CAMEO_ASSETS;
    else process.env.CAMEO_ASSETS = before;
  });
  delete process.env.CAMEO_ASSETS;
  const folder = await temporaryFolder();
  const none = await cameo("synth", "--count", "1", "-o", join(folder, "set"));
  expect(none).toMatchObject({ status: 3, stdout: "" });
  expect(none.stderr).toMatch(/^cameo: .*CAMEO_ASSETS.*docs\/synthetic-data\.md.*\n$/);
  const empty = await cameo("synth", "--count", "1", "-o", join(folder, "set"), "--assets", folder, "--json");
  expect(empty.status).toBe(3);
  expect(JSON.parse(empty.stdout).error.code).toBe("assets");
  expect((await contents(folder)).filter((name) => name.endsWith(".tar"))).toEqual([]);
});

describe.skipIf(!present)("portraits", () => {
  test("are written, shown, counted, kept, and not mixed with others", async () => {
    const folder = await temporaryFolder();
    const set = join(folder, "set");
    const synth = (...more: string[]) => cameo("synth", "--assets", assets, "--size", "64", "--threads", "1", ...more);
    const sheet = join(folder, "sheet.png");
    const first = await synth(
      "--count",
      "2",
      "-o",
      set,
      "--pairs",
      "--preview",
      sheet,
      "--preview-maps",
      "--statistics",
    );
    expect(first.stderr).toMatch(/^4 pictures made; [\d.]+ a second; [\d.]+ MB, \d+ kB each\n$/);
    expect(first.status).toBe(0);
    expect(first.stdout.split("\n").slice(0, 2)).toEqual([set, sheet]);
    expect(first.stdout).toContain("\n| yaw | ");
    expect(await contents(set)).toEqual(["portraits-00000000-00000001.tar", "set.json"]);
    const { width, height } = await sharp(sheet).metadata();
    expect([width, height]).toEqual([3 * 64, 4 * 64]);

    const again = await synth("--count", "2", "-o", set, "--pairs", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ folder: set, people: { kept: 2, made: 0 }, frames: 2 });

    const other = await synth("--count", "2", "-o", set, "--seed", "5");
    expect(other).toMatchObject({ status: 4, stdout: "" });
    expect(other.stderr).toMatch(/^cameo: .*seed 0, not 5.*\n$/);
  });

  test("of an interrupted run are whole, and a terminal sees how to go on", async () => {
    const set = join(await temporaryFolder(), "set");
    const argv = ["--count", "1000000", "--size", "32", "--threads", "1", "--assets", assets, "-o", set];
    const running = cameoOnTerminal("synth", ...argv);
    const { setTimeout } = await import("node:timers/promises");
    while (!(await contents(set)).some((name) => name.endsWith(".tmp"))) await setTimeout(20);
    process.emit("SIGINT");
    const { status, stderr } = await running;
    expect(status).toBe(130);
    expect(stderr).toContain("0/1000000 people");
    expect(stderr).toContain(`What is complete in ${set} stays; the same command goes on from there.`);
    expect(await contents(set)).toEqual(["set.json"]);
  });
});
