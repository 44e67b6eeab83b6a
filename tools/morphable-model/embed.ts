import { Matrix, solve } from "ml-matrix";

/**
 * Weights that write `point` as an affine combination of `controls`, so that it follows every affine motion of them
 * exactly: near controls count most, and the weights are the smallest change of normalised inverse squared distances
 * that reproduces the point (least squares with equality constraints, by Lagrange multipliers).
 * @param controls x, y, z triples that span space
 */
export function affineWeights(controls: ArrayLike<number>, point: readonly number[]): Float64Array {
  const count = controls.length / 3;
  const near = Float64Array.from({ length: count }, (_, i) => {
    const d = Math.hypot(...point.map((x, axis) => x - controls[3 * i + axis]));
    return 1 / (d * d + 1e-6);
  });
  const total = near.reduce((s, w) => s + w, 0);
  const weights = near.map((w) => w / total);
  // Constraints A w = b with rows x, y, z about the point (for conditioning) and 1.
  const row = (i: number) => [0, 1, 2, 3].map((k) => (k < 3 ? controls[3 * i + k] - point[k] : 1));
  const normal = Matrix.zeros(4, 4);
  const residual = [0, 0, 0, 1];
  for (let i = 0; i < count; i++) {
    const a = row(i);
    for (let r = 0; r < 4; r++) {
      residual[r] -= a[r] * weights[i];
      for (let c = 0; c < 4; c++) normal.set(r, c, normal.get(r, c) + near[i] * a[r] * a[c]);
    }
  }
  const multipliers = solve(normal, Matrix.columnVector(residual)).to1DArray();
  for (let i = 0; i < count; i++) weights[i] += near[i] * row(i).reduce((s, a, k) => s + a * multipliers[k], 0);
  return weights;
}

/** Indices of the `count` controls nearest to a point. */
export function nearest(controls: ArrayLike<number>, point: readonly number[], count: number): number[] {
  const distance = (i: number) => point.reduce((s, x, axis) => s + (x - controls[3 * i + axis]) ** 2, 0);
  return Array.from({ length: controls.length / 3 }, (_, i) => i)
    .sort((a, b) => distance(a) - distance(b) || a - b)
    .slice(0, count);
}
