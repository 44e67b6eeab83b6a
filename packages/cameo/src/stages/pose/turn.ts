import { linearOfSrgb, toSrgb } from "../../color.ts";
import type { TexturedMesh } from "../../export/textured-mesh.ts";
import { type Camera, cropCamera } from "../../geometry/camera.ts";
import { type Pose, rotateNormals, transformToCamera } from "../../geometry/pose.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import { Label, type RgbaImage, type RgbImage } from "../../image.ts";
import { interpolate } from "../../raster/interpolate.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { createRendering, downsample, type Rendering } from "../../raster/rendering.ts";
import { shadeTextured } from "../../raster/shade.ts";
import type { Texture } from "../../raster/texture.ts";
import { sampleBilinear } from "../../sample.ts";
import type { PhotoLabels } from "../parse/labels.ts";
import { type Box, boundingBox, strips } from "./box.ts";
import { chinHeight, mobility, moved } from "./motion.ts";
import { type NeckSheet, neckSheet } from "./neck.ts";
import { makePlate, type Plate } from "./plate.ts";
import { SUPERSAMPLING } from "./render.ts";

/** What is needed to show a reconstructed head anew. */
export interface PosedHead {
  readonly image: RgbImage;
  readonly camera: Camera;
  readonly pose: Pose;
  readonly mesh: TexturedMesh;
}

/** What all new views of a head in its photo have in common, at one size. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly camera: Camera;
  readonly pose: Pose;
  readonly mesh: TexturedMesh;
  readonly texture: Texture;
  /** How far each vertex moves with the head. */
  readonly weights: Float32Array;
  /** The triangles that are drawn, and of each whether it is neck. */
  readonly triangles: Uint32Array;
  readonly isNeck: Uint8Array;
  /** What is behind the head, and the sheet that carries it along with the neck; without the photo, neither. */
  readonly plate: Plate | undefined;
  readonly sheet: NeckSheet | undefined;
}

/** A change of the head. */
export interface Motion {
  readonly pose: Pose;
  /** Model-space offsets of the mesh's vertices, mm: another expression. */
  readonly offsets?: Float32Array;
}

/** Moves less than this part of what the head moves, and the photo's own pixels stay. */
const STILL = 0.02;
/**
 * The model's neck fills holes where it faces the camera, its normal's z above the second; below the first its outline is
 * near, which may be beside that of the photo's neck.
 */
const FACING = [0.25, 0.65] as const;
/** A shift of the picture below this, pixels, is none. */
const UNMOVED = 0.02;

/**
 * Takes a photo apart into the head that moves, the picture behind it, and the neck between the two.
 * @param size longer side of the views, pixels; that of the photo unless given
 * @param labels of the photo: with them all of the head is cut out, not just what the mesh covers
 */
export function createScene(
  { image, camera, pose, mesh }: PosedHead,
  texture: Texture,
  { size, background, labels }: { size?: number; background: "photo" | "none"; labels?: PhotoLabels },
): Scene {
  const scale = size === undefined ? 1 : size / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const view = cropCamera(camera, 0, 0, scale);
  const chin = chinHeight(mesh);
  const weights = mobility(mesh.positions, chin);
  const hasPhoto = background === "photo";
  const triangles = mesh.triangles.filter((_, k) => {
    const [a, b, c] = cornersOf(mesh.triangles, k);
    const isMobile = weights[a] > STILL || weights[b] > STILL || weights[c] > STILL;
    return hasPhoto ? isMobile : mesh.labels[a] !== Label.background;
  });
  const isNeck = Uint8Array.from({ length: triangles.length / 3 }, (_, t) =>
    mesh.labels[triangles[3 * t]] === Label.background ? 1 : 0,
  );
  const shared = { width, height, camera: view, pose, mesh, texture, weights, triangles, isNeck };
  if (!hasPhoto) return { ...shared, plate: undefined, sheet: undefined };

  const positions = transformToCamera(mesh.positions, pose);
  const ofHead = triangles.filter((_, k) => isNeck[Math.floor(k / 3)] === 0);
  const plate = makePlate({
    image,
    labels,
    scale,
    width,
    height,
    camera: view,
    positions,
    triangles: ofHead,
    pose,
    chin,
  });
  const ofNeck = mesh.triangles.filter((_, k) => mesh.labels[cornersOf(mesh.triangles, k)[0]] === Label.background);
  return { ...shared, plate, sheet: neckSheet(positions, ofNeck, view, pose, chin) };
}

const cornersOf = (triangles: Uint32Array, k: number): [number, number, number] => {
  const first = k - (k % 3);
  return [triangles[first], triangles[first + 1], triangles[first + 2]];
};

/**
 * The coarse result of paper section 5.1: the head re-projected in a new pose over the rest of the photo, which stays as it
 * is but for the neck. Without the photo as background, all but the head is transparent.
 * @param holes what the photo does not know because the head was there: transparent black, or filled from the surroundings
 */
export function renderScene(scene: Scene, { pose, offsets }: Motion, holes: "transparent" | "filled"): RgbaImage {
  const { width, height, camera, mesh, weights, plate, sheet } = scene;
  const positions = moved(offsets ? sum(mesh.positions, offsets) : mesh.positions, weights, scene.pose, pose);
  const bent = sheet && moved(sheet.positions, sheet.weights, scene.pose, pose);
  const facing = rotateNormals(mesh.normals, pose)
    .filter((_, i) => i % 3 === 2)
    .map((z) => smoothstep(FACING[0], FACING[1], z));
  const out = new Uint8ClampedArray(4 * width * height);
  if (plate) drawPlate(plate, holes, out);

  const box = boundingBox(bent ? [positions, bent] : [positions], camera, width, height);
  for (const strip of strips(box)) {
    const view = cropCamera(camera, strip.x, strip.y, 1);
    const { head, neck } = renderLayers(scene, positions, facing, view, strip);
    if (plate) {
      const unknown =
        sheet && bent ? bendPlate(plate, sheet, bent, view, strip, out) : partOf(plate.holes, width, strip);
      if (holes === "transparent") clear(unknown, strip, out, width);
      layOver(neck, strip, out, width, unknown);
    }
    layOver(head, strip, out, width);
  }
  return { width, height, data: out };
}

const sum = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value + b[i]);

/**
 * The head, and the neck where the head does not hide it. The neck hides what is behind it in turn.
 * @param facing per vertex: how far the neck is to be seen there
 */
function renderLayers(
  { mesh, texture, triangles, isNeck }: Scene,
  positions: Float32Array,
  facing: Float32Array,
  camera: Camera,
  { width, height }: Box,
): { readonly head: Rendering; readonly neck: Rendering } {
  const large = { width: SUPERSAMPLING * width, height: SUPERSAMPLING * height };
  const view = cropCamera(camera, 0, 0, SUPERSAMPLING);
  const raster = rasterize(positions, triangles, view, large);
  const head = shadeTextured(raster, texture, mesh.uvs, triangles, { view: { positions, triangles, camera: view } });
  const neck = createRendering(large.width, large.height);
  for (let p = 0, i = 0; p < raster.triangle.length; p++, i += 4) {
    const t = raster.triangle[p];
    if (t < 0 || !isNeck[t]) continue;
    const [a, b] = [raster.barycentrics[2 * p], raster.barycentrics[2 * p + 1]];
    const share =
      a * facing[triangles[3 * t]] + b * facing[triangles[3 * t + 1]] + (1 - a - b) * facing[triangles[3 * t + 2]];
    for (let k = i; k < i + 4; k++) {
      neck.data[k] = share * head.data[k];
      head.data[k] = 0;
    }
  }
  return { head: downsample(head, SUPERSAMPLING), neck: downsample(neck, SUPERSAMPLING) };
}

/** The plate, opaque but for its holes unless they are filled. */
function drawPlate({ picture, holes }: Plate, kind: "transparent" | "filled", out: Uint8ClampedArray): void {
  const { data } = picture;
  for (let p = 0, i = 0, j = 0; p < holes.length; p++, i += 3, j += 4) {
    if (kind === "transparent" && holes[p]) continue;
    out[j] = data[i];
    out[j + 1] = data[i + 1];
    out[j + 2] = data[i + 2];
    out[j + 3] = 255;
  }
}

/** Draws what the sheet carries to where it is bent to. Returns the holes of the strip, as {@link Plate.holes}. */
function bendPlate(
  { picture, holes, width, height }: Plate,
  { triangles, places }: NeckSheet,
  bent: Float32Array,
  camera: Camera,
  strip: Box,
  out: Uint8ClampedArray,
): Uint8Array {
  const unknown = partOf(holes, width, strip);
  const raster = rasterize(bent, triangles, camera, strip);
  const sources = interpolate(raster, places, triangles, 2);
  const color = new Float32Array(3);
  for (let y = 0, p = 0; y < strip.height; y++) {
    for (let x = 0; x < strip.width; x++, p++) {
      if (raster.triangle[p] < 0) continue;
      const u = sources[2 * p];
      const v = sources[2 * p + 1];
      if (Math.abs(u - strip.x - x - 0.5) < UNMOVED && Math.abs(v - strip.y - y - 0.5) < UNMOVED) continue;
      const column = Math.min(width - 1, Math.max(0, Math.floor(u)));
      const row = Math.min(height - 1, Math.max(0, Math.floor(v)));
      unknown[p] = holes[row * width + column];
      sampleBilinear(picture, u, v, color);
      const j = 4 * ((strip.y + y) * width + strip.x + x);
      for (let k = 0; k < 3; k++) out[j + k] = color[k];
      out[j + 3] = 255;
    }
  }
  return unknown;
}

/** The part of a map that a box holds. */
function partOf(map: Uint8Array, width: number, box: Box): Uint8Array {
  const out = new Uint8Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const start = (box.y + y) * width + box.x;
    out.set(map.subarray(start, start + box.width), y * box.width);
  }
  return out;
}

/** Makes pixels of a strip transparent black. */
function clear(where: Uint8Array, strip: Box, out: Uint8ClampedArray, width: number): void {
  for (let y = 0, p = 0; y < strip.height; y++)
    for (let j = 4 * ((strip.y + y) * width + strip.x), end = p + strip.width; p < end; p++, j += 4)
      if (where[p]) out.fill(0, j, j + 4);
}

/**
 * Lays the rendering of a strip over straight-alpha sRGB pixels, in linear light.
 * @param share of each pixel of the strip how far it may change, from 0 to 255; altogether unless given
 */
function layOver({ data }: Rendering, strip: Box, out: Uint8ClampedArray, width: number, share?: Uint8Array): void {
  for (let y = 0, i = 0; y < strip.height; y++) {
    for (let j = 4 * ((strip.y + y) * width + strip.x), end = i + 4 * strip.width; i < end; i += 4, j += 4) {
      const part = share ? share[i >> 2] / 255 : 1;
      const coverage = part * data[i + 3];
      if (coverage === 0) continue;
      const under = (1 - coverage) * (out[j + 3] / 255);
      const alpha = coverage + under;
      for (let k = 0; k < 3; k++) out[j + k] = toSrgb((part * data[i + k] + under * linearOfSrgb[out[j + k]]) / alpha);
      out[j + 3] = 255 * alpha;
    }
  }
}
