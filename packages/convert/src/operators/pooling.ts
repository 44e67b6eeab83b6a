import type { Operator } from "../operator.ts";
import { fromImage, pair, slide, toImage } from "./image.ts";

/** Padding counts neither in a maximum nor in a mean. */
const pool =
  (op: "MaxPool" | "AveragePool"): Operator =>
  (node, [x], builder) => {
    const image = toImage(node, x, builder);
    const { attributes, size } = slide(node, image.size, {
      kernel: pair(node, "ksize"),
      strides: pair(node, "strides"),
      dilations: [1, 1],
    });
    return fromImage(node, { ...image, onnx: builder.add(op, [image.onnx], node.name, attributes), size });
  };

export const pooling: Record<string, Operator> = {
  AvgPool: pool("AveragePool"),
  MaxPool: pool("MaxPool"),
};
