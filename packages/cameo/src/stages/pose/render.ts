import type { TexturedMesh } from "../../export/textured-mesh.ts";
import type { Camera } from "../../geometry/camera.ts";
import { type Angles, type Pose, quaternionFromAngles } from "../../geometry/pose.ts";
import { multiply } from "../../geometry/quaternion.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { type Rendering, supersample } from "../../raster/rendering.ts";
import { shadeTextured } from "../../raster/shade.ts";
import type { Texture } from "../../raster/texture.ts";

/** Rendered so many times larger in each direction before averaging. */
export const SUPERSAMPLING = 2;

/** The pose turned further about the head centre, in the viewer's axes (paper section 5.1). */
export const turned = (pose: Pose, angles: Partial<Angles>): Pose => ({
  rotation: multiply(quaternionFromAngles({ yaw: 0, pitch: 0, roll: 0, ...angles }), pose.rotation),
  translation: pose.translation,
});

/**
 * The textured head as a camera sees it.
 * @param positions of its vertices in camera space, mm
 * @param triangles of the mesh to draw: all of them, or for example those that are not neck
 */
export function renderMesh(
  positions: Float32Array,
  mesh: TexturedMesh,
  texture: Texture,
  triangles: Uint32Array,
  camera: Camera,
  size: { readonly width: number; readonly height: number },
): Rendering {
  return supersample(camera, size, SUPERSAMPLING, (view, large) =>
    shadeTextured(rasterize(positions, triangles, view, large), texture, mesh.uvs, triangles, {
      view: { positions, triangles, camera: view },
    }),
  );
}
