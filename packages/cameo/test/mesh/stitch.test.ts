import fc from "fast-check";
import { expect, test } from "vitest";
import { type Border, borders } from "../../src/mesh/border.ts";
import { mergeMeshes } from "../../src/mesh/compact.ts";
import type { Mesh } from "../../src/mesh/mesh.ts";
import { stitch } from "../../src/mesh/stitch.ts";
import { sphere } from "./shapes.ts";

/** Directed edges that occur, each of which must occur once. */
function edgesOf(triangles: Uint32Array): Set<string> {
  const edges = new Set<string>();
  for (let k = 0; k < triangles.length; k++) {
    const key = `${triangles[k]} ${triangles[k % 3 === 2 ? k - 2 : k + 1]}`;
    expect(edges.has(key)).toBe(false);
    edges.add(key);
  }
  return edges;
}

const closed = (vertices: readonly number[]): Border => ({ vertices: Uint32Array.from(vertices), closed: true });
const open = (vertices: readonly number[]): Border => ({ vertices: Uint32Array.from(vertices), closed: false });
const reversedPairs = (border: Border) =>
  [...border.vertices].flatMap((v, i, all) =>
    i + 1 < all.length || border.closed ? [`${all[(i + 1) % all.length]} ${v}`] : [],
  );

/** Sum of cross products in the plane z = 0: twice the signed area of each triangle. */
function areas(positions: Float32Array, triangles: Uint32Array): number[] {
  const result: number[] = [];
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = triangles.subarray(t, t + 3);
    const x = (v: number) => positions[3 * v];
    const y = (v: number) => positions[3 * v + 1];
    result.push((x(b) - x(a)) * (y(c) - y(a)) - (y(b) - y(a)) * (x(c) - x(a)));
  }
  return result;
}

const loopSize = fc.integer({ min: 3, max: 40 });
const wobble = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 100, maxLength: 100 });

/** Two wavy loops about the origin, seen from +z: the outer one's surface lies outside it, the inner one's inside. */
function ring(inner: number, outer: number, noise: readonly number[]) {
  const positions: number[] = [];
  for (const [count, radius] of [
    [inner, 10],
    [outer, 14],
  ]) {
    for (let i = 0; i < count; i++) {
      const angle = (2 * Math.PI * (i + 0.4 * (noise[(i + count) % 100] / 1000))) / count;
      const r = radius + noise[(7 * i + count) % 100] / 1000;
      positions.push(r * Math.cos(angle), r * Math.sin(angle), 0);
    }
  }
  const count = inner + outer;
  return {
    positions: new Float32Array(positions),
    // Surface on the left: the disc's border runs counter-clockwise, that of the hole around it clockwise.
    disc: closed(Array.from({ length: inner }, (_, i) => i)),
    hole: closed(Array.from({ length: outer }, (_, i) => count - 1 - i)),
    normals: new Float32Array(3 * count).map((_, i) => (i % 3 === 2 ? 1 : 0)),
  };
}

test("a ring between two loops: every border edge once and reversed, nothing else open", () => {
  fc.assert(
    fc.property(loopSize, loopSize, wobble, fc.boolean(), (inner, outer, noise, withNormals) => {
      const { positions, disc, hole, normals } = ring(inner, outer, noise);
      const triangles = stitch(positions, disc, hole, withNormals ? normals : undefined);
      expect(triangles.length / 3).toBe(inner + outer);
      const edges = edgesOf(triangles);
      const openEdges = [...edges].filter((key) => !edges.has(key.split(" ").reverse().join(" ")));
      expect(openEdges.sort()).toEqual([...reversedPairs(disc), ...reversedPairs(hole)].sort());
    }),
  );
});

test("told the normals, it flips no triangle of a ring, and together they cover just the gap", () => {
  fc.assert(
    fc.property(fc.integer({ min: 12, max: 40 }), fc.integer({ min: 12, max: 40 }), wobble, (inner, outer, noise) => {
      const { positions, disc, hole, normals } = ring(inner, outer, noise);
      const parts = areas(positions, stitch(positions, disc, hole, normals));
      expect(Math.min(...parts)).toBeGreaterThan(0);
      const polygon = ({ vertices }: Border) =>
        vertices.reduce((sum, v, i) => {
          const w = vertices[(i + 1) % vertices.length];
          return sum + positions[3 * v] * positions[3 * w + 1] - positions[3 * w] * positions[3 * v + 1];
        }, 0);
      expect(parts.reduce((a, b) => a + b)).toBeCloseTo(-polygon(hole) - polygon(disc), 2);
    }),
  );
});

test("the two orders of the borders give the same triangles", () => {
  fc.assert(
    fc.property(loopSize, loopSize, wobble, (inner, outer, noise) => {
      const { positions, disc, hole } = ring(inner, outer, noise);
      const set = (triangles: Uint32Array) => {
        const names: string[] = [];
        for (let t = 0; t < triangles.length; t += 3) {
          const corners = [...triangles.subarray(t, t + 3)];
          const first = corners.indexOf(Math.min(...corners));
          names.push([0, 1, 2].map((k) => corners[(first + k) % 3]).join(" "));
        }
        return names.sort();
      };
      expect(set(stitch(positions, hole, disc))).toEqual(set(stitch(positions, disc, hole)));
    }),
    { numRuns: 30 },
  );
});

test("normals keep triangles from flipping where the shortest strip would fold", () => {
  fc.assert(
    fc.property(wobble, (noise) => {
      // Teeth deeper than the gap is wide: a valid strip exists, as each row is in order along x.
      const n = 12;
      const row = (y: number, depth: number) =>
        Array.from({ length: n }, (_, i) => [i + noise[i] / 3000, y + (depth * noise[i + 20]) / 1000, 0]);
      const positions = new Float32Array([...row(0, 0.9), ...row(1, 4)].flat());
      const normals = positions.map((_, i) => (i % 3 === 2 ? 1 : 0));
      // The lower row's surface is below it: it runs to the left. The upper one's is above: to the right.
      const lower = open(Array.from({ length: n }, (_, i) => n - 1 - i));
      const upper = open(Array.from({ length: n }, (_, i) => n + i));
      const flipped = (triangles: Uint32Array) => areas(positions, triangles).filter((a) => a < 0).length;
      expect(flipped(stitch(positions, lower, upper, normals))).toBe(0);
    }),
  );
});

test("open chains are joined from end to end", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), wobble, (lower, upper, noise) => {
      // A single vertex sees all of the other chain only if that is straight.
      const height = Math.min(lower, upper) > 1 ? 1e-4 : 0;
      const row = (count: number, y: number) =>
        Array.from({ length: count }, (_, i) => [
          (10 * i) / Math.max(1, count - 1),
          y + height * noise[i],
          noise[i + 50] / 1000,
        ]);
      const positions = new Float32Array([...row(lower, 0), ...row(upper, 3)].flat());
      const below = open(Array.from({ length: lower }, (_, i) => lower - 1 - i));
      const above = open(Array.from({ length: upper }, (_, i) => lower + i));
      const triangles = stitch(positions, below, above);
      expect(triangles.length / 3).toBe(lower + upper - 2);
      for (const area of areas(positions, triangles)) expect(area).toBeGreaterThan(0);
      const edges = edgesOf(triangles);
      for (const key of [...reversedPairs(below), ...reversedPairs(above)]) expect(edges.has(key)).toBe(true);
    }),
  );
});

test("where the borders share vertices the strip closes, without triangles of no area", () => {
  // Both chains start at vertex 0 and end at vertex 4.
  const positions = new Float32Array([0, 0, 0, 1, -1, 0, 2, -1, 0, 3, -1, 0, 4, 0, 0, 1, 1, 0, 2, 1, 0, 3, 1, 0]);
  const triangles = stitch(positions, open([4, 3, 2, 1, 0]), open([0, 5, 6, 7, 4]));
  expect(triangles.length / 3).toBe(6);
  for (const area of areas(positions, triangles)) expect(area).toBeGreaterThan(0);
  edgesOf(triangles);
});

test("a sphere cut in two and moved apart is closed again, wound as before", () => {
  const whole = sphere(8, 12, 50);
  const half = (keep: (z: number) => boolean, shift: number): Mesh => ({
    positions: whole.positions.map((x, i) => (i % 3 === 2 ? x + shift : x)),
    triangles: whole.triangles.filter((_, k) => {
      const t = k - (k % 3);
      const z = [0, 1, 2].reduce((sum, c) => sum + whole.positions[3 * whole.triangles[t + c] + 2], 0);
      return keep(z);
    }),
  });
  const mesh = mergeMeshes([half((z) => z > 1e-3, 4), half((z) => z < -1e-3, -4)]);
  const loops = borders(mesh.triangles);
  expect(loops.length).toBe(2);
  const strip = stitch(mesh.positions, loops[0], loops[1]);
  const all = new Uint32Array([...mesh.triangles, ...strip]);
  const edges = edgesOf(all);
  for (const key of edges) expect(edges.has(key.split(" ").reverse().join(" "))).toBe(true);
  expect(borders(all)).toEqual([]);
});

test("borders that do not fit are refused in a sentence", () => {
  const positions = new Float32Array(30);
  expect(() => stitch(positions, closed([0, 1, 2]), open([3, 4]))).toThrow("one border is closed, the other open");
  expect(() => stitch(positions, closed([0, 1]), closed([3, 4, 5]))).toThrow("at least 3 vertices");
  expect(() => stitch(positions, open([]), open([3, 4, 5]))).toThrow("at least 1 vertices");
});
