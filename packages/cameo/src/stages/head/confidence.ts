import type { Camera } from "../../geometry/camera.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import { Region } from "../../morphable/model.ts";
import type { Raster } from "../../raster/raster.ts";
import type { Adjacency } from "./diffuse.ts";
import { FINE, type Layers, sampleMap } from "./layers.ts";

/** The cosine between normal and view at which the photo begins to be believed, and at which it is believed wholly. */
const GRAZING = 0.15;
const FRONTAL = 0.5;
/** A vertex is seen when the raster's surface is no farther in front of it than this, mm. */
const TOLERANCE = 3;
/** Colours bleed across an outline: within this many raster pixels of one the photo is not believed. */
const MARGIN = 2;

/**
 * How far the photo shows the colour of each vertex, in [0, 1]: 1 where it is seen frontally and away from outlines,
 * 0 where it is hidden, turned away, or outside the photo. With it, the cosine between normal and view.
 *
 * @param positions camera space, mm
 * @param normals camera space, unit length
 * @param raster the same surface, as a camera `view` with the photo's eye point sees it
 * @param inPhoto whether a pixel of the view lies in the photo
 */
export function photoConfidence(
  positions: Float32Array,
  normals: Float32Array,
  raster: Raster,
  view: Camera,
  inPhoto: (u: number, v: number) => boolean,
  edges: Adjacency,
): { readonly confidence: Float32Array; readonly cosines: Float32Array } {
  const { width, height, depth } = raster;
  const count = positions.length / 3;
  const confidence = new Float32Array(count);
  const cosines = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const x = positions[3 * i];
    const y = positions[3 * i + 1];
    const z = positions[3 * i + 2];
    if (!(z > 0)) continue;
    const cosine = -(x * normals[3 * i] + y * normals[3 * i + 1] + z * normals[3 * i + 2]) / Math.hypot(x, y, z);
    cosines[i] = cosine;
    const facing = smoothstep(GRAZING, FRONTAL, cosine);
    if (facing === 0) continue;
    const u = (view.fx * x) / z + view.cx;
    const v = (view.fy * y) / z + view.cy;
    if (!inPhoto(u, v)) continue;
    const px = Math.floor(u);
    const py = Math.floor(v);
    let clear = 0;
    let total = 0;
    let seen = false;
    for (let dy = -MARGIN; dy <= MARGIN; dy++) {
      for (let dx = -MARGIN; dx <= MARGIN; dx++) {
        const qx = px + dx;
        const qy = py + dy;
        total++;
        if (qx < 0 || qy < 0 || qx >= width || qy >= height) continue;
        const d = depth[qy * width + qx];
        if (d === 0 || d < z - 2 * TOLERANCE) continue;
        clear++;
        if (Math.abs(dx) <= 1 && Math.abs(dy) <= 1 && d > z - TOLERANCE && d < z + 4 * TOLERANCE) seen = true;
      }
    }
    if (seen) confidence[i] = facing * smoothstep(0.5, 1, clear / total);
  }
  return { confidence: feather(confidence, edges, 2), cosines };
}

/** Crop pixels within its outline over which hair comes to be believed: at its outline it lets through what is behind. */
const HAIR_EDGE = 2.5;
/** The same for skin beside hair and at the outline of scalp and ears. */
const SKIN_EDGE = 1.5;

/**
 * Lowers the confidence of vertices that are not seen well within their own layer: hair outside of what the photo labels
 * hair or close to its outline; skin under hair; scalp and ears at the outline of the head. The face's own outline is
 * left to colours, and the neck, which has no label, too.
 *
 * @param positions camera space, mm: the model's vertices, then those of the hair
 * @param regions one {@link Region} per vertex of the model
 */
export function believeOwnLayer(
  confidence: Float32Array,
  positions: Float32Array,
  regions: Uint8Array,
  { camera, labels, hair, head }: Layers,
): void {
  for (let v = 0; v < confidence.length; v++) {
    if (confidence[v] === 0) continue;
    const z = positions[3 * v + 2];
    const x = FINE * ((camera.fx * positions[3 * v]) / z + camera.cx);
    const y = FINE * ((camera.fy * positions[3 * v + 1]) / z + camera.cy);
    const toHair = sampleMap(hair, labels.width, labels.height, x, y);
    if (v >= regions.length) confidence[v] *= smoothstep(0, HAIR_EDGE, -toHair);
    else {
      const region = regions[v];
      if (region !== Region.scalp) confidence[v] *= smoothstep(0, SKIN_EDGE, toHair);
      if (region === Region.scalp || region === Region.earLeft || region === Region.earRight)
        confidence[v] *= smoothstep(0, SKIN_EDGE, -sampleMap(head, labels.width, labels.height, x, y));
    }
  }
}

/** Lowers confidence towards less confident neighbours, so that the photo fades instead of ending. */
function feather(confidence: Float32Array, { offsets, neighbours }: Adjacency, rounds: number): Float32Array {
  let from = confidence;
  for (let round = 0; round < rounds; round++) {
    const to = new Float32Array(from.length);
    for (let v = 0; v < from.length; v++) {
      const start = offsets[v];
      const end = offsets[v + 1];
      let sum = 0;
      for (let e = start; e < end; e++) sum += from[neighbours[e]];
      to[v] = end > start ? Math.min(from[v], sum / (end - start)) : from[v];
    }
    from = to;
  }
  return from;
}
