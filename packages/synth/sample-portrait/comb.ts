import { rasterize, smoothstep } from "cameo";
import { createRandom, noise } from "./random.ts";
import { createHit, interpolate, type LitPart } from "./shade.ts";
import { type StrandMap, strandAt } from "./strands.ts";

/** How single hairs lie on the sheets of a hairstyle. Lengths in mm. */
export interface Comb {
  /** Hairs per cm² of sheet. */
  readonly density: number;
  /** Longest way of one hair along the sheet. */
  readonly length: number;
  readonly width: number;
  /** How far hairs stand off the sheet. */
  readonly lift: number;
  /** How far hairs stray sideways. */
  readonly frizz: number;
}

const step = 4;
/** Cells across the texture in which a sheet is looked up. */
const gridSize = 512;

/**
 * Single hairs over the sheets: ribbons that face the eye, as one part. A hair follows the strands that are painted on
 * its sheet; light and shadow come from there too.
 */
export function combHair(sheets: readonly LitPart[], strands: StrandMap, comb: Comb, seed: number): LitPart {
  const random = createRandom(seed);
  const out = {
    positions: [],
    normals: [],
    tangents: [],
    irradiance: [],
    openness: [],
    triangles: [],
    uvs: [],
  } as Record<string, number[]>;
  const lamps = sheets[0].received.visibility.length / (sheets[0].surface.positions.length / 3);
  const visibility: number[][] = Array.from({ length: lamps }, () => []);
  for (const sheet of sheets) combSheet(sheet, strands, comb, random, out, visibility);
  const floats = (name: string) => Float32Array.from(out[name]);
  return {
    ...sheets[0],
    material: "strand",
    surface: {
      positions: floats("positions"),
      normals: floats("normals"),
      triangles: Uint32Array.from(out.triangles),
      uvs: floats("uvs"),
    },
    tangents: floats("tangents"),
    received: {
      irradiance: floats("irradiance"),
      openness: floats("openness"),
      visibility: Float32Array.from(visibility.flat()),
    },
  };
}

function combSheet(
  sheet: LitPart,
  strands: StrandMap,
  comb: Comb,
  random: () => number,
  out: Record<string, number[]>,
  visibility: number[][],
): void {
  const { surface } = sheet;
  const chart = unfold(sheet);
  if (chart.cells.length === 0) return;
  const hit = createHit(visibility.length);
  const direction = new Float64Array(2);
  const lookUp = (u: number, v: number): boolean => {
    const x = Math.floor(u * gridSize);
    const y = Math.floor(v * gridSize);
    if (x < 0 || y < 0 || x >= gridSize || y >= gridSize) return false;
    const i = y * gridSize + x;
    const t = chart.raster.triangle[i];
    if (t < 0) return false;
    // Barycentrics of the exact position, not of the cell's middle.
    const [ua, va, ub, vb, uc, vc] = surface.uvs.subarray(6 * t, 6 * t + 6);
    const d = (ub - ua) * (vc - va) - (uc - ua) * (vb - va);
    const wb = ((u - ua) * (vc - va) - (uc - ua) * (v - va)) / d;
    const wc = ((ub - ua) * (v - va) - (u - ua) * (vb - va)) / d;
    interpolate(sheet, t, 1 - wb - wc, wb, hit);
    return true;
  };
  const count = Math.round((chart.area / 100) * comb.density);
  for (let s = 0; s < count; s++) {
    const cell = chart.pick(random());
    const startU = ((cell % gridSize) + random()) / gridSize;
    const startV = (Math.floor(cell / gridSize) + random()) / gridSize;
    const length = comb.length * (0.35 + 0.65 * random());
    const reach = random();
    const tone = random();
    const height = comb.lift * random() ** 2;
    const bend = 0.6 * comb.frizz * (random() + random() - 1);
    const phase = 100 * random();
    if (!lookUp(startU, startV)) continue;
    if (hit.nx * hit.vx + hit.ny * hit.vy + hit.nz * hit.vz < -0.35) continue;
    const path: number[][] = [];
    for (const way of [-1, 1]) {
      const half: number[][] = [];
      let u = startU;
      let v = startV;
      let before = way;
      let beforeU = 0;
      let gone = 0;
      const limit = length * (way < 0 ? reach : 1 - reach);
      while (gone < limit && lookUp(u, v) && hit.texel[3] > 0.25) {
        strandAt(strands, u, v, direction);
        let sign = before;
        if (half.length > 0) sign = direction[0] * beforeU + direction[1] * before < 0 ? -1 : 1;
        half.push([hit.x, hit.y, hit.z, hit.nx, hit.ny, hit.nz, ...hit.irradiance, hit.openness, ...hit.visibility]);
        // One step in the texture is `step` mm in space.
        const du = sign * direction[0] * 1e-3;
        const dv = sign * direction[1] * 1e-3;
        beforeU = sign * direction[0];
        before = sign * direction[1];
        const [x, y, z] = [hit.x, hit.y, hit.z];
        if (!lookUp(u + du, v + dv)) break;
        const stretch = Math.hypot(hit.x - x, hit.y - y, hit.z - z);
        if (stretch < 1e-4) break;
        u += (du * step) / stretch;
        v += (dv * step) / stretch;
        gone += step;
      }
      if (way < 0) path.push(...half.reverse().slice(0, -1));
      else path.push(...half);
    }
    if (path.length > 2) layRibbon(path, { comb, tone, height, bend, phase }, out, visibility);
  }
}

interface Hair {
  readonly comb: Comb;
  readonly tone: number;
  readonly height: number;
  readonly bend: number;
  readonly phase: number;
}

/** Lifts a path off its sheet, lets it stray, and turns it into a ribbon that is thin at its ends. */
function layRibbon(
  path: number[][],
  { comb, tone, height, bend, phase }: Hair,
  out: Record<string, number[]>,
  visibility: number[][],
): void {
  const n = path.length;
  // Short hairs would stand up like spikes.
  const free = Math.min(1, (n * step) / 60);
  const points = path.map(([x, y, z, nx, ny, nz], i) => {
    const t = i / (n - 1);
    const stray = noise(x * 0.03 + 7, y * 0.03, z * 0.03) - 0.5;
    const own = noise(phase, i * 0.35, 0) - 0.5;
    const up = 0.3 + free * (height * (0.3 + 0.7 * t) + 0.6 * comb.frizz * own * t);
    const side = free * (comb.frizz * (1.2 * stray + own * (0.4 + t)) + bend * t * t * 2);
    const next = path[Math.min(n - 1, i + 1)];
    const last = path[Math.max(0, i - 1)];
    const along = unit([next[0] - last[0], next[1] - last[1], next[2] - last[2]]);
    const across = unit([ny * along[2] - nz * along[1], nz * along[0] - nx * along[2], nx * along[1] - ny * along[0]]);
    return [x + up * nx + side * across[0], y + up * ny + side * across[1], z + up * nz + side * across[2]];
  });
  const first = out.positions.length / 3;
  for (let i = 0; i < n; i++) {
    const next = points[Math.min(n - 1, i + 1)];
    const last = points[Math.max(0, i - 1)];
    const along = unit([next[0] - last[0], next[1] - last[1], next[2] - last[2]]);
    const [x, y, z] = points[i];
    const view = unit([-x, -y, -z]);
    const across = unit([
      along[1] * view[2] - along[2] * view[1],
      along[2] * view[0] - along[0] * view[2],
      along[0] * view[1] - along[1] * view[0],
    ]);
    const t = i / (n - 1);
    const half = 0.5 * comb.width * (0.25 + 0.75 * smoothstep(0, 0.15, t) * smoothstep(1, 0.6, t));
    const [, , , nx, ny, nz, r, g, b, openness, ...seen] = path[i];
    for (const side of [-1, 1]) {
      out.positions.push(x + side * half * across[0], y + side * half * across[1], z + side * half * across[2]);
      out.normals.push(nx, ny, nz);
      out.tangents.push(...along);
      out.irradiance.push(r, g, b);
      out.openness.push(openness);
      seen.forEach((share, l) => {
        visibility[l].push(share);
      });
    }
  }
  for (let i = 0; i + 1 < n; i++) {
    const a = first + 2 * i;
    out.triangles.push(a, a + 1, a + 2, a + 2, a + 1, a + 3);
    for (let k = 0; k < 6; k++) out.uvs.push(tone, i / n);
  }
}

function unit(v: readonly number[]): number[] {
  const length = Math.hypot(...v) || 1;
  return v.map((c) => c / length);
}

/** A sheet laid flat on its texture: which triangle each cell shows, and the cells weighted by their area in space. */
function unfold({ surface, texture }: LitPart) {
  const { positions: p, triangles, uvs } = surface;
  const corners = triangles.length;
  const flat = new Float32Array(3 * corners);
  const own = Uint32Array.from({ length: corners }, (_, i) => i);
  for (let i = 0; i < corners; i++) flat.set([uvs[2 * i], uvs[2 * i + 1], 1], 3 * i);
  const raster = rasterize(
    flat,
    own,
    { fx: gridSize, fy: gridSize, cx: 0, cy: 0 },
    { width: gridSize, height: gridSize, cull: "none", near: 0.5 },
  );
  const areaOf = (t: number) => {
    const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]];
    const u = [0, 1, 2].map((k) => p[b + k] - p[a + k]);
    const v = [0, 1, 2].map((k) => p[c + k] - p[a + k]);
    const space = Math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]);
    const [ua, va, ub, vb, uc, vc] = uvs.subarray(6 * t, 6 * t + 6);
    return space / Math.max(1e-9, Math.abs((ub - ua) * (vc - va) - (uc - ua) * (vb - va)) * gridSize ** 2);
  };
  const cells: number[] = [];
  const sums: number[] = [];
  const areas = new Map<number, number>();
  let area = 0;
  for (let i = 0; i < gridSize * gridSize; i++) {
    const t = raster.triangle[i];
    if (t < 0) continue;
    const x = Math.floor((((i % gridSize) + 0.5) / gridSize) * texture.width);
    const y = Math.floor(((Math.floor(i / gridSize) + 0.5) / gridSize) * texture.height);
    const alpha = texture.data[4 * (y * texture.width + x) + 3] / 255;
    if (alpha < 0.3) continue;
    let cell = areas.get(t);
    if (cell === undefined) {
      cell = Math.min(20, areaOf(t));
      areas.set(t, cell);
    }
    area += cell * alpha;
    cells.push(i);
    sums.push(area);
  }
  const pick = (r: number) => {
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < r * area) low = middle + 1;
      else high = middle;
    }
    return cells[low];
  };
  return { raster, cells, area, pick };
}
