import type { ParseConfig } from "../config.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import { parseNetwork } from "../networks/parse.ts";
import {
  add,
  argMax,
  cast,
  div,
  equal,
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

const palette = [0, 0, 0, 0.9, 0.6, 0.5, 0.3, 0.2, 0.8, 0.2, 0.8, 0.3, 0.9, 0.9, 0.2, 0.8, 0.1, 0.2];

function coloured(label: Tensor, labels: number): Tensor {
  const values = Float32Array.from({ length: labels * 3 }, (_, i) => palette[i % palette.length]);
  const within = minimum(cast(label, "int32"), constant(Int32Array.of(labels - 1), []));
  return transpose(gather(constant(values, [labels, 3]), within), [0, 3, 1, 2]);
}

/** Labels per pixel: cross-entropy against known ones (a label beyond the last one is ignored); reports accuracy and mean intersection over union. */
export const parseTask = plainTask<ParseConfig>({
  fields: () => ({ image: "picture", label: "labels" }),
  inputs: (config, count) => ({
    image: pictureInput("image", config, count, 3),
    label: input("label", [count, config.size, config.size], "int32"),
  }),
  predict: ({ network }, v, { image }) => ({ logits: parseNetwork(v, image, network) }),
  score: ({ network }, { logits }, { label }) => {
    const expected = oneHot(label, network.labels);
    const predicted = oneHot(argMax(logits, 1), network.labels);
    const loss = neg(mean(sum(mul(expected, logSoftmax(logits, 1)), { axes: 1 })));
    const accuracy = mean(sum(mul(expected, predicted), { axes: 1 }));
    return { loss, metrics: { accuracy, overlap: meanOverlap(predicted, expected) } };
  },
  show: ({ network }, { logits }, { image, label }) => [
    image,
    coloured(label, network.labels),
    coloured(argMax(logits, 1), network.labels),
  ],
});
