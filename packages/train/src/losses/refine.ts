import type { Tensor } from "../graph/tensor.ts";
import { abs, add, mean, mul, square, sub } from "../ops/index.ts";
import type { FeatureNetwork } from "./features.ts";
import { distanceOver } from "./region.ts";

// Pictures are sRGB-encoded in [−1, 1], [n, 3, h, w].

/**
 * Colour (Eq. 10, one of its terms): ∫ ‖G(x) − y‖₁ over a region.
 * @param region [n, 1, h, w]: 𝓑, the background and the warped head, for a coarse view y = x = J; everything for y = R̂
 */
export const regeneratedColourError = (made: Tensor, wanted: Tensor, region: Tensor): Tensor =>
  distanceOver(made, wanted, region);

/** E[(D(x) − wanted)²] (Mao et al. 2017): the mean over patches, and over the scales that D judges at. */
export function judgementError(scales: readonly Tensor[][], wanted: number): Tensor {
  const each = scales.map((maps) => mean(square(sub(maps[maps.length - 1], wanted))));
  return mul(each.reduce(add), 1 / each.length);
}

/** The generator's adversarial loss (Eq. 11, one of its terms): ½ E[(D(G(x)) − 1)²]. */
export const generatorError = (made: readonly Tensor[][]): Tensor => mul(judgementError(made, 1), 0.5);

/**
 * The discriminator's loss (Eq. 12): ½ E[(D(G(x)) − 0)²] for x = J or R, and E[(D(R̂) − 1)²], half of it in each of the
 * two turns, so that there are always as many real pictures as made ones.
 */
export const discriminatorError = (made: readonly Tensor[][], real: readonly Tensor[][]): Tensor =>
  mul(add(judgementError(made, 0), judgementError(real, 1)), 0.5);

/** Deep features (Eq. 13): Σᵢ ‖φᵢ(G(R)) − φᵢ(R̂)‖₁ / Nᵢ. */
export function featureError(made: Tensor, wanted: Tensor, features: FeatureNetwork): Tensor {
  const [a, b] = [features(made), features(wanted)];
  return a.map((map, i) => mean(abs(sub(map, b[i])))).reduce(add);
}
