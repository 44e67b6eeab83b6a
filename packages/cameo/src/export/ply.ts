import { checkMesh, unitNormals } from "./check-mesh.ts";
import type { TexturedMesh } from "./textured-mesh.ts";

const VERTEX_BYTES = 6 * 4 + 4;
const FACE_BYTES = 1 + 3 * 4;

/**
 * A binary little-endian PLY file of a head: mm, y up, face along +z; per vertex its place, unit normal, sRGB colour
 * and {@link Label} (property `label`).
 * @throws RangeError where the mesh does not fit together
 */
export function toPly(mesh: TexturedMesh): Uint8Array {
  checkMesh(mesh, "toPly");
  const { positions, colors, labels, triangles } = mesh;
  const normals = unitNormals(mesh.normals);
  const vertexCount = labels.length;
  const faceCount = triangles.length / 3;
  const header = new TextEncoder().encode(
    [
      "ply",
      "format binary_little_endian 1.0",
      "comment Cameo, millimetres",
      `element vertex ${vertexCount}`,
      ...["x", "y", "z", "nx", "ny", "nz"].map((name) => `property float ${name}`),
      ...["red", "green", "blue", "label"].map((name) => `property uchar ${name}`),
      `element face ${faceCount}`,
      "property list uchar int vertex_indices",
      "end_header\n",
    ].join("\n"),
  );
  const bytes = new Uint8Array(header.length + vertexCount * VERTEX_BYTES + faceCount * FACE_BYTES);
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  let at = header.length;
  for (let v = 0; v < vertexCount; v++) {
    for (let k = 0; k < 3; k++) {
      view.setFloat32(at + k * 4, positions[v * 3 + k], true);
      view.setFloat32(at + 12 + k * 4, normals[v * 3 + k], true);
      bytes[at + 24 + k] = colors[v * 3 + k];
    }
    bytes[at + 27] = labels[v];
    at += VERTEX_BYTES;
  }
  for (let t = 0; t < triangles.length; t += 3) {
    bytes[at] = 3;
    for (let k = 0; k < 3; k++) view.setInt32(at + 1 + k * 4, triangles[t + k], true);
    at += FACE_BYTES;
  }
  return bytes;
}
