import fc from "fast-check";
import { expect, test } from "vitest";
import { SurfaceTree, VertexTree } from "../../src/mesh/nearest.ts";
import { sphere } from "./shapes.ts";

const coordinate = fc.integer({ min: -1000, max: 1000 }).map((i) => i / 100);
/** Few different values, so that many distances are equal and triangles degenerate. */
const coarse = fc.integer({ min: -2, max: 2 });
const points = (min: number, max: number) =>
  fc.oneof(
    fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: min, maxLength: max }),
    fc.array(fc.tuple(coarse, coarse, coarse), { minLength: min, maxLength: max }),
  );
const flat = (list: readonly (readonly number[])[]) => Float32Array.from(list.flat());
const at = (values: Float32Array, i: number) => [...values.subarray(3 * i, 3 * i + 3)];
// Not Math.hypot, whose rounding makes equal sums of squares differ.
const distanceBetween = (a: readonly number[], b: readonly number[]) =>
  Math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2);

test("the nearest vertex is the one that trying all of them finds; of equals, the first", () => {
  fc.assert(
    fc.property(points(1, 120), points(1, 10), (vertices, queryList) => {
      const positions = flat(vertices);
      const queries = flat(queryList);
      const { vertices: found, distances } = new VertexTree(positions).nearest(queries);
      for (let q = 0; q < queryList.length; q++) {
        const all = vertices.map((_, v) => distanceBetween(at(positions, v), at(queries, q)));
        const best = Math.min(...all);
        expect(distances[q]).toBeCloseTo(best, 5);
        expect(all[found[q]]).toBeCloseTo(best, 6);
        if (vertices.every((v) => v.every(Number.isInteger)) && queryList.every((v) => v.every(Number.isInteger))) {
          expect(found[q]).toBe(all.indexOf(best));
        }
      }
    }),
  );
});

/** Nearest point of a triangle by golden sections over its weights: slow, and different in kind. */
function bruteDistance(corners: number[][], p: readonly number[]): number {
  const point = (s: number, r: number) =>
    [0, 1, 2].map((k) => corners[0][k] * (1 - s - r) + corners[1][k] * s + corners[2][k] * r);
  const minimum = (f: (x: number) => number) => {
    let [low, high] = [0, 1];
    for (let i = 0; i < 60; i++) {
      const a = low + 0.382 * (high - low);
      const b = low + 0.618 * (high - low);
      if (f(a) < f(b)) high = b;
      else low = a;
    }
    return Math.min(f(low), f(0), f(1));
  };
  // Distance is convex over the triangle, so minimising one weight after the other nests.
  return minimum((s) => minimum((w) => distanceBetween(point(s, w * (1 - s)), p)));
}

test("the nearest surface point is the one that trying all triangles finds, degenerate ones included", () => {
  fc.assert(
    fc.property(points(3, 30), points(1, 3), (vertices, queryList) => {
      const positions = flat(vertices);
      const queries = flat(queryList);
      const triangles = Uint32Array.from({ length: vertices.length - (vertices.length % 3) }, (_, i) => i);
      const found = new SurfaceTree(positions, triangles).nearest(queries);
      for (let q = 0; q < queryList.length; q++) {
        let best = Infinity;
        for (let t = 0; t < triangles.length; t += 3) {
          best = Math.min(
            best,
            bruteDistance(
              [t, t + 1, t + 2].map((v) => at(positions, v)),
              at(queries, q),
            ),
          );
        }
        expect(found.distances[q]).toBeCloseTo(best, 3);
        const weights = at(found.weights, q);
        expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(-1e-6);
        const corners = [0, 1, 2].map((k) => at(positions, triangles[3 * found.triangles[q] + k]));
        const point = [0, 1, 2].map((k) => corners.reduce((sum, c, i) => sum + weights[i] * c[k], 0));
        expect(distanceBetween(point, at(queries, q))).toBeCloseTo(found.distances[q], 3);
      }
    }),
    { numRuns: 60 },
  );
});

test("points on a large mesh are found at distance 0, points off a sphere at the sphere's distance", () => {
  const { positions, triangles } = sphere(60, 120, 100);
  const tree = new SurfaceTree(positions, triangles);
  const onIt = tree.nearest(positions);
  expect(Math.max(...onIt.distances)).toBeLessThan(1e-4);
  const outside = tree.nearest(positions.map((x) => 1.3 * x));
  for (const d of outside.distances) expect(d).toBeCloseTo(30, 3);
  const vertices = new VertexTree(positions).nearest(positions.map((x) => 0.7 * x));
  expect([...vertices.vertices]).toEqual([...vertices.vertices.keys()]);
});

test("what is not finite is never found; without anything else, and for such queries, there is an error", () => {
  const positions = new Float32Array([Number.NaN, 0, 0, 5, 5, 5, 1, 1, 1, 2, 1, 1, 1, 2, 1]);
  expect(new VertexTree(positions).nearest(new Float32Array([0, 0, 0])).vertices[0]).toBe(2);
  const surface = new SurfaceTree(positions, new Uint32Array([0, 1, 2, 2, 3, 4]));
  expect(surface.nearest(new Float32Array([5, 5, 5])).triangles[0]).toBe(1);
  expect(() => new VertexTree(positions.subarray(0, 3))).toThrow("nothing to find");
  expect(() => new SurfaceTree(positions, new Uint32Array(0))).toThrow("nothing to find");
  expect(() => surface.nearest(new Float32Array([1, 1, 1, Infinity, 0, 0]))).toThrow("query 1 is not finite");
});
