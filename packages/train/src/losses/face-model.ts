import { type MorphableModel, Region, type SurfacePoints, shapeBasisAt } from "cameo";
import { constant, type Tensor } from "../graph/tensor.ts";
import { add, matmul, reshape, slice } from "../ops/index.ts";

/** How many coefficients of each kind there are. */
export interface ModelCounts {
  readonly identity: number;
  readonly expression: number;
  readonly texture: number;
}

/** An affine map from coefficients to triples of numbers (paper Eq. 1): one row of `basis` per coefficient. */
export interface PointSpace {
  /** [1, 3 · points]. */
  readonly mean: Tensor;
  /** [coefficients, 3 · points], per standard deviation. */
  readonly basis: Tensor;
}

/** A morphable model as constants of a graph: the part of it that the face's losses look at. */
export interface FaceModel {
  /** Corners of the face and the eyes, and next to them, model space, mm, by identity and expression coefficients, one after the other. */
  readonly shape: PointSpace;
  /** Linear reflectance of the same corners, by texture coefficients. */
  readonly albedo: PointSpace;
  /** What is rendered: three corners per triangle, counter-clockwise from outside. */
  readonly triangles: Uint32Array;
  /** The same and the triangles next to them, which normals at the border need. */
  readonly around: Uint32Array;
  /** 1 for corners of plain skin, 0 for lips, brows, eyes and what is not rendered: [1, corners, 1]. */
  readonly plain: Tensor;
  /** The 68 landmarks, model space, mm, by identity and expression coefficients. */
  readonly landmarks: PointSpace;
  /** c ↦ c · metric · cᵀ is the mean square of how far coefficients c move the head's points, mm². */
  readonly shapeMetric: Tensor;
  /** The parts of it for identity or expression coefficients alone. */
  readonly identityMetric: Tensor;
  readonly expressionMetric: Tensor;
  /** Likewise, of how texture coefficients change the skin's reflectance, summed over the channels. */
  readonly textureMetric: Tensor;
}

/** How much the distance of a point counts in the mean, by the region that it belongs to. */
const importance: Partial<Record<Region, number>> = {
  [Region.face]: 1,
  [Region.earLeft]: 0.5,
  [Region.earRight]: 0.5,
  [Region.scalp]: 0.5,
  [Region.neck]: 0.25,
};

/** Skin and eyes are rendered. */
const isRendered = (region: number): boolean =>
  [Region.face, Region.eyeLeft, Region.eyeRight, Region.eyeSocket].some((known) => known === region);

/** @throws RangeError if the model has fewer coefficients */
export function faceModel(model: MorphableModel, counts: ModelCounts): FaceModel {
  for (const kind of ["identity", "expression", "texture"] as const)
    if (counts[kind] > model[kind].count)
      throw new RangeError(`The model has ${model[kind].count} ${kind} coefficients, not ${counts[kind]}.`);
  const { triangles, regions } = model;
  const weights = importanceOf(model);
  const weighed = verticesOf(model, (t) => importance[regions[t] as Region] !== undefined);
  const skin = verticesOf(model, (t) => regions[t] === Region.face);
  const rendered = new Set(verticesOf(model, (t) => isRendered(regions[t])));
  const isNear = (t: number) => [0, 1, 2].some((k) => rendered.has(triangles[3 * t + k]));
  const vertices = verticesOf(model, isNear);
  const number = new Map(vertices.map((vertex, i) => [vertex, i]));
  const numbered = (wanted: (triangle: number) => boolean) =>
    triangles.filter((_, i) => wanted(Math.floor(i / 3))).map((vertex) => number.get(vertex)!);
  const plain = new Set(plainSkin(model, skin));
  const shapeMetric = metricOf(
    shapeSpace(model, pointsAt(model, weighed), counts),
    weighed.map((vertex) => weights[vertex]),
  );
  const part = (start: number, end: number) => slice(shapeMetric, { axis: 0, start, end }, { axis: 1, start, end });
  return {
    shape: shapeSpace(model, pointsAt(model, vertices), counts),
    albedo: albedoSpace(model, vertices, counts.texture),
    triangles: numbered((t) => isRendered(regions[t])),
    around: numbered(isNear),
    plain: constant(
      Float32Array.from(vertices, (vertex) => (plain.has(vertex) ? 1 : 0)),
      [1, vertices.length, 1],
    ),
    landmarks: shapeSpace(model, model.landmarks68, counts),
    shapeMetric,
    identityMetric: part(0, counts.identity),
    expressionMetric: part(counts.identity, counts.identity + counts.expression),
    textureMetric: metricOf(albedoSpace(model, skin, counts.texture), Array(skin.length).fill(1)),
  };
}

/** Points of a space for some coefficients: [n, points, 3] from [n, coefficients]. */
export const pointsOf = ({ mean, basis }: PointSpace, coefficients: Tensor): Tensor =>
  reshape(add(matmul(coefficients, basis), mean), [coefficients.shape[0], mean.shape[1] / 3, 3]);

/** The vertices of some triangles, in order. */
function verticesOf({ triangles, regions }: MorphableModel, wanted: (triangle: number) => boolean): number[] {
  const found = new Set<number>();
  for (let t = 0; t < regions.length; t++) if (wanted(t)) for (let k = 0; k < 3; k++) found.add(triangles[3 * t + k]);
  return [...found].sort((a, b) => a - b);
}

/** Reflectance of plain skin is within this part of the median's. */
const plainness = 0.25;

/** Those of some vertices whose mean reflectance is about that of most: neither lips nor brows. */
function plainSkin({ meanAlbedo }: MorphableModel, vertices: readonly number[]): number[] {
  const median = [0, 1, 2].map((c) => {
    const sorted = vertices.map((vertex) => meanAlbedo[3 * vertex + c]).sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
  });
  const isPlain = (vertex: number) =>
    Math.hypot(...median.map((m, c) => meanAlbedo[3 * vertex + c] - m)) < plainness * Math.hypot(...median);
  return vertices.filter(isPlain);
}

/** What each vertex counts: as the region that counts most of those it belongs to. */
function importanceOf({ triangles, regions, vertexCount }: MorphableModel): Float32Array {
  const weights = new Float32Array(vertexCount);
  triangles.forEach((vertex, i) => {
    weights[vertex] = Math.max(weights[vertex], importance[regions[Math.floor(i / 3)] as Region] ?? 0);
  });
  return weights;
}

/** Vertices as points: all weight on the corner of a triangle that has them. */
function pointsAt({ triangles, vertexCount }: MorphableModel, vertices: readonly number[]): SurfacePoints {
  const corner = new Uint32Array(vertexCount);
  triangles.forEach((vertex, i) => {
    corner[vertex] = i;
  });
  const weights = new Float32Array(3 * vertices.length);
  vertices.forEach((vertex, i) => {
    weights[3 * i + (corner[vertex] % 3)] = 1;
  });
  return { triangles: Uint32Array.from(vertices, (vertex) => Math.floor(corner[vertex] / 3)), weights };
}

function shapeSpace(model: MorphableModel, points: SurfacePoints, { identity, expression }: ModelCounts): PointSpace {
  const { mean, basis } = shapeBasisAt(model, points);
  const width = model.identity.count + model.expression.count;
  const rows = mean.length;
  const turned = new Float32Array((identity + expression) * rows);
  for (let k = 0; k < identity + expression; k++) {
    const column = k < identity ? k : model.identity.count + k - identity;
    for (let row = 0; row < rows; row++) turned[k * rows + row] = basis[row * width + column];
  }
  return { mean: constant(mean, [1, rows]), basis: constant(turned, [identity + expression, rows]) };
}

function albedoSpace({ meanAlbedo, texture }: MorphableModel, vertices: readonly number[], count: number): PointSpace {
  const rows = 3 * vertices.length;
  const pick = (from: Float32Array, start: number, gain: number, to: Float32Array, at: number) => {
    for (let i = 0; i < rows; i++) to[at + i] = gain * from[start + 3 * vertices[(i / 3) | 0] + (i % 3)];
  };
  const mean = new Float32Array(rows);
  pick(meanAlbedo, 0, 1, mean, 0);
  const basis = new Float32Array(count * rows);
  for (let k = 0; k < count; k++) pick(texture.basis, k * meanAlbedo.length, texture.deviations[k], basis, k * rows);
  return { mean: constant(mean, [1, rows]), basis: constant(basis, [count, rows]) };
}

/** Σ over points of weight · bᵢ · bⱼ over Σ weight. */
function metricOf({ basis }: PointSpace, weights: readonly number[]): Tensor {
  const [count, rows] = basis.shape;
  const values = (basis.node as { readonly values: Float32Array }).values;
  const total = weights.reduce((a, b) => a + b, 0);
  // Rows of the basis times the root of the weights, so that each entry is one plain product.
  const scaled = values.map((value, i) => value * Math.sqrt(weights[((i % rows) / 3) | 0] / total));
  const metric = new Float32Array(count * count);
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = i * rows, b = j * rows; a < (i + 1) * rows; a++, b++) sum += scaled[a] * scaled[b];
      metric[i * count + j] = sum;
      metric[j * count + i] = sum;
    }
  return constant(metric, [count, count]);
}
