import type { Builder, OnnxAttribute, Value } from "../builder.ts";
import type { Node } from "../operator.ts";

/** A batch of pictures as an ONNX operator sees it: channels first, whatever order TensorFlow has. */
export interface Image {
  /** The ONNX tensor, batch × channels × height × width. */
  readonly onnx: string;
  readonly batch: number;
  readonly channels: number;
  /** Height and width; −1 where unknown. */
  readonly size: readonly [number, number];
}

const isChannelsFirst = (node: Node): boolean => {
  const format = node.string("data_format", "NHWC");
  if (format !== "NHWC" && format !== "NCHW") throw node.error(`has the data format ${format}, which is not supported`);
  return format === "NCHW";
};

/** Reads an input in the node's data format. */
export function toImage(node: Node, x: Value, builder: Builder): Image {
  if (x.shape.length !== 4) throw node.error(`needs an input of four axes, but "${x.name}" has ${x.shape.length}`);
  if (isChannelsFirst(node)) {
    const [batch, channels, height, width] = x.shape;
    return { onnx: builder.plain(x), batch, channels, size: [height, width] };
  }
  const [batch, height, width, channels] = x.shape;
  return { onnx: builder.channelsFirst(x), batch, channels, size: [height, width] };
}

/** Wraps an ONNX picture as a value in the node's data format. */
export function fromImage(node: Node, { onnx, batch, channels, size }: Image): Value {
  return isChannelsFirst(node)
    ? { name: node.name, type: "float32", shape: [batch, channels, ...size], plain: onnx }
    : { name: node.name, type: "float32", shape: [batch, ...size, channels], channelsFirst: onnx };
}

/** Height and width of an attribute with one number per axis, such as strides. */
export function pair(node: Node, key: string, fallback?: readonly number[]): [number, number] {
  const values = node.numbers(key, fallback);
  if (values.length !== 4) throw node.error(`has ${values.length} numbers in its attribute "${key}" instead of 4`);
  const [h, w] = isChannelsFirst(node) ? values.slice(2) : values.slice(1, 3);
  const rest = isChannelsFirst(node) ? values.slice(0, 2) : [values[0], values[3]];
  if (![h, w].every((value) => Number.isInteger(value) && value > 0) || rest.some((value) => value !== 1))
    throw node.error(`has the unsupported ${key} [${values}]`);
  return [h, w];
}

/** A sliding window: kernel size, strides and dilations along height and width. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}

/** Padding before and after so that the output has ceil(size / stride) places (TensorFlow's SAME: the odd one goes after). */
export function samePadding(size: number, kernel: number, stride: number, dilation: number): [number, number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** The ONNX attributes of a sliding window, and the size of its output. */
export function slide(
  node: Node,
  size: readonly [number, number],
  { kernel, strides, dilations }: Window,
): { attributes: Record<string, OnnxAttribute>; size: [number, number] } {
  const attributes: Record<string, OnnxAttribute> = { kernel_shape: kernel, strides };
  if (dilations.some((dilation) => dilation !== 1)) attributes.dilations = dilations;
  const padding = node.string("padding");
  if (padding === "SAME" && size.includes(-1)) {
    const same = (axis: 0 | 1) => (size[axis] < 0 ? -1 : Math.ceil(size[axis] / strides[axis]));
    return { attributes: { ...attributes, auto_pad: "SAME_UPPER" }, size: [same(0), same(1)] };
  }
  const pads = [0, 1].map((axis): [number, number] => {
    if (padding === "SAME") return samePadding(size[axis], kernel[axis], strides[axis], dilations[axis]);
    if (padding === "VALID") return [0, 0];
    if (padding !== "EXPLICIT") throw node.error(`has the padding ${padding}, which is not supported`);
    const explicit = node.numbers("explicit_paddings");
    const from = (isChannelsFirst(node) ? 4 : 2) + 2 * axis;
    if (explicit.length !== 8) throw node.error("has no explicit paddings of four axes");
    return [explicit[from], explicit[from + 1]];
  });
  const places = (axis: 0 | 1): number => {
    if (size[axis] < 0) return -1;
    const reach = (kernel[axis] - 1) * dilations[axis] + 1;
    const count = Math.floor((size[axis] + pads[axis][0] + pads[axis][1] - reach) / strides[axis]) + 1;
    if (count < 1) throw node.error(`has a window of ${reach} places that does not fit its input of ${size[axis]}`);
    return count;
  };
  if (pads.flat().some((pad) => pad !== 0)) attributes.pads = [pads[0][0], pads[1][0], pads[0][1], pads[1][1]];
  return { attributes, size: [places(0), places(1)] };
}
