import { describe, expect, it } from "vitest";
import { type Camera, project } from "../../src/geometry/camera.ts";
import { type Pose, quaternionFromAngles, rotateNormals, transformToCamera } from "../../src/geometry/pose.ts";
import { shade } from "../../src/geometry/spherical-harmonics.ts";
import { FACE_MIDDLE, faceCamera, type LitPose, seenFrom } from "../../src/stages/face/camera.ts";

const photo: Camera = { fx: 700, fy: 700, cx: 500, cy: -120 };
const crop = faceCamera(224);
const lit: LitPose = {
  pose: {
    rotation: quaternionFromAngles({ yaw: 0.3, pitch: -0.2, roll: 0.1 }),
    translation: [-260, 180, 650],
  },
  illumination: Float32Array.from({ length: 27 }, (_, i) => Math.sin(3 * i + 1)),
};

describe("what another camera sees as this one does", () => {
  const seen = seenFrom(lit, photo, crop);

  it("has the middle of the face at the same pixel and as large", () => {
    const [from, to] = [lit.pose, seen.pose].map((pose) => transformToCamera(Float32Array.from(FACE_MIDDLE), pose));
    const [u, v] = project(from, photo);
    const [u2, v2] = project(to, crop);
    expect(u2).toBeCloseTo(u, 2);
    expect(v2).toBeCloseTo(v, 2);
    expect(crop.fx / to[2]).toBeCloseTo(photo.fx / from[2], 6);
  });

  it("shows the head turned alike: points beside the middle move alike to first order", () => {
    const step = 1;
    const around = Float32Array.from(
      [0, 1, 2].flatMap((axis) => FACE_MIDDLE.map((x, k) => x + (k === axis ? step : 0))),
    );
    const offsets = (pose: Pose, camera: Camera) => {
      const [u, v] = project(transformToCamera(Float32Array.from(FACE_MIDDLE), pose), camera);
      return project(transformToCamera(around, pose), camera).map((x, i) => x - (i % 2 === 0 ? u : v));
    };
    const [before, after] = [offsets(lit.pose, photo), offsets(seen.pose, crop)];
    // A wide camera draws what lies off its axis longer, by 1 / cos θ along it and 1 / cos² θ in all; lengths compare but for that.
    const [x, y, z] = transformToCamera(Float32Array.from(FACE_MIDDLE), lit.pose);
    const stretch = Math.hypot(x, y, z) / z;
    for (let axis = 0; axis < 3; axis++) {
      const [a, b] = [before, after].map((o) => Math.hypot(o[2 * axis], o[2 * axis + 1]));
      expect(a / b).toBeGreaterThan(1 / stretch ** 2 - 0.02);
      expect(a / b).toBeLessThan(stretch ** 2 + 0.02);
    }
    // Along the line of sight nothing is seen of a turn that keeps it: the eye's direction in the head's axes stays.
    const eye = (pose: Pose) => {
      const centre = transformToCamera(Float32Array.from(FACE_MIDDLE), pose);
      const l = Math.hypot(...centre);
      return [0, 1, 2].map((axis) => {
        const axisInCamera = transformToCamera(
          Float32Array.from([0, 1, 2], (k) => Number(k === axis)),
          {
            ...pose,
            translation: [0, 0, 0],
          },
        );
        return axisInCamera.reduce((sum, value, k) => sum + (value * centre[k]) / l, 0);
      });
    };
    const [there, here] = [eye(lit.pose), eye(seen.pose)];
    for (let k = 0; k < 3; k++) expect(here[k]).toBeCloseTo(there[k], 5);
  });

  it("lights each point of the head as before", () => {
    const normals = Float32Array.of(0, 0, 1, 0.6, 0.8, 0, -0.48, 0.6, 0.64);
    const before = shade(rotateNormals(normals, lit.pose), lit.illumination);
    const after = shade(rotateNormals(normals, seen.pose), seen.illumination);
    for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 5);
  });

  it("is undone by swapping the cameras", () => {
    const back = seenFrom(seen, crop, photo);
    for (let k = 0; k < 4; k++) expect(back.pose.rotation[k]).toBeCloseTo(lit.pose.rotation[k], 5);
    for (let k = 0; k < 3; k++) expect(back.pose.translation[k]).toBeCloseTo(lit.pose.translation[k], 2);
    for (let k = 0; k < 27; k++) expect(back.illumination[k]).toBeCloseTo(lit.illumination[k], 4);
  });
});
