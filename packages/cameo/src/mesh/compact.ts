import type { Mesh } from "./mesh.ts";

/** A mesh without vertices that no triangle uses. */
export interface CompactMesh extends Mesh {
  /** Of each vertex: its index before. Ascending. */
  readonly vertices: Uint32Array;
}

/** Leaves out the vertices that no triangle uses; the others keep their order. */
export function compact({ positions, triangles }: Mesh): CompactMesh {
  const renamed = new Int32Array(positions.length / 3).fill(-1);
  for (const v of triangles) renamed[v] = 0;
  const vertices: number[] = [];
  for (let v = 0; v < renamed.length; v++) {
    if (renamed[v] < 0) continue;
    renamed[v] = vertices.length;
    vertices.push(v);
  }
  const kept = Uint32Array.from(vertices);
  return { positions: gather(positions, 3, kept), triangles: triangles.map((v) => renamed[v]), vertices: kept };
}

/** Several meshes as one; vertices and triangles of each follow those of the one before. */
export function mergeMeshes(meshes: readonly Mesh[]): Mesh {
  const positions = new Float32Array(meshes.reduce((sum, m) => sum + m.positions.length, 0));
  const triangles = new Uint32Array(meshes.reduce((sum, m) => sum + m.triangles.length, 0));
  let p = 0;
  let t = 0;
  for (const mesh of meshes) {
    positions.set(mesh.positions, p);
    const offset = p / 3;
    triangles.set(
      mesh.triangles.map((v) => v + offset),
      t,
    );
    p += mesh.positions.length;
    t += mesh.triangles.length;
  }
  return { positions, triangles };
}

/**
 * What belongs to some elements of an array, in their order: attributes of the vertices, or corners of the triangles, that stay.
 * @param values `size` numbers per element
 */
export function gather<T extends Float32Array | Uint32Array | Int32Array | Uint8Array>(
  values: T,
  size: number,
  indices: ArrayLike<number>,
): T {
  const out = new (values.constructor as new (length: number) => T)(size * indices.length);
  for (let i = 0; i < indices.length; i++) {
    for (let k = 0; k < size; k++) out[size * i + k] = values[size * indices[i] + k];
  }
  return out;
}
