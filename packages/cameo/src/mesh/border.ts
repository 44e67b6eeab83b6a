import { distance } from "./distance.ts";
import { nextHalfEdge, twins } from "./half-edges.ts";

/** A path along the border of a mesh, with the surface on its left as seen from outside. */
export interface Border {
  /** Vertices in order; for a closed one the first is not repeated. */
  readonly vertices: Uint32Array;
  readonly closed: boolean;
}

/**
 * The borders of a mesh: the closed loops of edges that have a triangle on one side only. No loop comes through a vertex
 * twice: holes that touch in a vertex have a loop each, and so have parts of the mesh that do. Every such edge of every
 * triangle soup is in exactly one loop, of at least three vertices.
 * @param along if given, only the border edges (from, to) for which it is true; loops fall apart into open chains then
 */
export function borders(triangles: Uint32Array, along?: (from: number, to: number) => boolean): Border[] {
  const twin = twins(triangles);
  const seen = new Uint8Array(triangles.length);
  const found: Border[] = [];
  for (let start = 0; start < triangles.length; start++) {
    if (twin[start] >= 0 || seen[start]) continue;
    const round: number[] = [];
    for (let h = start; !seen[h]; h = followBorder(h, twin)) {
      seen[h] = 1;
      round.push(triangles[h]);
    }
    for (const loop of simpleLoops(round)) {
      if (along === undefined) found.push({ vertices: Uint32Array.from(loop), closed: true });
      else found.push(...split(loop, along));
    }
  }
  return found;
}

/** The length of a border in the unit of the positions; for a closed one, all the way round. */
export function pathLength(positions: Float32Array, { vertices, closed }: Border): number {
  let length = 0;
  for (let i = closed ? 0 : 1; i < vertices.length; i++) {
    length += distance(positions, vertices[i === 0 ? vertices.length - 1 : i - 1], vertices[i]);
  }
  return length;
}

/** The border half-edge that starts where border half-edge `h` ends: turn about that vertex from triangle to triangle. */
function followBorder(h: number, twin: Int32Array): number {
  let next = nextHalfEdge(h);
  while (twin[next] >= 0) next = nextHalfEdge(twin[next]);
  return next;
}

/** A round trip taken apart where it comes back to a vertex. */
function simpleLoops(round: readonly number[]): number[][] {
  const loops: number[][] = [];
  const path: number[] = [];
  const placeOf = new Map<number, number>();
  for (const v of round) {
    const before = placeOf.get(v);
    if (before !== undefined) {
      const loop = path.splice(before);
      for (const w of loop) placeOf.delete(w);
      loops.push(loop);
    }
    placeOf.set(v, path.length);
    path.push(v);
  }
  loops.push(path);
  return loops;
}

/** The parts of a loop whose edges are wanted. */
function split(loop: readonly number[], along: (from: number, to: number) => boolean): Border[] {
  const n = loop.length;
  const wanted = loop.map((from, i) => along(from, loop[(i + 1) % n]));
  const gap = wanted.indexOf(false);
  if (gap < 0) return [{ vertices: Uint32Array.from(loop), closed: true }];
  const chains: Border[] = [];
  let chain: number[] = [];
  // From behind the first gap once around, back to it: every chain ends at a gap.
  for (let k = gap + 1; k <= gap + n; k++) {
    if (wanted[k % n]) {
      if (chain.length === 0) chain.push(loop[k % n]);
      chain.push(loop[(k + 1) % n]);
    } else if (chain.length > 0) {
      chains.push({ vertices: Uint32Array.from(chain), closed: false });
      chain = [];
    }
  }
  return chains;
}
