import { normalizeAxes } from "../graph/shape.ts";
import { int, operator, type Tensor } from "../graph/tensor.ts";
import { exp, mul, sub } from "./elementwise.ts";
import { sum } from "./reduce.ts";

/** exp(x) divided by its sum along an axis. */
export function softmax(x: Tensor, axis: number): Tensor {
  const [a] = normalizeAxes("softmax", x.shape, axis);
  return operator("Softmax", [x], { axis: int(a) }, x.shape, (dy, y) => {
    const weighted = mul(dy, y);
    return [sub(weighted, mul(y, sum(weighted, { axes: a, keep: true })))];
  });
}

/** Logarithm of the softmax along an axis. */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  const [a] = normalizeAxes("logSoftmax", x.shape, axis);
  return operator("LogSoftmax", [x], { axis: int(a) }, x.shape, (dy, y) => [
    sub(dy, mul(exp(y), sum(dy, { axes: a, keep: true }))),
  ]);
}
