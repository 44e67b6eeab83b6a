import Delaunator from "delaunator";
import fc from "fast-check";
import { expect, test } from "vitest";
import { backProject, type Camera, project } from "../../src/geometry/camera.ts";
import { transformToCamera } from "../../src/geometry/pose.ts";
import { fromRotationVector } from "../../src/geometry/quaternion.ts";
import { createRaster, type Raster } from "../../src/raster/raster.ts";
import { rasterize } from "../../src/raster/rasterize.ts";
import { sphere } from "../mesh/shapes.ts";
import { referenceRaster } from "./reference.ts";

const camera: Camera = { fx: 40, fy: 44, cx: 16.3, cy: 11.8 };
const size = { width: 32, height: 24 };
const f32 = (values: readonly number[]) => new Float32Array(values);
const u32 = (values: readonly number[]) => new Uint32Array(values);
const ascending = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

/** The camera-space point that the raster's weights and corners give for a pixel. */
function seenPoint(raster: Raster, pixel: number, positions: Float32Array, triangles: Uint32Array): number[] {
  const b0 = raster.barycentrics[2 * pixel];
  const b1 = raster.barycentrics[2 * pixel + 1];
  const weights = [b0, b1, 1 - b0 - b1];
  return [0, 1, 2].map((k) =>
    weights.reduce((sum, w, i) => sum + w * positions[3 * triangles[3 * raster.triangle[pixel] + i] + k], 0),
  );
}

/** Compares with the slow rasteriser wherever rounding cannot decide; returns how many pixels were compared and how many of them show something. */
function expectLikeReference(
  positions: Float32Array,
  triangles: Uint32Array,
  options: { width: number; height: number; near?: number; cull?: "back" | "none" },
): { compared: number; covered: number } {
  const raster = rasterize(positions, triangles, camera, options);
  const reference = referenceRaster(positions, triangles, camera, options);
  let compared = 0;
  let covered = 0;
  for (const [i, sample] of reference.entries()) {
    if (!sample.certain) continue;
    compared++;
    expect(raster.triangle[i]).toBe(sample.triangle);
    if (sample.triangle < 0) {
      expect(raster.depth[i]).toBe(0);
      continue;
    }
    covered++;
    const corners = [0, 1, 2].map((k) => positions[3 * triangles[3 * sample.triangle + k] + 2]);
    const spread = Math.max(...corners) - Math.min(...corners);
    expect(Math.abs(raster.depth[i] - sample.z)).toBeLessThan(1e-6 * sample.z + 1e-4 * spread);
  }
  return { compared, covered };
}

// Not fc.double: it favours numbers close to zero so strongly that few triangles would cover a pixel.
const coordinate = (min: number, max: number) =>
  fc.integer({ min: 0, max: 1_000_000 }).map((i) => min + ((max - min) * i) / 1_000_000);

test("a front-facing triangle (counter-clockwise from the eye) is drawn, the same one from behind is not", () => {
  // Right, up, left in a picture with y down: counter-clockwise to the eye.
  const positions = f32([10, 5, 50, 0, -10, 50, -10, 5, 50]);
  const front = rasterize(positions, u32([0, 1, 2]), camera, size);
  expect(front.triangle.filter((t) => t === 0).length).toBeGreaterThan(50);
  const back = rasterize(positions, u32([0, 2, 1]), camera, size);
  expect(back.triangle.every((t) => t === -1)).toBe(true);
  const both = rasterize(positions, u32([0, 2, 1]), camera, { ...size, cull: "none" });
  expect(both.depth).toEqual(front.depth);
});

test("of a closed sphere, only outward triangles facing the eye are seen", () => {
  const { positions, triangles } = sphere(20, 40, 80);
  const pose = { rotation: fromRotationVector([0.3, -0.5, 0.2]), translation: [5, -3, 400] as const };
  const inCamera = transformToCamera(positions, pose);
  const head: Camera = { fx: 500, fy: 500, cx: 128, cy: 128 };
  const picture = { width: 256, height: 256 };
  const culled = rasterize(inCamera, triangles, head, picture);
  // A closed surface hides its own inside, so culling changes nothing ...
  expect(rasterize(inCamera, triangles, head, { ...picture, cull: "none" })).toEqual(culled);
  // ... and the depth is that of the near half.
  for (let i = 0; i < culled.depth.length; i++) if (culled.triangle[i] >= 0) expect(culled.depth[i]).toBeLessThan(400);
  // Inside out, the far half is seen.
  const inward = rasterize(inCamera, triangles.toReversed(), head, picture);
  for (let i = 0; i < inward.depth.length; i++)
    if (inward.triangle[i] >= 0) expect(inward.depth[i]).toBeGreaterThan(375);
});

test("a rasterised sphere, back-projected, lies on the sphere", () => {
  const { positions, triangles } = sphere(100, 200, 80, [10, -5, 500]);
  const head: Camera = { fx: 600, fy: 620, cx: 120, cy: 130 };
  const raster = rasterize(positions, triangles, head, { width: 256, height: 256 });
  let seen = 0;
  for (let i = 0; i < raster.depth.length; i++) {
    if (raster.triangle[i] < 0) continue;
    seen++;
    const [x, y, z] = backProject((i % 256) + 0.5, Math.floor(i / 256) + 0.5, raster.depth[i], head);
    const radius = Math.hypot(x - 10, y + 5, z - 500);
    // A flat triangle's sagitta: 80 · (1 − cos of half a step).
    expect(radius).toBeLessThan(80.001);
    expect(radius).toBeGreaterThan(79.95);
  }
  // The silhouette is an ellipse close to a circle of f · r / √(z² − r²).
  expect(Math.abs(seen / (Math.PI * ((600 * 620 * 80 * 80) / (500 * 500 - 80 * 80))) - 1)).toBeLessThan(0.01);
});

test("a vertex on a pixel centre is seen there, at its depth", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 29 }),
      fc.integer({ min: 2, max: 21 }),
      coordinate(20, 500),
      coordinate(-0.2, 0.2),
      coordinate(-0.2, 0.2),
      (column, row, z, slopeX, slopeY) => {
        const corners = [
          [0, 0],
          [3, 1],
          [1, -3],
          [-3, -1],
          [-1, 3],
        ].map(([dx, dy]) =>
          backProject(column + 0.5 + dx, row + 0.5 + dy, z * (1 + slopeX * dx + slopeY * dy), camera),
        );
        const positions = f32(corners.flat());
        const fan = u32([0, 1, 2, 0, 2, 3, 0, 3, 4, 0, 4, 1]);
        const raster = rasterize(positions, fan, camera, size);
        expect(raster.depth[row * size.width + column] / z).toBeCloseTo(1, 4);
      },
    ),
  );
});

test("weights are in [0, 1], sum to one, and reproduce the point seen at the pixel centre", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(coordinate(-8, 40), coordinate(-8, 32), coordinate(20, 200)), { minLength: 3, maxLength: 12 }),
      (screenPoints) => {
        const count = screenPoints.length - (screenPoints.length % 3);
        const positions = f32(screenPoints.slice(0, count).flatMap(([u, v, z]) => backProject(u, v, z, camera)));
        const triangles = ascending(count);
        const raster = rasterize(positions, triangles, camera, { ...size, cull: "none" });
        for (let i = 0; i < raster.triangle.length; i++) {
          const b0 = raster.barycentrics[2 * i];
          const b1 = raster.barycentrics[2 * i + 1];
          if (raster.triangle[i] < 0) {
            expect([b0, b1, raster.depth[i]]).toEqual([0, 0, 0]);
            continue;
          }
          expect(Math.min(b0, b1)).toBeGreaterThanOrEqual(0);
          expect(b0 + b1).toBeLessThanOrEqual(1 + 1e-6);
          const seen = seenPoint(raster, i, positions, triangles);
          expect(seen[2] / raster.depth[i]).toBeCloseTo(1, 4);
          const [u, v] = project(f32(seen), camera);
          expect(u).toBeCloseTo((i % size.width) + 0.5, 2);
          expect(v).toBeCloseTo(Math.floor(i / size.width) + 0.5, 2);
        }
      },
    ),
  );
});

test("random triangles in front of, across and behind the near plane and the picture's border are drawn as by the reference", () => {
  let covered = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(coordinate(-60, 60), coordinate(-60, 60), coordinate(-40, 80)), {
        minLength: 3,
        maxLength: 15,
      }),
      fc.constantFrom("back" as const, "none" as const),
      fc.constantFrom(0.5, 1, 10),
      fc.constantFrom(size, { width: 40, height: 7 }, { width: 1, height: 1 }, { width: 3, height: 33 }),
      (points, cull, near, picture) => {
        const count = points.length - (points.length % 3);
        const result = expectLikeReference(f32(points.slice(0, count).flat()), ascending(count), {
          ...picture,
          cull,
          near,
        });
        covered += result.covered;
      },
    ),
    { numRuns: 150 },
  );
  expect(covered).toBeGreaterThan(2_000);
});

test("huge triangles that reach far outside the picture are drawn as by the reference", () => {
  let covered = 0;
  const far = fc.oneof(coordinate(-1e6, 1e6), coordinate(-100, 100));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(far, far, fc.oneof(coordinate(-1e5, 1e5), coordinate(1, 50))), { minLength: 3, maxLength: 3 }),
      (points) => {
        covered += expectLikeReference(f32(points.flat()), u32([0, 1, 2]), { ...size, cull: "none" }).covered;
      },
    ),
    { numRuns: 100 },
  );
  expect(covered).toBeGreaterThan(4_000);
});

test("a wall that fills the view up to the near plane covers every pixel, cut exactly at the near plane", () => {
  // A floor (plane y = 5) from behind the camera to far ahead: seen below the horizon from near on.
  const positions = f32([-1e5, 5, -1e5, 1e5, 5, -1e5, 1e5, 5, 1e5, -1e5, 5, 1e5]);
  const raster = rasterize(positions, u32([0, 1, 2, 0, 2, 3]), camera, { ...size, near: 20, cull: "none" });
  for (let i = 0; i < raster.depth.length; i++) {
    const v = Math.floor(i / size.width) + 0.5;
    const z = (5 * camera.fy) / (v - camera.cy);
    if (v > camera.cy && z >= 20) expect(raster.depth[i] / z).toBeCloseTo(1, 3);
    else expect(raster.depth[i]).toBe(0);
  }
});

test("every pixel of a triangulated rectangle is drawn exactly once", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(coordinate(0, 1), coordinate(0, 1)), { minLength: 0, maxLength: 60 }),
      // Corners and points on whole and half pixels make many centres lie exactly on edges.
      fc.array(fc.tuple(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: 48 })), { maxLength: 40 }),
      (free, halves) => {
        const pixels = [
          [0, 0],
          [32, 0],
          [32, 24],
          [0, 24],
          ...free.map(([x, y]) => [x * 32, y * 24]),
          ...halves.map(([x, y]) => [x / 2, y / 2]),
        ];
        const { triangles } = Delaunator.from(pixels);
        // A camera whose pixels are the positions themselves at z = 1, so that half pixels stay exact.
        const flat: Camera = { fx: 1, fy: 1, cx: 0, cy: 0 };
        const positions = f32(pixels.flatMap(([u, v]) => [u, v, 1]));
        const drawn = new Uint8Array(32 * 24);
        const one = createRaster(32, 24);
        for (let t = 0; t < triangles.length; t += 3) {
          rasterize(positions, triangles.slice(t, t + 3), flat, { ...size, cull: "none" }, one);
          for (let i = 0; i < drawn.length; i++) if (one.triangle[i] >= 0) drawn[i]++;
        }
        expect([...new Set(drawn)]).toEqual([1]);
      },
    ),
    { numRuns: 60 },
  );
});

test("clipped neighbours leave no crack and no pixel drawn twice", () => {
  // A fan about a point inside the view to points far outside it and behind the camera: a cone around the view.
  fc.assert(
    fc.property(
      coordinate(4, 28),
      coordinate(4, 20),
      fc.integer({ min: 3, max: 14 }),
      coordinate(0, 1),
      coordinate(-50, 50),
      (u, v, spokes, phase, back) => {
        const corners = [backProject(u, v, 60, camera)];
        for (let i = 0; i < spokes; i++) {
          const angle = (2 * Math.PI * (i + phase)) / spokes;
          corners.push([1e5 * Math.cos(angle), 1e5 * Math.sin(angle), back]);
        }
        const positions = f32(corners.flat());
        const drawn = new Uint8Array(32 * 24);
        for (let i = 0; i < spokes; i++) {
          const one = rasterize(positions, u32([0, 1 + i, 1 + ((i + 1) % spokes)]), camera, { ...size, cull: "none" });
          for (let p = 0; p < drawn.length; p++) if (one.triangle[p] >= 0) drawn[p]++;
        }
        expect([...new Set(drawn)]).toEqual([1]);
      },
    ),
    { numRuns: 60 },
  );
});

test("a centre on an edge belongs to the triangle whose top or left edge it is", () => {
  const flat: Camera = { fx: 1, fy: 1, cx: 0, cy: 0 };
  // A square from centre (2.5, 2.5) to centre (5.5, 5.5).
  const positions = f32([2.5, 2.5, 1, 5.5, 2.5, 1, 5.5, 5.5, 1, 2.5, 5.5, 1]);
  const raster = rasterize(positions, u32([0, 1, 2, 0, 2, 3]), flat, { ...size, cull: "none" });
  for (let i = 0; i < raster.triangle.length; i++) {
    const column = i % size.width;
    const row = Math.floor(i / size.width);
    expect(raster.triangle[i] >= 0).toBe(column >= 2 && column < 5 && row >= 2 && row < 5);
  }
});

test("the nearer of two surfaces wins in any order; of equal ones, the one with the lower index", () => {
  fc.assert(
    fc.property(fc.array(coordinate(10, 300), { minLength: 2, maxLength: 8 }), (depths) => {
      // Each sheet covers the whole picture at one depth.
      const positions = f32(
        depths.flatMap((z) =>
          [
            [-100, -100],
            [500, -100],
            [-100, 500],
          ].flatMap(([u, v]) => backProject(u, v, z, camera)),
        ),
      );
      const raster = rasterize(positions, ascending(3 * depths.length), camera, { ...size, cull: "none" });
      const nearest = Math.min(...depths);
      for (const i of [0, 31, 400, 767]) {
        expect(raster.depth[i] / nearest).toBeCloseTo(1, 5);
        expect(depths[raster.triangle[i]] / nearest).toBeCloseTo(1, 5);
      }
    }),
  );
  const sheet = f32([-100, -100, 50, 100, -100, 50, 0, 200, 50]);
  const twice = rasterize(sheet, u32([0, 1, 2, 0, 1, 2]), camera, { ...size, cull: "none" });
  expect(twice.triangle.includes(0) && !twice.triangle.includes(1)).toBe(true);
});

test("degenerate triangles and vertices that are not finite draw nothing and harm nothing", () => {
  const good = [10, 5, 50, 0, -10, 50, -10, 5, 50];
  const expected = rasterize(f32(good), u32([0, 1, 2]), camera, size);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(Number.NaN, Infinity, -Infinity, 3e38, 0, 1, 50))), {
        minLength: 1,
        maxLength: 6,
      }),
      (bad) => {
        const positions = f32([...good, ...bad.flat()]);
        const triangles: number[] = [];
        for (let v = 3; v < 3 + bad.length; v++) {
          const finite = bad[v - 3].every((x) => Number.isFinite(x));
          triangles.push(v, v, v, 0, v, v, v, v, 1, 0, 0, 1);
          if (!finite) triangles.push(0, 1, v, v, 2, 0);
        }
        triangles.push(0, 1, 2);
        const raster = rasterize(positions, u32(triangles), camera, { ...size });
        expect(raster.depth).toEqual(expected.depth);
      },
    ),
  );
  expect(rasterize(f32([]), u32([]), camera, size).triangle.every((t) => t === -1)).toBe(true);
});

test("a raster is reused without a trace of the picture before", () => {
  const first = rasterize(f32([10, 5, 50, 0, -10, 50, -10, 5, 50]), u32([0, 1, 2]), camera, size);
  const again = rasterize(f32([1, 2, 50, 4, -1, 50, -1, 0, 50]), u32([0, 1, 2]), camera, size, first);
  expect(again).toBe(first);
  expect(again).toEqual(rasterize(f32([1, 2, 50, 4, -1, 50, -1, 0, 50]), u32([0, 1, 2]), camera, size));
});

test("what cannot be drawn is refused in a sentence", () => {
  const none = [f32([]), u32([])] as const;
  expect(() => rasterize(f32([0, 0, 1]), u32([0, 0, 1]), camera, size)).toThrow(
    "triangle 0 refers to vertex 1, but there are 1",
  );
  expect(() => rasterize(...none, camera, { width: 0, height: 4 })).toThrow("whole number from 1 to 16384");
  expect(() => rasterize(...none, camera, { width: 4, height: 20000 })).toThrow("whole number from 1 to 16384");
  expect(() => rasterize(...none, camera, { ...size, near: 0 })).toThrow("near must be above 0");
  expect(() => rasterize(...none, { ...camera, fx: Number.NaN }, size)).toThrow("not a camera");
  expect(() => rasterize(...none, camera, size, createRaster(3, 3))).toThrow("the raster is 3×3, not 32×24");
});

test("what is not accepted leaves holes through which the surface behind is seen", () => {
  // The front triangle reaches behind the camera, so it is clipped; the one behind fills the picture.
  const positions = f32([60, 40, 60, 0, -12, -8, -60, 40, 60, 500, 500, 90, 0, -900, 90, -500, 500, 90]);
  const triangles = u32([0, 1, 2, 3, 4, 5]);
  const whole = rasterize(positions, triangles, camera, size);
  const behind = rasterize(positions, triangles, camera, { ...size, accept: (t) => t === 1 });
  const only = rasterize(positions, u32([3, 4, 5]), camera, size);
  expect(behind.depth).toEqual(only.depth);
  const cut = rasterize(positions, triangles, camera, { ...size, accept: (t, [a, b]) => t === 1 || 2 * a + b > 1 });
  let holes = 0;
  let kept = 0;
  for (let p = 0; p < whole.depth.length; p++) {
    if (whole.triangle[p] !== 0) continue;
    const isKept = 2 * whole.barycentrics[2 * p] + whole.barycentrics[2 * p + 1] > 1;
    expect(cut.triangle[p]).toBe(isKept ? 0 : 1);
    expect(cut.depth[p]).toBe((isKept ? whole : only).depth[p]);
    if (isKept) kept++;
    else holes++;
  }
  expect(kept).toBeGreaterThan(20);
  expect(holes).toBeGreaterThan(20);
  expect(rasterize(positions, triangles, camera, { ...size, accept: () => true })).toEqual(whole);
  const asked = new Set<number>();
  rasterize(positions, triangles, camera, { ...size, accept: (_t, _w, pixel) => asked.add(pixel).size > 0 });
  expect(asked.size).toBe(whole.triangle.filter((t) => t >= 0).length);
});
