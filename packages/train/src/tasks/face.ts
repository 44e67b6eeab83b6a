import type { FaceConfig } from "../config.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { faceNetwork } from "../networks/face.ts";
import { add, div, mean, mul, norm2, slice, square, sub, sum } from "../ops/index.ts";
import { pictureInput, plainTask } from "./task.ts";

const total = (heads: Readonly<Record<string, number>>): number => Object.values(heads).reduce((a, b) => a + b, 0);

/** Mean of 1 − ⟨q, p⟩² of quaternions [n, 4]: 0 for equal rotations, whichever sign. */
function rotationError(q: Tensor, p: Tensor): Tensor {
  const unit = (t: Tensor) => div(t, norm2(t, { axes: 1, keep: true, epsilon: 1e-12 }));
  return mean(sub(1, square(sum(mul(unit(q), unit(p)), { axes: 1 }))));
}

/** Coefficients of a face where they are known (supervised): squared error per group, rotations as quaternions. */
export const faceTask = plainTask<FaceConfig>({
  fields: ({ network }) => ({
    image: "picture",
    coefficients: { vector: total(network.heads), groups: network.heads },
  }),
  inputs: (config, count) => ({
    image: pictureInput("image", config, count, 3),
    coefficients: input("coefficients", [count, total(config.network.heads)]),
  }),
  predict: ({ network }, v, { image }) => faceNetwork(v, image, network),
  score: ({ network, losses }, predictions, { coefficients }) => {
    const metrics: Record<string, Tensor> = {};
    let loss: Tensor | null = null;
    let start = 0;
    for (const [name, size] of Object.entries(network.heads)) {
      const expected = slice(coefficients, { axis: 1, start, end: start + size });
      start += size;
      const error =
        name === "rotation"
          ? rotationError(predictions[name], expected)
          : mean(square(sub(predictions[name], expected)));
      metrics[name] = error;
      const weighted = mul(error, losses[name] ?? 1);
      loss = loss ? add(loss, weighted) : weighted;
    }
    return { loss: loss!, metrics };
  },
  show: (_config, _predictions, { image }) => [image],
});
