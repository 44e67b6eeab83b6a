import type { LinearSpace, SparseMatrix } from "cameo";

/** A symmetric positive matrix M that gives the length of a row: ‖x‖² = xᵀ M x. */
export type Metric = (rows: Float64Array, count: number) => Float64Array;

/** Rows that are orthonormal in a metric, and the standard deviation along each. */
interface Components {
  readonly basis: Float32Array | Float64Array;
  readonly deviations: Float32Array | Float64Array;
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

/** Coefficients, in standard deviations, of the nearest offsets that orthonormal components can make. */
export function coefficientsOf({ basis, deviations }: Components, offsets: Float64Array, metric: Metric): Float32Array {
  const weighted = metric(offsets, 1);
  return Float32Array.from(deviations, (deviation, k) => {
    let sum = 0;
    for (let i = 0; i < offsets.length; i++) sum += weighted[i] * basis[k * offsets.length + i];
    return sum / deviation;
  });
}

/**
 * The rows R that project offsets on a space at once: `coefficientsOf` is R · offsets. `count` rows as wide as the basis'.
 */
export function projector({ count, basis, deviations }: LinearSpace, metric: Metric): Float32Array {
  const width = basis.length / count;
  const out = new Float32Array(basis.length);
  const row = new Float64Array(width);
  for (let k = 0; k < count; k++) {
    row.set(basis.subarray(k * width, (k + 1) * width));
    const weighted = metric(row, 1);
    for (let i = 0; i < width; i++) out[k * width + i] = weighted[i] / deviations[k];
  }
  return out;
}

/** Rows times offsets: one number per row of {@link projector}. */
export function projected(rows: Float32Array, offsets: Float32Array): Float32Array {
  const width = offsets.length;
  const out = new Float32Array(rows.length / width);
  for (let k = 0; k < out.length; k++) {
    const at = k * width;
    let [a, b] = [0, 0];
    for (let i = 0; i < width; i += 2) {
      a += rows[at + i] * offsets[i];
      b += rows[at + i + 1] * offsets[i + 1];
    }
    out[k] = a + b;
  }
  return out;
}

/** Adds Σ cₖ · deviationₖ · basisₖ to `out`. */
export function addSpan({ basis, deviations }: LinearSpace, coefficients: ArrayLike<number>, out: Float32Array): void {
  for (let k = 0; k < coefficients.length; k++) {
    const weight = coefficients[k] * deviations[k];
    if (weight === 0) continue;
    const at = k * out.length;
    for (let i = 0; i < out.length; i++) out[i] += weight * basis[at + i];
  }
}
