import type { Pose } from "../../geometry/pose.ts";
import { conjugate, multiply, normalize, type Quaternion } from "../../geometry/quaternion.ts";
import { apparentRotation } from "./motion.ts";
import { oneEuroFilter } from "./one-euro.ts";

/** What a face does: how its head is turned as the viewer sees it, and its expression coefficients β. */
export interface Performance {
  /** Against the ray to the head centre: the identity looks at the viewer. */
  readonly rotation: Quaternion;
  readonly expression: Float32Array;
}

/** What is taken over. */
export interface TransferOptions {
  /** The pose of the head. Default true. */
  readonly pose?: boolean;
  /** The expression. Default true. */
  readonly expression?: boolean;
}

export const performanceOf = (pose: Pose, expression: Float32Array): Performance => ({
  rotation: multiply(conjugate(apparentRotation(pose)), pose.rotation),
  expression,
});

/**
 * Pose and expression of one face on another head (paper supplement, Figure S7), which stays at its place.
 * @param start with it, only what the driver changed since then is added to the target's own pose and expression
 */
export function transferred(
  driver: Performance,
  target: { readonly pose: Pose; readonly expression: Float32Array },
  { pose = true, expression = true }: TransferOptions,
  start?: Performance,
): { readonly pose: Pose; readonly expression: Float32Array | undefined } {
  const own = performanceOf(target.pose, target.expression);
  const seen = start ? multiply(multiply(driver.rotation, conjugate(start.rotation)), own.rotation) : driver.rotation;
  const rotation = normalize(multiply(apparentRotation(target.pose), seen));
  return {
    pose: pose ? { ...target.pose, rotation } : target.pose,
    expression: expression
      ? driver.expression.map((value, k) => (start ? own.expression[k] + value - start.expression[k] : value))
      : undefined,
  };
}

/** Turns of a head, in quaternion units: half the angle in radians. */
const ROTATION_FILTER = { minCutoff: 1.5, beta: 12 } as const;
/** Expression coefficients, in standard deviations: together they change by about ten a second in lively speech. */
const EXPRESSION_FILTER = { minCutoff: 2, beta: 0.5 } as const;

/** Steadies a performance from frame to frame without making it late. */
export function performanceFilter(rate: number): (performance: Performance) => Performance {
  const rotationFilter = oneEuroFilter(rate, ROTATION_FILTER);
  const expressionFilter = oneEuroFilter(rate, EXPRESSION_FILTER);
  let last: Quaternion | undefined;
  return ({ rotation, expression }) => {
    // q and −q are the same rotation: take that which is near to the last.
    const isFar = last !== undefined && last.reduce((sum, value, k) => sum + value * rotation[k], 0) < 0;
    const near = isFar ? rotation.map((value) => -value) : rotation;
    const [x, y, z, w] = rotationFilter(near);
    last = normalize([x, y, z, w]);
    return { rotation: last, expression: expressionFilter(expression) };
  };
}
