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
const side = 56;

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
    expect(seen.covered.reduce((a, b) => a + b)).toBeGreaterThan(500);
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
    const learner = await t.createLearner({
      variables,
      loss: t.add(t.add(t.mul(photometric, 1.9), t.mul(landmark, 1.6e-3)), t.mul(unlikely, 3e-4)),
      metrics: { photometric, landmark, shape, angle, light },
    });
    const poser = await t.createProgram(t.toOnnx({ positions }));
    const history: Record<string, number>[] = [];
    for (let step = 0; step < 120; step++) {
      const run = await poser.run(Object.fromEntries(learner.values));
      const seen = visibilityOf(run.positions as Float32Array);
      const { metrics } = await learner.step([{ ...seen }], 0.08 * (1 - step / 120) + 0.002);
      history.push(metrics);
    }
    const [first, last] = [history[0], history[history.length - 1]];
    console.log(JSON.stringify(first), JSON.stringify(last));
    await Promise.all([poser.dispose(), learner.dispose()]);
  });
});
