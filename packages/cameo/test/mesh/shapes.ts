import type { Mesh } from "../../src/mesh/mesh.ts";

/** A closed sphere of 2 · rings · segments − 2 · segments triangles, counter-clockwise from outside (right-handed axes). */
export function sphere(rings: number, segments: number, radius: number, centre: readonly number[] = [0, 0, 0]): Mesh {
  const positions: number[] = [];
  const point = (polar: number, azimuth: number) =>
    positions.push(
      centre[0] + radius * Math.sin(polar) * Math.sin(azimuth),
      centre[1] + radius * Math.cos(polar),
      centre[2] + radius * Math.sin(polar) * Math.cos(azimuth),
    );
  point(0, 0);
  for (let r = 1; r < rings; r++) {
    for (let s = 0; s < segments; s++) point((Math.PI * r) / rings, (2 * Math.PI * s) / segments);
  }
  point(Math.PI, 0);
  const at = (r: number, s: number) => 1 + (r - 1) * segments + (s % segments);
  const south = 1 + (rings - 1) * segments;
  const triangles: number[] = [];
  for (let s = 0; s < segments; s++) {
    triangles.push(0, at(1, s), at(1, s + 1));
    for (let r = 1; r < rings - 1; r++) {
      triangles.push(at(r, s), at(r + 1, s), at(r + 1, s + 1), at(r, s), at(r + 1, s + 1), at(r, s + 1));
    }
    triangles.push(south, at(rings - 1, s + 1), at(rings - 1, s));
  }
  return { positions: new Float32Array(positions), triangles: new Uint32Array(triangles) };
}
