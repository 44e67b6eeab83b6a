import { nextHalfEdge } from "../../mesh/half-edges.ts";

/** Neighbours of each vertex along the edges of a mesh: those of vertex v are `neighbours[offsets[v] … offsets[v + 1] − 1]`. */
export interface Adjacency {
  readonly offsets: Uint32Array;
  readonly neighbours: Uint32Array;
}

/** Edge neighbours of every vertex, each listed once. */
export function adjacency(triangles: Uint32Array, vertexCount: number): Adjacency {
  const ends = triangles.map((_, k) => triangles[nextHalfEdge(k)]);
  const leaving = listed(triangles, ends, vertexCount);
  // Of the two half-edges between neighbours one leaves each of them; at borders one is missing.
  const border: number[] = [];
  for (let k = 0; k < ends.length; k++) if (!has(leaving, ends[k], triangles[k])) border.push(k);
  if (border.length === 0) return leaving;
  return listed(
    Uint32Array.from([...triangles, ...border.map((k) => ends[k])]),
    Uint32Array.from([...ends, ...border.map((k) => triangles[k])]),
    vertexCount,
  );
}

/** Edges by the vertex they start at. */
function listed(starts: Uint32Array, ends: Uint32Array, vertexCount: number): Adjacency {
  const offsets = new Uint32Array(vertexCount + 1);
  for (const v of starts) offsets[v + 1]++;
  for (let v = 0; v < vertexCount; v++) offsets[v + 1] += offsets[v];
  const next = offsets.slice(0, vertexCount);
  const neighbours = new Uint32Array(starts.length);
  for (let k = 0; k < starts.length; k++) neighbours[next[starts[k]]++] = ends[k];
  return { offsets, neighbours };
}

function has({ offsets, neighbours }: Adjacency, v: number, neighbour: number): boolean {
  for (let e = offsets[v]; e < offsets[v + 1]; e++) if (neighbours[e] === neighbour) return true;
  return false;
}

/** Between 1 (Gauss–Seidel) and 2, where it no longer converges. */
const RELAXATION = 1.85;

/**
 * Extends values (colours, offsets, thicknesses) from where they are known over the rest of a mesh, as smoothly as
 * possible: solves Laplace's equation with a weak pull to `fallback`, so that far from everything known the fallback is
 * reached. Successive over-relaxation (Young 1954); sweeping there and back in turn would undo what it gains.
 *
 * @param values `fallback.length / weight.length` numbers per vertex; changed in place
 * @param weight how far each vertex is known, in [0, 1]; the known part keeps its value
 * @param fallback what each vertex would have if nothing were known, as many numbers per vertex
 * @param pull weight of the fallback against one neighbour; 1 / √pull is about the reach in edges
 */
export function diffuse(
  values: Float32Array,
  weight: Float32Array,
  { offsets, neighbours }: Adjacency,
  fallback: Float32Array,
  pull: number,
  sweeps: number,
): void {
  const channels = values.length / weight.length;
  const known = values.slice();
  // What changes: all that is not wholly known.
  const open = Uint32Array.from(weight.keys()).filter((v) => weight[v] < 1);
  for (const v of open)
    if (weight[v] === 0) values.set(fallback.subarray(channels * v, channels * (v + 1)), channels * v);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let n = 0; n < open.length; n++) {
      const v = open[n];
      const start = offsets[v];
      const end = offsets[v + 1];
      const a = weight[v];
      const share = (1 - a) / (end - start + pull);
      // What nothing is known of goes beyond the mean of its neighbours: so fewer sweeps are needed.
      const step = a === 0 ? RELAXATION : 1;
      for (let k = 0; k < channels; k++) {
        const i = channels * v + k;
        let sum = pull * fallback[i];
        for (let e = start; e < end; e++) sum += values[channels * neighbours[e] + k];
        values[i] += step * (a * known[i] + share * sum - values[i]);
      }
    }
  }
}
