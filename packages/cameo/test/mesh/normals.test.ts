import fc from "fast-check";
import { expect, test } from "vitest";
import { fromRotationVector, rotate } from "../../src/geometry/quaternion.ts";
import type { Vec3 } from "../../src/geometry/vec3.ts";
import { vertexNormals } from "../../src/mesh/normals.ts";
import { sphere } from "./shapes.ts";

const weights = ["area", "angle"] as const;

for (const weight of weights) {
  test(`${weight}: those of a sphere point away from its centre`, () => {
    const { positions, triangles } = sphere(30, 60, 7, [10, -20, 30]);
    const normals = vertexNormals(positions, triangles, { weight });
    for (let i = 0; i < normals.length; i += 3) {
      const outwards =
        [0, 1, 2].reduce((sum, k) => sum + normals[i + k] * (positions[i + k] - [10, -20, 30][k]), 0) / 7;
      expect(outwards).toBeGreaterThan(0.999);
      expect(Math.hypot(...normals.subarray(i, i + 3))).toBeCloseTo(1, 5);
    }
  });

  test(`${weight}: turn with the mesh, and round with its winding`, () => {
    const { positions, triangles } = sphere(4, 5, 3);
    const bent = positions.map((x, i) => x + 0.3 * Math.sin(7 * i));
    const unit = fc.integer({ min: -300, max: 300 }).map((i) => i / 100);
    fc.assert(
      fc.property(unit, unit, unit, (x, y, z) => {
        const q = fromRotationVector([x, y, z]);
        const turn = (values: Float32Array) => {
          const out = new Float32Array(values.length);
          for (let i = 0; i < values.length; i += 3)
            out.set(rotate(q, Array.from(values.subarray(i, i + 3)) as unknown as Vec3), i);
          return out;
        };
        const expected = turn(vertexNormals(bent, triangles, { weight }));
        const actual = vertexNormals(turn(bent), triangles, { weight });
        for (let i = 0; i < actual.length; i++) expect(actual[i]).toBeCloseTo(expected[i], 4);
      }),
      { numRuns: 20 },
    );
    const flipped = vertexNormals(bent, triangles.toReversed(), { weight });
    const normals = vertexNormals(bent, triangles, { weight });
    for (let i = 0; i < normals.length; i++) expect(flipped[i]).toBeCloseTo(-normals[i], 5);
  });

  test(`${weight}: 0 where there is no area, and what is not finite harms only itself`, () => {
    const positions = new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0, 5, 5, 5, Number.NaN, 0, 0, 2, 0, 0]);
    const triangles = new Uint32Array([0, 1, 2, 0, 0, 3, 0, 1, 4, 0, 1, 5]);
    const out = new Float32Array(18).fill(9);
    expect(vertexNormals(positions, triangles, { weight }, out)).toBe(out);
    for (let v = 0; v < 3; v++) expect([...out.subarray(3 * v, 3 * v + 3)]).toEqual([0, 0, 1]);
    expect([...out.subarray(9)].map((x) => x + 0)).toEqual(new Array(9).fill(0));
  });
}

test("by angle, the corner of a cube looks along its diagonal however its faces are cut; by area it does not", () => {
  // Three faces at the origin's corner; the first is cut through it, the others are not.
  const positions = new Float32Array([0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1]);
  const triangles = new Uint32Array([0, 2, 1, 0, 3, 2, 0, 1, 4, 1, 5, 4, 0, 4, 3, 4, 6, 3]);
  const byAngle = vertexNormals(positions, triangles, { weight: "angle" }).subarray(0, 3);
  for (const x of byAngle) expect(x).toBeCloseTo(-1 / Math.sqrt(3), 6);
  const byArea = vertexNormals(positions, triangles).subarray(0, 3);
  expect(byArea[2]).toBeCloseTo(-2 / Math.sqrt(6), 6);
});
