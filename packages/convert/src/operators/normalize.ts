import type { Operator } from "../operator.ts";
import { fromImage, toImage } from "./image.ts";

/** Batch normalisation with stored statistics: x, scale, offset, mean, variance. */
const batchNorm: Operator = (node, [x, ...parameters], builder) => {
  if (node.flag("is_training")) throw node.error("is in training mode; freeze the graph for inference first");
  const image = toImage(node, x, builder);
  const onnx = builder.add("BatchNormalization", [image.onnx, ...parameters.map((p) => builder.plain(p))], node.name, {
    epsilon: { float: node.number("epsilon", 1e-4) },
  });
  return fromImage(node, { ...image, onnx });
};

/** Local response normalisation; TensorFlow counts a radius and leaves alpha undivided. */
const localResponse: Operator = (node, [x], builder) => {
  const image = toImage(node, x, builder);
  const size = 2 * node.number("depth_radius", 5) + 1;
  const onnx = builder.add("LRN", [image.onnx], node.name, {
    size,
    alpha: { float: node.number("alpha", 1) * size },
    beta: { float: node.number("beta", 0.5) },
    bias: { float: node.number("bias", 1) },
  });
  return fromImage(node, { ...image, onnx });
};

export const normalize: Record<string, Operator> = {
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  LRN: localResponse,
};
