import { requireRank } from "../graph/shape.ts";
import { constant, ShapeError, show, type Tensor } from "../graph/tensor.ts";
import { add, cast, div, maximum, mul, sub } from "./elementwise.ts";
import { gather } from "./indexing.ts";
import { matmul, swap } from "./matmul.ts";
import { norm2, sum } from "./reduce.ts";
import { broadcastTo, concat, reshape, slice } from "./shape.ts";

/** Component k of the last axis, kept with size 1. */
const component = (x: Tensor, k: number): Tensor => slice(x, { axis: -1, start: k, end: k + 1 });

function requireLast(operator: string, x: Tensor, size: number): void {
  if (x.shape.at(-1) !== size) throw new ShapeError(operator, `the last axis must have size ${size}: ${show(x.shape)}`);
}

/** Rotation matrices [n, 3, 3] of quaternions [n, 4] (x, y, z, w), which need not be of unit length. */
export function quaternionToMatrix(q: Tensor): Tensor {
  requireRank("quaternionToMatrix", q.shape, 2, "the quaternions");
  requireLast("quaternionToMatrix", q, 4);
  const unit = div(q, norm2(q, { axes: 1, keep: true, epsilon: 1e-12 }));
  const [x, y, z, w] = [0, 1, 2, 3].map((k) => component(unit, k));
  const twice = (a: Tensor, b: Tensor) => mul(mul(a, b), 2);
  const diagonal = (a: Tensor, b: Tensor) => sub(1, add(twice(a, a), twice(b, b)));
  const entries = [
    diagonal(y, z),
    sub(twice(x, y), twice(z, w)),
    add(twice(x, z), twice(y, w)),
    add(twice(x, y), twice(z, w)),
    diagonal(x, z),
    sub(twice(y, z), twice(x, w)),
    sub(twice(x, z), twice(y, w)),
    add(twice(y, z), twice(x, w)),
    diagonal(x, y),
  ];
  return reshape(concat(entries, 1), [q.shape[0], 3, 3]);
}

/** R p + t for points [n, p, 3], rotations [n, 3, 3] and translations [n, 3]. */
export const transformPoints = (points: Tensor, rotation: Tensor, translation: Tensor): Tensor =>
  add(matmul(points, swap(rotation)), reshape(translation, [translation.shape[0], 1, 3]));

/**
 * Pixel positions [n, p, 2] of camera-space points [n, p, 3]: u = fx · x / z + cx, v = fy · y / z + cy.
 * @param camera fx, fy, cx, cy of each sample, [n, 4]
 */
export function projectPoints(points: Tensor, camera: Tensor): Tensor {
  requireRank("projectPoints", points.shape, 3, "the points");
  requireLast("projectPoints", points, 3);
  requireLast("projectPoints", camera, 4);
  const [focal, centre] = halves(camera);
  return add(mul(div(slice(points, { axis: 2, end: 2 }), component(points, 2)), focal), centre);
}

/**
 * Camera-space points [n, p, 3] seen at pixel positions [n, p, 2] with depths [n, p, 1].
 * @param camera fx, fy, cx, cy of each sample, [n, 4]
 */
export function backProjectPoints(pixels: Tensor, depth: Tensor, camera: Tensor): Tensor {
  const [focal, centre] = halves(camera);
  return concat([mul(div(sub(pixels, centre), focal), depth), depth], 2);
}

function halves(camera: Tensor): [Tensor, Tensor] {
  const c = reshape(camera, [camera.shape[0], 1, 4]);
  return [slice(c, { axis: 2, end: 2 }), slice(c, { axis: 2, start: 2 })];
}

/** Cross product over the last axis (size 3). */
export function cross(a: Tensor, b: Tensor): Tensor {
  requireLast("cross", a, 3);
  requireLast("cross", b, 3);
  const [ax, ay, az] = [0, 1, 2].map((k) => component(a, k));
  const [bx, by, bz] = [0, 1, 2].map((k) => component(b, k));
  const minor = (p: Tensor, q: Tensor, r: Tensor, s: Tensor) => sub(mul(p, q), mul(r, s));
  return concat([minor(ay, bz, az, by), minor(az, bx, ax, bz), minor(ax, by, ay, bx)], a.shape.length - 1);
}

/**
 * Attributes of the three corners of the triangle at each pixel, [n, p, d] each.
 * @param attributes per vertex, [n, v, d]
 * @param corners vertex numbers of each pixel's triangle, [n, p, 3], int32 or int64 in [0, v)
 */
export function cornerAttributes(attributes: Tensor, corners: Tensor): [Tensor, Tensor, Tensor] {
  requireRank("cornerAttributes", attributes.shape, 3, "the attributes");
  requireRank("cornerAttributes", corners.shape, 3, "the corners");
  requireLast("cornerAttributes", corners, 3);
  const [n, v, d] = attributes.shape;
  const [cn, p] = corners.shape;
  if (cn !== n) throw new ShapeError("cornerAttributes", `${show(attributes.shape)} and ${show(corners.shape)}`);
  const first = constant(
    BigInt64Array.from({ length: n }, (_, i) => BigInt(i * v)),
    [n, 1, 1],
    "int64",
  );
  const ids = reshape(add(cast(corners, "int64"), first), [n * p * 3]);
  const rows = reshape(gather(reshape(attributes, [n * v, d]), ids), [n, p, 3, d]);
  const [a, b, c] = [0, 1, 2].map((k) => reshape(slice(rows, { axis: 2, start: k, end: k + 1 }), [n, p, d]));
  return [a, b, c];
}

/** Corner numbers [n, p, 3] (int64) from triangle ids [n, p]; id −1 (no triangle) gives those of triangle 0: mask them. */
export function triangleCorners(triangles: Uint32Array, ids: Tensor): Tensor {
  const table = constant(BigInt64Array.from(triangles, BigInt), [triangles.length / 3, 3], "int64");
  return gather(table, maximum(cast(ids, "int64"), constant(new BigInt64Array(1), [], "int64")));
}

/**
 * Perspective-correct barycentric weights [n, p, 3] of viewing rays in triangles: with corners a, b, c in camera space
 * and the ray r, the weights are in the ratio r·(b × c) : r·(c × a) : r·(a × b). Differentiable in the corners.
 *
 * @param rays directions, [n, p, 3]: ((u − cx) / fx, (v − cy) / fy, 1)
 * @param corners camera-space corners, [n, p, 3] each
 * @param covered 1 where the pixel has a triangle, 0 elsewhere (there the weights are 0), [n, p, 1]
 */
export function barycentricWeights(
  rays: Tensor,
  [a, b, c]: readonly [Tensor, Tensor, Tensor],
  covered: Tensor,
): Tensor {
  const volume = (p: Tensor, q: Tensor) => sum(mul(rays, cross(p, q)), { axes: 2, keep: true });
  const parts = concat([volume(b, c), volume(c, a), volume(a, b)], 2);
  const total = add(mul(sum(parts, { axes: 2, keep: true }), covered), sub(1, covered));
  return mul(div(parts, total), covered);
}

/** Σ weightₖ · attribute of corner k: [n, p, d] from weights [n, p, 3] and corner attributes [n, p, d]. */
export function interpolate(weights: Tensor, corners: readonly [Tensor, Tensor, Tensor]): Tensor {
  const [a, b, c] = corners.map((attribute, k) => mul(attribute, component(weights, k)));
  return add(add(a, b), c);
}

/** Pixel centres (u, v) of a picture in rows, [1, height · width, 2]. */
export function pixelCentres(width: number, height: number): Tensor {
  const values = new Float32Array(width * height * 2);
  for (let i = 0, v = 0; v < height; v++)
    for (let u = 0; u < width; u++, i += 2) {
      values[i] = u + 0.5;
      values[i + 1] = v + 0.5;
    }
  return constant(values, [1, width * height, 2]);
}

/** Viewing rays [n, h · w, 3] through all pixel centres. @param camera fx, fy, cx, cy of each sample, [n, 4] */
export function pixelRays(camera: Tensor, width: number, height: number): Tensor {
  const n = camera.shape[0];
  const one = broadcastTo(constant(Float32Array.of(1), [1, 1, 1]), [n, width * height, 1]);
  return backProjectPoints(broadcastTo(pixelCentres(width, height), [n, width * height, 2]), one, camera);
}
