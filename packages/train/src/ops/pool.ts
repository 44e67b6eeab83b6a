import { convGeometry, requireRank, windowedSize } from "../graph/shape.ts";
import {
  constant,
  elementCount,
  int,
  ints,
  operator,
  operatorWithOutputs,
  ShapeError,
  show,
  type Tensor,
} from "../graph/tensor.ts";
import { convTranspose2d } from "./conv.ts";
import { mul } from "./elementwise.ts";
import { scatterElements } from "./indexing.ts";
import { mean } from "./reduce.ts";
import { reshape } from "./shape.ts";

export interface PoolOptions {
  /** The kernel size when absent. */
  readonly stride?: number;
  /** One number for all sides, or top, left, bottom, right. */
  readonly padding?: number | readonly [number, number, number, number];
}

function geometry(operator: string, x: Tensor, kernel: number, options: PoolOptions) {
  requireRank(operator, x.shape, 4, "the input");
  const { stride, pads } = convGeometry(operator, { stride: options.stride ?? kernel, padding: options.padding });
  const [n, c, h, w] = x.shape;
  const oh = windowedSize(h, kernel, stride, pads[0] + pads[2], 1);
  const ow = windowedSize(w, kernel, stride, pads[1] + pads[3], 1);
  if (oh < 1 || ow < 1) throw new ShapeError(operator, `a window of ${kernel} is larger than ${show(x.shape)}`);
  const attributes = { kernel_shape: ints([kernel, kernel]), strides: ints([stride, stride]), pads: ints(pads) };
  return { stride, pads, attributes, shape: [n, c, oh, ow] as const };
}

/** Largest value in each window of kernel × kernel. The gradient goes to the first of equal values. */
export function maxPool2d(x: Tensor, kernel: number, options: PoolOptions = {}): Tensor {
  const { attributes, shape } = geometry("maxPool2d", x, kernel, options);
  const count = elementCount(x.shape);
  // The second output numbers the values of the whole input tensor.
  const [y, at] = operatorWithOutputs(
    "MaxPool",
    [x],
    attributes,
    [
      { shape, dtype: "float32" },
      { shape, dtype: "int64" },
    ],
    ([dy]) => [dy && reshape(scatterElements([count], flat(at), flat(dy), 0), x.shape)],
  );
  return y;
}

const flat = (x: Tensor): Tensor => reshape(x, [elementCount(x.shape)]);

/** Mean of each window of kernel × kernel; padding counts as zeros unless `countPadding` is false. */
export function avgPool2d(
  x: Tensor,
  kernel: number,
  options: PoolOptions & { readonly countPadding?: boolean } = {},
): Tensor {
  const { attributes, shape, stride, pads } = geometry("avgPool2d", x, kernel, options);
  const { countPadding = true } = options;
  const [n, c, oh, ow] = shape;
  const [, , h, w] = x.shape;
  const weights = constant(new Float32Array(kernel * kernel).fill(countPadding ? 1 / kernel ** 2 : 1), [
    1,
    1,
    kernel,
    kernel,
  ]);
  const vjp = (dy: Tensor) => {
    const share = countPadding ? dy : mul(dy, windowShares(h, w, oh, ow, kernel, stride, pads));
    const maps = reshape(share, [n * c, 1, oh, ow]);
    const extra = (size: number, out: number, p: number) => size - ((out - 1) * stride - p + kernel);
    const outputPadding = [extra(h, oh, pads[0] + pads[2]), extra(w, ow, pads[1] + pads[3])] as const;
    return [reshape(convTranspose2d(maps, weights, null, { stride, padding: pads, outputPadding }), x.shape)];
  };
  return operator("AveragePool", [x], { ...attributes, count_include_pad: int(countPadding ? 1 : 0) }, shape, vjp);
}

/** 1 / number of true values in each window. */
function windowShares(
  h: number,
  w: number,
  oh: number,
  ow: number,
  kernel: number,
  stride: number,
  pads: readonly number[],
): Tensor {
  const covered = (at: number, before: number, size: number) =>
    Math.min(at * stride - before + kernel, size) - Math.max(at * stride - before, 0);
  const shares = new Float32Array(oh * ow);
  for (let i = 0; i < oh; i++)
    for (let j = 0; j < ow; j++) shares[i * ow + j] = 1 / (covered(i, pads[0], h) * covered(j, pads[1], w));
  return constant(shares, [1, 1, oh, ow]);
}

/** Mean over the whole map: [n, c, h, w] → [n, c]. */
export const globalAvgPool = (x: Tensor): Tensor => mean(x, { axes: [2, 3] });
