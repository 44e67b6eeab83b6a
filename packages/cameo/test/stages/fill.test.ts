import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pushPull } from "../../src/stages/head/fill.ts";

describe("pushPull", () => {
  it("keeps what is known", () => {
    const data = Float32Array.from({ length: 3 * 7 * 5 }, (_, i) => i);
    const weight = Float32Array.from({ length: 7 * 5 }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const filled = data.slice();
    pushPull(filled, weight, 7, 5);
    for (let i = 0; i < data.length; i++) if (weight[Math.floor(i / 3)] === 1) expect(filled[i]).toBe(data[i]);
  });

  it("spreads a single colour everywhere", () => {
    const data = new Float32Array(9 * 6 * 3);
    const weight = new Float32Array(9 * 6);
    weight[13] = 1;
    data.set([10, 20, 30], 39);
    pushPull(data, weight, 9, 6);
    for (let i = 0; i < data.length; i++) expect(data[i]).toBeCloseTo([10, 20, 30][i % 3], 3);
  });

  it("stays within the range of the known values", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 17 }),
        fc.integer({ min: 1, max: 17 }),
        fc.infiniteStream(fc.record({ value: fc.float({ min: 1, max: 2, noNaN: true }), known: fc.boolean() })),
        (width, height, stream) => {
          const pixels = Array.from({ length: width * height }, () => stream.next().value);
          pixels[0].known = true;
          const data = Float32Array.from(pixels.flatMap((p) => Array(3).fill(p.known ? p.value : 1000)));
          const weight = Float32Array.from(pixels, (p) => (p.known ? 1 : 0));
          pushPull(data, weight, width, height);
          for (const value of data) {
            expect(value).toBeGreaterThanOrEqual(0.999);
            expect(value).toBeLessThanOrEqual(2.001);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("leaves a picture of which nothing is known finite", () => {
    const data = new Float32Array(3 * 8 * 8).fill(5);
    pushPull(data, new Float32Array(64), 8, 8);
    expect(data.every(Number.isFinite)).toBe(true);
  });
});
