/**
 * How a residual r counts in a robust fit. All start as r² / 2 and then grow more slowly.
 * Iteratively reweighted least squares minimises Σ loss(r) by giving each row the weight `weight(r)` = loss′(r) / r.
 */
export interface RobustLoss {
  loss(residual: number): number;
  /** From 0 to 1; 1 at a residual of 0. */
  weight(residual: number): number;
}

/** Quadratic up to `k`, linear beyond (Huber 1964): the only convex one here. k = 1.345 σ keeps 95 % efficiency under Gaussian noise. */
export function huber(k: number): RobustLoss {
  positive(k);
  return {
    loss: (r) => (Math.abs(r) <= k ? (r * r) / 2 : k * (Math.abs(r) - k / 2)),
    weight: (r) => (Math.abs(r) <= k ? 1 : k / Math.abs(r)),
  };
}

/** Levels off smoothly at k² / 2; at r = k the loss is half of that (Geman and McClure 1987). */
export function gemanMcClure(k: number): RobustLoss {
  positive(k);
  return {
    loss: (r) => (r * r) / (2 * (1 + (r / k) ** 2)),
    weight: (r) => 1 / (1 + (r / k) ** 2) ** 2,
  };
}

/** Constant, k² / 6, beyond `k`, where outliers have no influence at all (Beaton and Tukey 1974). k = 4.685 σ keeps 95 % efficiency. */
export function tukey(k: number): RobustLoss {
  positive(k);
  return {
    loss: (r) => (Math.abs(r) < k ? (k * k * (1 - (1 - (r / k) ** 2) ** 3)) / 6 : (k * k) / 6),
    weight: (r) => (Math.abs(r) < k ? (1 - (r / k) ** 2) ** 2 : 0),
  };
}

/** Standard deviation of Gaussian residuals among which up to half may be outliers: 1.4826 times the median of their sizes; 0 for none. */
export function robustDeviation(residuals: ArrayLike<number>): number {
  const sizes = Float64Array.from(residuals, Math.abs).sort();
  const middle = sizes.length >> 1;
  if (sizes.length === 0) return 0;
  return 1.4826 * (sizes.length % 2 === 1 ? sizes[middle] : (sizes[middle - 1] + sizes[middle]) / 2);
}

function positive(k: number): void {
  if (!(k > 0)) throw new RangeError(`robust loss: the threshold must be above 0, not ${k}`);
}
