import fc from "fast-check";
import { expect, test } from "vitest";
import { components } from "../../src/mesh/components.ts";
import { type Grid3, makeWellComposed, surfaceNet } from "../../src/mesh/surface-nets.ts";
import { openEdges } from "../support/watertight.ts";

/** A field of `side`³ points; the two outermost layers are outside. */
const gridOf = (side: number, value: (i: number, j: number, k: number) => number): Grid3 => ({
  width: side,
  height: side,
  depth: side,
  data: Float32Array.from({ length: side ** 3 }, (_, p) => {
    const [i, j, k] = [p % side, Math.floor(p / side) % side, Math.floor(p / side ** 2)];
    return Math.min(i, j, k) < 2 || Math.max(i, j, k) > side - 3 ? 1 : value(i, j, k);
  }),
});

/** Six times the enclosed volume, above 0 where triangles face outwards. */
const volume = ({ positions: p, triangles }: { positions: Float32Array; triangles: Uint32Array }): number => {
  let sum = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    sum +=
      p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1]) +
      p[a + 1] * (p[b + 2] * p[c] - p[b] * p[c + 2]) +
      p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c]);
  }
  return sum / 6;
};

test("a ball comes out as a ball: closed, facing outwards, on its surface", () => {
  const grid = gridOf(17, (i, j, k) => Math.hypot(i - 8, j - 8, k - 8) - 5);
  makeWellComposed(grid);
  const net = surfaceNet(grid);
  expect(openEdges(net.positions, net.triangles)).toBe(0);
  expect(volume(net) / ((4 / 3) * Math.PI * 125)).toBeCloseTo(1, 1);
  for (let v = 0; v < net.positions.length; v += 3) {
    const [x, y, z] = net.positions.subarray(v, v + 3);
    expect(Math.abs(Math.hypot(x - 8, y - 8, z - 8) - 5)).toBeLessThan(0.2);
  }
});

const noise = fc
  .array(fc.integer({ min: -9, max: 9 }), { minLength: 216, maxLength: 216 })
  .map((values) => gridOf(10, (i, j, k) => values[i - 2 + 6 * (j - 2) + 36 * (k - 2)] + 0.5));

test("whatever the field, every edge has two triangles and every vertex one fan of them", () => {
  fc.assert(
    fc.property(noise, (grid) => {
      makeWellComposed(grid);
      const { positions, triangles } = surfaceNet(grid);
      expect(openEdges(positions, triangles)).toBe(0);
      for (let v = 0; v < positions.length / 3; v++) {
        const around: number[] = [];
        for (let k = 0; k < triangles.length; k++)
          if (triangles[k] === v) {
            const t = k - (k % 3);
            around.push(triangles[t + ((k + 1) % 3)], triangles[t + ((k + 2) % 3)]);
          }
        // The edges opposite of v form one closed path: as many of its vertices as edges, all joined.
        const renamed = new Map([...new Set(around)].map((w, n) => [w, n]));
        const path: number[] = [];
        for (let e = 0; e < around.length; e += 2) {
          const [a, b] = [renamed.get(around[e])!, renamed.get(around[e + 1])!];
          path.push(a, b, b);
        }
        expect(renamed.size).toBe(around.length / 2);
        expect(components(Uint32Array.from(path)).sizes).toHaveLength(1);
      }
    }),
    { numRuns: 30 },
  );
});

test("points are only added, and none where the surface touches itself nowhere", () => {
  fc.assert(
    fc.property(noise, (grid) => {
      const before = grid.data.slice();
      makeWellComposed(grid);
      for (let p = 0; p < before.length; p++) {
        if (before[p] < 0) expect(grid.data[p]).toBe(before[p]);
      }
      const after = grid.data.slice();
      makeWellComposed(grid);
      expect(grid.data).toEqual(after);
    }),
    { numRuns: 30 },
  );
});
