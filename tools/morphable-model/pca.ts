import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { SparseMatrix } from "./cameo.ts";
import { createRandom } from "./random.ts";

/** A symmetric positive matrix M that gives the length of a row: ‖x‖² = xᵀ M x. */
export type Metric = (rows: Float64Array, count: number) => Float64Array;

/** Axes of largest variance: `basis` rows are orthonormal in the metric, `deviations` fall. */
export interface Components {
  readonly basis: Float64Array;
  readonly deviations: Float64Array;
}

/**
 * Principal components of samples about the origin (subtract a mean before, where there is one), by subspace iteration
 * from random directions (Halko, Martinsson and Tropp 2011, algorithm 4.4), so that neither the covariance nor the Gram
 * matrix is formed.
 * @param samples rows of `width` numbers
 * @param divisor the variance is the sum over the samples divided by this
 */
export function principalComponents(
  samples: readonly Float32Array[],
  width: number,
  count: number,
  metric: Metric,
  divisor: number,
  { passes = 5, spare = 24, seed = 1 } = {},
): Components {
  const rank = Math.min(samples.length, count + spare);
  const random = createRandom(seed);
  let basis: Float64Array = Float64Array.from({ length: rank * width }, () => random.normal());
  orthonormalize(basis, rank, width, metric);
  for (let pass = 0; pass < passes; pass++) {
    const scores = project(samples, metric(basis, rank), rank, width);
    basis = combine(samples, scores, rank, width);
    orthonormalize(basis, rank, width, metric);
  }
  const scores = project(samples, metric(basis, rank), rank, width);
  const covariance = Matrix.zeros(rank, rank);
  for (let s = 0; s < samples.length; s++)
    for (let i = 0; i < rank; i++)
      for (let j = 0; j <= i; j++)
        covariance.set(i, j, covariance.get(i, j) + (scores[s * rank + i] * scores[s * rank + j]) / divisor);
  for (let i = 0; i < rank; i++) for (let j = 0; j < i; j++) covariance.set(j, i, covariance.get(i, j));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  const out = new Float64Array(count * width);
  const deviations = new Float64Array(count);
  for (let k = 0; k < Math.min(count, rank); k++) {
    deviations[k] = Math.sqrt(Math.max(0, realEigenvalues[order[k]]));
    const row = out.subarray(k * width, (k + 1) * width);
    for (let i = 0; i < rank; i++)
      addScaled(row, basis.subarray(i * width, (i + 1) * width), eigenvectorMatrix.get(i, order[k]));
  }
  return { basis: out, deviations };
}

function addScaled(out: Float64Array, row: Float64Array | Float32Array, scale: number): void {
  for (let i = 0; i < row.length; i++) out[i] += scale * row[i];
}

function dot(a: Float64Array | Float32Array, b: Float64Array | Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** `samples` · `directions`ᵀ. */
function project(
  samples: readonly Float32Array[],
  directions: Float64Array,
  rank: number,
  width: number,
): Float64Array {
  const out = new Float64Array(samples.length * rank);
  for (const [s, sample] of samples.entries())
    for (let k = 0; k < rank; k++) out[s * rank + k] = dot(sample, directions.subarray(k * width, (k + 1) * width));
  return out;
}

/** `scores`ᵀ · `samples`. */
function combine(samples: readonly Float32Array[], scores: Float64Array, rank: number, width: number): Float64Array {
  const out = new Float64Array(rank * width);
  for (const [s, sample] of samples.entries())
    for (let k = 0; k < rank; k++) addScaled(out.subarray(k * width, (k + 1) * width), sample, scores[s * rank + k]);
  return out;
}

/** Makes rows orthonormal in the metric, in place, by modified Gram–Schmidt run twice. */
export function orthonormalize(basis: Float64Array, count: number, width: number, metric: Metric): void {
  const row = (k: number) => basis.subarray(k * width, (k + 1) * width);
  for (let k = 0; k < count; k++) {
    for (let pass = 0; pass < 2; pass++) {
      const weighted = metric(row(k), 1);
      const along = Float64Array.from({ length: k }, (_, j) => dot(weighted, row(j)));
      for (let j = 0; j < k; j++) addScaled(row(k), row(j), -along[j]);
    }
    const length = Math.sqrt(dot(metric(row(k), 1), row(k)));
    const scale = length > 0 ? 1 / length : 0;
    for (let i = k * width; i < (k + 1) * width; i++) basis[i] *= scale;
  }
}

/** The metric in which lengths are those after refinement by `matrix`: M = SᵀS on interleaved x, y, z. */
export function refinedMetric(matrix: SparseMatrix, columnCount: number): Metric {
  const { offsets, columns, values } = matrix;
  const rowCount = offsets.length - 1;
  return (rows, count) => {
    const out = new Float64Array(count * columnCount * 3);
    for (let k = 0; k < count; k++) {
      const from = k * columnCount * 3;
      for (let r = 0; r < rowCount; r++) {
        let x = 0;
        let y = 0;
        let z = 0;
        for (let e = offsets[r]; e < offsets[r + 1]; e++) {
          const at = from + 3 * columns[e];
          x += values[e] * rows[at];
          y += values[e] * rows[at + 1];
          z += values[e] * rows[at + 2];
        }
        for (let e = offsets[r]; e < offsets[r + 1]; e++) {
          const at = from + 3 * columns[e];
          out[at] += values[e] * x;
          out[at + 1] += values[e] * y;
          out[at + 2] += values[e] * z;
        }
      }
    }
    return out;
  };
}

/** Lengths as they are. */
export const plainMetric: Metric = (rows) => rows;

/**
 * Splits samples into their mirror-symmetric and antisymmetric parts: the covariance of a set of samples and their
 * mirror images is the sum of those of the two parts, so every component of the whole is one or the other.
 * @param twin the mirror image of every point
 * @param flipX whether the first channel changes its sign in the mirror (positions do, colours do not)
 */
export function splitSymmetry(
  sample: Float32Array,
  twin: Uint32Array,
  flipX: boolean,
): { symmetric: Float32Array; antisymmetric: Float32Array } {
  const symmetric = new Float32Array(sample.length);
  const antisymmetric = new Float32Array(sample.length);
  for (let i = 0; i < twin.length; i++)
    for (let c = 0; c < 3; c++) {
      const own = sample[3 * i + c];
      const other = (flipX && c === 0 ? -1 : 1) * sample[3 * twin[i] + c];
      symmetric[3 * i + c] = (own + other) / 2;
      antisymmetric[3 * i + c] = (own - other) / 2;
    }
  return { symmetric, antisymmetric };
}

/** The `count` components of largest variance among several sets that are orthogonal to each other. */
export function mergeComponents(sets: readonly Components[], width: number, count: number): Components {
  const all = sets.flatMap((set) =>
    [...set.deviations].map((deviation, k) => ({ deviation, row: set.basis.subarray(k * width, (k + 1) * width) })),
  );
  all.sort((a, b) => b.deviation - a.deviation);
  const basis = new Float64Array(count * width);
  for (const [k, { row }] of all.slice(0, count).entries()) basis.set(row, k * width);
  return { basis, deviations: Float64Array.from(all.slice(0, count), ({ deviation }) => deviation) };
}
