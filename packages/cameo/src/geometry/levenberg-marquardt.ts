import { NormalEquations } from "./least-squares.ts";

/** A non-linear least-squares problem over states of any kind; steps are vectors of `unknowns` numbers. */
export interface LeastSquaresProblem<State> {
  readonly unknowns: number;
  /** What is to be made least. Infinity marks states that are not allowed. */
  cost(state: State): number;
  /** Adds to (cleared) `equations` the rows and priors of the problem linearised at `state`, in terms of a step from there. */
  linearize(state: State, equations: NormalEquations): void;
  /** The state after a step. */
  move(state: State, step: Float64Array): State;
}

export interface LevenbergMarquardtOptions {
  /** Steps at most, refused ones included. */
  readonly iterations?: number;
  /** Marquardt's factor to begin with, relative to the diagonal. */
  readonly damping?: number;
  /** Stops once a step lowers the cost by less than this fraction. */
  readonly tolerance?: number;
}

export const LEVENBERG_MARQUARDT_DEFAULTS = { iterations: 50, damping: 1e-3, tolerance: 1e-8 } as const;

export interface LevenbergMarquardtResult<State> {
  readonly state: State;
  readonly cost: number;
  /** Steps tried. */
  readonly iterations: number;
  /** False if the steps ran out first. */
  readonly converged: boolean;
}

/** Damping beyond which steps are too short to change anything. */
const MAX_DAMPING = 1e12;

/**
 * Levenberg and Marquardt's method (Marquardt 1963): steps of linear least squares, damped more when a step fails to
 * lower the cost and less when it succeeds. The cost never rises.
 * @throws Error if the cost at the start is not finite
 */
export function levenbergMarquardt<State>(
  problem: LeastSquaresProblem<State>,
  start: State,
  options: LevenbergMarquardtOptions = {},
): LevenbergMarquardtResult<State> {
  const { iterations, damping: firstDamping, tolerance } = { ...LEVENBERG_MARQUARDT_DEFAULTS, ...options };
  const equations = new NormalEquations(problem.unknowns);
  let state = start;
  let cost = problem.cost(start);
  if (!Number.isFinite(cost)) throw new Error(`Levenberg–Marquardt: the cost at the start is ${cost}`);
  let damping = firstDamping;
  let stale = true;
  for (let i = 1; i <= iterations; i++) {
    if (stale) {
      equations.clear();
      problem.linearize(state, equations);
      stale = false;
    }
    const candidate = problem.move(state, equations.solve(damping));
    const candidateCost = problem.cost(candidate);
    if (candidateCost <= cost) {
      const converged = cost - candidateCost <= tolerance * cost;
      state = candidate;
      cost = candidateCost;
      if (converged) return { state, cost, iterations: i, converged };
      damping = Math.max(damping / 10, 1e-12);
      stale = true;
    } else {
      damping *= 10;
      // No descent even along the gradient: as low as rounding allows.
      if (damping > MAX_DAMPING) return { state, cost, iterations: i, converged: true };
    }
  }
  return { state, cost, iterations, converged: false };
}
