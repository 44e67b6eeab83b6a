import fc from "fast-check";
import { expect, test } from "vitest";
import { signedDistance } from "../../src/stages/head/signed-distance.ts";

test("is the distance to the nearest pixel of the other kind, less half a pixel", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.boolean()),
      (width, height, stream) => {
        const mask = Uint8Array.from({ length: width * height }, () => (stream.next().value ? 1 : 0));
        if (mask.every((inside) => inside === mask[0])) return;
        const found = signedDistance(mask, width, height);
        for (let p = 0; p < mask.length; p++) {
          let nearest = Infinity;
          for (let q = 0; q < mask.length; q++) {
            if (mask[q] === mask[p]) continue;
            const dx = (p % width) - (q % width);
            const dy = Math.floor(p / width) - Math.floor(q / width);
            nearest = Math.min(nearest, Math.hypot(dx, dy));
          }
          expect(found[p]).toBeCloseTo(mask[p] ? 0.5 - nearest : nearest - 0.5, 4);
        }
      },
    ),
  );
});

test("far outside it is cut off; a mask of nothing is far from everywhere", () => {
  const mask = new Uint8Array(200 * 3);
  expect(Math.min(...signedDistance(mask, 200, 3))).toBeGreaterThan(40);
  mask[0] = 1;
  const found = signedDistance(mask, 200, 3);
  expect(found[0]).toBeCloseTo(-0.5);
  expect(found[30]).toBeCloseTo(29.5);
  expect(found[199]).toBe(found[150]);
});
