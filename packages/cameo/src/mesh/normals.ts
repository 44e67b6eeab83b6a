export interface VertexNormalsOptions {
  /**
   * How the triangles around a vertex count: by `area` (default, fast, thin slivers hardly matter) or by the `angle` at
   * the vertex (does not depend on how the surface is cut into triangles; Thürmer and Wüthrich 1998).
   */
  readonly weight?: "area" | "angle";
}

/**
 * Unit normals per vertex, pointing outwards; 0, 0, 0 at vertices without a finite triangle of positive area.
 * @param positions x, y, z per vertex, in right-handed axes
 * @param triangles counter-clockwise from outside
 * @param out receives x, y, z per vertex
 */
export function vertexNormals(
  positions: Float32Array,
  triangles: Uint32Array,
  { weight = "area" }: VertexNormalsOptions = {},
  out = new Float32Array(positions.length),
): Float32Array {
  out.fill(0);
  const byAngle = weight === "angle";
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t];
    const b = 3 * triangles[t + 1];
    const c = 3 * triangles[t + 2];
    const ux = positions[b] - positions[a];
    const uy = positions[b + 1] - positions[a + 1];
    const uz = positions[b + 2] - positions[a + 2];
    const vx = positions[c] - positions[a];
    const vy = positions[c + 1] - positions[a + 1];
    const vz = positions[c + 2] - positions[a + 2];
    // Twice the area long.
    let nx = uy * vz - uz * vy;
    let ny = uz * vx - ux * vz;
    let nz = ux * vy - uy * vx;
    let atA = 1;
    let atB = 1;
    let atC = 1;
    const doubleArea = Math.sqrt(nx * nx + ny * ny + nz * nz);
    if (!(doubleArea > 0 && doubleArea < Infinity)) continue;
    if (byAngle) {
      nx /= doubleArea;
      ny /= doubleArea;
      nz /= doubleArea;
      const uv = ux * vx + uy * vy + uz * vz;
      atA = Math.atan2(doubleArea, uv);
      atB = Math.atan2(doubleArea, ux * ux + uy * uy + uz * uz - uv);
      atC = Math.PI - atA - atB;
    }
    out[a] += atA * nx;
    out[a + 1] += atA * ny;
    out[a + 2] += atA * nz;
    out[b] += atB * nx;
    out[b + 1] += atB * ny;
    out[b + 2] += atB * nz;
    out[c] += atC * nx;
    out[c + 1] += atC * ny;
    out[c + 2] += atC * nz;
  }
  for (let i = 0; i < out.length; i += 3) {
    const length = Math.sqrt(out[i] * out[i] + out[i + 1] * out[i + 1] + out[i + 2] * out[i + 2]);
    const scale = length > 0 ? 1 / length : 0;
    out[i] *= scale;
    out[i + 1] *= scale;
    out[i + 2] *= scale;
  }
  return out;
}
