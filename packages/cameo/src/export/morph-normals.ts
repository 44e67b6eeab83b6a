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
  const first = new Map<string, number>();
  const joints = new Uint32Array(positions.length / 3);
  for (let v = 0; v < joints.length; v++) {
    const key = `${positions.subarray(v * 3, v * 3 + 3)}/${normals.subarray(v * 3, v * 3 + 3)}`;
    const joint = first.get(key) ?? v;
    first.set(key, joint);
    joints[v] = joint;
  }
  return joints;
}
