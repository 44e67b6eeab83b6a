import { shConstants, shCount } from "cameo";
import { constant, type Tensor } from "../graph/tensor.ts";
import {
  add,
  concat,
  cross,
  div,
  gather,
  less,
  matmul,
  maximum,
  mul,
  norm2,
  pow,
  relu,
  reshape,
  scatterAdd,
  slice,
  sub,
  where,
} from "../ops/index.ts";
import { renderMesh, type VisibilityTensors } from "../render/render.ts";
import { faceCameraTensor } from "./camera.ts";

/**
 * Unit normals of a mesh's vertices: sums of its triangles' normals, weighted by area.
 * @param positions [n, v, 3]
 * @param triangles three vertices each, counter-clockwise from outside
 * @returns [n, v, 3], outwards, in the space of the positions
 */
export function meshNormals(positions: Tensor, triangles: Uint32Array): Tensor {
  const corners = [0, 1, 2].map((k) => {
    const ids = Int32Array.from({ length: triangles.length / 3 }, (_, i) => triangles[3 * i + k]);
    return constant(ids, [ids.length]);
  });
  const [a, b, c] = corners.map((ids) => gather(positions, ids, 1));
  const face = cross(sub(b, a), sub(c, a));
  const sums = scatterAdd(positions.shape, concat(corners, 0), concat([face, face, face], 1), 1);
  return div(sums, norm2(sums, { axes: 2, keep: true, epsilon: 1e-12 }));
}

/**
 * Light on surfaces with camera-space normals: Σ γ_b H_b(n) as in the library's `shade`, at least 0.
 * @param normals [n, v, 3], camera space
 * @param light γ, [n, 9] or [n, 27], coefficient by coefficient
 * @returns [n, v, 1] or [n, v, 3]
 */
export function irradiance(normals: Tensor, light: Tensor): Tensor {
  const [n, count] = light.shape;
  // Light space is camera space with y and z reversed.
  const [x, down, away] = [0, 1, 2].map((k) => slice(normals, { axis: 2, start: k, end: k + 1 }));
  const [y, z] = [mul(down, -1), mul(away, -1)];
  const one = add(mul(x, 0), 1);
  const polynomials = [
    one,
    y,
    z,
    x,
    mul(x, y),
    mul(y, z),
    sub(mul(mul(z, z), 3), 1),
    mul(x, z),
    sub(mul(x, x), mul(y, y)),
  ];
  const basis = mul(concat(polynomials, 2), constant(Float32Array.from(shConstants), [1, 1, shCount]));
  return relu(matmul(basis, reshape(light, [n, shCount, count / shCount])));
}

/** sRGB encoding of linear light (IEC 61966-2-1), not cut off above 1. */
export function encodeSrgb(linear: Tensor): Tensor {
  // The root's slope at 0 is infinite; below the threshold its value is not used.
  const root = pow(maximum(linear, threshold), 1 / 2.4);
  return where(less(linear, threshold), mul(linear, 12.92), sub(mul(root, 1.055), 0.055));
}

const threshold = 0.0031308;

/** A face as the network's camera sees it. */
export interface RenderedFace {
  /** sRGB-encoded, [n, 3, side, side]; 0 where there is no face. */
  readonly colours: Tensor;
  /** 1 where there is face, else 0: [n, 1, side, side]. */
  readonly covered: Tensor;
}

/**
 * A lit face, coloured per vertex (the paper's I′).
 * @param positions camera space, [n, v, 3], mm
 * @param normals [n, v, 3], camera space
 * @param albedo linear, [n, v, 3]
 * @param light γ, [n, 9] or [n, 27]
 */
export function renderFace(
  face: { readonly positions: Tensor; readonly normals: Tensor; readonly albedo: Tensor; readonly light: Tensor },
  visibility: VisibilityTensors,
  side: number,
): RenderedFace {
  const { positions, normals, albedo, light } = face;
  const n = positions.shape[0];
  const colours = encodeSrgb(mul(relu(albedo), irradiance(normals, light)));
  const camera = faceCameraTensor(n, side);
  const { attributes } = renderMesh(positions, colours, visibility, camera, side, side);
  return { colours: attributes, covered: reshape(visibility.covered, [n, 1, side, side]) };
}
