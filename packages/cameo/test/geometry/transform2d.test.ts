import fc from "fast-check";
import { expect, test } from "vitest";
import {
  apply2d,
  compose2d,
  fitSimilarity2d,
  identity2d,
  invert2d,
  similarity2d,
  type Transform2d,
  transformPoints2d,
  translation2d,
} from "../../src/geometry/transform2d.ts";

const number = fc.integer({ min: -500, max: 500 }).map((i) => i / 100);
const affine = fc
  .tuple(number, number, number, number, number, number)
  .filter(([a, b, , d, e]) => Math.abs(a * e - b * d) > 0.1) as fc.Arbitrary<Transform2d>;
const near = (a: readonly number[], b: readonly number[], digits = 6) => {
  for (const [i, x] of a.entries()) expect(x).toBeCloseTo(b[i], digits);
};

test("the inverse undoes the map, from both sides", () => {
  fc.assert(
    fc.property(affine, number, number, (t, x, y) => {
      near(apply2d(invert2d(t), ...apply2d(t, x, y)), [x, y]);
      near(compose2d(t, invert2d(t)), identity2d);
    }),
  );
});

test("composition applies the second map to what the first gives", () => {
  fc.assert(
    fc.property(affine, affine, number, number, (second, first, x, y) => {
      near(apply2d(compose2d(second, first), x, y), apply2d(second, ...apply2d(first, x, y)));
    }),
  );
});

test("points are mapped one by one, in place too", () => {
  fc.assert(
    fc.property(affine, fc.array(fc.tuple(number, number)), (t, list) => {
      const points = Float32Array.from(list.flat());
      const mapped = transformPoints2d(t, points);
      for (const [i, [x, y]] of list.entries())
        near(apply2d(t, Math.fround(x), Math.fround(y)), [...mapped.subarray(2 * i, 2 * i + 2)], 3);
      expect(transformPoints2d(t, points, points)).toBe(points);
      expect(points).toEqual(mapped);
    }),
  );
});

test("a quarter turn takes x to y, which points down in a picture", () => {
  near(apply2d(similarity2d(2, Math.PI / 2, 0, 0), 1, 0), [0, 2]);
  near(apply2d(translation2d(3, 4), 1, 1), [4, 5]);
});

test("the fitted similarity is the one applied", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }).map((i) => i / 100),
      number,
      number,
      number,
      fc.array(fc.tuple(number, number), { maxLength: 20 }),
      (scale, angle, x, y, list) => {
        const truth = similarity2d(scale, angle, x, y);
        const from = Float32Array.from([...list.flat(), 0, 0, 5, 1]);
        near(fitSimilarity2d(from, transformPoints2d(truth, from)), truth, 3);
      },
    ),
  );
});

test("the fitted similarity is the best in its neighbourhood", () => {
  const row = fc.tuple(number, number, number, number, fc.integer({ min: 1, max: 5 }));
  fc.assert(
    fc.property(fc.array(row, { minLength: 3, maxLength: 12 }), number, number, (rows, p, q) => {
      const from = Float32Array.from([...rows.flatMap((row) => row.slice(0, 2)), 9, 9]);
      const to = Float32Array.from([...rows.flatMap((row) => row.slice(2, 4)), 1, 2]);
      const weights = Float32Array.from([...rows.map((r) => r[4]), 1]);
      const cost = (t: Transform2d) =>
        transformPoints2d(t, from).reduce((sum, x, i) => sum + weights[i >> 1] * (x - to[i]) ** 2, 0);
      const best = fitSimilarity2d(from, to, weights);
      const [a, , c, d, , f] = best;
      for (const step of [1e-2, -1e-2, 0.3, -0.3]) {
        const [da, dd] = [step * p, step * q];
        const nudged: Transform2d = [a + da, -(d + dd), c + step * q, d + dd, a + da, f - step * p];
        expect(cost(nudged)).toBeGreaterThanOrEqual(cost(best) * (1 - 1e-5) - 1e-4);
      }
    }),
  );
});

test("what has no answer is refused in a sentence", () => {
  expect(() => invert2d([1, 2, 0, 2, 4, 0])).toThrow("has no inverse");
  expect(() => invert2d([Number.NaN, 0, 0, 0, 1, 0])).toThrow("has no inverse");
  const same = new Float32Array([3, 4, 3, 4]);
  expect(() => fitSimilarity2d(same, same)).toThrow("two different");
  expect(() => fitSimilarity2d(new Float32Array(0), new Float32Array(0))).toThrow("two different");
  expect(() => fitSimilarity2d(same, same.slice(2))).toThrow("same number of points");
  expect(() => fitSimilarity2d(same, same, new Float32Array([1, -1]))).toThrow("not be negative");
});
