import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apply2d, similarity2d } from "../src/geometry/transform2d.ts";
import type { RgbImage } from "../src/image.ts";
import { createPyramid, resample } from "../src/resample.ts";

/** A picture whose colour is a function of the pixel centre. */
function picture(width: number, height: number, colour: (x: number, y: number) => readonly number[]): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set(colour(x + 0.5, y + 0.5).map(Math.round), (y * width + x) * 3);
  return { width, height, data };
}

const ramp = picture(200, 160, (x, y) => [x, y, (x + y) / 2]);

describe("resample", () => {
  test("the identity copies", () => {
    const out = new Uint8ClampedArray(ramp.data.length);
    resample(createPyramid(ramp), [1, 0, 0, 0, 1, 0], 200, 160, out);
    expect(Array.from(out)).toEqual(Array.from(ramp.data));
  });

  test("reads where the similarity says, at any scale and angle", () => {
    const pyramid = createPyramid(ramp);
    fc.assert(
      fc.property(
        fc.double({ min: 0.2, max: 6, noNaN: true }),
        fc.double({ min: -4, max: 4, noNaN: true }),
        (scale, angle) => {
          const half = similarity2d(scale, angle, 0, 0);
          const [dx, dy] = apply2d(half, 6, 6);
          const toPhoto = similarity2d(scale, angle, 100 - dx, 80 - dy);
          const out = new Float32Array(12 * 12 * 3);
          resample(pyramid, toPhoto, 12, 12, out);
          for (let v = 0; v < 12; v++)
            for (let u = 0; u < 12; u++) {
              const [x, y] = apply2d(toPhoto, u + 0.5, v + 0.5);
              const reach = scale * 2;
              if (x < reach || y < reach || x > 200 - reach || y > 160 - reach) continue;
              const at = (v * 12 + u) * 3;
              expect(Math.abs(out[at] - x)).toBeLessThan(1.6);
              expect(Math.abs(out[at + 1] - y)).toBeLessThan(1.6);
            }
        },
      ),
      { seed: 3 },
    );
  });

  test.each([2, 3, 4, 5.5, 8, 13])("reduced %s times, fine stripes become their mean", (scale) => {
    const stripes = picture(260, 260, (x) => (Math.floor(x) % 2 ? [255, 255, 255] : [0, 0, 0]));
    const side = Math.floor(260 / scale);
    const out = new Float32Array(side * side * 3);
    resample(createPyramid(stripes), [scale, 0, 0, 0, scale, 0], side, side, out);
    for (const value of out) expect(Math.abs(value - 127.5)).toBeLessThan(14);
  });

  test.each([1.5, 2, 3, 6, 11])("reduced %s times, the mean of noise stays and its spread falls", (scale) => {
    let state = 1;
    const noise = picture(256, 256, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return [state >>> 24, state >>> 24, state >>> 24];
    });
    const side = Math.floor(250 / scale);
    const out = new Float32Array(side * side * 3);
    resample(createPyramid(noise), similarity2d(scale, 0, 1, 2), side, side, out);
    const mean = out.reduce((sum, v) => sum + v, 0) / out.length;
    const spread = Math.sqrt(out.reduce((sum, v) => sum + (v - mean) ** 2, 0) / out.length);
    expect(Math.abs(mean - 127.5)).toBeLessThan(4);
    // An exact box mean of scale² independent values (spread 74) would leave 74 / scale.
    expect(spread).toBeLessThan((1.3 * 74) / scale);
  });

  test("outside the photo is black, or the nearest colour", () => {
    const grey = createPyramid(picture(4, 4, () => [90, 100, 110]));
    const out = new Float32Array(3);
    resample(grey, [1, 0, -20, 0, 1, 0], 1, 1, out);
    expect(Array.from(out)).toEqual([0, 0, 0]);
    resample(grey, [1, 0, -20, 0, 1, 0], 1, 1, out, { outside: "nearest" });
    expect(Array.from(out)).toEqual([90, 100, 110]);
  });

  test("gain and bias scale the values", () => {
    const out = new Float32Array(3);
    resample(createPyramid(picture(4, 4, () => [0, 127.5, 255])), [1, 0, 1, 0, 1, 1], 1, 1, out, {
      gain: 2 / 255,
      bias: -1,
    });
    expect(out[0]).toBe(-1);
    expect(out[2]).toBeCloseTo(1);
  });

  test("a single pixel has every level", () => {
    const pyramid = createPyramid(picture(1, 3, () => [7, 8, 9]));
    expect(pyramid.level(9)).toMatchObject({ width: 1, height: 1 });
    const out = new Uint8ClampedArray(12);
    resample(pyramid, [40, 0, -30, 0, 40, -30], 2, 2, out, { outside: "nearest" });
    expect(Array.from(out)).toEqual([7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9]);
  });
});
