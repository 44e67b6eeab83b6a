import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openAssets, type PortraitSample } from "@cameo/synth";
import { decodeMorphableModel, type Head, Label, quaternion, type RgbImage } from "cameo";
import { describe, expect, it } from "vitest";
import {
  drawSecondViews,
  type FaceDescriptor,
  type FeatureDistance,
  makePair,
  meanOf,
  measureSecondViews,
  type PortraitPair,
  type SecondViews,
} from "../src/index.ts";

const SIZE = 64;
const grey = (value: (x: number) => number): RgbImage => ({
  width: SIZE,
  height: SIZE,
  data: Uint8Array.from({ length: 3 * SIZE * SIZE }, (_, i) => value(Math.floor(i / 3) % SIZE)),
});

/** The picture fills the right half of the crop about the head, whose centre is at its left border. */
function sampleOf(image: RgbImage, angle: number): PortraitSample {
  const distance = 1000;
  const camera = { fx: (SIZE * distance) / 384, fy: (SIZE * distance) / 384, cx: 0, cy: SIZE / 2 };
  const pose = { rotation: quaternion.fromAxisAngle([0, 1, 0], angle), translation: [0, 0, distance] };
  return {
    size: SIZE,
    image: image.data,
    truth: { index: 3, camera, pose, facts: { style: "none" } },
  } as unknown as PortraitSample;
}

const truth = grey((x) => (x < SIZE / 4 ? 100 : 180));
const pair: PortraitPair = {
  first: sampleOf(
    grey(() => 0),
    0.1,
  ),
  second: sampleOf(truth, 0.3),
};
/** A quarter of the picture is missing: half of what of it is in the crop. */
const views: SecondViews = {
  pair,
  head: { box: { x: 0, y: 0, width: 1, height: 1 } } as Head,
  views: new Map([
    ["exact", truth],
    ["wrong in the holes", grey((x) => (x < SIZE / 4 ? 130 : 180))],
    ["wrong beside the holes", grey((x) => (x < SIZE / 4 ? 100 : 190))],
  ]),
  missing: grey((x) => (x < SIZE / 4 ? 255 : 0)),
};
const distance: FeatureDistance = {
  compare: async (a, b) => [{ side: 1, data: Float32Array.of(Math.abs(a.data[3 * 140] - b.data[3 * 140])) }],
  dispose: async () => {},
};
/** A face in all pictures whose border is as the true one's. */
const descriptor: FaceDescriptor = {
  describe: async ({ data }) => (data[3 * SIZE - 1] === 180 ? Float32Array.of(1, 0) : undefined),
  dispose: async () => {},
};

describe("second views", () => {
  it("are compared with the truth in the crop, as far as the picture goes, and in the holes", async () => {
    const result = await measureSecondViews(views, new Map([["nearness", distance]]), descriptor);
    expect(result).toMatchObject({ index: 3, style: "none" });
    expect(result.rotation).toBeCloseTo((0.2 * 180) / Math.PI, 4);
    expect(result.missing).toBeCloseTo(0.5, 2);
    const { exact, "wrong in the holes": within, "wrong beside the holes": beside } = result.views;
    expect(exact.crop.colour).toBe(0);
    expect(exact.holes.ssim).toBeCloseTo(1, 5);
    expect(exact.crop.features).toEqual({ nearness: 0 });
    expect(exact.identity).toBe(1);
    expect(within.holes.colour).toBeCloseTo(30, 0);
    expect(within.crop.colour).toBeCloseTo(15, 0);
    expect(within.holes.features.nearness).toBeCloseTo(30, 0);
    expect(beside.holes.colour).toBeLessThan(1);
    expect(beside.crop.colour).toBeCloseTo(5, 0);
    expect(beside.identity).toBeUndefined();
    expect(within.holes.ssim).toBeLessThan(beside.holes.ssim!);
  });

  it("are drawn in a row, the truth last", () => {
    const { width, height } = drawSecondViews([views, views]);
    expect(width / height).toBe(2);
  });
});

const assets = fileURLToPath(new URL("../../../../shared/makehuman", import.meta.url));
const absent = !existsSync(assets);
if (absent) console.warn(`Pairs of portraits are not tested: there is no ${assets}.`);

it.skipIf(absent)(
  "the pictures of a pair differ in the turn of the head alone",
  async () => {
    const model = await decodeMorphableModel(await readFile(new URL("../../../models/head.bin", import.meta.url)));
    const { first, second } = await makePair(await openAssets(assets, model), 2020, 1, {
      size: 96,
      rotation: [12, 14],
    });
    const [a, b] = [first.truth, second.truth];
    const turn = quaternion.multiply(b.pose.rotation, quaternion.conjugate(a.pose.rotation));
    const degrees = (360 / Math.PI) * Math.acos(Math.abs(turn[3]));
    expect(degrees).toBeGreaterThan(12);
    expect(degrees).toBeLessThan(14);
    expect(b.pose.translation).toEqual(a.pose.translation);
    expect(b.expression).toEqual(a.expression);
    expect(b.illumination).toEqual(a.illumination);
    expect([a.facts.occluder, b.facts.occluder]).toEqual(["none", "none"]);
    const head: number[] = [];
    const wall: number[] = [];
    for (let p = 0; p < first.labels.length; p++) {
      const difference = Math.abs(first.image[3 * p] - second.image[3 * p]);
      if (first.labels[p] !== Label.background || second.labels[p] !== Label.background) head.push(difference);
      else if (first.depth[p] === 0 && second.depth[p] === 0) wall.push(difference);
    }
    expect(meanOf(head)).toBeGreaterThan(15);
    // The camera meters its exposure anew.
    expect(meanOf(wall)).toBeLessThan(4);
  },
  300_000,
);
