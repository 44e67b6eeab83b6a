import { shade } from "cameo";
import { clamp } from "../noise.ts";
import type { Material } from "../part.ts";
import { sampleAlpha } from "../texture.ts";
import type { Scene } from "../view/place.ts";
import { type LightingSpec, sphereDirections, surroundings, surroundingsSh } from "./lighting.ts";
import { castShadows, type LightFrame, lightFrame, type ShadowMap, splatShadows } from "./shadow-map.ts";

/** At most so many lamps are told apart. */
export const maxLamps = 3;

/** Numbers per vertex in {@link VertexLight}. */
export const lightStride = 7;

/**
 * Light at the vertices of a scene, {@link lightStride} numbers each: what leaves white matt surface there as r, g, b (irradiance / π);
 * the share of the surroundings that is open, and of each lamp, 0 to 1.
 */
export type VertexLight = Float32Array;

/** Directions from which the surroundings are let in. */
const directionCount = 20;
/** Cells along the side of the coarse maps that say what they let in, and their half width, mm. */
const coarse = { size: 88, radius: 230 };
/** About so many points of the scene are drawn into them. */
const pointCount = 9000;
/** The same for the maps of lamps. */
const fine = { size: 176, radius: 190 };

/** How much farther than matt each channel of light reaches into the shade: light wanders below skin, red the farthest. */
const skinWrap = [0.24, 0.1, 0.05] as const;
/** What closed-in skin gets from skin around it. */
const skinBounce = [0.4, 0.22, 0.16] as const;
const otherBounce = [0.22, 0.2, 0.19] as const;

/** Along hair of this depth light falls to 1 / e, mm. */
const hairDepth = 14;

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
 * Light on everything, with soft shadows. The surroundings are nine harmonics, reduced by how much of them a coarse depth map
 * of the scene in each of 20 directions lets through; lamps have a finer depth map each, filtered by how large they are.
 * @param centre camera-space head centre, mm
 */
export function illuminate(scene: Scene, lighting: LightingSpec, centre: LightFrame["centre"]): VertexLight {
  const out = new Float32Array((scene.positions.length / 3) * lightStride);
  addSurroundings(scene, lighting, centre, out);
  for (let l = 0; l < Math.min(maxLamps, lighting.lamps.length); l++) addLamp(scene, lighting, l, centre, out);
  return out;
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

function addSurroundings(scene: Scene, lighting: LightingSpec, centre: LightFrame["centre"], out: VertexLight): void {
  const { positions, normals, parts } = scene;
  const sh = surroundingsSh(lighting);
  // The same harmonics of camera space, where y and z point the other way.
  for (const b of [1, 2, 4, 7]) for (let c = 0; c < 3; c++) sh[3 * b + c] = -sh[3 * b + c];
  const open = shade(normals, sh);
  const points = casterPoints(scene);
  const directions = sphereDirections(directionCount, 0.7);
  const radiance = new Float64Array(3);
  const cells = hairCells(scene, centre);
  // Per vertex, summed over the directions: what arrives, and what would arrive if nothing were in the way (r, g, b), and both of white light.
  const sums = new Float32Array((positions.length / 3) * 4);
  const whole = new Float32Array((positions.length / 3) * 4);
  const cellSums = new Float32Array(cells.points.length);
  const middle = [centre[0], centre[1] + 50, centre[2]] as const;
  const { size } = coarse;
  const scale = size / 2 / coarse.radius;
  for (let i = 0; i < directions.length; i += 3) {
    surroundings(lighting, directions[i], directions[i + 1], directions[i + 2], radiance);
    const towards = flipped(directions, i);
    const { rows: m, depth } = splatShadows(
      lightFrame(towards, middle, coarse.radius),
      positions,
      points,
      size,
      coarseDepth,
    );
    const [dx, dy, dz] = towards;
    const [r, g, b] = radiance;
    const x0 = size / 2 - scale * (m[0] * middle[0] + m[1] * middle[1] + m[2] * middle[2]);
    const y0 = size / 2 - scale * (m[3] * middle[0] + m[4] * middle[1] + m[5] * middle[2]);
    const z0 = -(m[6] * middle[0] + m[7] * middle[1] + m[8] * middle[2]);
    const m0 = scale * m[0];
    const m1 = scale * m[1];
    const m2 = scale * m[2];
    const m3 = scale * m[3];
    const m4 = scale * m[4];
    const m5 = scale * m[5];
    const m6 = m[6];
    const m7 = m[7];
    const m8 = m[8];
    for (const { part, vertices } of parts) {
      if (part.material === "hair") continue;
      for (let v = vertices[0]; v < vertices[1]; v++) {
        const n = 3 * v;
        const nx = normals[n];
        const ny = normals[n + 1];
        const nz = normals[n + 2];
        const cosine = nx * dx + ny * dy + nz * dz;
        if (cosine <= 0.02) continue;
        const s = 4 * v;
        whole[s] += cosine * r;
        whole[s + 1] += cosine * g;
        whole[s + 2] += cosine * b;
        whole[s + 3] += cosine;
        // A little above the surface, lest it shade itself.
        const x = positions[n] + 3 * nx;
        const y = positions[n + 1] + 3 * ny;
        const z = positions[n + 2] + 3 * nz;
        const column = Math.floor(x0 + m0 * x + m1 * y + m2 * z);
        const row = Math.floor(y0 + m3 * x + m4 * y + m5 * z);
        let seen = cosine;
        if (column >= 0 && row >= 0 && column < size && row < size) {
          const hidden = z0 + m6 * x + m7 * y + m8 * z - depth[row * size + column] - 2;
          if (hidden >= 8) continue;
          if (hidden > 0) seen *= 1 - hidden / 8;
        }
        sums[s] += seen * r;
        sums[s + 1] += seen * g;
        sums[s + 2] += seen * b;
        sums[s + 3] += seen;
      }
    }
    for (let c = 0; c < cells.points.length; c += 3) {
      const x = cells.points[c];
      const y = cells.points[c + 1];
      const z = cells.points[c + 2];
      const column = Math.floor(x0 + m0 * x + m1 * y + m2 * z);
      const row = Math.floor(y0 + m3 * x + m4 * y + m5 * z);
      let share = 1 / directionCount;
      if (column >= 0 && row >= 0 && column < size && row < size) {
        const hidden = z0 + m6 * x + m7 * y + m8 * z - depth[row * size + column];
        if (hidden > 60) continue;
        if (hidden > 0) share *= Math.exp(-hidden / hairDepth);
      }
      cellSums[c] += share * r;
      cellSums[c + 1] += share * g;
      cellSums[c + 2] += share * b;
    }
  }
  const mean = [0, 1, 2].map((c) => sh[c] * 0.28209479);
  for (const { part, vertices } of parts) {
    const bounce = part.material === "skin" || part.material === "tongue" ? skinBounce : otherBounce;
    for (let v = vertices[0]; v < vertices[1]; v++) {
      const o = v * lightStride;
      if (part.material === "hair") {
        const cell = 3 * cells.cellOf[v - cells.first];
        let sum = 0;
        for (let c = 0; c < 3; c++) {
          out[o + c] = cellSums[cell + c];
          sum += cellSums[cell + c] / (mean[c] + 1e-6);
        }
        out[o + 3] = Math.min(1, sum / 3);
        continue;
      }
      const s = 4 * v;
      const openness = whole[s + 3] > 0 ? sums[s + 3] / whole[s + 3] : 1;
      for (let c = 0; c < 3; c++) {
        const share = whole[s + c] > 0 ? sums[s + c] / whole[s + c] : 1;
        // Deep inside, what is around is dark as well.
        const around = bounce[c] * (1 - share) * (0.25 + 0.75 * openness);
        out[o + c] = Math.max(0, open[3 * v + c]) * (share + around);
      }
      out[o + 3] = openness;
    }
  }
}

/** Hair takes up light in its volume: its vertices are gathered in cells of this many mm. */
const cellSize = 9;
const gridSize = 80;
const cellAt = new Int32Array(gridSize ** 3);

/** Cells that hold vertices of hair: their middles (camera space), and the cell of each vertex from the first of hair on. */
function hairCells({ parts, positions }: Scene, centre: LightFrame["centre"]) {
  const hair = parts.filter(({ part }) => part.material === "hair");
  const first = hair.length > 0 ? Math.min(...hair.map((p) => p.vertices[0])) : 0;
  const last = hair.length > 0 ? Math.max(...hair.map((p) => p.vertices[1])) : 0;
  const cellOf = new Uint32Array(last - first);
  const points = new Float32Array(3 * (last - first));
  const used: number[] = [];
  const index = (p: number, c: number) =>
    Math.min(gridSize - 1, Math.max(0, Math.floor((p - c) / cellSize + gridSize / 2)));
  for (const { vertices } of hair)
    for (let v = vertices[0]; v < vertices[1]; v++) {
      const i = index(positions[3 * v], centre[0]);
      const j = index(positions[3 * v + 1], centre[1]);
      const k = index(positions[3 * v + 2], centre[2]);
      const at = (k * gridSize + j) * gridSize + i;
      if (cellAt[at] === 0) {
        points[3 * used.length] = centre[0] + (i + 0.5 - gridSize / 2) * cellSize;
        points[3 * used.length + 1] = centre[1] + (j + 0.5 - gridSize / 2) * cellSize;
        points[3 * used.length + 2] = centre[2] + (k + 0.5 - gridSize / 2) * cellSize;
        used.push(at);
        cellAt[at] = used.length;
      }
      cellOf[v - first] = cellAt[at] - 1;
    }
  for (const at of used) cellAt[at] = 0;
  return { first, cellOf, points: points.subarray(0, 3 * used.length) };
}

/** Thin and inner parts, which cast no shadows worth drawing, are left out of the maps of lamps. */
function casterTriangles(scene: Scene): Uint32Array {
  const kept = scene.parts.filter(({ part }) => casts[part.material]);
  const out = new Uint32Array(3 * kept.reduce((sum, { triangles }) => sum + triangles[1] - triangles[0], 0));
  let n = 0;
  for (const { triangles } of kept) {
    out.set(scene.triangles.subarray(3 * triangles[0], 3 * triangles[1]), n);
    n += 3 * (triangles[1] - triangles[0]);
  }
  return out;
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
  out: VertexLight,
): void {
  const { positions, normals, parts } = scene;
  const lamp = lamps[index];
  const towards = flipped(lamp.direction);
  const middle = [centre[0], centre[1] + 35, centre[2]] as const;
  const map = castShadows(
    lightFrame(towards, middle, fine.radius),
    positions,
    casterTriangles(scene),
    fine.size,
    cutOutOf(scene),
  );
  const [dx, dy, dz] = towards;
  const [r, g, b] = lamp.colour;
  // Half the width of the penumbra behind what is about 30 mm away, and at least what light wanders below skin.
  const radius = Math.max(2.5, 30 * Math.tan((lamp.radius * Math.PI) / 180));
  const shares = new Float64Array(2);
  for (const { part, vertices } of parts) {
    const isSkin = part.material === "skin" || part.material === "tongue";
    const isHair = part.material === "hair";
    const wrap = isSkin ? skinWrap : [0, 0, 0];
    for (let v = vertices[0]; v < vertices[1]; v++) {
      const n = 3 * v;
      const o = v * lightStride;
      const x = positions[n];
      const y = positions[n + 1];
      const z = positions[n + 2];
      if (isHair) {
        const share = throughHair(map, x, y, z);
        out[o] += share * r;
        out[o + 1] += share * g;
        out[o + 2] += share * b;
        out[o + 4 + index] = share;
        continue;
      }
      const cosine = normals[n] * dx + normals[n + 1] * dy + normals[n + 2] * dz;
      if (cosine <= -wrap[0]) continue;
      const away = 2.5 + 2 * (1 - Math.abs(cosine));
      filteredShadow(map, x + away * normals[n], y + away * normals[n + 1], z + away * normals[n + 2], radius, shares);
      const [inner, all] = shares;
      for (let c = 0; c < 3; c++) {
        const w = wrap[c];
        const lit = Math.max(0, cosine + w) / ((1 + w) * (1 + w));
        // Red also comes from farther around.
        const share = isSkin ? (c === 0 ? all : c === 1 ? 0.5 * (inner + all) : inner) : all;
        out[o + c] += share * lit * lamp.colour[c];
      }
      out[o + 4 + index] = all;
    }
  }
}

/** Writes how much of a lamp is seen from a point: by the inner taps, and by all. */
function filteredShadow(map: ShadowMap, x: number, y: number, z: number, radius: number, out: Float64Array): void {
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
  out[0] = inner;
  out[1] = sum / (taps.length / 2);
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

/** A test that lets light through where hair is transparent; the triangles are those of {@link casterTriangles}. */
function cutOutOf({
  parts,
  uvs,
  uvTriangles,
}: Scene): (triangle: number, a: number, b: number, pixel: number) => boolean {
  const starts: number[] = [];
  const kept = parts.filter(({ part }) => casts[part.material]);
  let count = 0;
  for (const { triangles } of kept) {
    starts.push(count);
    count += triangles[1] - triangles[0];
  }
  // Those that are cut out come last.
  const firstCut = starts[kept.findIndex(({ part }) => part.material === "hair")] ?? Infinity;
  let current = 0;
  return (triangle, a, b) => {
    if (triangle < firstCut) return true;
    while (triangle < starts[current]) current--;
    while (current + 1 < starts.length && triangle >= starts[current + 1]) current++;
    const { part, triangles } = kept[current];
    const { texture, opacity = 1 } = part;
    if (!texture) return opacity >= 0.5;
    const t = 3 * (triangle - starts[current] + triangles[0]);
    const c = 1 - a - b;
    const i = 2 * uvTriangles[t];
    const j = 2 * uvTriangles[t + 1];
    const k = 2 * uvTriangles[t + 2];
    const alpha = sampleAlpha(
      texture,
      a * uvs[i] + b * uvs[j] + c * uvs[k],
      a * uvs[i + 1] + b * uvs[j + 1] + c * uvs[k + 1],
    );
    return alpha * opacity >= 0.4;
  };
}
