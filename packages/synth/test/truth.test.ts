import { existsSync, readFileSync } from "node:fs";
import {
  type Assets,
  openAssets,
  type PortraitSample,
  type PortraitSpec,
  plainFilm,
  random,
  sampleNext,
  samplePortrait,
  takePortrait,
} from "@cameo/synth";
import { decodeMorphableModel } from "cameo";
import { beforeAll, describe, expect, it } from "vitest";
import { measureBorders } from "../../../bench/synth-truth/borders.ts";
import { layOver } from "../../../bench/synth-truth/overlay.ts";
import { compareFrames } from "../../../bench/synth-truth/reproject.ts";

const folder = new URL("../../../../shared/makehuman", import.meta.url).pathname;
const present = existsSync(folder);
if (!present) console.log(`truth: skipped, there is no MakeHuman pack at ${folder}`);

// bench/synth-truth.ts measures the same on many more pictures.
describe.skipIf(!present)("the truth of portraits", () => {
  const size = 256;
  let assets: Assets;
  let pairs: [PortraitSample, PortraitSample][];

  beforeAll(async () => {
    const bytes = readFileSync(new URL("../../../models/head.bin", import.meta.url));
    assets = await openAssets(folder, await decodeMorphableModel(bytes));
    const take = (spec: PortraitSpec) => takePortrait(assets, { ...spec, film: plainFilm, edge: null }, { size });
    pairs = [];
    for (let i = 0; i < 4; i++) {
      const spec = samplePortrait(assets, 11, i, "head");
      const next = sampleNext(spec, [5, 15], random(11, "portrait", i, "frame", 1));
      pairs.push([await take(spec), await take({ ...next, expression: spec.expression })]);
    }
  }, 120_000);

  it("takes one picture of a head to where another shows it", () => {
    for (const [first, second] of pairs) {
      const { shift, colourError, depthError, share } = compareFrames(first, second, "albedo");
      expect(Math.hypot(...shift)).toBeLessThan(0.1);
      expect(colourError).toBeLessThan(3);
      expect(depthError).toBeLessThan(0.1);
      expect(share).toBeGreaterThan(0.3);
    }
  });

  it("would be seen to be wrong by a third of a pixel", () => {
    const [[first, second]] = pairs;
    const camera = { ...second.truth.camera, cx: second.truth.camera.cx + 0.33 };
    const wrong = { ...second, truth: { ...second.truth, camera } };
    const [x, y] = compareFrames(first, wrong, "albedo").shift;
    expect(x).toBeLessThan(-0.23);
    expect(Math.abs(y)).toBeLessThan(0.1);
  });

  it("has labels and depth end at the same pixels", () => {
    let [beside, steps] = [0, 0];
    for (const [sample] of pairs) {
      const { open, openSteps, covered, coveredSteps, wrong } = measureBorders(sample);
      beside += covered;
      steps += coveredSteps;
      expect(wrong).toBe(0);
      expect(open).toBeGreaterThan(50);
      expect(openSteps).toBe(open);
    }
    // Scarves and collars touch the skin here and there.
    expect(steps / beside).toBeGreaterThan(0.9);
  });

  it("describes the head that is seen by coefficients and pose", () => {
    for (const pair of pairs)
      for (const sample of pair) {
        const { covered, depth, landmarks } = layOver(assets.model, sample);
        // Beards count as face, and are not of the model.
        if (sample.truth.facts.beard === "none") expect(covered).toBeGreaterThan(0.96);
        expect(depth).toBeLessThan(1.5);
        expect(landmarks).toBeLessThan(2);
      }
  });
});
