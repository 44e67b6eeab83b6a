import { developFilm, type FilmSpec, noise2, plainFilm, random, sampleFilm } from "@cameo/synth";
import { Label, toSrgb } from "cameo";
import { describe, expect, test } from "vitest";

const size = 64;

/** Light with edges, slopes and all levels; nearly grey. */
const scene = Float32Array.from({ length: 3 * size * size }, (_, k) => {
  const pixel = Math.floor(k / 3);
  const x = pixel % size;
  const y = Math.floor(pixel / size);
  const block = (x >> 4) + (y >> 4) * 4;
  return Math.max(0, 0.02 + 0.05 * block + 0.1 * (noise2(x / 6, y / 6) - 0.5) + 0.03 * (k % 3));
});

const flat = (light: number) => new Float32Array(3 * size * size).fill(light);

const meanDifference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((sum, v, k) => sum + Math.abs(v - b[k]), 0) / a.length;

function deviation(values: ArrayLike<number>): number {
  let sum = 0;
  let squares = 0;
  for (let k = 0; k < values.length; k++) {
    sum += values[k];
    squares += values[k] ** 2;
  }
  return Math.sqrt(squares / values.length - (sum / values.length) ** 2);
}

/** Mean step between horizontal neighbours. */
function sharpness(image: Uint8Array): number {
  let sum = 0;
  for (let k = 3; k < image.length; k++) sum += Math.abs(image[k] - image[k - 3]);
  return sum / image.length;
}

const develop = (linear: Float32Array, changes: Partial<FilmSpec>) =>
  developFilm(linear, size, { ...plainFilm, ...changes });

describe("developFilm", () => {
  test("plain film encodes linear light as sRGB", async () => {
    const input = scene.slice();
    const image = await developFilm(input, size, plainFilm);
    expect(image).toBeInstanceOf(Uint8Array);
    expect(Math.max(...image.map((v, k) => Math.abs(v - toSrgb(scene[k]))))).toBeLessThanOrEqual(1);
    expect(input).toEqual(scene);
  });

  test("a stop more is twice the light", async () => {
    const image = await develop(scene, { exposure: 1 });
    expect(Math.max(...image.map((v, k) => Math.abs(v - toSrgb(2 * scene[k]))))).toBeLessThanOrEqual(1);
  });

  test("metering is for the face", async () => {
    // A dark face before a window.
    const labels = new Uint8Array(size * size);
    const linear = flat(2);
    for (let y = 24; y < 40; y++)
      for (let x = 24; x < 40; x++) {
        labels[y * size + x] = Label.face;
        linear.fill(0.05, 3 * (y * size + x), 3 * (y * size + x + 1));
      }
    const at = 3 * (32 * size + 32);
    const spec = { ...plainFilm, metering: 1 };
    const without = (await developFilm(linear, size, spec))[at];
    expect((await developFilm(linear, size, spec, labels))[at]).toBeGreaterThan(1.1 * without);
  });

  test("metering brings any brightness to the same grey", async () => {
    for (const light of [0.02, 0.2, 1]) {
      expect(Math.abs((await develop(flat(light), { metering: 1 }))[0] - toSrgb(0.23))).toBeLessThanOrEqual(1);
    }
  });

  test("noise has the stated deviation in linear light", async () => {
    // Around light 0.2, encoded values rise by this much per unit of light.
    const slope = (255 * 1.055 * 0.2 ** (1 / 2.4 - 1)) / 2.4;
    const read = await develop(flat(0.2), { readNoise: 0.02, chroma: 1 });
    expect(deviation(read) / slope).toBeCloseTo(0.02, 2);
    const shot = await develop(flat(0.2), { shotNoise: 0.05 });
    expect(deviation(shot) / slope).toBeCloseTo(0.05 * Math.sqrt(0.2), 2);
    // Grey noise where chroma is 0.
    expect(deviation(shot.filter((_, k) => k % 3 === 0).map((v, k) => v - shot[3 * k + 1] + 128))).toBeLessThan(0.1);
    expect(await develop(flat(0.2), { readNoise: 0.02, seed: 1 })).not.toEqual(
      await develop(flat(0.2), { readNoise: 0.02, seed: 2 }),
    );
  });

  test("JPEG changes little at high quality, more at low, never everything", async () => {
    const plain = await develop(scene, {});
    const errors = [];
    for (const quality of [95, 60, 15]) {
      errors.push(meanDifference(plain, await develop(scene, { jpegs: [{ quality, subsampling: "4:2:0" }] })));
    }
    expect(errors[0]).toBeGreaterThan(0);
    expect(errors[0]).toBeLessThan(2);
    expect(errors[1]).toBeGreaterThan(errors[0]);
    expect(errors[2]).toBeGreaterThan(errors[1]);
    expect(errors[2]).toBeLessThan(12);
  });

  test.each<[string, Partial<FilmSpec>]>([
    ["defocus", { defocus: 0.03 }],
    ["motion", { motion: 0.1 }],
    ["a small sensor", { resolution: 0.3 }],
  ])("%s takes sharpness away and leaves the mean", async (_, changes) => {
    const plain = await develop(scene, {});
    const soft = await develop(scene, changes);
    expect(sharpness(soft)).toBeLessThan(0.8 * sharpness(plain));
    const mean = (image: Uint8Array) => image.reduce((sum, v) => sum + v) / image.length;
    expect(Math.abs(mean(soft) - mean(plain))).toBeLessThan(4);
  });

  test("sharpening, denoising and the beauty filter do what they are called", async () => {
    const plain = sharpness(await develop(scene, {}));
    expect(sharpness(await develop(scene, { sharpening: 1 }))).toBeGreaterThan(1.1 * plain);
    const noisy = sharpness(await develop(scene, { readNoise: 0.02 }));
    expect(sharpness(await develop(scene, { readNoise: 0.02, denoise: 1 }))).toBeLessThan(0.9 * noisy);
    expect(sharpness(await develop(scene, { readNoise: 0.02, beauty: 1 }))).toBeLessThan(0.9 * noisy);
  });

  test("black and white has no colour; vignettes darken corners only; fringes leave the middle", async () => {
    const plain = await develop(scene, {});
    const grey = await develop(scene, { saturation: 0 });
    for (let k = 0; k < grey.length; k += 3)
      expect(
        Math.max(grey[k], grey[k + 1], grey[k + 2]) - Math.min(grey[k], grey[k + 1], grey[k + 2]),
      ).toBeLessThanOrEqual(1);
    const dark = await develop(flat(0.5), { vignette: 0.5 });
    expect(Math.abs(dark[0] - toSrgb(0.25))).toBeLessThan(8);
    expect(dark[3 * (size * (size / 2) + size / 2)]).toBe(toSrgb(0.5));
    const fringed = await develop(scene, { aberration: 0.1 });
    const middle = 3 * (size * (size / 2) + size / 2);
    expect(Math.abs(fringed[middle] - plain[middle])).toBeLessThan(12);
    expect(fringed.every((v, k) => k % 3 !== 1 || v === plain[k])).toBe(true);
    expect(fringed).not.toEqual(plain);
  });

  test("letters lie over the picture where they are said to", async () => {
    const overlay = { text: "ABC", x: 0.1, y: 0.5, height: 0.2, colour: [1, 1, 1], opacity: 1 } as const;
    const image = await develop(flat(0.05), { overlay });
    const rows = Array.from({ length: size }, (_, y) => Math.max(...image.subarray(3 * size * y, 3 * size * (y + 1))));
    expect(rows.slice(0, 30).every((v) => v === toSrgb(0.05))).toBe(true);
    expect(rows.slice(33, 44).some((v) => v > 240)).toBe(true);
  });

  test("the same spec gives the same picture, also through JSON", async () => {
    for (let k = 0; k < 8; k++) {
      const spec = sampleFilm(random(3, "film", k));
      expect(
        Buffer.compare(
          await developFilm(scene, size, JSON.parse(JSON.stringify(spec))),
          await developFilm(scene, size, spec),
        ),
      ).toBe(0);
    }
  });
});

test("about a third of sampled films are nearly clean, and some are bad", async () => {
  const differences: number[] = [];
  for (let k = 0; k < 150; k++) {
    const spec = sampleFilm(random(4, "film", k));
    // Brightness, colour and tone aside.
    const neutral = {
      exposure: 0,
      metering: 0,
      balance: plainFilm.balance,
      contrast: 0,
      gamma: 1,
      black: plainFilm.black,
      white: plainFilm.white,
      saturation: 1,
      tone: plainFilm.tone,
      haze: 0,
      vignette: 0,
      overlay: undefined,
    };
    differences.push(meanDifference(await developFilm(scene, size, { ...spec, ...neutral }), await develop(scene, {})));
  }
  differences.sort((a, b) => a - b);
  expect(differences[50]).toBeLessThan(1.8);
  expect(differences[100]).toBeGreaterThan(2);
  expect(differences[140]).toBeGreaterThan(4);
  expect(differences[149]).toBeLessThan(45);
});
