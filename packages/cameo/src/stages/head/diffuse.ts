/** Neighbours of each vertex along the edges of a mesh: those of vertex v are `neighbours[offsets[v] … offsets[v + 1] − 1]`. */
export interface Adjacency {
  readonly offsets: Uint32Array;
  readonly neighbours: Uint32Array;
}

/** Edge neighbours of every vertex. A neighbour can be listed twice (once per triangle): averages weigh it so. */
export function adjacency(triangles: Uint32Array, vertexCount: number): Adjacency {
  const offsets = new Uint32Array(vertexCount + 1);
  for (const v of triangles) offsets[v + 1] += 2;
  for (let v = 0; v < vertexCount; v++) offsets[v + 1] += offsets[v];
  const next = offsets.slice(0, vertexCount);
  const neighbours = new Uint32Array(offsets[vertexCount]);
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const v = triangles[t + k];
      neighbours[next[v]++] = triangles[t + ((k + 1) % 3)];
      neighbours[next[v]++] = triangles[t + ((k + 2) % 3)];
    }
  }
  return { offsets, neighbours };
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
