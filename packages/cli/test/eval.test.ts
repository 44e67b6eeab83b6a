import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { abs, addToBundle, cast, constant, greater, input, type Model, mean, mul, sub, toOnnx } from "@cameo/train";
import {
  Cameo,
  createPyramid,
  cutParseCrop,
  encodeGrey,
  type Head,
  type LabelMap,
  parseView,
  sampleLabels,
} from "cameo";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { portraitOf, saved } from "./photos.ts";
import { cameo, contents, temporaryFolder } from "./run.ts";

const SIDE = 256;

let picture: Buffer;
/** What the head model sees in the picture: the truth of these tests. */
let truth: LabelMap;
/** A network that gives the truth when it is shown the picture's parsing crop, and has no opinion of anything else. */
let network: Model;
let landmarks: number[][];
beforeAll(async () => {
  picture = await portraitOf(400).png().toBuffer();
  const library = await Cameo.load();
  const head = await library.reconstruct(picture, { parse: "model" });
  await library.dispose();
  truth = head.labelMap();
  network = knowingNetwork(head);
  landmarks = Array.from({ length: 68 }, (_, i) => [head.landmarks[2 * i] - 0.5, head.landmarks[2 * i + 1] - 0.5]);
});

function knowingNetwork({ image: photo, camera, pose }: Head): Model {
  const { toPhoto } = parseView(camera, pose, SIDE);
  const labels = sampleLabels({ x: 0, y: 0, step: 1, map: truth }, toPhoto, SIDE, SIDE);
  const logits = new Float32Array(6 * SIDE * SIDE);
  labels.data.forEach((label, i) => {
    logits[label * SIDE * SIDE + i] = 6;
  });
  const { data } = cutParseCrop(createPyramid(photo), camera, pose, SIDE).image;
  const crop = Float32Array.from(
    { length: 3 * SIDE * SIDE },
    (_, i) => data[3 * (i % SIDE ** 2) + Math.floor(i / SIDE ** 2)] / 255,
  );
  const image = input("image", [1, 3, SIDE, SIDE]);
  const off = mean(abs(sub(image, constant(crop, [1, 3, SIDE, SIDE]))));
  return toOnnx({ logits: mul(constant(logits, [1, 6, SIDE, SIDE]), cast(greater(sub(0.01, off), 0))) });
}

async function references(): Promise<string> {
  const folder = join(await temporaryFolder(), "photos");
  await mkdir(folder);
  await saved(folder, "one.png", picture);
  await saved(folder, "one.mask.png", Buffer.from(await encodeGrey(truth)));
  await saved(folder, "one.landmarks.json", JSON.stringify({ points: landmarks }));
  await saved(folder, "two.png", picture);
  const shifted = landmarks.map(([x, y]) => [x + 3, y + 4]);
  await saved(folder, "two.landmarks.json", JSON.stringify({ points: shifted }));
  await saved(folder, "unknown.png", picture);
  await writeFile(join(folder, "network.onnx"), network.bytes);
  return folder;
}

/** The default bundle with a parsing network of this test. */
async function bundleWithNetwork(): Promise<string> {
  const from = fileURLToPath(new URL("../../../models/", import.meta.url));
  const folder = await temporaryFolder();
  const manifest = JSON.parse(await readFile(join(from, "manifest.json"), "utf8"));
  manifest.models = manifest.models.filter(({ name }: { name: string }) => name !== "parse");
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
  for (const name of ["imported", "head.bin", "face.onnx", "depth.onnx", "refine.onnx"])
    await symlink(join(from, name), join(folder, name));
  await addToBundle(folder, network, { name: "parse", licence: "CC0-1.0", source: "this test" });
  return folder;
}

describe("eval photos", () => {
  test("prints a line per photo with references, and means", async () => {
    const { status, stdout, stderr } = await cameo("eval", "photos", await references(), "--parse", "model");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [title, titles, ...rows] = stdout.trimEnd().split("\n");
    expect(title).toBe("2 of 2 photos:");
    expect(titles).toMatch(/^photo +labels by +head +hair +face +ears +mouth +landmarks % +jaw/);
    expect(rows.map((row) => row.split(/ +/)[0])).toEqual(["one", "two", "mean"]);
    expect(rows[0]).toMatch(/^one +model +1\.000 +1\.000 +1\.000 +1\.000 +(1\.000|-) +0\.00/);
    const eyes = Math.hypot(landmarks[45][0] - landmarks[36][0], landmarks[45][1] - landmarks[36][1]);
    expect(rows[1]).toMatch(new RegExp(`^two +model +- +- +- +- +- +${(500 / eyes).toFixed(2)}`));
  });

  test("tries a network file, and draws overlays", async () => {
    const folder = await references();
    const drawn = join(folder, "drawn");
    const { status, stdout } = await cameo(
      ...["eval", "photos", folder, "--parse-network", join(folder, "network.onnx"), "--json", "--overlay", drawn],
    );
    expect(status).toBe(0);
    const { photos, mean, failures } = JSON.parse(stdout);
    expect(failures).toEqual([]);
    expect(photos.map(({ parse }: { parse: string }) => parse)).toEqual(["network", "network"]);
    // The truth through a crop and back; where the photo has edges near those of the model, boundaries move there.
    for (const [part, least] of [
      ["head", 0.95],
      ["face", 0.95],
      ["hair", 0.85],
    ] as const) {
      expect(mean[part]).toBeGreaterThan(least);
      expect(mean[part]).toBeLessThan(1);
    }
    expect(await contents(drawn)).toEqual(["one.jpg", "two.jpg"]);
    const { width, height } = await sharp(join(drawn, "one.jpg")).metadata();
    expect([width, height]).toEqual([truth.width, truth.height]);
  });

  test("says what is wrong with a folder, a reference or a network", async () => {
    const folder = await references();
    const missing = await cameo("eval", "photos", join(folder, "nowhere"));
    expect(missing).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(/^cameo: .*nowhere.*\n$/) });
    const network = join(folder, "two.png");
    const wrong = await cameo("eval", "photos", folder, "--parse-network", network);
    expect(wrong).toMatchObject({ status: 3, stderr: expect.stringMatching(/^cameo: .*could not be loaded.*\n$/) });
    await saved(folder, "two.landmarks.json", '{"points": [[1, 2]]}');
    await saved(folder, "one.mask.png", Buffer.from(await encodeGrey({ ...truth, data: truth.data.map(() => 9) })));
    const spoilt = await cameo("eval", "photos", folder, "--json");
    expect(spoilt.status).toBe(1);
    const { failures } = JSON.parse(spoilt.stdout);
    expect(failures.map(({ name, error }: { name: string; error: { code: string } }) => [name, error.code])).toEqual([
      ["one", "invalid"],
      ["two", "invalid"],
    ]);
  });
});

describe("the way to parse", () => {
  test("is the bundle's network, unless the model is asked for, and is said", async () => {
    const folder = await temporaryFolder();
    const photo = await saved(folder, "one.png", picture);
    const models = await bundleWithNetwork();
    const run = async (...more: string[]) => {
      const { status, stderr } = await cameo(
        ...["reconstruct", photo, "-o", folder, "--format", "ply", "--verbose", "--models", models, ...more],
      );
      expect(status).toBe(0);
      const json = JSON.parse(await readFile(join(folder, "one.json"), "utf8"));
      const labels = await sharp(join(folder, "one.labels.png")).toColourspace("b-w").raw().toBuffer();
      return { stderr, json, labels, names: json.models.map(({ name }: { name: string }) => name) };
    };
    const found = await run();
    expect(found.json.prior).toEqual({ face: false, parse: false, depth: false });
    expect(found.names).toContain("parse");
    expect(found.stderr).toContain("labels: parsing network");
    const model = await run("--parse", "model");
    expect(model.json.prior.parse).toBe(true);
    expect(model.names).not.toContain("parse");
    expect(model.stderr).toContain("labels: the head model's");
    expect(Buffer.compare(model.labels, Buffer.from(truth.data))).toBe(0);
    const differing = found.labels.filter((label, i) => label !== truth.data[i]).length;
    expect(differing).toBeGreaterThan(0);
    expect(differing).toBeLessThan(0.02 * truth.data.length);
  });

  test("cannot be a network where there is none", async () => {
    const models = await bundleWithNetwork();
    const manifest = JSON.parse(await readFile(join(models, "manifest.json"), "utf8"));
    manifest.models = manifest.models.filter(({ name }: { name: string }) => name !== "parse");
    await writeFile(join(models, "manifest.json"), JSON.stringify(manifest));
    const photo = await saved(models, "one.png", picture);
    const { status, stderr } = await cameo(
      "reconstruct",
      photo,
      "-o",
      models,
      "--models",
      models,
      "--parse",
      "network",
    );
    expect(status).toBe(3);
    expect(stderr).toMatch(/has no parsing network/);
  });
});
