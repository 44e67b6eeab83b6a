import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MorphableModel } from "../../src/morphable/model.ts";
import { shapeBasisAt, surfacePositions, synthesizeAlbedo, synthesizeShape } from "../../src/morphable/synthesize.ts";
import { smallModel } from "./small-model.ts";

const coefficients = (count: number) =>
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: count, maxLength: count });

/** Paper Eq. 1, written out. */
function slowShape(model: MorphableModel, alpha: number[], beta: number[]): number[] {
  const cage = [...model.meanShape];
  for (const [space, c] of [
    [model.identity, alpha],
    [model.expression, beta],
  ] as const)
    for (let k = 0; k < space.count; k++)
      for (let i = 0; i < cage.length; i++) cage[i] += c[k] * space.deviations[k] * space.basis[k * cage.length + i];
  const { refinement } = model;
  if (!refinement) return cage;
  const out: number[] = [];
  for (let v = 0; v < model.vertexCount; v++)
    for (let axis = 0; axis < 3; axis++) {
      let sum = 0;
      for (let e = refinement.offsets[v]; e < refinement.offsets[v + 1]; e++)
        sum += refinement.values[e] * cage[3 * refinement.columns[e] + axis];
      out.push(sum);
    }
  return out;
}

describe.each([true, false])("a model (refined: %s)", (refined) => {
  const model = smallModel(refined);

  it("synthesizeShape is mean plus weighted components", () => {
    fc.assert(
      fc.property(coefficients(3), coefficients(2), (alpha, beta) => {
        const shape = synthesizeShape(model, alpha, beta);
        for (const [i, x] of slowShape(model, alpha, beta).entries()) expect(shape[i]).toBeCloseTo(x, 3);
      }),
      { numRuns: 30 },
    );
  });

  it("writes into what it is given, again and again", () => {
    const out = new Float32Array(3 * model.vertexCount).fill(7);
    expect(synthesizeShape(model, [1, -1], [0.5], out)).toBe(out);
    const once = out.slice();
    synthesizeShape(model, [3, 3, 3], [3, 3], out);
    expect(synthesizeShape(model, [1, -1], [0.5], out)).toEqual(once);
  });

  it("shapeBasisAt is the derivative of surfacePositions", () => {
    const zero = surfacePositions(model, synthesizeShape(model, [], []), model.landmarks68);
    const { mean, basis } = shapeBasisAt(model, model.landmarks68);
    const width = model.identity.count + model.expression.count;
    for (let k = 0; k < width; k++) {
      const c = Float32Array.from({ length: width }, (_, i) => (i === k ? 2 : 0));
      const shape = synthesizeShape(model, c.subarray(0, model.identity.count), c.subarray(model.identity.count));
      const moved = surfacePositions(model, shape, model.landmarks68);
      for (let row = 0; row < mean.length; row++) {
        expect(mean[row]).toBeCloseTo(zero[row], 4);
        expect(mean[row] + 2 * basis[row * width + k]).toBeCloseTo(moved[row], 4);
      }
    }
  });

  it("surfacePositions weights the corners of the triangle", () => {
    const shape = synthesizeShape(model, [], []);
    const points = { triangles: Uint32Array.of(1), weights: Float32Array.of(0.2, 0.3, 0.5) };
    const [x] = surfacePositions(model, shape, points);
    expect(x).toBeCloseTo(0.2 * shape[6] + 0.3 * shape[9] + 0.5 * shape[12], 4);
  });

  it("synthesizeAlbedo stays within [0, 1]", () => {
    expect(synthesizeAlbedo(model, [])).toEqual(model.meanAlbedo);
    const albedo = synthesizeAlbedo(model, [9, -9]);
    expect(Math.min(...albedo)).toBe(0);
    expect(Math.max(...albedo)).toBe(1);
  });

  it("too many coefficients are an error", () => {
    expect(() => synthesizeShape(model, [0, 0, 0, 1], [])).toThrow(RangeError);
    expect(() => synthesizeAlbedo(model, [0, 0, 1])).toThrow(RangeError);
  });
});
