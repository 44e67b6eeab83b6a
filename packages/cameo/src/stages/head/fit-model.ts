import { Label } from "../../image.ts";
import { Region } from "../../morphable/model.ts";
import type { Raster } from "../../raster/raster.ts";
import { diffuse } from "./diffuse.ts";
import { FINE, type Layers, labelAt, OVERHANG, sampleDepth, sampleMap } from "./layers.ts";
import type { HeadTemplate } from "./template.ts";

/** The model is moved by no more than this, mm: what differs more is something else. */
const LARGEST_MOVE = 25;
/** Skin lies at least this far below the hair that is seen over it, mm. */
const BELOW_HAIR = 2;
/** Cosine between normal and view above which depths count. */
const FACING = 0.15;
/** A vertex is seen when the surface in the raster is no farther in front of it, mm. */
const TOLERANCE = 3;
/** How far a vertex follows its own depth rather than its neighbours. */
const WEIGHT = 0.5;
const PULL = 0.005;
const SWEEPS = 24;

/**
 * Moves the model's scalp, ears and neck to where the photo shows them: bare skin to the depth map, what reaches beyond
 * the outline of the head back within, what comes through the hair below it. What is not seen follows smoothly; the face
 * stays as it was fitted.
 *
 * @param positions of the model's vertices in camera space, mm
 * @param normals camera space, unit length
 * @param raster the model as the crop's camera sees it
 * @returns new positions, camera space
 */
export function fitModel(
  template: HeadTemplate,
  positions: Float32Array,
  normals: Float32Array,
  raster: Raster,
  layers: Layers,
): Float32Array {
  const { camera, labels } = layers;
  const moves = new Float32Array(positions.length);
  const weight = new Float32Array(positions.length / 3);
  for (let v = 0; v < weight.length; v++) {
    const region = template.regions[v];
    if (region !== Region.scalp && region !== Region.earLeft && region !== Region.earRight && region !== Region.neck) {
      weight[v] = 1;
      continue;
    }
    const x = positions[3 * v];
    const y = positions[3 * v + 1];
    const z = positions[3 * v + 2];
    const u = (camera.fx * x) / z + camera.cx;
    const w = (camera.fy * y) / z + camera.cy;
    if (!(u > 1 && w > 1 && u < layers.width - 1 && w < layers.height - 1)) continue;
    const overhang = (sampleMap(layers.head, labels.width, labels.height, u * FINE, w * FINE) * z) / camera.fx;
    if (overhang > 0) {
      if (region === Region.neck || overhang > OVERHANG || layers.unknown[Math.floor(w) * layers.width + Math.floor(u)])
        continue;
      const at = (du: number, dv: number) =>
        sampleMap(layers.head, labels.width, labels.height, u * FINE + du, w * FINE + dv);
      const gx = at(1, 0) - at(-1, 0);
      const gy = at(0, 1) - at(0, -1);
      const length = Math.hypot(gx, gy);
      if (length === 0) continue;
      moves[3 * v] = (-gx / length) * (overhang + 1);
      moves[3 * v + 1] = (-gy / length) * (overhang + 1);
      weight[v] = WEIGHT;
      continue;
    }
    const facing = -(x * normals[3 * v] + y * normals[3 * v + 1] + z * normals[3 * v + 2]) / Math.hypot(x, y, z);
    const front = raster.depth[Math.floor(w) * raster.width + Math.floor(u)];
    if (facing < FACING || front === 0 || front < z - TOLERANCE) continue;
    const wanted = wantedDepth(region, labelAt(layers, u, w), z, u, w, layers);
    const move = wanted - z;
    if (wanted === 0 || Math.abs(move) > LARGEST_MOVE) continue;
    weight[v] = WEIGHT;
    for (let k = 0; k < 3; k++) moves[3 * v + k] = (move / z) * positions[3 * v + k];
  }
  diffuse(moves, weight, template.edges, new Float32Array(moves.length), PULL, SWEEPS);
  return moves.map((move, i) => positions[i] + move);
}

/** The depth that a vertex should have by what the photo shows there; 0 where the photo says nothing. */
function wantedDepth(region: number, label: number, z: number, u: number, v: number, layers: Layers): number {
  if (label === Label.hair) {
    const hair = sampleDepth(layers.hairDepth, u, v);
    return hair > 0 ? Math.max(z, hair + BELOW_HAIR) : 0;
  }
  const isEar = region === Region.earLeft || region === Region.earRight;
  const showsEar = label === Label.earLeft || label === Label.earRight;
  return label !== Label.background && isEar === showsEar ? sampleDepth(layers.skinDepth, u, v) : 0;
}
