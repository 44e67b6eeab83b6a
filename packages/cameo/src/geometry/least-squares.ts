/**
 * Rows are gathered in blocks of four, and the matrix is updated two rows at a time: so each number of it is read and
 * written once per block, and each number of the block is read once per two rows. (Tried with 150 unknowns, ns per
 * entry and row: this 0.5; blocks of eight 0.7, one by one 1.6; columns of 64 rows as dot products 0.8.)
 */
const BLOCK = 4;

/**
 * Weighted linear least squares with diagonal priors, by the normal equations in float64: finds the x that makes
 *
 *   Σ weight · (row · x − value)² + Σ priorWeight · (x_i − priorValue)²
 *
 * least. Rows are added one at a time and not kept, so any number of them needs n² numbers of memory for n unknowns.
 *
 * Forming JᵀJ squares the condition number: unknowns are scaled to a unit diagonal before solving, and equations that
 * still leave an unknown undetermined (to about 13 digits) are refused. Give such unknowns a prior.
 */
export class NormalEquations {
  readonly unknowns: number;
  /** `unknowns` rounded up to an even number; the last row and column may be padding. */
  private readonly stride: number;
  /** Σ weight · rowᵀ row, `stride` numbers per row; only the upper triangle means anything. */
  private readonly matrix: Float64Array;
  /** Σ weight · value · row. */
  private readonly vector: Float64Array;
  private readonly block: Float64Array;
  private readonly blockValues = new Float64Array(BLOCK);
  private blockCount = 0;

  /** @throws RangeError if `unknowns` is not a whole number of at least 1 */
  constructor(unknowns: number) {
    if (!Number.isInteger(unknowns) || unknowns < 1) throw new RangeError(`least squares: ${unknowns} unknowns`);
    this.unknowns = unknowns;
    this.stride = unknowns + (unknowns % 2);
    this.matrix = new Float64Array(this.stride * this.stride);
    this.vector = new Float64Array(this.stride);
    this.block = new Float64Array(BLOCK * this.stride);
  }

  /** Forgets all rows and priors. */
  clear(): void {
    this.matrix.fill(0);
    this.vector.fill(0);
    this.blockCount = 0;
  }

  /**
   * Asks for row · x = value.
   * @param row one number per unknown, from `offset` on
   * @param weight the inverse variance of `value`; 0 leaves the row out
   * @throws RangeError if the weight is negative or not a number
   */
  addRow(row: ArrayLike<number>, value: number, weight = 1, offset = 0): void {
    if (!(weight >= 0)) throw new RangeError(`least squares: weight ${weight} of a row`);
    if (weight === 0) return;
    const n = this.unknowns;
    const root = Math.sqrt(weight);
    const start = this.blockCount * this.stride;
    for (let i = 0; i < n; i++) this.block[start + i] = root * row[offset + i];
    this.blockValues[this.blockCount++] = root * value;
    if (this.blockCount === BLOCK) this.flush();
  }

  /**
   * Asks for jacobian · x = values: {@link addRow} for each of `values`.
   * @param jacobian `unknowns` numbers per value, row by row
   * @param weights one per value; all 1 when absent
   */
  addRows(jacobian: ArrayLike<number>, values: ArrayLike<number>, weights?: ArrayLike<number>): void {
    if (jacobian.length !== values.length * this.unknowns) {
      throw new RangeError(
        `least squares: ${jacobian.length} entries for ${values.length} rows of ${this.unknowns} unknowns`,
      );
    }
    for (let r = 0; r < values.length; r++) {
      this.addRow(jacobian, values[r], weights === undefined ? 1 : weights[r], r * this.unknowns);
    }
  }

  /** A prior: asks for x_index = value with the given weight (inverse variance). */
  addDiagonal(index: number, value: number, weight: number): void {
    if (!(weight >= 0)) throw new RangeError(`least squares: weight ${weight} of the prior on unknown ${index}`);
    this.matrix[index * this.stride + index] += weight;
    this.vector[index] += weight * value;
  }

  /**
   * The unknowns. Rows may be added afterwards and `solve` called again.
   * @param damping Marquardt's: the diagonal is multiplied by 1 + damping before solving. Then unknowns that no row
   *   and no prior touches come out as 0.
   * @throws Error if rows and priors do not determine every unknown, or hold a number that is not finite
   */
  solve(damping = 0): Float64Array {
    this.flush();
    const n = this.unknowns;
    const { matrix, vector, stride } = this;
    const scale = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const d = matrix[i * stride + i];
      if (!Number.isFinite(d)) throw new Error("least squares: the equations hold a number that is not finite");
      if (d <= 0 && damping <= 0) throw new Error(`least squares: no row and no prior says anything of unknown ${i}`);
      scale[i] = d > 0 ? 1 / Math.sqrt(d) : 0;
    }

    // Cholesky: S A S + damping · I = L Lᵀ, with L in the lower triangle.
    const l = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = i === j ? 1 + damping : matrix[j * stride + i] * scale[i] * scale[j];
        for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
        if (i > j) {
          l[i * n + j] = sum / l[j * n + j];
        } else if (sum > SINGULAR) {
          l[i * n + i] = Math.sqrt(sum);
        } else {
          throw new Error(
            Number.isNaN(sum)
              ? "least squares: the equations hold a number that is not finite"
              : `least squares: the rows do not determine unknown ${i}; give it a prior`,
          );
        }
      }
    }

    const x = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = vector[i] * scale[i];
      for (let k = 0; k < i; k++) sum -= l[i * n + k] * x[k];
      x[i] = sum / l[i * n + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i];
      for (let k = i + 1; k < n; k++) sum -= l[k * n + i] * x[k];
      x[i] = sum / l[i * n + i];
    }
    for (let i = 0; i < n; i++) x[i] *= scale[i];
    if (!x.every(Number.isFinite)) throw new Error("least squares: the equations hold a number that is not finite");
    return x;
  }

  /** Adds the gathered rows to matrix and vector. */
  private flush(): void {
    if (this.blockCount === 0) return;
    const { stride, matrix, vector, block, blockValues } = this;
    block.fill(0, this.blockCount * stride);
    blockValues.fill(0, this.blockCount);
    this.blockCount = 0;
    const second = stride;
    const third = 2 * stride;
    const fourth = 3 * stride;
    for (let i = 0; i < stride; i += 2) {
      const a0 = block[i];
      const a1 = block[second + i];
      const a2 = block[third + i];
      const a3 = block[fourth + i];
      const b0 = block[i + 1];
      const b1 = block[second + i + 1];
      const b2 = block[third + i + 1];
      const b3 = block[fourth + i + 1];
      const rowA = i * stride;
      const rowB = rowA + stride;
      for (let j = i; j < stride; j++) {
        const x0 = block[j];
        const x1 = block[second + j];
        const x2 = block[third + j];
        const x3 = block[fourth + j];
        matrix[rowA + j] += a0 * x0 + a1 * x1 + (a2 * x2 + a3 * x3);
        matrix[rowB + j] += b0 * x0 + b1 * x1 + (b2 * x2 + b3 * x3);
      }
      const [y0, y1, y2, y3] = blockValues;
      vector[i] += a0 * y0 + a1 * y1 + (a2 * y2 + a3 * y3);
      vector[i + 1] += b0 * y0 + b1 * y1 + (b2 * y2 + b3 * y3);
    }
  }
}

/** Pivots of a matrix with unit diagonal that are not above this are rounding noise. */
const SINGULAR = 1e-13;
