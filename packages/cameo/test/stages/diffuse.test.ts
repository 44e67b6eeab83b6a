import { describe, expect, it } from "vitest";
import { adjacency, diffuse } from "../../src/stages/head/diffuse.ts";

/** A strip of 2 × n vertices: vertex i is at column i >> 1. */
const strip = (n: number): Uint32Array =>
  Uint32Array.from(Array.from({ length: n - 1 }, (_, i) => 2 * i).flatMap((v) => [v, v + 1, v + 3, v, v + 3, v + 2]));

describe("adjacency", () => {
  it("lists the neighbours of each vertex", () => {
    const { offsets, neighbours } = adjacency(Uint32Array.of(0, 1, 2, 2, 1, 3), 5);
    const of = (v: number) => [...new Set(neighbours.subarray(offsets[v], offsets[v + 1]))].sort();
    expect(of(0)).toEqual([1, 2]);
    expect(of(1)).toEqual([0, 2, 3]);
    expect(of(3)).toEqual([1, 2]);
    expect(of(4)).toEqual([]);
  });
});

describe("diffuse", () => {
  const columns = 12;
  const triangles = strip(columns);
  const edges = adjacency(triangles, 2 * columns);

  it("interpolates linearly between known ends and keeps them", () => {
    const values = new Float32Array(2 * columns);
    const weight = new Float32Array(2 * columns);
    values.fill(11, 2 * columns - 2);
    weight.fill(1, 0, 2);
    weight.fill(1, 2 * columns - 2);
    diffuse(values, weight, edges, 1, new Float32Array(2 * columns).fill(5), 0, 400);
    for (let v = 0; v < values.length; v++) expect(Math.abs(values[v] - (v >> 1))).toBeLessThan(0.35);
    expect(values[0]).toBe(0);
    expect(values[values.length - 1]).toBe(11);
  });

  it("reaches the fallback far from everything known", () => {
    const values = new Float32Array(2 * columns);
    const weight = new Float32Array(2 * columns);
    weight.fill(1, 0, 2);
    diffuse(values, weight, edges, 1, new Float32Array(2 * columns).fill(3), 10, 200);
    expect(values[values.length - 1]).toBeCloseTo(3, 2);
  });

  it("gives parts that know nothing the fallback", () => {
    const values = new Float32Array([7, 7, 7, 0, 0, 0]);
    const weight = new Float32Array([1, 1, 1, 0, 0, 0]);
    diffuse(values, weight, adjacency(Uint32Array.of(0, 1, 2, 3, 4, 5), 6), 1, new Float32Array(6).fill(2), 0.01, 10);
    expect([...values.subarray(3)]).toEqual([2, 2, 2]);
  });
});
