/**
 * Half-edge h = 3 · triangle + corner runs from that corner to the next one of its triangle. Its twin runs between the
 * same vertices the other way, in the neighbouring triangle.
 * @returns the twin of every half-edge; −1 on a border. Where more than two triangles meet, or windings contradict each
 *   other, half-edges are paired as long as possible and the rest counts as border.
 */
export function twins(triangles: Uint32Array): Int32Array {
  let vertexCount = 0;
  for (const v of triangles) if (v >= vertexCount) vertexCount = v + 1;
  const twin = new Int32Array(triangles.length).fill(-1);
  // Half-edges that still have no twin, chained by the vertex they start from.
  const first = new Int32Array(vertexCount).fill(-1);
  const following = new Int32Array(triangles.length).fill(-1);
  for (let h = 0; h < triangles.length; h++) {
    const from = triangles[h];
    const to = triangles[nextHalfEdge(h)];
    let before = -1;
    let candidate = first[to];
    while (candidate >= 0 && triangles[nextHalfEdge(candidate)] !== from) {
      before = candidate;
      candidate = following[candidate];
    }
    if (candidate < 0) {
      following[h] = first[from];
      first[from] = h;
      continue;
    }
    if (before < 0) first[to] = following[candidate];
    else following[before] = following[candidate];
    twin[h] = candidate;
    twin[candidate] = h;
  }
  return twin;
}

/** The half-edge after `h` in the same triangle. */
export const nextHalfEdge = (h: number): number => (h % 3 === 2 ? h - 2 : h + 1);
