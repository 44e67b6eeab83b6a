import { normalizeAxes } from "../graph/shape.ts";
import { elementCount, int, operator, type Shape, ShapeError, show, type Tensor, text } from "../graph/tensor.ts";
import { broadcastTo, reshape, zeros } from "./shape.ts";

/** Rows of x along an axis by number: the axis is replaced by the axes of `ids` (int32 or int64, each in [0, size)). */
export function gather(x: Tensor, ids: Tensor, axis = 0): Tensor {
  const [a] = normalizeAxes("gather", x.shape, axis);
  requireIds("gather", ids);
  const shape = x.shape.toSpliced(a, 1, ...ids.shape);
  const vjp = (dy: Tensor) => {
    const count = elementCount(ids.shape);
    const rows = reshape(dy, x.shape.with(a, count));
    return [scatterAdd(x.shape, reshape(ids, [count]), rows, a), null];
  };
  return operator("Gather", [x, ids], { axis: int(a) }, shape, vjp, x.dtype);
}

/**
 * Zeros of `shape`, to which row i of `rows` along an axis is added at index `ids[i]`; rows of equal index add up.
 * The inverse direction of {@link gather}.
 */
export function scatterAdd(shape: Shape, ids: Tensor, rows: Tensor, axis = 0): Tensor {
  const [a] = normalizeAxes("scatterAdd", shape, axis);
  requireIds("scatterAdd", ids);
  if (ids.shape.length !== 1 || show(shape.with(a, ids.shape[0])) !== show(rows.shape))
    throw new ShapeError(
      "scatterAdd",
      `indices ${show(ids.shape)} and rows ${show(rows.shape)} do not fit ${show(shape)} along axis ${a}`,
    );
  const column = shape.map((_, i) => (i === a ? ids.shape[0] : 1));
  return scatterElements(shape, broadcastTo(reshape(ids, column), rows.shape), rows, a);
}

/** Values of x along an axis by a number per result value (torch.gather): y[i][j] = x[ids[i][j]][j] for axis 0. */
export function gatherElements(x: Tensor, ids: Tensor, axis: number): Tensor {
  const [a] = normalizeAxes("gatherElements", x.shape, axis);
  requireIds("gatherElements", ids);
  if (ids.shape.length !== x.shape.length || ids.shape.some((n, i) => i !== a && n !== x.shape[i]))
    throw new ShapeError("gatherElements", `indices ${show(ids.shape)} do not fit ${show(x.shape)} along axis ${a}`);
  const vjp = (dy: Tensor) => [scatterElements(x.shape, ids, dy, a), null];
  return operator("GatherElements", [x, ids], { axis: int(a) }, ids.shape, vjp, x.dtype);
}

/** Zeros of `shape` with `updates` added at indices along an axis, one index per update. */
export function scatterElements(shape: Shape, ids: Tensor, updates: Tensor, axis: number): Tensor {
  return operator(
    "ScatterElements",
    [zeros(shape), ids, updates],
    { axis: int(axis), reduction: text("add") },
    shape,
    (dy) => [dy, null, gatherElements(dy, ids, axis)],
  );
}

function requireIds(operator: string, ids: Tensor): void {
  if (ids.dtype !== "int32" && ids.dtype !== "int64")
    throw new ShapeError(operator, `indices must be int32 or int64, not ${ids.dtype}`);
}
