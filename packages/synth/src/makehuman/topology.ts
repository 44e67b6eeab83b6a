import type { ObjMesh } from "./obj.ts";

/** Who neighbours whom in a quad mesh. */
export interface Topology {
  /** Faces on either side of an edge, by {@link edgeKey}. */
  readonly edgeFaces: ReadonlyMap<number, readonly number[]>;
  /** Vertices joined to a vertex by an edge. */
  readonly neighbours: ReadonlyMap<number, ReadonlySet<number>>;
}

/** One number per undirected edge; vertex indices below 2²⁰. */
export const edgeKey = (a: number, b: number): number => Math.min(a, b) * 2 ** 20 + Math.max(a, b);

/** Topology of the first `faceCount` faces. */
export function quadTopology(faces: ObjMesh["faces"], faceCount: number): Topology {
  const edgeFaces = new Map<number, number[]>();
  const neighbours = new Map<number, Set<number>>();
  for (let f = 0; f < faceCount; f++)
    for (let k = 0; k < 4; k++) {
      const a = faces[4 * f + k];
      const b = faces[4 * f + ((k + 1) % 4)];
      const key = edgeKey(a, b);
      const sides = edgeFaces.get(key);
      if (sides) sides.push(f);
      else edgeFaces.set(key, [f]);
      for (const [from, to] of [
        [a, b],
        [b, a],
      ]) {
        const known = neighbours.get(from);
        if (known) known.add(to);
        else neighbours.set(from, new Set([to]));
      }
    }
  return { edgeFaces, neighbours };
}

/**
 * The closed edge loop that starts along a → b and goes straight on through every vertex of four edges.
 * @throws if the way ends in a vertex of another valence
 */
export function edgeLoop({ edgeFaces, neighbours }: Topology, a: number, b: number): number[] {
  const loop = [a];
  let from = a;
  let at = b;
  while (at !== a) {
    loop.push(at);
    const sides = new Set(edgeFaces.get(edgeKey(from, at)));
    const around = [...(neighbours.get(at) ?? [])];
    const onward = around.filter((n) => n !== from && !edgeFaces.get(edgeKey(at, n))?.some((f) => sides.has(f)));
    if (around.length !== 4 || onward.length !== 1) throw new Error(`edgeLoop: no way on from vertex ${at}`);
    from = at;
    at = onward[0];
  }
  return loop;
}

/** Edges of a closed loop of vertices. */
export const loopEdges = (loop: readonly number[]): Set<number> =>
  new Set(loop.map((v, i) => edgeKey(v, loop[(i + 1) % loop.length])));

/** Number of steps over edges from `start` to each face that can be reached without crossing `walls`. */
export function floodFaces(
  faces: ObjMesh["faces"],
  { edgeFaces }: Topology,
  start: readonly number[],
  walls: ReadonlySet<number>,
): Map<number, number> {
  const steps = new Map(start.map((f) => [f, 0]));
  const queue = [...start];
  for (let i = 0; i < queue.length; i++) {
    const f = queue[i];
    for (let k = 0; k < 4; k++) {
      const key = edgeKey(faces[4 * f + k], faces[4 * f + ((k + 1) % 4)]);
      if (walls.has(key)) continue;
      for (const next of edgeFaces.get(key) ?? [])
        if (!steps.has(next)) {
          steps.set(next, (steps.get(f) ?? 0) + 1);
          queue.push(next);
        }
    }
  }
  return steps;
}
