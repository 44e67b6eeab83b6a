import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { vertexNormals } from "../../mesh/normals.ts";
import type { MorphableModel } from "../../morphable/model.ts";
import { shapeBasisAt, surfacePositions, synthesizeShape } from "../../morphable/synthesize.ts";

/**
 * The dense landmarks of a model, ready to be fitted. Of all combinations of the coefficients (α, β) only few move the
 * landmarks visibly: their modes, the orthonormal combinations that move them most. A prior of unit deviation on the
 * coefficients is one of unit deviation on the modes; what the modes leave out stays at the prior's mean.
 */
export interface LandmarkBasis {
  readonly count: number;
  readonly identityCount: number;
  readonly expressionCount: number;
  readonly modeCount: number;
  /** x, y, z per landmark on the mean face, mm. */
  readonly mean: Float64Array;
  /** 3·count rows of `modeCount` numbers: how the modes move the landmarks, mm per deviation. */
  readonly modes: Float64Array;
  /** identityCount + expressionCount rows of `modeCount` numbers: the coefficients of the modes. */
  readonly coefficients: Float64Array;
  /** Unit normals of the mean face at the landmarks. */
  readonly normals: Float32Array;
  /** How far each correspondence is to be trusted, in (0, 1]: points that stray from head to head count less. */
  readonly weights: Float32Array;
}

/** Modes kept. With our model those left out move a landmark by 0.6 mm, root mean square, all together. */
const MODES = 50;
/** A landmark that strays as far as this, mm, counts half. */
const HALF_TRUST = 3;

export function landmarkBasis(model: MorphableModel): LandmarkBasis {
  const { landmarks468, identity, expression, triangles } = model;
  const { mean, basis } = shapeBasisAt(model, landmarks468);
  const total = identity.count + expression.count;
  const modeCount = Math.min(MODES, total);
  const coefficients = principalCombinations(basis, total, modeCount);
  const modes = new Float64Array(mean.length * modeCount);
  for (let row = 0; row < mean.length; row++)
    for (let k = 0; k < total; k++) {
      const b = basis[row * total + k];
      for (let m = 0; m < modeCount; m++) modes[row * modeCount + m] += b * coefficients[k * modeCount + m];
    }
  const normals = surfacePositions(model, vertexNormals(synthesizeShape(model, [], []), triangles), landmarks468);
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.hypot(normals[i], normals[i + 1], normals[i + 2]);
    for (let axis = 0; axis < 3; axis++) normals[i + axis] /= length;
  }
  return {
    count: landmarks468.triangles.length,
    identityCount: identity.count,
    expressionCount: expression.count,
    modeCount,
    mean: Float64Array.from(mean),
    modes,
    coefficients,
    normals,
    weights: model.landmarkSpread468.map((spread) => 1 / (1 + (spread / HALF_TRUST) ** 2)),
  };
}

/**
 * The `count` orthonormal combinations of columns that are longest: eigenvectors of BᵀB.
 * @param basis rows of `columns` numbers
 * @returns `columns` rows of `count` numbers
 */
function principalCombinations(basis: Float32Array, columns: number, count: number): Float64Array {
  const gram = new Float64Array(columns * columns);
  for (let row = 0; row < basis.length; row += columns)
    for (let i = 0; i < columns; i++) {
      const b = basis[row + i];
      for (let j = i; j < columns; j++) gram[i * columns + j] += b * basis[row + j];
    }
  for (let i = 0; i < columns; i++) for (let j = 0; j < i; j++) gram[i * columns + j] = gram[j * columns + i];
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Matrix.from1DArray(columns, columns, gram),
    { assumeSymmetric: true },
  );
  const largest = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  return Float64Array.from({ length: columns * count }, (_, i) =>
    eigenvectorMatrix.get(Math.floor(i / count), largest[i % count]),
  );
}
