import { type Camera, cropCamera, projectedBounds } from "../../geometry/camera.ts";
import type { RgbImage } from "../../image.ts";
import { interpolate } from "../../raster/interpolate.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { createPyramid, resample } from "../../resample.ts";
import { sampleBilinear } from "../../sample.ts";
import type { View } from "../../view.ts";
import type { VertexColors } from "./colors.ts";
import { pushPull } from "./fill.ts";
import { hairTexture } from "./hair/texture.ts";
import type { HeadSurface } from "./surface.ts";
import type { HeadTemplate } from "./template.ts";

export interface TextureOptions {
  /** Longest side of the part of the texture that comes from the photo; a larger photo is scaled down. */
  readonly maxPhotoSide?: number;
  /** All that came from the depth map takes the photo as it is. */
  readonly open?: boolean;
}

export const TEXTURE_DEFAULTS = { maxPhotoSide: 2048, open: false } as const;

/** Confidence from which on a triangle takes the photo as it is. */
const SURE = 0.99;
/** Pixels between the two parts, so that filtering does not mix them. */
const GUTTER = 4;

/** One texture for the whole head and where each triangle corner lies in it. */
export interface HeadTexture {
  readonly texture: RgbImage;
  /** u, v per corner of each triangle, v down, in [0, 1]. */
  readonly cornerUvs: Float32Array;
}

/**
 * Makes the head's texture. Left: the photo around the head at its own resolution; pixels the photo cannot be believed
 * in (outlines, background) continue the head's colours. Right: the model's atlas, in which what the photo hides has
 * the model's colours, blended into the photo's, and below it the hair's ({@link hairTexture}). Triangles seen clearly
 * use the left part; the others the right one. Both agree where they meet.
 *
 * @param positions of the surface's vertices in camera space, mm
 */
export function bakeTexture(
  template: HeadTemplate,
  surface: HeadSurface,
  positions: Float32Array,
  colors: VertexColors,
  { image, camera }: View,
  options: TextureOptions = {},
): HeadTexture {
  const { maxPhotoSide, open } = { ...TEXTURE_DEFAULTS, ...options };
  const { triangles, modelTriangles } = surface;
  const inPhoto = photoTriangles(surface, colors.confidence, open);
  const photo = bakePhoto(surface, positions, colors.confidence, inPhoto, image, camera, maxPhotoSide);
  const atlas = bakeAtlas(template, unphotographed(template, surface, inPhoto), positions, colors, image, camera);
  const ofHair = triangles.filter((_, k) => !open && modelTriangles[Math.floor(k / 3)] < 0);
  const hair =
    ofHair.length > 0
      ? hairTexture(surface.positions, positions, ofHair, colors.confidence, image, camera)
      : { width: 0, height: 0, data: new Float32Array(), corners: new Float32Array() };

  const left = photo.width + GUTTER;
  const below = atlas.height + GUTTER;
  const width = left + Math.max(atlas.width, hair.width);
  const height = Math.max(photo.height, below + hair.height);
  const texture = { width, height, data: new Uint8ClampedArray(width * height * 3) };
  paste(texture, photo, 0, 0, left, height);
  paste(texture, atlas, left, 0, width - left, below);
  if (hair.height > 0) paste(texture, hair, left, below, width - left, height - below);

  const cornerUvs = new Float32Array(triangles.length * 2);
  for (let k = 0, h = 0; k < triangles.length; k++) {
    const t = Math.floor(k / 3);
    const isHair = modelTriangles[t] < 0;
    if (inPhoto[t]) {
      const v = triangles[k];
      const z = positions[3 * v + 2];
      cornerUvs[2 * k] = ((photo.camera.fx * positions[3 * v]) / z + photo.camera.cx) / width;
      cornerUvs[2 * k + 1] = ((photo.camera.fy * positions[3 * v + 1]) / z + photo.camera.cy) / height;
    } else if (isHair) {
      cornerUvs[2 * k] = (left + hair.corners[h]) / width;
      cornerUvs[2 * k + 1] = (below + hair.corners[h + 1]) / height;
    } else {
      const uv = template.uvTriangles[3 * modelTriangles[t] + (k % 3)];
      cornerUvs[2 * k] = (left + template.model.uvs[2 * uv] * atlas.width) / width;
      cornerUvs[2 * k + 1] = (template.model.uvs[2 * uv + 1] * atlas.height) / height;
    }
    if (isHair) h += 2;
  }
  return { texture, cornerUvs };
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** Copies a picture into a part of another; the rest of the part repeats its last column and row. */
function paste(out: RgbImage, picture: Picture, left: number, top: number, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    const row = Math.min(y, picture.height - 1) * picture.width;
    for (let x = 0, o = 3 * ((top + y) * out.width + left); x < width; x++, o += 3) {
      const i = 3 * (row + Math.min(x, picture.width - 1));
      out.data[o] = picture.data[i];
      out.data[o + 1] = picture.data[i + 1];
      out.data[o + 2] = picture.data[i + 2];
    }
  }
}

/** 1 for every triangle that is textured by the photo. */
function photoTriangles(
  { triangles, modelTriangles }: HeadSurface,
  confidence: Float32Array,
  open: boolean,
): Uint8Array {
  return Uint8Array.from(modelTriangles, (modelTriangle: number, t: number) =>
    (open && modelTriangle < 0) ||
    (confidence[triangles[3 * t]] >= SURE &&
      confidence[triangles[3 * t + 1]] >= SURE &&
      confidence[triangles[3 * t + 2]] >= SURE)
      ? 1
      : 0,
  );
}

/** The part of the photo that the head covers, and its camera. */
function bakePhoto(
  surface: HeadSurface,
  positions: Float32Array,
  confidence: Float32Array,
  inPhoto: Uint8Array,
  image: RgbImage,
  camera: Camera,
  maxSide: number,
): RgbImage & { readonly camera: Camera } {
  const triangles = surface.triangles.filter((_, k) => inPhoto[Math.floor(k / 3)] === 1);
  const box = bounds(triangles, positions, camera, image);
  const s = Math.min(1, maxSide / Math.max(box.width, box.height));
  const width = Math.max(1, Math.round(box.width * s));
  const height = Math.max(1, Math.round(box.height * s));
  const crop = cropCamera(camera, box.x, box.y, s);
  const raster = rasterize(positions, triangles, crop, { width, height });

  const colors = new Float32Array(width * height * 3);
  if (s === 1) copyPixels(image, box, colors);
  else
    resample(createPyramid(image), [1 / s, 0, box.x, 0, 1 / s, box.y], width, height, colors, { outside: "nearest" });
  const weight = interpolate(raster, confidence, triangles, 1);
  for (let i = 0; i < weight.length; i++) if (weight[i] >= SURE) weight[i] = 1;
  pushPull(colors, weight, width, height);
  return { width, height, data: new Uint8ClampedArray(colors), camera: crop };
}

/** The pixels of a box that lies within the picture. */
function copyPixels(
  image: RgbImage,
  { x, y, width, height }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  out: Float32Array,
): void {
  for (let row = 0; row < height; row++) {
    const start = 3 * ((y + row) * image.width + x);
    out.set(image.data.subarray(start, start + 3 * width), 3 * row * width);
  }
}

/** Whole-pixel bounds of the projected triangles within the photo, with a margin for filtering. */
function bounds(triangles: Uint32Array, positions: Float32Array, camera: Camera, { width, height }: RgbImage) {
  const { left, top, right, bottom } = projectedBounds(positions, camera, triangles);
  const x = Math.max(0, Math.min(width - 1, Math.floor(left) - GUTTER));
  const y = Math.max(0, Math.min(height - 1, Math.floor(top) - GUTTER));
  return {
    x,
    y,
    width: Math.max(1, Math.min(width, Math.ceil(right) + GUTTER) - x),
    height: Math.max(1, Math.min(height, Math.ceil(bottom) + GUTTER) - y),
  };
}

/** 1 for the model's triangles that are textured by the atlas. */
function unphotographed(template: HeadTemplate, { modelTriangles }: HeadSurface, inPhoto: Uint8Array): Uint8Array {
  const used = new Uint8Array(template.labels.length);
  for (let t = 0; t < modelTriangles.length; t++)
    if (modelTriangles[t] >= 0 && !inPhoto[t]) used[modelTriangles[t]] = 1;
  return used;
}

/** The model's surface laid out flat: the photo where it is believed, else the hidden colours. */
function bakeAtlas(
  { model, atlas: raster }: HeadTemplate,
  used: Uint8Array,
  positions: Float32Array,
  { hidden, confidence }: VertexColors,
  image: RgbImage,
  camera: Camera,
): Picture {
  const side = raster.width;
  const colors = new Float32Array(side * side * 3);
  const weight = new Float32Array(side * side);
  const photo = new Float32Array(3);
  for (let i = 0; i < side * side; i++) {
    const t = raster.triangle[i];
    if (t < 0 || !used[t]) continue;
    const v0 = model.triangles[3 * t];
    const v1 = model.triangles[3 * t + 1];
    const v2 = model.triangles[3 * t + 2];
    const a = raster.barycentrics[2 * i];
    const b = raster.barycentrics[2 * i + 1];
    const c = 1 - a - b;
    weight[i] = 1;
    const believed = a * confidence[v0] + b * confidence[v1] + c * confidence[v2];
    for (let k = 0; k < 3; k++) {
      colors[3 * i + k] = a * hidden[3 * v0 + k] + b * hidden[3 * v1 + k] + c * hidden[3 * v2 + k];
    }
    if (believed > 0) {
      const x = a * positions[3 * v0] + b * positions[3 * v1] + c * positions[3 * v2];
      const y = a * positions[3 * v0 + 1] + b * positions[3 * v1 + 1] + c * positions[3 * v2 + 1];
      const z = a * positions[3 * v0 + 2] + b * positions[3 * v1 + 2] + c * positions[3 * v2 + 2];
      sampleBilinear(image, (camera.fx * x) / z + camera.cx, (camera.fy * y) / z + camera.cy, photo);
      for (let k = 0; k < 3; k++) colors[3 * i + k] += believed * (photo[k] - colors[3 * i + k]);
    }
  }
  pushPull(colors, weight, side, side);
  return { width: side, height: side, data: colors };
}
