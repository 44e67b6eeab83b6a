import fc from "fast-check";
import { expect, test } from "vitest";
import { borders } from "../../src/mesh/border.ts";
import { compact, gather, mergeMeshes } from "../../src/mesh/compact.ts";
import { components, keepLarge } from "../../src/mesh/components.ts";
import { nextHalfEdge, twins } from "../../src/mesh/half-edges.ts";
import { sphere } from "./shapes.ts";

const anySoup = fc
  .array(fc.uniqueArray(fc.integer({ min: 0, max: 11 }), { minLength: 3, maxLength: 3 }), { maxLength: 25 })
  .map((triangles) => Uint32Array.from(triangles.flat()));

/** A sphere with some of its triangles. */
const anyPart = fc.array(fc.boolean(), { minLength: 84, maxLength: 84 }).map((keep) => {
  const { positions, triangles } = sphere(7, 7, 10);
  return { positions, triangles: triangles.filter((_, k) => keep[Math.floor(k / 3)]) };
});

const edge = (triangles: Uint32Array, h: number) => [triangles[h], triangles[nextHalfEdge(h)]];

test("twins run between the same vertices the other way, in pairs", () => {
  fc.assert(
    fc.property(anySoup, (triangles) => {
      const twin = twins(triangles);
      for (const [h, t] of twin.entries()) {
        if (t < 0) continue;
        expect(twin[t]).toBe(h);
        expect(edge(triangles, t)).toEqual(edge(triangles, h).reverse());
      }
      // Nothing that could be paired is left.
      const alone = [...twin.keys()].filter((h) => twin[h] < 0).map((h) => edge(triangles, h).join(" "));
      for (const key of alone) expect(alone.includes(key.split(" ").reverse().join(" "))).toBe(false);
    }),
  );
});

test("the borders of any triangles are closed loops that hold every open edge once, in its direction", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anySoup,
        anyPart.map((m) => m.triangles),
      ),
      (triangles) => {
        const twin = twins(triangles);
        const expected = [...twin.keys()].filter((h) => twin[h] < 0).map((h) => edge(triangles, h).join(" "));
        const found = borders(triangles).flatMap(({ vertices, closed }) => {
          expect(closed).toBe(true);
          expect(vertices.length).toBeGreaterThan(2);
          expect(new Set(vertices).size).toBe(vertices.length);
          return [...vertices].map((v, i) => `${v} ${vertices[(i + 1) % vertices.length]}`);
        });
        expect(found.sort()).toEqual(expected.sort());
      },
    ),
  );
});

test("a closed surface has no border, one with holes has one for each, also where holes touch", () => {
  const { triangles } = sphere(6, 8, 1);
  expect(borders(triangles)).toEqual([]);
  expect(borders(triangles.slice(3)).length).toBe(1);
  // Without the whole first ring there is a hole of eight vertices, with the surface on its left.
  const capless = triangles.filter((_, k) => triangles[k - (k % 3)] !== 0 && triangles[k - (k % 3) + 1] !== 0);
  const [loop, ...others] = borders(
    capless.filter((_, k, all) => !all.subarray(k - (k % 3), k - (k % 3) + 3).includes(0)),
  );
  expect(others).toEqual([]);
  expect(loop.vertices.length).toBe(8);
  // Two triangles that share only a vertex: removing both leaves two loops of three through that vertex.
  const first = [...triangles.subarray(0, 3)];
  const touching = [...Array(triangles.length / 3).keys()].find((t) => {
    const corners = [...triangles.subarray(3 * t, 3 * t + 3)];
    return corners.filter((v) => first.includes(v)).length === 1;
  }) as number;
  const holes = borders(triangles.filter((_, k) => Math.floor(k / 3) !== 0 && Math.floor(k / 3) !== touching));
  expect(holes.map(({ vertices }) => vertices.length)).toEqual([3, 3]);
});

test("chains are the wanted parts of the loops, in order", () => {
  fc.assert(
    fc.property(anyPart, fc.array(fc.boolean(), { minLength: 50, maxLength: 50 }), ({ triangles }, want) => {
      const along = (a: number, b: number) => want[(3 * a + b) % 50];
      const chains = borders(triangles, along);
      const all = borders(triangles).flatMap(({ vertices }) =>
        [...vertices].map((v, i) => [v, vertices[(i + 1) % vertices.length]]),
      );
      const expected = all.filter(([a, b]) => along(a, b)).map((pair) => pair.join(" "));
      const found = chains.flatMap(({ vertices, closed }) => {
        expect(vertices.length).toBeGreaterThan(1);
        return [...vertices].flatMap((v, i) =>
          i + 1 < vertices.length || closed ? [`${v} ${vertices[(i + 1) % vertices.length]}`] : [],
        );
      });
      expect(found.sort()).toEqual(expected.sort());
      // Chains are as long as can be: none goes on where another ends, unless borders touch there.
      for (const { vertices, closed } of chains) {
        if (closed) continue;
        const last = vertices[vertices.length - 1];
        const onward = all.filter(([a]) => a === last);
        if (onward.length === 1) expect(along(onward[0][0], onward[0][1])).toBe(false);
      }
    }),
  );
});

test("compacting keeps every triangle's corners and drops the rest", () => {
  fc.assert(
    fc.property(anyPart, (mesh) => {
      const small = compact(mesh);
      expect(small.vertices.length).toBe(new Set(mesh.triangles).size);
      expect([...small.triangles].map((v) => small.vertices[v])).toEqual([...mesh.triangles]);
      expect(small.positions).toEqual(gather(mesh.positions, 3, small.vertices));
      expect([...small.vertices]).toEqual([...small.vertices].sort((a, b) => a - b));
    }),
  );
});

test("merged meshes keep their triangles", () => {
  fc.assert(
    fc.property(fc.array(anyPart, { maxLength: 4 }), (meshes) => {
      const merged = mergeMeshes(meshes);
      const corners = (m: { positions: Float32Array; triangles: Uint32Array }) =>
        [...m.triangles].map((v) => m.positions.subarray(3 * v, 3 * v + 3).join());
      expect(corners(merged)).toEqual(meshes.flatMap(corners));
    }),
    { numRuns: 20 },
  );
});

test("gathering keeps the kind of array", () => {
  expect(gather(new Uint8Array([1, 2, 3, 4, 5, 6]), 2, [2, 0])).toEqual(new Uint8Array([5, 6, 1, 2]));
  expect(gather(new Float32Array([1.5, 2]), 1, [1])).toEqual(new Float32Array([2]));
});

test("triangles are in one part exactly if shared vertices connect them", () => {
  fc.assert(
    fc.property(anySoup, (triangles) => {
      const { ofTriangle, sizes } = components(triangles);
      const count = triangles.length / 3;
      // Slow: spread from each triangle until nothing more is reached.
      const reach = (start: number) => {
        const inside = new Set([start]);
        for (let before = 0; before < inside.size; ) {
          before = inside.size;
          const vertices = new Set([...inside].flatMap((t) => [...triangles.subarray(3 * t, 3 * t + 3)]));
          for (let t = 0; t < count; t++)
            if (triangles.subarray(3 * t, 3 * t + 3).some((v) => vertices.has(v))) inside.add(t);
        }
        return inside;
      };
      for (let t = 0; t < count; t++) {
        const reached = reach(t);
        expect(sizes[ofTriangle[t]]).toBe(reached.size);
        for (let other = 0; other < count; other++)
          expect(ofTriangle[other] === ofTriangle[t]).toBe(reached.has(other));
      }
      expect(sizes.reduce((a, b) => a + b, 0)).toBe(count);
      expect(ofTriangle.length === 0 || ofTriangle[0] === 0).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test("the largest part, or all large ones, are kept", () => {
  const small = sphere(3, 3, 1);
  const large = sphere(5, 6, 1);
  const { triangles } = mergeMeshes([small, large, small]);
  const n = small.triangles.length / 3;
  const m = large.triangles.length / 3;
  expect([...keepLarge(triangles)]).toEqual(Array.from({ length: m }, (_, i) => n + i));
  expect(keepLarge(triangles, n).length).toBe(2 * n + m);
  expect(keepLarge(triangles, n + 1).length).toBe(m);
  expect(keepLarge(new Uint32Array(0)).length).toBe(0);
});
