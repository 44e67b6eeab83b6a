import type { Tensor } from "../graph/tensor.ts";
import type { Variables } from "../graph/variables.ts";
import { concat, relu } from "../ops/index.ts";
import { batchNorm, conv, convTranspose } from "./layers.ts";
import { resnet18 } from "./resnet.ts";

export interface DepthNetworkOptions {
  /** Channels of the encoder's stem; 64 in the paper. */
  readonly width?: number;
}

/**
 * The depth network of the paper (section 4.2, supplement S1): x [n, c, h, w] → [n, 1, h, w], h and w multiples of 32.
 * A ResNet-18 encodes; five blocks, each of one transposed convolution with stride 2 and one convolution, decode, with
 * the encoder's channel numbers at each size. Encoder maps at 1/16, 1/8 and 1/4 are concatenated to the output of the
 * transposed convolution of that size. The fifth transposed convolution has one channel, and its block is linear.
 */
export function depthNetwork(v: Variables, x: Tensor, { width = 64 }: DepthNetworkOptions = {}): Tensor {
  const { layer1, layer2, layer3, layer4 } = resnet18(v.scope("encoder"), x, width);
  const decoder = v.scope("decoder");
  const block = (number: number, from: Tensor, channels: number, skip?: Tensor): Tensor => {
    const b = decoder.scope(`block${number}`);
    const up = convTranspose(b.scope("up"), from, channels, 4, { stride: 2, padding: 1 });
    const y = relu(batchNorm(b.scope("bn1"), up));
    const merged = skip ? concat([y, skip], 1) : y;
    return relu(batchNorm(b.scope("bn2"), conv(b.scope("conv"), merged, channels, 3, { padding: 1 })));
  };
  let y = block(1, layer4, 4 * width, layer3);
  y = block(2, y, 2 * width, layer2);
  y = block(3, y, width, layer1);
  y = block(4, y, width);
  const last = decoder.scope("block5");
  y = convTranspose(last.scope("up"), y, 1, 4, { stride: 2, padding: 1, bias: true });
  return conv(last.scope("conv"), y, 1, 3, { padding: 1, bias: true });
}
