import type { Tensor } from "../graph/tensor.ts";
import { add, div, mul, norm2, sub, sum } from "../ops/index.ts";
import type { RenderedFace } from "./rendering.ts";

/**
 * Photometric error (paper Eq. 2, weighted by skin as in Deng et al. 2019, Eq. 2): the mean of |I − I′| over the rendered face,
 * an ℓ₂ norm over the channels, each pixel with the weight of its skin.
 * @param picture I, sRGB-encoded, [n, 3, h, w]
 * @param skin how surely a pixel shows bare skin, in [0, 1], [n, 1, h, w]
 * @returns [n]
 */
export function photometricError(picture: Tensor, { colours, covered }: RenderedFace, skin: Tensor): Tensor {
  const weights = mul(covered, skin);
  // Under the root, so that the gradient stays finite where both agree.
  const distance = norm2(sub(picture, colours), { axes: 1, keep: true, epsilon: 1e-6 });
  const over = (t: Tensor) => sum(t, { axes: [1, 2, 3] });
  return div(over(mul(distance, weights)), add(over(weights), 1e-3));
}
