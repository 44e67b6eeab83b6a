import { asConstant, type Builder, type Value } from "../builder.ts";
import type { Node, Operator } from "../operator.ts";
import { transpose } from "../tensor.ts";
import { fusedOperators } from "./elementwise.ts";
import { fromImage, pair, slide, toImage } from "./image.ts";

const ones = [1, 1, 1, 1];

/** A filter with its axes in another order: rearranged now when it is known, by a node otherwise. */
function rearranged(filter: Value, order: readonly number[], builder: Builder): string {
  const constant = asConstant(filter);
  return constant
    ? builder.constant(transpose(constant, order), `${filter.name}/onnx`)
    : builder.add("Transpose", [builder.plain(filter)], `${filter.name}/onnx`, { perm: order });
}

function checkFilter(node: Node, filter: Value): readonly number[] {
  if (filter.shape.length !== 4 || filter.shape.some((size) => size < 1))
    throw node.error(`needs a filter of four known sizes, but "${filter.name}" has [${filter.shape}]`);
  return filter.shape;
}

/** Conv2D and _FusedConv2D. The filter is height × width × inputs × outputs. */
const conv: Operator = (node, [x, filter, ...rest], builder) => {
  const image = toImage(node, x, builder);
  const [height, width, inputs, channels] = checkFilter(node, filter);
  if (image.channels % inputs !== 0)
    throw node.error(`has a filter for ${inputs} channels, but its input has ${image.channels}`);
  const { attributes, size } = slide(node, image.size, {
    kernel: [height, width],
    strides: pair(node, "strides"),
    dilations: pair(node, "dilations", ones),
  });
  const group = image.channels / inputs;
  const weights = rearranged(filter, [3, 2, 0, 1], builder);
  const onnx = builder.add(
    "Conv",
    [image.onnx, weights],
    node.name,
    group === 1 ? attributes : { ...attributes, group },
  );
  return fusedOperators(node, fromImage(node, { onnx, batch: image.batch, channels, size }), rest, builder);
};

/** DepthwiseConv2dNative and its fused form. The filter is height × width × channels × multiplier. */
const depthwise: Operator = (node, [x, filter, ...rest], builder) => {
  const image = toImage(node, x, builder);
  const [height, width, inputs, multiplier] = checkFilter(node, filter);
  if (image.channels !== inputs)
    throw node.error(`has a filter for ${inputs} channels, but its input has ${image.channels}`);
  const { attributes, size } = slide(node, image.size, {
    kernel: [height, width],
    strides: pair(node, "strides"),
    dilations: pair(node, "dilations", ones),
  });
  const channels = inputs * multiplier;
  const constant = asConstant(filter);
  if (!constant) throw node.error("has a filter that depends on the input, which is not supported");
  const moved = transpose(constant, [2, 3, 0, 1]);
  const weights = builder.constant({ ...moved, shape: [channels, 1, height, width] }, `${filter.name}/onnx`);
  const onnx = builder.add("Conv", [image.onnx, weights], node.name, { ...attributes, group: inputs });
  return fusedOperators(node, fromImage(node, { onnx, batch: image.batch, channels, size }), rest, builder);
};

/** Conv2DBackpropInput, the transposed convolution: output size, filter (height × width × outputs × inputs), input. */
const transposedConv: Operator = (node, [outputSize, filter, x], builder) => {
  const image = toImage(node, x, builder);
  const [height, width, channels, inputs] = checkFilter(node, filter);
  if (image.channels !== inputs)
    throw node.error(`has a filter for ${inputs} channels, but its input has ${image.channels}`);
  const strides = pair(node, "strides");
  if (pair(node, "dilations", ones).some((dilation) => dilation !== 1))
    throw node.error("is dilated, which is not supported");
  const padding = node.string("padding");
  if (padding !== "SAME" && padding !== "VALID") throw node.error(`has the padding ${padding}, which is not supported`);
  // Two numbers are height and width, four are the whole shape.
  const target = outputSize.elements ? Array.from(outputSize.elements) : [];
  const spatial =
    target.length === 2 ? target : node.string("data_format", "NHWC") === "NCHW" ? target.slice(2) : target.slice(1, 3);
  const size = spatial as [number, number];
  if (size.length !== 2 || size.some(Number.isNaN) || image.size.includes(-1))
    throw node.error("needs picture sizes that do not depend on the input");
  // The output is what SAME or VALID convolution maps to the input; ONNX counts from the full size and cuts pads off.
  const full = [0, 1].map((axis) => (image.size[axis] - 1) * strides[axis] + [height, width][axis]);
  const cut = [0, 1].map((axis) => (padding === "SAME" ? Math.max(0, full[axis] - size[axis]) : 0));
  const grow = [0, 1].map((axis) => size[axis] - (full[axis] - cut[axis]));
  if (grow.some((extra, axis) => extra < 0 || extra >= Math.max(2, strides[axis])))
    throw node.error(`cannot make ${size.join(" × ")} places of ${image.size.join(" × ")}`);
  const before = cut.map((total) => Math.floor(total / 2));
  const weights = rearranged(filter, [3, 2, 0, 1], builder);
  const onnx = builder.add("ConvTranspose", [image.onnx, weights], node.name, {
    kernel_shape: [height, width],
    strides,
    pads: [before[0], before[1], cut[0] - before[0], cut[1] - before[1]],
    output_padding: grow,
  });
  return fromImage(node, { onnx, batch: image.batch, channels, size });
};

export const convolution: Record<string, Operator> = {
  Conv2D: conv,
  _FusedConv2D: conv,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: depthwise,
  Conv2DBackpropInput: transposedConv,
};
