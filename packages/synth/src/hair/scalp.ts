import { type MorphableModel, Region, surfacePositions, synthesizeShape } from "cameo";
import { clamp, noise, smooth } from "../noise.ts";
import type { BareHead } from "../part.ts";
import type { Random } from "../random.ts";
import type { Hairline } from "./spec.ts";

/** Directions about the head are taken from here, model space, mm. */
export const centreY = 10;
/** Where hair whorls, on the mean head. */
export const whorl = [0, 96, -48] as const;

/** Nodes along each side of the octahedral map of directions. */
const nodes = 65;

/** What is the same for all heads of a model: worked out once on its mean shape. */
export interface ScalpMap {
  readonly mean: Float32Array;
  /** Vertices on and near the scalp. */
  readonly vertices: Uint32Array;
  /** Three vertices per triangle on and near the scalp. */
  readonly triangles: Uint32Array;
  /** Running sum of the areas of these triangles, mm². */
  readonly areas: Float64Array;
  /** Per model vertex, signed distance to where the scalp meets face, ears and neck, mm; negative beyond it. */
  readonly toFace: Float32Array;
  readonly toEars: Float32Array;
  readonly toNeck: Float32Array;
  /** Angle about the vertical from the face, and about the crown, per model vertex. */
  readonly azimuth: Float32Array;
  /** Per node of the octahedral map: where the skin is in this direction, without and with the ears. */
  readonly skin: Hits;
  readonly ears: Hits;
}

/** Three vertices and weights per node; weights 0 where nothing is hit. */
interface Hits {
  readonly vertices: Uint32Array;
  readonly weights: Float32Array;
}

const maps = new WeakMap<MorphableModel, ScalpMap>();

export function scalpMap(model: MorphableModel): ScalpMap {
  let map = maps.get(model);
  if (!map) {
    map = buildScalpMap(model);
    maps.set(model, map);
  }
  return map;
}

/** How far around the scalp hairlines may reach, mm. */
const margin = 22;

function buildScalpMap(model: MorphableModel): ScalpMap {
  const mean = synthesizeShape(model, [], []);
  const { triangles, regions, vertexCount } = model;
  const memberOf = new Uint16Array(vertexCount);
  for (let t = 0; t < regions.length; t++)
    for (let k = 0; k < 3; k++) memberOf[triangles[3 * t + k]] |= 1 << regions[t];
  const scalpBit = 1 << Region.scalp;
  const distanceTo = (bits: number): Float32Array => {
    const border: number[] = [];
    for (let v = 0; v < vertexCount; v++) if (memberOf[v] & scalpBit && memberOf[v] & bits) border.push(v);
    return Float32Array.from({ length: vertexCount }, (_, v) => {
      let least = Infinity;
      for (const b of border) {
        const dx = mean[3 * v] - mean[3 * b];
        const dy = mean[3 * v + 1] - mean[3 * b + 1];
        const dz = mean[3 * v + 2] - mean[3 * b + 2];
        least = Math.min(least, dx * dx + dy * dy + dz * dz);
      }
      return (memberOf[v] & bits && !(memberOf[v] & scalpBit) ? -1 : 1) * Math.sqrt(least);
    });
  };
  const toFace = distanceTo(1 << Region.face);
  const toEars = distanceTo((1 << Region.earLeft) | (1 << Region.earRight));
  const toNeck = distanceTo(1 << Region.neck);
  const near: number[] = [];
  const areas: number[] = [];
  let area = 0;
  for (let t = 0; t < regions.length; t++) {
    const region = regions[t];
    if (region !== Region.scalp && region !== Region.face && region !== Region.neck) continue;
    const corners = [triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2]];
    if (!corners.some((v) => Math.min(toFace[v], toNeck[v]) > -margin)) continue;
    if (region === Region.neck && corners.some((v) => mean[3 * v + 2] > 0)) continue;
    near.push(...corners);
    area += areaOf(mean, corners);
    areas.push(area);
  }
  const skin = (t: number) => [Region.face, Region.scalp, Region.neck].some((r) => r === regions[t]);
  const ear = (t: number) => regions[t] === Region.earLeft || regions[t] === Region.earRight;
  return {
    mean,
    vertices: Uint32Array.from(new Set(near)).sort(),
    triangles: Uint32Array.from(near),
    areas: Float64Array.from(areas),
    toFace,
    toEars,
    toNeck,
    azimuth: Float32Array.from({ length: vertexCount }, (_, v) => Math.atan2(mean[3 * v], mean[3 * v + 2])),
    skin: castRays(mean, triangles, skin),
    ears: castRays(mean, triangles, ear),
  };
}

function areaOf(p: Float32Array, [a, b, c]: number[]): number {
  const u = [0, 1, 2].map((k) => p[3 * b + k] - p[3 * a + k]);
  const v = [0, 1, 2].map((k) => p[3 * c + k] - p[3 * a + k]);
  return Math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]) / 2;
}

/** The farthest of the wanted triangles in every direction of the octahedral map (Möller and Trumbore 1997). */
function castRays(mean: Float32Array, triangles: Uint32Array, wanted: (t: number) => boolean): Hits {
  const count = nodes * nodes;
  const vertices = new Uint32Array(3 * count);
  const weights = new Float32Array(3 * count);
  const farthest = new Float64Array(count);
  const directions = new Float64Array(3 * count);
  for (let n = 0; n < count; n++) {
    const u = (2 * (n % nodes)) / (nodes - 1) - 1;
    const v = (2 * Math.floor(n / nodes)) / (nodes - 1) - 1;
    const y = 1 - Math.abs(u) - Math.abs(v);
    const x = y >= 0 ? u : (1 - Math.abs(v)) * (u >= 0 ? 1 : -1);
    const z = y >= 0 ? v : (1 - Math.abs(u)) * (v >= 0 ? 1 : -1);
    const length = Math.hypot(x, y, z);
    directions[3 * n] = x / length;
    directions[3 * n + 1] = y / length;
    directions[3 * n + 2] = z / length;
  }
  const cells = sortDirections(directions);
  const low = [0, 0, 0];
  const high = [0, 0, 0];
  for (let t = 0; 3 * t < triangles.length; t++) {
    if (!wanted(t)) continue;
    const [a, b, c] = [0, 1, 2].map((k) => {
      const v = 3 * triangles[3 * t + k];
      return [mean[v], mean[v + 1] - centreY, mean[v + 2]];
    });
    const lengths = [a, b, c].map((p) => Math.hypot(...p));
    for (let k = 0; k < 3; k++) {
      const along = [a[k] / lengths[0], b[k] / lengths[1], c[k] / lengths[2]];
      low[k] = cellOf(Math.min(...along) - 0.01);
      high[k] = cellOf(Math.max(...along) + 0.01);
    }
    const e1 = minus(b, a);
    const e2 = minus(c, a);
    for (let i = low[0]; i <= high[0]; i++)
      for (let j = low[1]; j <= high[1]; j++)
        for (let k = low[2]; k <= high[2]; k++)
          for (const n of cells.get((i * cellCount + j) * cellCount + k) ?? []) {
            const d = [directions[3 * n], directions[3 * n + 1], directions[3 * n + 2]];
            const p = cross(d, e2);
            const det = dot(e1, p);
            if (Math.abs(det) < 1e-9) continue;
            const wb = -dot(a, p) / det;
            const q = cross([-a[0], -a[1], -a[2]], e1);
            const wc = dot(d, q) / det;
            const far = dot(e2, q) / det;
            if (wb < -1e-6 || wc < -1e-6 || wb + wc > 1 + 1e-6 || far <= farthest[n]) continue;
            farthest[n] = far;
            vertices.set(triangles.subarray(3 * t, 3 * t + 3), 3 * n);
            weights.set([1 - wb - wc, wb, wc], 3 * n);
          }
  }
  return { vertices, weights };
}

/** Cells along each axis of the cube of directions. */
const cellCount = 24;
const cellOf = (c: number) => Math.max(0, Math.min(cellCount - 1, Math.floor((c + 1) * (cellCount / 2))));

/** Which directions lie in each cell. */
function sortDirections(directions: Float64Array): Map<number, number[]> {
  const cells = new Map<number, number[]>();
  for (let n = 0; 3 * n < directions.length; n++) {
    const [i, j, k] = [0, 1, 2].map((axis) => cellOf(directions[3 * n + axis]));
    const key = (i * cellCount + j) * cellCount + k;
    const cell = cells.get(key);
    if (cell) cell.push(n);
    else cells.set(key, [n]);
  }
  return cells;
}

const dot = (a: number[], b: number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a: number[], b: number[]) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a: number[], b: number[]) => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** How far the skin is from the head centre in every direction, mm; 0 where there is none. */
export type Distances = Float32Array;

function distances({ vertices, weights }: Hits, shape: Float32Array): Distances {
  const out = new Float32Array(nodes * nodes);
  for (let n = 0; n < out.length; n++) {
    let x = 0;
    let y = -centreY;
    let z = 0;
    for (let k = 3 * n; k < 3 * n + 3; k++) {
      const v = 3 * vertices[k];
      x += weights[k] * shape[v];
      y += weights[k] * shape[v + 1];
      z += weights[k] * shape[v + 2];
    }
    if (weights[3 * n] + weights[3 * n + 1] + weights[3 * n + 2] > 0) out[n] = Math.sqrt(x * x + y * y + z * z);
  }
  return out;
}

/** Looks a direction up (any length; octahedral map, bilinear; Meyer et al. 2010). */
export function distanceAlong(map: Distances, x: number, y: number, z: number): number {
  const sum = Math.abs(x) + Math.abs(y) + Math.abs(z);
  let u = x / sum;
  let v = z / sum;
  if (y < 0) {
    const w = (1 - Math.abs(v)) * (u >= 0 ? 1 : -1);
    v = (1 - Math.abs(u)) * (v >= 0 ? 1 : -1);
    u = w;
  }
  const i = (u + 1) * ((nodes - 1) / 2);
  const j = (v + 1) * ((nodes - 1) / 2);
  const i0 = Math.min(nodes - 2, Math.floor(i));
  const j0 = Math.min(nodes - 2, Math.floor(j));
  const fu = i - i0;
  const fv = j - j0;
  const n = j0 * nodes + i0;
  const top = map[n] + fu * (map[n + 1] - map[n]);
  const bottom = map[n + nodes] + fu * (map[n + nodes + 1] - map[n + nodes]);
  return top + fv * (bottom - top);
}

/** A head as its hair sees it. */
export interface Scalp {
  readonly head: BareHead;
  readonly map: ScalpMap;
  readonly skin: Distances;
  /** The same with the ears. */
  readonly withEars: Distances;
  /** Size of the face against the mean. */
  readonly scale: number;
  /** Heights of brows, eyes and chin, and half the width of the face between the jaw joints, mm. */
  readonly browY: number;
  readonly eyeY: number;
  readonly chinY: number;
  readonly halfWidth: number;
}

export function measureScalp(head: BareHead): Scalp {
  const map = scalpMap(head.model);
  const skin = distances(map.skin, head.shape);
  fillHoles(skin);
  const withEars = distances(map.ears, head.shape);
  for (let n = 0; n < skin.length; n++) withEars[n] = Math.max(withEars[n], skin[n]);
  const points = surfacePositions(head.model, head.shape, head.model.landmarks68);
  const y = (...indices: number[]) => indices.reduce((sum, i) => sum + points[3 * i + 1], 0) / indices.length;
  const browY = y(19, 24);
  const chinY = y(8);
  return {
    head,
    map,
    skin,
    withEars,
    scale: clamp((browY - chinY) / 124, 0.7, 1.3),
    browY,
    eyeY: y(36, 39, 42, 45),
    chinY,
    halfWidth: (points[3 * 16] - points[0]) / 2,
  };
}

/** Directions in which the skin has a hole (behind the ears) get the mean of their neighbours. */
function fillHoles(map: Distances): void {
  for (let round = 0; round < 4; round++)
    for (let n = nodes; n < map.length - nodes; n++) {
      if (map[n] > 0) continue;
      let sum = 0;
      let count = 0;
      for (const m of [n - 1, n + 1, n - nodes, n + nodes])
        if (map[m] > 0) {
          sum += map[m];
          count++;
        }
      if (count > 1) map[n] = sum / count;
    }
}

/** How densely hair grows at every model vertex, 0 to 1. */
export function hairDensity({ head, map }: Scalp, line: Hairline, seed: number): Float32Array {
  const density = new Float32Array(head.model.vertexCount);
  const { mean, vertices, toFace, toEars, toNeck, azimuth } = map;
  const shift = (seed % 1000) * 1.7;
  for (const v of vertices) {
    const x = mean[3 * v];
    const y = mean[3 * v + 1];
    const z = mean[3 * v + 2];
    const angle = Math.abs(azimuth[v]);
    const rough = line.roughness * 2 * (noise(x * 0.11 + shift, y * 0.11, z * 0.11) - 0.5);
    // From the forehead over the temples to the sideburns.
    const front = 1 - smooth((angle - 0.95) / 0.35);
    const start =
      front * (line.forehead + line.temples * bump((angle - 0.62) / 0.4) - line.peak * bump(angle / 0.22)) +
      (1 - front) * line.sideburns;
    let d =
      smooth((toFace[v] - start - rough) / line.softness + 0.5) *
      smooth((toEars[v] - 1.5) / 4) *
      smooth((toNeck[v] - line.nape - rough) / (2 * line.softness) + 0.5);
    if (line.spot > 0) {
      const away = Math.hypot(x - whorl[0], y - whorl[1], z - whorl[2]);
      d *= 1 - line.bareness * smooth((line.spot - away + 2 * rough) / 18 + 0.5);
    }
    if (line.wreath !== null)
      d *= 1 - smooth((y - line.wreath - rough) / 14 + 0.5) * smooth((1.35 - angle) / 0.3 + (y - line.wreath) / 14);
    density[v] = line.density * d;
  }
  return density;
}

const bump = (t: number) => Math.exp(-t * t);

/** A point hair grows from. */
export interface Root {
  x: number;
  y: number;
  z: number;
  nx: number;
  ny: number;
  nz: number;
  /** Distance to the border of the scalp at the face, and the angle about the vertical, on the mean head. */
  toFace: number;
  azimuth: number;
  /** Height and depth on the mean head, mm. */
  meanY: number;
  meanZ: number;
}

export const createRoot = (): Root => ({
  x: 0,
  y: 0,
  z: 0,
  nx: 0,
  ny: 0,
  nz: 0,
  toFace: 0,
  azimuth: 0,
  meanY: 0,
  meanZ: 0,
});

/** Draws a point of the scalp, as likely as hair is dense there. @returns false if none was found */
export function drawRoot({ head, map }: Scalp, density: Float32Array, random: Random, root: Root): boolean {
  const { triangles, areas, mean, toFace } = map;
  for (let attempt = 0; attempt < 40; attempt++) {
    const wanted = random.uniform() * areas[areas.length - 1];
    let low = 0;
    let high = areas.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (areas[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    const a = triangles[3 * low];
    const b = triangles[3 * low + 1];
    const c = triangles[3 * low + 2];
    const s = Math.sqrt(random.uniform());
    const wa = 1 - s;
    const wb = s * random.uniform();
    const wc = s - wb;
    if (wa * density[a] + wb * density[b] + wc * density[c] < random.uniform()) continue;
    const { shape, normals } = head;
    root.x = wa * shape[3 * a] + wb * shape[3 * b] + wc * shape[3 * c];
    root.y = wa * shape[3 * a + 1] + wb * shape[3 * b + 1] + wc * shape[3 * c + 1];
    root.z = wa * shape[3 * a + 2] + wb * shape[3 * b + 2] + wc * shape[3 * c + 2];
    root.nx = wa * normals[3 * a] + wb * normals[3 * b] + wc * normals[3 * c];
    root.ny = wa * normals[3 * a + 1] + wb * normals[3 * b + 1] + wc * normals[3 * c + 1];
    root.nz = wa * normals[3 * a + 2] + wb * normals[3 * b + 2] + wc * normals[3 * c + 2];
    root.toFace = wa * toFace[a] + wb * toFace[b] + wc * toFace[c];
    root.azimuth = Math.atan2(
      wa * mean[3 * a] + wb * mean[3 * b] + wc * mean[3 * c],
      wa * mean[3 * a + 2] + wb * mean[3 * b + 2] + wc * mean[3 * c + 2],
    );
    root.meanY = wa * mean[3 * a + 1] + wb * mean[3 * b + 1] + wc * mean[3 * c + 1];
    root.meanZ = wa * mean[3 * a + 2] + wb * mean[3 * b + 2] + wc * mean[3 * c + 2];
    return true;
  }
  return false;
}
