import type { ParseConfig } from "../config.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import { parseNetwork } from "../networks/parse.ts";
import {
  add,
  argMax,
  cast,
  div,
  equal,
  exp,
  gather,
  greater,
  logSoftmax,
  mean,
  minimum,
  mul,
  neg,
  reshape,
  sub,
  sum,
  transpose,
} from "../ops/index.ts";
import { pictureInput, plainTask } from "./task.ts";

/** 1 at each label's own channel: [n, labels, h, w] from [n, h, w]. */
function oneHot(label: Tensor, labels: number): Tensor {
  const [n, h, w] = label.shape;
  const numbers = constant(
    Int32Array.from({ length: labels }, (_, i) => i),
    [1, labels, 1, 1],
  );
  return cast(equal(reshape(cast(label, "int32"), [n, 1, h, w]), numbers));
}

/** Intersection over union, a mean over the labels that occur in labels or prediction. */
function meanOverlap(predicted: Tensor, expected: Tensor): Tensor {
  const over = (t: Tensor) => sum(t, { axes: [0, 2, 3] });
  const both = over(mul(predicted, expected));
  const either = sub(add(over(predicted), over(expected)), both);
  const present = cast(greater(either, 0));
  return div(sum(div(both, add(either, sub(1, present)))), sum(present));
}

/**
 * 1 − Dice, with probabilities in place of labels, a mean over the labels that occur (Milletari et al. 2016): unlike the
 * cross-entropy it counts a label with few pixels as much as one with many.
 */
function diceLoss(probabilities: Tensor, expected: Tensor): Tensor {
  const over = (t: Tensor) => sum(t, { axes: [0, 2, 3] });
  const [known, there] = [sum(expected, { axes: 1, keep: true }), over(expected)];
  const present = cast(greater(there, 0));
  const both = over(mul(probabilities, expected));
  const dice = div(mul(both, 2), add(add(over(mul(probabilities, known)), there), sub(1, present)));
  return sub(1, div(sum(mul(dice, present)), sum(present)));
}

const palette = [0, 0, 0, 0.9, 0.6, 0.5, 0.3, 0.2, 0.8, 0.2, 0.8, 0.3, 0.9, 0.9, 0.2, 0.8, 0.1, 0.2];

function coloured(label: Tensor, labels: number): Tensor {
  const values = Float32Array.from({ length: labels * 3 }, (_, i) => palette[i % palette.length]);
  const within = minimum(cast(label, "int32"), constant(Int32Array.of(labels - 1), []));
  return transpose(gather(constant(values, [labels, 3]), within), [0, 3, 1, 2]);
}

/** Labels per pixel: cross-entropy and Dice against known ones (a label beyond the last one is ignored); reports accuracy and mean intersection over union. */
export const parseTask = plainTask<ParseConfig>({
  fields: () => ({ image: "picture", label: "labels" }),
  inputs: (config, count) => ({
    image: pictureInput("image", config, count, 3),
    label: input("label", [count, config.size, config.size], "int32"),
  }),
  predict: ({ network }, v, { image }) => ({ logits: parseNetwork(v, image, network) }),
  score: ({ network, losses }, { logits }, { label }) => {
    const expected = oneHot(label, network.labels);
    const predicted = oneHot(argMax(logits, 1), network.labels);
    const logarithms = logSoftmax(logits, 1);
    const crossEntropy = neg(mean(sum(mul(expected, logarithms), { axes: 1 })));
    const dice = diceLoss(exp(logarithms), expected);
    const loss = add(mul(crossEntropy, losses.crossEntropy), mul(dice, losses.dice));
    const accuracy = mean(sum(mul(expected, predicted), { axes: 1 }));
    return { loss, metrics: { crossEntropy, dice, accuracy, overlap: meanOverlap(predicted, expected) } };
  },
  show: ({ network }, { logits }, { image, label }) => [
    image,
    coloured(label, network.labels),
    coloured(argMax(logits, 1), network.labels),
  ],
});
