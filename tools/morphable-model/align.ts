import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Row-major rotation, then translation: y = R x + t. */
interface RigidMotion {
  readonly rotation: readonly number[];
  readonly translation: readonly number[];
}

/**
 * The rigid motion that brings points closest to others in the least-squares sense (Horn 1987, unit quaternions).
 * @param chosen indices of the points that count
 */
export function rigidMotion(from: ArrayLike<number>, to: ArrayLike<number>, chosen: readonly number[]): RigidMotion {
  const mean = (points: ArrayLike<number>) =>
    [0, 1, 2].map((axis) => chosen.reduce((s, i) => s + points[3 * i + axis], 0) / chosen.length);
  const a = mean(from);
  const b = mean(to);
  const s = Array.from({ length: 9 }, () => 0);
  for (const i of chosen)
    for (let r = 0; r < 3; r++)
      for (let c = 0; c < 3; c++) s[3 * r + c] += (from[3 * i + r] - a[r]) * (to[3 * i + c] - b[c]);
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = s;
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    new Matrix([
      [xx + yy + zz, yz - zy, zx - xz, xy - yx],
      [yz - zy, xx - yy - zz, xy + yx, zx + xz],
      [zx - xz, xy + yx, yy - xx - zz, yz + zy],
      [xy - yx, zx + xz, yz + zy, zz - xx - yy],
    ]),
    { assumeSymmetric: true },
  );
  const largest = realEigenvalues.indexOf(Math.max(...realEigenvalues));
  const [w, x, y, z] = eigenvectorMatrix.getColumn(largest);
  const rotation = [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
  const translation = b.map(
    (t, r) => t - rotation[3 * r] * a[0] - rotation[3 * r + 1] * a[1] - rotation[3 * r + 2] * a[2],
  );
  return { rotation, translation };
}

/** Moves all points in place. */
export function applyMotion(points: Float32Array | Float64Array, { rotation, translation }: RigidMotion): void {
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i];
    const y = points[i + 1];
    const z = points[i + 2];
    for (let r = 0; r < 3; r++)
      points[i + r] = rotation[3 * r] * x + rotation[3 * r + 1] * y + rotation[3 * r + 2] * z + translation[r];
  }
}
