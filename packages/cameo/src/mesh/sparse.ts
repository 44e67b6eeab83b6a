import type { SparseMatrix } from "../morphable/model.ts";

/** A sparse matrix whose row r has the entries (column → value) of the r-th map; columns come out in ascending order. */
export function sparseFromRows(rows: readonly ReadonlyMap<number, number>[]): SparseMatrix {
  const offsets = new Uint32Array(rows.length + 1);
  for (const [r, row] of rows.entries()) offsets[r + 1] = offsets[r] + row.size;
  const columns = new Uint32Array(offsets[rows.length]);
  const values = new Float32Array(offsets[rows.length]);
  for (const [r, row] of rows.entries()) {
    const sorted = [...row].sort((a, b) => a[0] - b[0]);
    for (const [k, [column, value]] of sorted.entries()) {
      columns[offsets[r] + k] = column;
      values[offsets[r] + k] = value;
    }
  }
  return { offsets, columns, values };
}

/**
 * Matrix times values: refines what is stored per control point.
 * @param values `channels` numbers per column of the matrix, interleaved
 * @param out receives `channels` numbers per row; not `values` itself
 */
export function applySparse(
  { offsets, columns, values: weights }: SparseMatrix,
  values: Float32Array,
  channels: number,
  out = new Float32Array((offsets.length - 1) * channels),
): Float32Array {
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let k = offsets[row]; k < offsets[row + 1]; k++) sum += weights[k] * values[columns[k] * channels + channel];
      out[row * channels + channel] = sum;
    }
  }
  return out;
}

/** The matrix product `a` · `b`: `b` acts first. The rows of `b` are the columns of `a`. */
export function multiplySparse(a: SparseMatrix, b: SparseMatrix): SparseMatrix {
  const rows: Map<number, number>[] = [];
  for (let r = 0; r + 1 < a.offsets.length; r++) {
    const row = new Map<number, number>();
    for (let i = a.offsets[r]; i < a.offsets[r + 1]; i++) {
      const inner = a.columns[i];
      for (let k = b.offsets[inner]; k < b.offsets[inner + 1]; k++) {
        row.set(b.columns[k], (row.get(b.columns[k]) ?? 0) + a.values[i] * b.values[k]);
      }
    }
    rows.push(row);
  }
  return sparseFromRows(rows);
}
