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

/** Rows times offsets: one number per row of {@link projector}; a multiple of four rows. */
export function projected(rows: Float32Array, offsets: Float32Array): Float32Array {
  const width = offsets.length;
  const out = new Float32Array(rows.length / width);
  // Four rows at a time: offsets are then read a quarter as often.
  for (let k = 0; k < out.length; k += 4) {
    const p = k * width;
    const q = p + width;
    const r = q + width;
    const s = r + width;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = 0; i < width; i++) {
      const x = offsets[i];
      a += rows[p + i] * x;
      b += rows[q + i] * x;
      c += rows[r + i] * x;
      d += rows[s + i] * x;
    }
    out[k] = a;
    out[k + 1] = b;
    out[k + 2] = c;
    out[k + 3] = d;
  }
  return out;
}

/** Adds Σ cₖ · deviationₖ · basisₖ to `out`; as many coefficients as the space has, a multiple of four. */
export function addSpan({ basis, deviations }: LinearSpace, coefficients: ArrayLike<number>, out: Float32Array): void {
  const width = out.length;
  for (let k = 0; k < coefficients.length; k += 4) {
    const a = coefficients[k] * deviations[k];
    const b = coefficients[k + 1] * deviations[k + 1];
    const c = coefficients[k + 2] * deviations[k + 2];
    const d = coefficients[k + 3] * deviations[k + 3];
    const p = k * width;
    const q = p + width;
    const r = q + width;
    const s = r + width;
    for (let i = 0; i < width; i++) out[i] += a * basis[p + i] + b * basis[q + i] + c * basis[r + i] + d * basis[s + i];
  }
}
