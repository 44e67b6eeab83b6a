/**
 * Edges of a mesh that are not in exactly two triangles, once in each direction. Vertices at the same place count as one,
 * as those along texture seams.
 */
export function openEdges(positions: Float32Array, triangles: Uint32Array): number {
  const count = positions.length / 3;
  const compare = (a: number, b: number) =>
    positions[3 * a] - positions[3 * b] ||
    positions[3 * a + 1] - positions[3 * b + 1] ||
    positions[3 * a + 2] - positions[3 * b + 2];
  const same = Uint32Array.from({ length: count }, (_, v) => v);
  const sorted = same.slice().sort(compare);
  for (let i = 1; i < count; i++) if (compare(sorted[i - 1], sorted[i]) === 0) same[sorted[i]] = same[sorted[i - 1]];
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
