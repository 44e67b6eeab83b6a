import { shade, shConstants } from "cameo";
import { clamp } from "../noise.ts";
import type { Material, Part } from "../part.ts";
import { alphaAt } from "../texture.ts";
import type { Scene, ScenePart } from "../view/place.ts";
import { type Lamp, type LightingSpec, sphereDirections, surroundings, surroundingsSh } from "./lighting.ts";
import { castShadows, type LightFrame, lightFrame, type ShadowMap, splatShadows } from "./shadow-map.ts";

/** At most so many lamps are told apart. */
export const maxLamps = 3;

/** Numbers per vertex in {@link LitVertices}. */
export const vertexStride = 13;
/** Where among them the light begins, and where the tangent does. */
export const lightAt = 3;
export const tangentAt = 10;

/**
 * Vertices with their light, {@link vertexStride} numbers each: camera-space normal; what leaves white matt surface there as
 * r, g, b (irradiance / π); the share of the surroundings that is open, and of each of three lamps, 0 to 1; camera-space tangent.
 */
export type LitVertices = Float32Array;

let memory = new Float32Array(0);

/** Directions from which the surroundings are let in. */
const directionCount = 16;
/** Cells along the side of the coarse maps that say what they let in, and their half width, mm. */
const coarse = { size: 80, radius: 230 };
/** About so many points of the scene are drawn into them. */
const pointCount = 8000;
/** The same for the maps of lamps. */
const fine = { size: 144, radius: 190 };
/** Meshes with shorter edges than this, mm, are drawn into those by their vertices alone. */
const denseEdge = 5;

/** How much farther than matt each channel of light reaches into the shade: light wanders below skin, red the farthest. */
const skinWrap = [0.24, 0.1, 0.05] as const;
const noWrap = [0, 0, 0] as const;
/** What closed-in skin gets from skin around it. */
const skinBounce = [0.4, 0.22, 0.16] as const;
const otherBounce = [0.22, 0.2, 0.19] as const;

/** Along hair of this depth light falls to 1 / e, mm. */
const hairDepth = 16;

const casts: Readonly<Record<Material, boolean>> = {
  skin: true,
  eye: false,
  cornea: false,
  teeth: false,
  tongue: false,
  brow: false,
  lash: false,
  hair: true,
  cloth: true,
  metal: true,
  plastic: true,
  glass: false,
};

/**
 * Light on surfaces, with soft shadows. The surroundings are nine harmonics, reduced by how much of them a coarse depth map
 * of the scene in each of 16 directions lets through; lamps have a finer depth map each, filtered by how large they are.
 * @param centre camera-space head centre, mm
 * @param vertices those to be lit, in ascending order; the others are left undefined
 * @returns memory that the next call uses again
 */
export function illuminate(
  scene: Scene,
  lighting: LightingSpec,
  centre: LightFrame["centre"],
  vertices: Uint32Array,
): LitVertices {
  const { normals, tangents } = scene;
  if (memory.length < scene.vertexCount * vertexStride) memory = new Float32Array(scene.vertexCount * vertexStride);
  const out = memory;
  copyVertices(vertices, normals, tangents, out);
  const lit = splitByPart(scene, vertices);
  addSurroundings(scene, lighting, centre, lit, out);
  for (let l = 0; l < Math.min(maxLamps, lighting.lamps.length); l++) addLamp(scene, lighting, l, centre, lit, out);
  return out;
}

function copyVertices(vertices: Uint32Array, normals: Float32Array, tangents: Float32Array, out: LitVertices): void {
  for (let k = 0; k < vertices.length; k++) {
    const i = 3 * vertices[k];
    const o = vertexStride * vertices[k];
    for (let n = lightAt; n < tangentAt; n++) out[o + n] = 0;
    for (let n = 0; n < 3; n++) {
      out[o + n] = normals[i + n];
      out[o + tangentAt + n] = tangents[i + n];
    }
  }
}

/** Vertices to be lit of a part. */
interface LitPart {
  readonly part: Part;
  readonly vertices: Uint32Array;
}

function splitByPart({ parts }: Scene, vertices: Uint32Array): LitPart[] {
  let from = 0;
  return parts.map(({ part, vertices: [, end] }) => {
    const first = from;
    while (from < vertices.length && vertices[from] < end) from++;
    return { part, vertices: vertices.subarray(first, from) };
  });
}

/** From light space to camera space, or back. */
const flipped = (d: ArrayLike<number>, i = 0): [number, number, number] => [d[i], -d[i + 1], -d[i + 2]];

/** Vertices of what casts shadows, evenly thinned. */
function casterPoints(scene: Scene): Uint32Array {
  let count = 0;
  for (const { part, vertices } of scene.parts) if (casts[part.material]) count += vertices[1] - vertices[0];
  const step = Math.max(1, count / pointCount);
  const points = new Uint32Array(Math.ceil(count / step) + scene.parts.length);
  let kept = 0;
  for (const { part, vertices } of scene.parts) {
    if (!casts[part.material]) continue;
    for (let v = vertices[0]; v < vertices[1]; v += step) points[kept++] = Math.floor(v);
  }
  return points.subarray(0, kept);
}

const coarseDepth = new Float32Array(coarse.size ** 2);

function addSurroundings(
  scene: Scene,
  lighting: LightingSpec,
  centre: LightFrame["centre"],
  lit: readonly LitPart[],
  out: LitVertices,
): void {
  const { positions } = scene;
  const points = casterPoints(scene);
  const directions = sphereDirections(directionCount, 0.7);
  const radiance = new Float64Array(3);
  const cells = hairCells(scene, centre, lit);
  const places = openPlaces(scene, lit);
  const count = places.length / 6;
  // Per place, summed over the directions: what arrives, and what would arrive if nothing were in the way; r, g, b, and white light.
  const sums = new Float32Array(4 * count);
  const whole = new Float32Array(4 * count);
  const cellSums = new Float32Array(cells.points.length);
  const middle = [centre[0], centre[1] + 50, centre[2]] as const;
  const { size } = coarse;
  for (let i = 0; i < directions.length; i += 3) {
    surroundings(lighting, directions[i], directions[i + 1], directions[i + 2], radiance);
    const towards = flipped(directions, i);
    const frame = lightFrame(towards, middle, coarse.radius);
    splatShadows(frame, positions, points, size, coarseDepth);
    const map = { ...frame, size, depth: coarseDepth };
    addToPlaces(places, towards, radiance, map, sums, whole);
    addToCells(cells.points, radiance, map, cellSums);
  }

  const sh = surroundingsSh(lighting);
  const mean = [0, 1, 2].map((c) => sh[c] * shConstants[0]);
  // The same harmonics of camera space, where y and z point the other way.
  for (const b of [1, 2, 4, 7]) for (let c = 0; c < 3; c++) sh[3 * b + c] = -sh[3 * b + c];
  const placeNormals = new Float32Array(3 * count);
  for (let k = 0; k < count; k++) for (let n = 0; n < 3; n++) placeNormals[3 * k + n] = places[6 * k + 3 + n];
  const open = shade(placeNormals, sh);
  let place = 0;
  let hair = 0;
  for (const { part, vertices } of lit) {
    const bounce = part.material === "skin" || part.material === "tongue" ? skinBounce : otherBounce;
    for (let k = 0; k < vertices.length; k++) {
      const o = vertices[k] * vertexStride + lightAt;
      if (part.material === "hair") {
        const cell = 3 * cells.cellOf[hair++];
        let sum = 0;
        for (let c = 0; c < 3; c++) {
          out[o + c] = cellSums[cell + c];
          sum += cellSums[cell + c] / (mean[c] + 1e-6);
        }
        out[o + 3] = Math.min(1, sum / 3);
        continue;
      }
      const s = 4 * place;
      const openness = whole[s + 3] > 0 ? sums[s + 3] / whole[s + 3] : 1;
      for (let c = 0; c < 3; c++) {
        const share = whole[s + c] > 0 ? sums[s + c] / whole[s + c] : 1;
        // Deep inside, what is around is dark as well.
        const around = bounce[c] * (1 - share) * (0.25 + 0.75 * openness);
        out[o + c] = Math.max(0, open[3 * place + c]) * (share + around);
      }
      out[o + 3] = openness;
      place++;
    }
  }
}

/** Cells of a map per millimetre right and down, and millimetres away, of a camera-space point: three rows of four, for homogeneous points. */
function toMap({ rows: m, centre: [x, y, z], radius, size }: ShadowMap): Float64Array {
  const out = new Float64Array(12);
  for (let row = 0; row < 3; row++) {
    const scale = row < 2 ? size / 2 / radius : 1;
    for (let n = 0; n < 3; n++) out[4 * row + n] = scale * m[3 * row + n];
    out[4 * row + 3] = (row < 2 ? size / 2 : 0) - scale * (m[3 * row] * x + m[3 * row + 1] * y + m[3 * row + 2] * z);
  }
  return out;
}

/** Adds to each place what arrives from a direction, and what would arrive if nothing were in the way. */
function addToPlaces(
  places: Float32Array,
  [dx, dy, dz]: readonly [number, number, number],
  [r, g, b]: Float64Array,
  map: ShadowMap,
  sums: Float32Array,
  whole: Float32Array,
): void {
  const { size, depth } = map;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = toMap(map);
  for (let n = 0, s = 0; n < places.length; n += 6, s += 4) {
    const cosine = places[n + 3] * dx + places[n + 4] * dy + places[n + 5] * dz;
    if (cosine <= 0.02) continue;
    whole[s] += cosine * r;
    whole[s + 1] += cosine * g;
    whole[s + 2] += cosine * b;
    whole[s + 3] += cosine;
    const x = places[n];
    const y = places[n + 1];
    const z = places[n + 2];
    const column = Math.floor(m0 * x + m1 * y + m2 * z + m3);
    const row = Math.floor(m4 * x + m5 * y + m6 * z + m7);
    let seen = cosine;
    if (column >= 0 && row >= 0 && column < size && row < size) {
      // The surface itself comes nearer within a cell, the more so the more aslant it is.
      const own = 3 + 2.2 / (cosine + 0.12);
      const hidden = m8 * x + m9 * y + m10 * z + m11 - depth[row * size + column] - own;
      if (hidden >= 16) continue;
      if (hidden > 0) seen *= 1 - hidden / 16;
    }
    sums[s] += seen * r;
    sums[s + 1] += seen * g;
    sums[s + 2] += seen * b;
    sums[s + 3] += seen;
  }
}

/** Adds to each cell of hair what arrives from a direction. */
function addToCells(points: Float32Array, [r, g, b]: Float64Array, map: ShadowMap, sums: Float32Array): void {
  const { size, depth } = map;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = toMap(map);
  for (let c = 0; c < points.length; c += 3) {
    const x = points[c];
    const y = points[c + 1];
    const z = points[c + 2];
    const column = Math.floor(m0 * x + m1 * y + m2 * z + m3);
    const row = Math.floor(m4 * x + m5 * y + m6 * z + m7);
    let share = 1 / directionCount;
    if (column >= 0 && row >= 0 && column < size && row < size) {
      const hidden = m8 * x + m9 * y + m10 * z + m11 - depth[row * size + column] - 4;
      if (hidden > 60) continue;
      if (hidden > 0) share *= Math.exp(-hidden / hairDepth);
    }
    sums[c] += share * r;
    sums[c + 1] += share * g;
    sums[c + 2] += share * b;
  }
}

/** How far before the teeth their light is measured, mm: at the lips, as the maps are too coarse for the gap between them. */
const beforeTeeth = 12;

/** Of all vertices to be lit but those of hair: a point a little above the surface, lest it shade itself, and the normal; six numbers each. */
function openPlaces({ positions, normals }: Scene, lit: readonly LitPart[]): Float32Array {
  const solid = lit.filter(({ part }) => part.material !== "hair");
  const places = new Float32Array(6 * solid.reduce((sum, { vertices }) => sum + vertices.length, 0));
  let i = 0;
  for (const { part, vertices } of solid) {
    const above = part.material === "teeth" ? beforeTeeth : 5;
    for (let k = 0; k < vertices.length; k++, i += 6) {
      const v = 3 * vertices[k];
      for (let n = 0; n < 3; n++) {
        places[i + n] = positions[v + n] + above * normals[v + n];
        places[i + 3 + n] = normals[v + n];
      }
    }
  }
  return places;
}

/** Hair takes up light in its volume: its vertices are gathered in cells of this many mm. */
const cellSize = 9;
const gridSize = 80;
const cellAt = new Int32Array(gridSize ** 3);

/** Cells that hold vertices of hair: their middles (camera space), and the cell of each lit vertex of hair in turn. */
function hairCells({ positions }: Scene, centre: LightFrame["centre"], lit: readonly LitPart[]) {
  const hair = lit.filter(({ part }) => part.material === "hair");
  const count = hair.reduce((sum, { vertices }) => sum + vertices.length, 0);
  const cellOf = new Uint32Array(count);
  const points = new Float32Array(3 * count);
  const used: number[] = [];
  const index = (p: number, c: number) =>
    Math.min(gridSize - 1, Math.max(0, Math.floor((p - c) / cellSize + gridSize / 2)));
  let n = 0;
  for (const { vertices } of hair)
    for (let l = 0; l < vertices.length; l++) {
      const v = 3 * vertices[l];
      const i = index(positions[v], centre[0]);
      const j = index(positions[v + 1], centre[1]);
      const k = index(positions[v + 2], centre[2]);
      const at = (k * gridSize + j) * gridSize + i;
      if (cellAt[at] === 0) {
        points[3 * used.length] = centre[0] + (i + 0.5 - gridSize / 2) * cellSize;
        points[3 * used.length + 1] = centre[1] + (j + 0.5 - gridSize / 2) * cellSize;
        points[3 * used.length + 2] = centre[2] + (k + 0.5 - gridSize / 2) * cellSize;
        used.push(at);
        cellAt[at] = used.length;
      }
      cellOf[n++] = cellAt[at] - 1;
    }
  for (const at of used) cellAt[at] = 0;
  return { cellOf, points: points.subarray(0, 3 * used.length) };
}

/** What casts the shadows of a lamp. */
interface Casters {
  /** Vertices of dense meshes. */
  readonly points: Uint32Array;
  /** The other meshes. */
  readonly triangles: Uint32Array;
  /** Indices of those triangles in the scene. */
  readonly indices: Uint32Array;
  /** From here on they have holes. */
  readonly firstCut: number;
}

/** Thin and inner parts cast no shadows worth drawing; of closed ones, the side towards the lamp does. */
function findCasters(scene: Scene, [x, y, z]: readonly number[]): Casters {
  const { parts, triangles, normals } = scene;
  const kept = parts.filter(({ part }) => casts[part.material]);
  const dense = kept.filter(isDense);
  const points = new Uint32Array(dense.reduce((sum, { vertices }) => sum + vertices[1] - vertices[0], 0));
  let pointCount = 0;
  for (const { vertices } of dense)
    for (let v = vertices[0], n = 3 * v; v < vertices[1]; v++, n += 3)
      if (normals[n] * x + normals[n + 1] * y + normals[n + 2] * z > -0.15) points[pointCount++] = v;
  const sparse = kept.filter((part) => !dense.includes(part));
  const most = sparse.reduce((sum, { triangles: [from, to] }) => sum + to - from, 0);
  const indices = new Uint32Array(most);
  const corners = new Uint32Array(3 * most);
  let count = 0;
  let firstCut = Infinity;
  for (const { part, triangles: range } of sparse) {
    if (part.material === "hair") firstCut = Math.min(firstCut, count);
    for (let t = range[0]; t < range[1]; t++) {
      const a = triangles[3 * t];
      const n = 3 * a;
      if (!part.doubleSided && normals[n] * x + normals[n + 1] * y + normals[n + 2] * z < -0.15) continue;
      corners[3 * count] = a;
      corners[3 * count + 1] = triangles[3 * t + 1];
      corners[3 * count + 2] = triangles[3 * t + 2];
      indices[count++] = t;
    }
  }
  return {
    points: points.subarray(0, pointCount),
    triangles: corners.subarray(0, 3 * count),
    indices: indices.subarray(0, count),
    firstCut,
  };
}

/** Whether the first edges of a part's triangles, judged by some of them, are short. */
function isDense({ part: { material, positions, triangles } }: ScenePart): boolean {
  if (material === "hair") return false;
  const step = 3 * Math.max(1, Math.floor(triangles.length / 600));
  let sum = 0;
  let count = 0;
  for (let k = 0; k < triangles.length; k += step, count++) {
    const a = 3 * triangles[k];
    const b = 3 * triangles[k + 1];
    sum += Math.hypot(...[0, 1, 2].map((n) => positions[a + n] - positions[b + n]));
  }
  return sum < denseEdge * count;
}

/** Where a lamp is looked for about a point: middle, then inner and outer ring, in units of the filter's radius. */
const taps = Float64Array.of(
  0,
  0,
  0.5,
  0.2,
  -0.2,
  0.5,
  -0.5,
  -0.2,
  0.2,
  -0.5,
  0.75,
  0.75,
  -0.75,
  0.75,
  -0.75,
  -0.75,
  0.75,
  -0.75,
);
const innerTaps = 5;

function addLamp(
  scene: Scene,
  { lamps }: LightingSpec,
  index: number,
  centre: LightFrame["centre"],
  lit: readonly LitPart[],
  out: LitVertices,
): void {
  const { positions, normals } = scene;
  const lamp = lamps[index];
  const towards = flipped(lamp.direction);
  const middle = [centre[0], centre[1] + 35, centre[2]] as const;
  const casters = findCasters(scene, towards);
  const map = castShadows(
    lightFrame(towards, middle, fine.radius),
    positions.subarray(0, 3 * scene.vertexCount),
    casters.triangles,
    casters.points,
    fine.size,
    createAlphaTest(scene, casters),
  );
  // Half the width of the penumbra behind what is about 30 mm away, and at least what light wanders below skin.
  const radius = Math.max(2.5, 30 * Math.tan((lamp.radius * Math.PI) / 180));
  for (const { part, vertices } of lit) {
    const { material } = part;
    if (material === "hair") addLampToHair(vertices, positions, map, lamp.colour, index, out);
    else {
      const above = material === "teeth" ? beforeTeeth : 0;
      const isSkin = material === "skin" || material === "tongue";
      addLampToSurface(vertices, positions, normals, map, towards, lamp.colour, radius, isSkin, above, index, out);
    }
  }
}

function addLampToHair(
  vertices: Uint32Array,
  positions: Float32Array,
  map: ShadowMap,
  [r, g, b]: Lamp["colour"],
  index: number,
  out: LitVertices,
): void {
  for (let k = 0; k < vertices.length; k++) {
    const n = 3 * vertices[k];
    const o = vertices[k] * vertexStride + lightAt;
    const share = throughHair(map, positions[n], positions[n + 1], positions[n + 2]);
    out[o] += share * r;
    out[o + 1] += share * g;
    out[o + 2] += share * b;
    out[o + 4 + index] = share;
  }
}

const shares = new Float64Array(2);

/** @param above how far before the surface the lamp is looked for, mm; 0 as far as the map's coarseness asks for */
function addLampToSurface(
  vertices: Uint32Array,
  positions: Float32Array,
  normals: Float32Array,
  map: ShadowMap,
  [dx, dy, dz]: readonly [number, number, number],
  colour: Lamp["colour"],
  radius: number,
  isSkin: boolean,
  above: number,
  index: number,
  out: LitVertices,
): void {
  const wrap = isSkin ? skinWrap : noWrap;
  for (let k = 0; k < vertices.length; k++) {
    const n = 3 * vertices[k];
    const o = vertices[k] * vertexStride + lightAt;
    const nx = normals[n];
    const ny = normals[n + 1];
    const nz = normals[n + 2];
    const cosine = nx * dx + ny * dy + nz * dz;
    if (cosine <= -wrap[0]) continue;
    const away = above || 2.5 + 2 * (1 - Math.abs(cosine));
    filteredShadow(map, positions[n] + away * nx, positions[n + 1] + away * ny, positions[n + 2] + away * nz, radius);
    const inner = shares[0];
    const all = shares[1];
    for (let c = 0; c < 3; c++) {
      const w = wrap[c];
      const lit = Math.max(0, cosine + w) / ((1 + w) * (1 + w));
      // Red also comes from farther around.
      const share = isSkin ? (c === 0 ? all : c === 1 ? 0.5 * (inner + all) : inner) : all;
      out[o + c] += share * lit * colour[c];
    }
    out[o + 4 + index] = all;
  }
}

/** Leaves in `shares` how much of a lamp is seen from a point: by the inner taps, and by all. */
function filteredShadow(map: ShadowMap, x: number, y: number, z: number, radius: number): void {
  const { rows: m, centre, size, depth } = map;
  const scale = size / 2 / map.radius;
  const px = x - centre[0];
  const py = y - centre[1];
  const pz = z - centre[2];
  const u = size / 2 + scale * (m[0] * px + m[1] * py + m[2] * pz);
  const v = size / 2 + scale * (m[3] * px + m[4] * py + m[5] * pz);
  const d = m[6] * px + m[7] * py + m[8] * pz;
  const reach = radius * scale;
  let sum = 0;
  let inner = 0;
  for (let k = 0; k < taps.length; k += 2) {
    const column = Math.floor(u + reach * taps[k]);
    const row = Math.floor(v + reach * taps[k + 1]);
    if (column < 0 || row < 0 || column >= size || row >= size) sum++;
    else sum += 1 - clamp((d - depth[row * size + column]) / 4);
    if (k === 2 * innerTaps - 2) inner = sum / innerTaps;
  }
  shares[0] = inner;
  shares[1] = sum / (taps.length / 2);
}

/** How much of a lamp comes through to a point in hair. */
function throughHair({ rows: m, centre, size, depth, radius }: ShadowMap, x: number, y: number, z: number): number {
  const scale = size / 2 / radius;
  const px = x - centre[0];
  const py = y - centre[1];
  const pz = z - centre[2];
  const column = Math.floor(size / 2 + scale * (m[0] * px + m[1] * py + m[2] * pz));
  const row = Math.floor(size / 2 + scale * (m[3] * px + m[4] * py + m[5] * pz));
  if (column < 0 || row < 0 || column >= size || row >= size) return 1;
  const hidden = m[6] * px + m[7] * py + m[8] * pz - depth[row * size + column] - 1;
  return hidden <= 0 ? 1 : hidden > 80 ? 0 : Math.exp(-hidden / hairDepth);
}

/** Lets light through where hair is transparent. */
function createAlphaTest({ parts, partOf, uvs, uvTriangles }: Scene, { indices, firstCut }: Casters) {
  return (caster: number, weights: Float64Array): boolean => {
    if (caster < firstCut) return true;
    const triangle = indices[caster];
    const { texture, opacity = 1 } = parts[partOf[triangle]].part;
    return opacity * (texture ? alphaAt(texture, uvs, uvTriangles, 3 * triangle, weights) : 255) >= 0.4 * 255;
  };
}
