import { broadcastShape } from "../graph/shape.ts";
import { elementCount, operator, ShapeError, show, type Tensor } from "../graph/tensor.ts";
import { add } from "./elementwise.ts";
import { unbroadcast } from "./reduce.ts";
import { transpose } from "./shape.ts";

/**
 * Matrix product over the last two axes, [..., m, k] × [..., k, n] → [..., m, n]; leading axes broadcast.
 * Bits do not depend on the number of threads: ONNX Runtime shares out the longer side of the result, and a share of
 * few columns changes the order of long sums; so rows are made the longer side where that can happen.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const [m, k] = a.shape.slice(-2);
  const [l, n] = b.shape.slice(-2);
  if (a.shape.length < 2 || b.shape.length < 2 || k !== l)
    throw new ShapeError("matmul", `shapes ${show(a.shape)} and ${show(b.shape)} do not multiply`);
  const lead = broadcastShape("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shared = elementCount(lead) < mostThreads && n > m && n <= mostThreads * fewestColumns && k > longSum;
  if (shared) return swap(matmul(swap(b), swap(a)));
  return operator("MatMul", [a, b], {}, [...lead, m, n], (dy) => [
    unbroadcast(matmul(dy, swap(b)), a.shape),
    unbroadcast(matmul(swap(a), dy), b.shape),
  ]);
}

/** Sums up to this length are taken in one go. */
const longSum = 128;
/** As many products or more are shared out whole. */
const mostThreads = 16;
/** With as many columns or more to each thread the order stays. */
const fewestColumns = 64;

/** The last two axes swapped. */
export function swap(x: Tensor): Tensor {
  const rank = x.shape.length;
  return transpose(
    x,
    x.shape
      .map((_, i) => i)
      .with(rank - 2, rank - 1)
      .with(rank - 1, rank - 2),
  );
}

/** x Wᵀ + b for x [..., in], W [out, in] and b [out], as in torch.nn.Linear. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const y = matmul(x, swap(weight));
  return bias ? add(y, bias) : y;
}
