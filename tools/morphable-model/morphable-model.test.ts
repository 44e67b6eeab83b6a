import { coefficientsOf, edgeLoop, floodFaces, loopEdges, quadTopology, refinedMetric } from "@cameo/synth";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeInAtlas } from "./atlas.ts";
import { affineWeights } from "./embed.ts";
import { expressionGroups } from "./model.ts";
import {
  mergeComponents,
  mixtureComponents,
  orthonormalize,
  plainMetric,
  principalComponents,
  splitSymmetry,
} from "./pca.ts";
import { createRandom } from "./random.ts";

describe("createRandom", () => {
  it("gives the same numbers for the same seed, others for another", () => {
    const draw = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 5 }, () => random.uniform());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
  it("is uniform and normal", () => {
    const random = createRandom(3);
    const mean = (values: number[]) => values.reduce((s, x) => s + x, 0) / values.length;
    const uniform = Array.from({ length: 20_000 }, () => random.uniform());
    const normal = Array.from({ length: 20_000 }, () => random.normal());
    expect(mean(uniform)).toBeCloseTo(0.5, 1);
    expect(mean(uniform.map((x) => (x - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
    expect(Math.abs(mean(normal))).toBeLessThan(0.03);
    expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
    expect(mean(normal.map((x) => x ** 4))).toBeGreaterThan(2.7);
  });
});

describe("topology", () => {
  // A tube of 6 columns and 4 rows of quads.
  const columns = 6;
  const at = (row: number, column: number) => row * columns + (column % columns);
  const faces = Uint32Array.from(
    Array.from({ length: 4 }, (_, row) =>
      Array.from({ length: columns }, (_, c) => [at(row, c), at(row, c + 1), at(row + 1, c + 1), at(row + 1, c)]),
    ).flat(2),
  );
  const topology = quadTopology(faces, faces.length / 4);
  it("edgeLoop runs straight around", () => {
    expect(edgeLoop(topology, at(2, 0), at(2, 1))).toEqual([12, 13, 14, 15, 16, 17]);
  });
  it("edgeLoop refuses a way that ends at the border", () => {
    expect(() => edgeLoop(topology, at(2, 0), at(3, 0))).toThrow("no way on");
  });
  it("floodFaces stops at walls and counts steps", () => {
    const walls = loopEdges(edgeLoop(topology, at(2, 0), at(2, 1)));
    const reached = floodFaces(faces, topology, [0], walls);
    expect([...reached.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(reached.get(3)).toBe(3);
    expect(reached.get(9)).toBe(4);
  });
});

describe("affineWeights", () => {
  const coordinate = fc.double({ min: -10, max: 10, noNaN: true });
  it("reproduce the point, before and after any affine motion", () => {
    const random = createRandom(5);
    const controls = Array.from({ length: 30 }, () => random.range(-10, 10));
    fc.assert(
      fc.property(fc.tuple(coordinate, coordinate, coordinate), (point) => {
        const weights = affineWeights(controls, point);
        expect(weights.reduce((s, w) => s + w, 0)).toBeCloseTo(1, 9);
        const move = (p: readonly number[]) => [2 * p[0] - p[1] + 3, p[1] + 0.5 * p[2], p[0] - p[2] - 7];
        const moved = [0, 1, 2].map((axis) =>
          weights.reduce((s, w, i) => s + w * move(controls.slice(3 * i, 3 * i + 3))[axis], 0),
        );
        for (const [axis, x] of move(point).entries()) expect(moved[axis]).toBeCloseTo(x, 6);
      }),
    );
  });
});

describe("principal components", () => {
  const width = 30;
  const random = createRandom(9);
  const directions = Float64Array.from({ length: 5 * width }, () => random.normal());
  orthonormalize(directions, 5, width, plainMetric);
  const deviations = [9, 6, 4, 2, 1];
  const samples = Array.from({ length: 4000 }, () => {
    const sample = new Float32Array(width);
    for (let k = 0; k < 5; k++) {
      const c = deviations[k] * random.normal();
      for (let i = 0; i < width; i++) sample[i] += c * directions[k * width + i];
    }
    return sample;
  });
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, x, i) => s + x * b[i], 0);
  const row = (basis: Float64Array, k: number) => basis.subarray(k * width, (k + 1) * width);

  it("find the directions and spreads that samples were made with", () => {
    const found = principalComponents(samples, width, 5, plainMetric, samples.length, { spare: 3 });
    for (let k = 0; k < 5; k++) {
      expect(found.deviations[k] / deviations[k]).toBeCloseTo(1, 1);
      expect(Math.abs(dot(row(found.basis, k), row(directions, k)))).toBeGreaterThan(0.99);
    }
  });

  it("are orthonormal in the metric of the refined surface", () => {
    const matrix = {
      offsets: Uint32Array.of(0, 1, 3, 5),
      columns: Uint32Array.of(0, 0, 1, 1, 2),
      values: Float32Array.of(1, 0.5, 0.5, 0.25, 0.75),
    };
    const metric = refinedMetric(matrix, 3);
    const small = Array.from({ length: 60 }, () => Float32Array.from({ length: 9 }, () => random.normal()));
    const { basis } = principalComponents(small, 9, 4, metric, 60, { spare: 4 });
    const refine = (r: Float64Array) =>
      [0, 1, 2].flatMap((v) =>
        [0, 1, 2].map((axis) => {
          let sum = 0;
          for (let e = matrix.offsets[v]; e < matrix.offsets[v + 1]; e++)
            sum += matrix.values[e] * r[3 * matrix.columns[e] + axis];
          return sum;
        }),
      );
    for (let i = 0; i < 4; i++)
      for (let j = 0; j <= i; j++) {
        const product = dot(refine(basis.subarray(9 * i, 9 * i + 9)), refine(basis.subarray(9 * j, 9 * j + 9)));
        expect(product).toBeCloseTo(i === j ? 1 : 0, 6);
      }
  });

  it("of mixtures are those of the samples mixed", () => {
    const rows = Array.from({ length: 6 }, () => Float64Array.from({ length: width }, () => random.normal()));
    // The last row depends on others, as symmetric parts of left and right do.
    rows[5] = rows[0].map((x, i) => x + rows[1][i]);
    const mixtures = Array.from({ length: 300 }, () => Float64Array.from({ length: 6 }, () => random.uniform()));
    const mixed = mixtures.map((m) =>
      Float32Array.from({ length: width }, (_, i) => m.reduce((s, w, r) => s + w * rows[r][i], 0)),
    );
    const a = mixtureComponents(rows, mixtures, 5, plainMetric);
    const b = principalComponents(mixed, width, 5, plainMetric, mixed.length, { spare: 3, passes: 8 });
    for (let k = 0; k < 5; k++) {
      expect(a.deviations[k]).toBeCloseTo(b.deviations[k], 3);
      expect(Math.abs(dot(row(a.basis, k), row(b.basis, k)))).toBeCloseTo(1, 4);
    }
    expect(a.deviations.length).toBe(5);
  });

  it("give back coefficients", () => {
    const found = principalComponents(samples, width, 5, plainMetric, samples.length, { spare: 3 });
    const offsets = new Float64Array(width);
    for (let i = 0; i < width; i++)
      offsets[i] = 2 * found.deviations[0] * found.basis[i] - found.deviations[3] * found.basis[3 * width + i];
    const coefficients = coefficientsOf(found, offsets, plainMetric);
    for (const [k, c] of [2, 0, 0, -1, 0].entries()) expect(coefficients[k]).toBeCloseTo(c, 5);
  });

  it("of symmetric and antisymmetric parts make up those of a mirrored set", () => {
    const twin = Uint32Array.of(1, 0, 2);
    const set = Array.from({ length: 200 }, () => Float32Array.from({ length: 9 }, () => random.normal()));
    const parts = set.map((sample) => splitSymmetry(sample, twin, true));
    const merged = mergeComponents(
      [parts.map((p) => p.symmetric), parts.map((p) => p.antisymmetric)].map((samples) =>
        principalComponents(samples, 9, 3, plainMetric, 200, { spare: 5 }),
      ),
      9,
      5,
    );
    const mirrored = set.map((sample) =>
      sample.map((_, i) => (i % 3 === 0 ? -1 : 1) * sample[3 * twin[Math.floor(i / 3)] + (i % 3)]),
    );
    const whole = principalComponents([...set, ...mirrored], 9, 5, plainMetric, 400, { spare: 3, passes: 30 });
    for (let k = 0; k < 5; k++) expect(merged.deviations[k]).toBeCloseTo(whole.deviations[k], 2);
  });
});

describe("placeInAtlas", () => {
  it("keeps the head in its box, upright, left on the right, without folds", () => {
    const steps = 21;
    const grid = Float64Array.from(
      Array.from({ length: steps * steps }, (_, i) => [
        0.64 + (0.35 * (i % steps)) / (steps - 1),
        0.15 + (0.67 * Math.floor(i / steps)) / (steps - 1),
      ]).flat(),
    );
    const placed = placeInAtlas("head", grid);
    const at = (row: number, column: number) => [
      ...placed.slice(2 * (row * steps + column), 2 * (row * steps + column) + 2),
    ];
    expect(Math.min(...placed)).toBeGreaterThan(0);
    expect(Math.max(...placed)).toBeLessThan(1);
    for (let i = 0; i < steps; i++)
      for (let k = 1; k < steps; k++) {
        // In the head's own texture u runs from crown to chin, v towards the subject's left.
        expect(at(i, k)[1]).toBeGreaterThan(at(i, k - 1)[1]);
        expect(at(k, i)[0]).toBeGreaterThan(at(k - 1, i)[0]);
      }
  });
});

describe("expressionGroups", () => {
  it("joins left and right, and lets both eyes look the same way", () => {
    const groups = expressionGroups(["jawLeft", "jawRight", "mouthSmileLeft", "mouthSmileRight", "eyeLookInLeft"]);
    const names = groups.map((g) => g.names.join(" "));
    expect(names).toContain("mouthSmileLeft mouthSmileRight");
    expect(names).toContain("jawLeft");
    expect(names).toContain("eyeLookInLeft eyeLookOutRight");
  });
});
