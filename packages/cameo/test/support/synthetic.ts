import type { Camera } from "../../src/geometry/camera.ts";
import { type Pose, quaternionFromAngles, rotateNormals, transformToCamera } from "../../src/geometry/pose.ts";
import { ambientSh, shade } from "../../src/geometry/spherical-harmonics.ts";
import type { RgbImage } from "../../src/image.ts";
import { vertexNormals } from "../../src/mesh/normals.ts";
import { decodeMorphableModel } from "../../src/morphable/file.ts";
import type { MorphableModel } from "../../src/morphable/model.ts";
import { synthesizeAlbedo, synthesizeShape } from "../../src/morphable/synthesize.ts";
import { rasterize } from "../../src/raster/rasterize.ts";
import { compose } from "../../src/raster/rendering.ts";
import { shadeVertexColors } from "../../src/raster/shade.ts";
import { openNodeBundle } from "../../src/runtime/bundle.node.ts";

/** The morphable model of the bundle. */
export const loadModel = async (): Promise<MorphableModel> =>
  decodeMorphableModel(await (await openNodeBundle()).read("head"));

/** Reproducible numbers, roughly normal. */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return () => Math.sqrt(12 / 4) * (uniform() + uniform() + uniform() + uniform() - 2);
}

/** A head of the model itself, and its picture: what a reconstruction should find, known exactly. */
export interface SyntheticPortrait {
  readonly identity: Float32Array;
  readonly expression: Float32Array;
  readonly texture: Float32Array;
  readonly illumination: Float32Array;
  readonly pose: Pose;
  readonly camera: Camera;
  readonly shape: Float32Array;
  readonly image: RgbImage;
}

export interface PortraitOptions {
  readonly seed?: number;
  readonly yaw?: number;
  readonly size?: number;
  readonly background?: readonly [number, number, number];
}

/** Draws a random head of the model in a square picture. */
export function syntheticPortrait(
  model: MorphableModel,
  { seed = 1, yaw = 0.1, size = 512, background = [90, 120, 150] }: PortraitOptions = {},
): SyntheticPortrait {
  const random = normals(seed);
  const draw = (count: number, scale: number) => Float32Array.from({ length: count }, () => scale * random());
  const identity = draw(model.identity.count, 0.7);
  const expression = draw(model.expression.count, 0.3);
  const texture = draw(model.texture.count, 0.5);
  const illumination = ambientSh([1, 0.95, 0.9]);
  // Brighter from the viewer's side, from above and from the left.
  illumination.set([0.5, 0.5, 0.5, 1, 1, 1, -0.6, -0.6, -0.6], 3);
  const pose: Pose = {
    rotation: quaternionFromAngles({ yaw, pitch: 0.05, roll: -0.04 }),
    translation: [12, -8, 1100],
  };
  const camera: Camera = { fx: 2.6 * size, fy: 2.6 * size, cx: size / 2, cy: size / 2 };
  const shape = synthesizeShape(model, identity, expression);
  const image = drawModel(model, shape, synthesizeAlbedo(model, texture), illumination, pose, camera, size, background);
  return { identity, expression, texture, illumination, pose, camera, shape, image };
}

/** The picture of a posed model under a light that was found in `litPose` and stays on the skin. */
export function drawModel(
  model: MorphableModel,
  shape: Float32Array,
  albedo: Float32Array,
  illumination: Float32Array,
  pose: Pose,
  camera: Camera,
  size: number,
  background: readonly [number, number, number],
  litPose: Pose = pose,
): RgbImage {
  const light = shade(rotateNormals(vertexNormals(shape, model.triangles), litPose), illumination);
  const colors = light.map((value, i) => Math.max(0, value) * albedo[i]);
  const raster = rasterize(transformToCamera(shape, pose), model.triangles, camera, {
    width: size,
    height: size,
  });
  return compose(shadeVertexColors(raster, colors, model.triangles), background);
}

/** Mean absolute difference of two pictures over the pixels that a mask holds, in 8-bit steps. */
export function meanDifference(a: RgbImage, b: RgbImage, mask: (pixel: number) => boolean): number {
  let sum = 0;
  let count = 0;
  for (let p = 0; p < a.width * a.height; p++) {
    if (!mask(p)) continue;
    for (let k = 0; k < 3; k++) sum += Math.abs(a.data[3 * p + k] - b.data[3 * p + k]);
    count += 3;
  }
  return sum / count;
}
