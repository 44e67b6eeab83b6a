import fc from "fast-check";
import { Matrix, SVD } from "ml-matrix";
import { expect, test } from "vitest";
import { NormalEquations } from "../../src/geometry/least-squares.ts";

const number = fc.integer({ min: -1000, max: 1000 }).map((i) => i / 100);
const positive = fc.integer({ min: 1, max: 500 }).map((i) => i / 100);

/** A random problem: rows × unknowns numbers, values, weights, and a prior per unknown. */
const problem = fc
  .record({ unknowns: fc.integer({ min: 1, max: 7 }), rows: fc.integer({ min: 0, max: 19 }) })
  .chain(({ unknowns, rows }) =>
    fc.record({
      unknowns: fc.constant(unknowns),
      jacobian: fc.array(number, { minLength: rows * unknowns, maxLength: rows * unknowns }),
      values: fc.array(number, { minLength: rows, maxLength: rows }),
      weights: fc.array(fc.oneof(fc.constant(0), positive), { minLength: rows, maxLength: rows }),
      prior: fc.array(fc.tuple(number, positive), { minLength: unknowns, maxLength: unknowns }),
    }),
  );

test("agrees with the pseudo-inverse of the weighted rows and priors stacked", () => {
  fc.assert(
    fc.property(problem, ({ unknowns, jacobian, values, weights, prior }) => {
      const equations = new NormalEquations(unknowns);
      equations.addRows(jacobian, values, weights);
      for (const [i, [value, weight]] of prior.entries()) equations.addDiagonal(i, value, weight);

      const rows = values.map((_, r) => {
        return jacobian.slice(r * unknowns, (r + 1) * unknowns).map((x) => x * Math.sqrt(weights[r]));
      });
      const right = values.map((v, r) => [v * Math.sqrt(weights[r])]);
      for (const [i, [value, weight]] of prior.entries()) {
        rows.push(Array.from({ length: unknowns }, (_, k) => (k === i ? Math.sqrt(weight) : 0)));
        right.push([value * Math.sqrt(weight)]);
      }
      const expected = new SVD(new Matrix(rows), { autoTranspose: true }).solve(new Matrix(right)).to1DArray();
      const x = equations.solve();
      for (const [i, e] of expected.entries()) expect(Math.abs(x[i] - e)).toBeLessThan(1e-6 * (1 + Math.abs(e)));
    }),
  );
});

test("exact values give the unknowns back", () => {
  fc.assert(
    fc.property(problem, fc.array(number, { minLength: 7, maxLength: 7 }), ({ unknowns, jacobian }, truth) => {
      const equations = new NormalEquations(unknowns);
      const row = new Float64Array(unknowns);
      const dot = () => row.reduce((sum, r, i) => sum + r * truth[i], 0);
      for (let r = 0; (r + 1) * unknowns <= jacobian.length; r++) {
        row.set(jacobian.slice(r * unknowns, (r + 1) * unknowns));
        equations.addRow(row, dot());
      }
      for (let i = 0; i < unknowns; i++) {
        row.fill(0)[i] = 1;
        equations.addRow(row, dot(), 0.25);
      }
      const x = equations.solve();
      for (let i = 0; i < unknowns; i++) expect(x[i]).toBeCloseTo(truth[i], 7);
    }),
  );
});

test("badly scaled unknowns are solved as well as others", () => {
  const equations = new NormalEquations(2);
  const scales = [1e-9, 1e6];
  for (let i = 0; i < 50; i++) {
    const a = Math.sin(i);
    const b = Math.cos(3 * i);
    equations.addRow([a * scales[0], b * scales[1]], 3 * a + 5 * b);
  }
  const x = equations.solve();
  expect((x[0] * scales[0]) / 3).toBeCloseTo(1, 10);
  expect((x[1] * scales[1]) / 5).toBeCloseTo(1, 10);
});

test("damping multiplies the diagonal, as Marquardt has it", () => {
  const equations = new NormalEquations(2);
  equations.addRow([2, 0], 6);
  equations.addRow([0, 3], 3);
  const damped = equations.solve(1);
  expect(damped[0]).toBeCloseTo(1.5, 12);
  expect(damped[1]).toBeCloseTo(0.5, 12);
  // More rows after a solve, in any number.
  equations.addRow([2, 0], 6);
  expect(equations.solve()[0]).toBeCloseTo(3, 12);
});

test("clear forgets everything, also rows not yet summed up", () => {
  const equations = new NormalEquations(1);
  for (let i = 0; i < 3; i++) equations.addRow([1], 100);
  equations.clear();
  equations.addRow([2], 4);
  expect(equations.solve()[0]).toBeCloseTo(2, 12);
});

test("what is not determined is refused in a sentence; damping takes the shortest step", () => {
  const untouched = new NormalEquations(2);
  untouched.addRow([1, 0], 1);
  expect(() => untouched.solve()).toThrow("no row and no prior says anything of unknown 1");
  expect([...untouched.solve(1e-9)][1]).toBe(0);
  const dependent = new NormalEquations(2);
  for (let i = 0; i < 9; i++) dependent.addRow([i, 2 * i], i);
  expect(() => dependent.solve()).toThrow("the rows do not determine unknown 1; give it a prior");
  dependent.addDiagonal(1, 0, 1e-3);
  expect(dependent.solve()[0]).toBeCloseTo(1, 6);
});

test("what is not a number is refused in a sentence", () => {
  const equations = new NormalEquations(2);
  equations.addRow([Number.NaN, 1], 1);
  equations.addRow([1, 1], 1);
  expect(() => equations.solve()).toThrow("not finite");
  equations.clear();
  equations.addRow([1, 0], Infinity);
  equations.addRow([1, 1], 1);
  expect(() => equations.solve()).toThrow("not finite");
  expect(() => equations.addRow([1, 1], 1, -1)).toThrow("weight -1");
  expect(() => equations.addRow([1, 1], 1, Number.NaN)).toThrow("weight NaN");
  expect(() => equations.addDiagonal(0, 1, -2)).toThrow("weight -2 of the prior on unknown 0");
  expect(() => equations.addRows([1, 2, 3], [1])).toThrow("3 entries for 1 rows of 2 unknowns");
  expect(() => new NormalEquations(0)).toThrow("0 unknowns");
});
