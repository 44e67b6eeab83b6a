import { vertexNormals } from "../mesh/normals.ts";
import type { TexturedMesh } from "./textured-mesh.ts";

/**
 * Prepares to turn the normals of a mesh with its expressions.
 * @returns a function from offsets (three per vertex, mm) to the change of the unit normals, exactly zero where no
 *   triangle around a vertex changes. The array it returns is used again by the next call.
 */
export function morphNormals(mesh: TexturedMesh): (offsets: Float32Array) => Float32Array {
  const joints = jointVertices(mesh);
  const triangles = mesh.triangles.map((v) => joints[v]);
  const rest = vertexNormals(mesh.positions, triangles);
  const moved = new Float32Array(rest.length);
  const turned = new Float32Array(rest.length);
  const change = new Float32Array(rest.length);
  return (offsets) => {
    for (let i = 0; i < moved.length; i++) moved[i] = mesh.positions[i] + offsets[i];
    vertexNormals(moved, triangles, {}, turned);
    for (let v = 0; v < joints.length; v++) {
      const from = joints[v] * 3;
      for (let k = 0; k < 3; k++) change[v * 3 + k] = turned[from + k] - rest[from + k];
    }
    return change;
  };
}

/** For every vertex the first one with the same place and normal: copies of a vertex along a texture seam count as one. */
function jointVertices({ positions, normals }: TexturedMesh): Uint32Array {
  const compare = (a: number, b: number): number => {
    for (const values of [positions, normals])
      for (let k = 0; k < 3; k++) {
        const difference = values[a * 3 + k] - values[b * 3 + k];
        if (difference !== 0) return difference;
      }
    return 0;
  };
  const joints = Uint32Array.from({ length: positions.length / 3 }, (_, v) => v);
  const sorted = joints.slice().sort((a, b) => compare(a, b) || a - b);
  for (let i = 1; i < sorted.length; i++)
    if (compare(sorted[i - 1], sorted[i]) === 0) joints[sorted[i]] = joints[sorted[i - 1]];
  return joints;
}
