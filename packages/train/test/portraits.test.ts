import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultPortraitOptions, type PortraitSample, random, writeShards } from "@cameo/synth";
import { batchIndices, createLoader, openSource, parseConfig, taskFields } from "@cameo/train";
import {
  FACE_CROP,
  FACE_MIDDLE,
  faceCamera,
  faceFrame,
  project,
  quaternionFromAngles,
  seenFrom,
  transformToCamera,
} from "cameo";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeToys } from "../../synth/test/set/toy-maker.ts";
import { mirrored, motionBetween, openFitter, sampleMisfit } from "../src/data/fit.ts";

const root = mkdtempSync(join(tmpdir(), "cameo-portraits-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const size = 16;
const path = join(root, "set");
const toy = async (index: number): Promise<PortraitSample> =>
  (await makeToys(2, index, { ...defaultPortraitOptions, size }))[0];

beforeAll(async () => {
  const maker = new URL("../../synth/test/set/toy-maker.ts", import.meta.url).href;
  await writeShards({
    folder: path,
    format: "png",
    assets: root,
    maker,
    seed: 2,
    count: 6,
    options: { size },
    workers: 0,
  });
});

const assets = fileURLToPath(new URL("../../../../shared/makehuman", import.meta.url));
if (!existsSync(assets)) console.log(`Skipped: the MakeHuman head pack is not at ${assets}.`);

const heads = { identity: 5, light: 9, rotation: 4, translation: 3, expression: 64 };
const coefficients = { vector: 85, groups: heads };

describe("portraits as training data", () => {
  it("give pictures and maps", async () => {
    const fields = { image: "picture", label: "labels", normals: "picture" } as const;
    const source = await openSource({ kind: "portraits", path }, fields, size);
    expect(source.count).toBe(6);
    const made = await toy(4);
    const got = await source.sample(4);
    const pixels = size * size;
    for (const p of [0, 7, 100, 255]) {
      for (let c = 0; c < 3; c++) {
        expect(got.image[c * pixels + p]).toBeCloseTo(made.image[3 * p + c] / 255, 6);
        expect(got.normals[c * pixels + p]).toBeCloseTo((made.normals[3 * p + c] / 127 + 1) / 2, 6);
      }
    }
    expect(Array.from(got.label)).toEqual(Array.from(made.labels));
  });

  it("give coefficients in the task's groups, and landmarks in parts of the picture", async () => {
    const source = await openSource({ kind: "portraits", path }, { coefficients, landmarks68: { vector: 136 } }, size);
    const { truth } = await toy(1);
    const { coefficients: all, landmarks68 } = await source.sample(1);
    expect(Array.from(all.slice(0, 5))).toEqual(truth.identity.slice(0, 5));
    const seen = seenFrom(truth, truth.camera, faceCamera(size));
    const [r, g, b] = Array.from(seen.illumination).slice(6);
    expect(all[5 + 2]).toBeCloseTo(0.2126 * r + 0.7152 * g + 0.0722 * b, 5);
    expect(all[14 + 1]).toBeCloseTo(seen.pose.rotation[1], 6);
    expect(Array.from(all.slice(21))).toEqual(truth.expression);

    // The network's camera sees the middle of the face at the same place, and as large.
    const { camera, pose } = truth;
    const [x, y, z] = [all[18], all[19], all[20] + 10].map((v) => 100 * v);
    const rotation = Array.from(all.slice(14, 18)) as unknown as typeof pose.rotation;
    const middle = Float32Array.from(FACE_MIDDLE);
    const there = transformToCamera(middle, pose);
    const here = transformToCamera(middle, { rotation, translation: [x, y, z] });
    const focal = (1015 / 224) * size;
    expect((focal * here[0]) / here[2] + size / 2).toBeCloseTo((camera.fx * there[0]) / there[2] + camera.cx, 3);
    expect((focal * here[1]) / here[2] + size / 2).toBeCloseTo((camera.fy * there[1]) / there[2] + camera.cy, 3);
    expect(focal / here[2]).toBeCloseTo(camera.fx / there[2], 5);

    const [px, py, pz] = truth.landmarks68.points.slice(9);
    expect(landmarks68[6]).toBeCloseTo(((camera.fx * px) / pz + camera.cx) / size, 5);
    expect(landmarks68[7]).toBeCloseTo(((camera.fy * py) / pz + camera.cy) / size, 5);
  });

  it("show the face alone where the crop about it is asked for", async () => {
    const side = 24;
    const spec = { kind: "portraits", path, variants: 2, crop: "face" } as const;
    const source = await openSource(spec, { image: "picture", landmarks68: { vector: 136 } }, side);
    const frameOf = async (index: number) =>
      faceFrame(Float32Array.from((await source.sample(index)).landmarks68, (x) => side * x));
    const { x, y, scale, angle } = await frameOf(3);
    expect(x).toBeCloseTo(side / 2, 4);
    expect(y).toBeCloseTo(side / 2, 4);
    expect(angle).toBeCloseTo(0, 5);
    // Turning points that are no face changes their scale a little.
    expect((scale * FACE_CROP) / side).toBeCloseTo(1, 1);
    const another = await frameOf(source.count / 2 + 3);
    expect(Math.hypot(another.x - side / 2, another.y - side / 2)).toBeLessThan(0.05 * side);
    expect(Math.abs(another.angle)).toBeLessThan(0.11);
    expect(another.angle).not.toBe(angle);
  });

  it("are reduced by whole numbers", async () => {
    const { image, labels } = await toy(1);
    const half = await openSource({ kind: "portraits", path }, { image: "picture", label: "labels" }, size / 2);
    const got = await half.sample(1);
    const [x, y, s] = [3, 5, size / 2];
    expect(got.label[y * s + x]).toBe(labels[(2 * y + 1) * size + 2 * x + 1]);
    const green = [0, 1, size, size + 1].map((o) => image[3 * (2 * y * size + 2 * x + o) + 1]);
    const mean = green.reduce((a, b) => a + b) / 4;
    expect(Math.abs(255 * Number(got.image[s * s + y * s + x]) - mean)).toBeLessThanOrEqual(0.51);
  });

  it("say what they do not have", async () => {
    const open = (fields: Parameters<typeof openSource>[1], side = size) =>
      openSource({ kind: "portraits", path }, fields, side);
    await expect(open({ teeth: "map" })).rejects.toThrow('Portraits have no field "teeth", only image, albedo');
    await expect(open({ image: "picture" }, 32)).rejects.toThrow('are 16 pixels wide: set "size" to 16 or');
    await expect(openSource({ kind: "portraits", path: root }, {}, size)).rejects.toThrow("holds no portraits");
    const sample = async (groups: Record<string, number>, vector: number) =>
      (await open({ coefficients: { vector, groups } })).sample(0);
    await expect(sample({ mood: 1 }, 1)).rejects.toThrow('no coefficients "mood", only identity');
    await expect(sample({ identity: 99 }, 99)).rejects.toThrow('have 80 values of "identity", not 99');
    await expect((await open({ landmarks68: { vector: 5 } })).sample(0)).rejects.toThrow("has 136 values, not 5");
  });

  it("come in batches from threads", async () => {
    const options = { spec: { kind: "portraits", path } as const, size, batchSize: 3, seed: 1 };
    const fields = { image: "picture", coefficients } as const;
    const here = await createLoader({ ...options, fields, workers: 0 });
    const there = await createLoader({ ...options, fields, workers: 1 });
    for (const number of [0, 1, 3]) expect(await there.batch(number)).toEqual(await here.batch(number));
    await there.close();
  });
});

describe("endless portraits", () => {
  it("are taken in order, however many there are", () => {
    const source = { count: 3_000_000_000, unrelated: true };
    expect(batchIndices(source, 4, 9, 5)).toEqual([20, 21, 22, 23]);
    expect(batchIndices({ count: 3, unrelated: true }, 4, 9, 1)).toEqual([1, 2, 0, 1]);
  });

  it("are configured by seed and framing", () => {
    const config = parseConfig({
      task: "parse",
      out: "x",
      steps: 1,
      data: { kind: "synthetic", seed: 4, framing: "face" },
    });
    expect(config.data).toEqual({ kind: "synthetic", seed: 4, count: 1_000_000, framing: "face" });
    const wrong = { task: "parse", out: "x", steps: 1, data: { kind: "synthetic", framing: "foot" } };
    expect(() => parseConfig(wrong)).toThrow(/data\.framing: .*"head"\|"photo"\|"face"\|"parse"/);
  });

  it("need their assets", async () => {
    const spec = { kind: "synthetic", seed: 1, count: 4, framing: "head", assets: join(root, "nowhere") } as const;
    await expect(openSource(spec, { image: "picture" }, 32)).rejects.toThrow(/no folder ".*nowhere"/);
  });

  it.skipIf(!existsSync(assets))("give batches for every supervised task", async () => {
    const configs = (["parse", "depth", "face"] as const).map((task) =>
      parseConfig({ task, out: root, steps: 1, data: { kind: "synthetic", assets } }),
    );
    const fields = Object.assign({}, ...configs.map(taskFields));
    const options = { spec: configs[0].data, fields, size: 64, batchSize: 2, seed: 0, workers: 0 };
    const batch = await (await createLoader(options)).batch(0);
    expect(Object.keys(batch).sort()).toEqual([
      "coefficients",
      "depth",
      "face",
      "image",
      "label",
      "landmarks68",
      "mask",
    ]);
    expect(batch.image.length).toBe(2 * 3 * 64 * 64);
    for (const values of Object.values(batch)) expect(Array.from(values, Number).every(Number.isFinite)).toBe(true);
    expect(new Set(Array.from(batch.label, Number))).toContain(1);
    expect(Math.max(...Array.from(batch.face, Number))).toBeGreaterThan(1);
  });
});

describe("portraits seen through a fit", () => {
  const single = { image: "picture", label: "labels", face: "map", model: "map", mask: "map", depth: "map" } as const;
  const pairs = join(root, "pairs");

  beforeAll(async () => {
    const maker = new URL("../../synth/test/set/toy-maker.ts", import.meta.url).href;
    const options = { size, frames: 3 };
    await writeShards({ folder: pairs, format: "png", assets: root, maker, seed: 2, count: 2, options, workers: 0 });
  });

  it("have depth of the fitted model, and a region to estimate beside its face", async () => {
    const side = 24;
    const source = await openSource({ kind: "portraits", path, variants: 3 }, single, side);
    expect(source.count).toBe(18);
    const { label, face, model, mask } = await source.sample(2);
    let faces = 0;
    for (let p = 0; p < side * side; p++) {
      if (face[p] > 0) {
        faces++;
        expect(face[p]).toBe(model[p]);
        // The face lies before the head's centre, by less than 2 dm.
        expect(face[p]).toBeGreaterThan(2);
        expect(face[p]).toBeLessThan(4);
      }
      const isKnown = face[p] > 0 && (label[p] === 1 || label[p] === 5);
      expect(mask[p]).toBe(label[p] > 0 && !isKnown ? 1 : 0);
    }
    expect(faces).toBeGreaterThan(20);
    // Another variant is another misfit of the same portrait.
    expect((await source.sample(2)).face).toEqual(face);
    expect((await source.sample(8)).face).not.toEqual(face);
  });

  it("come in pairs of consecutive pictures, with the motion between them", async () => {
    const fields = Object.fromEntries(
      Object.entries({ ...single, camera: { vector: 4 }, centre: { vector: 1 }, motion: { vector: 12 } } as const).map(
        ([name, pair]) => [name, { pair }],
      ),
    );
    await expect(openSource({ kind: "portraits", path }, fields, size)).rejects.toThrow("two frames or more");
    const source = await openSource({ kind: "portraits", path: pairs }, fields, size);
    expect(source.count).toBe(4);
    const { image, camera, centre, motion } = await source.sample(3);
    expect([image.length, camera.length, centre.length]).toEqual([6 * size * size, 8, 2]);
    // There and back again.
    const move = (at: number, [x, y, z]: number[]) =>
      [0, 1, 2].map((row) => {
        const [a, b, c] = motion.slice(12 * at + 3 * row, 12 * at + 3 * row + 3);
        return a * x + b * y + c * z + motion[12 * at + 9 + row];
      });
    const point = [30, -40, 900];
    for (const [i, value] of move(1, move(0, point)).entries()) expect(value).toBeCloseTo(point[i], 2);
    expect(move(0, point)).not.toEqual(point);
  });

  it("are what a mirror shows, motion and all", async () => {
    const fit = await openFitter();
    const misfit = sampleMisfit(random(1, "mirror"));
    const [a, b] = (await makeToys(2, 0, { ...defaultPortraitOptions, size, frames: 2 })).map((portrait, i) => {
      // Turned differently, or there would be no motion.
      const rotation = quaternionFromAngles({ yaw: 0.1 + 0.2 * i, pitch: 0.1, roll: -0.1 * i });
      return fit(
        { ...portrait, truth: { ...portrait.truth, pose: { ...portrait.truth.pose, rotation } } },
        size,
        misfit,
      );
    });
    const [c, d] = [mirrored(a), mirrored(b)];
    for (const [u, v] of [
      [0, 0],
      [5, 9],
      [15, 3],
    ]) {
      const [p, q] = [v * size + u, v * size + size - 1 - u];
      expect(Array.from(c.image.subarray(3 * q, 3 * q + 3))).toEqual(Array.from(a.image.subarray(3 * p, 3 * p + 3)));
      expect(c.labels[q]).toBe([0, 1, 2, 4, 3, 5][a.labels[p]]);
      expect([c.depth[q], c.fit.inputs.model[q]]).toEqual([a.depth[p], a.fit.inputs.model[p]]);
    }
    // A point that moves there moves here as its mirror image, and is seen at the mirrored place.
    const moved = (motion: Float32Array, point: readonly number[]) =>
      [0, 1, 2].map((row) => point.reduce((sum, x, k) => sum + motion[3 * row + k] * x, motion[9 + row]));
    const there = moved(motionBetween(a.fit.pose, b.fit.pose), [40, 30, 880]);
    const here = moved(motionBetween(c.fit.pose, d.fit.pose), [-40, 30, 880]);
    expect(Math.hypot(there[0] - 40, there[1] - 30, there[2] - 880)).toBeGreaterThan(5);
    for (const [k, value] of [-here[0], here[1], here[2]].entries()) expect(value).toBeCloseTo(there[k], 2);
    const pixel = (point: number[], { truth }: PortraitSample) => project(Float32Array.from(point), truth.camera);
    expect(size - pixel(here, d)[0]).toBeCloseTo(pixel(there, b)[0], 3);
    expect(pixel(here, d)[1]).toBeCloseTo(pixel(there, b)[1], 3);
  });

  it("move as the head moves", () => {
    const poseAt = (yaw: number, x: number) => ({
      rotation: quaternionFromAngles({ yaw, pitch: 0.1, roll: -0.2 }),
      translation: [x, 20, 900] as const,
    });
    const [from, to] = [poseAt(0.3, -10), poseAt(0.1, 25)];
    const motion = motionBetween(from, to);
    const model = Float32Array.of(60, 30, 80);
    const [before, after] = [from, to].map((pose) => transformToCamera(model, pose));
    for (let row = 0; row < 3; row++) {
      const moved = before.reduce((sum, value, k) => sum + motion[3 * row + k] * value, motion[9 + row]);
      expect(moved).toBeCloseTo(after[row], 3);
    }
  });

  it.skipIf(!existsSync(assets))(
    "lie where the fitted face lies, hair with it",
    async () => {
      const spec = { kind: "synthetic", seed: 5, count: 2, framing: "head", assets } as const;
      const source = await openSource(spec, single, 64);
      for (const index of [0, 1, 2]) {
        const { label, face, mask, depth } = await source.sample(index);
        const offsets: number[] = [];
        for (let p = 0; p < label.length; p++) {
          expect(depth[p] > 0 || label[p] === 0).toBe(true);
          if (label[p] === 1 && face[p] > 0) offsets.push(depth[p] - face[p]);
          if (mask[p] > 0) expect(Math.abs(depth[p] - 2)).toBeLessThan(2);
        }
        const mean = offsets.reduce((a, b) => a + b) / offsets.length;
        expect(Math.abs(mean)).toBeLessThan(0.01);
        // The surfaces are the same but for the fit's errors: 0.1 is a centimetre.
        const spread = Math.sqrt(offsets.reduce((a, b) => a + (b - mean) ** 2, 0) / offsets.length);
        expect(spread).toBeLessThan(0.1);
      }
    },
    60_000,
  );
});
