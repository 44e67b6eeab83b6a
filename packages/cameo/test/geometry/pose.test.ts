import fc from "fast-check";
import { expect, test } from "vitest";
import { backProject, type Camera, cropCamera, focalFromFov, project } from "../../src/geometry/camera.ts";
import {
  anglesFromQuaternion,
  quaternionFromAngles,
  rotateNormals,
  transformToCamera,
  transformToModel,
} from "../../src/geometry/pose.ts";
import {
  conjugate,
  fromAxisAngle,
  fromMatrix,
  fromRotationVector,
  identity,
  multiply,
  normalize,
  type Quaternion,
  rotate,
  toMatrix,
} from "../../src/geometry/quaternion.ts";
import { dot, length, normalize as normalizeVector, type Vec3 } from "../../src/geometry/vec3.ts";

const component = fc.integer({ min: -1000, max: 1000 }).map((i) => i / 250);
const vector = fc.tuple(component, component, component);
const quaternion = fc
  .tuple(component, component, component, component)
  .filter((q) => Math.hypot(...q) > 0.1)
  .map((q) => normalize(q));
const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 6) => {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i], digits);
};
/** Equal as rotations: a quaternion and its negative are the same. */
const closeRotation = (a: Quaternion, b: Quaternion, digits = 6) => close(toMatrix(a), toMatrix(b), digits);

test("rotating keeps lengths and angles, and the conjugate turns back", () => {
  fc.assert(
    fc.property(quaternion, vector, vector, (q, a, b) => {
      expect(dot(rotate(q, a), rotate(q, b))).toBeCloseTo(dot(a, b), 6);
      close(rotate(conjugate(q), rotate(q, a)), a);
    }),
  );
});

test("a matrix and its quaternion are the same rotation, with w at least 0", () => {
  fc.assert(
    fc.property(quaternion, (q) => {
      const back = fromMatrix(toMatrix(q));
      expect(back[3]).toBeGreaterThanOrEqual(0);
      closeRotation(back, q);
    }),
  );
  for (const half of [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ] as const)
    closeRotation(fromMatrix(toMatrix(half)), half);
});

test("a product's rotation is that of its factors, and is associative", () => {
  fc.assert(
    fc.property(quaternion, quaternion, quaternion, vector, (a, b, c, v) => {
      close(rotate(multiply(a, b), v), rotate(a, rotate(b, v)));
      closeRotation(multiply(multiply(a, b), c), multiply(a, multiply(b, c)));
    }),
  );
});

test("a rotation vector turns about itself by its length, however small", () => {
  fc.assert(
    fc.property(vector, fc.constantFrom(1, 1e-3, 1e-6, 1e-9, 1e-300), (v, size) => {
      const small = v.map((x) => x * size) as unknown as Vec3;
      const q = fromRotationVector(small);
      expect(Math.hypot(...q)).toBeCloseTo(1, 12);
      if (length(small) > 1e-12) close(q, fromAxisAngle(small, length(small)), 10);
      expect(Math.hypot(q[0], q[1], q[2])).toBeCloseTo(Math.abs(Math.sin(length(small) / 2)), 12);
    }),
  );
});

test("what has no direction stays as it is", () => {
  expect(normalizeVector([0, 0, 0])).toEqual([0, 0, 0]);
  expect(normalize([0, 0, 0, 0])).toEqual(identity);
});

test("angles come back from their rotation, and any rotation from its angles", () => {
  const turn = fc.integer({ min: -179, max: 179 }).map((d) => (d * Math.PI) / 180);
  const tilt = fc.integer({ min: -89, max: 89 }).map((d) => (d * Math.PI) / 180);
  fc.assert(
    fc.property(turn, tilt, turn, quaternion, (yaw, pitch, roll, q) => {
      const angles = anglesFromQuaternion(quaternionFromAngles({ yaw, pitch, roll }));
      close([angles.yaw, angles.pitch, angles.roll], [yaw, pitch, roll], 5);
      closeRotation(quaternionFromAngles(anglesFromQuaternion(q)), q, 4);
    }),
  );
});

test("looking straight up or down, the rotation still comes back from its angles", () => {
  const turn = fc.integer({ min: -314, max: 314 }).map((i) => i / 100);
  fc.assert(
    fc.property(turn, turn, fc.constantFrom(-Math.PI / 2, Math.PI / 2), (yaw, roll, pitch) => {
      const q = quaternionFromAngles({ yaw, pitch, roll });
      closeRotation(quaternionFromAngles(anglesFromQuaternion(q)), q, 4);
    }),
  );
});

test("model space to camera space and back, in place too", () => {
  fc.assert(
    fc.property(quaternion, vector, fc.array(vector, { maxLength: 8 }), (rotation, translation, list) => {
      const points = Float32Array.from(list.flat());
      const pose = { rotation, translation };
      const there = transformToCamera(points, pose);
      close(transformToModel(there, pose), points, 4);
      const same = points.slice();
      expect(transformToCamera(same, pose, same)).toBe(same);
      expect(same).toEqual(there);
    }),
  );
});

test("normals in the frame of the light are those in camera space with y and z reversed", () => {
  fc.assert(
    fc.property(quaternion, vector, vector, (rotation, translation, n) => {
      const normal = Float32Array.from(n);
      const [x, y, z] = transformToCamera(normal, { rotation, translation: [0, 0, 0] });
      close(rotateNormals(normal, { rotation, translation }), [x, -y, -z], 5);
    }),
  );
});

const camera: fc.Arbitrary<Camera> = fc
  .tuple(fc.integer({ min: 50, max: 5000 }), fc.integer({ min: 50, max: 5000 }), component, component)
  .map(([fx, fy, cx, cy]) => ({ fx, fy, cx: 100 * cx, cy: 100 * cy }));

test("projecting what was back-projected gives the pixel again", () => {
  fc.assert(
    fc.property(camera, component, component, fc.integer({ min: 1, max: 5000 }), (view, u, v, z) => {
      const point = backProject(100 * u, 100 * v, z, view);
      expect(point[2]).toBe(z);
      close(project(Float32Array.from(point), view), [100 * u, 100 * v], 2);
    }),
  );
});

test("a cropped camera sees the same points at the cropped pixels", () => {
  fc.assert(
    fc.property(camera, vector, fc.integer({ min: 1, max: 400 }), (view, [x, y, w], percent) => {
      const s = percent / 100;
      const point = Float32Array.from([x, y, 10 + Math.abs(w)]);
      const [u, v] = project(point, view);
      close(project(point, cropCamera(view, 30 * x, 30 * y, s)), [(u - 30 * x) * s, (v - 30 * y) * s], 1);
    }),
  );
});

test("the horizontal field of view spans the picture's width", () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 150 }), fc.integer({ min: 10, max: 4000 }), (degrees, width) => {
      const fov = (degrees * Math.PI) / 180;
      const fx = focalFromFov(fov, width);
      const edge = Float32Array.from([Math.tan(fov / 2), 0, 1]);
      expect(project(edge, { fx, fy: fx, cx: width / 2, cy: 0 })[0]).toBeCloseTo(width, 2);
    }),
  );
});
