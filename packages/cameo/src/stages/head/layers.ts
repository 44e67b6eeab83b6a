import type { Camera } from "../../geometry/camera.ts";
import type { Transform2d } from "../../geometry/transform2d.ts";
import { type DepthMap, Label, type LabelMap } from "../../image.ts";
import { Region } from "../../morphable/model.ts";
import type { View } from "../../view.ts";
import { type PhotoLabels, sampleLabels } from "../parse/labels.ts";
import { signedDistance } from "./signed-distance.ts";
import type { SurfaceInput } from "./surface.ts";

/** Pixels of the outlines' maps per pixel of the head crop, in each direction. */
export const FINE = 2;

/**
 * Labels of a crop, {@link FINE} times finer: those found in the photo where there are any.
 * @param toPhoto maps positions in the crop to positions in the photo
 */
export function refineCropLabels(labels: LabelMap, found: PhotoLabels | undefined, toPhoto: Transform2d): LabelMap {
  const from = found ?? { x: 0, y: 0, step: 1, map: labels };
  const [a, b, c, d, e, f] = found ? toPhoto : [1, 0, 0, 0, 1, 0];
  const transform: Transform2d = [a / FINE, b / FINE, c, d / FINE, e / FINE, f];
  return sampleLabels(from, transform, FINE * labels.width, FINE * labels.height);
}

/** What the head crop shows, layer by layer. Distances and depths are looked up at crop positions, pixel centres at +0.5. */
export interface Layers {
  readonly camera: Camera;
  readonly width: number;
  readonly height: number;
  /** Labels of the crop, `FINE` times finer. */
  readonly labels: LabelMap;
  /** Signed distance to the outline of the head (all but background), crop pixels, below 0 inside; `FINE` times finer. */
  readonly head: Float32Array;
  /** The same for the visible hair. */
  readonly hair: Float32Array;
  /** Depth of visible hair, mm: whole, without flying pixels, and going on beyond its outline; 0 far from hair. */
  readonly hairDepth: DepthMap;
  /** Depth of visible face and ears, mm; 0 elsewhere. */
  readonly skinDepth: DepthMap;
  /** Per pixel: 1 where the photo does not tell what there is of the head, as it ends before or something covers the scalp. */
  readonly unknown: Uint8Array;
}

/** Depths of hair beyond its outline, crop pixels. */
const APRON = 6;

/** Hair farther than this before and behind the head centre, mm, is none. */
const NEAREST_HAIR = 250;
const FARTHEST_HAIR = 160;
/** Scalp this deep, mm, within what is labelled background lies under a hat; less deep the model is only too large. */
export const OVERHANG = 15;

export function layersOf({
  template: { regionsOfTriangles },
  pose: { translation },
  photo,
  crop: { camera },
  raster,
  fineLabels: labels,
  depth,
}: SurfaceInput): Layers {
  const centre = translation[2];
  const within = inPhoto(camera, photo);
  const { width, height } = depth;
  const isHair = labels.data.map((label) => (label === Label.hair ? 1 : 0));
  const hair = signedDistance(isHair, labels.width, labels.height).map((distance) => distance / FINE);
  const hairDepth = new Float32Array(depth.data.length);
  const skinDepth = new Float32Array(depth.data.length);
  for (let y = 0, p = 0; y < height; y++)
    for (let x = 0; x < width; x++, p++) {
      const label = labelAtCentre(labels, x, y);
      const z = depth.data[p];
      if (label === Label.hair) hairDepth[p] = z > centre - NEAREST_HAIR && z < centre + FARTHEST_HAIR ? z : 0;
      else if (label !== Label.background) skinDepth[p] = z;
    }
  dropFlying(hairDepth, width, height);
  const wanted = Uint8Array.from(hairDepth, (_, p) =>
    hair[FINE * (FINE * width * Math.floor(p / width) + (p % width))] < APRON ? 1 : 0,
  );
  extend(hairDepth, wanted, width);
  const isHead = labels.data.map((label) => (label === Label.background ? 0 : 1));
  const head = signedDistance(isHead, labels.width, labels.height).map((distance) => distance / FINE);
  const unknown = Uint8Array.from(depth.data, (_, p) => {
    const x = p % width;
    const y = Math.floor(p / width);
    if (!within(x + 0.5, y + 0.5)) return 1;
    const covered = head[FINE * (y * labels.width + x)] > (OVERHANG * camera.fx) / centre;
    return covered && regionsOfTriangles[raster.triangle[p]] === Region.scalp ? 1 : 0;
  });
  return {
    camera,
    width,
    height,
    labels,
    head,
    hair,
    hairDepth: { width, height, data: hairDepth },
    skinDepth: { width, height, data: skinDepth },
    unknown,
  };
}

const labelAtCentre = ({ width, data }: LabelMap, x: number, y: number): number => data[FINE * (y * width + x)];

/** Depths farther than this, mm, from the median of the hair about them are those of nothing: between hair and what is behind. */
const FLYING = 8;

/** Sets depths to 0 that lie between a layer and what is behind it. */
function dropFlying(depth: Float32Array, width: number, height: number): void {
  const near = new Float64Array(25);
  const flying: number[] = [];
  for (let y = 0, p = 0; y < height; y++)
    for (let x = 0; x < width; x++, p++) {
      if (depth[p] === 0) continue;
      let count = 0;
      for (let v = Math.max(0, y - 2); v <= Math.min(height - 1, y + 2); v++)
        for (let u = Math.max(0, x - 2); u <= Math.min(width - 1, x + 2); u++) {
          const z = depth[v * width + u];
          if (z === 0) continue;
          // Insertion keeps them sorted.
          let at = count++;
          for (; at > 0 && near[at - 1] > z; at--) near[at] = near[at - 1];
          near[at] = z;
        }
      if (Math.abs(depth[p] - near[count >> 1]) > FLYING) flying.push(p);
    }
  for (const p of flying) depth[p] = 0;
}

/** Gives pixels that are wanted and have no depth the mean of the neighbours that have, ring by ring. */
function extend(depth: Float32Array, wanted: Uint8Array, width: number): void {
  const state = Uint8Array.from(depth, (z, p) => (z > 0 ? 2 : wanted[p]));
  let front: number[] = [];
  const touches = (p: number, visit: (q: number) => void): void => {
    const x = p % width;
    for (let dy = -width; dy <= width; dy += width)
      for (let dx = -1; dx <= 1; dx++) {
        const q = p + dy + dx;
        if (q >= 0 && q < depth.length && x + dx >= 0 && x + dx < width) visit(q);
      }
  };
  for (let p = 0; p < depth.length; p++) if (state[p] === 2) front.push(p);
  while (front.length > 0) {
    const next: number[] = [];
    for (const p of front)
      touches(p, (q) => {
        if (state[q] !== 1) return;
        state[q] = 3;
        next.push(q);
      });
    for (const p of next) {
      let sum = 0;
      let count = 0;
      touches(p, (q) => {
        if (state[q] !== 2) return;
        sum += depth[q];
        count++;
      });
      depth[p] = sum / count;
    }
    for (const p of next) state[p] = 2;
    front = next;
  }
}

/** Bilinear sample of a map at a position of the crop; outside it the border's value. */
export function sampleMap(map: Float32Array, width: number, height: number, u: number, v: number): number {
  const x = Math.min(width - 1, Math.max(0, u - 0.5));
  const y = Math.min(height - 1, Math.max(0, v - 0.5));
  const x0 = Math.min(width - 2, Math.floor(x));
  const y0 = Math.min(height - 2, Math.floor(y));
  const i = y0 * width + x0;
  const top = map[i] + (x - x0) * (map[i + 1] - map[i]);
  const bottom = map[i + width] + (x - x0) * (map[i + width + 1] - map[i + width]);
  return top + (y - y0) * (bottom - top);
}

/** Bilinear sample of the depths of one layer: pixels without do not count; 0 where there is none. */
export function sampleDepth({ width, height, data }: DepthMap, u: number, v: number): number {
  const x = Math.min(width - 1, Math.max(0, u - 0.5));
  const y = Math.min(height - 1, Math.max(0, v - 0.5));
  const x0 = Math.min(width - 2, Math.floor(x));
  const y0 = Math.min(height - 2, Math.floor(y));
  let sum = 0;
  let total = 0;
  for (let dy = 0; dy < 2; dy++)
    for (let dx = 0; dx < 2; dx++) {
      const z = data[(y0 + dy) * width + x0 + dx];
      if (z === 0) continue;
      const weight = (dx ? x - x0 : 1 - x + x0) * (dy ? y - y0 : 1 - y + y0);
      sum += weight * z;
      total += weight;
    }
  return total > 1e-6 ? sum / total : 0;
}

/** The label at a position of the crop; background outside. */
export function labelAt({ labels }: Layers, u: number, v: number): number {
  const x = Math.floor(u * FINE);
  const y = Math.floor(v * FINE);
  if (!(x >= 0 && y >= 0 && x < labels.width && y < labels.height)) return Label.background;
  return labels.data[y * labels.width + x];
}

/** Whether positions of a crop lie in the photo, of which it has the eye point and the axes. */
export function inPhoto(crop: Camera, { image, camera }: View): (u: number, v: number) => boolean {
  const scale = camera.fx / crop.fx;
  return (u, v) => {
    const x = (u - crop.cx) * scale + camera.cx;
    const y = (v - crop.cy) * scale + camera.cy;
    return x >= 1 && y >= 1 && x <= image.width - 1 && y <= image.height - 1;
  };
}
