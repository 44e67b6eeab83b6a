import { constant, type Tensor } from "../graph/tensor.ts";
import { mul, square, sub, sum } from "../ops/index.ts";

/** Nose and inner mouth count more (Deng et al. 2019, section 3.1.2). */
const emphasis = 20;
const isEmphasised = (landmark: number): boolean => (landmark >= 27 && landmark < 36) || landmark >= 60;

/**
 * Reprojection error of the 68 landmarks (Deng et al. 2019, Eq. 4): Σ wᵢ |qᵢ − pᵢ|² / 68, with weight 20 for nose and
 * inner mouth and 1 for the others.
 * @param predicted and @param expected pixels [n, 68, 2]
 * @param visible how much each counts besides, [n, 68]; 1 unless given
 * @returns [n], pixels²
 */
export function landmarkError(predicted: Tensor, expected: Tensor, visible?: Tensor): Tensor {
  const weights = constant(
    Float32Array.from({ length: 68 }, (_, i) => (isEmphasised(i) ? emphasis : 1) / 68),
    [1, 68],
  );
  const squares = sum(square(sub(predicted, expected)), { axes: 2 });
  return sum(mul(squares, visible ? mul(visible, weights) : weights), { axes: 1 });
}
