import { normalize as normalizeVector, type Vec3 } from "./vec3.ts";

/** A rotation as x, y, z, w (glTF's order), of unit length. */
export type Quaternion = readonly [number, number, number, number];

export const identity: Quaternion = [0, 0, 0, 1];

export const normalize = (q: Quaternion): Quaternion => {
  const l = Math.hypot(...q);
  return l > 0 ? [q[0] / l, q[1] / l, q[2] / l, q[3] / l] : identity;
};

export const conjugate = (q: Quaternion): Quaternion => [-q[0], -q[1], -q[2], q[3]];

/** The rotation that applies `b` first and `a` second. */
export const multiply = (a: Quaternion, b: Quaternion): Quaternion => [
  a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
  a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
  a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
  a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
];

/** Right-handed rotation by `angle` radians about `axis`. */
export const fromAxisAngle = (axis: Vec3, angle: number): Quaternion => {
  const u = normalizeVector(axis);
  const s = Math.sin(angle / 2);
  return [u[0] * s, u[1] * s, u[2] * s, Math.cos(angle / 2)];
};

/** The rotation vector (axis times angle, radians) turned into a quaternion; exact near zero. */
export const fromRotationVector = (v: Vec3): Quaternion => {
  const angle = Math.hypot(v[0], v[1], v[2]);
  const s = angle < 1e-6 ? 0.5 - (angle * angle) / 48 : Math.sin(angle / 2) / angle;
  return normalize([v[0] * s, v[1] * s, v[2] * s, Math.cos(angle / 2)]);
};

/** A 3×3 rotation matrix, row-major. */
export type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];

export const toMatrix = ([x, y, z, w]: Quaternion): Matrix3 => [
  1 - 2 * (y * y + z * z),
  2 * (x * y - z * w),
  2 * (x * z + y * w),
  2 * (x * y + z * w),
  1 - 2 * (x * x + z * z),
  2 * (y * z - x * w),
  2 * (x * z - y * w),
  2 * (y * z + x * w),
  1 - 2 * (x * x + y * y),
];

/** The quaternion (w ≥ 0) of a row-major rotation matrix. */
export const fromMatrix = (m: Matrix3): Quaternion => {
  const [a, b, c, d, e, f, g, h, i] = m;
  const trace = a + e + i;
  let q: Quaternion;
  if (trace > 0) {
    const s = 2 * Math.sqrt(trace + 1);
    q = [(h - f) / s, (c - g) / s, (d - b) / s, s / 4];
  } else if (a > e && a > i) {
    const s = 2 * Math.sqrt(1 + a - e - i);
    q = [s / 4, (b + d) / s, (c + g) / s, (h - f) / s];
  } else if (e > i) {
    const s = 2 * Math.sqrt(1 + e - a - i);
    q = [(b + d) / s, s / 4, (f + h) / s, (c - g) / s];
  } else {
    const s = 2 * Math.sqrt(1 + i - a - e);
    q = [(c + g) / s, (f + h) / s, s / 4, (d - b) / s];
  }
  const unit = normalize(q);
  return unit[3] < 0 ? [-unit[0], -unit[1], -unit[2], -unit[3]] : unit;
};

export const rotate = (q: Quaternion, v: Vec3): Vec3 => {
  const m = toMatrix(q);
  return [
    m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
    m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
    m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
  ];
};
