import type { TexturedMesh } from "./textured-mesh.ts";

/** @throws RangeError naming the writer where the arrays of a mesh do not fit together or hold no numbers */
export function checkMesh(mesh: TexturedMesh, writer: string): void {
  const count = mesh.positions.length / 3;
  const fail = (message: string): never => {
    throw new RangeError(`${writer}: ${message}.`);
  };
  if (!Number.isInteger(count) || count === 0) fail(`${mesh.positions.length} coordinates are no vertices`);
  if (mesh.triangles.length === 0 || mesh.triangles.length % 3 !== 0)
    fail(`${mesh.triangles.length} indices are no triangles`);
  for (const index of mesh.triangles) if (index >= count) fail(`there is no vertex ${index}, only ${count}`);
  const perVertex: [string, ArrayLike<number>, number][] = [
    ["uvs", mesh.uvs, 2],
    ["normals", mesh.normals, 3],
    ["colors", mesh.colors, 3],
    ["labels", mesh.labels, 1],
    ...[...mesh.morphTargets].map(([name, offsets]): [string, Float32Array, number] => [name, offsets, 3]),
  ];
  for (const [name, values, size] of perVertex)
    if (values.length !== count * size)
      fail(`"${name}" holds ${values.length} numbers for ${count} vertices, which need ${count * size}`);
  for (const [name, values] of [["positions", mesh.positions] as const, ...perVertex])
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) fail(`"${name}" holds ${values[i]}`);
}

/** The normals at unit length; a vertex without a direction points forward. */
export function unitNormals(normals: Float32Array): Float32Array {
  const unit = new Float32Array(normals.length);
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.sqrt(normals[i] ** 2 + normals[i + 1] ** 2 + normals[i + 2] ** 2);
    for (let k = 0; k < 3; k++) unit[i + k] = length > 1e-12 ? normals[i + k] / length : k === 2 ? 1 : 0;
  }
  return unit;
}
