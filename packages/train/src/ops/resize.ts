import { requireRank } from "../graph/shape.ts";
import { type Attributes, constant, indices, operator, ShapeError, show, type Tensor, text } from "../graph/tensor.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduce.ts";
import { reshape } from "./shape.ts";

/**
 * x [n, c, h, w] at another size. `nearest` takes source pixel ⌊i · h / h'⌋; `bilinear` aligns pixel areas
 * (half-pixel centres, PyTorch's `align_corners = false`) and repeats the border. Neither low-passes when shrinking.
 */
export function resize(x: Tensor, height: number, width: number, mode: "nearest" | "bilinear"): Tensor {
  requireRank("resize", x.shape, 4, "the input");
  if (height < 1 || width < 1) throw new ShapeError("resize", `${show(x.shape)} to ${height} by ${width}`);
  const [n, c, h, w] = x.shape;
  if (height === h && width === w) return x;
  const sizes = indices([n, c, height, width]);
  const attributes: Attributes =
    mode === "nearest"
      ? { mode: text("nearest"), coordinate_transformation_mode: text("asymmetric"), nearest_mode: text("floor") }
      : { mode: text("linear"), coordinate_transformation_mode: text("half_pixel") };
  return operator("Resize", [x, null, null, sizes], attributes, [n, c, height, width], (dy) => {
    if (mode === "nearest" && height % h === 0 && width % w === 0)
      return [sum(reshape(dy, [n, c, h, height / h, w, width / w]), { axes: [3, 5] }), null, null, null];
    const rows = samplingMatrix(h, height, mode);
    const columns = samplingMatrix(w, width, mode);
    const acrossRows = constant(transposed(rows, height, h), [h, height]);
    return [matmul(acrossRows, matmul(dy, constant(columns, [width, w]))), null, null, null];
  });
}

/** The linear map of one axis: `to` rows of `from` weights. */
function samplingMatrix(from: number, to: number, mode: "nearest" | "bilinear"): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    if (mode === "nearest") {
      matrix[i * from + Math.min(from - 1, Math.floor((i * from) / to))] = 1;
      continue;
    }
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(at);
    matrix[i * from + low] += 1 - (at - low);
    matrix[i * from + Math.min(from - 1, low + 1)] += at - low;
  }
  return matrix;
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j];
  return out;
}
