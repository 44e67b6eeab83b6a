import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SimilarityEvaluation, ViewEvaluation } from "@cameo/evaluate";
import { add, input, mul, toOnnx } from "@cameo/train";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { landscape, portraitOf, saved } from "./photos.ts";
import { cameo, temporaryFolder } from "./run.ts";

const assets = fileURLToPath(new URL("../../../../shared/makehuman", import.meta.url));
const absent = !existsSync(assets);
if (absent) console.warn(`eval views is not tested: there is no ${assets}.`);

/** A refinement network that makes everything black. */
async function blackNetwork(folder: string): Promise<string> {
  const [picture, missing] = [input("picture", [1, 3, 256, 256]), input("missing", [1, 1, 256, 256])];
  const file = join(folder, "black.onnx");
  await writeFile(file, toOnnx({ made: mul(add(picture, missing), 0) }).bytes);
  return file;
}

describe("eval similarity", () => {
  test("compares turned photos with the photo, and counts photos without a face", async () => {
    const folder = join(await temporaryFolder(), "photos");
    await mkdir(folder);
    await saved(folder, "one.png", portraitOf(320).png());
    await saved(folder, "one.mask.png", landscape(8, 8).png());
    await saved(folder, "two.png", portraitOf(320).flop().png());
    await saved(folder, "wall.png", landscape().png());
    const { status, stdout, stderr } = await cameo(
      ...["eval", "similarity", folder, "--yaw", "-10,0", "--pitch", "", "--no-refine", "--json"],
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^cameo: .*wall\.png.*\n$/);
    const result: SimilarityEvaluation = JSON.parse(stdout);
    expect(result).toMatchObject({ evaluation: "similarity", network: "faceres", filling: "push–pull" });
    expect(result.photos.map(({ name }) => name)).toEqual(["one", "two"]);
    expect(result.failures).toMatchObject([{ name: "wall", error: { code: "no-face" } }]);
    for (const { turns } of result.photos) {
      expect(turns.map(({ yaw, pitch }) => [yaw, pitch])).toEqual([
        [-10, 0],
        [0, 0],
      ]);
      // A photo that is not turned is nearly the photo.
      expect(turns[1].similarity).toBeGreaterThan(0.97);
      expect(turns[0].similarity).toBeGreaterThan(0.8);
      expect(turns[0].similarity).toBeLessThan(turns[1].similarity!);
    }
    // One photo and its mirror image.
    expect(result.strangers).toMatchObject({ count: 1 });
    expect(result.strangers.mean).toBeGreaterThan(0.8);
  }, 300_000);

  test("refuses what is no list of angles, and networks that are none", async () => {
    const folder = await temporaryFolder();
    await saved(folder, "one.png", portraitOf(64).png());
    const angles = await cameo("eval", "similarity", folder, "--yaw", "left");
    expect(angles).toMatchObject({ status: 2, stderr: expect.stringMatching(/--yaw/) });
    const network = await saved(folder, "wrong.onnx", "no network");
    const wrong = await cameo("eval", "similarity", folder, "--features", network);
    expect(wrong).toMatchObject({ status: 3, stderr: expect.stringMatching(/wrong\.onnx cannot be used/) });
    const empty = join(folder, "empty");
    await mkdir(empty);
    expect(await cameo("eval", "similarity", empty)).toMatchObject({
      status: 1,
      stderr: `cameo: ${empty} holds no photos.\n`,
    });
  }, 120_000);
});

describe.skipIf(absent)("eval views", () => {
  test("tells refinement networks apart, draws them, and the document has the figures", async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, "images", "results");
    await mkdir(pictures, { recursive: true });
    const [json, output, picture] = [
      join(folder, "views.json"),
      join(folder, "results.md"),
      join(pictures, "views.webp"),
    ];
    const { status, stdout } = await cameo(
      ...["eval", "views", `black=${await blackNetwork(folder)}`, "--count", "1", "--size", "256", "--assets", assets],
      ...["--rotation", "15:15", "--picture", picture, "--json"],
    );
    expect(status).toBe(0);
    const { pairs, failures, rotation }: ViewEvaluation = JSON.parse(stdout);
    expect([pairs.length + failures.length, rotation]).toEqual([1, [15, 15]]);
    for (const { views, rotation, missing } of pairs) {
      const { "holes filled by push–pull": filled, "coarse view, holes black": coarse, black } = views;
      expect(rotation).toBeCloseTo(15, 3);
      expect(missing).toBeGreaterThan(0.001);
      expect(Object.keys(filled.crop.features)).toEqual(["face descriptor", "parsing network"]);
      expect(filled.holes.colour).toBeLessThan(coarse.holes.colour!);
      expect(filled.identity).toBeGreaterThan(0.5);
      // What the network makes is matched to the colours around it.
      expect(black.holes.colour).toBeLessThan(coarse.holes.colour!);
      expect(black.holes.colour).not.toBe(filled.holes.colour);
    }
    const { width, height } = await sharp(picture).metadata();
    expect([width! / height!, pairs.length]).toEqual([5, 1]);
    await writeFile(json, stdout);
    expect(await cameo("eval", "report", json, "-o", output, "--pictures", "0")).toMatchObject({ status: 0 });
    const text = await readFile(output, "utf8");
    expect(text).toContain("images/results/views.webp");
    expect(text).toMatch(/\| black \| \d/);
  }, 300_000);
});
