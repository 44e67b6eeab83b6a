import fc from "fast-check";
import { expect, test } from "vitest";
import { gemanMcClure, huber, robustDeviation, tukey } from "../../src/geometry/robust.ts";

const residual = fc.integer({ min: -1000, max: 1000 }).map((i) => i / 100);
const threshold = fc.integer({ min: 1, max: 500 }).map((i) => i / 100);
const losses = { huber, gemanMcClure, tukey };

for (const [name, make] of Object.entries(losses)) {
  test(`${name}: the weight is the loss's slope over the residual`, () => {
    fc.assert(
      fc.property(residual, threshold, (r, k) => {
        const { loss, weight } = make(k);
        const h = 1e-5;
        expect((loss(r + h) - loss(r - h)) / (2 * h)).toBeCloseTo(weight(r) * r, 4);
      }),
    );
  });

  test(`${name}: even, quadratic at first, never falling, weights from 1 down`, () => {
    fc.assert(
      fc.property(residual, threshold, (r, k) => {
        const { loss, weight } = make(k);
        expect(loss(r)).toBe(loss(-r));
        expect(loss(r)).toBeLessThanOrEqual((r * r) / 2 + 1e-12);
        expect(loss(1.01 * r)).toBeGreaterThanOrEqual(loss(r));
        expect(weight(1.01 * r)).toBeLessThanOrEqual(weight(r));
        expect(weight(r)).toBeGreaterThanOrEqual(0);
        expect(weight(0)).toBe(1);
        expect(loss(1e-3 * k) / (0.5e-6 * k * k)).toBeCloseTo(1, 4);
      }),
    );
  });

  test(`${name}: a threshold that is not above 0 is refused`, () => {
    expect(() => make(0)).toThrow("above 0");
    expect(() => make(Number.NaN)).toThrow("above 0");
  });
}

test("the bounds are those documented", () => {
  expect(gemanMcClure(3).loss(1e6)).toBeCloseTo(4.5, 6);
  expect(gemanMcClure(3).loss(3)).toBe(2.25);
  expect(tukey(3).loss(3)).toBe(1.5);
  expect(tukey(3).weight(1e6)).toBe(0);
  expect(huber(2).loss(5)).toBe(8);
});

test("the robust deviation is that of the inliers, whatever the outliers", () => {
  // Normal quantiles: their standard deviation is 1.
  const quantiles = Array.from({ length: 999 }, (_, i) => normalQuantile((i + 1) / 1000));
  expect(robustDeviation(quantiles.map((q) => 7 * q))).toBeCloseTo(7, 1);
  expect(robustDeviation([...quantiles, ...new Array(100).fill(1e9)])).toBeLessThan(1.3);
  expect(robustDeviation([1, -3])).toBeCloseTo(1.4826 * 2, 10);
  expect(robustDeviation([])).toBe(0);
});

/** By bisection of the error function's integral. */
function normalQuantile(p: number): number {
  let [low, high] = [-6, 6];
  const cdf = (x: number) => {
    let sum = 0;
    const steps = 400;
    for (let i = 0; i < steps; i++) sum += Math.exp(-((((i + 0.5) / steps) * x) ** 2) / 2);
    return 0.5 + (sum * x) / steps / Math.sqrt(2 * Math.PI);
  };
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (cdf(middle) < p) low = middle;
    else high = middle;
  }
  return low;
}
