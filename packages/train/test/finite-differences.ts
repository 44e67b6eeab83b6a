import {
  constant,
  createProgram,
  elementCount,
  gradients,
  input,
  mul,
  type Shape,
  sum,
  type Tensor,
  toOnnx,
  type Values,
} from "@cameo/train";
import { expect } from "vitest";

/** Numbers in [-1, 1) that depend on the seed alone. */
export function noise(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  });
}

/** Distinct values at least 0.02 apart in random order: safe under max, sort and comparison. */
export function distinct(count: number, seed: number): Float32Array {
  const order = [...noise(count, seed).entries()].sort((a, b) => a[1] - b[1]);
  const values = new Float32Array(count);
  order.forEach(([at], rank) => {
    values[at] = (rank - count / 2 + 0.5) * 0.05;
  });
  return values;
}

export interface Leaf {
  readonly shape: Shape;
  readonly values?: Float32Array;
}

/**
 * Compares symbolic gradients of Σ weights · f(x…) with central differences at every element of every input.
 * The weighted sum of the differences is taken in double precision; `step` and `tolerance` are absolute.
 */
export async function expectGradients(
  f: (...xs: Tensor[]) => Tensor,
  leaves: readonly Leaf[],
  { step = 1e-2, tolerance = 4e-3 } = {},
): Promise<void> {
  const xs = leaves.map(({ shape }, i) => input(`x${i}`, shape));
  const y = f(...xs);
  const weights = noise(elementCount(y.shape), 99);
  const loss = sum(mul(y, constant(weights, y.shape)));
  const dxs = gradients(loss, xs);
  const names = Object.fromEntries(dxs.map((dx, i) => [`d${i}`, dx]));
  const program = await createProgram(toOnnx({ y, ...names }), { threads: 1 });
  const feeds: Record<string, Float32Array> = {};
  leaves.forEach(({ shape, values }, i) => {
    feeds[`x${i}`] = Float32Array.from(values ?? noise(elementCount(shape), i + 1));
  });
  const pick = (all: Record<string, Values>) => ({ ...feeds, ...all }) as Record<string, Values>;
  const used = new Set(program.model.inputs.keys());
  const result = await program.run(pick({}));
  for (const [i, { shape }] of leaves.entries()) {
    const analytic = result[`d${i}`] as Float32Array;
    const scale = Math.max(1, ...analytic.map(Math.abs));
    for (let k = 0; k < elementCount(shape) && used.has(`x${i}`); k++) {
      const at = async (delta: number) => {
        const moved = Float32Array.from(feeds[`x${i}`]);
        moved[k] += delta;
        return (await program.run(pick({ [`x${i}`]: moved }))).y as Float32Array;
      };
      const [up, down] = [await at(step), await at(-step)];
      let difference = 0;
      for (let j = 0; j < up.length; j++) difference += weights[j] * (up[j] - down[j]);
      const numeric = difference / (2 * step);
      expect(
        Math.abs(numeric - analytic[k]) / scale,
        `input ${i}, element ${k}: ${analytic[k]} vs ${numeric}`,
      ).toBeLessThan(tolerance);
    }
  }
  await program.dispose();
}
