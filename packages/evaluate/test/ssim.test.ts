import type { RgbImage } from "cameo";
import { describe, expect, it } from "vitest";
import { ssimMap } from "../src/index.ts";

const SIDE = 32;
const picture = (value: (x: number, y: number) => number): RgbImage => ({
  width: SIDE,
  height: SIDE,
  data: Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const p = Math.floor(i / 3);
    return value(p % SIDE, Math.floor(p / SIDE));
  }),
});
const checks = picture((x, y) => (((x >> 1) + (y >> 1)) % 2 ? 200 : 60));

describe("structural similarity", () => {
  it("is 1 of a picture with itself", () => {
    for (const value of ssimMap(checks, checks)) expect(value).toBeCloseTo(1, 5);
  });

  it("of even pictures is that of their brightness", () => {
    const [a, b] = [50, 100];
    const stable = (0.01 * 255) ** 2;
    const expected = (2 * a * b + stable) / (a * a + b * b + stable);
    for (const value of ssimMap(
      picture(() => a),
      picture(() => b),
    ))
      expect(value).toBeCloseTo(expected, 3);
  });

  it("falls below 0 where light and dark are exchanged, and only about there", () => {
    const other = picture((x, y) => ((((x >> 1) + (y >> 1)) % 2 === 0) === x < 12 ? 200 : 60));
    const map = ssimMap(checks, other);
    expect(map[16 * SIDE + 4]).toBeLessThan(-0.9);
    expect(map[16 * SIDE + 18]).toBeCloseTo(1, 5);
  });

  it("takes pictures of one size", () => {
    expect(() => ssimMap(checks, { width: 2, height: 1, data: new Uint8Array(6) })).toThrow(RangeError);
  });
});
