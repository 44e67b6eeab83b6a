import type { ConvOptions } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { fill, heNormal, type Initializer, uniformByInputs, type Variables } from "../graph/variables.ts";
import * as ops from "../ops/index.ts";

/** What is common to a convolution and a transposed one, beside the sizes. */
export interface ConvLayerOptions extends ConvOptions {
  /** A bias per channel; without one when absent. */
  readonly bias?: boolean;
  readonly initialize?: Initializer;
}

/** A convolution with weights of its own, named `weight` and `bias`. */
export function conv(v: Variables, x: Tensor, outputs: number, kernel: number, options: ConvLayerOptions = {}): Tensor {
  const { bias = false, initialize = heNormal, groups = 1, ...rest } = options;
  const inputs = x.shape[1] / groups;
  const weight = v.weight("weight", [outputs, inputs, kernel, kernel], initialize);
  const offset = bias ? v.weight("bias", [outputs], uniformByInputs(inputs * kernel * kernel)) : null;
  // Inference keeps the plain operator: the runtime lays constant weights out for it, and normalisation folds into it.
  const convolve = v.training && ops.suitsWinograd(weight.shape, { ...rest, groups }) ? ops.winogradConv2d : ops.conv2d;
  return convolve(x, weight, offset, { ...rest, groups });
}

/** A transposed convolution with weights of its own. */
export function convTranspose(
  v: Variables,
  x: Tensor,
  outputs: number,
  kernel: number,
  options: ConvLayerOptions & { readonly outputPadding?: number } = {},
): Tensor {
  const { bias = false, initialize = heNormal, ...rest } = options;
  const weight = v.weight("weight", [x.shape[1], outputs, kernel, kernel], initialize);
  const offset = bias ? v.weight("bias", [outputs], uniformByInputs(outputs * kernel * kernel)) : null;
  return ops.convTranspose2d(x, weight, offset, rest);
}

/** How much of the running statistics a step replaces, PyTorch's default. */
const momentum = 0.1;

/** Batch normalisation with `weight`, `bias`, `running_mean` and `running_var` (unbiased), as in PyTorch. */
export function batchNorm(v: Variables, x: Tensor): Tensor {
  const [n, c, h, w] = x.shape;
  const scale = v.weight("weight", [c], fill(1));
  const bias = v.weight("bias", [c], fill(0));
  const mean = v.statistic("running_mean", [c], 0);
  const variance = v.statistic("running_var", [c], 1);
  if (!v.training) return ops.batchNormInference(x, scale, bias, mean, variance);
  const batch = ops.batchNormTraining(x, scale, bias);
  const blend = (old: Tensor, now: Tensor, weight: number) =>
    ops.add(ops.mul(old, 1 - momentum), ops.mul(now, momentum * weight));
  const count = n * h * w;
  v.update("running_mean", blend(mean, batch.mean, 1));
  v.update("running_var", blend(variance, batch.variance, count / Math.max(1, count - 1)));
  return batch.y;
}

/** x Wᵀ + b with weights of its own. */
export function linear(
  v: Variables,
  x: Tensor,
  outputs: number,
  options: { readonly initialize?: Initializer; readonly bias?: Initializer } = {},
): Tensor {
  const inputs = x.shape[x.shape.length - 1];
  const weight = v.weight("weight", [outputs, inputs], options.initialize ?? uniformByInputs(inputs));
  const bias = v.weight("bias", [outputs], options.bias ?? uniformByInputs(inputs));
  return ops.linear(x, weight, bias);
}
