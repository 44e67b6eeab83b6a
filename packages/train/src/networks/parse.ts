import type { Tensor } from "../graph/tensor.ts";
import type { Variables } from "../graph/variables.ts";
import { concat, relu, resize } from "../ops/index.ts";
import { batchNorm, conv } from "./layers.ts";

export interface ParseNetworkOptions {
  /** Number of labels. */
  readonly labels?: number;
  /** Channels per level, each half the size of the one before. */
  readonly channels?: readonly number[];
}

/**
 * Face parsing: logits [n, labels, h, w] of x [n, 3, h, w] in [0, 1]; h and w multiples of 2^(levels − 1). A small
 * U-Net of plain 3 × 3 convolutions and nearest-neighbour enlargement: operators that browsers run fast.
 */
export function parseNetwork(v: Variables, x: Tensor, options: ParseNetworkOptions = {}): Tensor {
  const { labels = 6, channels = [16, 24, 48, 96, 128, 160] } = options;
  const unit = (scope: Variables, from: Tensor, outputs: number, stride = 1) =>
    relu(batchNorm(scope.scope("bn"), conv(scope.scope("conv"), from, outputs, 3, { padding: 1, stride })));
  const level = (scope: Variables, from: Tensor, outputs: number, stride = 1) =>
    unit(scope.scope("2"), unit(scope.scope("1"), from, outputs, stride), outputs);

  const maps: Tensor[] = [];
  for (const [i, count] of channels.entries())
    maps.push(level(v.scope(`down${i + 1}`), i === 0 ? x : maps[i - 1], count, i === 0 ? 1 : 2));
  let y = maps[maps.length - 1];
  for (let i = channels.length - 2; i >= 0; i--) {
    const [h, w] = maps[i].shape.slice(2);
    y = level(v.scope(`up${i + 1}`), concat([resize(y, h, w, "nearest"), maps[i]], 1), channels[i]);
  }
  return conv(v.scope("labels"), y, labels, 1, { bias: true });
}
