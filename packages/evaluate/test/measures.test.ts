import { type Head, Label, type LabelMap } from "cameo";
import { describe, expect, it } from "vitest";
import {
  confusion,
  labelOverlaps,
  landmarkErrors,
  meanFigures,
  meanOf,
  overlapOf,
  type PhotoResult,
  type Point,
} from "../src/index.ts";
import { drawOverlay, LABEL_COLORS } from "../src/overlay.ts";

const map = (...rows: string[]): LabelMap => ({
  width: rows[0].length,
  height: rows.length,
  data: Uint8Array.from(rows.join(""), Number),
});

describe("means", () => {
  it("are of what is there", () => {
    expect(meanOf([1, undefined, 3])).toBe(2);
    expect(meanOf([])).toBeUndefined();
    expect(meanOf([undefined])).toBeUndefined();
  });
});

describe("intersection over union", () => {
  const found = map("0112", "0112");
  const reference = map("0111", "0022");

  it("counts pixels by found and true label", () => {
    const counts = confusion(found, reference);
    expect(counts.reduce((a, b) => a + b)).toBe(8);
    expect(counts[1 * 6 + 1]).toBe(2);
    expect(counts[1 * 6 + 2]).toBe(1);
    expect(counts[2 * 6 + 1]).toBe(1);
    expect(counts[1 * 6 + 0]).toBe(1);
  });

  it("is shared pixels over all pixels of a part", () => {
    const { head, face, hair, ears, innerMouth } = labelOverlaps(found, reference);
    expect(head).toBeCloseTo(5 / 6);
    expect(face).toBeCloseTo(2 / 5);
    expect(hair).toBeCloseTo(1 / 3);
    expect([ears, innerMouth]).toEqual([undefined, undefined]);
  });

  it("is 1 for the same map, 0 for parts that one map lacks, undefined for those that both lack", () => {
    expect(labelOverlaps(found, found)).toMatchObject({ head: 1, face: 1, hair: 1 });
    const counts = confusion(map("05"), map("00"));
    expect(overlapOf(counts, [Label.innerMouth])).toBe(0);
    expect(overlapOf(counts, [Label.hair])).toBeUndefined();
    expect(overlapOf(confusion(map("00"), map("05")), [Label.innerMouth])).toBe(0);
  });

  it("is a mean over the ears that the reference shows", () => {
    const { earLeft, earRight } = Label;
    expect([earLeft, earRight]).toEqual([3, 4]);
    expect(labelOverlaps(map("3304"), map("3044")).ears).toBeCloseTo((1 / 2 + 1 / 2) / 2);
    expect(labelOverlaps(map("3304"), map("3000")).ears).toBeCloseTo(1 / 2);
    expect(labelOverlaps(map("0000"), map("3000")).ears).toBe(0);
    expect(labelOverlaps(map("3304"), map("0000")).ears).toBeUndefined();
  });

  it("refuses maps of different sizes", () => {
    expect(() => labelOverlaps(map("00"), map("0", "0"))).toThrow(RangeError);
  });
});

describe("landmark errors", () => {
  const points: Point[] = Array.from({ length: 68 }, (_, i) => [i % 10, Math.floor(i / 10)]);
  const unit = Math.hypot(points[45][0] - points[36][0], points[45][1] - points[36][1]);

  it("are in percent of the outer eye distance, in all and by part", () => {
    expect(landmarkErrors(points, points)).toEqual({ all: 0, parts: { jaw: 0, brows: 0, nose: 0, eyes: 0, mouth: 0 } });
    const off = points.map(([x, y], i): Point => (i >= 48 ? [x + 3, y + 4] : [x, y]));
    const { all, parts } = landmarkErrors(off, points);
    expect(parts?.mouth).toBeCloseTo(500 / unit);
    expect(parts?.eyes).toBe(0);
    expect(all).toBeCloseTo((500 / unit) * (20 / 68));
  });

  it("compare five points in percent of the distance between the eyes", () => {
    const centre = (from: number): Point => [
      points.slice(from, from + 6).reduce((sum, [x]) => sum + x, 0) / 6,
      points.slice(from, from + 6).reduce((sum, [, y]) => sum + y, 0) / 6,
    ];
    const five = [centre(36), centre(42), points[30], points[48], points[54]];
    expect(landmarkErrors(points, five).all).toBeCloseTo(0);
    const between = Math.hypot(five[0][0] - five[1][0], five[0][1] - five[1][1]);
    five[2] = [five[2][0] + 1, five[2][1]];
    expect(landmarkErrors(points, five)).toEqual({ all: expect.closeTo(100 / between / 5) });
  });

  it("refuse other numbers of points", () => {
    expect(() => landmarkErrors(points, points.slice(1))).toThrow(RangeError);
    expect(() => landmarkErrors(points.slice(1), points)).toThrow(RangeError);
  });
});

describe("means over photos", () => {
  it("leave out photos without a figure", () => {
    const result = (head: number | undefined, all: number | undefined): PhotoResult => ({
      name: "a",
      parse: "model",
      yaw: 0,
      parseTime: 0,
      overlaps: head === undefined ? undefined : { head, hair: 1, face: 1, ears: undefined, innerMouth: undefined },
      landmarks: all === undefined ? undefined : { all },
    });
    expect(meanFigures([result(0.5, 2), result(1, undefined), result(undefined, 4)])).toMatchObject({
      head: 0.75,
      landmarks: 3,
      ears: undefined,
      jaw: undefined,
    });
  });
});

describe("overlays", () => {
  it("tint labels, outline the face and mark landmarks", () => {
    const size = 40;
    const camera = { fx: 40, fy: 40, cx: 20, cy: 20 };
    const labels = new Uint8Array(size * size);
    labels[0] = Label.hair;
    const head = {
      image: { width: size, height: size, data: new Uint8Array(3 * size * size).fill(100) },
      camera,
      pose: { rotation: [0, 0, 0, 1], translation: [0, 0, 40] },
      landmarks: Float32Array.of(30.5, 5.5),
      // A square from pixel 10 to 30, counter-clockwise from the front.
      mesh: {
        positions: Float32Array.of(-10, 10, 0, -10, -10, 0, 10, -10, 0, 10, 10, 0),
        triangles: Uint32Array.of(0, 1, 2, 0, 2, 3),
        labels: Uint8Array.of(1, 1, 1, 1),
      },
      labelMap: () => ({ width: size, height: size, data: labels }),
    } as unknown as Head;
    const { width, height, data } = drawOverlay(head, [[5.5, 30.5]]);
    expect([width, height]).toEqual([size, size]);
    const at = (x: number, y: number) => Array.from(data.subarray(3 * (y * size + x), 3 * (y * size + x) + 3));
    const hair = LABEL_COLORS[Label.hair];
    hair.forEach((c, k) => {
      expect(Math.abs(at(0, 0)[k] - (100 + 0.45 * (c - 100)))).toBeLessThanOrEqual(1);
    });
    expect(at(20, 20)).toEqual([100, 100, 100]);
    expect(at(10, 20)).toEqual([255, 255, 255]);
    expect(at(9, 20)).toEqual([100, 100, 100]);
    expect([at(30, 5), at(5, 30)]).toEqual([
      [0, 255, 255],
      [255, 0, 0],
    ]);
  });
});
