import { type Shape, ShapeError, show } from "./tensor.ts";

/** The shape two operands are stretched to: aligned at the right, sizes equal or one of them 1. */
export function broadcastShape(operator: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[i - rank + a.length] ?? 1;
    const n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1)
      throw new ShapeError(operator, `shapes ${show(a)} and ${show(b)} do not broadcast`);
    return m === 1 ? n : m;
  });
}

/** Axes in 0 … rank − 1, ascending, from axes that may count from the end; all axes when none are given. */
export function normalizeAxes(operator: string, shape: Shape, axes?: number | readonly number[]): number[] {
  const list = axes === undefined ? shape.map((_, i) => i) : typeof axes === "number" ? [axes] : axes;
  const positive = list.map((axis) => (axis < 0 ? axis + shape.length : axis));
  for (const [i, axis] of positive.entries())
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length || positive.indexOf(axis) !== i)
      throw new ShapeError(operator, `axes [${list.join(", ")}] do not fit shape ${show(shape)}`);
  return positive.sort((a, b) => a - b);
}

/** Zero or one axis more than asked is an error of the caller: the operator says what it needs. */
export function requireRank(operator: string, shape: Shape, rank: number, what: string): void {
  if (shape.length !== rank)
    throw new ShapeError(operator, `${what} must have ${rank} axes, but its shape is ${show(shape)}`);
}

/** Stride, zero padding (top, left, bottom, right), dilation and groups of a 2-D convolution. */
export interface ConvOptions {
  readonly stride?: number;
  /** One number for all sides, or top, left, bottom, right. */
  readonly padding?: number | readonly [number, number, number, number];
  readonly dilation?: number;
  readonly groups?: number;
}

export interface ConvGeometry {
  readonly stride: number;
  readonly pads: readonly [number, number, number, number];
  readonly dilation: number;
  readonly groups: number;
}

export function convGeometry(operator: string, options: ConvOptions): ConvGeometry {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const pads = typeof padding === "number" ? ([padding, padding, padding, padding] as const) : padding;
  for (const [name, value, low] of [
    ["stride", stride, 1],
    ["dilation", dilation, 1],
    ["groups", groups, 1],
    ...pads.map((p) => ["padding", p, 0] as const),
  ] as const)
    if (!Number.isInteger(value) || value < low)
      throw new ShapeError(operator, `${name} must be an integer of at least ${low}, but is ${value}`);
  return { stride, pads, dilation, groups };
}

/** Size along one axis after a window of `kernel` taps slides over `size` values. */
export const windowedSize = (size: number, kernel: number, stride: number, pads: number, dilation: number): number =>
  Math.floor((size + pads - dilation * (kernel - 1) - 1) / stride) + 1;
