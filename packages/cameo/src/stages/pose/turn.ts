import { linearOfSrgb, toSrgb } from "../../color.ts";
import type { TexturedMesh } from "../../export/textured-mesh.ts";
import { type Camera, cropCamera, projectedBounds } from "../../geometry/camera.ts";
import { type Pose, transformToCamera } from "../../geometry/pose.ts";
import type { RgbaImage, RgbImage } from "../../image.ts";
import type { Raster } from "../../raster/raster.ts";
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

/** The head is drawn in strips of about this many pixels, so that memory does not grow with the photo. */
const STRIP_PIXELS = 2 ** 20;

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
  const before = transformToCamera(mesh.positions, pose);
  const after = transformToCamera(mesh.positions, newPose);
  const out = new Uint8ClampedArray(4 * width * height);
  if (background === "photo") drawPhoto(image, scale, width, height, out);

  const box = boundingBox([before, after], view, width, height);
  const rows = Math.max(1, Math.floor(STRIP_PIXELS / Math.max(1, box.width)));
  for (let top = box.y; top < box.y + box.height; top += rows) {
    const strip = { x: box.x, y: top, width: box.width, height: Math.min(rows, box.y + box.height - top) };
    const stripView = cropCamera(view, strip.x, strip.y, 1);
    if (background === "photo") cutOut(rasterize(before, triangles, stripView, strip), strip, out, width);
    layOver(renderMesh(after, mesh, texture, triangles, stripView, strip), strip, out, width);
  }
  return { width, height, data: out };
}

/** A part of a picture, whole pixels. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The part of the picture that surfaces (camera space) are seen in, with a pixel to spare; empty where they are beside it. */
function boundingBox(surfaces: readonly Float32Array[], camera: Camera, width: number, height: number): Box {
  // Points beside or behind the camera may be seen anywhere.
  if (surfaces.some((positions) => positions.some((z, i) => i % 3 === 2 && !(z > 1))))
    return { x: 0, y: 0, width, height };
  const seen = surfaces.map((positions) => projectedBounds(positions, camera));
  const x = Math.max(0, Math.floor(Math.min(...seen.map(({ left }) => left))) - 1);
  const y = Math.max(0, Math.floor(Math.min(...seen.map(({ top }) => top))) - 1);
  const right = Math.min(width, Math.ceil(Math.max(...seen.map(({ right }) => right))) + 1);
  const bottom = Math.min(height, Math.ceil(Math.max(...seen.map(({ bottom }) => bottom))) + 1);
  const isBeside = right <= x || bottom <= y;
  return { x, y, width: isBeside ? 0 : right - x, height: isBeside ? 0 : bottom - y };
}

/** Fills a picture with the photo, scaled, opaque. */
function drawPhoto(image: RgbImage, scale: number, width: number, height: number, out: Uint8ClampedArray): void {
  let shown = image.data;
  if (scale !== 1) {
    const scaled = new Uint8ClampedArray(3 * width * height);
    resample(createPyramid(image), [1 / scale, 0, 0, 0, 1 / scale, 0], width, height, scaled, { outside: "nearest" });
    shown = scaled;
  }
  for (let i = 0, j = 0; j < out.length; i += 3, j += 4) {
    out[j] = shown[i];
    out[j + 1] = shown[i + 1];
    out[j + 2] = shown[i + 2];
    out[j + 3] = 255;
  }
}

/** Makes the pixels of a strip transparent black that show a surface. */
function cutOut({ triangle }: Raster, strip: Box, out: Uint8ClampedArray, width: number): void {
  for (let y = 0, i = 0; y < strip.height; y++) {
    for (let j = 4 * ((strip.y + y) * width + strip.x), end = i + strip.width; i < end; i++, j += 4) {
      if (triangle[i] >= 0) out.fill(0, j, j + 4);
    }
  }
}

/** Lays the rendering of a strip over straight-alpha sRGB pixels, in linear light. */
function layOver({ data }: Rendering, strip: Box, out: Uint8ClampedArray, width: number): void {
  for (let y = 0, i = 0; y < strip.height; y++) {
    for (let j = 4 * ((strip.y + y) * width + strip.x), end = i + 4 * strip.width; i < end; i += 4, j += 4) {
      const coverage = data[i + 3];
      if (coverage === 0) continue;
      const under = (1 - coverage) * (out[j + 3] / 255);
      const alpha = coverage + under;
      for (let k = 0; k < 3; k++) out[j + k] = toSrgb((data[i + k] + under * linearOfSrgb[out[j + k]]) / alpha);
      out[j + 3] = 255 * alpha;
    }
  }
}
