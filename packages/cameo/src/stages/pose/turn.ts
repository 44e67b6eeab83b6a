import { linearOfSrgb, toSrgb } from "../../color.ts";
import type { TexturedMesh } from "../../export/textured-mesh.ts";
import { type Camera, cropCamera } from "../../geometry/camera.ts";
import { type Pose, transformToCamera } from "../../geometry/pose.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import { Label, type RgbaImage, type RgbImage } from "../../image.ts";
import { interpolate } from "../../raster/interpolate.ts";
import type { Raster } from "../../raster/raster.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { createRendering, downsample, type Rendering } from "../../raster/rendering.ts";
import { shadeTextured } from "../../raster/shade.ts";
import type { Texture } from "../../raster/texture.ts";
import { sampleBilinear } from "../../sample.ts";
import type { PhotoLabels } from "../parse/labels.ts";
import { type Box, boundingBox, strips } from "./box.ts";
import { chinHeight, hairMobility, mobility, moved } from "./motion.ts";
import { neckSheet } from "./neck.ts";
import { type Cutout, type Plate, takeApart } from "./plate.ts";
import { SUPERSAMPLING } from "./render.ts";
import { mapToPhoto, type PhotoMap, photoShares, sampleCutout, shadeFromPhoto } from "./reprojection.ts";
import { laySheet, type Sheet } from "./sheet.ts";

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
  /** The triangles that are drawn, and of each whether it is neck, which hides what is behind it. */
  readonly triangles: Uint32Array;
  readonly isNeck: Uint8Array;
  /** What the photo shows; undefined where the head is to be shown alone. */
  readonly photo: ScenePhoto | undefined;
}

interface ScenePhoto {
  /** What is behind the head, and the sheet that carries it along with the neck. */
  readonly plate: Plate;
  readonly neck: Sheet | undefined;
  /** The head, where its vertices are in it, and the sheet that carries along the strands beside it. */
  readonly cutout: Cutout;
  readonly map: PhotoMap;
  readonly fringe: Sheet | undefined;
}

/** A change of the head. */
export interface Motion {
  readonly pose: Pose;
  /** Model-space offsets of the mesh's vertices, mm: another expression. */
  readonly offsets?: Float32Array;
}

/** Moves less than this part of what the head moves, and the photo's own pixels stay. */
const STILL = 0.02;
/** Hair that the photo does not show is shown where it moves with the head more than this, wholly from the second on. */
const HANGING = [0.5, 0.9] as const;
/** Strands are carried along so far beside the head, mm, by a sheet of so many cells. */
const FRINGE = 22;
const FRINGE_CELLS = 96;
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
  const ofHair = hairMobility(mesh.positions, chin);
  for (let v = 0; v < weights.length; v++) if (mesh.labels[v] === Label.hair) weights[v] = ofHair[v];
  const hasPhoto = background === "photo";
  const triangles = mesh.triangles.filter((_, k) => {
    const [a, b, c] = cornersOf(mesh.triangles, k);
    const isMobile = weights[a] > STILL || weights[b] > STILL || weights[c] > STILL;
    return hasPhoto ? isMobile : mesh.labels[a] !== Label.background;
  });
  const isNeck = Uint8Array.from({ length: triangles.length / 3 }, (_, t) =>
    mesh.labels[triangles[3 * t]] === Label.background ? 1 : 0,
  );
  const scene = { width, height, camera: view, pose, mesh, texture, weights, triangles, isNeck };
  if (!hasPhoto) return { ...scene, photo: undefined };

  const positions = transformToCamera(mesh.positions, pose);
  const ofHead = triangles.filter((_, k) => isNeck[Math.floor(k / 3)] === 0);
  const surface = { positions, triangles: mesh.triangles, meshLabels: mesh.labels };
  const ofNeck = mesh.triangles.filter((_, k) => mesh.labels[cornersOf(mesh.triangles, k)[0]] === Label.background);
  const layers = takeApart({ image, labels, scale, width, height, camera: view, ...surface, neck: ofNeck, pose, chin });
  const fringe = laySheet(positions, ofHead, view, pose, FRINGE, FRINGE_CELLS);
  return {
    ...scene,
    photo: {
      ...layers,
      neck: neckSheet(positions, ofNeck, view, pose, chin),
      map: mapToPhoto(positions, triangles, mesh.labels, view, layers.cutout, unseenShares(mesh, weights)),
      fringe: fringe && { ...fringe, weights: hairMobility(fringe.positions, chin) },
    },
  };
}

/** How far each vertex is shown where the photo does not show it: hair that hangs down is not, as how it moves is not known. */
const unseenShares = ({ labels }: TexturedMesh, weights: Float32Array): Float32Array =>
  weights.map((weight, v) => (labels[v] === Label.hair ? smoothstep(HANGING[0], HANGING[1], weight) : 1));

const cornersOf = (triangles: Uint32Array, k: number): [number, number, number] => {
  const first = k - (k % 3);
  return [triangles[first], triangles[first + 1], triangles[first + 2]];
};

/**
 * The coarse result of paper section 5.1: the head re-projected in a new pose over the rest of the photo, which stays as it
 * is but for the neck. Without the photo as background, all but the head is transparent.
 * @param holes what the photo does not know because the head was there: transparent black, or filled from the surroundings
 */
export function renderScene(scene: Scene, { pose, offsets }: Motion, holes: Holes): RgbaImage {
  const { width, height, camera, mesh, weights, photo } = scene;
  const move = (positions: Float32Array, mobility: Float32Array) => moved(positions, mobility, scene.pose, pose);
  const positions = move(offsets ? sum(mesh.positions, offsets) : mesh.positions, weights);
  const neck = photo?.neck && move(photo.neck.positions, photo.neck.weights);
  const fringe = photo?.fringe && move(photo.fringe.positions, photo.fringe.weights);
  const shares = photo && photoShares(photo.map, positions, scene.triangles, mesh.labels, camera);
  const out = new Uint8ClampedArray(4 * width * height);
  if (photo) drawPlate(photo.plate, holes, out);

  const surfaces = [positions, neck, fringe].filter((surface) => surface !== undefined);
  const box = boundingBox(surfaces, camera, width, height);
  for (const strip of strips(box)) {
    const view = cropCamera(camera, strip.x, strip.y, 1);
    const head = renderHead(scene, positions, shares, view, strip);
    if (photo) {
      if (photo.neck && neck) bendPlate(photo.plate, photo.neck, neck, holes, view, strip, out);
      if (photo.fringe && fringe)
        layOver(renderFringe(photo.cutout, photo.fringe, fringe, view, strip), strip, out, width);
    }
    layOver(head, strip, out, width);
  }
  return { width, height, data: out };
}

const sum = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value + b[i]);

/** The head; where the model's neck is before it, nothing. */
function renderHead(
  { mesh, texture, triangles, isNeck, photo }: Scene,
  positions: Float32Array,
  shares: Float32Array | undefined,
  camera: Camera,
  { width, height }: Box,
): Rendering {
  const large = { width: SUPERSAMPLING * width, height: SUPERSAMPLING * height };
  const view = cropCamera(camera, 0, 0, SUPERSAMPLING);
  const raster = rasterize(positions, triangles, view, large);
  const { triangle } = raster;
  for (let p = 0; p < triangle.length; p++) if (triangle[p] >= 0 && isNeck[triangle[p]] === 1) triangle[p] = -1;
  const paint = (raster: Raster) =>
    shadeTextured(raster, texture, mesh.uvs, triangles, { view: { positions, triangles, camera: view } });
  const head =
    photo && shares
      ? shadeFromPhoto(raster, triangles, mesh.labels, photo.map, shares, photo.cutout, paint)
      : paint(raster);
  return downsample(head, SUPERSAMPLING);
}

type Holes = "transparent" | "filled";

/** The plate, opaque but for its holes unless they are filled. */
function drawPlate({ picture: { data }, holes }: Plate, kind: Holes, out: Uint8ClampedArray): void {
  for (let p = 0, i = 0, j = 0; p < holes.length; p++, i += 3, j += 4) {
    out[j + 3] = kind === "filled" ? 255 : 255 - holes[p];
    if (out[j + 3] === 0) continue;
    out[j] = data[i];
    out[j + 1] = data[i + 1];
    out[j + 2] = data[i + 2];
  }
}

/** Draws what the sheet carries to where it is bent to. */
function bendPlate(
  { picture, holes, width, height }: Plate,
  { triangles, places }: Sheet,
  bent: Float32Array,
  kind: Holes,
  camera: Camera,
  strip: Box,
  out: Uint8ClampedArray,
): void {
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
      const j = 4 * ((strip.y + y) * width + strip.x + x);
      out[j + 3] = kind === "filled" ? 255 : 255 - holes[row * width + column];
      if (out[j + 3] === 0) color.fill(0);
      else sampleBilinear(picture, u, v, color);
      for (let k = 0; k < 3; k++) out[j + k] = color[k];
    }
  }
}

/** Strands beside the head, where the sheet carries them to. */
function renderFringe(
  cutout: Cutout,
  { triangles, places }: Sheet,
  moved: Float32Array,
  camera: Camera,
  strip: Box,
): Rendering {
  const out = createRendering(strip.width, strip.height);
  const raster = rasterize(moved, triangles, camera, strip);
  const sources = interpolate(raster, places, triangles, 2);
  const sample = new Float32Array(4);
  const { x, y, width, height } = cutout.box;
  for (let p = 0; p < raster.triangle.length; p++) {
    if (raster.triangle[p] < 0) continue;
    const u = sources[2 * p] - x;
    const v = sources[2 * p + 1] - y;
    if (!(u >= 0 && v >= 0 && u <= width && v <= height)) continue;
    sampleCutout(cutout, cutout.fringe, u, v, sample);
    out.data.set(sample, 4 * p);
  }
  return out;
}

/**
 * Lays the rendering of a strip over straight-alpha sRGB pixels, in linear light.
 */
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
