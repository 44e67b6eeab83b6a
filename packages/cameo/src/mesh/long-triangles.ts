import type { Camera } from "../geometry/camera.ts";
import { distance } from "./distance.ts";

/**
 * Which triangles span no gap: those without an edge longer than `factor` times the spacing of samples at its ends.
 * In a mesh made of a depth map, edges across a jump of depth are long. With the spacing of pixels, a factor k lets
 * surfaces pass that are turned away from the viewer by up to about acos(1 / k): 80° for 6.
 * @param positions x, y, z per vertex
 * @param spacing the distance between neighbouring samples per vertex, mm: {@link pixelSpacing} or {@link edgeSpacing}
 * @returns ascending indices of the triangles that stay
 */
export function keepShortTriangles(
  positions: Float32Array,
  triangles: Uint32Array,
  spacing: Float32Array,
  factor: number,
): Uint32Array {
  const isShort = (a: number, b: number) => distance(positions, a, b) <= (factor * (spacing[a] + spacing[b])) / 2;
  const kept: number[] = [];
  for (let t = 0; 3 * t < triangles.length; t++) {
    const a = triangles[3 * t];
    const b = triangles[3 * t + 1];
    const c = triangles[3 * t + 2];
    if (isShort(a, b) && isShort(b, c) && isShort(c, a)) kept.push(t);
  }
  return Uint32Array.from(kept);
}

/** How far apart, in mm, the points seen by neighbouring pixels are on a surface that faces the viewer: z over the focal length. */
export function pixelSpacing(positions: Float32Array, { fx, fy }: Camera): Float32Array {
  const perMillimetre = 2 / (fx + fy);
  return Float32Array.from({ length: positions.length / 3 }, (_, v) => positions[3 * v + 2] * perMillimetre);
}

/** The length of the shortest edge at each vertex: its spacing where no camera is known. 0 for vertices without edges. */
export function edgeSpacing(positions: Float32Array, triangles: Uint32Array): Float32Array {
  const spacing = new Float32Array(positions.length / 3).fill(Infinity);
  for (let k = 0; k < triangles.length; k++) {
    const a = triangles[k];
    const b = triangles[k % 3 === 2 ? k - 2 : k + 1];
    const length = distance(positions, a, b);
    spacing[a] = Math.min(spacing[a], length);
    spacing[b] = Math.min(spacing[b], length);
  }
  return spacing.map((s) => (s === Infinity ? 0 : s));
}
