import type { MorphableModel } from "../../morphable/model.ts";
import { type PointBasis, shapeBasisAt } from "../../morphable/synthesize.ts";

/** The dense landmarks of a model, ready to be fitted: where the mean has them and how each coefficient moves them. */
export interface LandmarkBasis extends PointBasis {
  readonly count: number;
  readonly identityCount: number;
  readonly expressionCount: number;
  /** How far each correspondence is to be trusted, in (0, 1]: points that stray from head to head count less. */
  readonly weights: Float32Array;
}

/** A landmark that strays as far as this, mm, counts half. */
const HALF_TRUST = 3;

export const landmarkBasis = (model: MorphableModel): LandmarkBasis => ({
  ...shapeBasisAt(model, model.landmarks468),
  count: model.landmarks468.triangles.length,
  identityCount: model.identity.count,
  expressionCount: model.expression.count,
  weights: model.landmarkSpread468.map((spread) => 1 / (1 + (spread / HALF_TRUST) ** 2)),
});
