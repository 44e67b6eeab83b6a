import { linearOfSrgb, toSrgb } from "../../color.ts";
import type { TexturedMesh } from "../../export/textured-mesh.ts";
import { type Camera, cropCamera } from "../../geometry/camera.ts";
import { type Pose, transformToCamera } from "../../geometry/pose.ts";
import type { RgbaImage, RgbImage } from "../../image.ts";
import { rasterize } from "../../raster/rasterize.ts";
import type { Rendering } from "../../raster/rendering.ts";
import type { Texture } from "../../raster/texture.ts";
import { createPyramid, resample } from "../../resample.ts";
import { headTriangles, renderMesh } from "./render.ts";

/** What is needed to show a reconstructed head anew. */
export interface PosedHead {
  readonly image: RgbImage;
  readonly camera: Camera;
  readonly pose: Pose;
  readonly mesh: TexturedMesh;
}

/**
 * The coarse result of paper section 5.1: the head re-projected in a new pose over the rest of the photo, which stays
 * as it is. Pixels that showed the head before and do not now are holes: transparent black.
 * Without the photo as background, all but the head is transparent.
 */
export function turnedPhoto(
  { image, camera, pose, mesh }: PosedHead,
  texture: Texture,
  newPose: Pose,
  { size, background }: { readonly size?: number; readonly background: "photo" | "none" },
): RgbaImage {
  const scale = size === undefined ? 1 : size / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const view = cropCamera(camera, 0, 0, scale);
  const triangles = headTriangles(mesh);
  const head = renderMesh(mesh, texture, triangles, newPose, view, { width, height });
  const out = new Uint8ClampedArray(4 * width * height);
  if (background === "photo") {
    const shown = new Uint8ClampedArray(3 * width * height);
    resample(createPyramid(image), [1 / scale, 0, 0, 0, 1 / scale, 0], width, height, shown, { outside: "nearest" });
    const before = rasterize(transformToCamera(mesh.positions, pose), triangles, view, { width, height });
    for (let i = 0; i < width * height; i++) {
      if (before.triangle[i] >= 0) continue;
      out.set(shown.subarray(3 * i, 3 * i + 3), 4 * i);
      out[4 * i + 3] = 255;
    }
  }
  layOver(head, out);
  return { width, height, data: out };
}

/** Lays a rendering over straight-alpha sRGB pixels, in linear light. */
function layOver({ data }: Rendering, out: Uint8ClampedArray): void {
  for (let i = 0; i < out.length; i += 4) {
    const coverage = data[i + 3];
    if (coverage === 0) continue;
    const under = (1 - coverage) * (out[i + 3] / 255);
    const alpha = coverage + under;
    for (let k = 0; k < 3; k++) out[i + k] = toSrgb((data[i + k] + under * linearOfSrgb[out[i + k]]) / alpha);
    out[i + 3] = 255 * alpha;
  }
}
