import type { TexturedMesh } from "../../export/textured-mesh.ts";
import type { RgbImage } from "../../image.ts";
import { gather } from "../../mesh/compact.ts";
import { sampleBilinear } from "../../sample.ts";
import type { HeadSurface } from "./surface.ts";
import type { HeadTexture } from "./texture.ts";

/** A textured mesh that remembers where its vertices came from. */
export interface SplitMesh {
  readonly mesh: TexturedMesh;
  /** Of each vertex: its index in the surface. */
  readonly sources: Uint32Array;
}

/** Splits the surface's vertices where texture or label change, and leaves out those that no triangle uses. */
export function splitVertices(surface: HeadSurface, { texture, cornerUvs }: HeadTexture): SplitMesh {
  const { triangles, labels } = surface;
  const sources: number[] = [];
  const corners: number[] = [];
  // Copies made so far of each surface vertex, chained.
  const first = new Int32Array(surface.positions.length / 3).fill(-1);
  const following: number[] = [];
  const out = new Uint32Array(triangles.length);
  for (let k = 0; k < triangles.length; k++) {
    const label = labels[Math.floor(k / 3)];
    let copy = first[triangles[k]];
    while (
      copy >= 0 &&
      !(
        labels[Math.floor(corners[copy] / 3)] === label &&
        cornerUvs[2 * corners[copy]] === cornerUvs[2 * k] &&
        cornerUvs[2 * corners[copy] + 1] === cornerUvs[2 * k + 1]
      )
    )
      copy = following[copy];
    if (copy < 0) {
      copy = sources.length;
      sources.push(triangles[k]);
      corners.push(k);
      following.push(first[triangles[k]]);
      first[triangles[k]] = copy;
    }
    out[k] = copy;
  }
  const uvs = gather(cornerUvs, 2, corners);
  return {
    mesh: {
      positions: gather(surface.positions, 3, sources),
      normals: gather(surface.normals, 3, sources),
      triangles: out,
      uvs,
      colors: colorsAt(texture, uvs),
      labels: Uint8Array.from(corners, (k) => labels[Math.floor(k / 3)]),
      texture,
      morphTargets: new Map(),
    },
    sources: Uint32Array.from(sources),
  };
}

/** The texture's colour at each vertex, for formats without textures. */
function colorsAt(texture: RgbImage, uvs: Float32Array): Uint8Array {
  const colors = new Uint8Array((uvs.length / 2) * 3);
  const color = new Float32Array(3);
  for (let v = 0; v < uvs.length / 2; v++) {
    sampleBilinear(texture, uvs[2 * v] * texture.width, uvs[2 * v + 1] * texture.height, color);
    for (let k = 0; k < 3; k++) colors[3 * v + k] = Math.round(color[k]);
  }
  return colors;
}
