import { beforeAll, describe, expect, it } from "vitest";
import { type Camera, project } from "../../src/geometry/camera.ts";
import { anglesFromQuaternion, type Pose, quaternionFromAngles, transformToCamera } from "../../src/geometry/pose.ts";
import { conjugate, multiply } from "../../src/geometry/quaternion.ts";
import { decodeMorphableModel } from "../../src/morphable/file.ts";
import type { MorphableModel } from "../../src/morphable/model.ts";
import { surfacePositions, synthesizeShape } from "../../src/morphable/synthesize.ts";
import { openNodeBundle } from "../../src/runtime/bundle.node.ts";
import { type FaceFit, fitFace } from "../../src/stages/face/fit.ts";
import { type LandmarkBasis, landmarkBasis } from "../../src/stages/face/landmark-basis.ts";

const size = { width: 640, height: 480 };
const degree = Math.PI / 180;

let model: MorphableModel;
let basis: LandmarkBasis;
beforeAll(async () => {
  model = await decodeMorphableModel(await (await openNodeBundle()).read("head"));
  basis = landmarkBasis(model);
});

/** The same numbers for the same seed, about standard normal: sums of twelve from a linear congruential generator. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
  return () => Array.from({ length: 12 }, uniform).reduce((a, b) => a + b) - 6;
}

interface Subject {
  readonly camera: Camera;
  readonly pose: Pose;
  readonly identity: Float32Array;
  readonly expression: Float32Array;
}

/** A random head whose shape shows in its landmarks: a mixture of the first modes. */
function subject(seed: number): Subject {
  const normal = normals(seed);
  const distance = 800 * Math.exp(0.3 * normal());
  const focal = 1.4 * distance;
  const modes = Array.from({ length: 12 }, normal);
  const coefficients = Float32Array.from({ length: basis.identityCount + basis.expressionCount }, (_, k) =>
    modes.reduce((sum, x, m) => sum + x * basis.coefficients[k * basis.modeCount + m], 0),
  );
  return {
    camera: { fx: focal, fy: focal, cx: size.width / 2, cy: size.height / 2 },
    pose: {
      rotation: quaternionFromAngles({
        yaw: 20 * degree * normal(),
        pitch: 8 * degree * normal(),
        roll: 12 * degree * normal(),
      }),
      translation: [30 * normal(), 20 * normal(), distance],
    },
    identity: coefficients.slice(0, basis.identityCount),
    expression: coefficients.slice(basis.identityCount),
  };
}

const points = ({ identity, expression }: Pick<Subject, "identity" | "expression">) =>
  surfacePositions(model, synthesizeShape(model, identity, expression), model.landmarks468);

const landmarksOf = (of: Subject) => project(transformToCamera(points(of), of.pose), of.camera);

/** Degrees between two rotations. */
function angleBetween(a: Pose, b: Pose): number {
  const [x, y, z] = multiply(conjugate(a.rotation), b.rotation);
  return (2 * Math.asin(Math.min(1, Math.hypot(x, y, z)))) / degree;
}

/** Mean distance of the landmarks in model space, mm. */
function shapeError(fit: FaceFit, truth: Subject): number {
  const a = points(fit);
  const b = points(truth);
  let sum = 0;
  for (let i = 0; i < a.length; i += 3) sum += Math.hypot(a[i] - b[i], a[i + 1] - b[i + 1], a[i + 2] - b[i + 2]);
  return (3 * sum) / a.length;
}

/** What the coefficients do to the landmarks: their modes. */
function modesOf({ identity, expression }: Pick<Subject, "identity" | "expression">): number[] {
  const all = [...identity, ...expression];
  return Array.from({ length: basis.modeCount }, (_, m) =>
    all.reduce((sum, c, k) => sum + c * basis.coefficients[k * basis.modeCount + m], 0),
  );
}

const seeds = [1, 2, 3, 4, 5];

describe("landmarkBasis", () => {
  it("moves the landmarks as the model does, but for what its modes leave out", () => {
    const normal = normals(7);
    const identity = Float32Array.from({ length: model.identity.count }, normal);
    const expression = Float32Array.from({ length: model.expression.count }, normal);
    const modes = modesOf({ identity, expression });
    const exact = points({ identity, expression });
    const squares = exact.map((x, row) => {
      let moved = basis.mean[row];
      for (let m = 0; m < basis.modeCount; m++) moved += modes[m] * basis.modes[row * basis.modeCount + m];
      return (moved - x) ** 2;
    });
    expect(Math.sqrt((3 * squares.reduce((a, b) => a + b)) / squares.length)).toBeLessThan(0.8);
  });

  it("has orthonormal combinations of coefficients, those that move the landmarks most first", () => {
    const { coefficients, modes, modeCount } = basis;
    const column = (of: Float64Array, m: number) => of.filter((_, i) => i % modeCount === m);
    const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    for (const [a, b] of [
      [0, 1],
      [3, 20],
      [5, 49],
    ])
      expect(product(column(coefficients, a), column(coefficients, b))).toBeCloseTo(0, 9);
    const lengths = Array.from({ length: modeCount }, (_, m) => product(column(modes, m), column(modes, m)));
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
    expect(product(column(coefficients, 4), column(coefficients, 4))).toBeCloseTo(1, 9);
  });
});

describe("fitFace", () => {
  it.each(seeds)("recovers pose and coefficients from exact landmarks and a known focal length (%i)", (seed) => {
    const truth = subject(seed);
    const fit = fitFace(basis, landmarksOf(truth), size, { focal: truth.camera.fx, noise: 0.05, iterations: 30 });
    expect(fit.camera).toEqual(truth.camera);
    expect(angleBetween(fit.pose, truth.pose)).toBeLessThan(0.05);
    for (const [axis, x] of fit.pose.translation.entries())
      expect(Math.abs(x - truth.pose.translation[axis])).toBeLessThan(1);
    expect(fit.residual).toBeLessThan(0.01);
    expect(shapeError(fit, truth)).toBeLessThan(0.05);
    const expected = modesOf(truth);
    for (const [m, x] of modesOf(fit).slice(0, 12).entries()) expect(Math.abs(x - expected[m])).toBeLessThan(0.05);
  });

  it.each(seeds)("recovers the focal length from the perspective of exact landmarks (%i)", (seed) => {
    const truth = subject(seed);
    const options = { noise: 0.2, iterations: 60, distanceDeviation: 1 };
    const fit = fitFace(basis, landmarksOf(truth), size, options);
    expect(Math.abs(fit.camera.fx / truth.camera.fx - 1)).toBeLessThan(0.02);
    expect(Math.abs(fit.pose.translation[2] / truth.pose.translation[2] - 1)).toBeLessThan(0.02);
    expect(angleBetween(fit.pose, truth.pose)).toBeLessThan(0.2);
    expect(shapeError(fit, truth)).toBeLessThan(0.4);
  });

  it.each(seeds)("comes close as it is used, with what detectors get wrong in mind (%i)", (seed) => {
    const truth = subject(seed);
    const fit = fitFace(basis, landmarksOf(truth), size, { focal: truth.camera.fx });
    expect(angleBetween(fit.pose, truth.pose)).toBeLessThan(4);
    expect(Math.abs(fit.pose.translation[2] / truth.pose.translation[2] - 1)).toBeLessThan(0.06);
    expect(fit.residual).toBeLessThan(1.5);
    const free = fitFace(basis, landmarksOf(truth), size);
    expect(angleBetween(free.pose, truth.pose)).toBeLessThan(6);
  });

  it("comes nearer to the shape than the mean face is, as it is used", () => {
    const average = { identity: new Float32Array(0), expression: new Float32Array(0) };
    let [known, estimated, mean] = [0, 0, 0];
    for (const seed of seeds) {
      const truth = subject(seed);
      const fit = fitFace(basis, landmarksOf(truth), size, { focal: truth.camera.fx });
      known += shapeError(fit, truth);
      estimated += shapeError(fitFace(basis, landmarksOf(truth), size), truth);
      mean += shapeError({ ...fit, ...average }, truth);
    }
    expect(known).toBeLessThan(0.65 * mean);
    expect(estimated).toBeLessThan(0.65 * mean);
  });

  it("keeps what the landmarks do not tell of an expected face, and moves the rest by as much as that is unsure", () => {
    for (const seed of seeds) {
      const truth = subject(seed);
      const normal = normals(seed + 100);
      const off = (values: Float32Array) => values.map((x) => x + 0.3 * normal());
      const expected = { identity: off(truth.identity), expression: off(truth.expression) };
      const fitted = (deviation: number) =>
        fitFace(basis, landmarksOf(truth), size, {
          focal: truth.camera.fx,
          noise: 2,
          expected: { ...expected, deviation },
        });
      const [sure, unsure] = [fitted(1e-3), fitted(1)];
      expect(Math.max(...sure.identity.map((x, k) => Math.abs(x - expected.identity[k])))).toBeLessThan(0.01);
      expect(shapeError(unsure, truth)).toBeLessThan(0.6 * shapeError(sure, truth));
      // What changes are combinations of modes: all else stays as expected.
      const change = [...unsure.identity, ...unsure.expression].map(
        (x, k) => x - [...expected.identity, ...expected.expression][k],
      );
      const inModes = modesOf({
        identity: Float32Array.from(change.slice(0, basis.identityCount)),
        expression: Float32Array.from(change.slice(basis.identityCount)),
      });
      expect(Math.hypot(...inModes)).toBeCloseTo(Math.hypot(...change), 3);
    }
  });

  it("keeps to the expected distance where the landmarks say little of it", () => {
    const truth = subject(2);
    const fit = fitFace(basis, landmarksOf(truth), size, { distance: 1700, distanceDeviation: 0.001 });
    expect(fit.pose.translation[2]).toBeGreaterThan(1690);
    expect(fit.pose.translation[2]).toBeLessThan(1710);
  });

  it.each(seeds)("bears a tenth of the landmarks anywhere in the picture (%i)", (seed) => {
    const truth = subject(seed);
    const focal = truth.camera.fx;
    const clean = landmarksOf(truth);
    const broken = clean.slice();
    const normal = normals(seed + 100);
    for (let i = seed; i < basis.count; i += 10) {
      broken[2 * i] = size.width * (0.5 + 0.25 * normal());
      broken[2 * i + 1] = size.height * (0.5 + 0.25 * normal());
    }
    const expected = fitFace(basis, clean, size, { focal });
    const fit = fitFace(basis, broken, size, { focal });
    expect(angleBetween(fit.pose, expected.pose)).toBeLessThan(2);
    expect(shapeError(fit, { ...truth, ...expected })).toBeLessThan(1);
    expect(Math.abs(fit.pose.translation[2] / expected.pose.translation[2] - 1)).toBeLessThan(0.03);
  });

  it.each([0, 45, 90, 135, 180, 225, 270, 315])("gives the same face in a picture turned by %i°", (turn) => {
    const truth = subject(3);
    const square = { width: 640, height: 640 };
    const landmarks = landmarksOf({ ...truth, camera: { ...truth.camera, cx: 320, cy: 320 } });
    const turned = landmarks.slice();
    const [c, s] = [Math.cos(turn * degree), Math.sin(turn * degree)];
    for (let i = 0; i < turned.length; i += 2) {
      const [x, y] = [landmarks[i] - 320, landmarks[i + 1] - 320];
      turned[i] = c * x - s * y + 320;
      turned[i + 1] = s * x + c * y + 320;
    }
    const upright = fitFace(basis, landmarks, square);
    const fit = fitFace(basis, turned, square);
    expect(shapeError(fit, { ...truth, ...upright })).toBeLessThan(0.02);
    expect(fit.camera.fx / upright.camera.fx).toBeCloseTo(1, 3);
    const expected = multiply(quaternionFromAngles({ yaw: 0, pitch: 0, roll: turn * degree }), upright.pose.rotation);
    expect(angleBetween(fit.pose, { ...fit.pose, rotation: expected })).toBeLessThan(0.05);
  });

  it("sees yaw, pitch and roll with the signs of the conventions", () => {
    const wanted = { yaw: 25 * degree, pitch: 10 * degree, roll: -15 * degree };
    const truth = subject(4);
    const pose = { ...truth.pose, rotation: quaternionFromAngles(wanted) };
    const fit = fitFace(basis, landmarksOf({ ...truth, pose }), size, { focal: truth.camera.fx });
    const angles = anglesFromQuaternion(fit.pose.rotation);
    for (const axis of ["yaw", "pitch", "roll"] as const)
      expect(Math.abs(angles[axis] - wanted[axis])).toBeLessThan(3 * degree);
  });

  it("counts landmarks less where the skin turns away", () => {
    const truth = subject(1);
    const pose = { ...truth.pose, rotation: quaternionFromAngles({ yaw: 50 * degree, pitch: 0, roll: 0 }) };
    const clean = landmarksOf({ ...truth, pose });
    const focal = truth.camera.fx;
    // At yaw > 0 the side of the face at the viewer's right, the subject's left, turns away.
    const moved = (hidden: boolean) => {
      const landmarks = clean.slice();
      for (let i = 0; i < basis.count; i++)
        if (hidden ? basis.normals[3 * i] > 0.8 : basis.normals[3 * i] < -0.8) landmarks[2 * i + 1] += 6;
      const a = fitFace(basis, landmarks, size, { focal });
      return shapeError(a, { ...truth, ...fitFace(basis, clean, size, { focal }) });
    };
    expect(moved(true)).toBeLessThan(moved(false) / 3);
  });

  it("gives the same result every time", () => {
    const landmarks = landmarksOf(subject(5));
    expect(fitFace(basis, landmarks, size)).toEqual(fitFace(basis, landmarks, size));
  });

  it("refuses landmarks that are no face", () => {
    const landmarks = landmarksOf(subject(1));
    const flat = "fitFace: the landmarks lie on a line or in a point";
    expect(() => fitFace(basis, new Float32Array(2 * basis.count).fill(200), size)).toThrow(flat);
    expect(() =>
      fitFace(
        basis,
        landmarks.map((x, i) => (i % 2 === 0 ? x : 2 * landmarks[i - 1])),
        size,
      ),
    ).toThrow(flat);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const broken = landmarks.slice();
      broken[7] = bad;
      expect(() => fitFace(basis, broken, size)).toThrow("fitFace: the landmarks are not all finite");
    }
    expect(() => fitFace(basis, landmarks.subarray(2), size)).toThrow(RangeError);
    for (const focal of [0, -1, Number.NaN])
      expect(() => fitFace(basis, landmarks, size, { focal })).toThrow("fitFace: the focal length must be above 0");
  });
});
