import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Camera, project } from "../../src/geometry/camera.ts";
import { anglesFromQuaternion, type Pose, quaternionFromAngles, transformToCamera } from "../../src/geometry/pose.ts";
import { apply2d, invert2d } from "../../src/geometry/transform2d.ts";
import { createPyramid } from "../../src/resample.ts";
import {
  alignFace,
  alignHead,
  cameraOfCrop,
  FACE_CROP,
  HEAD_CROP,
  poseInCrop,
  poseInPhoto,
} from "../../src/stages/align/align.ts";

const width = 640;
const height = 480;
const data = new Uint8Array(width * height * 3);
for (let y = 0, i = 0; y < height; y++)
  for (let x = 0; x < width; x++, i += 3) {
    data[i] = (x / width) * 255;
    data[i + 1] = (y / height) * 255;
    data[i + 2] = 128;
  }
const photo = createPyramid({ width, height, data });
const camera: Camera = { fx: 900, fy: 900, cx: 320, cy: 240 };

const angle = fc.double({ min: -0.6, max: 0.6, noNaN: true });
const roll = fc.double({ min: -3, max: 3, noNaN: true });
const poses = fc
  .record({
    yaw: angle,
    pitch: angle,
    roll,
    x: fc.double({ min: -200, max: 200, noNaN: true }),
    y: fc.double({ min: -200, max: 200, noNaN: true }),
    z: fc.double({ min: 500, max: 3000, noNaN: true }),
  })
  .map(
    ({ yaw, pitch, roll, x, y, z }): Pose => ({
      rotation: quaternionFromAngles({ yaw, pitch, roll }),
      translation: [x, y, z],
    }),
  );

/** A face-like set of 68 points in model space, mm: the ten that count are near an average face's. */
const face = new Float32Array(68 * 3);
for (let i = 0; i < 68; i++) face.set([((i * 37) % 100) - 50, ((i * 53) % 100) - 50, (i * 29) % 30], i * 3);
const known: Record<number, readonly number[]> = {
  0: [-70, 31, -50],
  1: [-69, 12, -53],
  15: [69, 12, -53],
  16: [70, 31, -50],
  30: [0, -6, 22],
  33: [0, -19, 10],
  36: [-45, 31, -10],
  45: [45, 31, -10],
  48: [-25, -39, -4],
  54: [25, -39, -4],
};
for (const [i, point] of Object.entries(known)) face.set(point, Number(i) * 3);

const landmarksOf = (pose: Pose, view: Camera = camera) => project(transformToCamera(face, pose), view);

describe("alignHead", () => {
  test("puts the head centre in the middle, 1.5 mm a pixel", () => {
    fc.assert(
      fc.property(poses, fc.boolean(), (pose, upright) => {
        const crop = alignHead(photo, camera, pose, { upright });
        const view = cameraOfCrop(camera, crop);
        const { rotation, translation } = poseInCrop(pose, crop);
        const centre = project(Float32Array.from(translation), view);
        expect(centre[0]).toBeCloseTo(HEAD_CROP / 2, 2);
        expect(centre[1]).toBeCloseTo(HEAD_CROP / 2, 2);
        expect(translation[2] / view.fx).toBeCloseTo(1.5, 9);
        if (upright) expect(anglesFromQuaternion(rotation).roll).toBeCloseTo(0, 6);
        expect(crop.image).toMatchObject({ width: HEAD_CROP, height: HEAD_CROP });
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  test("camera and pose of the crop see what the photo's see", () => {
    fc.assert(
      fc.property(poses, fc.boolean(), (pose, upright) => {
        const crop = alignHead(photo, camera, pose, { upright });
        const inPhoto = landmarksOf(pose);
        const inCrop = landmarksOf(poseInCrop(pose, crop), cameraOfCrop(camera, crop));
        const back = invert2d(crop.toPhoto);
        for (let i = 0; i < inCrop.length; i += 2) {
          const [x, y] = apply2d(crop.toPhoto, inCrop[i], inCrop[i + 1]);
          expect(Math.hypot(x - inPhoto[i], y - inPhoto[i + 1])).toBeLessThan(2e-2);
          const [u, v] = apply2d(back, x, y);
          expect(Math.hypot(u - inCrop[i], v - inCrop[i + 1])).toBeLessThan(1e-6);
        }
        const again = poseInPhoto(poseInCrop(pose, crop), crop);
        for (let k = 0; k < 3; k++) expect(again.translation[k]).toBeCloseTo(pose.translation[k], 6);
        const same = again.rotation.reduce((sum, q, k) => sum + q * pose.rotation[k], 0);
        expect(Math.abs(same)).toBeCloseTo(1, 9);
      }),
      { numRuns: 30, seed: 2 },
    );
  });

  test("shows the pixels of the photo there, and black outside it", () => {
    const crop = alignHead(photo, camera, { rotation: [0, 0, 0, 1], translation: [-250, -150, 900] });
    let outside = 0;
    for (let v = 0; v < HEAD_CROP; v++)
      for (let u = 0; u < HEAD_CROP; u++) {
        const [x, y] = apply2d(crop.toPhoto, u + 0.5, v + 0.5);
        const at = (v * HEAD_CROP + u) * 3;
        if (x < -3 || y < -3) {
          outside++;
          expect(crop.image.data[at + 2]).toBe(0);
        } else if (x > 3 && y > 3 && x < width - 3 && y < height - 3) {
          expect(Math.abs(crop.image.data[at] - (x / width) * 255)).toBeLessThan(2);
          expect(Math.abs(crop.image.data[at + 1] - (y / height) * 255)).toBeLessThan(2);
        }
      }
    expect(outside).toBeGreaterThan(0);
  });

  test("refuses heads that are not before the camera", () => {
    const behind: Pose = { rotation: [0, 0, 0, 1], translation: [0, 0, -5] };
    expect(() => alignHead(photo, camera, behind)).toThrow(RangeError);
    expect(() => alignHead(photo, camera, { ...behind, translation: [0, 0, Number.NaN] })).toThrow(RangeError);
    const oblong = { ...camera, fy: 800 };
    const tilted: Pose = { rotation: quaternionFromAngles({ yaw: 0, pitch: 0, roll: 1 }), translation: [0, 0, 900] };
    expect(() => cameraOfCrop(oblong, alignHead(photo, camera, tilted, { upright: true }))).toThrow(/square pixels/);
  });
});

describe("alignFace", () => {
  test("shows the face at one pixel a millimetre in the middle, however it is turned", () => {
    fc.assert(
      fc.property(poses, fc.boolean(), (pose, upright) => {
        const crop = alignFace(photo, landmarksOf(pose), { upright });
        expect(crop.image).toMatchObject({ width: FACE_CROP, height: FACE_CROP });
        const view = cameraOfCrop(camera, crop);
        const { translation } = poseInCrop(pose, crop);
        // Perspective makes near faces look a little larger than their middle's distance says.
        expect(Math.abs(translation[2] / view.fx - 1)).toBeLessThan(0.12);
        const middle = project(Float32Array.from(translation), view);
        expect(Math.hypot(middle[0] - FACE_CROP / 2, middle[1] - FACE_CROP / 2)).toBeLessThan(6);
      }),
      { numRuns: 50, seed: 3 },
    );
  });

  test("turns tilted faces upright when asked to", () => {
    fc.assert(
      fc.property(roll, angle, (tilt, yaw) => {
        const pose: Pose = { rotation: quaternionFromAngles({ yaw, pitch: 0, roll: tilt }), translation: [0, 0, 2000] };
        const upright = alignFace(photo, landmarksOf(pose), { upright: true });
        expect(Math.abs(anglesFromQuaternion(poseInCrop(pose, upright).rotation).roll)).toBeLessThan(0.05);
        const plain = alignFace(photo, landmarksOf(pose));
        expect(plain.toPhoto[3]).toBe(0);
        expect(poseInCrop(pose, plain).translation).toEqual(pose.translation);
      }),
      { numRuns: 50, seed: 4 },
    );
  });

  test("follows the landmarks exactly", () => {
    const landmarks = landmarksOf({ rotation: [0, 0, 0, 1], translation: [10, -20, 900] });
    const moved = landmarks.map((value, i) => 1.7 * value + (i % 2 ? 13 : -31));
    const [a, b] = [alignFace(photo, landmarks), alignFace(photo, moved)];
    for (const k of [0, 4]) expect(b.toPhoto[k]).toBeCloseTo(1.7 * a.toPhoto[k], 4);
    expect(b.toPhoto[2]).toBeCloseTo(1.7 * a.toPhoto[2] - 31, 2);
    expect(b.toPhoto[5]).toBeCloseTo(1.7 * a.toPhoto[5] + 13, 2);
  });

  test("refuses what is no face", () => {
    expect(() => alignFace(photo, new Float32Array(10))).toThrow(/68 landmarks/);
    expect(() => alignFace(photo, new Float32Array(136))).toThrow(RangeError);
    expect(() => alignFace(photo, new Float32Array(136).fill(Number.NaN))).toThrow();
  });
});
