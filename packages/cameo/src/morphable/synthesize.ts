import { applySparse } from "../mesh/sparse.ts";
import type { LinearSpace, MorphableModel, SparseMatrix, SurfacePoints } from "./model.ts";

/** Control points of models that are refined, kept between calls so that synthesis leaves no garbage. */
const cages = new WeakMap<MorphableModel, Float32Array<ArrayBuffer>>();

/**
 * The surface of a head (paper Eq. 1): F = F̄ + B_id α + B_exp β, refined.
 * @param identity α, counted in standard deviations; missing coefficients are 0
 * @param expression β, likewise
 * @param out receives x, y, z per vertex, mm
 */
export function synthesizeShape(
  model: MorphableModel,
  identity: ArrayLike<number>,
  expression: ArrayLike<number>,
  out = new Float32Array(3 * model.vertexCount),
): Float32Array {
  if (model.refinement === null) {
    blendShape(model, identity, expression, out);
    return out;
  }
  let cage = cages.get(model);
  if (!cage) {
    cage = new Float32Array(model.meanShape.length);
    cages.set(model, cage);
  }
  blendShape(model, identity, expression, cage);
  return applySparse(model.refinement, cage, 3, out);
}

function blendShape(
  model: MorphableModel,
  identity: ArrayLike<number>,
  expression: ArrayLike<number>,
  out: Float32Array,
): void {
  out.set(model.meanShape);
  addOffsets(model.identity, identity, out);
  addOffsets(model.expression, expression, out);
}

/**
 * The reflectance of a head (paper Eq. 1): T = T̄ + B_t δ.
 * @param texture δ, counted in standard deviations; missing coefficients are 0
 * @param out receives linear r, g, b per vertex, clamped to [0, 1]
 */
export function synthesizeAlbedo(
  model: MorphableModel,
  texture: ArrayLike<number>,
  out = new Float32Array(3 * model.vertexCount),
): Float32Array {
  out.set(model.meanAlbedo);
  addOffsets(model.texture, texture, out);
  for (let i = 0; i < out.length; i++) out[i] = Math.min(1, Math.max(0, out[i]));
  return out;
}

/** Adds Σ cₖ · deviationₖ · basisₖ, four rows at a time: `out` is then read and written a quarter as often. */
function addOffsets(
  { count, basis, deviations }: LinearSpace,
  coefficients: ArrayLike<number>,
  out: Float32Array,
): void {
  if (coefficients.length > count)
    throw new RangeError(`synthesize: ${coefficients.length} coefficients for a space of ${count}`);
  const width = out.length;
  const weight = (k: number) => (k < coefficients.length ? coefficients[k] * deviations[k] : 0);
  const row = (k: number) => basis.subarray(Math.min(k, count - 1) * width, (Math.min(k, count - 1) + 1) * width);
  for (let k = 0; k < coefficients.length; k += 4) {
    const [wa, wb, wc, wd] = [weight(k), weight(k + 1), weight(k + 2), weight(k + 3)];
    if (wa === 0 && wb === 0 && wc === 0 && wd === 0) continue;
    const [a, b, c, d] = [row(k), row(k + 1), row(k + 2), row(k + 3)];
    for (let i = 0; i < width; i++) out[i] += wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i];
  }
}

/**
 * Where points are on a synthesised surface.
 * @param shape x, y, z per vertex
 * @param out receives x, y, z per point
 */
export function surfacePositions(
  { triangles }: Pick<MorphableModel, "triangles">,
  shape: Float32Array,
  points: SurfacePoints,
  out = new Float32Array(3 * points.triangles.length),
): Float32Array {
  for (let p = 0; p < points.triangles.length; p++) {
    const corner = 3 * points.triangles[p];
    for (let axis = 0; axis < 3; axis++) {
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += points.weights[3 * p + k] * shape[3 * triangles[corner + k] + axis];
      out[3 * p + axis] = sum;
    }
  }
  return out;
}

/** How points on the surface depend on the coefficients: positions = `mean` + `basis` · (α, β). */
export interface PointBasis {
  /** x, y, z per point at α = β = 0, mm. */
  readonly mean: Float32Array;
  /** 3·P rows of K numbers, K = identity.count + expression.count: mm per standard deviation, identity first. */
  readonly basis: Float32Array;
}

/** The Jacobian of points on the surface by the coefficients, through the refinement. */
export function shapeBasisAt(model: MorphableModel, points: SurfacePoints): PointBasis {
  const { identity, expression, meanShape, triangles, refinement } = model;
  const count = points.triangles.length;
  const width = identity.count + expression.count;
  const mean = new Float32Array(3 * count);
  const basis = new Float32Array(3 * count * width);
  const spaces = [
    { space: identity, first: 0 },
    { space: expression, first: identity.count },
  ];
  for (let p = 0; p < count; p++) {
    const stencil = stencilOf(triangles, refinement, points, p);
    for (let axis = 0; axis < 3; axis++) {
      const row = 3 * p + axis;
      for (const [control, weight] of stencil) mean[row] += weight * meanShape[3 * control + axis];
      for (const { space, first } of spaces)
        for (let k = 0; k < space.count; k++) {
          const from = k * meanShape.length + axis;
          let sum = 0;
          for (const [control, weight] of stencil) sum += weight * space.basis[from + 3 * control];
          basis[row * width + first + k] = sum * space.deviations[k];
        }
    }
  }
  return { mean, basis };
}

/** The control points that point `p` depends on, with their weights. */
function stencilOf(
  triangles: Uint32Array,
  refinement: SparseMatrix | null,
  points: SurfacePoints,
  p: number,
): [control: number, weight: number][] {
  const weights = new Map<number, number>();
  const add = (control: number, weight: number) => weights.set(control, (weights.get(control) ?? 0) + weight);
  for (let k = 0; k < 3; k++) {
    const vertex = triangles[3 * points.triangles[p] + k];
    const weight = points.weights[3 * p + k];
    if (weight === 0) continue;
    if (refinement === null) add(vertex, weight);
    else
      for (let e = refinement.offsets[vertex]; e < refinement.offsets[vertex + 1]; e++)
        add(refinement.columns[e], weight * refinement.values[e]);
  }
  return [...weights];
}
