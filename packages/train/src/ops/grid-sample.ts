import { requireRank } from "../graph/shape.ts";
import { constant, int, operator, ShapeError, show, type Tensor, text } from "../graph/tensor.ts";
import { add, cast, clip, equal, floor, mul, sub } from "./elementwise.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { sum } from "./reduce.ts";
import { concat, reshape, slice, transpose } from "./shape.ts";

/**
 * x [n, c, h, w] sampled bilinearly at positions `grid` [n, p, q, 2]: (−1, −1) is the top-left corner of the picture,
 * (1, 1) the bottom-right one, last axis (x, y); → [n, c, p, q]. Outside there are zeros, or the border value again.
 * Same as torch grid_sample with align_corners = false. Gradients reach both the picture and the positions.
 */
export function gridSample(x: Tensor, grid: Tensor, padding: "zeros" | "border" = "zeros"): Tensor {
  requireRank("gridSample", x.shape, 4, "the input");
  requireRank("gridSample", grid.shape, 4, "the grid");
  const [n, c, h, w] = x.shape;
  const [gn, p, q, two] = grid.shape;
  if (gn !== n || two !== 2) throw new ShapeError("gridSample", `${show(x.shape)} and grid ${show(grid.shape)}`);
  const attributes = { mode: text("bilinear"), padding_mode: text(padding), align_corners: int(0) };
  return operator("GridSample", [x, grid], attributes, [n, c, p, q], (dy) => {
    const pixels = n * p * q;
    const rows = reshape(transpose(x, [0, 2, 3, 1]), [n * h * w, c]);
    const dRows = reshape(transpose(dy, [0, 2, 3, 1]), [pixels, c]);
    const [u, v] = [w, h].map((size, k) => {
      const position = reshape(slice(grid, { axis: 3, start: k, end: k + 1 }), [pixels, 1]);
      return corners(sub(mul(position, size / 2), (1 - size) / 2), size, padding);
    });
    const sample = constant(
      Float32Array.from({ length: pixels }, (_, i) => Math.floor(i / (p * q)) * h * w),
      [pixels, 1],
    );
    let dx: Tensor | null = null;
    let du: Tensor | null = null;
    let dv: Tensor | null = null;
    for (const cv of v)
      for (const cu of u) {
        const at = reshape(cast(add(sample, add(mul(cv.at, w), cu.at)), "int64"), [pixels]);
        const part = scatterAdd(rows.shape, at, mul(dRows, mul(cu.weight, cv.weight)));
        const along = sum(mul(dRows, gather(rows, at)), { axes: 1, keep: true });
        const [pu, pv] = [mul(along, mul(cu.slope, cv.weight)), mul(along, mul(cv.slope, cu.weight))];
        dx = dx ? add(dx, part) : part;
        du = du ? add(du, pu) : pu;
        dv = dv ? add(dv, pv) : pv;
      }
    const dGrid = concat([mul(du!, w / 2), mul(dv!, h / 2)], 1);
    return [transpose(reshape(dx!, [n, h, w, c]), [0, 3, 1, 2]), reshape(dGrid, grid.shape)];
  });
}

/** One of the two neighbours of a position along an axis: its index (float), its weight, d weight / d position. */
interface Corner {
  readonly at: Tensor;
  readonly weight: Tensor;
  readonly slope: Tensor;
}

function corners(position: Tensor, size: number, padding: "zeros" | "border"): Corner[] {
  const held = padding === "border" ? clip(position, 0, size - 1) : position;
  const within = padding === "border" ? cast(equal(held, position)) : null;
  const low = floor(held);
  const fraction = sub(held, low);
  return [
    { index: low, weight: sub(1, fraction), sign: -1 },
    { index: add(low, 1), weight: fraction, sign: 1 },
  ].map(({ index, weight, sign }) => {
    const at = clip(index, 0, size - 1);
    const exists = cast(equal(at, index));
    const slope = mul(exists, sign);
    return { at, weight: mul(weight, exists), slope: within ? mul(slope, within) : slope };
  });
}
