import { normalizeAxes } from "../graph/shape.ts";
import { indices, int, operator, type Shape, type Tensor } from "../graph/tensor.ts";
import { abs, add, cast, div, equal, mul, sqrt, square } from "./elementwise.ts";
import { broadcastTo, reshape } from "./shape.ts";

export interface ReduceOptions {
  /** Axes to reduce, counting from the end when negative; all when absent. */
  readonly axes?: number | readonly number[];
  /** Keep reduced axes with size 1. */
  readonly keep?: boolean;
}

const kept = (shape: Shape, axes: readonly number[]): number[] => shape.map((n, i) => (axes.includes(i) ? 1 : n));

const dropped = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, i) => !axes.includes(i));

function reduceKeeping(
  type: string,
  x: Tensor,
  axes: readonly number[],
  vjp: (dy: Tensor, y: Tensor) => Tensor,
): Tensor {
  return operator(
    type,
    [x, indices(axes)],
    { keepdims: int(1) },
    kept(x.shape, axes),
    (dy, y) => [vjp(dy, y), null],
    x.dtype,
  );
}

function finish(x: Tensor, y: Tensor, axes: readonly number[], keep = false): Tensor {
  return keep ? y : reshape(y, dropped(x.shape, axes));
}

/** Long sums lose digits in one go (float32): the innermost axis first, the others after. */
const oneGo = 1 << 14;

const addUp = (x: Tensor, axes: readonly number[]): Tensor =>
  reduceKeeping("ReduceSum", x, axes, (dy) => broadcastTo(dy, x.shape));

/**
 * Reduces with axes of size 1 behind the last reduced one left out. With them ONNX Runtime takes the sum for one along
 * an inner axis, as a matrix product whose order of addition depends on the number of threads.
 */
function atTheEnd(x: Tensor, axes: readonly number[], reduce: (t: Tensor, axes: readonly number[]) => Tensor): Tensor {
  const end = axes[axes.length - 1] + 1;
  if (end === x.shape.length || x.shape.slice(end).some((n) => n !== 1)) return reduce(x, axes);
  return reshape(reduce(reshape(x, x.shape.slice(0, end)), axes), kept(x.shape, axes));
}

/** Sum over some axes. */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = normalizeAxes("sum", x.shape, options.axes);
  const step = (from: Tensor, some: readonly number[]): Tensor =>
    some.length === 0 ? from : atTheEnd(from, some, addUp);
  const count = axes.reduce((n, axis) => n * x.shape[axis], 1);
  const inner = count > oneGo && axes.length > 1 ? axes.slice(-1) : [];
  const y = step(
    step(x, inner),
    axes.filter((axis) => !inner.includes(axis)),
  );
  return finish(x, y, axes, options.keep);
}

/** Arithmetic mean over some axes. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = normalizeAxes("mean", x.shape, options.axes);
  return mul(sum(x, { ...options, axes }), 1 / axes.reduce((n, axis) => n * x.shape[axis], 1));
}

const extreme =
  (type: string) =>
  (x: Tensor, options: ReduceOptions = {}): Tensor => {
    const axes = normalizeAxes(type, x.shape, options.axes);
    const y = reduceKeeping(type, x, axes, (dy, top) => {
      const at = cast(equal(x, top));
      return mul(at, div(dy, sum(at, { axes, keep: true })));
    });
    return finish(x, y, axes, options.keep);
  };

/** Largest value over some axes; equal ones share the gradient. */
export const max = extreme("ReduceMax");
/** Smallest value over some axes; equal ones share the gradient. */
export const min = extreme("ReduceMin");

/** Sum of absolute values. */
export const norm1 = (x: Tensor, options: ReduceOptions = {}): Tensor => sum(abs(x), options);

/** Root of the sum of squares; `epsilon` under the root keeps the gradient finite at 0. */
export function norm2(x: Tensor, options: ReduceOptions & { readonly epsilon?: number } = {}): Tensor {
  const squares = sum(square(x), options);
  return sqrt(options.epsilon ? add(squares, options.epsilon) : squares);
}

/** Index of the largest value along an axis (the first of equal ones), int64, without that axis. No gradient. */
export function argMax(x: Tensor, axis: number): Tensor {
  const [a] = normalizeAxes("argMax", x.shape, axis);
  const attributes = { axis: int(a), keepdims: int(0) };
  return operator("ArgMax", [x], attributes, dropped(x.shape, [a]), () => [null], "int64");
}

/** Sums a gradient over the axes along which an operand of the given shape was stretched. */
export function unbroadcast(dy: Tensor, shape: Shape): Tensor {
  if (dy.shape.length === shape.length && dy.shape.every((n, i) => n === shape[i])) return dy;
  const offset = dy.shape.length - shape.length;
  const axes = dy.shape.flatMap((n, i) => (i < offset || (shape[i - offset] === 1 && n !== 1) ? [i] : []));
  const summed = axes.length > 0 ? sum(dy, { axes, keep: true }) : dy;
  return reshape(summed, shape);
}
