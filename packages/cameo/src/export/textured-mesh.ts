import type { RgbImage } from "../image.ts";
import type { Mesh } from "../mesh/mesh.ts";

/**
 * A head ready for export: model space, mm, y up, face along +z. Vertices are already split where the texture has
 * seams, so that every array below runs in step with `positions`.
 */
export interface TexturedMesh extends Mesh {
  /** Two texture coordinates per vertex: u right, v down from the top-left corner of the texture, which spans [0, 1]. */
  readonly uvs: Float32Array;
  /** Three numbers per vertex, pointing out of the surface. */
  readonly normals: Float32Array;
  /** Three bytes of sRGB colour per vertex, for PLY and for viewers without textures. */
  readonly colors: Uint8Array;
  /** One {@link Label} per vertex. */
  readonly labels: Uint8Array;
  readonly texture: RgbImage;
  /** Named expressions: three offsets per vertex, mm, to add to the positions. */
  readonly morphTargets: ReadonlyMap<string, Float32Array>;
}
