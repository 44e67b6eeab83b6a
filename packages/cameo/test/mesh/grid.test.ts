import fc from "fast-check";
import { expect, test } from "vitest";
import { backProject, type Camera } from "../../src/geometry/camera.ts";
import { borders } from "../../src/mesh/border.ts";
import { gather } from "../../src/mesh/compact.ts";
import { triangulateGrid } from "../../src/mesh/grid.ts";
import { edgeSpacing, keepShortTriangles, pixelSpacing } from "../../src/mesh/long-triangles.ts";
import { rasterize } from "../../src/raster/rasterize.ts";

const camera: Camera = { fx: 200, fy: 210, cx: 4.5, cy: 3 };
const width = 9;
const height = 7;
/** Depths of a bumpy surface near 500 mm, 0 where the mask is. */
const anyDepth = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 4900, max: 5100 }) }, fc.constant(0)), {
    minLength: width * height,
    maxLength: width * height,
  })
  .map((values) => ({ width, height, data: Float32Array.from(values, (v) => v / 10) }));

/** Number of triangles that the cells of a mask give: 2 for four corners, 1 for three. */
const expectedTriangles = (inside: (p: number) => boolean) => {
  let count = 0;
  for (let row = 0; row + 1 < height; row++) {
    for (let column = 0; column + 1 < width; column++) {
      const p = row * width + column;
      const corners = [p, p + 1, p + width, p + width + 1].filter(inside).length;
      count += corners === 4 ? 2 : corners === 3 ? 1 : 0;
    }
  }
  return count;
};

test("vertices are the pixels with depth, where their centres are seen", () => {
  fc.assert(
    fc.property(anyDepth, (depth) => {
      const { positions, pixels } = triangulateGrid(depth, camera);
      expect([...pixels]).toEqual([...depth.data.keys()].filter((p) => depth.data[p] > 0));
      for (const [v, p] of pixels.entries()) {
        const point = backProject((p % width) + 0.5, Math.floor(p / width) + 0.5, depth.data[p], camera);
        for (let k = 0; k < 3; k++) expect(positions[3 * v + k]).toBeCloseTo(point[k], 3);
      }
    }),
  );
});

test("four corners give two triangles, three give one, and all face the camera", () => {
  fc.assert(
    fc.property(anyDepth, (depth) => {
      const { positions, triangles } = triangulateGrid(depth, camera);
      expect(triangles.length / 3).toBe(expectedTriangles((p) => depth.data[p] > 0));
      for (let t = 0; t < triangles.length; t += 3) {
        const raster = rasterize(
          positions,
          triangles.slice(t, t + 3),
          { fx: 2000, fy: 2100, cx: 45, cy: 30 },
          { width: 90, height: 70 },
        );
        expect(raster.triangle.some((id) => id === 0)).toBe(true);
      }
    }),
    { numRuns: 20 },
  );
});

test("the triangles cover each full cell once: no edge has two triangles on one side", () => {
  fc.assert(
    fc.property(anyDepth, (depth) => {
      const { triangles } = triangulateGrid(depth, camera);
      const edges = new Set<string>();
      for (let k = 0; k < triangles.length; k++) edges.add(`${triangles[k]} ${triangles[k % 3 === 2 ? k - 2 : k + 1]}`);
      expect(edges.size).toBe(triangles.length);
    }),
  );
});

test("a cell is cut along the diagonal with the smaller step in depth", () => {
  const diagonals = (corners: number[]) => {
    const { triangles } = triangulateGrid({ width: 2, height: 2, data: Float32Array.from(corners) }, camera);
    return [...triangles];
  };
  // Top left and bottom right alike: cut from vertex 0 to 3.
  expect(diagonals([500, 510, 520, 501])).toEqual([0, 2, 3, 0, 3, 1]);
  expect(diagonals([500, 510, 511, 530])).toEqual([0, 2, 1, 2, 3, 1]);
});

test("a mask leaves pixels out; one of another size is refused", () => {
  const depth = { width, height, data: new Float32Array(width * height).fill(500) };
  const mask = Uint8Array.from(depth.data, (_, p) => (p % width < 4 ? 1 : 0));
  const { pixels, triangles } = triangulateGrid(depth, camera, mask);
  expect(pixels.length).toBe(4 * height);
  expect(triangles.length / 3).toBe(2 * 3 * (height - 1));
  expect(() => triangulateGrid(depth, camera, new Uint8Array(3))).toThrow("a mask of 3 pixels for a depth map of 63");
});

test("depths that are not finite or not positive are no vertices", () => {
  const data = Float32Array.from([Number.NaN, Infinity, -5, 0]);
  expect(triangulateGrid({ width: 2, height: 2, data }, camera).pixels.length).toBe(0);
});

test("a depth jump opens the mesh exactly along the jump; slopes up to the limit stay", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: width - 1 }), fc.integer({ min: 0, max: 70 }), (at, degrees) => {
      // Each column one pixel further on a plane turned by the angle, with a jump of 40 mm before column `at`.
      const slope = Math.tan((degrees * Math.PI) / 180) * (500 / camera.fx);
      const data = Float32Array.from(
        { length: width * height },
        (_, p) => 500 + slope * (p % width) + (p % width >= at ? 40 : 0),
      );
      const { positions, triangles, pixels } = triangulateGrid({ width, height, data }, camera);
      const kept = keepShortTriangles(positions, triangles, pixelSpacing(positions, camera), 5);
      const left = (v: number) => pixels[v] % width < at;
      const expected: number[] = [];
      for (let t = 0; t < triangles.length / 3; t++) {
        const sides = new Set([...triangles.subarray(3 * t, 3 * t + 3)].map(left));
        if (sides.size === 1) expected.push(t);
      }
      expect([...kept]).toEqual(expected);
      const parts = borders(gather(triangles, 3, kept)).length;
      expect(parts).toBe(at === 1 || at === width - 1 ? 1 : 2);
    }),
  );
});

test("without a camera, the shortest edge at a vertex is its spacing", () => {
  const positions = new Float32Array([0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 2, 0, 0, 50, 0, 9, 9, 9]);
  const triangles = new Uint32Array([0, 1, 2, 1, 3, 2, 2, 3, 4]);
  const spacing = edgeSpacing(positions, triangles);
  expect([...spacing.subarray(0, 4)]).toEqual([1, 1, 1, 1]);
  expect(spacing[4]).toBeCloseTo(48, 4);
  expect(spacing[5]).toBe(0);
  expect([...keepShortTriangles(positions, triangles, new Float32Array(6).fill(1), 4)]).toEqual([0, 1]);
});
