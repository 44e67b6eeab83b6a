import { shCount } from "cameo";
import type { Tensor } from "../graph/tensor.ts";
import { add, div, mean, mul, reshape, square, sub, sum } from "../ops/index.ts";

/** How unlikely coefficients are (Deng et al. 2019, Eq. 6): 1.0 |α|² + 0.8 |β|² + 1.7e-2 |δ|², [n]. */
export function unlikelihood(identity: Tensor, expression: Tensor, texture: Tensor): Tensor {
  const squares = (c: Tensor) => sum(square(c), { axes: 1 });
  return add(add(squares(identity), mul(squares(expression), 0.8)), mul(squares(texture), 1.7e-2));
}

/**
 * How the reflectance of plain skin varies (Deng et al. 2019, Eq. 7): its variance over the vertices, summed over the
 * channels; shading is to be explained by light.
 * @param albedo [n, v, 3]
 * @param skin 1 where skin is plain, [1, v, 1]
 * @returns [n]
 */
export function texturedness(albedo: Tensor, skin: Tensor): Tensor {
  const count = sum(skin);
  const over = (t: Tensor) => div(sum(mul(t, skin), { axes: 1, keep: true }), count);
  return sum(over(square(sub(albedo, over(albedo)))), { axes: [1, 2] });
}

/** How coloured a light is: the mean squared difference of its coefficients [n, 27] from their means over the channels, [n]. */
export function lightColour(light: Tensor): Tensor {
  const [n, count] = light.shape;
  const channels = reshape(light, [n, shCount, count / shCount]);
  return mean(square(sub(channels, mean(channels, { axes: 2, keep: true }))), { axes: [1, 2] });
}
