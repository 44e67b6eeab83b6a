import { describe, expect, it } from "vitest";
import { adjacency, diffuse } from "../../src/stages/head/diffuse.ts";

/** A strip of 2 × n vertices: vertex i is at column i >> 1. */
const strip = (n: number): Uint32Array =>
  Uint32Array.from(Array.from({ length: n - 1 }, (_, i) => 2 * i).flatMap((v) => [v, v + 1, v + 3, v, v + 3, v + 2]));

describe("adjacency", () => {
  it("lists the neighbours of each vertex once", () => {
    const { offsets, neighbours } = adjacency(Uint32Array.of(0, 1, 2, 2, 1, 3), 5);
    const of = (v: number) => [...neighbours.subarray(offsets[v], offsets[v + 1])].sort();
    expect(of(0)).toEqual([1, 2]);
    expect(of(1)).toEqual([0, 2, 3]);
    expect(of(3)).toEqual([1, 2]);
    expect(of(4)).toEqual([]);
  });
});

describe("diffuse", () => {
  const columns = 12;
  const count = 2 * columns;
  const edges = adjacency(strip(columns), count);
  const grey = (value: number): Float32Array => new Float32Array(3 * count).fill(value);

  it("interpolates linearly between known ends and keeps them", () => {
    const values = grey(0);
    const weight = new Float32Array(count);
    values.fill(11, 3 * (count - 2));
    weight.fill(1, 0, 2);
    weight.fill(1, count - 2);
    diffuse(values, weight, edges, grey(5), 0, 400);
    for (let v = 0; v < count; v++) {
      for (let k = 0; k < 3; k++) expect(Math.abs(values[3 * v + k] - (v >> 1))).toBeLessThan(0.35);
    }
    expect(values[0]).toBe(0);
    expect(values[values.length - 1]).toBe(11);
  });

  it("keeps the channels apart", () => {
    const values = grey(0);
    values.set([1, 2, 3, 1, 2, 3]);
    const weight = new Float32Array(count).fill(1, 0, 2);
    diffuse(values, weight, edges, grey(0), 0, 800);
    for (let v = 0; v < count; v++) {
      for (let k = 0; k < 3; k++) expect(values[3 * v + k]).toBeCloseTo(k + 1, 1);
    }
  });

  it("reaches the fallback far from everything known", () => {
    const values = grey(0);
    const weight = new Float32Array(count).fill(1, 0, 2);
    diffuse(values, weight, edges, grey(3), 10, 200);
    expect(values[values.length - 1]).toBeCloseTo(3, 2);
  });

  it("gives parts that know nothing the fallback", () => {
    const values = Float32Array.from({ length: 18 }, (_, i) => (i < 9 ? 7 : 0));
    const weight = new Float32Array([1, 1, 1, 0, 0, 0]);
    diffuse(values, weight, adjacency(Uint32Array.of(0, 1, 2, 3, 4, 5), 6), new Float32Array(18).fill(2), 0.01, 10);
    expect([...values.subarray(9)]).toEqual(Array(9).fill(2));
  });
});
