import type { Tensor } from "../graph/tensor.ts";
import type { Variables } from "../graph/variables.ts";
import { concat, relu, resize } from "../ops/index.ts";
import { batchNorm, conv } from "./layers.ts";

export interface ParseNetworkOptions {
  /** Number of labels. */
  readonly labels?: number;
  /** Channels per level; the first is half the picture's size, each further one half of the one before. */
  readonly channels?: readonly number[];
}

/**
 * Face parsing: logits [n, labels, h, w] of x [n, 3, h, w] in [0, 1]; h and w multiples of 2^levels. A small U-Net of plain
 * convolutions and nearest-neighbour enlargement, operators that browsers run fast. It works at half the picture's size, where
 * most of the time went at full size: boundaries are drawn from the photo afterwards.
 */
export function parseNetwork(v: Variables, x: Tensor, options: ParseNetworkOptions = {}): Tensor {
  const { labels = 6, channels = [24, 48, 80, 128, 160] } = options;
  const unit = (scope: Variables, from: Tensor, outputs: number, kernel = 3, stride = 1) =>
    relu(
      batchNorm(
        scope.scope("bn"),
        conv(scope.scope("conv"), from, outputs, kernel, { padding: (kernel - 1) / 2, stride }),
      ),
    );

  const maps: Tensor[] = [];
  for (const [i, count] of channels.entries()) {
    const scope = v.scope(`down${i + 1}`);
    const halved = unit(scope.scope("1"), maps[i - 1] ?? x, count, i === 0 ? 5 : 3, 2);
    maps.push(unit(scope.scope("2"), halved, count));
  }
  let y = maps[maps.length - 1];
  for (let i = channels.length - 2; i >= 0; i--) {
    const [h, w] = maps[i].shape.slice(2);
    y = unit(v.scope(`up${i + 1}`), concat([resize(y, h, w, "nearest"), maps[i]], 1), channels[i]);
  }
  const [h, w] = x.shape.slice(2);
  return resize(conv(v.scope("labels"), y, labels, 1, { bias: true }), h, w, "bilinear");
}
