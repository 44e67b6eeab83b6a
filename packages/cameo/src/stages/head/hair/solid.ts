import type { Pose } from "../../../geometry/pose.ts";
import { Label } from "../../../image.ts";
import type { Mesh } from "../../../mesh/mesh.ts";
import { type Grid3, makeWellComposed, surfaceNet } from "../../../mesh/surface-nets.ts";
import { Region } from "../../../morphable/model.ts";
import type { Raster } from "../../../raster/raster.ts";
import { type Adjacency, adjacency } from "../diffuse.ts";
import { FINE, type Layers, labelAt, sampleDepth, sampleMap } from "../layers.ts";
import { signedDistance } from "../signed-distance.ts";
import type { HeadTemplate } from "../template.ts";
import { keepAttached } from "./attached.ts";
import { beforeEars, hang, lowestHangingRow, type Plane } from "./hang.ts";
import { type SkinPoints, skinPoints } from "./skull.ts";
import { hairThickness } from "./thickness.ts";
import { columnU, halved, heightField, insideMesh, rowV, smooth, type Voxels } from "./voxels.ts";

/** Crop pixels between columns of the grid: 3 mm; where the surface would have too many vertices more, up to the second. */
const FINEST = 2;
const COARSEST = 3;
const VERTICES = 15000;
/** Hair goes on so far below the scalp, mm. */
const ROOT = 6;
/** A head is shaven unless hair stands off by this, mm, in this part of where it is, or this part of it is seen beside the head. */
const LEAST_HAIR = 5;
const LEAST_PART = 0.1;
/** Strands that hang free, or lie over the face, are at least and at most so thick, mm. */
const THINNEST = 7;
const THICKEST = 36;
/** Hair before the head is filled up to it over so much, mm. */
const FILLED = 100;
/** So much is added in front and at outlines, mm, for smoothing to take off again before the photo's outline cuts it. */
const SPARE = 6;
const SPARE_BESIDE = 3;
/** The field is cut off at this, mm: beyond it only the sign counts. */
const BAND = 9;
/** Inside it goes down to this, mm, from which hair that hangs gets narrower. */
const DEEPEST = 24;
/** Hair that covers the ears goes on in front of them by this, mm. */
const OVER_EARS = 25;
/** Hair ends this far above the end of the neck, mm, as in the same plane the two would flicker. */
const ABOVE_END = 1;
/** Below skin that is seen bare hair ends within so much, mm. */
const EDGE = 8;

/**
 * The visible hair and what of it the photo hides as one closed surface over the head, camera space; null for bald and
 * shaven heads. It is where an implicit function is below 0, the smoothed union of
 *
 * - a coat over the scalp as thick as hair stands off it ({@link hairThickness}), reaching into the skull, and
 * - behind every pixel of hair: down to the head where that lies behind it, else as thick as a strand is wide;
 *
 * less all that the photo shows to be empty: what lies before the visible surface, and all along rays that pass the head.
 *
 * @param positions of the model's vertices, camera space, mm
 * @param raster the model as the crop's camera sees it
 * @param covered ears that hair lies over
 */
export function hairSolid(
  template: HeadTemplate,
  positions: Float32Array,
  normals: Float32Array,
  raster: Raster,
  layers: Layers,
  pose: Pose,
  covered: readonly number[],
): Mesh | null {
  const hairy = new Set<number>([Region.scalp, Region.neck, ...covered]);
  const lowest = lowestHangingRow(template, raster, layers);
  const thickness = hairThickness(template, positions, normals, raster, layers, hairy, lowest);
  const skin = skinPoints(template, positions, thickness, hairy);
  const box = boundHair(skin, raster, layers);
  if (box === null) return null;
  const [a, b, c, d] = beforeEars(template, positions, pose);
  const front: Plane = [a, b, c, d - (covered.length > 0 ? OVER_EARS : 0)];
  const coveredTo = covered.length > 0 ? lobesRow(template, positions, layers) : -1;
  const fieldOn = (voxels: Voxels): Grid3 => {
    const columns = lookAlong(voxels, template, raster, layers, front, coveredTo);
    return hairField(voxels, columns, template, positions, skin, lowest, front);
  };
  // Twice the step, a quarter of the vertices.
  const vertices = 4 * countCrossings(fieldOn(layOut(box, layers, 2 * FINEST)));
  const voxels = layOut(box, layers, Math.min(COARSEST, FINEST * Math.sqrt(Math.max(1, vertices / VERTICES))));
  const grid = fieldOn(voxels);
  makeWellComposed(grid);
  const net = surfaceNet(grid);
  if (net.triangles.length === 0) return null;
  const edges = adjacency(net.triangles, net.positions.length / 3);
  const placed = toCamera(relax(net.positions, edges), voxels);
  const seen = putOnDepth(placed, voxels, layers);
  return { positions: fair(placed, edges, seen), triangles: net.triangles };
}

/** The implicit function of the hair. */
function hairField(
  voxels: Voxels,
  columns: Columns,
  template: HeadTemplate,
  positions: Float32Array,
  skin: SkinPoints,
  lowest: number,
  front: Plane,
): Grid3 {
  const coarse = halved(voxels);
  const inside = insideMesh(coarse, positions, template.triangles);
  const data = unite(voxels, heightField(coarse, skin, inside), coarse, columns);
  if (lowest >= 0) hang(data, voxels, lowest, front);
  smooth(data, voxels);
  carve(data, voxels, columns, neckPlane(template, positions));
  keepAttached(data, voxels, inside, coarse);
  return { ...voxels, data };
}

/** About how many vertices the surface of a field will have: the edges of the grid that it crosses. */
function countCrossings({ width, height, data }: Grid3): number {
  const layer = width * height;
  let count = 0;
  for (let p = 0; p + layer < data.length; p++) {
    const inside = data[p] < 0;
    if (data[p + 1] < 0 !== inside) count++;
    if (data[p + width] < 0 !== inside) count++;
    if (data[p + layer] < 0 !== inside) count++;
  }
  return count;
}

/** Where hair is, crop pixels and depths in mm. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly near: number;
  readonly right: number;
  readonly bottom: number;
  readonly far: number;
}

/** All hair; null where there is none to speak of. */
function boundHair({ positions, thickness }: SkinPoints, raster: Raster, layers: Layers): Box | null {
  const { camera, hairDepth, width } = layers;
  let [left, top, near] = [Infinity, Infinity, Infinity];
  let [right, bottom, far] = [-Infinity, -Infinity, -Infinity];
  const include = (u: number, v: number, nearest: number, farthest: number) => {
    left = Math.min(left, u);
    right = Math.max(right, u);
    top = Math.min(top, v);
    bottom = Math.max(bottom, v);
    near = Math.min(near, nearest);
    far = Math.max(far, farthest);
  };
  let visible = 0;
  let beside = 0;
  for (let p = 0; p < hairDepth.data.length; p++) {
    const z = hairDepth.data[p];
    const u = p % width;
    const v = Math.floor(p / width);
    if (z === 0 || layers.hair[FINE * (FINE * width * v + u)] > 0) continue;
    visible++;
    if (raster.depth[p] === 0) beside++;
    include(u, v, z, z + THICKEST);
  }
  let covered = 0;
  let thick = 0;
  for (let s = 0; s < thickness.length; s++) {
    const t = thickness[s];
    if (t < 0) continue;
    covered++;
    if (t > LEAST_HAIR) thick++;
    const z = positions[3 * s + 2];
    const reach = (t * camera.fx) / z + COARSEST;
    const u = (camera.fx * positions[3 * s]) / z + camera.cx;
    const v = (camera.fy * positions[3 * s + 1]) / z + camera.cy;
    include(u - reach, v - reach, z - t, z + t);
    include(u + reach, v + reach, z - t, z + t);
  }
  const isShaven = thick <= LEAST_PART * covered && beside <= LEAST_PART * visible;
  return isShaven || !(right > left) ? null : { left, top, near, right, bottom, far };
}

/** A grid about a box. */
function layOut(box: Box, { camera, width, height }: Layers, step: number): Voxels {
  // Three columns of nothing all around; beyond the crop there is nothing either.
  const margin = 3 * step;
  const left = Math.max(0, box.left) - margin;
  const top = Math.max(0, box.top) - margin;
  const right = Math.min(width, box.right) + margin;
  const bottom = Math.min(height, box.bottom) + margin;
  const spacing = (step * (box.near + box.far)) / (2 * camera.fx);
  return {
    camera,
    left,
    top,
    step,
    near: box.near - 4 * spacing,
    spacing,
    width: Math.ceil((right - left) / step) + 1,
    height: Math.ceil((bottom - top) / step) + 1,
    depth: Math.ceil((box.far - box.near) / spacing) + 8,
  };
}

/** The row of the crop that the ears end at. */
function lobesRow({ regions }: HeadTemplate, positions: Float32Array, { camera }: Layers): number {
  let row = 0;
  for (let v = 0; v < regions.length; v++)
    if (regions[v] === Region.earLeft || regions[v] === Region.earRight)
      row = Math.max(row, (camera.fy * positions[3 * v + 1]) / positions[3 * v + 2] + camera.cy);
  return row;
}

/** What the photo shows along each column of the grid; index i + width · j. */
interface Columns {
  /** Signed distance to the outline of visible hair, mm, below 0 inside. */
  readonly hair: Float32Array;
  /** Signed distance to the outline of hair, skin and model together, mm: rays outside of it meet no part of the head. */
  readonly solid: Float32Array;
  /** Depth before which nothing is, mm. */
  readonly front: Float32Array;
  /** Depth down to which hair that is seen is filled, mm. */
  readonly back: Float32Array;
}

/**
 * @param front below 0 where hair that covers the ears reaches back to the head, and
 * @param coveredTo above this row of the crop as far as there where it hangs beside it
 */
function lookAlong(
  voxels: Voxels,
  template: HeadTemplate,
  raster: Raster,
  layers: Layers,
  [a, b, c, d]: Plane,
  coveredTo: number,
): Columns {
  const { camera, hairDepth, skinDepth, labels } = layers;
  const isModel = layers.unknown.map((unknown, p) => (unknown || raster.depth[p] > 0 ? 1 : 0));
  const model = signedDistance(isModel, raster.width, raster.height);
  const count = voxels.width * voxels.height;
  const columns = {
    hair: new Float32Array(count),
    solid: new Float32Array(count),
    front: new Float32Array(count),
    back: new Float32Array(count),
  };
  for (let j = 0, n = 0; j < voxels.height; j++)
    for (let i = 0; i < voxels.width; i++, n++) {
      const u = columnU(voxels, i);
      const v = rowV(voxels, j);
      const px = Math.min(raster.width - 1, Math.max(0, Math.floor(u)));
      const py = Math.min(raster.height - 1, Math.max(0, Math.floor(v)));
      const p = py * raster.width + px;
      const modelDepth = raster.depth[p];
      const hair = sampleDepth(hairDepth, u, v);
      const millimetres = (hair || modelDepth || voxels.near) / camera.fx;
      const toHair = sampleMap(layers.hair, labels.width, labels.height, u * FINE, v * FINE) * millimetres;
      const outside = Math.max(-u, -v, u - layers.width, v - layers.height);
      columns.hair[n] = outside > 0 ? Math.max(toHair, outside * millimetres) : toHair;
      const toHead = sampleMap(layers.head, labels.width, labels.height, u * FINE, v * FINE);
      const toSolid = Math.min(toHead, sampleMap(model, raster.width, raster.height, u, v)) * millimetres;
      columns.solid[n] = outside > -COARSEST ? Math.max(toSolid, (outside + COARSEST) * millimetres) : toSolid;
      // Beyond the edge of the photo there is nothing to say where hair that is seen would begin.
      if (hair > 0 && toHair < BAND && !layers.unknown[p]) {
        const width = Math.min(THICKEST / 2, Math.max(0, -toHair));
        const strand = Math.max(THINNEST, 2 * Math.sqrt(width * (THICKEST - width)));
        const behind = template.regionsOfTriangles[raster.triangle[p]];
        const slope = (a * (u - camera.cx)) / camera.fx + (b * (v - camera.cy)) / camera.fy + c;
        const isNear = (z: number) => z > hair - SPARE && z < hair + FILLED;
        columns.back[n] = hair + strand;
        if (modelDepth > 0 && (behind !== Region.face || slope * modelDepth + d < 0)) {
          if (isNear(modelDepth)) columns.back[n] = modelDepth + ROOT;
        } else if (modelDepth === 0 && v < coveredTo && isNear(-d / slope)) {
          columns.back[n] = Math.max(columns.back[n], -d / slope);
        }
      }
      const skin = modelDepth || skinDepth.data[p];
      if (layers.unknown[p]) continue;
      columns.front[n] = toHair < 0 || skin === 0 ? hair : skin + Math.min(EDGE, toHair);
    }
  return columns;
}

/**
 * The union of coat and visible hair as a field, mm, below 0 inside.
 * @param coat at every other point of the grid
 */
function unite(voxels: Voxels, coat: Float32Array, coarse: Voxels, columns: Columns): Float32Array {
  const { width, height, depth } = voxels;
  const data = new Float32Array(width * height * depth);
  const row = new Float32Array(coarse.width + 1);
  for (let k = 0, p = 0; k < depth; k++) {
    const z = voxels.near + k * voxels.spacing;
    for (let j = 0, c = 0; j < height; j++) {
      // The four rows of the coat about this one, of which some are the same.
      const at = coarse.width * ((j >> 1) + coarse.height * (k >> 1));
      const below = j & 1 ? coarse.width : 0;
      const behind = k & 1 ? coarse.width * coarse.height : 0;
      for (let i = 0; i < coarse.width; i++)
        row[i] = 0.25 * (coat[at + i] + coat[at + i + below] + coat[at + i + behind] + coat[at + i + below + behind]);
      row[coarse.width] = row[coarse.width - 1];
      for (let i = 0; i < width; i++, c++, p++) {
        const cover = 0.5 * (row[i >> 1] + row[(i + 1) >> 1]);
        const back = columns.back[c];
        const seen = back > 0 ? Math.max(columns.front[c] - SPARE - z, z - back, columns.hair[c] - SPARE_BESIDE) : BAND;
        data[p] = Math.min(BAND, Math.max(-DEEPEST, Math.min(cover, seen)));
      }
    }
  }
  return data;
}

/** The plane that the neck ends in; below 0 above it. */
function neckPlane({ model, triangles, regionsOfTriangles }: HeadTemplate, positions: Float32Array): Plane {
  const normal = [0, 0, 0];
  const middle = [0, 0, 0];
  let corners = 0;
  for (let t = model.regions.length; t < regionsOfTriangles.length; t++) {
    if (regionsOfTriangles[t] !== Region.neck) continue;
    const [a, b, c] = [0, 1, 2].map((k) => positions.subarray(3 * triangles[3 * t + k], 3 * triangles[3 * t + k] + 3));
    for (let k = 0; k < 3; k++) {
      const [m, n] = [(k + 1) % 3, (k + 2) % 3];
      normal[k] += (b[m] - a[m]) * (c[n] - a[n]) - (b[n] - a[n]) * (c[m] - a[m]);
      middle[k] += a[k] + b[k] + c[k];
    }
    corners += 3;
  }
  const length = Math.hypot(...normal);
  const [a, b, c] = normal.map((x) => x / length);
  return [a, b, c, -(a * middle[0] + b * middle[1] + c * middle[2]) / corners];
}

/** Takes away what the photo shows to be empty, and what hangs lower than the neck ends. */
function carve(data: Float32Array, voxels: Voxels, { front, solid }: Columns, [a, b, c, d]: Plane): void {
  const { camera } = voxels;
  for (let k = 0, p = 0; k < voxels.depth; k++) {
    const z = voxels.near + k * voxels.spacing;
    for (let j = 0, n = 0; j < voxels.height; j++) {
      const y = ((rowV(voxels, j) - camera.cy) / camera.fy) * z;
      for (let i = 0; i < voxels.width; i++, n++, p++) {
        const x = ((columnU(voxels, i) - camera.cx) / camera.fx) * z;
        const rim = Math.min(i, j, k, voxels.width - 1 - i, voxels.height - 1 - j, voxels.depth - 1 - k);
        const below = a * x + b * y + c * z + d + ABOVE_END;
        const empty = Math.max(front[n] > 0 ? front[n] - z : -BAND, solid[n], below);
        data[p] = rim < 2 ? BAND : Math.max(data[p], empty);
      }
    }
  }
}

/** Rounds of moving each vertex half-way to the mean of its neighbours: takes off the steps of the grid. */
const ROUNDS = 2;

function relax(positions: Float32Array, { offsets, neighbours }: Adjacency): Float32Array {
  let from = positions;
  for (let round = 0; round < ROUNDS; round++) {
    const to = new Float32Array(from.length);
    for (let v = 0; v + 1 < offsets.length; v++) {
      const share = 0.5 / (offsets[v + 1] - offsets[v]);
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (let e = offsets[v]; e < offsets[v + 1]; e++) sum += from[3 * neighbours[e] + k];
        to[3 * v + k] = 0.5 * from[3 * v + k] + share * sum;
      }
    }
    from = to;
  }
  return from;
}

function toCamera(positions: Float32Array, voxels: Voxels): Float32Array {
  const { camera, near, spacing } = voxels;
  for (let n = 0; n < positions.length; n += 3) {
    const z = near + positions[n + 2] * spacing;
    positions[n] = ((columnU(voxels, positions[n]) - camera.cx) / camera.fx) * z;
    positions[n + 1] = ((rowV(voxels, positions[n + 1]) - camera.cy) / camera.fy) * z;
    positions[n + 2] = z;
  }
  return positions;
}

/** Puts vertices that lie at the visible surface exactly on it. @returns 1 for those */
function putOnDepth(positions: Float32Array, voxels: Voxels, layers: Layers): Uint8Array {
  const { camera } = voxels;
  const seen = new Uint8Array(positions.length / 3);
  for (let n = 0; n < positions.length; n += 3) {
    const z = positions[n + 2];
    const u = (camera.fx * positions[n]) / z + camera.cx;
    const v = (camera.fy * positions[n + 1]) / z + camera.cy;
    if (labelAt(layers, u, v) !== Label.hair) continue;
    const hair = sampleDepth(layers.hairDepth, u, v);
    if (hair === 0 || Math.abs(hair - z) > 0.6 * voxels.spacing) continue;
    for (let k = 0; k < 3; k++) positions[n + k] *= hair / z;
    seen[n / 3] = 1;
  }
  return seen;
}

/** Steps to the mean of the neighbours and, further, back from it: bumps vanish, and the volume stays (Taubin 1995). */
const SMOOTHING = [0.5, -0.52] as const;
const FAIRINGS = 12;

/** Smooths what is not seen, so that no ridge is left where it meets what is. */
function fair(positions: Float32Array, { offsets, neighbours }: Adjacency, seen: Uint8Array): Float32Array {
  const from = positions.slice();
  const to = positions.slice();
  for (let round = 0; round < FAIRINGS; round++)
    for (const step of SMOOTHING) {
      for (let v = 0; v < seen.length; v++) {
        if (seen[v]) continue;
        const count = offsets[v + 1] - offsets[v];
        let [x, y, z] = [0, 0, 0];
        for (let e = offsets[v]; e < offsets[v + 1]; e++) {
          const n = 3 * neighbours[e];
          x += from[n];
          y += from[n + 1];
          z += from[n + 2];
        }
        const i = 3 * v;
        to[i] = from[i] + step * (x / count - from[i]);
        to[i + 1] = from[i + 1] + step * (y / count - from[i + 1]);
        to[i + 2] = from[i + 2] + step * (z / count - from[i + 2]);
      }
      from.set(to);
    }
  return to;
}
