import type { Border } from "./border.ts";
import { distance } from "./distance.ts";

/** A flipped triangle costs more than any saving in length. */
const FLIP = 1e9;

/**
 * A strip of triangles that closes the gap between two borders, each given with its own surface on the left, as
 * `borders` gives them: along the gap they run in opposite directions. Every border edge gets one triangle, wound like
 * the surface it continues. Where the borders share a vertex the strip narrows to nothing.
 *
 * Of all strips it takes the one whose cross edges are shortest in sum, by dynamic programming in time and memory
 * proportional to the product of the borders' lengths (Fuchs, Kedem and Uselton 1977, who minimise area). Closed loops are
 * opened between their nearest vertices. Open chains are joined from end to end.
 *
 * @param positions x, y, z per vertex of both borders, mm
 * @param normals per vertex, of any length: if given, triangles that would face the other way are avoided as far as possible
 * @returns three vertex indices per triangle
 * @throws RangeError if one border is open and the other closed, or one is too short
 */
export function stitch(positions: Float32Array, one: Border, other: Border, normals?: Float32Array): Uint32Array {
  if (one.closed !== other.closed) throw new RangeError("stitch: one border is closed, the other open");
  const least = one.closed ? 3 : 1;
  if (one.vertices.length < least || other.vertices.length < least) {
    throw new RangeError(`stitch: a border needs at least ${least} vertices`);
  }
  const reversed = other.vertices.toReversed();
  if (!one.closed) return strip(positions, one.vertices, reversed, false, normals);
  const [i, j] = nearestPair(positions, one.vertices, reversed);
  return strip(positions, opened(one.vertices, i), opened(reversed, j), true, normals);
}

/** A loop from its `start`-th vertex once around, which it ends with again. */
function opened(loop: Uint32Array, start: number): Uint32Array {
  return Uint32Array.from({ length: loop.length + 1 }, (_, k) => loop[(start + k) % loop.length]);
}

function nearestPair(positions: Float32Array, a: Uint32Array, b: Uint32Array): [number, number] {
  let best = Infinity;
  let pair: [number, number] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      const d = distance(positions, a[i], b[j]);
      if (d < best) {
        best = d;
        pair = [i, j];
      }
    }
  }
  return pair;
}

/** The strip between two chains that run in the same direction, the surface of `a` on its left and that of `b` on its right. */
function strip(
  positions: Float32Array,
  a: Uint32Array,
  b: Uint32Array,
  loops: boolean,
  normals: Float32Array | undefined,
): Uint32Array {
  const columns = b.length;
  // cost[j]: of the best strip up to the cross edge a[i]–b[j]; fromA: whether it got there by a step along a.
  const cost = new Float64Array(columns);
  const fromA = new Uint8Array(a.length * columns);
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < columns; j++) {
      const alongA = i > 0 ? cost[j] + flips(positions, normals, a[i], a[i - 1], b[j]) : Infinity;
      const alongB = j > 0 ? cost[j - 1] + flips(positions, normals, a[i], b[j - 1], b[j]) : Infinity;
      fromA[i * columns + j] = alongA <= alongB ? 1 : 0;
      cost[j] = (i + j > 0 ? Math.min(alongA, alongB) : 0) + distance(positions, a[i], b[j]);
      // Once around one loop before the first step on the other: the first cross edge would occur twice.
      if (loops && ((i === a.length - 1 && j === 0) || (i === 0 && j === columns - 1))) cost[j] = Infinity;
    }
  }

  const triangles: number[] = [];
  for (let i = a.length - 1, j = columns - 1; i + j > 0; ) {
    const along = fromA[i * columns + j] === 1;
    const [p, q, r] = along ? [a[i], a[i - 1], b[j]] : [a[i], b[j - 1], b[j]];
    if (p !== q && q !== r && r !== p) triangles.push(r, q, p);
    if (along) i--;
    else j--;
  }
  // Found from the last to the first; written backwards, they come out in order and wound as (p, q, r).
  return Uint32Array.from(triangles.reverse());
}

/** What it costs that the triangle faces against the normals at its corners. */
function flips(positions: Float32Array, normals: Float32Array | undefined, p: number, q: number, r: number): number {
  if (normals === undefined) return 0;
  const a = 3 * p;
  const b = 3 * q;
  const c = 3 * r;
  const ux = positions[b] - positions[a];
  const uy = positions[b + 1] - positions[a + 1];
  const uz = positions[b + 2] - positions[a + 2];
  const vx = positions[c] - positions[a];
  const vy = positions[c + 1] - positions[a + 1];
  const vz = positions[c + 2] - positions[a + 2];
  const nx = normals[a] + normals[b] + normals[c];
  const ny = normals[a + 1] + normals[b + 1] + normals[c + 1];
  const nz = normals[a + 2] + normals[b + 2] + normals[c + 2];
  const facing = (uy * vz - uz * vy) * nx + (uz * vx - ux * vz) * ny + (ux * vy - uy * vx) * nz;
  return facing < 0 ? FLIP : 0;
}
