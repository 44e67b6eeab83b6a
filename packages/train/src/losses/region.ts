import type { Tensor } from "../graph/tensor.ts";
import { abs, add, div, mul, sub, sum } from "../ops/index.ts";

/** The integrals of the paper's losses, with their normalisation: the mean of values over the pixels of a region (0 or 1). */
export const meanOver = (values: Tensor, region: Tensor): Tensor =>
  div(sum(mul(values, region)), add(sum(region), 1e-6));

/** Mean of |a − b| over a region, summed over the channels. */
export const distanceOver = (a: Tensor, b: Tensor, region: Tensor): Tensor =>
  meanOver(sum(abs(sub(a, b)), { axes: 1, keep: true }), region);
