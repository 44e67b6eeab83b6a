/** The connected parts of a mesh. */
export interface Components {
  /** Part of each triangle, from 0, in the order of their first triangles. */
  readonly ofTriangle: Uint32Array;
  /** Number of triangles of each part. */
  readonly sizes: Uint32Array;
}

/** Triangles belong to one part if a path of triangles that share vertices leads from one to the other. */
export function components(triangles: Uint32Array): Components {
  let vertexCount = 0;
  for (const v of triangles) if (v >= vertexCount) vertexCount = v + 1;
  // Disjoint sets of vertices: each points towards the representative of its set.
  const parent = Uint32Array.from({ length: vertexCount }, (_, v) => v);
  const find = (v: number): number => {
    let root = v;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]];
      root = parent[root];
    }
    return root;
  };
  for (let t = 0; t < triangles.length; t += 3) {
    const root = find(triangles[t]);
    parent[find(triangles[t + 1])] = root;
    parent[find(triangles[t + 2])] = root;
  }

  const part = new Int32Array(vertexCount).fill(-1);
  const ofTriangle = new Uint32Array(triangles.length / 3);
  const sizes: number[] = [];
  for (let t = 0; t < ofTriangle.length; t++) {
    const root = find(triangles[3 * t]);
    if (part[root] < 0) {
      part[root] = sizes.length;
      sizes.push(0);
    }
    ofTriangle[t] = part[root];
    sizes[part[root]]++;
  }
  return { ofTriangle, sizes: Uint32Array.from(sizes) };
}

/** Ascending indices of the triangles of the largest part, or of all parts of at least `atLeast` triangles. */
export function keepLarge(triangles: Uint32Array, atLeast?: number): Uint32Array {
  const { ofTriangle, sizes } = components(triangles);
  const largest = sizes.indexOf(sizes.reduce((a, b) => Math.max(a, b), 0));
  const kept: number[] = [];
  for (const [t, part] of ofTriangle.entries()) {
    if (atLeast === undefined ? part === largest : sizes[part] >= atLeast) kept.push(t);
  }
  return Uint32Array.from(kept);
}
