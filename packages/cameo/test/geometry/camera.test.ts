import { expect, test } from "vitest";
import { projectedBounds } from "../../src/geometry/camera.ts";

test("the bounds of projected points hold them all, tightly", () => {
  const camera = { fx: 500, fy: 400, cx: 100, cy: 80 };
  const points = Float32Array.of(0, 0, 1000, 100, 50, 500, -200, 20, 800, 9999, 9999, 1);
  const first = Uint32Array.of(0, 1, 2, 2, 1);
  expect(projectedBounds(points, camera, first)).toEqual({ left: -25, top: 80, right: 200, bottom: 120 });
  expect(projectedBounds(points.subarray(0, 9), camera)).toEqual(projectedBounds(points, camera, first));
});
