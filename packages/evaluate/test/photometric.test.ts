import { ambientSh, type Head, Label, type LabelMap, type MorphableModel, Region, toSrgb } from "cameo";
import { expect, it } from "vitest";
import { photometricError } from "../src/index.ts";

const SIDE = 20;
const nothing = { count: 0, basis: new Float32Array(0), deviations: new Float32Array(0) };
// A square that fills the left half of the picture with face and the right half with neck.
const model = {
  vertexCount: 6,
  meanShape: Float32Array.of(-10, 10, 0, -10, -10, 0, 0, -10, 0, 0, 10, 0, 10, -10, 0, 10, 10, 0),
  triangles: Uint32Array.of(0, 1, 2, 0, 2, 3, 3, 2, 4, 3, 4, 5),
  regions: Uint8Array.of(Region.face, Region.face, Region.neck, Region.neck),
  meanAlbedo: new Float32Array(18).fill(0.4),
  refinement: null,
  identity: nothing,
  expression: nothing,
  texture: nothing,
} as unknown as MorphableModel;

const headOn = (value: number): Head =>
  ({
    image: { width: SIDE, height: SIDE, data: new Uint8Array(3 * SIDE * SIDE).fill(value) },
    camera: { fx: 100, fy: 100, cx: 10, cy: 10 },
    pose: { rotation: [0, 0, 0, 1], translation: [0, 0, 100] },
    coefficients: { identity: [], expression: [], texture: [], illumination: ambientSh([0.5, 0.5, 0.5]) },
  }) as unknown as Head;
const labels = (label: number): LabelMap => ({
  width: SIDE,
  height: SIDE,
  data: new Uint8Array(SIDE * SIDE).fill(label),
});

it("is the mean difference of levels, on the face alone", () => {
  const rendered = toSrgb(0.4 * 0.5);
  expect(photometricError(model, headOn(rendered), labels(Label.face))).toBe(0);
  expect(photometricError(model, headOn(rendered - 12), labels(Label.face))).toBe(12);
  // What differs on the neck, or under hair, does not count.
  const head = headOn(rendered);
  const half = labels(Label.face);
  for (let p = 0; p < SIDE * SIDE; p++) {
    if (p % SIDE >= SIDE / 2) head.image.data.fill(0, 3 * p, 3 * p + 3);
    if (p < (SIDE * SIDE) / 2) {
      half.data[p] = Label.hair;
      head.image.data.fill(255, 3 * p, 3 * p + 3);
    }
  }
  expect(photometricError(model, head, half)).toBe(0);
  expect(photometricError(model, head, labels(Label.hair))).toBeUndefined();
});
