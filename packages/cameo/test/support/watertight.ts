/**
 * Edges of a mesh that are not in exactly two triangles, once in each direction. Vertices at the same place count as one,
 * as those along texture seams.
 */
export function openEdges(positions: Float32Array, triangles: Uint32Array): number {
  const count = positions.length / 3;
  const first = new Map<string, number>();
  const same = Uint32Array.from({ length: count }, (_, v) => {
    const place = positions.subarray(3 * v, 3 * v + 3).join();
    if (!first.has(place)) first.set(place, v);
    return first.get(place)!;
  });
  const uses = new Map<number, number>();
  for (let k = 0; k < triangles.length; k++) {
    const key = same[triangles[k]] * count + same[triangles[k % 3 === 2 ? k - 2 : k + 1]];
    uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  let open = 0;
  for (const [key, n] of uses) {
    const back = (key % count) * count + Math.floor(key / count);
    if (n !== 1 || uses.get(back) !== 1) open++;
  }
  return open;
}
