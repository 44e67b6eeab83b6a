import fc from "fast-check";
import { expect, test } from "vitest";
import { linearOfSrgb } from "../../src/color.ts";
import { backProject, type Camera, project } from "../../src/geometry/camera.ts";
import type { RgbImage } from "../../src/image.ts";
import { depthPoints } from "../../src/raster/depth.ts";
import { interpolate } from "../../src/raster/interpolate.ts";
import { depthOf } from "../../src/raster/raster.ts";
import { rasterize } from "../../src/raster/rasterize.ts";
import { compose, createRendering, downsample, supersample } from "../../src/raster/rendering.ts";
import { shadeTextured, shadeVertexColors } from "../../src/raster/shade.ts";
import { createTexture, sampleTexture } from "../../src/raster/texture.ts";
import { sphere } from "../mesh/shapes.ts";

const camera: Camera = { fx: 40, fy: 44, cx: 16, cy: 12 };
const size = { width: 32, height: 24 };
const quadTriangles = new Uint32Array([0, 1, 2, 0, 2, 3]);
const quadUvs = new Float32Array([0, 0, 0, 1, 1, 1, 1, 0]);

/** A rectangle from pixel position (left, top) to (right, bottom), counter-clockwise to the eye, at depth z left and zRight right. */
const rectangle = (view: Camera, left: number, top: number, right: number, bottom: number, z = 100, zRight = z) =>
  Float32Array.from(
    [
      [left, top, z],
      [left, bottom, z],
      [right, bottom, zRight],
      [right, top, zRight],
    ].flatMap(([u, v, d]) => backProject(u, v, d, view)),
  );

const randomImage = (width: number, height: number, seed: number) => {
  let state = seed;
  const data = Uint8Array.from({ length: 3 * width * height }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { width, height, data };
};

test("interpolated positions are the back-projected depth", () => {
  const { positions, triangles } = sphere(12, 20, 30, [2, -1, 90]);
  const raster = rasterize(positions, triangles, camera, size);
  const seen = interpolate(raster, positions, triangles, 3);
  const points = depthPoints(depthOf(raster), camera);
  for (let i = 0; i < seen.length; i++) expect(seen[i]).toBeCloseTo(points[i], 3);
});

test("depth points project to their pixel centres", () => {
  const depth = { width: 5, height: 4, data: Float32Array.from({ length: 20 }, (_, i) => (i === 7 ? 0 : 50 + i)) };
  const points = depthPoints(depth, camera);
  const pixels = project(points, camera);
  for (let p = 0; p < 20; p++) {
    if (p === 7) expect([...points.subarray(21, 24)].map((x) => x + 0)).toEqual([0, 0, 0]);
    else {
      expect(pixels[2 * p]).toBeCloseTo((p % 5) + 0.5, 4);
      expect(pixels[2 * p + 1]).toBeCloseTo(Math.floor(p / 5) + 0.5, 4);
      expect(points[3 * p + 2]).toBe(50 + p);
    }
  }
});

test("values are interpolated in perspective: linear in space, not in the picture", () => {
  const positions = rectangle(camera, 0, 0, 32, 24, 50, 200);
  const raster = rasterize(positions, quadTriangles, camera, size);
  const zs = interpolate(raster, new Float32Array([50, 50, 200, 200]), quadTriangles, 1);
  for (let p = 0; p < zs.length; p++) {
    const u = (p % 32) + 0.5;
    // 1 / z is linear in the picture.
    expect(1 / zs[p]).toBeCloseTo((1 / 50) * (1 - u / 32) + (1 / 200) * (u / 32), 5);
    expect(zs[p] / raster.depth[p]).toBeCloseTo(1, 4);
  }
});

test("pixels without surface get 0, also in memory used before", () => {
  const raster = rasterize(rectangle(camera, 0, 0, 10, 24), quadTriangles, camera, size);
  const values = interpolate(raster, new Float32Array(8).fill(3), quadTriangles, 2, new Float32Array(2 * 768).fill(9));
  const used = createRendering(32, 24);
  used.data.fill(9);
  const colors = shadeVertexColors(raster, new Float32Array(12).fill(0.5), quadTriangles, used);
  for (let p = 0; p < 768; p++) {
    const on = p % 32 < 10;
    for (const value of values.subarray(2 * p, 2 * p + 2)) expect(value).toBeCloseTo(on ? 3 : 0, 5);
    for (const [k, value] of colors.data.subarray(4 * p, 4 * p + 4).entries()) {
      expect(value).toBeCloseTo(on ? (k < 3 ? 0.5 : 1) : 0, 5);
    }
  }
});

test("a texture seen pixel for pixel gives its own bytes back", () => {
  const image = randomImage(32, 24, 7);
  for (const z of [20, 1000]) {
    const raster = rasterize(rectangle(camera, 0, 0, 32, 24, z), quadTriangles, camera, size);
    const rendering = shadeTextured(raster, createTexture(image), quadUvs, quadTriangles);
    expect(compose(rendering, [0, 0, 0]).data).toEqual(image.data);
    const positions = rectangle(camera, 0, 0, 32, 24, z);
    const view = { positions, triangles: quadTriangles, camera };
    const minified = shadeTextured(raster, createTexture(image), quadUvs, quadTriangles, { view });
    // Rounding may put the level of detail a hair above 0.
    for (const [i, byte] of compose(minified, [0, 0, 0]).data.entries()) {
      expect(Math.abs(byte - image.data[i])).toBeLessThanOrEqual(1);
    }
  }
});

test("lookup is bilinear in linear light about pixel centres and continues the border", () => {
  const image = randomImage(3, 2, 5);
  const at = (x: number, y: number, k: number) =>
    linearOfSrgb[image.data[3 * (Math.min(Math.max(y, 0), 1) * 3 + Math.min(Math.max(x, 0), 2)) + k]];
  const out = new Float32Array(3);
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 150 }), fc.integer({ min: -50, max: 150 }), (i, j) => {
      const [u, v] = [i / 100, j / 100];
      sampleTexture(image, u, v, out, 0);
      const [x, y] = [3 * u - 0.5, 2 * v - 0.5];
      const [left, top] = [Math.floor(x), Math.floor(y)];
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (const dx of [0, 1]) {
          for (const dy of [0, 1]) {
            sum += (1 - Math.abs(x - left - dx)) * (1 - Math.abs(y - top - dy)) * at(left + dx, top + dy, k);
          }
        }
        expect(out[k]).toBeCloseTo(sum, 5);
      }
    }),
  );
});

test("every level of a texture has the mean of the one before, whatever its sides", () => {
  const mean = ({ data }: RgbImage) =>
    Array.from(data, (byte) => linearOfSrgb[byte]).reduce((a, b) => a + b) / data.length;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (width, height) => {
      const { levels } = createTexture(randomImage(width, height, 3));
      expect(levels.length).toBe(1 + Math.floor(Math.log2(Math.max(width, height))));
      for (const [i, level] of levels.entries()) {
        expect([level.width, level.height]).toEqual([Math.max(1, width >> i), Math.max(1, height >> i)]);
        expect(level.data.length).toBe(3 * level.width * level.height);
        // Rounding to 8 bits: half a step of at most 1/255 · 2.4 in linear light, averaged.
        expect(Math.abs(mean(level) - mean(levels[0]))).toBeLessThan(0.006);
      }
    }),
    { numRuns: 40 },
  );
});

test("a texture far finer than the pixels shows its mean with smaller copies, and noise without", () => {
  const image = randomImage(256, 192, 11);
  const view: Camera = { fx: 40, fy: 40, cx: 16, cy: 12 };
  const positions = rectangle(view, 0, 0, 32, 24);
  const raster = rasterize(positions, quadTriangles, view, size);
  const texture = createTexture(image);
  const deviation = (data: Float32Array) => {
    let [sum, squares, n] = [0, 0, 0];
    for (let p = 0; p < 768; p++) {
      for (let k = 0; k < 3; k++) {
        sum += data[4 * p + k];
        squares += data[4 * p + k] ** 2;
        n++;
      }
    }
    return { mean: sum / n, deviation: Math.sqrt(squares / n - (sum / n) ** 2) };
  };
  const plain = deviation(shadeTextured(raster, texture, quadUvs, quadTriangles).data);
  const options = { view: { positions, triangles: quadTriangles, camera: view } };
  const minified = deviation(shadeTextured(raster, texture, quadUvs, quadTriangles, options).data);
  const truth = image.data.reduce((sum, byte) => sum + linearOfSrgb[byte], 0) / image.data.length;
  expect(minified.mean).toBeCloseTo(truth, 2);
  // A pixel covers 8 × 8 texels; a plain lookup at its centre averages 2 × 2 of them, so the deviation falls by another 4.
  expect(plain.deviation / minified.deviation).toBeGreaterThan(3.5);
});

test("the level of detail follows the size in the picture", () => {
  // Stripes of 2 texels: visible at one texel per pixel, an even grey at four.
  const width = 128;
  const image = {
    width,
    height: 96,
    data: Uint8Array.from({ length: 3 * width * 96 }, (_, i) => ((Math.floor(i / 3) % width) & 2 ? 255 : 0)),
  };
  const texture = createTexture(image);
  const contrast = (columns: number) => {
    const view: Camera = { fx: 100, fy: 100, cx: columns / 2, cy: columns * 0.375 };
    const picture = { width: columns, height: columns * 0.75 };
    const positions = rectangle(view, 0, 0, columns, columns * 0.75);
    const raster = rasterize(positions, quadTriangles, view, picture);
    const { data } = shadeTextured(raster, texture, quadUvs, quadTriangles, {
      view: { positions, triangles: quadTriangles, camera: view },
    });
    return Math.max(...data.filter((_, i) => i % 4 === 0)) - Math.min(...data.filter((_, i) => i % 4 === 0));
  };
  expect(contrast(128)).toBeGreaterThan(0.99);
  expect(contrast(32)).toBeLessThan(0.02);
});

test("supersampling gives the coverage of the outline", () => {
  // Edges at quarters of a pixel: with 4 × 4 samples the coverage is exact.
  const left = 4.25;
  const top = 3.5;
  const right = 20.75;
  const bottom = 17.25;
  const positions = rectangle(camera, left, top, right, bottom);
  const colors = new Float32Array(12).fill(0.25);
  const rendering = supersample(camera, size, 4, (scaled, larger) =>
    shadeVertexColors(rasterize(positions, quadTriangles, scaled, larger), colors, quadTriangles),
  );
  expect([rendering.width, rendering.height]).toEqual([32, 24]);
  const overlap = (a: number, b: number, i: number) => Math.max(0, Math.min(b, i + 1) - Math.max(a, i));
  for (let p = 0; p < 768; p++) {
    const covered = overlap(left, right, p % 32) * overlap(top, bottom, Math.floor(p / 32));
    expect(rendering.data[4 * p + 3]).toBeCloseTo(covered, 5);
    expect(rendering.data[4 * p]).toBeCloseTo(0.25 * covered, 5);
  }
});

test("laid over a background, coverage mixes in linear light", () => {
  const background = randomImage(2, 1, 9);
  const rendering = createRendering(2, 1);
  rendering.data.set([0.5, 0.25, 0, 0.5, 0, 0, 0, 0]);
  const { data } = compose(rendering, background);
  expect(data.subarray(3)).toEqual(background.data.subarray(3));
  for (let k = 0; k < 3; k++) {
    const light = rendering.data[k] + 0.5 * linearOfSrgb[background.data[k]];
    expect(Math.abs(linearOfSrgb[data[k]] - light)).toBeLessThan(0.005);
  }
  const over = createRendering(1, 1);
  over.data.set([2, -1, 1, 1]);
  expect([...compose(over, [9, 9, 9]).data]).toEqual([255, 0, 255]);
  expect([...compose(createRendering(1, 1), [1, 2, 3]).data]).toEqual([1, 2, 3]);
});

test("what does not fit is refused in a sentence", () => {
  expect(() => downsample(createRendering(4, 3), 2)).toThrow("4×3 cannot be divided by 2");
  expect(() => downsample(createRendering(4, 3), 0)).toThrow("divided by 0");
  expect(() => compose(createRendering(4, 3), randomImage(3, 4, 1))).toThrow(
    "the background is 3×4, the rendering 4×3",
  );
  expect(() => createTexture({ width: 0, height: 0, data: new Uint8Array(0) })).toThrow("0×0 pixels");
  expect(() => createTexture({ width: 2, height: 2, data: new Uint8Array(3) })).toThrow("2×2 pixels, but 3 bytes");
});
