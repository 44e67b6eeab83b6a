import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { fromMatrix, type Matrix3, type Quaternion, rotate, toMatrix } from "./quaternion.ts";
import { scale as scaled, subtract, type Vec3 } from "./vec3.ts";

/** X goes to scale · R(rotation) · X + translation. */
export interface Similarity {
  /** Above 0. */
  readonly scale: number;
  readonly rotation: Quaternion;
  readonly translation: Vec3;
}

/**
 * The scale, rotation (never a reflection) and translation that map `from` to `to` with the least weighted squared
 * distance (Umeyama, PAMI 1991, eq. 40–42).
 * @param from x, y, z triples
 * @param to as many x, y, z triples
 * @param weights one per point, at least 0; all 1 when absent
 * @throws RangeError if the lengths differ or a weight is negative
 * @throws Error if the points leave the rotation open (fewer than three, or all on a line) or are not finite
 */
export const fitSimilarity = (from: Float32Array, to: Float32Array, weights?: Float32Array): Similarity =>
  fit(from, to, weights, true);

/** As {@link fitSimilarity}, with the scale fixed at 1 (Kabsch 1976). */
export const fitRigid = (from: Float32Array, to: Float32Array, weights?: Float32Array): Similarity =>
  fit(from, to, weights, false);

/**
 * Points (x, y, z triples) mapped.
 * @param out receives the result; may be `points` itself
 */
export function applySimilarity(
  { scale, rotation, translation }: Similarity,
  points: Float32Array,
  out = new Float32Array(points.length),
): Float32Array {
  const m = toMatrix(rotation);
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i];
    const y = points[i + 1];
    const z = points[i + 2];
    for (let k = 0; k < 3; k++) {
      out[i + k] = scale * (m[3 * k] * x + m[3 * k + 1] * y + m[3 * k + 2] * z) + translation[k];
    }
  }
  return out;
}

const tooFew = "similarity: needs at least three points that do not lie on a line";

function fit(from: Float32Array, to: Float32Array, weights: Float32Array | undefined, withScale: boolean): Similarity {
  const count = from.length / 3;
  if (to.length !== from.length || (weights !== undefined && weights.length !== count)) {
    throw new RangeError("similarity: both sets must have the same number of points, and weights one per point");
  }
  if (weights?.some((w) => !(w >= 0))) throw new RangeError("similarity: weights must not be negative");

  if (!from.every(Number.isFinite) || !to.every(Number.isFinite)) {
    throw new Error("similarity: the points are not all finite");
  }

  const fromMean = mean(from, weights);
  const toMean = mean(to, weights);
  if (isLine(from, fromMean, weights) || isLine(to, toMean, weights)) throw new Error(tooFew);
  const covariance = new Float64Array(9);
  let spread = 0;
  for (let i = 0; i < count; i++) {
    const w = weights?.[i] ?? 1;
    for (let r = 0; r < 3; r++) {
      const t = to[3 * i + r] - toMean[r];
      const f = from[3 * i + r] - fromMean[r];
      for (let c = 0; c < 3; c++) covariance[3 * r + c] += w * t * (from[3 * i + c] - fromMean[c]);
      spread += w * f * f;
    }
  }

  const svd = new SingularValueDecomposition(Matrix.from1DArray(3, 3, covariance), { autoTranspose: false });
  const { leftSingularVectors: u, rightSingularVectors: v, diagonal: d } = svd;
  if (!(d[1] > 1e-12 * d[0])) throw new Error(tooFew);
  // U · diag(1, 1, ±1) · Vᵀ: the last direction is turned round where U · Vᵀ alone would mirror.
  const mirror = det(u) * det(v) < 0 ? -1 : 1;
  const signs = [1, 1, mirror];
  const matrix: number[] = [];
  for (let r = 0; r < 3; r++) {
    for (let c = 0; c < 3; c++) matrix.push(signs.reduce((sum, s, k) => sum + s * u.get(r, k) * v.get(c, k), 0));
  }
  const rotation = fromMatrix(matrix as unknown as Matrix3);
  const scale = withScale ? (d[0] + d[1] + mirror * d[2]) / spread : 1;
  return { scale, rotation, translation: subtract(toMean, scaled(rotate(rotation, fromMean), scale)) };
}

function mean(points: Float32Array, weights: Float32Array | undefined): Vec3 {
  const sum = [0, 0, 0];
  let total = 0;
  for (let i = 0; i < points.length / 3; i++) {
    const w = weights?.[i] ?? 1;
    total += w;
    for (let k = 0; k < 3; k++) sum[k] += w * points[3 * i + k];
  }
  if (!(total > 0)) throw new Error(tooFew);
  return [sum[0] / total, sum[1] / total, sum[2] / total];
}

/** Whether the points' spread along their second principal axis is below 3e-5 of that along the first (squared: 1e-9). */
function isLine(points: Float32Array, [mx, my, mz]: Vec3, weights: Float32Array | undefined): boolean {
  let [xx, yy, zz, xy, yz, zx] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < points.length / 3; i++) {
    const w = weights?.[i] ?? 1;
    const x = points[3 * i] - mx;
    const y = points[3 * i + 1] - my;
    const z = points[3 * i + 2] - mz;
    xx += w * x * x;
    yy += w * y * y;
    zz += w * z * z;
    xy += w * x * y;
    yz += w * y * z;
    zx += w * z * x;
  }
  const trace = xx + yy + zz;
  // λ₁λ₂ + λ₂λ₃ + λ₃λ₁ of the scatter matrix, next to (λ₁ + λ₂ + λ₃)².
  const minors = xx * yy - xy * xy + (yy * zz - yz * yz) + (zz * xx - zx * zx);
  return !(minors > 1e-9 * trace * trace);
}

const det = (m: Matrix): number =>
  m.get(0, 0) * (m.get(1, 1) * m.get(2, 2) - m.get(1, 2) * m.get(2, 1)) -
  m.get(0, 1) * (m.get(1, 0) * m.get(2, 2) - m.get(1, 2) * m.get(2, 0)) +
  m.get(0, 2) * (m.get(1, 0) * m.get(2, 1) - m.get(1, 1) * m.get(2, 0));
