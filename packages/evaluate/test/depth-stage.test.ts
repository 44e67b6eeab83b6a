import type { PortraitSample } from "@cameo/synth";
import {
  type DepthEstimator,
  decodeMorphableModel,
  Label,
  labelsOfRegions,
  type MorphableModel,
  openNodeBundle,
  quaternionFromAngles,
  rasterize,
  synthesizeShape,
  transformToCamera,
} from "cameo";
import { beforeAll, describe, expect, it } from "vitest";
import { cropPortrait, estimateDepths, measureDepths, shapesOfCrop } from "../src/index.ts";

const SIZE = 300;
let model: MorphableModel;
/** The mean head as its own portrait. */
let portrait: PortraitSample;

beforeAll(async () => {
  model = await decodeMorphableModel(await (await openNodeBundle()).read("head"));
  const camera = { fx: 700, fy: 700, cx: 160, cy: 140 };
  const pose = {
    rotation: quaternionFromAngles({ yaw: 0.3, pitch: 0, roll: 0.1 }),
    translation: [20, -10, 700],
  } as const;
  const positions = transformToCamera(synthesizeShape(model, [], []), pose);
  const raster = rasterize(positions, model.triangles, camera, { width: SIZE, height: SIZE });
  const labels = labelsOfRegions(model.regions);
  portrait = {
    size: SIZE,
    image: new Uint8Array(3 * SIZE * SIZE),
    labels: Uint8Array.from(raster.triangle, (t) => (t < 0 ? Label.background : labels[t])),
    depth: raster.depth,
    truth: { index: 3, camera, pose, identity: [], expression: [], facts: { style: "bob02" } },
  } as unknown as PortraitSample;
});

/** Gives the depth of the model, moved where it is not face. */
const estimator = (offset: number): DepthEstimator => ({
  async estimate({ image: { width, height }, raster, labels }) {
    const isFace = (p: number) => labels.data[p] === Label.face || labels.data[p] === Label.innerMouth;
    const data = raster.depth.map((z, p) => (labels.data[p] === 0 || z === 0 ? 0 : z + (isFace(p) ? 0 : offset)));
    return { width, height, data };
  },
  dispose: async () => {},
});

describe("depth from what is true", () => {
  it("is measured in the crop about the head, where truth and picture are those of the photo", () => {
    const { image, head, fitted } = cropPortrait(portrait);
    expect([image.width, head.depth.width, head.labels.height]).toEqual([256, 256, 256]);
    // The middle shows the head's centre; at its distance a pixel is 1.5 mm.
    const { camera } = fitted;
    expect((camera.fx * 20) / 700 + camera.cx).toBeCloseTo(128);
    expect(700 / camera.fx).toBeCloseTo(1.5);
    const seen = rasterize(
      transformToCamera(synthesizeShape(model, [], []), fitted.pose),
      model.triangles,
      camera,
      image,
    );
    const apart = Array.from(head.depth.data, (z, p) => (z > 0 && seen.depth[p] > 0 ? Math.abs(z - seen.depth[p]) : 0));
    apart.sort((a, b) => a - b);
    expect(apart[Math.floor(0.9 * apart.length)]).toBeLessThan(0.6);
  });

  it("has the errors that networks make, and those of what needs none", async () => {
    const networks = new Map([
      ["true", estimator(0)],
      ["deep", estimator(10)],
    ]);
    const crop = await estimateDepths(model, networks, portrait);
    const { index, style, distances } = measureDepths(portrait, crop);
    expect([index, style]).toEqual([3, "bob02"]);
    expect(Object.keys(distances).slice(0, 2)).toEqual(["true", "deep"]);
    const { true: exact, deep, ...others } = distances;
    expect(exact.face?.mean).toBeLessThan(0.5);
    expect(exact.nonFace?.median).toBeLessThan(0.5);
    expect(exact.nonFace?.coverage).toBeGreaterThan(0.97);
    expect(deep.face?.mean).toBeLessThan(0.5);
    expect(deep.nonFace?.median).toBeGreaterThan(9.5);
    expect(deep.nonFace?.median).toBeLessThan(10.5);
    // The head is the mean one; the guess about its face is worse than it.
    const [bald, surround, average] = Object.values(others);
    expect(bald).toEqual(average);
    expect(bald.nonFace?.median).toBeLessThan(0.5);
    expect(surround.nonFace?.median).toBeGreaterThan(2);
    expect(surround.face?.median).toBeLessThan(0.5);
    expect(shapesOfCrop(crop)).toHaveLength(1 + networks.size + 3);
  });
});
