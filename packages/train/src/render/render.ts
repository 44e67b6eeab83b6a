import { ShapeError, show, type Tensor } from "../graph/tensor.ts";
import {
  backProjectPoints,
  barycentricWeights,
  broadcastTo,
  concat,
  cornerAttributes,
  interpolate,
  pixelCentres,
  pixelRays,
  reshape,
  slice,
  transformPoints,
  transpose,
} from "../ops/index.ts";

/** What pixels see, as graph inputs (see {@link import("./visibility.ts").Visibility}). */
export interface VisibilityTensors {
  /** [n, h · w, 3], int32. */
  readonly corners: Tensor;
  /** [n, h · w, 1]. */
  readonly covered: Tensor;
}

/**
 * Attributes and depth of a mesh at every pixel centre; differentiable in positions, attributes and camera, with the
 * visibility held fixed.
 *
 * @param positions camera-space vertices, [n, v, 3], mm
 * @param attributes per vertex, [n, v, d]: colours, normals, …
 * @param camera fx, fy, cx, cy of each sample, [n, 4]
 * @returns attributes [n, d, h, w] and depth [n, 1, h, w] (mm), 0 where nothing is seen
 */
export function renderMesh(
  positions: Tensor,
  attributes: Tensor,
  { corners, covered }: VisibilityTensors,
  camera: Tensor,
  width: number,
  height: number,
): { readonly attributes: Tensor; readonly depth: Tensor } {
  if (corners.shape[1] !== width * height)
    throw new ShapeError("renderMesh", `corners ${show(corners.shape)} for ${width} × ${height} pixels`);
  const [n, , d] = attributes.shape;
  const at = cornerAttributes(concat([positions, attributes], 2), corners);
  const part = (start: number, end: number) =>
    at.map((corner) => slice(corner, { axis: 2, start, end })) as [Tensor, Tensor, Tensor];
  const weights = barycentricWeights(pixelRays(camera, width, height), part(0, 3), covered);
  const values = interpolate(weights, part(2, 3 + d));
  const maps = reshape(transpose(values, [0, 2, 1]), [n, d + 1, height, width]);
  return { depth: slice(maps, { axis: 1, end: 1 }), attributes: slice(maps, { axis: 1, start: 1 }) };
}

export interface WarpInputs {
  /** Depth in the first camera, [n, 1, h, w], mm, > 0. */
  readonly depth: Tensor;
  /** What the first camera saw, [n, c, h, w]. */
  readonly picture: Tensor;
  /** fx, fy, cx, cy of both cameras, [n, 4] each. */
  readonly from: Tensor;
  readonly to: Tensor;
  /** Motion from the first camera's space to the second's: [n, 3, 3] and [n, 3] (mm). */
  readonly rotation: Tensor;
  readonly translation: Tensor;
}

/**
 * The paper's mesh warp (section 4.2): pixels become 3D points by their depth, move to the other camera, and the mesh
 * over them is seen from there with the picture as its colours. Gradients reach depth, picture, motion and cameras.
 *
 * @returns the picture as the second camera sees it [n, c, h, w] and its depth [n, 1, h, w]; 0 where nothing is seen
 */
export function warpByDepth(
  { depth, picture, from, to, rotation, translation }: WarpInputs,
  visibility: VisibilityTensors,
): { readonly picture: Tensor; readonly depth: Tensor } {
  const [n, c, h, w] = picture.shape;
  const pixels = broadcastTo(pixelCentres(w, h), [n, h * w, 2]);
  const points = backProjectPoints(pixels, reshape(depth, [n, h * w, 1]), from);
  const colours = transpose(reshape(picture, [n, c, h * w]), [0, 2, 1]);
  const seen = renderMesh(transformPoints(points, rotation, translation), colours, visibility, to, w, h);
  return { picture: seen.attributes, depth: seen.depth };
}
