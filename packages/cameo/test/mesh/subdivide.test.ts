import fc from "fast-check";
import { expect, test } from "vitest";
import { applySparse, multiplySparse, sparseFromRows } from "../../src/mesh/sparse.ts";
import { type ControlMesh, subdivide, trianglesOfFaces } from "../../src/mesh/subdivide.ts";

const u32 = (values: readonly number[]) => new Uint32Array(values);

const cube: ControlMesh = {
  vertexCount: 8,
  faces: u32([0, 2, 3, 1, 4, 5, 7, 6, 0, 1, 5, 4, 2, 6, 7, 3, 0, 4, 6, 2, 1, 3, 7, 5]),
};
const cubePositions = Float32Array.from({ length: 24 }, (_, i) => ((((i / 3) | 0) >> (i % 3)) & 1 ? 1 : -1));

/** A flat grid of columns × rows quads in the order of its vertices, counter-clockwise seen from +z (y up). */
function grid(columns: number, rows: number): ControlMesh {
  const faces: number[] = [];
  const at = (c: number, r: number) => r * (columns + 1) + c;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) faces.push(at(c, r), at(c + 1, r), at(c + 1, r + 1), at(c, r + 1));
  }
  return { vertexCount: (columns + 1) * (rows + 1), faces: u32(faces) };
}

/** A closed surface of quads with triangles around its two poles. */
function ball(rings: number, segments: number): ControlMesh {
  const at = (r: number, s: number) => 1 + (r - 1) * segments + (s % segments);
  const south = 1 + (rings - 1) * segments;
  const faces: number[] = [];
  for (let s = 0; s < segments; s++) {
    faces.push(0, at(1, s), at(1, s + 1), at(1, s + 1));
    for (let r = 1; r < rings - 1; r++) faces.push(at(r, s), at(r + 1, s), at(r + 1, s + 1), at(r, s + 1));
    faces.push(south, at(rings - 1, s + 1), at(rings - 1, s), at(rings - 1, s));
  }
  return { vertexCount: south + 1, faces: u32(faces) };
}

/** How often each directed edge occurs. */
function directedEdges(faces: Uint32Array): Map<string, number> {
  const edges = new Map<string, number>();
  for (let f = 0; f < faces.length; f += 4) {
    const corners = [...new Set(faces.subarray(f, f + 4))];
    for (const [i, a] of corners.entries()) {
      const key = `${a} ${corners[(i + 1) % corners.length]}`;
      edges.set(key, (edges.get(key) ?? 0) + 1);
    }
  }
  return edges;
}

const anyMesh = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).map(([c, r]) => grid(c, r)),
  fc.tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 3, max: 7 })).map(([r, s]) => ball(r, s)),
);

test("the cube's values are those of the textbook", () => {
  const refined = subdivide(cube);
  const positions = applySparse(refined.stencils, cubePositions, 3);
  expect(refined.vertexCount).toBe(8 + 12 + 6);
  for (let v = 0; v < 8; v++) {
    for (let k = 0; k < 3; k++) expect(positions[3 * v + k]).toBeCloseTo((5 / 9) * cubePositions[3 * v + k], 6);
  }
  for (let v = 8; v < 20; v++) {
    const [a, b, c] = [...positions.subarray(3 * v, 3 * v + 3)].map(Math.abs).sort();
    expect(a).toBeCloseTo(0, 6);
    expect(b).toBeCloseTo(3 / 4, 6);
    expect(c).toBeCloseTo(3 / 4, 6);
  }
  for (let v = 20; v < 26; v++) {
    const [a, b, c] = [...positions.subarray(3 * v, 3 * v + 3)].map(Math.abs).sort();
    expect([a, b, c]).toEqual([0, 0, 1]);
  }
});

test("on a regular grid it is the refinement of the uniform cubic B-spline", () => {
  const columns = 6;
  const mesh = grid(columns, 6);
  const { stencils, vertexCount } = subdivide(mesh);
  const at = (v: number) => [v % (columns + 1), Math.floor(v / (columns + 1))];
  // B-spline control values of x² are i² − 1/3: refining must give those of the same function at half the step.
  const spline = (x: number, h: number) => x * x - (h * h) / 3;
  const values = new Float32Array(mesh.vertexCount * 3);
  for (let v = 0; v < mesh.vertexCount; v++) {
    const [x, y] = at(v);
    values.set([x, y, spline(x, 1) * spline(y, 1)], 3 * v);
  }
  const refined = applySparse(stencils, values, 3);
  let checked = 0;
  for (let v = 0; v < vertexCount; v++) {
    const [x, y, f] = refined.subarray(3 * v, 3 * v + 3);
    if (x < 1 || y < 1 || x > columns - 1 || y > columns - 1) continue;
    expect(f).toBeCloseTo(spline(x, 0.5) * spline(y, 0.5), 3);
    checked++;
  }
  expect(checked).toBe(9 * 9);
});

test("weights of every row sum to one, and control vertices come first", () => {
  fc.assert(
    fc.property(anyMesh, (mesh) => {
      const { stencils, vertexCount } = subdivide(mesh);
      expect(stencils.offsets.length).toBe(vertexCount + 1);
      for (let r = 0; r < vertexCount; r++) {
        let sum = 0;
        for (let k = stencils.offsets[r]; k < stencils.offsets[r + 1]; k++) sum += stencils.values[k];
        expect(sum).toBeCloseTo(1, 6);
        if (r < mesh.vertexCount) {
          const columns = [...stencils.columns.subarray(stencils.offsets[r], stencils.offsets[r + 1])];
          expect(columns).toContain(r);
        }
      }
    }),
  );
});

test("winding stays consistent, closed surfaces stay closed, and the shape of the network is kept", () => {
  fc.assert(
    fc.property(anyMesh, (mesh) => {
      const refined = subdivide(mesh);
      const before = directedEdges(mesh.faces);
      const after = directedEdges(refined.faces);
      expect(Math.max(...before.values(), ...after.values())).toBe(1);
      const open = (edges: Map<string, number>) =>
        [...edges.keys()].filter((key) => !edges.has(key.split(" ").reverse().join(" "))).length;
      expect(open(after)).toBe(2 * open(before));
      const euler = (faces: Uint32Array, edges: Map<string, number>) => {
        const directed = edges.size + open(edges);
        return new Set(faces).size - directed / 2 + faces.length / 4;
      };
      expect(euler(refined.faces, after)).toBe(euler(mesh.faces, before));
      expect(new Set(refined.faces).size).toBe(refined.vertexCount);
      expect(refined.parents.length).toBe(refined.faces.length / 4);
    }),
  );
});

test("each refined face starts at a corner of its parent, and faces of one parent share its centre", () => {
  fc.assert(
    fc.property(anyMesh, (mesh) => {
      const refined = subdivide(mesh);
      for (const [f, parent] of refined.parents.entries()) {
        expect(mesh.faces.subarray(4 * parent, 4 * parent + 4)).toContain(refined.faces[4 * f]);
        expect(refined.faces[4 * f + 2]).toBe(refined.vertexCount - mesh.faces.length / 4 + parent);
      }
    }),
  );
});

test("a border is a curve of its own: what lies inside does not move it", () => {
  const mesh = grid(4, 3);
  const refined = subdivide(mesh);
  const edges = directedEdges(refined.faces);
  const border = new Set<number>();
  for (const key of edges.keys()) {
    const [a, b] = key.split(" ");
    if (!edges.has(`${b} ${a}`)) border.add(Number(a)).add(Number(b));
  }
  const inside = (v: number) => v % 5 > 0 && v % 5 < 4 && v > 4 && v < 15;
  for (const v of border) {
    const { offsets, columns } = refined.stencils;
    for (const column of columns.subarray(offsets[v], offsets[v + 1])) expect(inside(column)).toBe(false);
  }
  const positions = applySparse(
    refined.stencils,
    Float32Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? (i / 3) % 5 : i % 3 === 1 ? Math.floor(i / 15) : 0)),
    3,
  );
  // Middle of the lower border: its vertex stays, as its neighbours are equally far on the line.
  expect([...positions.subarray(6, 9)]).toEqual([2, 0, 0]);
  // A corner is rounded: 3/4 of itself and 1/8 of (1, 0) and (0, 1).
  expect([...positions.subarray(0, 3)]).toEqual([1 / 8, 1 / 8, 0]);
});

test("texture positions are interpolated linearly and seams stay where they were", () => {
  // Two quads side by side that share an edge in space but not in the texture.
  const mesh: ControlMesh = {
    vertexCount: 6,
    faces: u32([0, 1, 4, 3, 1, 2, 5, 4]),
    uvFaces: u32([0, 1, 2, 3, 4, 5, 6, 7]),
    uvCount: 8,
  };
  const uvs = new Float32Array([0, 0, 0.4, 0, 0.4, 1, 0, 1, 0.6, 0, 1, 0, 1, 1, 0.6, 1]);
  const { uv, faces } = subdivide(mesh);
  const refined = applySparse(uv!.stencils, uvs, 2);
  expect(uv!.count).toBe(8 + 8 + 2);
  expect(refined.subarray(0, 16)).toEqual(uvs);
  expect(uv!.faces.length).toBe(faces.length);
  for (let f = 0; f < faces.length / 4; f++) {
    const island = f < 4 ? [0, 0.4] : [0.6, 1];
    for (const i of uv!.faces.subarray(4 * f, 4 * f + 4)) {
      expect(refined[2 * i]).toBeGreaterThanOrEqual(Math.fround(island[0]));
      expect(refined[2 * i]).toBeLessThanOrEqual(Math.fround(island[1]));
    }
  }
  // The first face of the second quad: its corner, the middle of its lower edge, its centre, the middle of its seam.
  const corner = [...uv!.faces.subarray(16, 20)].map((i) => [refined[2 * i], refined[2 * i + 1]]);
  for (const [k, expected] of [
    [0.6, 0],
    [0.8, 0],
    [0.8, 0.5],
    [0.6, 0.5],
  ].entries()) {
    expect(corner[k][0]).toBeCloseTo(expected[0], 6);
    expect(corner[k][1]).toBeCloseTo(expected[1], 6);
  }
});

test("two steps at once are the product of their stencils", () => {
  const once = subdivide(cube);
  const twice = subdivide(once);
  const joined = applySparse(multiplySparse(twice.stencils, once.stencils), cubePositions, 3);
  const stepwise = applySparse(twice.stencils, applySparse(once.stencils, cubePositions, 3), 3);
  expect(joined.length).toBe(stepwise.length);
  for (let i = 0; i < joined.length; i++) expect(joined[i]).toBeCloseTo(stepwise[i], 6);
});

test("faces are cut into triangles of the same winding; a triangle gives one", () => {
  expect([...trianglesOfFaces(u32([0, 1, 2, 3, 4, 5, 6, 6]))]).toEqual([0, 1, 2, 0, 2, 3, 4, 5, 6]);
});

test("vertices without faces, and those where borders touch, stay where they are", () => {
  const bowTie: ControlMesh = { vertexCount: 8, faces: u32([0, 1, 2, 3, 2, 4, 5, 6]) };
  const { stencils } = subdivide(bowTie);
  for (const v of [2, 7]) {
    expect([...stencils.columns.subarray(stencils.offsets[v], stencils.offsets[v + 1])]).toEqual([v]);
    expect(stencils.values[stencils.offsets[v]]).toBe(1);
  }
});

test("what cannot be subdivided is refused in a sentence", () => {
  expect(() => subdivide({ vertexCount: 3, faces: u32([0, 1, 2, 3]) })).toThrow(
    "face 0 refers to vertex 3, but there are 3",
  );
  expect(() => subdivide({ vertexCount: 3, faces: u32([0, 1, 0, 2]) })).toThrow(
    "face 0 has a vertex twice: 0, 1, 0, 2",
  );
  expect(() => subdivide({ vertexCount: 5, faces: u32([0, 1, 2, 2, 1, 0, 3, 3, 0, 1, 4, 4]) })).toThrow(
    "the edge from 0 to 1 belongs to 3 faces",
  );
  expect(() => subdivide({ ...cube, uvFaces: u32([0, 1, 2, 3]), uvCount: 4 })).toThrow(
    "uvFaces must have the corners of faces",
  );
  expect(() => subdivide({ vertexCount: 4, faces: u32([0, 1, 2]) })).toThrow("four indices");
});

test("a sparse matrix from rows multiplies as a dense one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.integer({ min: 0, max: 4 }).map(String), fc.integer({ min: -9, max: 9 })), {
        maxLength: 6,
      }),
      fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 10, maxLength: 10 }),
      (dictionaries, values) => {
        const rows = dictionaries.map((d) => new Map(Object.entries(d).map(([k, v]) => [Number(k), v])));
        const result = applySparse(sparseFromRows(rows), Float32Array.from(values), 2);
        const expected = rows.flatMap((row) =>
          [0, 1].map((channel) => [...row].reduce((sum, [c, w]) => sum + w * values[2 * c + channel], 0)),
        );
        expect([...result].map((x) => x + 0)).toEqual(expected.map((x) => x + 0));
      },
    ),
  );
});
