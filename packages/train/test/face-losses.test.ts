import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeShards } from "@cameo/synth";
import * as t from "@cameo/train";
import {
  type Angles,
  decodeMorphableModel,
  faceCamera,
  openNodeBundle,
  project,
  quaternionFromAngles,
  Region,
  shade,
  surfacePositions,
  synthesizeShape,
  transformToCamera,
} from "cameo";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectGradients, noise } from "./finite-differences.ts";

const counts = { identity: 6, expression: 4, texture: 5 };

/** Values of one tensor of constants. */
async function evaluate(tensor: t.Tensor, feeds: Record<string, Float32Array> = {}): Promise<Float32Array> {
  const program = await t.createProgram(t.toOnnx({ y: tensor }), { threads: 1 });
  const { y } = await program.run(feeds);
  await program.dispose();
  return y as Float32Array;
}
const values = (numbers: readonly number[], shape: readonly number[]) => t.constant(Float32Array.from(numbers), shape);
const random = (count: number, seed: number) => Array.from(noise(count, seed));

let model: Awaited<ReturnType<typeof decodeMorphableModel>>;
let face: t.FaceModel;
beforeAll(async () => {
  const bundle = await openNodeBundle();
  model = await decodeMorphableModel(await bundle.read("head"));
  face = t.faceModel(model, counts);
}, 30_000);

describe("errors of known coefficients", () => {
  it("of shape are the mean squared distance of the head's points, by region", async () => {
    const [a, b] = [random(10, 3), random(10, 4)];
    const [got] = await evaluate(t.coefficientError(values(a, [1, 10]), values(b, [1, 10]), face.shapeMetric));
    const shapeOf = (c: number[]) => synthesizeShape(model, c.slice(0, 6), c.slice(6));
    const [p, q] = [shapeOf(a), shapeOf(b)];
    const importance = new Map<number, number>([
      [Region.face, 1],
      [Region.earLeft, 0.5],
      [Region.earRight, 0.5],
      [Region.scalp, 0.5],
      [Region.neck, 0.25],
    ]);
    const weights = new Float32Array(model.vertexCount);
    model.triangles.forEach((v, i) => {
      weights[v] = Math.max(weights[v], importance.get(model.regions[Math.floor(i / 3)]) ?? 0);
    });
    let [sum, total] = [0, 0];
    for (const [v, weight] of weights.entries()) {
      total += weight;
      for (let k = 0; k < 3; k++) sum += weight * (p[3 * v + k] - q[3 * v + k]) ** 2;
    }
    expect(got / (sum / total)).toBeCloseTo(1, 3);
  });

  it("of rotation are squared angles, whatever length and sign", async () => {
    const degrees = Math.PI / 180;
    const turned = (angles: Partial<Angles>) => quaternionFromAngles({ yaw: 0, pitch: 0, roll: 0, ...angles });
    const q = [...turned({ yaw: 3 * degrees }), ...turned({ roll: -20 * degrees }).map((x) => -2 * x)];
    const p = [...turned({}), ...turned({ roll: -16 * degrees })];
    const [a, b] = await evaluate(t.rotationError(values(q, [2, 4]), values(p, [2, 4])));
    expect(Math.sqrt(a)).toBeCloseTo(3, 2);
    expect(Math.sqrt(b)).toBeCloseTo(4, 2);
  });

  it("of translation are pixels of a crop of 224", async () => {
    const [got] = await evaluate(t.translationError(values([0.1, -0.2, 0.5], [1, 3]), values([0, 0, 0], [1, 3])));
    expect(got).toBeCloseTo(10.15 ** 2 + 20.3 ** 2 + 4 ** 2, 2);
  });

  it("of light are the mean squared difference over all directions", async () => {
    const [a, b] = [random(27, 5), random(27, 6)];
    const [got] = await evaluate(t.lightError(values(a, [1, 27]), values(b, [1, 27])));
    const count = 20_000;
    const normals = new Float32Array(3 * count);
    for (let i = 0; i < count; i++) {
      const z = 1 - (2 * i + 1) / count;
      const r = Math.sqrt(1 - z * z);
      normals.set([r * Math.cos(2.39996323 * i), r * Math.sin(2.39996323 * i), z], 3 * i);
    }
    const light = shade(
      normals,
      a.map((x, i) => x - b[i]),
    );
    expect(got / (light.reduce((sum, x) => sum + x * x, 0) / light.length)).toBeCloseTo(1, 3);
  });
});

describe("landmarks", () => {
  it("are seen where the library's projection has them", async () => {
    const [identity, expression] = [random(6, 7), random(4, 8)];
    const rotation = quaternionFromAngles({ yaw: 0.4, pitch: 0.1, roll: -0.2 });
    const points = t.pointsOf(face.landmarks, values([...identity, ...expression], [1, 10]));
    const posed = t.posedPoints(points, values(rotation, [1, 4]), values([0.2, -0.1, 0.7], [1, 3]));
    const got = await evaluate(t.facePixels(posed, 112));
    const there = surfacePositions(model, synthesizeShape(model, identity, expression), model.landmarks68);
    const expected = project(transformToCamera(there, { rotation, translation: [20, -10, 1070] }), faceCamera(112));
    expected.forEach((pixel, i) => {
      expect(got[i]).toBeCloseTo(pixel, 2);
    });
  });

  it("of nose and inner mouth count twenty times, hidden ones not at all", async () => {
    const expected = new Float32Array(136);
    const off = (landmark: number) => {
      const moved = expected.slice();
      moved[2 * landmark] += 3;
      moved[2 * landmark + 1] += 4;
      return t.constant(moved, [1, 68, 2]);
    };
    const visible = Float32Array.from({ length: 68 }, (_, i) => (i === 5 ? 0 : 1));
    const error = (landmark: number) =>
      evaluate(t.landmarkError(off(landmark), t.constant(expected, [1, 68, 2]), t.constant(visible, [1, 68])));
    expect((await error(8))[0]).toBeCloseTo(25 / 68, 4);
    expect((await error(30))[0]).toBeCloseTo((20 * 25) / 68, 4);
    expect((await error(64))[0]).toBeCloseTo((20 * 25) / 68, 4);
    expect((await error(5))[0]).toBe(0);
  });
});

describe("gradients of", () => {
  const cases: [string, () => t.Tensor | ((...xs: t.Tensor[]) => t.Tensor), { shape: number[] }[]][] = [
    [
      "coefficientError",
      () => (a, b) => t.coefficientError(a, b, t.mul(face.textureMetric, 1000)),
      [{ shape: [2, 5] }, { shape: [2, 5] }],
    ],
    ["rotationError", () => (q, p) => t.mul(t.rotationError(q, p), 1e-4), [{ shape: [2, 4] }, { shape: [2, 4] }]],
    ["translationError", () => (a, b) => t.mul(t.translationError(a, b), 1e-4), [{ shape: [2, 3] }, { shape: [2, 3] }]],
    ["lightError", () => (a, b) => t.lightError(a, b), [{ shape: [2, 9] }, { shape: [2, 9] }]],
  ];
  for (const [name, build, leaves] of cases)
    it(name, async () => {
      await expectGradients(build() as (...xs: t.Tensor[]) => t.Tensor, leaves);
    });

  it("landmarkError, through shape and pose", async () => {
    const target = values(random(136, 9), [1, 68, 2]);
    await expectGradients(
      (c, q, s) =>
        t.mul(
          t.landmarkError(t.facePixels(t.posedPoints(t.pointsOf(face.landmarks, c), q, s), 224), t.add(target, 112)),
          1e-4,
        ),
      [{ shape: [1, 10] }, { shape: [1, 4] }, { shape: [1, 3], values: Float32Array.of(0.1, -0.2, 0.3) }],
      { step: 1e-3, tolerance: 1e-2 },
    );
  });
});

const assets = fileURLToPath(new URL("../../../../shared/makehuman", import.meta.url));
const present = existsSync(assets);
if (!present) console.log(`skipped: ${assets} is absent`);

describe.skipIf(!present)("a small network", () => {
  const root = mkdtempSync(join(tmpdir(), "cameo-face-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("learns a handful of synthetic portraits", async () => {
    const path = join(root, "portraits");
    const options = { size: 64, framing: "face" } as const;
    await writeShards({ folder: path, format: "png", assets, seed: 3, count: 4, options, workers: 0 });
    const out = join(root, "run");
    const config = t.parseConfig({
      task: "face",
      out,
      data: { kind: "portraits", path, variants: 2 },
      validation: { kind: "portraits", path },
      validationSamples: 4,
      size: 64,
      batch: 4,
      steps: 100,
      rate: 3e-3,
      average: 0.9,
      logEvery: 1,
      checkpointEvery: 50,
      sampleEvery: 100,
      workers: 0,
      network: { body: "resnet18", width: 8 },
    });
    await t.train(config);
    const metrics = readFileSync(join(out, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const mean = (name: string, from: number, to: number) => {
      const some = metrics.filter((line) => line.step > from && line.step <= to && name in line);
      return some.reduce((sum, line) => sum + line[name], 0) / some.length;
    };
    const falls = { loss: 0.2, rotation: 0.3, translation: 0.3, landmarks: 0.2, light: 0.4, shape: 0.6 };
    for (const [name, share] of Object.entries(falls))
      expect(mean(name, 90, 100), name).toBeLessThan(share * mean(name, 0, 10));
    expect(metrics.filter((line) => "validation/landmarks" in line)).toHaveLength(2);
  }, 120_000);
});
