import type { Border } from "./border.ts";

/**
 * Triangles that close a hole along its border: of all ways to cut the polygon into triangles without new vertices, the
 * one of least total area (Barequet and Sharir 1995), in time proportional to the cube of the border's length. No new
 * edge joins two vertices that `joined` says have an edge already, so that a closed mesh has two triangles at every edge.
 *
 * @param positions x, y, z per vertex
 * @param border closed, with the surface on its left, as `borders` gives it
 * @returns three vertex indices per triangle, wound like the surface; none where the hole cannot be closed so
 */
export function fillLoop(
  positions: Float32Array,
  { vertices }: Border,
  joined: (a: number, b: number) => boolean = () => false,
): Uint32Array {
  // Against the border's direction: the new triangles have their side of each of its edges.
  const loop = vertices.toReversed();
  const n = loop.length;
  const cost = new Float64Array(n * n);
  const middle = new Int32Array(n * n).fill(-1);
  for (let span = 2; span < n; span++) {
    for (let i = 0; i + span < n; i++) {
      const k = i + span;
      let least = Infinity;
      if (span === n - 1 || !joined(loop[i], loop[k])) {
        for (let j = i + 1; j < k; j++) {
          const sum = cost[i * n + j] + cost[j * n + k];
          if (sum >= least) continue;
          const total = sum + area(positions, loop[i], loop[j], loop[k]);
          if (total >= least) continue;
          least = total;
          middle[i * n + k] = j;
        }
      }
      cost[i * n + k] = least;
    }
  }
  if (!(cost[n - 1] < Infinity)) return new Uint32Array();
  const triangles: number[] = [];
  const open: [number, number][] = [[0, n - 1]];
  for (let range = open.pop(); range; range = open.pop()) {
    const [i, k] = range;
    if (k - i < 2) continue;
    const j = middle[i * n + k];
    triangles.push(loop[i], loop[j], loop[k]);
    open.push([i, j], [j, k]);
  }
  return Uint32Array.from(triangles);
}

function area(p: Float32Array, i: number, j: number, k: number): number {
  const a = 3 * i;
  const b = 3 * j;
  const c = 3 * k;
  const ux = p[b] - p[a];
  const uy = p[b + 1] - p[a + 1];
  const uz = p[b + 2] - p[a + 2];
  const vx = p[c] - p[a];
  const vy = p[c + 1] - p[a + 1];
  const vz = p[c + 2] - p[a + 2];
  const x = uy * vz - uz * vy;
  const y = uz * vx - ux * vz;
  const z = ux * vy - uy * vx;
  return Math.sqrt(x * x + y * y + z * z) / 2;
}
