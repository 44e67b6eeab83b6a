import type { Camera } from "../../src/geometry/camera.ts";

/** What the reference rasteriser found at a pixel. */
export interface Sample {
  readonly triangle: number;
  readonly z: number;
  readonly weights: readonly [number, number, number];
  /** False where rounding decides the result: the centre is within `tolerance` pixels of an edge, or two surfaces are equally near. */
  readonly certain: boolean;
}

/**
 * The slow, obvious rasteriser: a ray through every pixel centre, intersected with every triangle by Cramer's rule
 * (d = Σ λᵢ pᵢ). Nothing is projected, clipped, rounded or stepped.
 */
export function referenceRaster(
  positions: Float32Array,
  triangles: Uint32Array,
  camera: Camera,
  { width, height, near = 1, cull = "back" }: { width: number; height: number; near?: number; cull?: "back" | "none" },
  tolerance = 1e-2,
): Sample[] {
  const samples: Sample[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      samples.push(pixel(column + 0.5, row + 0.5));
    }
  }
  return samples;

  function pixel(u: number, v: number): Sample {
    let best: Sample = { triangle: -1, z: Infinity, weights: [0, 0, 0], certain: true };
    let certain = true;
    for (let t = 0; 3 * t < triangles.length; t++) {
      const hit = intersect(u, v, t);
      if (hit === null) continue;
      // Shifting the ray by the tolerance must not change whether the triangle is hit.
      for (const [du, dv] of [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
        [0.7, 0.7],
        [-0.7, 0.7],
        [0.7, -0.7],
        [-0.7, -0.7],
      ]) {
        const moved = intersect(u + du * tolerance, v + dv * tolerance, t);
        if (moved !== null && moved.hit !== hit.hit) certain = false;
      }
      if (!hit.hit) continue;
      if (Math.abs(hit.z - best.z) < 1e-3 * hit.z) certain = false;
      if (hit.z < best.z) best = { triangle: t, z: hit.z, weights: hit.weights, certain: true };
    }
    return { ...best, certain };
  }

  function intersect(u: number, v: number, t: number) {
    const [a, b, c] = [0, 1, 2].map((k) => {
      const i = 3 * triangles[3 * t + k];
      return [positions[i], positions[i + 1], positions[i + 2]];
    });
    const d = [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1];
    const volume = det(a, b, c);
    if (!Number.isFinite(volume) || volume === 0) return null;
    // Seen from the eye at the origin, a front face has its corners' triple product negative.
    if (cull === "back" && volume > 0) return null;
    const l = [det(d, b, c) / volume, det(a, d, c) / volume, det(a, b, d) / volume];
    const z = 1 / (l[0] + l[1] + l[2]);
    const weights: [number, number, number] = [l[0] * z, l[1] * z, l[2] * z];
    return { hit: z >= near && weights.every((w) => w >= 0), z, weights };
  }
}

const det = (a: number[], b: number[], c: number[]): number =>
  a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
