import fc from "fast-check";
import { expect, test } from "vitest";
import type { NormalEquations } from "../../src/geometry/least-squares.ts";
import { type LeastSquaresProblem, levenbergMarquardt } from "../../src/geometry/levenberg-marquardt.ts";

/** Rosenbrock's valley as least squares: residuals 10 (y − x²) and 1 − x. */
const rosenbrock: LeastSquaresProblem<readonly [number, number]> = {
  unknowns: 2,
  cost: ([x, y]) => (100 * (y - x * x) ** 2 + (1 - x) ** 2) / 2,
  linearize: ([x, y], equations) => {
    equations.addRow([-20 * x, 10], -10 * (y - x * x));
    equations.addRow([-1, 0], -(1 - x));
  },
  move: ([x, y], step) => [x + step[0], y + step[1]],
};

const coordinate = fc.integer({ min: -300, max: 300 }).map((i) => i / 100);

test("finds the bottom of Rosenbrock's valley from anywhere, and says it converged", () => {
  fc.assert(
    fc.property(coordinate, coordinate, (x, y) => {
      const result = levenbergMarquardt(rosenbrock, [x, y], { iterations: 500 });
      expect(result.converged).toBe(true);
      expect(result.state[0]).toBeCloseTo(1, 4);
      expect(result.state[1]).toBeCloseTo(1, 4);
    }),
  );
});

test("fits a decaying curve to noise-free samples", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 50, max: 300 }).map((i) => i / 100),
      fc.integer({ min: 20, max: 200 }).map((i) => i / 100),
      (height, rate) => {
        const times = Array.from({ length: 20 }, (_, i) => i / 5);
        const samples = times.map((t) => height * Math.exp(-rate * t));
        const model = ([a, k]: readonly number[], t: number) => a * Math.exp(-k * t);
        const problem: LeastSquaresProblem<readonly number[]> = {
          unknowns: 2,
          cost: (p) => times.reduce((sum, t, i) => sum + (samples[i] - model(p, t)) ** 2 / 2, 0),
          linearize: (p, equations: NormalEquations) => {
            for (const [i, t] of times.entries()) {
              equations.addRow([Math.exp(-p[1] * t), -t * model(p, t)], samples[i] - model(p, t));
            }
          },
          move: (p, step) => p.map((value, i) => value + step[i]),
        };
        const { state } = levenbergMarquardt(problem, [1, 1]);
        expect(state[0]).toBeCloseTo(height, 3);
        expect(state[1]).toBeCloseTo(rate, 3);
      },
    ),
  );
});

test("the cost never rises, not even where states are forbidden", () => {
  fc.assert(
    fc.property(coordinate, coordinate, fc.integer({ min: 1, max: 30 }), (x, y, iterations) => {
      const half = {
        ...rosenbrock,
        cost: (s: readonly [number, number]) => (s[0] > x ? Infinity : rosenbrock.cost(s)),
      };
      const result = levenbergMarquardt(half, [x, y], { iterations });
      expect(result.cost).toBeLessThanOrEqual(rosenbrock.cost([x, y]));
      expect(result.cost).toBe(half.cost(result.state));
      expect(result.iterations).toBeLessThanOrEqual(iterations);
    }),
  );
});

test("a start that is not allowed is refused", () => {
  expect(() => levenbergMarquardt({ ...rosenbrock, cost: () => Infinity }, [0, 0])).toThrow(
    "cost at the start is Infinity",
  );
});
