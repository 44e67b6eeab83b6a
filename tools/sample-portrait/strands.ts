import { linearOfByte, type Texture } from "./texture.ts";

/** Which way the hairs of a texture run: unit vectors on a coarse grid over it. */
export interface StrandMap {
  readonly size: number;
  /** du, dv (v down) per cell. */
  readonly directions: Float32Array;
}

/** Finds the direction of least change of brightness and alpha, by the structure tensor (Bigün and Granlund 1987). */
export function findStrands({ width, height, data }: Texture, size = 64): StrandMap {
  const value = (x: number, y: number) => {
    const i = 4 * (y * width + x);
    return ((linearOfByte[data[i]] + linearOfByte[data[i + 1]] + linearOfByte[data[i + 2]]) * data[i + 3]) / 255;
  };
  let tensor: Float64Array = new Float64Array(3 * size * size);
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const gx = (value(x + 1, y) - value(x - 1, y)) * width;
      const gy = (value(x, y + 1) - value(x, y - 1)) * height;
      const cell = 3 * (Math.floor((y / height) * size) * size + Math.floor((x / width) * size));
      tensor[cell] += gx * gx;
      tensor[cell + 1] += gx * gy;
      tensor[cell + 2] += gy * gy;
    }
  for (let round = 0; round < 3; round++) tensor = blur(tensor, size);
  const directions = new Float32Array(2 * size * size);
  for (let c = 0; c < size * size; c++) {
    const [xx, xy, yy] = tensor.subarray(3 * c, 3 * c + 3);
    // The eigenvector of the larger eigenvalue is at this angle; hairs run square to it.
    const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
    let du = -Math.sin(angle);
    let dv = Math.cos(angle);
    if (dv < 0) {
      du = -du;
      dv = -dv;
    }
    directions[2 * c] = du;
    directions[2 * c + 1] = dv;
  }
  return { size, directions };
}

function blur(values: Float64Array, size: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) {
            const xx = Math.min(size - 1, Math.max(0, x + dx));
            const yy = Math.min(size - 1, Math.max(0, y + dy));
            sum += values[3 * (yy * size + xx) + k];
          }
        out[3 * (y * size + x) + k] = sum / 9;
      }
  return out;
}

/** The strand direction in space per triangle, from how the texture lies on it. */
export function strandTangents(
  positions: Float32Array,
  triangles: Uint32Array,
  uvs: Float32Array,
  { size, directions }: StrandMap,
): Float32Array {
  const out = new Float32Array(triangles.length);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const [ua, va, ub, vb, uc, vc] = uvs.subarray(2 * t, 2 * t + 6);
    const column = Math.min(size - 1, Math.max(0, Math.floor(((ua + ub + uc) / 3) * size)));
    const row = Math.min(size - 1, Math.max(0, Math.floor(((va + vb + vc) / 3) * size)));
    const du = directions[2 * (row * size + column)];
    const dv = directions[2 * (row * size + column) + 1];
    // (du, dv) = p (B − A) + q (C − A) in the texture; the same p and q hold in space.
    const determinant = (ub - ua) * (vc - va) - (uc - ua) * (vb - va) || 1e-12;
    const p = (du * (vc - va) - (uc - ua) * dv) / determinant;
    const q = ((ub - ua) * dv - du * (vb - va)) / determinant;
    let length = 0;
    for (let k = 0; k < 3; k++) {
      out[t + k] = p * (positions[b + k] - positions[a + k]) + q * (positions[c + k] - positions[a + k]);
      length += out[t + k] ** 2;
    }
    length = Math.sqrt(length) || 1;
    for (let k = 0; k < 3; k++) out[t + k] /= length;
  }
  return out;
}
