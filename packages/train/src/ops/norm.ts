import { requireRank } from "../graph/shape.ts";
import { constant, float, operator, ShapeError, show, type Tensor, withGradient } from "../graph/tensor.ts";
import { add, div, mul, neg, pow, reciprocal, sqrt, square, sub } from "./elementwise.ts";
import { sum } from "./reduce.ts";
import { broadcastTo, reshape } from "./shape.ts";

/** a·x + b with one a and one b per channel of x [n, c, h, w], in one pass: the inference form of batch normalisation. */
function scaleChannels(x: Tensor, a: Tensor, b: Tensor): Tensor {
  const c = x.shape[1];
  const zero = constant(new Float32Array(c), [c]);
  const one = constant(new Float32Array(c).fill(1), [c]);
  return operator("BatchNormalization", [x, a, b, zero, one], { epsilon: float(0) }, x.shape, null);
}

const perChannel = (x: Tensor): Tensor => sum(sum(x, { axes: [2, 3] }), { axes: 0 });

/** A normalised map and the statistics it was normalised with. */
export interface Normalized {
  readonly y: Tensor;
  /** Mean per channel over batch and pixels, [c]; no gradient flows through it. */
  readonly mean: Tensor;
  /** Biased variance per channel, [c]; no gradient flows through it. */
  readonly variance: Tensor;
}

/**
 * Batch normalisation with the statistics of the batch (training), of x [n, c, h, w]:
 * y = (x − mean) / √(variance + epsilon) · scale + bias. The variance takes two passes, as accurate as PyTorch's.
 */
export function batchNormTraining(x: Tensor, scale: Tensor, bias: Tensor, epsilon = 1e-5): Normalized {
  requireRank("batchNorm", x.shape, 4, "the input");
  const [n, c, h, w] = x.shape;
  requireChannels(x, scale, bias);
  const count = n * h * w;
  const mean = mul(perChannel(x), 1 / count);
  const centred = sub(x, reshape(mean, [c, 1, 1]));
  const variance = mul(perChannel(square(centred)), 1 / count);
  const inverse = reciprocal(sqrt(add(variance, epsilon)));
  const a = mul(scale, inverse);
  const y = withGradient([x, scale, bias], scaleChannels(x, a, sub(bias, mul(mean, a))), (dy) => {
    const dBias = perChannel(dy);
    // Σ dy·(x − mean)/σ from Σ dy·x: one pass over both maps instead of a normalised copy.
    const dScale = mul(sub(perChannel(mul(dy, x)), mul(mean, dBias)), inverse);
    const slope = neg(mul(mul(a, inverse), mul(dScale, 1 / count)));
    const offset = neg(add(mul(slope, mean), mul(a, mul(dBias, 1 / count))));
    return [add(scaleChannels(dy, a, offset), scaleChannels(x, slope, zeroLike(c))), dScale, dBias];
  });
  return { y, mean, variance };
}

const zeroLike = (c: number): Tensor => constant(new Float32Array(c), [c]);

/** Batch normalisation with given statistics (inference). */
export function batchNormInference(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon = 1e-5,
): Tensor {
  requireRank("batchNorm", x.shape, 4, "the input");
  requireChannels(x, scale, bias, mean, variance);
  const c = x.shape[1];
  const column = (t: Tensor) => reshape(t, [c, 1, 1]);
  return operator(
    "BatchNormalization",
    [x, scale, bias, mean, variance],
    { epsilon: float(epsilon) },
    x.shape,
    (dy) => {
      const inverse = pow(add(variance, epsilon), -0.5);
      const a = mul(scale, inverse);
      const dBias = perChannel(dy);
      const dScale = perChannel(mul(dy, mul(sub(x, column(mean)), column(inverse))));
      const dVariance = mul(div(mul(dScale, scale), add(variance, epsilon)), -0.5);
      return [mul(dy, column(a)), dScale, dBias, neg(mul(a, dBias)), dVariance];
    },
  );
}

/** Normalisation of each map of each sample on its own, with an optional scale and bias per channel. */
export function instanceNorm(
  x: Tensor,
  scale: Tensor | null = null,
  bias: Tensor | null = null,
  epsilon = 1e-5,
): Tensor {
  requireRank("instanceNorm", x.shape, 4, "the input");
  const [n, c, h, w] = x.shape;
  const each = (t: Tensor | null, value: number) =>
    t
      ? reshape(broadcastTo(reshape(t, [1, c]), [n, c]), [n * c])
      : constant(new Float32Array(n * c).fill(value), [n * c]);
  if (scale && bias) requireChannels(x, scale, bias);
  const { y } = batchNormTraining(reshape(x, [1, n * c, h, w]), each(scale, 1), each(bias, 0), epsilon);
  return reshape(y, x.shape);
}

function requireChannels(x: Tensor, ...parameters: readonly Tensor[]): void {
  for (const p of parameters)
    if (show(p.shape) !== show([x.shape[1]]))
      throw new ShapeError(
        "normalisation",
        `parameters of shape ${show(p.shape)} do not fit an input ${show(x.shape)}`,
      );
}
