import { ShapeError, show, type Tensor } from "../graph/tensor.ts";
import { add, mul, sub } from "./elementwise.ts";
import { slice } from "./shape.ts";

/** Differences to the right and lower neighbour of x [..., h, w]: [..., h, w − 1] and [..., h − 1, w] (paper Eq. 5). */
export function imageGradient(x: Tensor): { readonly horizontal: Tensor; readonly vertical: Tensor } {
  requireSize("imageGradient", x, 2);
  const difference = (axis: number) =>
    sub(slice(x, { axis, start: 1 }), slice(x, { axis, end: x.shape.at(axis)! - 1 }));
  return { horizontal: difference(-1), vertical: difference(-2) };
}

/** Sum of the four neighbours less four times the value, at the inner pixels of x [..., h, w]: [..., h − 2, w − 2] (Eq. 6). */
export function laplacian(x: Tensor): Tensor {
  requireSize("laplacian", x, 3);
  const [h, w] = x.shape.slice(-2);
  const shifted = (dv: number, du: number) =>
    slice(x, { axis: -2, start: 1 + dv, end: h - 1 + dv }, { axis: -1, start: 1 + du, end: w - 1 + du });
  const neighbours = add(add(shifted(-1, 0), shifted(1, 0)), add(shifted(0, -1), shifted(0, 1)));
  return sub(neighbours, mul(shifted(0, 0), 4));
}

function requireSize(operator: string, x: Tensor, least: number): void {
  if (x.shape.length < 2 || x.shape.slice(-2).some((n) => n < least))
    throw new ShapeError(operator, `needs at least ${least} × ${least} pixels, not ${show(x.shape)}`);
}
