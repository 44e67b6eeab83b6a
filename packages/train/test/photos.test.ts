import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findPhotos, openSource, parseConfig, partOf, preparePhotos, skinColoured, train } from "@cameo/train";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = mkdtempSync(join(tmpdir(), "cameo-photos-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const example = (name: string) => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
const collection = join(root, "lfw");
const folder = join(root, "prepared");
const models = fileURLToPath(new URL("../../../models", import.meta.url));
const present = existsSync(join(models, "imported", "blazeface.onnx"));
if (!present) console.log("skipped: models/imported is absent (npm run models makes it)");

/** A folder as that of LFW, with things in it that are no use. */
beforeAll(() => {
  for (const [person, file] of [
    ["Mei_Lin", "mei.jpg"],
    ["Viktor_Orlov", "viktor.jpg"],
  ]) {
    mkdirSync(join(collection, person), { recursive: true });
    copyFileSync(example(file), join(collection, person, `${person}_0001.jpg`));
  }
  copyFileSync(example("mei.depth.png"), join(collection, "Mei_Lin", "Mei_Lin_0002.png"));
  writeFileSync(join(collection, "Viktor_Orlov", "broken.jpg"), "no picture");
  writeFileSync(join(collection, "Viktor_Orlov", "Viktor_Orlov_0001.mat"), "landmarks");
  writeFileSync(join(collection, ".hidden.jpg"), "");
  writeFileSync(join(collection, "list_attr_celeba.txt"), "202599");
});

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
const lines = (file: string) =>
  readFileSync(join(folder, file), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("photos to prepare", () => {
  it("are the pictures of all folders below, in order, each once", async () => {
    const found = await findPhotos([collection, join(collection, "Mei_Lin", "Mei_Lin_0001.jpg")]);
    expect(found.map((path) => path.slice(collection.length + 1))).toEqual([
      "Mei_Lin/Mei_Lin_0001.jpg",
      "Mei_Lin/Mei_Lin_0002.png",
      "Viktor_Orlov/Viktor_Orlov_0001.jpg",
      "Viktor_Orlov/broken.jpg",
    ]);
    await expect(findPhotos([join(root, "nowhere")])).rejects.toThrow("There is no file or folder");
  });

  it("leave out what has another colour than most of the face", () => {
    const [width, height] = [8, 8];
    const data = new Uint8Array(3 * 64);
    for (let p = 0; p < 64; p++) data.set([200 + (p % 5), 150 + (p % 3), 120 + (p % 4)], 3 * p);
    data.set([90, 90, 160], 3 * 20);
    data.set([12, 9, 7], 3 * 21);
    const face = new Uint8Array(64).fill(1).fill(0, 0, 8);
    const skin = skinColoured({ width, height, data }, face);
    expect(Array.from(skin.subarray(0, 8))).toEqual(Array(8).fill(0));
    expect(skin[20]).toBe(0);
    expect(skin[21]).toBe(0);
    expect(skin.reduce((a, b) => a + b)).toBeGreaterThan(50);
  });
});

describe.skipIf(!present)("preparing photos", () => {
  it("cuts out faces, and says why others are not used", async () => {
    const started: number[][] = [];
    const result = await preparePhotos({
      photos: [collection],
      folder,
      models,
      workers: 1,
      onStart: (...counts) => started.push(counts),
    });
    expect(started).toEqual([[4, 0]]);
    expect(result).toEqual({ photos: 4, before: 0, faces: 2, rejected: { "no-face": 1, unreadable: 1 } });
    const rejects = lines("rejects.jsonl");
    expect(rejects.map(({ source, reason }) => [source.slice(collection.length + 1), reason])).toEqual([
      ["Mei_Lin/Mei_Lin_0002.png", "no-face"],
      ["Viktor_Orlov/broken.jpg", "unreadable"],
    ]);
    expect(rejects[1].message).toContain("broken.jpg");
    for (const { faces } of lines("prepared.jsonl"))
      for (const { file } of faces)
        for (const ending of [".jpg", ".skin.png"]) expect(existsSync(join(folder, file + ending))).toBe(true);
  }, 60_000);

  it("gives the trainer aligned faces with their landmarks and skin", async () => {
    const fields = {
      image: "picture",
      skin: "map",
      landmarks68: { vector: 136 },
      visible68: { vector: 68 },
      known: { vector: 1 },
      coefficients: { vector: 7 },
    } as const;
    const source = await openSource({ kind: "photos", path: folder }, fields, 112);
    expect(source.count).toBe(2);
    for (const index of [0, 1]) {
      const { image, skin, landmarks68: p, visible68, known, coefficients } = await source.sample(index);
      expect([image.length, skin.length, known[0], ...coefficients]).toEqual([
        3 * 112 ** 2,
        112 ** 2,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
      ]);
      // Aligned: about 88 of 224 pixels between the outer corners of the eyes of a frontal face, the nose in the middle.
      expect(Math.hypot(Number(p[90]) - Number(p[72]), Number(p[91]) - Number(p[73])) * 224).toBeGreaterThan(60);
      expect(Math.abs(Number(p[60]) - 0.5)).toBeLessThan(0.15);
      expect(sum(visible68)).toBeGreaterThan(45);
      // Skin on the cheeks and the forehead, none in the corners.
      const at = (u: number, v: number) => skin[Math.floor(v * 112) * 112 + Math.floor(u * 112)];
      const between = (a: number, b: number, k: number) => (Number(p[2 * a + k]) + Number(p[2 * b + k])) / 2;
      expect(at(between(31, 2, 0), between(31, 2, 1)) + at(between(35, 14, 0), between(35, 14, 1))).toBeGreaterThan(1);
      expect(at(0.02, 0.02) + at(0.98, 0.02)).toBe(0);
      const share = sum(skin) / 112 ** 2;
      expect(share).toBeGreaterThan(0.12);
      expect(share).toBeLessThan(0.5);
    }
    await expect(openSource({ kind: "photos", path: folder }, { depth: "map" }, 112)).rejects.toThrow(
      'Photos have no field "depth"',
    );
    await expect(openSource({ kind: "photos", path: root }, {}, 112)).rejects.toThrow("holds no prepared photos");
  });

  it("varies them: landmarks and skin stay on the face, also in a mirror", async () => {
    const fields = { image: "picture", skin: "map", landmarks68: { vector: 136 }, visible68: { vector: 68 } } as const;
    const [plain, source] = await Promise.all(
      [1, 9].map((variants) => openSource({ kind: "photos", path: folder, variants }, fields, 112)),
    );
    expect(source.count).toBe(18);
    const x = (p: ArrayLike<number>, i: number) => Number(p[2 * i]);
    let mirrored = 0;
    for (let index = 0; index < source.count; index++) {
      const [seen, original] = await Promise.all([source.sample(index), plain.sample(index % 2)]);
      if (index < 2) expect(seen).toEqual(original);
      const { image, landmarks68: p, skin, visible68 } = seen;
      // In a mirror, too, the first point of the jaw is at the left, and that of the right eye left of that of the left one.
      expect(x(p, 0)).toBeLessThan(x(p, 16));
      expect(x(p, 36)).toBeLessThan(x(p, 45));
      const eyes = (q: ArrayLike<number>) => x(q, 45) - x(q, 36);
      expect(eyes(p) / eyes(original.landmarks68)).toBeCloseTo(1, 0.8);
      expect(sum(visible68)).toBe(sum(original.visible68));
      const nose = Math.floor(Number(p[61]) * 112) * 112 + Math.floor(x(p, 30) * 112);
      expect(skin[nose]).toBeGreaterThan(0.5);
      expect(sum(skin) / sum(original.skin)).toBeCloseTo(1, 0.5);
      if (index >= 2) expect(image).not.toEqual(original.image);
      const turn = (q: ArrayLike<number>) => x(q, 30) - (x(q, 36) + x(q, 45)) / 2;
      if (Math.sign(turn(p)) !== Math.sign(turn(original.landmarks68))) mirrored++;
    }
    expect(mirrored).toBeGreaterThan(2);
    expect(mirrored).toBeLessThan(14);
  });

  it("stops when told to, and goes on there with the same result", async () => {
    const broken = join(root, "broken");
    const stop = new AbortController();
    const running = preparePhotos({
      photos: [collection],
      folder: broken,
      models,
      workers: 1,
      signal: stop.signal,
      onPhoto: () => stop.abort(new Error("enough")),
    });
    await expect(running).rejects.toThrow("enough");
    const journal = readFileSync(join(broken, "prepared.jsonl"), "utf8");
    expect(journal.endsWith("\n")).toBe(true);
    expect(journal.trim().split("\n")).toHaveLength(1);

    // As a crash leaves it: half a line.
    appendFileSync(join(broken, "prepared.jsonl"), journal.slice(0, 40));
    let taken = 0;
    const result = await preparePhotos({
      photos: [collection],
      folder: broken,
      models,
      workers: 1,
      onPhoto: () => taken++,
    });
    expect([taken, result.before, result.faces]).toEqual([3, 1, 2]);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      const whole = join(parentPath, name);
      expect(readFileSync(whole.replace(folder, broken)).equals(readFileSync(whole)), name).toBe(true);
    }
    await expect(preparePhotos({ photos: [collection], folder: broken, models, faces: "all" })).rejects.toThrow(
      "was prepared with faces largest, not all",
    );
  }, 60_000);

  it("a network learns from them alone, by landmarks, picture and what faces are like", async () => {
    const out = join(root, "run");
    const config = parseConfig({
      task: "face",
      out,
      data: { kind: "photos", path: folder },
      size: 64,
      batch: 2,
      steps: 24,
      rate: 3e-4,
      schedule: { kind: "constant" },
      logEvery: 1,
      checkpointEvery: 24,
      sampleEvery: 24,
      workers: 0,
      models,
      network: {
        body: "resnet18",
        width: 8,
        heads: { identity: 10, expression: 5, texture: 10, light: 27, rotation: 4, translation: 3 },
      },
      losses: {
        photometric: 1.9,
        landmarks: 1.6e-3,
        perceptual: 0.2,
        coefficients: 3e-4,
        flatness: 5,
        lightColour: 10,
      },
    });
    await train(config);
    const metrics = readFileSync(join(out, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const [first, last] = [metrics[0], metrics[23]];
    for (const name of ["photometric", "landmarks", "perceptual", "coefficients", "flatness", "lightColour"])
      expect(first[name], name).toBeTypeOf("number");
    // Nothing is compared with a truth that is not there.
    expect([first.shape, first.rotation, first.texture]).toEqual([undefined, undefined, undefined]);
    expect(last.landmarks).toBeLessThan(0.7 * first.landmarks);
    expect(last.photometric).toBeLessThan(0.75 * first.photometric);
    expect(readdirSync(join(out, "samples"))).toEqual(["step-00000024.png"]);
  }, 120_000);
});

describe("mixed sources", () => {
  it("take turns by their shares, each going through its samples in order", () => {
    const taken = Array.from({ length: 1000 }, (_, i) => partOf([1, 2, 1], i));
    for (const [part, share] of [0.25, 0.5, 0.25].entries()) {
      const numbers = taken.filter((t) => t.part === part).map((t) => t.number);
      expect(numbers).toEqual(Array.from({ length: 1000 * share }, (_, i) => i));
    }
    // Evenly, not one after the other.
    expect(taken.slice(0, 8).filter((t) => t.part === 1)).toHaveLength(4);
  });

  it("give each sample of a source once before any again", async () => {
    const shapes = (count: number, seed: number) => ({ kind: "shapes", count, seed }) as const;
    const fields = { coefficients: { vector: 4 } } as const;
    const source = await openSource(
      {
        kind: "mixed",
        parts: [
          { share: 1, data: shapes(5, 1) },
          { share: 3, data: shapes(3, 2) },
        ],
      },
      fields,
      16,
    );
    const drawn = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => Array.from((await source.sample(i)).coefficients).join()),
    );
    const all = async (count: number, seed: number) => {
      const one = await openSource(shapes(count, seed), fields, 16);
      return Promise.all(
        Array.from({ length: count }, async (_, i) => Array.from((await one.sample(i)).coefficients).join()),
      );
    };
    const [few, more] = [await all(5, 1), await all(3, 2)];
    for (const sample of few) expect(drawn.filter((d) => d === sample)).toHaveLength(1);
    for (const sample of more) expect(drawn.filter((d) => d === sample)).toHaveLength(5);
  });
});
