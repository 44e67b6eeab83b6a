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

/**
 * Extends values from where they are known over the rest of a mesh, as smoothly as possible: solves Laplace's equation
 * with a weak pull to `fallback`, so that far from everything known the fallback is reached. Gauss–Seidel sweeps, there and back.
 *
 * @param values interleaved channels per vertex; changed in place
 * @param weight how far each vertex is known, in [0, 1]; the known part keeps its value
 * @param fallback what each vertex would have if nothing were known, interleaved as the values
 * @param pull weight of the fallback against one neighbour; 1 / √pull is about the reach in edges
 */
export function diffuse(
  values: Float32Array,
  weight: Float32Array,
  { offsets, neighbours }: Adjacency,
  channels: number,
  fallback: Float32Array,
  pull: number,
  sweeps: number,
): void {
  const vertexCount = weight.length;
  const known = values.slice();
  for (let v = 0; v < vertexCount; v++) {
    if (weight[v] === 0) for (let c = 0; c < channels; c++) values[v * channels + c] = fallback[v * channels + c];
  }
  const sums = new Float64Array(channels);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let step = 0; step < vertexCount; step++) {
      const v = sweep & 1 ? vertexCount - 1 - step : step;
      const a = weight[v];
      if (a >= 1) continue;
      const start = offsets[v];
      const end = offsets[v + 1];
      const total = end - start + pull;
      for (let c = 0; c < channels; c++) sums[c] = pull * fallback[v * channels + c];
      for (let e = start; e < end; e++) {
        const n = neighbours[e] * channels;
        for (let c = 0; c < channels; c++) sums[c] += values[n + c];
      }
      for (let c = 0; c < channels; c++) {
        values[v * channels + c] = a * known[v * channels + c] + (1 - a) * (sums[c] / total);
      }
    }
  }
}
