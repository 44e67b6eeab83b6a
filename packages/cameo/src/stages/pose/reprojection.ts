import { linearOfSrgb } from "../../color.ts";
import type { Camera } from "../../geometry/camera.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import { Label } from "../../image.ts";
import type { Raster } from "../../raster/raster.ts";
import { createRendering, type Rendering } from "../../raster/rendering.ts";
import type { Cutout } from "./plate.ts";

/** A vertex is seen where the photo's surface is no farther from it, mm. Hair is rough. */
const TOLERANCE = { hair: 4, skin: 2.5 } as const;
/** Photo pixels for a pixel of the view: below the first the photo is stretched too far to be shown, from the second on it is shown as it is. */
const STRETCH = [0.2, 0.5] as const;
/**
 * The same for what is near an outline in the photo: below the first another surface, or the background, may shine through
 * there; from the second on it is an outline still, and the photo also tells where the head ends.
 */
const OUTLINE = [0.85, 0.98] as const;

/** Areas about the vertices of hair, which is rough, are evened out over so many rings of neighbours. */
const EVENING = 2;

/** Where a mesh's vertices are in the photo. */
export interface PhotoMap {
  /** u, v per vertex, pixels of the cutout. */
  readonly places: Float32Array;
  /** 1 where the photo shows the vertex, else 0. */
  readonly seen: Float32Array;
  /** How far each vertex is shown where it is not seen in the photo, from 0 to 1. */
  readonly unseen: Float32Array;
  /** Pixels about each vertex in the photo: twice the area of the triangles around it that face the camera. */
  readonly areas: Float32Array;
}

/** @param positions of the mesh in the photo's pose, camera space, mm */
export function mapToPhoto(
  positions: Float32Array,
  triangles: Uint32Array,
  labels: Uint8Array,
  camera: Camera,
  { box, depth }: Cutout,
  unseen: Float32Array,
): PhotoMap {
  const places = projected(positions, camera);
  const seen = new Float32Array(positions.length / 3);
  for (let v = 0; v < seen.length; v++) {
    places[2 * v] -= box.x;
    places[2 * v + 1] -= box.y;
    const z = positions[3 * v + 2];
    const tolerance = labels[v] === Label.hair ? TOLERANCE.hair : TOLERANCE.skin;
    const column = Math.floor(places[2 * v] - 0.5);
    const row = Math.floor(places[2 * v + 1] - 0.5);
    for (let t = 0; t < 4; t++) {
      const [x, y] = [column + (t & 1), row + (t >> 1)];
      if (x < 0 || y < 0 || x >= box.width || y >= box.height) continue;
      const front = depth[y * box.width + x];
      if (front > 0 && Math.abs(front - z) < tolerance) seen[v] = 1;
    }
  }
  return { places, seen, unseen, areas: areasAbout(places, triangles, labels) };
}

/** u, v per vertex. */
function projected(positions: Float32Array, { fx, fy, cx, cy }: Camera): Float32Array {
  const out = new Float32Array((2 * positions.length) / 3);
  for (let i = 0, o = 0; o < out.length; i += 3, o += 2) {
    out[o] = (fx * positions[i]) / positions[i + 2] + cx;
    out[o + 1] = (fy * positions[i + 1]) / positions[i + 2] + cy;
  }
  return out;
}

/** Twice the area of the triangles about each vertex that face the camera; of hair, also about its neighbours: only good for ratios. */
function areasAbout(places: Float32Array, triangles: Uint32Array, labels: Uint8Array): Float32Array {
  let out: Float32Array = new Float32Array(places.length / 2);
  for (let k = 0; k < triangles.length; k += 3) {
    const [a, b, c] = [triangles[k], triangles[k + 1], triangles[k + 2]];
    const [x, y] = [places[2 * a], places[2 * a + 1]];
    // With y down, what faces the camera is negative.
    const area = (places[2 * c] - x) * (places[2 * b + 1] - y) - (places[2 * b] - x) * (places[2 * c + 1] - y);
    if (!(area > 0)) continue;
    out[a] += area;
    out[b] += area;
    out[c] += area;
  }
  for (let round = 0; round < EVENING; round++) out = evened(out, triangles, labels);
  return out;
}

/** Of each vertex of hair the sum over its triangles' corners. */
function evened(values: Float32Array, triangles: Uint32Array, labels: Uint8Array): Float32Array {
  const out = values.map((value, v) => (labels[v] === Label.hair ? 0 : value));
  for (let k = 0; k < triangles.length; k += 3) {
    const [a, b, c] = [triangles[k], triangles[k + 1], triangles[k + 2]];
    if (labels[a] !== Label.hair) continue;
    const sum = values[a] + values[b] + values[c];
    out[a] += sum;
    out[b] += sum;
    out[c] += sum;
  }
  return out;
}

/** How far a view takes each vertex from the photo, two numbers: well within an outline, and at it. */
export function photoShares(
  { seen, areas }: PhotoMap,
  positions: Float32Array,
  triangles: Uint32Array,
  labels: Uint8Array,
  camera: Camera,
): Float32Array {
  const shown = areasAbout(projected(positions, camera), triangles, labels);
  const out = new Float32Array(2 * seen.length);
  for (let v = 0; v < seen.length; v++) {
    if (seen[v] === 0) continue;
    const stretch = shown[v] > 0 ? areas[v] / shown[v] : 1;
    out[2 * v] = smoothstep(STRETCH[0], STRETCH[1], stretch);
    out[2 * v + 1] = smoothstep(OUTLINE[0], OUTLINE[1], stretch);
  }
  return out;
}

/**
 * The head with the photo's own pixels wherever it shows them.
 * @param labels of the mesh's vertices
 * @param shares as {@link photoShares}
 * @param paint draws what has another colour than the photo's: the raster's triangles, −1 where the photo shows all
 */
export function shadeFromPhoto(
  raster: Raster,
  triangles: Uint32Array,
  labels: Uint8Array,
  { places, unseen }: PhotoMap,
  shares: Float32Array,
  cutout: Cutout,
  paint: (raster: Raster) => Rendering,
): Rendering {
  const { width, height, triangle, barycentrics } = raster;
  const photo = createRendering(width, height);
  // Of each pixel: how much the painted colour counts.
  const rest = new Float32Array(triangle.length);
  const unsure = new Int32Array(triangle.length).fill(-1);
  const sample = new Float32Array(4);
  for (let p = 0; p < triangle.length; p++) {
    const t = triangle[p];
    if (t < 0) continue;
    const i = triangles[3 * t];
    const j = triangles[3 * t + 1];
    const l = triangles[3 * t + 2];
    const a = barycentrics[2 * p];
    const b = barycentrics[2 * p + 1];
    const c = 1 - a - b;
    const label = labels[i];
    const within = a * shares[2 * i] + b * shares[2 * j] + c * shares[2 * l];
    rest[p] = 1;
    if (within > 0 && label !== Label.background) {
      const outline = a * shares[2 * i + 1] + b * shares[2 * j + 1] + c * shares[2 * l + 1];
      const u = a * places[2 * i] + b * places[2 * j] + c * places[2 * l];
      const v = a * places[2 * i + 1] + b * places[2 * j + 1] + c * places[2 * l + 1];
      const sure = label === Label.hair ? cutout.sure.hair : cutout.sure.skin;
      const share = within * (outline + ((1 - outline) * sure[nearestPixel(cutout, u, v)]) / 255);
      sampleCutout(cutout, cutout.alpha, u, v, sample);
      rest[p] = 1 - share * (sample[3] + outline * (1 - sample[3]));
      for (let k = 0; k < 4; k++) photo.data[4 * p + k] = share * sample[k];
    }
    rest[p] *= a * unseen[i] + b * unseen[j] + c * unseen[l];
    if (rest[p] > 0.002) unsure[p] = t;
    else rest[p] = 0;
  }
  const painted = paint({ ...raster, triangle: unsure });
  for (let p = 0; p < rest.length; p++) {
    if (rest[p] === 0) continue;
    for (let k = 4 * p; k < 4 * p + 4; k++) photo.data[k] += rest[p] * painted.data[k];
  }
  return photo;
}

function nearestPixel({ box: { width, height } }: Cutout, u: number, v: number): number {
  const x = u < 0 ? 0 : u < width ? u | 0 : width - 1;
  const y = v < 0 ? 0 : v < height ? v | 0 : height - 1;
  return y * width + x;
}

/**
 * Bilinear: linear light times share of head, and that share.
 * @param alpha the cutout's, or that of its fringe
 */
export function sampleCutout(
  { box: { width, height }, colors }: Cutout,
  alpha: Uint8Array,
  u: number,
  v: number,
  out: Float32Array,
): void {
  const x = Math.min(width - 1, Math.max(0, u - 0.5));
  const y = Math.min(height - 1, Math.max(0, v - 0.5));
  const column = x | 0;
  const row = y | 0;
  const s = x - column;
  const t = y - row;
  const right = column + 1 < width ? 1 : 0;
  const below = row + 1 < height ? width : 0;
  const p = row * width + column;
  const wa = ((1 - s) * (1 - t) * alpha[p]) / 255;
  const wb = (s * (1 - t) * alpha[p + right]) / 255;
  const wc = ((1 - s) * t * alpha[p + below]) / 255;
  const wd = (s * t * alpha[p + below + right]) / 255;
  const a = 3 * p;
  const b = a + 3 * right;
  const c = a + 3 * below;
  const d = b + 3 * below;
  for (let k = 0; k < 3; k++)
    out[k] =
      wa * linearOfSrgb[colors[a + k]] +
      wb * linearOfSrgb[colors[b + k]] +
      wc * linearOfSrgb[colors[c + k]] +
      wd * linearOfSrgb[colors[d + k]];
  out[3] = wa + wb + wc + wd;
}
