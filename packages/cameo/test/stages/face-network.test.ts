import { describe, expect, it } from "vitest";
import { type Camera, project } from "../../src/geometry/camera.ts";
import { type Pose, quaternionFromAngles, transformToCamera } from "../../src/geometry/pose.ts";
import { fromAxisAngle } from "../../src/geometry/quaternion.ts";
import { rotateSh } from "../../src/geometry/spherical-harmonics.ts";
import { decodeMorphableModel } from "../../src/morphable/file.ts";
import { surfacePositions, synthesizeShape } from "../../src/morphable/synthesize.ts";
import { createPyramid } from "../../src/resample.ts";
import { openNodeBundle } from "../../src/runtime/bundle.node.ts";
import type { CreateSession, Tensor } from "../../src/runtime/runtime.ts";
import { faceFrame } from "../../src/stages/align/align.ts";
import { cameraOfCrop, frameToPhoto, poseInCrop } from "../../src/stages/align/crop.ts";
import { faceCamera, seenFrom } from "../../src/stages/face/camera.ts";
import { createFaceRegressor } from "../../src/stages/face/network.ts";

const side = 128;
const model = await decodeMorphableModel(await (await openNodeBundle()).read("head"));
const { identity, expression, texture } = model;

const camera: Camera = { fx: 900, fy: 900, cx: 320, cy: 240 };
const pose: Pose = {
  rotation: quaternionFromAngles({ yaw: 0.4, pitch: -0.15, roll: 0.6 }),
  translation: [90, -60, 820],
};
const illumination = Float32Array.from({ length: 27 }, (_, i) => Math.sin(3 * i + 1));
const landmarks = project(
  transformToCamera(surfacePositions(model, synthesizeShape(model, [], []), model.landmarks68), pose),
  camera,
);
const photo = createPyramid({ width: 640, height: 480, data: new Uint8Array(3 * 640 * 480) });

/** What a perfect network says of a head: its coefficients, pose and light as the camera of the upright crop has them. */
function perfect(): Record<string, Tensor> {
  const frame = faceFrame(landmarks);
  const toPhoto = frameToPhoto({ ...frame, scale: (frame.scale * 224) / side }, side);
  const turned = {
    pose: poseInCrop(pose, { toPhoto }),
    illumination: rotateSh(illumination, fromAxisAngle([0, 0, 1], frame.angle)),
  };
  const seen = seenFrom(turned, cameraOfCrop(camera, { toPhoto }), faceCamera(side));
  const [x, y, z] = seen.pose.translation;
  const vector = (values: ArrayLike<number>): Tensor => ({
    data: Float32Array.from(values),
    dims: [1, values.length],
  });
  return {
    identity: vector(Array.from({ length: identity.count }, (_, i) => i / 10)),
    expression: vector(Array(expression.count).fill(0.5)),
    texture: vector(Array(texture.count).fill(-1)),
    light: vector(seen.illumination),
    // The length and sign of a quaternion do not matter.
    rotation: vector(seen.pose.rotation.map((q) => -3 * q)),
    translation: vector([x / 100, y / 100, z / 100 - 10]),
  };
}

const saying =
  (outputs: Record<string, Tensor>, shape: readonly number[] = [1, 3, side, side]): CreateSession =>
  async () => ({
    inputNames: ["image"],
    outputNames: Object.keys(outputs),
    inputShapes: { image: shape },
    run: async ({ image }) => {
      expect(image.dims).toEqual([1, 3, side, side]);
      return outputs;
    },
    dispose: async () => {},
  });

const regressorOf = (session: CreateSession) => createFaceRegressor(new Uint8Array(), model, session);

describe("the face network's estimate", () => {
  it("is the head's own in the photo, however the crop lies", async () => {
    const regressor = await regressorOf(saying(perfect()));
    const found = await regressor.regress(photo, landmarks, camera.fx);
    expect(found.camera).toEqual(camera);
    for (let k = 0; k < 3; k++) expect(found.pose.translation[k]).toBeCloseTo(pose.translation[k], 1);
    const cosine = found.pose.rotation.reduce((sum, q, k) => sum + q * pose.rotation[k], 0);
    expect(Math.abs(cosine)).toBeCloseTo(1, 6);
    for (const [i, value] of found.illumination.entries()) expect(value).toBeCloseTo(illumination[i], 4);
    expect(found.identity[7]).toBeCloseTo(0.7, 6);
    expect(found.texture).toHaveLength(texture.count);
  });

  it("has a camera of its own where the focal length is not known, and shows the same", async () => {
    const regressor = await regressorOf(saying(perfect()));
    const { camera: own, pose: there } = await regressor.regress(photo, landmarks);
    const middle = Float32Array.of(0, -32, 80);
    const [u, v] = project(transformToCamera(middle, there), own);
    const [u2, v2] = project(transformToCamera(middle, pose), camera);
    expect(Math.hypot(u - u2, v - v2)).toBeLessThan(0.1);
    // As far away as the network's own camera has it.
    expect(there.translation[2]).toBeGreaterThan(800);
    expect(there.translation[2]).toBeLessThan(1300);
  });

  it("comes from a network for this head model alone", async () => {
    const { texture: _, ...fewer } = perfect();
    await expect(regressorOf(saying(fewer))).rejects.toThrow('no output "texture"');
    await expect(regressorOf(saying(perfect(), [1, 1, 8, 8]))).rejects.toThrow("one square picture");
    const longer = { ...perfect(), identity: { data: new Float32Array(99), dims: [1, 99] } };
    const regressor = await regressorOf(saying(longer));
    await expect(regressor.regress(photo, landmarks)).rejects.toThrow("gives 99 values of identity, not 80");
  });
});
