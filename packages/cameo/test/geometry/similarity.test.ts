import fc from "fast-check";
import { expect, test } from "vitest";
import { fromRotationVector, toMatrix } from "../../src/geometry/quaternion.ts";
import { applySimilarity, fitRigid, fitSimilarity, type Similarity } from "../../src/geometry/similarity.ts";

const unit = fc.integer({ min: -1000, max: 1000 }).map((i) => i / 1000);
const cloud = fc
  .array(fc.tuple(unit, unit, unit), { minLength: 4, maxLength: 30 })
  .map((points) => Float32Array.from([...points.flat(), 0.5, 0, 0, 0, 0.5, 0, 0, 0, 0.5, -0.3, -0.4, 0.1]));
const similarity = fc.tuple(fc.integer({ min: 1, max: 900 }), unit, unit, unit, unit, unit, unit).map(
  ([s, ...v]): Similarity => ({
    scale: s / 100,
    rotation: fromRotationVector([3 * v[0], 3 * v[1], 3 * v[2]]),
    translation: [5 * v[3], 5 * v[4], 5 * v[5]],
  }),
);

const distance = (a: Float32Array, b: Float32Array, weights?: Float32Array) =>
  a.reduce((sum, x, i) => sum + (weights?.[Math.floor(i / 3)] ?? 1) * (x - b[i]) ** 2, 0);

test("finds the similarity that was applied", () => {
  fc.assert(
    fc.property(cloud, similarity, (from, truth) => {
      const found = fitSimilarity(from, applySimilarity(truth, from));
      expect(found.scale / truth.scale).toBeCloseTo(1, 4);
      const expected = toMatrix(truth.rotation);
      for (const [i, m] of toMatrix(found.rotation).entries()) expect(m).toBeCloseTo(expected[i], 4);
      for (let k = 0; k < 3; k++) expect(found.translation[k]).toBeCloseTo(truth.translation[k], 4);
    }),
  );
});

test("finds the rigid motion that was applied, with points in a plane too", () => {
  fc.assert(
    fc.property(cloud, similarity, fc.boolean(), (points, truth, flat) => {
      const rigid = { ...truth, scale: 1 };
      const from = flat ? points.map((x, i) => (i % 3 === 2 ? 0.25 : x)) : points;
      const found = fitRigid(from, applySimilarity(rigid, from));
      expect(found.scale).toBe(1);
      expect(Math.sqrt(distance(applySimilarity(found, from), applySimilarity(rigid, from)))).toBeLessThan(1e-4);
    }),
  );
});

test("is the best in its neighbourhood for any two clouds, weighted or not", () => {
  fc.assert(
    fc.property(
      cloud,
      fc.array(fc.tuple(unit, unit, unit), { minLength: 34, maxLength: 34 }),
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 34, maxLength: 34 }),
      similarity,
      fc.boolean(),
      (from, noise, weightList, nudge, withScale) => {
        const to = from.map((x, i) => x + 0.6 * noise[Math.floor(i / 3)][i % 3]);
        const weights = Float32Array.from(weightList.slice(0, from.length / 3), (w) => w + 0.1);
        const found = (withScale ? fitSimilarity : fitRigid)(from, to, weights);
        const best = distance(applySimilarity(found, from), to, weights);
        for (const step of [0.02, 0.2]) {
          const t = nudge.translation.map((x, k) => found.translation[k] + step * x) as [number, number, number];
          const turn = fromRotationVector([step * t[0], step * t[1], step * t[2]]);
          const moved = applySimilarity(
            { scale: 1, rotation: turn, translation: [0, 0, 0] },
            applySimilarity(found, from),
          );
          const candidates = [
            moved,
            applySimilarity({ ...found, translation: t }, from),
            ...(withScale ? [applySimilarity({ ...found, scale: found.scale * (1 + step) }, from)] : []),
          ];
          for (const candidate of candidates) {
            expect(distance(candidate, to, weights)).toBeGreaterThanOrEqual(best * (1 - 1e-5) - 1e-6);
          }
        }
      },
    ),
  );
});

test("never mirrors: a mirrored cloud gets the best rotation instead", () => {
  fc.assert(
    fc.property(cloud, similarity, (from, truth) => {
      const mirrored = applySimilarity(
        truth,
        from.map((x, i) => (i % 3 === 0 ? -x : x)),
      );
      const { rotation, scale } = fitSimilarity(from, mirrored);
      const m = toMatrix(rotation);
      const det =
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
      expect(det).toBeCloseTo(1, 6);
      expect(scale).toBeGreaterThan(0);
    }),
  );
});

test("points of weight 0 do not matter", () => {
  fc.assert(
    fc.property(cloud, similarity, (from, truth) => {
      const to = applySimilarity(truth, from);
      to.set([100, -100, 100]);
      const weights = new Float32Array(from.length / 3).fill(1);
      weights[0] = 0;
      const found = fitSimilarity(from, to, weights);
      expect(found.scale / truth.scale).toBeCloseTo(1, 4);
    }),
  );
});

test("points that leave the rotation open are refused in a sentence", () => {
  const triangle = new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]);
  const line = new Float32Array([0.1, 0.2, 0.7, 0.2, 0.4, 1.4, 0.3, 0.6, 2.1]);
  const point = new Float32Array(9).fill(3.3);
  for (const bad of [line, point]) {
    expect(() => fitRigid(bad, triangle)).toThrow("do not lie on a line");
    expect(() => fitSimilarity(triangle, bad)).toThrow("do not lie on a line");
    expect(() => fitSimilarity(bad, bad)).toThrow("do not lie on a line");
  }
  expect(() => fitRigid(new Float32Array(6), new Float32Array(6))).toThrow("at least three points");
  expect(() => fitRigid(new Float32Array(0), new Float32Array(0))).toThrow("at least three points");
  expect(() => fitRigid(triangle, triangle, new Float32Array(3))).toThrow("at least three points");
  expect(() => fitRigid(triangle, triangle, new Float32Array([1, -1, 1]))).toThrow("not be negative");
  expect(() =>
    fitRigid(
      triangle,
      triangle.map(() => Number.NaN),
    ),
  ).toThrow("not all finite");
  expect(() => fitRigid(triangle, point.slice(3))).toThrow("same number of points");
});
