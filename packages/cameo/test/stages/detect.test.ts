import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importHuman } from "@cameo/convert";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apply2d } from "../../src/geometry/transform2d.ts";
import type { RgbImage } from "../../src/image.ts";
import { openNodeBundle } from "../../src/runtime/bundle.node.ts";
import { nodeRuntime } from "../../src/runtime/ort.node.ts";
import { createDetector, type DetectedFace, type Detector } from "../../src/stages/detect/detect.ts";
import { landmarks68Of } from "../../src/stages/detect/landmarks68.ts";
import { overlap, regionToPhoto } from "../../src/stages/detect/region.ts";
import { looks, views } from "../../src/stages/detect/search.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../../../${name}`, import.meta.url));
const people = ["portrait", "amara", "mei", "samuel", "viktor"];

let detector: Detector;
beforeAll(async () => {
  await importHuman(path("models"));
  detector = await createDetector(await openNodeBundle(path("models")), nodeRuntime({ threads: 1 }));
});
afterAll(() => detector.dispose());

async function pixels(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

const portrait = (name = "portrait", height = 640): Sharp => sharp(path(`examples/${name}.jpg`)).resize({ height });

const raw = ({ width, height, data }: RgbImage): Sharp => sharp(data, { raw: { width, height, channels: 3 } });

/** Distance of the outer corners of the eyes. */
const eyeDistance = ({ landmarks468: p }: DetectedFace): number =>
  Math.hypot(p[33 * 3] - p[263 * 3], p[33 * 3 + 1] - p[263 * 3 + 1]);

/** Mean distance of the 468 points from where they should be, in parts of the eye distance. */
function meshError(
  face: DetectedFace,
  expected: (x: number, y: number) => readonly [number, number],
  from: DetectedFace,
): number {
  let sum = 0;
  for (let i = 0; i < 468; i++) {
    const [x, y] = expected(from.landmarks468[i * 3], from.landmarks468[i * 3 + 1]);
    sum += Math.hypot(face.landmarks468[i * 3] - x, face.landmarks468[i * 3 + 1] - y);
  }
  return sum / 468 / eyeDistance(face);
}

async function only(image: RgbImage): Promise<DetectedFace> {
  const faces = await detector.detect(image);
  expect(faces).toHaveLength(1);
  return faces[0];
}

/** Smooth random colours with detail at every scale. */
async function texture(width: number, height: number, seed: number): Promise<RgbImage> {
  const out = new Float32Array(width * height * 3).fill(128);
  for (const cell of [128, 32, 8, 2]) {
    let state = seed + cell;
    const [w, h] = [Math.ceil(width / cell), Math.ceil(height / cell)];
    const noise = Uint8Array.from({ length: w * h * 3 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
    const layer = await raw({ width: w, height: h, data: noise })
      .resize(width, height, { fit: "fill" })
      .raw()
      .toBuffer();
    for (let i = 0; i < out.length; i++) out[i] += (layer[i] - 128) * (cell / 128) ** 0.4;
  }
  return { width, height, data: Uint8Array.from(out, (v) => Math.min(255, Math.max(0, v))) };
}

describe("a portrait", () => {
  test.each(people)("of %s: one face, its points where the truth has them", async (name) => {
    const image = await pixels(sharp(path(`examples/${name}.jpg`)));
    const truth = JSON.parse(readFileSync(path(`examples/${name}.truth.json`), "utf8")).landmarks68 as [
      number,
      number,
    ][];
    const face = await only(image);
    expect(face.score).toBeGreaterThan(0.99);
    const eyes = Math.hypot(truth[36][0] - truth[45][0], truth[36][1] - truth[45][1]);
    const errors = truth.map(
      ([x, y], i) => Math.hypot(face.landmarks68[2 * i] - x, face.landmarks68[2 * i + 1] - y) / eyes,
    );
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
    expect(mean(errors.slice(0, 17)), "jaw").toBeLessThan(0.15);
    expect(mean(errors.slice(27, 36)), "nose").toBeLessThan(0.06);
    expect(mean(errors.slice(36, 48)), "eyes").toBeLessThan(0.04);
    expect(mean(errors.slice(48)), "mouth").toBeLessThan(0.05);
    for (const [iris, corners] of [
      [face.irises.left, [36, 39]],
      [face.irises.right, [42, 45]],
    ] as const) {
      const [a, b] = corners.map((i) => truth[i]);
      expect(Math.hypot(iris[0] - (a[0] + b[0]) / 2, iris[1] - (a[1] + b[1]) / 2)).toBeLessThan(0.12 * eyes);
    }
  });

  test("the box bounds the mesh", async () => {
    const { box, landmarks468 } = await only(await pixels(portrait()));
    const xs = Array.from({ length: 468 }, (_, i) => landmarks468[i * 3]);
    const ys = Array.from({ length: 468 }, (_, i) => landmarks468[i * 3 + 1]);
    expect(box.x).toBe(Math.min(...xs));
    expect(box.y).toBe(Math.min(...ys));
    expect(box.x + box.width).toBeCloseTo(Math.max(...xs), 3);
    expect(box.y + box.height).toBeCloseTo(Math.max(...ys), 3);
  });

  test("gives the same result again, also when calls overlap", async () => {
    const [a, b] = [await pixels(portrait()), await pixels(portrait("mei"))];
    const alone = [await detector.detect(a), await detector.detect(b)];
    expect(await Promise.all([detector.detect(a), detector.detect(b)])).toEqual(alone);
  });
});

describe("turned", () => {
  test.each([90, 180, 270, 30, -30, 60, -60, 135])("by %s°, the same points are found", async (degrees) => {
    const upright = await pixels(portrait());
    const face = await only(upright);
    const image = await pixels(raw(upright).rotate(degrees, { background: "#808080" }));
    const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const turn = (x: number, y: number): [number, number] => {
      const [dx, dy] = [x - upright.width / 2, y - upright.height / 2];
      return [image.width / 2 + c * dx - s * dy, image.height / 2 + s * dx + c * dy];
    };
    expect(meshError(await only(image), turn, face)).toBeLessThan(0.03);
  });
});

describe("small and large", () => {
  test.each([40, 80])("a face of %s pixels in a picture of 2000", async (size) => {
    const large = await pixels(portrait());
    const face = await only(large);
    const scale = size / face.box.width;
    const [width, height] = [Math.round(large.width * scale), Math.round(large.height * scale)];
    const small = await raw(large).resize(width, height, { fit: "fill" }).png().toBuffer();
    const [left, top] = [1513, 377];
    const image = await pixels(raw(await texture(2000, 1500, 9)).composite([{ input: small, left, top }]));
    const moved = (x: number, y: number): [number, number] => [
      left + (x * width) / large.width,
      top + (y * height) / large.height,
    ];
    expect(meshError(await only(image), moved, face)).toBeLessThan(0.06);
  });

  test("a tiny picture: the box says how small the face is", async () => {
    const large = await pixels(portrait());
    const { box } = await only(large);
    const crop = raw(large).extract({
      left: Math.round(box.x),
      top: Math.round(box.y),
      width: Math.round(box.width),
      height: Math.round(box.height),
    });
    const face = await only(await pixels(crop.resize(24, 24, { fit: "fill" })));
    expect(face.box.width).toBeLessThan(30);
    expect(eyeDistance(face)).toBeLessThan(24);
  });

  test("all faces, largest first", async () => {
    const sizes = [300, 420, 200];
    const parts = await Promise.all(
      ["mei", "viktor", "amara"].map(async (name, i) => ({
        input: await portrait(name, sizes[i]).png().toBuffer(),
        left: 20 + 340 * i,
        top: 30 + 20 * i,
      })),
    );
    const faces = await detector.detect(await pixels(raw(await texture(1040, 520, 3)).composite(parts)), {
      thorough: true,
    });
    expect(faces).toHaveLength(3);
    const widths = faces.map(({ box }) => box.width);
    expect(widths).toEqual(widths.toSorted((a, b) => b - a));
    expect(faces.map(({ box }) => Math.floor((box.x + box.width / 2) / 347))).toEqual([1, 0, 2]);
  });
});

describe("without a face", () => {
  const plain = (width: number, height: number, colour: (x: number, y: number) => number): RgbImage => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) =>
      colour(Math.floor(i / 3) % width, Math.floor(i / 3 / width)),
    ),
  });
  test.each([
    ["one pixel", () => plain(1, 1, () => 90)],
    ["a line", () => plain(700, 1, (x) => x % 256)],
    ["a plain colour", () => plain(320, 240, () => 200)],
    ["a gradient", () => plain(400, 300, (x, y) => (x + y) / 3)],
    ["a chessboard", () => plain(400, 300, (x, y) => (((x >> 4) + (y >> 4)) & 1) * 255)],
    ["noise", () => plain(400, 300, (x, y) => Math.imul(x * 7919 + y, 2654435761) >>> 24)],
    ["clouds", () => texture(640, 480, 1)],
    ["more clouds", () => texture(640, 480, 2)],
  ])("%s", async (_, picture) => {
    expect(await detector.detect(await picture())).toEqual([]);
  });
  test("a portrait with the face covered", async () => {
    const image = await pixels(portrait());
    const { box } = await only(image);
    const cover = sharp({
      create: {
        width: Math.round(box.width * 1.3),
        height: Math.round(box.height * 1.2),
        channels: 3,
        background: "#787878",
      },
    });
    const left = Math.round(box.x - 0.15 * box.width);
    const top = Math.round(box.y - 0.1 * box.height);
    const covered = raw(image).composite([{ input: await cover.png().toBuffer(), left, top }]);
    expect(await detector.detect(await pixels(covered))).toEqual([]);
  });
});

test("can be stopped", async () => {
  const image = await pixels(portrait());
  await expect(detector.detect(image, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});

describe("the search", () => {
  test.each([
    [640, 480],
    [300, 2000],
    [4000, 3000],
    [100, 100],
  ])("covers a photo of %s × %s at every level", (width, height) => {
    const image = { width, height, data: new Uint8Array() };
    for (const { level, turn } of looks(image)) {
      const seen = views(image, level, turn);
      for (const [x, y] of [
        [0.5, 0.5],
        [width - 0.5, height - 0.5],
        [width / 3, height / 2],
      ]) {
        const visible = seen.some(([a, b, c, d, e, f]) => {
          const scale = a * a + d * d;
          const [u, v] = [(a * (x - c) + d * (y - f)) / scale, (b * (x - c) + e * (y - f)) / scale];
          return u >= 0 && u <= 256 && v >= 0 && v <= 256;
        });
        expect(visible).toBe(true);
      }
    }
  });
  test("a region's picture is the region", () => {
    const toPhoto = regionToPhoto({ x: 50, y: 60, size: 40, angle: Math.PI / 2 }, 192);
    const [x, y] = apply2d(toPhoto, 96, 96);
    expect([x, y]).toEqual([expect.closeTo(50), expect.closeTo(60)]);
    const [left, top] = apply2d(toPhoto, 0, 0);
    expect([left, top]).toEqual([expect.closeTo(70), expect.closeTo(40)]);
    expect(overlap({ x: 0, y: 0, size: 2, angle: 0 }, { x: 1, y: 0, size: 2, angle: 0 })).toBeCloseTo(1 / 3);
  });
});

test("the 68 landmarks of a mirrored mesh are mirrored", async () => {
  const face = await only(await pixels(portrait("portrait", 400)));
  expect(face.landmarks68).toEqual(landmarks68Of(face.landmarks468));
  expect(() => landmarks68Of(new Float32Array(9))).toThrow(/468/);
  // Mirrored pairs of the usual order are mirrored in the photo: the left one lies left.
  const pairs = [
    [0, 16],
    [17, 26],
    [31, 35],
    [36, 45],
    [39, 42],
    [48, 54],
    [60, 64],
  ];
  for (const [a, b] of pairs) expect(face.landmarks68[2 * a]).toBeLessThan(face.landmarks68[2 * b]);
});
