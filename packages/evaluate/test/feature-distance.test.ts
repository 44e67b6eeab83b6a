import { avgPool2d, type FeatureNetwork, relu } from "@cameo/train";
import type { RgbImage } from "cameo";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFeatureDistance, distanceIn, type FeatureDistance } from "../src/index.ts";

const SIDE = 8;
const picture = (color: (x: number, y: number) => readonly [number, number, number]): RgbImage => ({
  width: SIDE,
  height: SIDE,
  data: Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const p = Math.floor(i / 3);
    return color(p % SIDE, Math.floor(p / SIDE))[i % 3];
  }),
});
const red = [255, 0, 0] as const;
const green = [0, 255, 0] as const;

/** What is bright of each channel, at two resolutions. */
const features: FeatureNetwork = (x) => [relu(x), avgPool2d(relu(x), 2, { stride: 2 })];
let distance: FeatureDistance;
beforeAll(async () => {
  distance = await createFeatureDistance(features, SIDE, { threads: 1 });
});
afterAll(() => distance.dispose());

const whole = new Float32Array(SIDE * SIDE).fill(1);
const half = whole.map((_, p) => (p % SIDE < SIDE / 2 ? 1 : 0));

describe("the distance of features", () => {
  it("is 0 for the same picture, and for features that are only stronger", async () => {
    const other = await distance.compare(
      picture(() => red),
      picture(() => [200, 0, 0]),
    );
    expect(distanceIn(other, whole)).toBeCloseTo(0, 5);
  });

  it("is that of unit vectors, at each resolution", async () => {
    const maps = await distance.compare(
      picture(() => red),
      picture(() => green),
    );
    expect(maps.map(({ side }) => side)).toEqual([8, 4]);
    expect(distanceIn(maps, whole)).toBeCloseTo(2, 4);
  });

  it("counts in a region alone", async () => {
    const maps = await distance.compare(
      picture(() => red),
      picture((x) => (x < SIDE / 2 ? green : red)),
    );
    expect(distanceIn(maps, whole)).toBeCloseTo(1, 4);
    expect(distanceIn(maps, half)).toBeCloseTo(2, 4);
    expect(
      distanceIn(
        maps,
        whole.map((_, p) => 1 - half[p]),
      ),
    ).toBeCloseTo(0, 4);
    expect(distanceIn(maps, new Float32Array(SIDE * SIDE))).toBeUndefined();
  });

  it("takes pictures of its size", async () => {
    const small = { width: 4, height: 4, data: new Uint8Array(48) };
    await expect(distance.compare(small, small)).rejects.toThrow(RangeError);
  });
});
