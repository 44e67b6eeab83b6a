import type { Metric } from "@cameo/synth";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { createRandom } from "./random.ts";

/** Axes of largest variance: `basis` rows are orthonormal in the metric, `deviations` fall. */
export interface Components {
  readonly basis: Float64Array;
  readonly deviations: Float64Array;
}

/**
 * Principal components of at least `count + spare` samples about the origin (subtract a mean before, where there is one), by subspace iteration
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
  { passes = 2, spare = 24, seed = 1 } = {},
): Components {
  const rank = lanes * Math.ceil((count + spare) / lanes);
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
  return rotate(basis, width, covariance, count);
}

/** Turns an orthonormal basis to the axes of a covariance given in it, and keeps those of largest variance. */
function rotate(basis: Float64Array, width: number, covariance: Matrix, count: number): Components {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  const out = new Float64Array(count * width);
  const deviations = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    deviations[k] = Math.sqrt(Math.max(0, realEigenvalues[order[k]] ?? 0));
    const row = out.subarray(k * width, (k + 1) * width);
    for (let i = 0; i < covariance.rows && k < order.length; i++)
      addScaled(row, basis.subarray(i * width, (i + 1) * width), eigenvectorMatrix.get(i, order[k]));
  }
  return { basis: out, deviations };
}

function addScaled(out: Float64Array, row: Float64Array, scale: number): void {
  for (let i = 0; i < row.length; i++) out[i] += scale * row[i];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Directions handled at once: each sample is then read a quarter as often. */
const lanes = 4;

/** `samples` · `directions`ᵀ; the number of directions is a multiple of four. */
function project(
  samples: readonly Float32Array[],
  directions: Float64Array,
  rank: number,
  width: number,
): Float64Array {
  const out = new Float64Array(samples.length * rank);
  for (let k = 0; k < rank; k += lanes) {
    const [a, b, c, d] = [0, 1, 2, 3].map((j) => directions.subarray((k + j) * width, (k + j + 1) * width));
    for (let s = 0; s < samples.length; s++) {
      const sample = samples[s];
      let [sa, sb, sc, sd] = [0, 0, 0, 0];
      for (let i = 0; i < width; i++) {
        const x = sample[i];
        sa += x * a[i];
        sb += x * b[i];
        sc += x * c[i];
        sd += x * d[i];
      }
      out.set([sa, sb, sc, sd], s * rank + k);
    }
  }
  return out;
}

/** `scores`ᵀ · `samples`; the number of directions is a multiple of four. */
function combine(samples: readonly Float32Array[], scores: Float64Array, rank: number, width: number): Float64Array {
  const out = new Float64Array(rank * width);
  for (let k = 0; k < rank; k += lanes) {
    const [a, b, c, d] = [0, 1, 2, 3].map((j) => out.subarray((k + j) * width, (k + j + 1) * width));
    for (let s = 0; s < samples.length; s++) {
      const sample = samples[s];
      const at = s * rank + k;
      const [wa, wb, wc, wd] = [scores[at], scores[at + 1], scores[at + 2], scores[at + 3]];
      for (let i = 0; i < width; i++) {
        const x = sample[i];
        a[i] += wa * x;
        b[i] += wb * x;
        c[i] += wc * x;
        d[i] += wd * x;
      }
    }
  }
  return out;
}

/** Rows shorter than this share of their length once the rows before them are taken out are taken for dependent. */
const dependent = 1e-7;

/** Makes rows orthonormal in the metric, in place, by Gram–Schmidt run twice; rows that depend on others become zero. */
export function orthonormalize(basis: Float64Array, count: number, width: number, metric: Metric): void {
  const rows = Array.from({ length: count }, (_, k) => basis.subarray(k * width, (k + 1) * width));
  const length = (row: Float64Array) => Math.sqrt(dot(metric(row, 1), row));
  for (const [k, row] of rows.entries()) {
    const before = length(row);
    for (let pass = 0; pass < 2; pass++) {
      const weighted = metric(row, 1);
      const along = rows.slice(0, k).map((other) => dot(weighted, other));
      for (const [j, share] of along.entries()) addScaled(row, rows[j], -share);
    }
    const after = length(row);
    const scale = after > dependent * before ? 1 / after : 0;
    for (let i = 0; i < width; i++) row[i] *= scale;
  }
}

/**
 * Principal components, about the origin, of samples that are mixtures of few rows: exactly, from the rows' own Gram matrix.
 * @param mixtures one row of weights per sample
 */
export function mixtureComponents(
  rows: readonly Float64Array[],
  mixtures: readonly Float64Array[],
  count: number,
  metric: Metric,
): Components {
  const width = rows[0].length;
  const all = new Float64Array(rows.length * width);
  for (const [r, row] of rows.entries()) all.set(row, r * width);
  // With rows R, mixtures W and RᵀMR = L Lᵀ, samples in an orthonormal basis Q = R L⁻ᵀ have the coordinates W L.
  const basis = all.slice();
  orthonormalize(basis, rows.length, width, metric);
  const weighted = metric(all, rows.length);
  const coordinates = Matrix.zeros(rows.length, rows.length);
  for (let r = 0; r < rows.length; r++)
    for (let q = 0; q < rows.length; q++)
      coordinates.set(
        r,
        q,
        dot(weighted.subarray(r * width, (r + 1) * width), basis.subarray(q * width, (q + 1) * width)),
      );
  const scores = new Matrix(mixtures.map((m) => [...m])).mmul(coordinates);
  return rotate(basis, width, scores.transpose().mmul(scores).div(mixtures.length), count);
}

/** Lengths as they are. */
export const plainMetric: Metric = (rows) => rows;

/**
 * Splits samples into their mirror-symmetric and antisymmetric parts: the covariance of a set of samples and their
 * mirror images is the sum of those of the two parts, so every component of the whole is one or the other.
 * @param twin the mirror image of every point
 * @param flipX whether the first channel changes its sign in the mirror (positions do, colours do not)
 */
export function splitSymmetry<T extends Float32Array | Float64Array>(
  sample: T,
  twin: Uint32Array,
  flipX: boolean,
): { symmetric: T; antisymmetric: T } {
  const symmetric = sample.slice() as T;
  const antisymmetric = sample.slice() as T;
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
