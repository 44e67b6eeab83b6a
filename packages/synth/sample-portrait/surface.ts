import { applySparse, subdivide, trianglesOfFaces } from "cameo";

/** Quads with texture coordinates, in camera space: a part before it is smoothed and triangulated. */
export interface Cage {
  /** x, y, z per vertex, mm. */
  readonly positions: Float64Array;
  readonly faces: Uint32Array;
  /** u, v (v up) per texture vertex. */
  readonly uvs: Float64Array;
  readonly faceUvs: Uint32Array;
}

/** Triangles ready to draw, in camera space (mm, x right, y down, z away). */
export interface Surface {
  readonly positions: Float32Array;
  /** Unit vectors, outward. */
  readonly normals: Float32Array;
  readonly triangles: Uint32Array;
  /** u right, v down for each of the three corners of each triangle. */
  readonly uvs: Float32Array;
}

/** The quads of `cage` that `keep` wants, with the vertices they leave unused dropped. */
export function selectFaces(cage: Cage, keep: (face: number) => boolean): Cage & { readonly vertices: Uint32Array } {
  const renumbered = new Map<number, number>();
  const faces: number[] = [];
  const faceUvs: number[] = [];
  for (let f = 0; f < cage.faces.length / 4; f++) {
    if (!keep(f)) continue;
    for (let k = 4 * f; k < 4 * f + 4; k++) {
      const vertex = cage.faces[k];
      if (!renumbered.has(vertex)) renumbered.set(vertex, renumbered.size);
      faces.push(renumbered.get(vertex)!);
      faceUvs.push(cage.faceUvs[k]);
    }
  }
  const vertices = Uint32Array.from(renumbered.keys());
  const positions = new Float64Array(3 * vertices.length);
  for (let i = 0; i < vertices.length; i++)
    for (let k = 0; k < 3; k++) positions[3 * i + k] = cage.positions[3 * vertices[i] + k];
  return { positions, faces: Uint32Array.from(faces), uvs: cage.uvs, faceUvs: Uint32Array.from(faceUvs), vertices };
}

/** Smooths a cage by `levels` steps of Catmull–Clark and cuts the quads into triangles. */
export function createSurface(cage: Cage, levels: number): Surface {
  let { faces, faceUvs } = cage;
  let positions: Float32Array = Float32Array.from(cage.positions);
  let uvs: Float32Array = Float32Array.from(cage.uvs);
  for (let i = 0; i < levels; i++) {
    const fine = subdivide({ vertexCount: positions.length / 3, faces, uvFaces: faceUvs, uvCount: uvs.length / 2 });
    positions = applySparse(fine.stencils, positions, 3);
    uvs = applySparse(fine.uv!.stencils, uvs, 2);
    faces = fine.faces;
    faceUvs = fine.uv!.faces;
  }
  const triangles = trianglesOfFaces(faces);
  const cornerUvs = trianglesOfFaces(faceUvs);
  const flat = new Float32Array(2 * cornerUvs.length);
  cornerUvs.forEach((uv, i) => {
    flat[2 * i] = uvs[2 * uv];
    flat[2 * i + 1] = 1 - uvs[2 * uv + 1];
  });
  return { positions, normals: vertexNormals(positions, triangles), triangles, uvs: flat };
}

/** Unit normals: the sum of the triangles' area-weighted normals at each vertex. */
function vertexNormals(p: Float32Array, triangles: Uint32Array): Float32Array {
  const normals = new Float32Array(p.length);
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t];
    const b = 3 * triangles[t + 1];
    const c = 3 * triangles[t + 2];
    const ux = p[b] - p[a];
    const uy = p[b + 1] - p[a + 1];
    const uz = p[b + 2] - p[a + 2];
    const vx = p[c] - p[a];
    const vy = p[c + 1] - p[a + 1];
    const vz = p[c + 2] - p[a + 2];
    for (const i of [a, b, c]) {
      normals[i] += uy * vz - uz * vy;
      normals[i + 1] += uz * vx - ux * vz;
      normals[i + 2] += ux * vy - uy * vx;
    }
  }
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.hypot(normals[i], normals[i + 1], normals[i + 2]) || 1;
    for (let k = i; k < i + 3; k++) normals[k] /= length;
  }
  return normals;
}
