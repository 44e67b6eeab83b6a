import type { TexturedMesh } from "./textured-mesh.ts";

/**
 * Prepares to turn the normals of a mesh with its expressions.
 * @returns a function from offsets (three per vertex, mm) to the change of the unit normals, exactly zero where no
 *   triangle around a vertex changes. The array it returns is used again by the next call.
 */
export function morphNormals(mesh: TexturedMesh): (offsets: Float32Array) => Float32Array {
  const joints = jointVertices(mesh);
  const moved = new Float32Array(mesh.positions.length);
  const sums = new Float32Array(mesh.positions.length);
  const rest = new Float32Array(mesh.positions.length);
  const change = new Float32Array(mesh.positions.length);
  sumNormals(mesh.positions, mesh.triangles, joints, rest);
  return (offsets) => {
    for (let i = 0; i < moved.length; i++) moved[i] = mesh.positions[i] + offsets[i];
    sumNormals(moved, mesh.triangles, joints, sums);
    for (let v = 0; v < joints.length; v++) {
      const from = joints[v] * 3;
      for (let k = 0; k < 3; k++) change[v * 3 + k] = sums[from + k] - rest[from + k];
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

/** Unit normals at the joint vertices: triangle normals weighted with their areas. */
function sumNormals(positions: Float32Array, triangles: Uint32Array, joints: Uint32Array, out: Float32Array): void {
  out.fill(0);
  for (let t = 0; t < triangles.length; t += 3) {
    const a = triangles[t] * 3;
    const b = triangles[t + 1] * 3;
    const c = triangles[t + 2] * 3;
    const ux = positions[b] - positions[a];
    const uy = positions[b + 1] - positions[a + 1];
    const uz = positions[b + 2] - positions[a + 2];
    const vx = positions[c] - positions[a];
    const vy = positions[c + 1] - positions[a + 1];
    const vz = positions[c + 2] - positions[a + 2];
    const nx = uy * vz - uz * vy;
    const ny = uz * vx - ux * vz;
    const nz = ux * vy - uy * vx;
    for (let k = 0; k < 3; k++) {
      const j = joints[triangles[t + k]] * 3;
      out[j] += nx;
      out[j + 1] += ny;
      out[j + 2] += nz;
    }
  }
  for (let i = 0; i < out.length; i += 3) {
    const length = Math.hypot(out[i], out[i + 1], out[i + 2]) || 1;
    for (let k = i; k < i + 3; k++) out[k] /= length;
  }
}
