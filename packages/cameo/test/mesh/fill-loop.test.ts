import { expect, test } from "vitest";
import { borders } from "../../src/mesh/border.ts";
import { fillLoop } from "../../src/mesh/fill-loop.ts";
import { openEdges } from "../support/watertight.ts";
import { sphere } from "./shapes.ts";

test("a sphere with a hole is closed by a flat cap, wound like the rest", () => {
  const { positions, triangles } = sphere(8, 12, 10);
  const open = triangles.filter((_, k) => positions[3 * triangles[k - (k % 3)] + 1] < 5);
  const loops = borders(open);
  expect(loops).toHaveLength(1);
  const cap = fillLoop(positions, loops[0]);
  expect(cap.length / 3).toBe(loops[0].vertices.length - 2);
  expect(openEdges(positions, Uint32Array.from([...open, ...cap]))).toBe(0);
});

test("a horseshoe is filled within itself: the least area", () => {
  // Two arcs from −90° to 90°, radii 9 and 10, as one loop.
  const arc = Array.from({ length: 13 }, (_, i) => (Math.PI * (i - 6)) / 12);
  const points = [...arc.map((a) => [10, a]), ...arc.toReversed().map((a) => [9, a])];
  const positions = Float32Array.from(points.flatMap(([r, a]) => [r * Math.cos(a), r * Math.sin(a), 0]));
  // The surface lies outside, so the hole is on the right of the border.
  const vertices = Uint32Array.from(points.keys()).toReversed();
  const filling = fillLoop(positions, { vertices, closed: true });
  let area = 0;
  for (let t = 0; t < filling.length; t += 3) {
    const [a, b, c] = [filling[t], filling[t + 1], filling[t + 2]].map((v) => positions.subarray(3 * v, 3 * v + 2));
    const twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    expect(twice).toBeGreaterThan(0);
    area += twice / 2;
  }
  expect(area / ((Math.PI / 2) * (100 - 81))).toBeCloseTo(1, 1);
});

test("no new edge joins vertices that have one already", () => {
  const square = Float32Array.of(0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0);
  const border = { vertices: Uint32Array.of(3, 2, 1, 0), closed: true };
  const edges = (filling: Uint32Array) => new Set(filling).size;
  const joined = (a: number, b: number) => Math.min(a, b) === 0 && Math.max(a, b) === 2;
  const filling = fillLoop(square, border, joined);
  expect(edges(filling)).toBe(4);
  const diagonal = [...filling].filter((v, k) => [...filling].indexOf(v) !== k).sort();
  expect(diagonal).toEqual([1, 3]);
  expect(fillLoop(square, border, () => true)).toHaveLength(0);
});
