import { rotateNormals, transformToCamera } from "../../geometry/pose.ts";
import { vertexNormals } from "../../mesh/normals.ts";
import { synthesizeAlbedo } from "../../morphable/synthesize.ts";
import type { View } from "../../view.ts";
import { type Appearance, lit } from "../face/appearance.ts";
import { vertexColors } from "./colors.ts";
import { type SplitMesh, splitVertices } from "./split.ts";
import { buildSurface, type SurfaceInput } from "./surface.ts";
import { Material } from "./template.ts";
import { bakeTexture } from "./texture.ts";

/** Linear reflectance that unseen hair starts from; the photo's hair then scales it. */
const HAIR_ALBEDO = 0.1;
/** The part of the light that reaches the inside of the mouth. */
const MOUTH_LIGHT = 0.4;

export interface HeadInput extends SurfaceInput {
  readonly appearance: Appearance;
  readonly photo: View;
  /** The head crop that labels and depth were estimated in. */
  readonly crop: View;
}

/** The textured head in model space: surface, then colours of what the photo hides, then one texture of both. */
export function buildHead(input: HeadInput): SplitMesh {
  const { template, shape, pose, appearance, photo, crop } = input;
  const surface = buildSurface(input);
  const normals = rotateNormals(vertexNormals(shape, template.model.triangles), pose);
  const albedo = unseenAlbedo(synthesizeAlbedo(template.model, appearance.texture), template.materials);
  const colors = vertexColors(template, surface, pose, lit(albedo, appearance.illumination, normals), crop, photo);
  const texture = bakeTexture(template, surface, transformToCamera(surface.positions, pose), colors, photo);
  return splitVertices(surface, texture);
}

/**
 * Albedo to colour unseen parts with. The model's scalp is a shaven one: hair gets one albedo, so that the photo's hair
 * continues without its pattern. The inside of the mouth lies in the shadow of the lips.
 */
function unseenAlbedo(albedo: Float32Array, materials: Uint8Array): Float32Array {
  for (let v = 0; v < materials.length; v++) {
    if (materials[v] === Material.hair) albedo.fill(HAIR_ALBEDO, 3 * v, 3 * v + 3);
    if (materials[v] === Material.mouth) for (let k = 0; k < 3; k++) albedo[3 * v + k] *= MOUTH_LIGHT;
  }
  return albedo;
}
