import type { Tensor } from "../graph/tensor.ts";
import { normal, type Variables } from "../graph/variables.ts";
import {
  add,
  avgPool2d,
  concat,
  div,
  instanceNorm,
  leakyRelu,
  minimum,
  mul,
  pad,
  relu,
  resize,
  sub,
  tanh,
} from "../ops/index.ts";
import { conv, convTranspose } from "./layers.ts";

/** Weights of pix2pixHD start normal with deviation 0.02. */
const initialize = normal(0.02);

const mirror = (x: Tensor, size: number): Tensor =>
  pad(
    x,
    [2, 3].map((axis) => ({ axis, before: size, after: size })),
    "reflect",
  );

export interface GeneratorOptions {
  /** Channels after the first convolution; 64 in pix2pixHD (182 M parameters), 16 in the default model. */
  readonly filters?: number;
  /** How often the map is halved; 4 in pix2pixHD. */
  readonly halvings?: number;
  /** Residual blocks; 9 in pix2pixHD. */
  readonly blocks?: number;
  readonly outputs?: number;
  /**
   * Whether the decoder sees the encoder's maps of the same size, added to its own, and the last convolution the input: so a small
   * network keeps details. Not in pix2pixHD; default false.
   */
  readonly skips?: boolean;
}

/**
 * The global generator of pix2pixHD (Wang et al. 2018), the first convolution of each residual block dilated by 2 as in
 * the paper's supplement S1: x [n, c, h, w] in [−1, 1] → [n, outputs, h, w] in [−1, 1]; h and w multiples of 2^halvings.
 */
export function refineGenerator(v: Variables, x: Tensor, options: GeneratorOptions = {}): Tensor {
  const { filters = 16, halvings = 4, blocks = 6, outputs = 3, skips = false } = options;
  const common = { bias: true, initialize };
  let y = relu(instanceNorm(conv(v.scope("first"), mirror(x, 3), filters, 7, common)));
  const encoded = [y];
  for (let i = 1; i <= halvings; i++) {
    y = relu(instanceNorm(conv(v.scope(`down${i}`), y, filters * 2 ** i, 3, { ...common, stride: 2, padding: 1 })));
    encoded.push(y);
  }
  for (let i = 1; i <= blocks; i++) {
    const block = v.scope(`block${i}`);
    const channels = y.shape[1];
    const inner = conv(block.scope("conv1"), mirror(y, 2), channels, 3, { ...common, dilation: 2 });
    const outer = conv(block.scope("conv2"), mirror(relu(instanceNorm(inner)), 1), channels, 3, common);
    y = add(y, instanceNorm(outer));
  }
  for (let i = halvings; i >= 1; i--) {
    const up = { ...common, stride: 2, padding: 1, outputPadding: 1 };
    y = relu(instanceNorm(convTranspose(v.scope(`up${i}`), y, filters * 2 ** (i - 1), 3, up)));
    if (skips) y = add(y, encoded[i - 1]);
  }
  return tanh(conv(v.scope("last"), mirror(skips ? concat([y, x], 1) : y, 3), outputs, 7, common));
}

/** Pixels of the known part of a picture that stand for a whole one when sizes are halved: so borders of holes stay sharp. */
const ENOUGH = 0.5;

/**
 * A picture whose holes are filled from what is around them, by push–pull (Gortler et al. 1996): means of what is known at half
 * the size, a quarter and so on, each taken where the larger one knows nothing. Known parts stay as they are.
 * @param x [n, c, h, w], 0 in the holes
 * @param known [n, 1, h, w], 1 or 0
 */
export function pushPull(x: Tensor, known: Tensor): Tensor {
  const [, , height, width] = x.shape;
  if (height % 2 !== 0 || width % 2 !== 0) return div(x, add(known, 1e-4));
  const share = avgPool2d(known, 2, { stride: 2 });
  // What is known of half a window or more counts as all of it.
  const coarseKnown = minimum(div(share, ENOUGH), 1);
  const coarse = mul(div(avgPool2d(x, 2, { stride: 2 }), add(share, 1e-4)), coarseKnown);
  const around = resize(pushPull(coarse, coarseKnown), height, width, "bilinear");
  return add(x, mul(around, sub(1, known)));
}

export interface DiscriminatorOptions {
  /** Channels after the first convolution; 64 in pix2pixHD. */
  readonly filters?: number;
  /** Convolutions with stride 2; 3 in pix2pixHD. */
  readonly halvings?: number;
  /** How many discriminators, each seeing the picture at half the size of the one before; 2 in pix2pixHD. */
  readonly scales?: number;
}

/**
 * The multi-scale PatchGAN discriminators of pix2pixHD of x [n, c, h, w]: for each scale the maps after every layer,
 * the last of which [n, 1, h', w'] judges patches (least squares: 1 real, 0 made).
 */
export function patchDiscriminators(v: Variables, x: Tensor, options: DiscriminatorOptions = {}): Tensor[][] {
  const { filters = 64, halvings = 3, scales = 2 } = options;
  let picture = x;
  return Array.from({ length: scales }, (_, s) => {
    if (s > 0) picture = avgPool2d(picture, 3, { stride: 2, padding: 1, countPadding: false });
    return patchDiscriminator(v.scope(`scale${s + 1}`), picture, filters, halvings);
  });
}

function patchDiscriminator(v: Variables, x: Tensor, filters: number, halvings: number): Tensor[] {
  const layer = (from: Tensor, number: number, channels: number, stride: number) =>
    conv(v.scope(`conv${number}`), from, channels, 4, { bias: true, initialize, stride, padding: 2 });
  const maps = [leakyRelu(layer(x, 1, filters, 2), 0.2)];
  for (let i = 1; i <= halvings; i++) {
    const channels = Math.min(512, filters * 2 ** i);
    maps.push(leakyRelu(instanceNorm(layer(maps[i - 1], i + 1, channels, i < halvings ? 2 : 1)), 0.2));
  }
  maps.push(layer(maps[halvings], halvings + 2, 1, 1));
  return maps;
}
