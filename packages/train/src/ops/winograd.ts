import { type ConvOptions, convGeometry, requireRank, windowedSize } from "../graph/shape.ts";
import {
  type Attributes,
  constant,
  int,
  ints,
  operator,
  type Shape,
  ShapeError,
  show,
  type Tensor,
  withGradient,
} from "../graph/tensor.ts";
import { add } from "./elementwise.ts";
import { matmul, swap } from "./matmul.ts";
import { concat, pad, reshape, slice, transpose } from "./shape.ts";

/** Outputs of a tile along one axis. */
const tile = 4;
/** Inputs that a tile sees along one axis. */
const window = tile + 2;
/** Products per tile. */
const products = window ** 2;

type Matrix = readonly (readonly number[])[];

/**
 * Minimal filtering F(4, 3) (Winograd 1980; Lavin and Gray 2016): four outputs of a filter g of three taps over six
 * inputs d are outputsᵀ [(filter · g) ⊙ (inputs · d)]. By Toom's and Cook's method: polynomials are evaluated at five
 * points and infinity, multiplied there, and interpolated.
 */
function minimalFilter(points: readonly number[]): Record<"outputs" | "filter" | "inputs", Matrix> {
  const powers = (p: number, count: number) => Array.from({ length: count }, (_, i) => p ** i);
  const last = (count: number) => Array.from({ length: count }, (_, i) => (i === count - 1 ? 1 : 0));
  const others = (p: number) => points.filter((q) => q !== p);
  return {
    outputs: [...points.map((p) => powers(p, tile)), last(tile)],
    filter: [
      ...points.map((p) => powers(p, 3).map((v) => v / others(p).reduce((product, q) => product * (p - q), 1))),
      last(3),
    ],
    inputs: [...points.map((p) => [...polynomial(others(p)), 0]), polynomial(points)],
  };
}

/** Coefficients, constant term first, of the polynomial with leading coefficient 1 and the given roots. */
const polynomial = (roots: readonly number[]): number[] =>
  roots.reduce<number[]>(
    (c, root) => Array.from({ length: c.length + 1 }, (_, i) => (c[i - 1] ?? 0) - root * (c[i] ?? 0)),
    [1],
  );

/** The same along both axes: the Kronecker product of a matrix with itself, as rows of one number per place. */
function onBothAxes(a: Matrix): Float32Array {
  return Float32Array.from(a.flatMap((r) => a.flatMap((s) => r.flatMap((x) => s.map((y) => x * y)))));
}

// Of the usual choices of points the one with the smallest rounding error.
const { outputs, filter, inputs } = minimalFilter([0, 1, -1, 0.5, -2]);
const windowKernel = constant(onBothAxes(inputs), [products, 1, window, window]);
const filterMatrix = constant(onBothAxes(filter), [products, 9]);
const tileKernel = constant(onBothAxes(outputs), [products, 1, tile, tile]);

/** How a map is cut into tiles. */
interface Tiling {
  /** Shape [c, n, h, w] of the maps, channels first. */
  readonly shape: Shape;
  /** Numbers of tiles. */
  readonly rows: number;
  readonly columns: number;
}

/**
 * Fewest channels, of input and output, that pay for the transformations: measured on CPU (docs/performance.md) from
 * maps of 7² to 128².
 */
const fewestChannels = 64;

/** Whether {@link winogradConv2d} can be used for a convolution, and is faster in a training step. */
export function suitsWinograd(weight: Shape, options: ConvOptions): boolean {
  const { stride, dilation, groups, pads } = convGeometry("conv2d", options);
  const [m, c, kh, kw] = weight;
  const plain = kh === 3 && kw === 3 && stride === 1 && dilation === 1 && groups === 1 && pads.every((p) => p <= 2);
  return plain && Math.min(m, c) >= fewestChannels;
}

/**
 * {@link conv2d} of x [n, c, h, w] with weights [m, c, 3, 3] and stride 1 with a quarter of the multiplications: 36
 * products of matrices, one for each place in the window of a tile of 4 × 4 outputs. The gradients follow from those
 * of its parts. Rounding errors are about three times those of {@link conv2d}.
 */
export function winogradConv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  { padding = 0 }: ConvOptions = {},
): Tensor {
  const { pads } = convGeometry("winogradConv2d", { padding });
  requireRank("winogradConv2d", x.shape, 4, "the input");
  const [n, c, h, w] = x.shape;
  const [m] = weight.shape;
  if (show(weight.shape) !== show([m, c, 3, 3]) || pads.some((p) => p > 2))
    throw new ShapeError(
      "winogradConv2d",
      `weights must have shape [m, ${c}, 3, 3] for an input ${show(x.shape)}, and padding 2 at most; they have ${show(weight.shape)}, and it is ${show(pads)}`,
    );
  const [oh, ow] = [windowedSize(h, 3, 1, pads[0] + pads[2], 1), windowedSize(w, 3, 1, pads[1] + pads[3], 1)];
  const [rows, columns] = [Math.ceil(oh / tile), Math.ceil(ow / tile)];
  const count = partSize(n, rows * columns);
  const parts = (t: Tensor) =>
    Array.from({ length: n / count }, (_, i) =>
      channelsFirst(slice(t, { axis: 0, start: i * count, end: (i + 1) * count })),
    );
  const whole = (list: readonly Tensor[]) => concat(list.map(channelsFirst), 0);
  const seenTiling = { shape: [c, count, h, w], rows, columns };
  const madeTiling = { shape: [m, count, oh, ow], rows, columns };
  // The form matters in this: the runtime makes what it sees to be the same only once.
  const filters = (form: Shape): Tensor => reshape(matmul(filterMatrix, swap(reshape(weight, form))), [products, m, c]);

  const transformed = filters([m * c, 9]);
  const made = parts(x).map((part) => tiles(matmul(transformed, windows(part, seenTiling, pads)), madeTiling));
  const y = withGradient([x, weight], whole(made), (dy) => {
    // Transformed weights and maps are made again, not to keep four times the weights and twice the maps until now.
    const again = swap(filters([1, m * c, 9]));
    const dMade = parts(dy).map((part) => spread(part, madeTiling));
    const dFilters = parts(x)
      .map((part, i) => matmul(dMade[i], swap(windows(part, seenTiling, pads, true))))
      .reduce((a, b) => add(a, b));
    return [
      whole(dMade.map((d) => overlapped(matmul(again, d), seenTiling, pads))),
      reshape(matmul(swap(reshape(dFilters, [products, m * c])), filterMatrix), weight.shape),
    ];
  });
  return bias ? add(y, reshape(bias, [m, 1, 1])) : y;
}

/** Tiles that fill a product of matrices: with more, transformed maps leave the cache, and memory grows. */
const enoughTiles = 98;

/** How many samples of a batch go into one product: as few as have enough tiles. */
function partSize(samples: number, tilesOfOne: number): number {
  for (let count = 1; count < samples; count++)
    if (samples % count === 0 && count * tilesOfOne >= enoughTiles) return count;
  return samples;
}

/** [n, c, h, w] → [c, n, h, w], and back. */
const channelsFirst = (x: Tensor): Tensor => {
  const [n, c, h, w] = x.shape;
  return n === 1 || c === 1 ? reshape(x, [c, n, h, w]) : transpose(x, [1, 0, 2, 3]);
};

/**
 * Maps [c, n, h, w] → the transformed windows of all tiles [36, c, n · rows · columns]. Made `again`, they have an
 * attribute more, and are not taken for the first ones.
 */
function windows(x: Tensor, tiling: Tiling, pads: readonly number[], again = false): Tensor {
  const { rows, columns, shape } = tiling;
  const [c, n, h, w] = shape;
  const maps = reshape(x, [1, 1, c * n, h, w]);
  const far = [rows * tile + 2 - h - pads[0], columns * tile + 2 - w - pads[1]];
  const attributes = { pads: ints([0, pads[0], pads[1], 0, ...far]), ...(again ? { group: int(1) } : {}) };
  const y = eachMap(maps, windowKernel, attributes, [1, products, c * n, rows, columns], (dy) =>
    reshape(overlapped(reshape(dy, [products, c, n * rows * columns]), tiling, pads), maps.shape),
  );
  return reshape(y, [products, c, n * rows * columns]);
}

/** Adjoint of {@link windows}: [36, c, n · rows · columns] → [c, n, h, w]. */
function overlapped(x: Tensor, tiling: Tiling, pads: readonly number[]): Tensor {
  const { rows, columns, shape } = tiling;
  const [c, n, h, w] = shape;
  // A row of zeros keeps the tiles of one map from reaching into the next one below.
  const apart = pad(reshape(x, [products, c * n, rows, columns]), [{ axis: 2, before: 0, after: 1 }]);
  const height = c * n * (rows + 1);
  const y = operator(
    "ConvTranspose",
    [reshape(apart, [1, products, height, columns]), windowKernel],
    {
      kernel_shape: ints([window, window]),
      strides: ints([tile, tile]),
      pads: ints([pads[0], pads[1], 2 - pads[0], columns * tile + 2 - pads[1] - w]),
    },
    [1, 1, height * tile, w],
    (dy) => [
      reshape(windows(slice(reshape(dy, [c, n, (rows + 1) * tile, w]), { axis: 2, end: h }), tiling, pads), [
        1,
        products,
        height,
        columns,
      ]),
      null,
    ],
  );
  return slice(reshape(y, [c, n, (rows + 1) * tile, w]), { axis: 2, end: h });
}

/** Products [36, c, n · rows · columns] → maps [c, n, h, w]. */
function tiles(x: Tensor, { shape, rows, columns }: Tiling): Tensor {
  const [c, n, h, w] = shape;
  const height = c * n * rows;
  const stacked = reshape(x, [1, products, height, columns]);
  const geometry = { kernel_shape: ints([tile, tile]), strides: ints([tile, tile]) };
  const y = operator("ConvTranspose", [stacked, tileKernel], geometry, [1, 1, height * tile, columns * tile], (dy) => {
    const maps = reshape(dy, [c, n, rows * tile, columns * tile]);
    return [reshape(spread(maps, { shape: maps.shape, rows, columns }), stacked.shape), null];
  });
  return slice(reshape(y, [c, n, rows * tile, columns * tile]), { axis: 2, end: h }, { axis: 3, end: w });
}

/** Adjoint of {@link tiles}: [c, n, h, w] → [36, c, n · rows · columns]. */
function spread(x: Tensor, tiling: Tiling): Tensor {
  const { rows, columns, shape } = tiling;
  const [c, n, h, w] = shape;
  const maps = reshape(x, [1, 1, c * n, h, w]);
  const far = [rows * tile - h, columns * tile - w];
  const attributes = { pads: ints([0, 0, 0, 0, ...far]) };
  const y = eachMap(maps, tileKernel, attributes, [1, products, c * n, rows, columns], (dy) =>
    reshape(tiles(reshape(dy, [products, c, n * rows * columns]), tiling), maps.shape),
  );
  return reshape(y, [products, c, n * rows * columns]);
}

/** One map after the other, as slices of a volume, seen through a kernel with the stride of tiles. */
function eachMap(x: Tensor, kernel: Tensor, geometry: Attributes, shape: Shape, vjp: (dy: Tensor) => Tensor): Tensor {
  const size = kernel.shape[2];
  const attributes = { kernel_shape: ints([1, size, size]), strides: ints([1, tile, tile]), ...geometry };
  const deep = reshape(kernel, [products, 1, 1, size, size]);
  return operator("Conv", [x, deep], attributes, shape, (dy) => [vjp(dy), null]);
}
