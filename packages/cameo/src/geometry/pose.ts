import { fromAxisAngle, multiply, type Quaternion, toMatrix } from "./quaternion.ts";
import type { Vec3 } from "./vec3.ts";

/**
 * Where a head is: its extrinsics. A model-space point X (mm, y up, face along +z, origin at the head centre)
 * is at `F · R(rotation) · X + translation` in camera space (mm, x right, y down, z forward), F = diag(1, −1, −1).
 * So the identity rotation faces the camera, and `translation` is the head centre as the camera sees it.
 */
export interface Pose {
  readonly rotation: Quaternion;
  readonly translation: Vec3;
}

/**
 * Head angles in radians. Yaw > 0 turns the face to the viewer's right, pitch > 0 looks up,
 * roll > 0 tilts clockwise in the image. R = Ry(yaw) · Rx(−pitch) · Rz(−roll) in model axes.
 */
export interface Angles {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

export const quaternionFromAngles = ({ yaw, pitch, roll }: Angles): Quaternion =>
  multiply(fromAxisAngle([0, 1, 0], yaw), multiply(fromAxisAngle([1, 0, 0], -pitch), fromAxisAngle([0, 0, 1], -roll)));

/** Inverse of {@link quaternionFromAngles}; pitch is in [−π/2, π/2]. */
export const anglesFromQuaternion = (q: Quaternion): Angles => {
  const m = toMatrix(q);
  // R = Ry(a) Rx(b) Rz(c): third column (sin a cos b, −sin b, cos a cos b), second row starts (cos b sin c, cos b cos c).
  const b = Math.asin(Math.max(-1, Math.min(1, -m[5])));
  const gimbal = Math.abs(m[5]) > 1 - 1e-9;
  const a = gimbal ? Math.atan2(-m[6], m[0]) : Math.atan2(m[2], m[8]);
  const c = gimbal ? 0 : Math.atan2(m[3], m[4]);
  return { yaw: a, pitch: -b, roll: -c };
};

/**
 * Model space to camera space.
 * @param points model-space x, y, z triples, mm
 * @param out receives the camera-space triples; may be `points` itself
 */
export function transformToCamera(
  points: Float32Array,
  pose: Pose,
  out = new Float32Array(points.length),
): Float32Array {
  const m = toMatrix(pose.rotation);
  const [tx, ty, tz] = pose.translation;
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i];
    const y = points[i + 1];
    const z = points[i + 2];
    out[i] = m[0] * x + m[1] * y + m[2] * z + tx;
    out[i + 1] = -(m[3] * x + m[4] * y + m[5] * z) + ty;
    out[i + 2] = -(m[6] * x + m[7] * y + m[8] * z) + tz;
  }
  return out;
}

/** Camera space to model space: the inverse of {@link transformToCamera}. */
export function transformToModel(
  points: Float32Array,
  pose: Pose,
  out = new Float32Array(points.length),
): Float32Array {
  const m = toMatrix(pose.rotation);
  const [tx, ty, tz] = pose.translation;
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i] - tx;
    const y = -(points[i + 1] - ty);
    const z = -(points[i + 2] - tz);
    out[i] = m[0] * x + m[3] * y + m[6] * z;
    out[i + 1] = m[1] * x + m[4] * y + m[7] * z;
    out[i + 2] = m[2] * x + m[5] * y + m[8] * z;
  }
  return out;
}

/**
 * Normals of a posed head in the frame of its light: x right in the picture, y up, z towards the viewer.
 * @param normals model space, x, y, z triples
 */
export function rotateNormals(
  normals: Float32Array,
  { rotation }: Pose,
  out = new Float32Array(normals.length),
): Float32Array {
  const m = toMatrix(rotation);
  for (let i = 0; i < normals.length; i += 3) {
    const x = normals[i];
    const y = normals[i + 1];
    const z = normals[i + 2];
    out[i] = m[0] * x + m[1] * y + m[2] * z;
    out[i + 1] = m[3] * x + m[4] * y + m[5] * z;
    out[i + 2] = m[6] * x + m[7] * y + m[8] * z;
  }
  return out;
}
