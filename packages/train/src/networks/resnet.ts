import type { Tensor } from "../graph/tensor.ts";
import type { Variables } from "../graph/variables.ts";
import { add, maxPool2d, relu } from "../ops/index.ts";
import { batchNorm, conv } from "./layers.ts";

/** Feature maps of a residual network at 1/2, 1/4, 1/8, 1/16 and 1/32 of the input's size. */
export interface Pyramid {
  readonly stem: Tensor;
  readonly layer1: Tensor;
  readonly layer2: Tensor;
  readonly layer3: Tensor;
  readonly layer4: Tensor;
}

/** Two 3 × 3 convolutions beside a shortcut. */
function basicBlock(v: Variables, x: Tensor, channels: number, stride: number): Tensor {
  let y = conv(v.scope("conv1"), x, channels, 3, { stride, padding: 1 });
  y = relu(batchNorm(v.scope("bn1"), y));
  y = conv(v.scope("conv2"), y, channels, 3, { padding: 1 });
  y = batchNorm(v.scope("bn2"), y);
  return relu(add(y, shortcut(v, x, channels, stride)));
}

/** 1 × 1, 3 × 3 and 1 × 1 convolutions with four times the channels at the end; the stride is in the 3 × 3 one. */
function bottleneck(v: Variables, x: Tensor, channels: number, stride: number): Tensor {
  let y = relu(batchNorm(v.scope("bn1"), conv(v.scope("conv1"), x, channels, 1)));
  y = conv(v.scope("conv2"), y, channels, 3, { stride, padding: 1 });
  y = relu(batchNorm(v.scope("bn2"), y));
  y = batchNorm(v.scope("bn3"), conv(v.scope("conv3"), y, 4 * channels, 1));
  return relu(add(y, shortcut(v, x, 4 * channels, stride)));
}

function shortcut(v: Variables, x: Tensor, channels: number, stride: number): Tensor {
  if (stride === 1 && x.shape[1] === channels) return x;
  const down = v.scope("downsample");
  return batchNorm(down.scope("1"), conv(down.scope("0"), x, channels, 1, { stride }));
}

function body(
  block: typeof basicBlock,
  counts: readonly [number, number, number, number],
  v: Variables,
  x: Tensor,
  width: number,
): Pyramid {
  const stem = relu(batchNorm(v.scope("bn1"), conv(v.scope("conv1"), x, width, 7, { stride: 2, padding: 3 })));
  const layer = (input: Tensor, number: number): Tensor => {
    let y = input;
    for (let i = 0; i < counts[number - 1]; i++)
      y = block(v.scope(`layer${number}.${i}`), y, width * 2 ** (number - 1), i === 0 && number > 1 ? 2 : 1);
    return y;
  };
  const layer1 = layer(maxPool2d(stem, 3, { stride: 2, padding: 1 }), 1);
  const layer2 = layer(layer1, 2);
  const layer3 = layer(layer2, 3);
  return { stem, layer1, layer2, layer3, layer4: layer(layer3, 4) };
}

/**
 * ResNet-18 without its classifier (He et al. 2016), of x [n, c, h, w]; sizes are multiples of 32.
 * Variables are named as in torchvision, so its weights fit. `width` is the number of channels of the stem.
 */
export const resnet18 = (v: Variables, x: Tensor, width = 64): Pyramid => body(basicBlock, [2, 2, 2, 2], v, x, width);

/** ResNet-50 without its classifier; the stride of a block is in its 3 × 3 convolution, as in torchvision. */
export const resnet50 = (v: Variables, x: Tensor, width = 64): Pyramid => body(bottleneck, [3, 4, 6, 3], v, x, width);
