import { beforeAll, describe, expect, it } from "vitest";
import { rotateNormals, transformToCamera } from "../../src/geometry/pose.ts";
import { shade } from "../../src/geometry/spherical-harmonics.ts";
import type { RgbImage } from "../../src/image.ts";
import { vertexNormals } from "../../src/mesh/normals.ts";
import { type MorphableModel, Region } from "../../src/morphable/model.ts";
import { synthesizeAlbedo } from "../../src/morphable/synthesize.ts";
import { rasterize } from "../../src/raster/rasterize.ts";
import { fitAppearance } from "../../src/stages/face/appearance.ts";
import { loadModel, type SyntheticPortrait, syntheticPortrait } from "../support/synthetic.ts";

let model: MorphableModel;
beforeAll(async () => {
  model = await loadModel();
});

function fit(portrait: SyntheticPortrait, image: RgbImage = portrait.image) {
  const positions = transformToCamera(portrait.shape, portrait.pose);
  const normals = rotateNormals(vertexNormals(portrait.shape, model.triangles), portrait.pose);
  const raster = rasterize(positions, model.triangles, portrait.camera, image);
  const appearance = fitAppearance(model, { image, camera: portrait.camera, positions, normals, raster });
  return { appearance, normals };
}

const lit = (albedo: Float32Array, illumination: Float32Array, normals: Float32Array): Float32Array =>
  shade(normals, illumination).map((light, i) => Math.max(0, light) * albedo[i]);

/** Mean over the face's vertices of the relative difference of two colours per vertex. */
function faceDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  let total = 0;
  for (let k = 0; k < model.triangles.length; k++) {
    if (model.regions[Math.floor(k / 3)] !== Region.face) continue;
    for (let c = 0; c < 3; c++) {
      const i = 3 * model.triangles[k] + c;
      sum += Math.abs(a[i] - b[i]);
      total += b[i];
    }
  }
  return sum / total;
}

describe("fitAppearance", () => {
  it("reproduces the colours of a face of the model under soft light", () => {
    for (const seed of [1, 2, 3]) {
      const portrait = syntheticPortrait(model, { seed });
      const { appearance, normals } = fit(portrait);
      const found = lit(synthesizeAlbedo(model, appearance.texture), appearance.illumination, normals);
      const true_ = lit(synthesizeAlbedo(model, portrait.texture), portrait.illumination, normals);
      expect(faceDifference(found, true_)).toBeLessThan(0.06);
    }
  });

  it("tells light from albedo: a light from the left is found on the left", () => {
    const { appearance } = fit(syntheticPortrait(model, { seed: 4 }));
    const [left, right] = [
      [-1, 0, 0],
      [1, 0, 0],
    ].map((normal) => shade(Float32Array.from(normal), appearance.illumination)[1]);
    expect(left).toBeGreaterThan(1.2 * right);
  });

  it("is hardly moved by something dark across the forehead", () => {
    const portrait = syntheticPortrait(model, { seed: 5 });
    const { appearance: plain } = fit(portrait);
    const data = Uint8Array.from(portrait.image.data);
    const { width, height } = portrait.image;
    for (let i = 0; i < data.length; i++) if (Math.floor(i / 3 / width) < height * 0.42) data[i] = 12;
    const { appearance: covered } = fit(portrait, { width, height, data });
    const colors = (texture: Float32Array) => synthesizeAlbedo(model, texture);
    expect(faceDifference(colors(covered.texture), colors(plain.texture))).toBeLessThan(0.12);
  });

  it("answers with the neutral light and the mean face where nothing is seen", () => {
    const portrait = syntheticPortrait(model);
    const away = { ...portrait, pose: { ...portrait.pose, translation: [5000, 0, 1100] as const } };
    const { appearance } = fit(away);
    expect([...appearance.texture].every((c) => Math.abs(c) < 1e-6)).toBe(true);
    expect(shade(Float32Array.of(0, 0, 1), appearance.illumination)[0]).toBeCloseTo(1, 3);
  });
});
