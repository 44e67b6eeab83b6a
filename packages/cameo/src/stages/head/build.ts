import type { Camera } from "../../geometry/camera.ts";
import { rotateNormals, transformToCamera } from "../../geometry/pose.ts";
import type { RgbImage } from "../../image.ts";
import { vertexNormals } from "../../mesh/normals.ts";
import { type Appearance, litAlbedo } from "../face/appearance.ts";
import { vertexColors } from "./colors.ts";
import { type SplitMesh, splitVertices } from "./split.ts";
import { buildSurface, type SurfaceInput } from "./surface.ts";
import { bakeTexture } from "./texture.ts";

/** A picture and the camera that took it. */
export interface View {
  readonly image: RgbImage;
  readonly camera: Camera;
}

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
  const lit = litAlbedo(
    template.model,
    appearance,
    rotateNormals(vertexNormals(shape, template.model.triangles), pose),
  );
  const colors = vertexColors(template, surface, pose, lit, crop, photo);
  const texture = bakeTexture(template, surface, transformToCamera(surface.positions, pose), colors, photo);
  return splitVertices(surface, texture);
}
