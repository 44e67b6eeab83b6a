import {
  type BackgroundContext,
  type BackgroundSpec,
  fbm,
  fbm2,
  type Layer,
  noise,
  noise2,
  objectKinds,
  paintBackground,
  random,
  type ShadowLayer,
  sampleBackground,
  sceneKinds,
} from "@cameo/synth";
import { describe, expect, test } from "vitest";

const size = 64;

/** An egg on a hill. */
const coverage = Float32Array.from({ length: size * size }, (_, k) => {
  const u = ((k % size) + 0.5) / size;
  const v = (Math.floor(k / size) + 0.5) / size;
  return Math.hypot((u - 0.5) / 0.18, (v - 0.45) / 0.24) < 1 || Math.hypot((u - 0.5) / 0.42, (v - 1.05) / 0.32) < 1
    ? 1
    : 0;
});

const context: BackgroundContext = {
  size,
  coverage,
  hairColour: [0.04, 0.02, 0.01],
  skinColour: [0.5, 0.3, 0.2],
  lightColour: [1, 1, 1],
  blur: 0,
};

const layer = (kind: Layer["kind"], seed: number): Layer => ({
  kind,
  seed,
  palette: [
    [0.4, 0.35, 0.3],
    [0.1, 0.15, 0.3],
    [0.3, 0.1, 0.05],
    [0.6, 0.6, 0.5],
    [0.02, 0.02, 0.02],
  ],
  scale: 1,
  blur: 0,
});

const only = (...layers: (Layer | ShadowLayer)[]): BackgroundSpec => ({
  layers,
  brightness: 1,
  unevenness: 0,
  seed: 1,
});

const luminances = (rgb: Float32Array) =>
  Float32Array.from(
    { length: rgb.length / 3 },
    (_, k) => 0.2126 * rgb[3 * k] + 0.7152 * rgb[3 * k + 1] + 0.0722 * rgb[3 * k + 2],
  );

/** Standard deviation, over the pixels and relative to the mean, of luminance against that of its left neighbour. */
function localContrast(rgb: Float32Array, side: number): number {
  const light = luminances(rgb);
  let squares = 0;
  let sum = 0;
  for (let k = 0; k < light.length; k++) {
    sum += light[k];
    if (k % side) squares += (light[k] - light[k - 1]) ** 2;
  }
  return Math.sqrt(squares / light.length) / (sum / light.length);
}

describe("noise", () => {
  test("in the plane z = 0 is that of the plane, and repeats after 256 steps", () => {
    const source = random(1, "noise");
    for (let k = 0; k < 200; k++) {
      const [x, y, z] = [source.range(-300, 300), source.range(-300, 300), source.range(-300, 300)];
      expect(noise(x, y, 0)).toBeCloseTo(noise2(x, y), 5);
      expect(noise(x + 256, y - 256, z)).toBeCloseTo(noise(x, y, z), 5);
    }
  });

  test("has mean one half, stays in [0, 1], and is smooth", () => {
    const source = random(2, "noise");
    const functions = [
      noise,
      (x: number, y: number) => noise2(x, y),
      (x: number, y: number, z: number) => fbm(x, y, z, 4),
      (x: number, y: number) => fbm2(x, y, 4),
    ];
    for (const f of functions) {
      let sum = 0;
      let steepest = 0;
      let least = 1;
      let most = 0;
      for (let k = 0; k < 5000; k++) {
        const [x, y, z] = [source.range(0, 256), source.range(0, 256), source.range(0, 256)];
        const v = f(x, y, z);
        sum += v;
        least = Math.min(least, v);
        most = Math.max(most, v);
        steepest = Math.max(steepest, Math.abs(f(x + 1e-4, y, z) - v) / 1e-4);
      }
      expect(sum / 5000).toBeCloseTo(0.5, 1);
      expect(least).toBeGreaterThanOrEqual(0);
      expect(most).toBeLessThanOrEqual(1);
      expect(most - least).toBeGreaterThan(0.5);
      // A cubic step rises by 3/2 a unit at most; four octaves of half the weight each by 3.2 times as much.
      expect(steepest).toBeLessThan(3.3);
    }
  });
});

describe("paintBackground", () => {
  test.each([...sceneKinds, ...objectKinds])(
    "%s: finite values between black and a few, different from seed to seed",
    (kind) => {
      const scene = (sceneKinds as readonly string[]).includes(kind);
      const pictures = [1, 2, 3].map((seed) =>
        paintBackground(scene ? only(layer(kind, seed)) : only(layer("studio", 1), layer(kind, seed)), context),
      );
      for (const rgb of pictures) {
        expect(rgb.length).toBe(3 * size * size);
        expect(rgb.every((v) => v >= 0 && v < 8)).toBe(true);
        expect(luminances(rgb).reduce((sum, v) => sum + v) / size ** 2).toBeGreaterThan(1e-4);
      }
      expect(pictures[0]).not.toEqual(pictures[1]);
      expect(pictures[1]).not.toEqual(pictures[2]);
    },
  );

  test("the same spec gives the same picture, also through JSON and after other pictures", () => {
    for (let k = 0; k < 12; k++) {
      const spec = sampleBackground(random(5, "background", k));
      const first = paintBackground(spec, context);
      paintBackground(sampleBackground(random(6, "background", k)), { ...context, size: 64 });
      const again = paintBackground(JSON.parse(JSON.stringify(spec)), context);
      expect(again.every((v, i) => v === first[i])).toBe(true);
    }
  });

  test("most pictures are busy, some are calm; brightness spans several stops", () => {
    const contrasts: number[] = [];
    const means: number[] = [];
    for (let k = 0; k < 150; k++) {
      const rgb = paintBackground(sampleBackground(random(7, "background", k)), context);
      contrasts.push(localContrast(rgb, size));
      means.push(luminances(rgb).reduce((sum, v) => sum + v) / size ** 2);
    }
    const busy = contrasts.filter((v) => v > 0.1).length / contrasts.length;
    expect(busy).toBeGreaterThan(0.55);
    expect(busy).toBeLessThan(0.95);
    means.sort((a, b) => a - b);
    expect(means[15]).toBeLessThan(0.06);
    expect(means[135]).toBeGreaterThan(0.25);
  });

  test("blur takes away local contrast but not brightness", () => {
    const spec = only(layer("masonry", 3));
    const sharp = paintBackground(spec, context);
    const blurred = paintBackground(spec, { ...context, blur: 0.05 });
    expect(localContrast(blurred, size)).toBeLessThan(0.25 * localContrast(sharp, size));
    const mean = (rgb: Float32Array) => luminances(rgb).reduce((sum, v) => sum + v) / size ** 2;
    expect(mean(blurred) / mean(sharp)).toBeGreaterThan(0.8);
    expect(mean(blurred) / mean(sharp)).toBeLessThan(1.25);
  });

  test("a shadow lies where the head is, shifted, and is as dark as said", () => {
    const ground = paintBackground(only(layer("studio", 4)), context);
    const shadow: ShadowLayer = { kind: "shadow", shift: [0.25, 0], grow: 1, softness: 0, strength: 0.5 };
    const shaded = paintBackground(only(layer("studio", 4), shadow), context);
    const at = (u: number, v: number) => {
      const k = 3 * (Math.floor(v * size) * size + Math.floor(u * size));
      return shaded[k] / ground[k];
    };
    expect(at(0.75, 0.45)).toBeCloseTo(0.5, 2);
    expect(at(0.5, 0.3)).toBeCloseTo(1, 2);
    expect(at(0.3, 0.3)).toBeCloseTo(1, 2);
  });

  test("the light's colour tints everything", () => {
    const white = paintBackground(only(layer("room", 2)), context);
    const warm = paintBackground(only(layer("room", 2)), { ...context, lightColour: [1.5, 1, 0.5] });
    for (let k = 0; k < white.length; k += 300) {
      if (white[k] < 1e-4) continue;
      expect(warm[k] / white[k]).toBeCloseTo(1.3, 3);
    }
  });
});

test("scenes outdoors and indoors differ", () => {
  const kinds = (outdoors: boolean) =>
    new Set(Array.from({ length: 300 }, (_, k) => sampleBackground(random(8, k), { outdoors }).layers[0].kind));
  expect(kinds(true).has("room")).toBe(false);
  expect(kinds(true).has("landscape")).toBe(true);
  expect(kinds(false).has("landscape")).toBe(false);
  expect(kinds(false).has("room")).toBe(true);
});
