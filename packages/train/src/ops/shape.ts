import { broadcastShape, normalizeAxes } from "../graph/shape.ts";
import {
  type DType,
  elementCount,
  indices,
  int,
  ints,
  operator,
  type Shape,
  ShapeError,
  scalar,
  show,
  type Tensor,
  text,
} from "../graph/tensor.ts";
import { add, cast } from "./elementwise.ts";
import { sum, unbroadcast } from "./reduce.ts";

const same = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

/** Zeros of any shape, stored as one number. */
export function zeros(shape: Shape, dtype: DType = "float32"): Tensor {
  return broadcastTo(dtype === "float32" ? scalar(0) : cast(scalar(0), dtype), shape);
}

/** The same values in another shape; one −1 is worked out from the rest. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((n, s) => (s < 0 ? n : n * s), 1);
  const full = shape.map((s) => (s < 0 ? elementCount(x.shape) / known : s));
  if (elementCount(full) !== elementCount(x.shape) || full.some((n) => !Number.isInteger(n) || n < 0))
    throw new ShapeError("reshape", `${show(x.shape)} cannot become ${show(shape)}`);
  if (same(full, x.shape)) return x;
  return operator("Reshape", [x, indices(full)], {}, full, (dy) => [reshape(dy, x.shape), null], x.dtype);
}

/** Axes in another order: axis i of the result is axis `order[i]` of x. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  const sorted = [...order].sort((a, b) => a - b);
  if (order.length !== x.shape.length || sorted.some((n, i) => n !== i))
    throw new ShapeError("transpose", `[${order.join(", ")}] is not an order of the axes of ${show(x.shape)}`);
  if (order.every((n, i) => n === i)) return x;
  const inverse = order.map((_, i) => order.indexOf(i));
  const shape = order.map((i) => x.shape[i]);
  return operator("Transpose", [x], { perm: ints(order) }, shape, (dy) => [transpose(dy, inverse)], x.dtype);
}

/** x stretched along axes of size 1, or missing at the left, to the given shape. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (!same(broadcastShape("broadcastTo", x.shape, shape), shape))
    throw new ShapeError("broadcastTo", `${show(x.shape)} cannot be stretched to ${show(shape)}`);
  if (same(x.shape, shape)) return x;
  return operator("Expand", [x, indices(shape)], {}, shape, (dy) => [unbroadcast(dy, x.shape), null], x.dtype);
}

/** Tensors one after the other along an axis. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  const [a] = normalizeAxes("concat", first.shape, axis);
  for (const part of parts)
    if (part.shape.length !== first.shape.length || part.shape.some((n, i) => i !== a && n !== first.shape[i]))
      throw new ShapeError("concat", `shapes ${show(first.shape)} and ${show(part.shape)} differ beside axis ${a}`);
  if (parts.length === 1) return first;
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((n, p) => n + p.shape[a], 0));
  const shape = first.shape.map((n, i) => (i === a ? starts[parts.length - 1] + parts[parts.length - 1].shape[a] : n));
  const vjp = (dy: Tensor) =>
    parts.map((p, i) => slice(dy, { axis: a, start: starts[i], end: starts[i] + p.shape[a] }));
  return operator("Concat", parts, { axis: int(a) }, shape, vjp, first.dtype);
}

/** Tensors of one shape along a new axis. */
export const stack = (parts: readonly Tensor[], axis: number): Tensor =>
  concat(
    parts.map((p) => reshape(p, p.shape.toSpliced(axis, 0, 1))),
    axis,
  );

export interface SliceAxis {
  readonly axis: number;
  /** First index, 0 when absent. */
  readonly start?: number;
  /** Index after the last one, the size of the axis when absent. */
  readonly end?: number;
  /** Every how many values, 1 when absent. */
  readonly step?: number;
}

/** A part of x: along each axis named, values `start`, `start + step`, … below `end`. */
export function slice(x: Tensor, ...parts: readonly SliceAxis[]): Tensor {
  const full = parts.map(({ axis, start = 0, end, step = 1 }) => {
    const [a] = normalizeAxes("slice", x.shape, axis);
    const stop = end ?? x.shape[a];
    if (start < 0 || stop > x.shape[a] || start >= stop || step < 1)
      throw new ShapeError("slice", `${start} to ${stop} by ${step} is not within axis ${a} of ${show(x.shape)}`);
    return { a, start, stop, step };
  });
  const cut = full.filter(({ a, start, stop, step }) => start > 0 || stop < x.shape[a] || step > 1);
  if (cut.length === 0) return x;
  const shape = [...x.shape];
  for (const { a, start, stop, step } of cut) shape[a] = Math.ceil((stop - start) / step);
  const vjp = (dy: Tensor) => {
    let dx = dy;
    for (const { a, start, step } of cut) dx = dilate(dx, a, step, start, x.shape[a]);
    return [dx, null, null, null, null];
  };
  const lists = [cut.map((c) => c.start), cut.map((c) => c.stop), cut.map((c) => c.a), cut.map((c) => c.step)];
  return operator("Slice", [x, ...lists.map(indices)], {}, shape, vjp, x.dtype);
}

/** Along an axis of new length `size`, value i of x goes to `start + i · step`; zeros elsewhere. */
function dilate(x: Tensor, axis: number, step: number, start: number, size: number): Tensor {
  const n = x.shape[axis];
  if (step === 1) return pad(x, [{ axis, before: start, after: size - start - n }]);
  const apart = reshape(x, x.shape.toSpliced(axis + 1, 0, 1));
  const spread = pad(apart, [{ axis: axis + 1, before: 0, after: step - 1 }]);
  const long = reshape(spread, x.shape.with(axis, n * step));
  const whole = pad(long, [{ axis, before: start, after: Math.max(0, size - start - n * step) }]);
  return slice(whole, { axis, end: size });
}

/** x with an axis in reverse order. */
export function flip(x: Tensor, axis: number): Tensor {
  const [a] = normalizeAxes("flip", x.shape, axis);
  const lists = [[-1], [-(2 ** 31)], [a], [-1]].map(indices);
  return operator("Slice", [x, ...lists], {}, x.shape, (dy) => [flip(dy, a), null, null, null, null], x.dtype);
}

export interface PadAxis {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/**
 * x with more values at both ends of some axes: a constant, the mirror image without the border value (`reflect`),
 * or the border value again (`edge`).
 */
export function pad(x: Tensor, parts: readonly PadAxis[], mode: "constant" | "reflect" | "edge" = "constant"): Tensor {
  const used = parts
    .filter((p) => p.before !== 0 || p.after !== 0)
    .map((p) => ({ ...p, axis: normalizeAxes("pad", x.shape, p.axis)[0] }));
  for (const { axis, before, after } of used) {
    const limit = mode === "reflect" ? x.shape[axis] - 1 : Number.POSITIVE_INFINITY;
    if (before < 0 || after < 0 || before > limit || after > limit)
      throw new ShapeError("pad", `${before} and ${after} do not fit axis ${axis} of ${show(x.shape)} (${mode})`);
  }
  if (used.length === 0) return x;
  const shape = [...x.shape];
  const pads = new Array<number>(2 * shape.length).fill(0);
  for (const { axis, before, after } of used) {
    shape[axis] += before + after;
    pads[axis] = before;
    pads[axis + x.shape.length] = after;
  }
  const vjp = (dy: Tensor) => {
    let dx = dy;
    for (const part of used) dx = unpad(dx, part, mode);
    return [dx, null];
  };
  return operator("Pad", [x, indices(pads)], { mode: text(mode) }, shape, vjp, x.dtype);
}

/** Adjoint of {@link pad} along one axis. */
function unpad(dy: Tensor, { axis, before, after }: PadAxis, mode: "constant" | "reflect" | "edge"): Tensor {
  const total = dy.shape[axis];
  const n = total - before - after;
  let dx = slice(dy, { axis, start: before, end: before + n });
  if (mode === "constant") return dx;
  const fold = (part: Tensor): Tensor =>
    mode === "reflect" ? flip(part, axis) : sum(part, { axes: axis, keep: true });
  if (before > 0) {
    const at = mode === "reflect" ? 1 : 0;
    const part = fold(slice(dy, { axis, start: 0, end: before }));
    dx = add(dx, pad(part, [{ axis, before: at, after: n - at - part.shape[axis] }]));
  }
  if (after > 0) {
    const at = mode === "reflect" ? 1 : 0;
    const part = fold(slice(dy, { axis, start: total - after }));
    dx = add(dx, pad(part, [{ axis, before: n - at - part.shape[axis], after: at }]));
  }
  return dx;
}
