import * as t from "@cameo/train";
import {
  ambientSh,
  decodeMorphableModel,
  faceCamera,
  interpolate,
  type MorphableModel,
  openNodeBundle,
  type Pose,
  quaternionFromAngles,
  rasterize,
  rotateNormals,
  shade,
  synthesizeAlbedo,
  synthesizeShape,
  toSrgb,
  transformToCamera,
  vertexNormals,
} from "cameo";
import { beforeAll, describe, expect, it } from "vitest";
import { expectGradients, noise } from "./finite-differences.ts";

const counts = { identity: 12, expression: 6, texture: 8 };
const groups = { ...counts, light: 27, rotation: 4, translation: 3 };
const side = 40;

let model: MorphableModel;
let face: t.FaceModel;
beforeAll(async () => {
  const bundle = await openNodeBundle();
  model = await decodeMorphableModel(await bundle.read("head"));
  face = t.faceModel(model, counts);
}, 30_000);

/** A head, with a light from the left of the picture. */
const truth = {
  identity: noise(12, 1),
  expression: noise(6, 2).map((x) => Math.abs(x)),
  texture: noise(8, 3),
  light: ambientSh([0.7, 0.65, 0.6]).map((x, i) => x + (Math.floor(i / 3) === 3 ? -0.9 : 0)),
  rotation: Float32Array.from(quaternionFromAngles({ yaw: 0.35, pitch: 0.1, roll: -0.1 })),
  translation: Float32Array.of(0.1, -0.2, 0.8),
};
const poseOf = ({ rotation: q, translation: [x, y, z] }: typeof truth): Pose => ({
  rotation: [q[0], q[1], q[2], q[3]],
  translation: [100 * x, 100 * y, 100 * z + 1000],
});

/** What the library's own renderer makes of it: sRGB-encoded planes, and where there is face. */
function libraryRendering(head: typeof truth) {
  const shape = synthesizeShape(model, head.identity, head.expression);
  const pose = poseOf(head);
  const albedo = synthesizeAlbedo(model, head.texture);
  const light = shade(rotateNormals(vertexNormals(shape, model.triangles), pose), head.light);
  const colours = albedo.map((a, i) => toSrgb(a * light[i]) / 255);
  const whole = face.triangles;
  // The same triangles, by the vertices of the whole model.
  const wanted = new Set<number>([0, 5, 6, 7]);
  const triangles = model.triangles.filter((_, i) => wanted.has(model.regions[Math.floor(i / 3)]));
  expect(triangles).toHaveLength(whole.length);
  const raster = rasterize(transformToCamera(shape, pose), triangles, faceCamera(side), { width: side, height: side });
  const picture = new Float32Array(3 * side * side);
  const seen = interpolate(raster, colours, triangles, 3);
  for (let p = 0; p < side * side; p++) for (let c = 0; c < 3; c++) picture[c * side * side + p] = seen[3 * p + c];
  return { picture, covered: Float32Array.from(raster.triangle, (i) => (i >= 0 ? 1 : 0)) };
}

type Look = Record<keyof typeof groups, t.Tensor>;

function build({ identity, expression, texture, light, rotation, translation }: Look) {
  const shape = t.concat([identity, expression], 1);
  const positions = t.posedPoints(t.pointsOf(face.shape, shape), rotation, translation);
  const normals = t.meshNormals(positions, face.around);
  const albedo = t.pointsOf(face.albedo, texture);
  const visibility = {
    corners: t.input("corners", [1, side * side, 3], "int32"),
    covered: t.input("covered", [1, side * side, 1]),
  };
  const landmarks = t.facePixels(t.posedPoints(t.pointsOf(face.landmarks, shape), rotation, translation), 224);
  return { positions, landmarks, rendered: t.renderFace({ positions, normals, albedo, light }, visibility, side) };
}

const constants = (head: typeof truth): Look =>
  Object.fromEntries(
    Object.entries(head).map(([name, values]) => [name, t.constant(values, [1, values.length])]),
  ) as unknown as Look;

const visibilityOf = (positions: Float32Array) =>
  t.meshVisibility(positions, face.triangles, faceCamera(side), side, side);

describe("the rendered face", () => {
  it("is what the library's renderer makes of the same coefficients", async () => {
    const { positions, rendered } = build(constants(truth));
    const poser = await t.createProgram(t.toOnnx({ positions }));
    const seen = visibilityOf((await poser.run({})).positions as Float32Array);
    const program = await t.createProgram(t.toOnnx({ colours: rendered.colours }));
    const { colours } = await program.run({ ...seen });
    const expected = libraryRendering(truth);
    expect(Array.from(seen.covered)).toEqual(Array.from(expected.covered));
    expect(seen.covered.reduce((a, b) => a + b)).toBeGreaterThan(300);
    let worst = 0;
    expected.picture.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - Number(colours[i])));
    });
    // Half a step of 8 bits, and what the table of the encoding rounds where it is dark.
    expect(worst).toBeLessThan(4 / 255);
    await Promise.all([poser.dispose(), program.dispose()]);
  });

  it("is found again: from the mean face, photometric and landmark error lead to pose, light and shape", async () => {
    const target = libraryRendering(truth);
    const variables = new t.Variables(true);
    const start: Record<string, Float32Array> = { light: ambientSh([1, 1, 1]), rotation: Float32Array.of(0, 0, 0, 1) };
    const look = Object.fromEntries(
      Object.entries(groups).map(([name, size]) => [
        name,
        variables.weight(name, [1, size], () => Float32Array.from(start[name] ?? new Float32Array(size))),
      ]),
    ) as Look;
    const { positions, landmarks, rendered } = build(look);
    const known = build(constants(truth)).landmarks;
    const picture = t.constant(target.picture, [1, 3, side, side]);
    const skin = t.constant(new Float32Array(side * side).fill(1), [1, 1, side, side]);
    const photometric = t.mean(t.photometricError(picture, rendered, skin));
    const landmark = t.mean(t.landmarkError(landmarks, known));
    const unlikely = t.mean(t.unlikelihood(look.identity, look.expression, look.texture));
    const both = (l: Look) => t.concat([l.identity, l.expression], 1);
    const shape = t.mean(t.coefficientError(both(look), both(constants(truth)), face.shapeMetric));
    const angle = t.mean(t.rotationError(look.rotation, constants(truth).rotation));
    const light = t.mean(t.lightError(look.light, constants(truth).light));
    const learner = await t.createLearner(
      {
        variables,
        loss: t.add(t.add(t.mul(photometric, 1.9), t.mul(landmark, 1.6e-2)), t.mul(unlikely, 3e-4)),
        metrics: { photometric, landmark, shape, angle, light },
      },
      { adam: { beta2: 0.95 } },
    );
    const poser = await t.createProgram(t.toOnnx({ positions }));
    const steps = 260;
    const history: Record<string, number>[] = [];
    for (let step = 0; step < steps; step++) {
      const run = await poser.run(Object.fromEntries(learner.values));
      const seen = visibilityOf(run.positions as Float32Array);
      const { metrics } = await learner.step([{ ...seen }], 0.1 * 0.02 ** (step / steps));
      history.push(metrics);
    }
    const [first, last] = [history[0], history[history.length - 1]];
    // From 20° and 5.8 mm away; what is left is what a single picture of 40² leaves open.
    expect(first.angle).toBeGreaterThan(20 ** 2);
    expect(last.angle).toBeLessThan(2 ** 2);
    expect(first.shape).toBeGreaterThan(5.5 ** 2);
    expect(last.shape).toBeLessThan(3.8 ** 2);
    expect(last.light).toBeLessThan(0.2 * first.light);
    expect(last.photometric).toBeLessThan(0.02);
    expect(last.landmark).toBeLessThan(2);
    await Promise.all([poser.dispose(), learner.dispose()]);
  }, 60_000);
});

describe("gradients of", () => {
  const tetrahedron = Uint32Array.of(0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3);
  const corners = Float32Array.of(0, 0, 0, 1, 0.1, 0, 0.2, 1, 0.1, 0.3, 0.3, 1);

  it("meshNormals", () =>
    expectGradients((p) => t.meshNormals(p, tetrahedron), [{ shape: [1, 4, 3], values: corners }]));

  it("irradiance, grey and coloured", async () => {
    const normals = { shape: [2, 3, 3], values: noise(18, 4) };
    // Far above 0, where its slope jumps.
    const light = (channels: number) => ({
      shape: [2, 9 * channels],
      values: noise(18 * channels, 5).map((x, i) => (i % (9 * channels) < channels ? 9 : x)),
    });
    await expectGradients((n, l) => t.irradiance(n, l), [normals, light(1)]);
    await expectGradients((n, l) => t.irradiance(n, l), [normals, light(3)]);
  });

  it("encodeSrgb, on both sides of its threshold", () =>
    expectGradients(
      (x) => t.encodeSrgb(x),
      [{ shape: [6], values: Float32Array.of(-0.2, 0.001, 0.01, 0.2, 0.9, 1.5) }],
      { step: 5e-4 },
    ));

  const covered = t.constant(Float32Array.of(1, 1, 0, 1), [1, 1, 2, 2]);
  const skin = t.constant(Float32Array.of(1, 0.5, 1, 0), [1, 1, 2, 2]);

  it("photometricError", () =>
    expectGradients(
      (picture, colours) => t.photometricError(picture, { colours, covered }, skin),
      [{ shape: [1, 3, 2, 2] }, { shape: [1, 3, 2, 2] }],
    ));

  it("perceptualError, through a descriptor", () => {
    const weights = t.constant(noise(60, 8), [12, 5]);
    const describe: t.Descriptor = (picture) => t.matmul(t.reshape(picture, [1, 12]), weights);
    const picture = t.constant(noise(12, 9), [1, 3, 2, 2]);
    return expectGradients(
      (colours) => t.perceptualError(picture, { colours, covered }, describe),
      [{ shape: [1, 3, 2, 2] }],
    );
  });

  it("unlikelihood, texturedness and lightColour", async () => {
    const plain = t.constant(Float32Array.of(1, 1, 0, 1), [1, 4, 1]);
    await expectGradients(
      (a, b, c) => t.unlikelihood(a, b, c),
      [{ shape: [2, 3] }, { shape: [2, 2] }, { shape: [2, 4] }],
    );
    await expectGradients((a) => t.texturedness(a, plain), [{ shape: [2, 4, 3] }]);
    await expectGradients((l) => t.lightColour(l), [{ shape: [2, 27] }]);
  });
});

describe("by hand", () => {
  async function evaluate(tensor: t.Tensor): Promise<number> {
    const program = await t.createProgram(t.toOnnx({ tensor }), { threads: 1 });
    const { tensor: value } = await program.run({});
    await program.dispose();
    return Number(value[0]);
  }
  const constant = (values: number[], shape: number[]) => t.constant(Float32Array.from(values), shape);

  it("the photometric error is the mean distance of colours, each pixel as much as its skin", async () => {
    const picture = constant([0.3, 0.1, 0.9, 0.5, 0.4, 0.1, 0.9, 0.5, 0, 0.1, 0.9, 0.5], [1, 3, 2, 2]);
    const colours = constant(Array(12).fill(0), [1, 3, 2, 2]);
    const covered = constant([1, 1, 0, 1], [1, 1, 2, 2]);
    const skin = constant([1, 0.5, 1, 0], [1, 1, 2, 2]);
    const expected = (0.5 + 0.5 * Math.sqrt(0.03)) / 1.501;
    expect(await evaluate(t.photometricError(picture, { colours, covered }, skin))).toBeCloseTo(expected, 5);
  });

  it("the perceptual error is 0 for the picture itself, 1 for an embedding at right angles, and takes the picture where there is no face", async () => {
    const picture = constant([1, 0, 0], [1, 3, 1, 1]);
    const describe: t.Descriptor = (p) => t.reshape(p, [1, 3]);
    const error = (colours: number[], covered: number) =>
      evaluate(
        t.perceptualError(
          picture,
          { colours: constant(colours, [1, 3, 1, 1]), covered: constant([covered], [1, 1, 1, 1]) },
          describe,
        ),
      );
    expect(await error([0.4, 0, 0], 1)).toBeCloseTo(0, 5);
    expect(await error([0, 1, 0], 1)).toBeCloseTo(1, 5);
    expect(await error([0, 1, 0], 0)).toBeCloseTo(0, 5);
  });

  it("coefficients count by kind, texture by its variance over plain skin, light by its colour", async () => {
    const unlikely = t.unlikelihood(constant([1, 2], [1, 2]), constant([3], [1, 1]), constant([10], [1, 1]));
    expect(await evaluate(unlikely)).toBeCloseTo(5 + 0.8 * 9 + 1.7, 5);
    const albedo = constant([0.2, 0.5, 0.1, 0.4, 0.5, 0.1, 9, 9, 9], [1, 3, 3]);
    expect(await evaluate(t.texturedness(albedo, constant([1, 1, 0], [1, 3, 1])))).toBeCloseTo(0.01, 5);
    const light = constant([1, 2, 3, ...Array(24).fill(0.7)], [1, 27]);
    expect(await evaluate(t.lightColour(light))).toBeCloseTo(2 / 27, 5);
  });
});
