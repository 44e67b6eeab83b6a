/** An affine map of the plane, [a, b, c, d, e, f]: (x, y) goes to (a x + b y + c, d x + e y + f). The rows of a 2×3 matrix. */
export type Transform2d = readonly [number, number, number, number, number, number];

export const identity2d: Transform2d = [1, 0, 0, 0, 1, 0];

export const translation2d = (x: number, y: number): Transform2d => [1, 0, x, 0, 1, y];

/**
 * Scales by `scale` and rotates by `angle` (radians, from x towards y: clockwise in a picture, whose y points down) about
 * the origin, then shifts by (x, y).
 */
export const similarity2d = (scale: number, angle: number, x: number, y: number): Transform2d => {
  const c = scale * Math.cos(angle);
  const s = scale * Math.sin(angle);
  return [c, -s, x, s, c, y];
};

/** The map that applies `second` to what `first` gives. */
export const compose2d = (second: Transform2d, first: Transform2d): Transform2d => {
  const [a, b, c, d, e, f] = second;
  const [p, q, r, s, t, u] = first;
  return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f];
};

/** @throws RangeError if the map flattens the plane (or is not finite), so that there is no way back */
export const invert2d = (transform: Transform2d): Transform2d => {
  const [a, b, c, d, e, f] = transform;
  const det = a * e - b * d;
  const size = Math.max(Math.abs(a), Math.abs(b), Math.abs(d), Math.abs(e));
  if (!(Math.abs(det) > 1e-12 * size * size) || !Number.isFinite(det + c + f)) {
    throw new RangeError(`transform: [${transform.join(", ")}] has no inverse`);
  }
  return [e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det];
};

export const apply2d = ([a, b, c, d, e, f]: Transform2d, x: number, y: number): [number, number] => [
  a * x + b * y + c,
  d * x + e * y + f,
];

/**
 * Points (x, y pairs) mapped.
 * @param out receives the result; may be `points` itself
 */
export function transformPoints2d(
  [a, b, c, d, e, f]: Transform2d,
  points: Float32Array,
  out = new Float32Array(points.length),
): Float32Array {
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i];
    const y = points[i + 1];
    out[i] = a * x + b * y + c;
    out[i + 1] = d * x + e * y + f;
  }
  return out;
}

/**
 * The similarity (scale, rotation, shift; no reflection) that maps `from` to `to` with the least weighted squared distance.
 * @param from x, y pairs
 * @param to as many x, y pairs
 * @param weights one per pair, at least 0; all 1 when absent
 * @throws RangeError if the lengths differ or a weight is negative; Error if fewer than two points differ or something is not finite
 */
export function fitSimilarity2d(from: Float32Array, to: Float32Array, weights?: Float32Array): Transform2d {
  const count = from.length / 2;
  if (to.length !== from.length || (weights !== undefined && weights.length !== count)) {
    throw new RangeError("similarity: both sets must have the same number of points, and weights one per point");
  }
  if (weights?.some((w) => !(w >= 0))) throw new RangeError("similarity: weights must not be negative");
  let total = 0;
  let fx = 0;
  let fy = 0;
  let tx = 0;
  let ty = 0;
  for (let i = 0; i < count; i++) {
    const w = weights?.[i] ?? 1;
    total += w;
    fx += w * from[2 * i];
    fy += w * from[2 * i + 1];
    tx += w * to[2 * i];
    ty += w * to[2 * i + 1];
  }
  fx /= total;
  fy /= total;
  tx /= total;
  ty /= total;
  // As complex numbers: to − t̄ ≈ z (from − f̄), so z = Σ conj(from − f̄)(to − t̄) / Σ |from − f̄|².
  let re = 0;
  let im = 0;
  let spread = 0;
  for (let i = 0; i < count; i++) {
    const w = weights?.[i] ?? 1;
    const x = from[2 * i] - fx;
    const y = from[2 * i + 1] - fy;
    const u = to[2 * i] - tx;
    const v = to[2 * i + 1] - ty;
    re += w * (x * u + y * v);
    im += w * (x * v - y * u);
    spread += w * (x * x + y * y);
  }
  if (!(spread > 1e-12 * total * (fx * fx + fy * fy)) || !Number.isFinite(re + im)) {
    throw new Error("similarity: needs at least two different, finite points");
  }
  const a = re / spread;
  const b = im / spread;
  return [a, -b, tx - a * fx + b * fy, b, a, ty - b * fx - a * fy];
}
