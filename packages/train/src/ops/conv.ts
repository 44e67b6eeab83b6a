import { type ConvGeometry, type ConvOptions, convGeometry, requireRank, windowedSize } from "../graph/shape.ts";
import { int, ints, operator, type Shape, ShapeError, show, type Tensor } from "../graph/tensor.ts";
import { mul } from "./elementwise.ts";
import { matmul, swap } from "./matmul.ts";
import { sum } from "./reduce.ts";
import { concat, flip, pad, reshape, slice, transpose } from "./shape.ts";

/**
 * 2-D convolution (cross-correlation, as in every framework) of x [n, c, h, w] with weights [m, c / groups, kh, kw]
 * and an optional bias [m].
 * @throws {@link ShapeError} naming both shapes when channels, groups or sizes do not fit
 */
export function conv2d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  const geometry = convGeometry("conv2d", options);
  requireRank("conv2d", x.shape, 4, "the input");
  requireRank("conv2d", weight.shape, 4, "the weights");
  const { stride, pads, dilation, groups } = geometry;
  const [n, c, h, w] = x.shape;
  const [m, cg, kh, kw] = weight.shape;
  if (cg * groups !== c || m % groups !== 0)
    throw new ShapeError(
      "conv2d",
      `input ${show(x.shape)} and weights ${show(weight.shape)} do not fit with ${groups} groups`,
    );
  requireBias("conv2d", bias, m);
  const oh = windowedSize(h, kh, stride, pads[0] + pads[2], dilation);
  const ow = windowedSize(w, kw, stride, pads[1] + pads[3], dilation);
  if (oh < 1 || ow < 1)
    throw new ShapeError("conv2d", `kernel ${show(weight.shape)} is larger than the padded input ${show(x.shape)}`);
  return operator("Conv", withBias(x, weight, bias), attributes(geometry, [kh, kw]), [n, m, oh, ow], (dy) => [
    inputGradient(dy, weight, x.shape, geometry),
    weightGradient(x, dy, weight.shape, geometry),
    bias && biasGradient(dy),
  ]);
}

/** Zero padding of the result on the far side, beside the options of a convolution. */
export interface ConvTransposeOptions extends ConvOptions {
  readonly outputPadding?: number | readonly [number, number];
}

/** Transposed 2-D convolution of x [n, m, h, w] with weights [m, c / groups, kh, kw]: the input gradient of {@link conv2d}. */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeOptions = {},
): Tensor {
  const geometry = convGeometry("convTranspose2d", options);
  requireRank("convTranspose2d", x.shape, 4, "the input");
  requireRank("convTranspose2d", weight.shape, 4, "the weights");
  const { stride, pads, dilation, groups } = geometry;
  const { outputPadding: extra = 0 } = options;
  const extras = typeof extra === "number" ? [extra, extra] : extra;
  const [n, m, h, w] = x.shape;
  const [wm, cg, kh, kw] = weight.shape;
  if (wm !== m || m % groups !== 0)
    throw new ShapeError(
      "convTranspose2d",
      `input ${show(x.shape)} and weights ${show(weight.shape)} do not fit with ${groups} groups`,
    );
  if (extras.some((e) => e < 0 || e >= Math.max(stride, dilation)))
    throw new ShapeError("convTranspose2d", `output padding ${show(extras)} must be smaller than stride or dilation`);
  const c = cg * groups;
  requireBias("convTranspose2d", bias, c);
  const oh = (h - 1) * stride - pads[0] - pads[2] + dilation * (kh - 1) + 1 + extras[0];
  const ow = (w - 1) * stride - pads[1] - pads[3] + dilation * (kw - 1) + 1 + extras[1];
  if (oh < 1 || ow < 1)
    throw new ShapeError("convTranspose2d", `padding leaves nothing of ${show(x.shape)} with ${show(weight.shape)}`);
  const all = { ...attributes(geometry, [kh, kw]), output_padding: ints(extras) };
  return operator("ConvTranspose", withBias(x, weight, bias), all, [n, c, oh, ow], (dy) => [
    cropTo(conv2d(dy, weight, null, { stride, padding: pads, dilation, groups }), h, w),
    groups === 1 ? swappedConv(dy, x, weight.shape, geometry) : weightGradient(dy, x, weight.shape, geometry),
    bias && biasGradient(dy),
  ]);
}

const withBias = (x: Tensor, weight: Tensor, bias: Tensor | null) => (bias ? [x, weight, bias] : [x, weight]);

const biasGradient = (dy: Tensor): Tensor => sum(sum(dy, { axes: [2, 3] }), { axes: 0 });

function requireBias(operator: string, bias: Tensor | null, channels: number): void {
  if (bias && show(bias.shape) !== show([channels]))
    throw new ShapeError(operator, `the bias must have shape [${channels}], but has ${show(bias.shape)}`);
}

const attributes = ({ stride, pads, dilation, groups }: ConvGeometry, kernel: readonly [number, number]) => ({
  kernel_shape: ints(kernel),
  strides: ints([stride, stride]),
  pads: ints(pads),
  dilations: ints([dilation, dilation]),
  group: int(groups),
});

const cropTo = (x: Tensor, h: number, w: number): Tensor => slice(x, { axis: 2, end: h }, { axis: 3, end: w });

/**
 * d loss / d x. Measured on CPU (docs/performance.md): for stride 1 a convolution with the flipped kernel wins on
 * large maps, the transposed convolution on small ones with many channels; 1 × 1 kernels are a product with Wᵀ.
 */
function inputGradient(dy: Tensor, weight: Tensor, shape: Shape, geometry: ConvGeometry): Tensor {
  const { stride, pads, dilation, groups } = geometry;
  const [, , h, w] = shape;
  const [, , kh, kw] = weight.shape;
  const flipped = pads.map((p, i) => dilation * ((i % 2 === 0 ? kh : kw) - 1) - p);
  const unpadded = pads.every((p) => p === 0);
  if (groups === 1 && kh === 1 && kw === 1 && unpadded) {
    const dense = conv2d(dy, transpose(weight, [1, 0, 2, 3]));
    return stride === 1 ? dense : spread(dense, stride, h, w);
  }
  if (groups === 1 && stride === 1 && h * w >= 12 * 12 && flipped.every((p) => p >= 0)) {
    const kernel = transpose(flip(flip(weight, 2), 3), [1, 0, 2, 3]);
    return conv2d(dy, kernel, null, { padding: flipped as [number, number, number, number], dilation });
  }
  const reach = (n: number, k: number, p: number) => (n - 1) * stride - p + dilation * (k - 1) + 1;
  const missing = [h - reach(dy.shape[2], kh, pads[0] + pads[2]), w - reach(dy.shape[3], kw, pads[1] + pads[3])];
  // A window that never reached the far border leaves rows without gradient; ONNX allows fewer than a stride of them.
  const extras = missing.map((n) => Math.min(n, Math.max(stride, dilation) - 1)) as [number, number];
  return convTranspose2d(dy, weight, null, { stride, padding: pads, dilation, groups, outputPadding: extras });
}

/** Values `stride` apart, zeros between, on a map of h × w. */
function spread(x: Tensor, stride: number, h: number, w: number): Tensor {
  const [n, c, oh, ow] = x.shape;
  const apart = pad(reshape(x, [n, c, oh, 1, ow, 1]), [
    { axis: 3, before: 0, after: stride - 1 },
    { axis: 5, before: 0, after: stride - 1 },
  ]);
  const [sh, sw] = [oh * stride, ow * stride];
  const far = [
    { axis: 2, before: 0, after: Math.max(0, h - sh) },
    { axis: 3, before: 0, after: Math.max(0, w - sw) },
  ];
  return cropTo(pad(reshape(apart, [n, c, sh, sw]), far), h, w);
}

/**
 * d loss / d weights, by the fastest of three equal formulations (docs/performance.md): a convolution with batch and
 * channels swapped for large kernels, one product over batch and pixels for small maps, one product per tap else.
 */
function weightGradient(x: Tensor, dy: Tensor, shape: Shape, geometry: ConvGeometry): Tensor {
  const [m, c, kh, kw] = shape;
  const pixels = dy.shape[2] * dy.shape[3];
  if (geometry.groups === 1 && kh * kw > 16) return swappedConv(x, dy, shape, geometry);
  if (geometry.groups === 1 && pixels <= 28 * 28 && c >= 16 && m >= 16) return foldedProduct(x, dy, shape, geometry);
  return productPerTap(x, dy, shape, geometry);
}

/** Convolution of x with dy as the kernel, batch and channels swapped, stride and dilation swapped. */
function swappedConv(x: Tensor, dy: Tensor, [, , kh, kw]: Shape, { stride, pads, dilation }: ConvGeometry): Tensor {
  const [xt, dyt] = [x, dy].map((t) => transpose(t, [1, 0, 2, 3]));
  const dw = conv2d(xt, dyt, null, { stride: dilation, dilation: stride, padding: pads });
  return transpose(cropTo(dw, kh, kw), [1, 0, 2, 3]);
}

/** What each tap of the kernel sees: strided windows of the padded input. */
function taps(x: Tensor, dy: Tensor, [, , kh, kw]: Shape, { stride, pads, dilation }: ConvGeometry): Tensor[] {
  const padded = pad(x, [
    { axis: 2, before: pads[0], after: pads[2] },
    { axis: 3, before: pads[1], after: pads[3] },
  ]);
  const span = (axis: number, tap: number) => {
    const start = tap * dilation;
    return { axis, start, end: start + (dy.shape[axis] - 1) * stride + 1, step: stride };
  };
  const list: Tensor[] = [];
  for (let i = 0; i < kh; i++) for (let j = 0; j < kw; j++) list.push(slice(padded, span(2, i), span(3, j)));
  return list;
}

function foldedProduct(x: Tensor, dy: Tensor, shape: Shape, geometry: ConvGeometry): Tensor {
  const [m, c, kh, kw] = shape;
  const pixels = dy.shape[0] * dy.shape[2] * dy.shape[3];
  const windows = taps(transpose(x, [1, 0, 2, 3]), dy, shape, geometry).map((t) => reshape(t, [c, pixels]));
  const left = reshape(transpose(dy, [1, 0, 2, 3]), [m, pixels]);
  const product = matmul(left, swap(concat(windows, 0)));
  // The transposition comes last: the runtime rewrites one in front of a reshape, and then puts the node off to the end
  // of the step, with all that it reads.
  return transpose(reshape(product, [m, kh, kw, c]), [0, 3, 1, 2]);
}

function productPerTap(x: Tensor, dy: Tensor, shape: Shape, geometry: ConvGeometry): Tensor {
  const [m, cg, kh, kw] = shape;
  const { groups } = geometry;
  const [n, , oh, ow] = dy.shape;
  const left = reshape(dy, [n, groups, m / groups, oh * ow]);
  const products = taps(x, dy, shape, geometry).map((tap) => {
    if (cg === 1 && m === groups) return sum(mul(tap, dy), { axes: [0, 2, 3] });
    return sum(matmul(left, swap(reshape(tap, [n, groups, cg, oh * ow]))), { axes: 0 });
  });
  const flat = products.map((p) => reshape(p, [m * cg, 1]));
  return reshape(concat(flat, 1), [m, cg, kh, kw]);
}
