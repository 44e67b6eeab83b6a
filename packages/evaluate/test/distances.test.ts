import type { Camera, DepthMap, LabelMap } from "cameo";
import { describe, expect, it } from "vitest";
import { depthGeometry, headDistances, surroundDepth, type TrueHead } from "../src/index.ts";

const SIDE = 40;
/** So far away that a pixel shows 1 mm wherever it looks. */
const FAR = 1e5;
const camera: Camera = { fx: FAR, fy: FAR, cx: SIDE / 2, cy: SIDE / 2 };

const map = (value: (x: number, y: number) => number, side = SIDE): DepthMap => ({
  width: side,
  height: side,
  data: Float32Array.from({ length: side * side }, (_, p) => value(p % side, Math.floor(p / side))),
});
const labels = (value: (x: number, y: number) => number, side = SIDE): LabelMap => ({
  width: side,
  height: side,
  data: Uint8Array.from(map(value, side).data),
});

/** A face of hills at the left, flat hair at the right, nothing in the last column. */
const isHair = (x: number) => x >= 20;
const shape = (x: number, y: number) => FAR + (isHair(x) ? 0 : 3 * Math.sin(x / 4) * Math.cos(y / 5));
const truth: TrueHead = {
  camera,
  depth: map(shape),
  labels: labels((x) => (x === SIDE - 1 ? 0 : isHair(x) ? 2 : 1)),
};
const measure = (value: (x: number, y: number) => number, by = camera) =>
  headDistances(depthGeometry(map(value), by), truth);

describe("distances of points", () => {
  it("are 0 for the truth", () => {
    const { face, nonFace } = measure(shape);
    for (const region of [face, nonFace]) {
      expect(region?.coverage).toBe(1);
      for (const key of ["mean", "median", "nearestMean", "nearestMedian", "nearestOfAll"] as const)
        expect(region?.[key]).toBeLessThan(0.02);
    }
  });

  it("do not mind how large the head is", () => {
    const { face, nonFace } = measure((x, y) => 1.2 * shape(x, y));
    expect(face?.mean).toBeLessThan(0.02);
    expect(nonFace?.mean).toBeLessThan(0.02);
  });

  it("do not mind a slight turn, nor a shift", () => {
    const turned = (x: number, y: number) => shape(x, y) + 0.02 * (x - 20) + 7;
    const { face, nonFace } = measure(turned);
    expect(face?.mean).toBeLessThan(0.03);
    expect(nonFace?.mean).toBeLessThan(0.03);
  });

  it("are those of the hair to a hair that lies deeper than it should", () => {
    const { face, nonFace } = measure((x, y) => shape(x, y) + (isHair(x) ? 5 : 0));
    expect(face?.mean).toBeLessThan(0.02);
    expect(nonFace?.mean).toBeCloseTo(5, 1);
    expect(nonFace?.median).toBeCloseTo(5, 1);
    // Close to the face, the face is nearer than the hair.
    expect(nonFace?.nearestMedian).toBeCloseTo(5, 1);
    expect(nonFace?.nearestMean).toBeLessThan(5);
    expect(nonFace?.nearestMean).toBeGreaterThan(4);
  });

  it("to the surface do not count what slides along it", () => {
    const ramp = (x: number) => FAR + (isHair(x) ? 2 * (x - 20) : 0);
    const slope: TrueHead = { ...truth, depth: map((x, y) => (isHair(x) ? ramp(x) : shape(x, y))) };
    const moved = depthGeometry(
      map((x, y) => (isHair(x) ? ramp(x + 1) : shape(x, y))),
      camera,
    );
    const { nonFace } = headDistances(moved, slope);
    expect(nonFace?.median).toBeCloseTo(2, 1);
    expect(nonFace?.nearestMedian).toBeCloseTo(2 / Math.sqrt(5), 1);
  });

  it("leave out what is not predicted, which lowers coverage and counts in the last figure alone", () => {
    const { face, nonFace } = measure((x, y) => (isHair(x) && y < 10 ? 0 : shape(x, y)));
    expect(face?.coverage).toBe(1);
    expect(nonFace?.coverage).toBeCloseTo(0.75, 2);
    expect(nonFace?.mean).toBeLessThan(0.02);
    expect(nonFace?.nearestMean).toBeLessThan(0.02);
    // On average a quarter of the pixels lies five rows from the rest, but for those beside the face.
    expect(nonFace?.nearestOfAll).toBeGreaterThan(0.8);
    expect(nonFace?.nearestOfAll).toBeLessThan(1.5);
  });

  it("are undefined where nothing is predicted or shown", () => {
    const { nonFace } = measure((x, y) => (isHair(x) ? 0 : shape(x, y)));
    expect(nonFace).toMatchObject({ coverage: 0, mean: undefined, nearestMean: undefined });
    expect(nonFace?.nearestOfAll).toBeGreaterThan(5);
    const bare = { ...truth, labels: labels((x) => (isHair(x) ? 0 : 1)) };
    expect(headDistances(depthGeometry(truth.depth, camera), bare).nonFace).toBeUndefined();
  });

  it("need maps of one size, and a face", () => {
    expect(() => headDistances(depthGeometry(map(shape, 20), camera), truth)).toThrow(RangeError);
    expect(() => measure((x, y) => (isHair(x) ? shape(x, y) : 0))).toThrow(/no face/);
  });

  it("are taken on a grid in large pictures", () => {
    const side = 400;
    const by = { ...camera, cx: side / 2, cy: side / 2 };
    const large = (x: number, y: number) => shape(x / 10, y / 10);
    const head: TrueHead = {
      camera: by,
      depth: map(large, side),
      labels: labels((x) => (isHair(x / 10) ? 2 : 1), side),
    };
    const half = depthGeometry(
      map((x, y) => (x >= 300 ? 0 : large(x, y)), side),
      by,
    );
    const { face, nonFace } = headDistances(half, head);
    expect(face?.mean).toBeLessThan(0.02);
    expect(nonFace?.coverage).toBeCloseTo(0.5, 1);
  });
});

describe("the depth about a face", () => {
  const side = 160;
  const [slope, radius, reach] = [0.7, 32, 78];
  const r = (x: number, y: number) => Math.hypot(x + 0.5 - side / 2, y + 0.5 - side / 2);
  const face = map((x, y) => (r(x, y) < radius ? 500 + slope * r(x, y) : 0), side);
  const head = labels((x, y) => (r(x, y) < reach ? 2 : 0), side);

  it("goes on as the face does, up to its double size, and stays there", () => {
    const { data } = surroundDepth(face, head, [side / 2, side / 2, 500]);
    const rest = face.data.map((z, p) => {
      const distance = r(p % side, Math.floor(p / side));
      if (distance >= reach) return Math.abs(data[p]);
      return Math.abs(data[p] - (z > 0 ? z : 500 + slope * Math.min(distance, 2 * radius)));
    });
    // The border is found to a pixel and a half, and enlarged twice.
    expect(Math.max(...rest)).toBeLessThan(3 * slope);
  });

  it("is that of the nose where there is no face between", () => {
    const { data } = surroundDepth({ ...face, data: new Float32Array(side * side) }, head, [side / 2, side / 2, 500]);
    expect(new Set(data)).toEqual(new Set([0, 500]));
  });
});
