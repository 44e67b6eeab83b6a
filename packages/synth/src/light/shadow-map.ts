import { type Camera, createRaster, type Raster, type RasterizeOptions, rasterize } from "cameo";

/** The frame of parallel light: camera-space rows right, down and away from the light, about a centre. */
export interface LightFrame {
  readonly rows: Float64Array;
  readonly centre: readonly [number, number, number];
  /** Half the side of the square that a map covers, mm. */
  readonly radius: number;
}

/** Distances from the light over a square; +Infinity where nothing is. */
export interface ShadowMap extends LightFrame {
  readonly size: number;
  /** Millimetres beyond the centre, negative towards the light. */
  readonly depth: Float32Array;
}

/** @param towards camera-space direction to the light, unit length */
export function lightFrame(towards: ArrayLike<number>, centre: LightFrame["centre"], radius: number): LightFrame {
  const [x, y, z] = [towards[0], towards[1], towards[2]];
  const level = Math.hypot(x, z);
  const right = level > 1e-6 ? [-z / level, 0, x / level] : [1, 0, 0];
  // Down = away × right, away = −towards.
  const down = [-(y * right[2] - z * right[1]), -(z * right[0] - x * right[2]), -(x * right[1] - y * right[0])];
  return { rows: Float64Array.of(...right, ...down, -x, -y, -z), centre, radius };
}

/** Reused from call to call. */
let seen = new Float32Array(0);
let raster: Raster | undefined;

/** So far away that rays are as good as parallel, mm. */
const far = 20000;

/**
 * The map of a mesh: triangles, seen from both sides, and points as {@link splatShadows} draws them.
 * @param positions camera space, mm
 * @param accept as for `rasterize`
 */
export function castShadows(
  frame: LightFrame,
  positions: Float32Array,
  triangles: Uint32Array,
  points: Uint32Array,
  size: number,
  accept?: RasterizeOptions["accept"],
): ShadowMap {
  const { rows, centre, radius } = frame;
  if (seen.length < positions.length) seen = new Float32Array(positions.length);
  const turned = seen.subarray(0, positions.length);
  turnToLight(positions, rows, centre, turned);
  const f = (size / 2 / radius) * far;
  const camera: Camera = { fx: f, fy: f, cx: size / 2, cy: size / 2 };
  if (raster?.width !== size) raster = createRaster(size, size);
  rasterize(turned, triangles, camera, { width: size, height: size, cull: "none", accept }, raster);
  const depth = new Float32Array(size * size);
  splatShadows(frame, positions, points, size, depth);
  keepNearer(depth, raster.depth);
  return { ...frame, size, depth };
}

/** Leaves in `out` what a camera {@link far} from the centre projects as parallel rays do. */
function turnToLight(
  positions: Float32Array,
  [m0, m1, m2, m3, m4, m5, m6, m7, m8]: Float64Array,
  [cx, cy, cz]: LightFrame["centre"],
  out: Float32Array,
): void {
  for (let i = 0; i < positions.length; i += 3) {
    const x = positions[i] - cx;
    const y = positions[i + 1] - cy;
    const z = positions[i + 2] - cz;
    const depth = m6 * x + m7 * y + m8 * z + far;
    // Divided by depth again when projected: parallel rays.
    const scale = depth / far;
    out[i] = (m0 * x + m1 * y + m2 * z) * scale;
    out[i + 1] = (m3 * x + m4 * y + m5 * z) * scale;
    out[i + 2] = depth;
  }
}

/** @param drawn depths of a raster, 0 where nothing is */
function keepNearer(depth: Float32Array, drawn: Float32Array): void {
  for (let p = 0; p < depth.length; p++) {
    const z = drawn[p];
    if (z > 0 && z - far < depth[p]) depth[p] = z - far;
  }
}

/**
 * The map of scattered points, each as wide as four cells: coarse, but many times as fast.
 * @param positions camera space, mm
 * @param points indices of those that count
 * @param depth receives the distances of `size` × `size` cells, as in {@link ShadowMap}
 */
export function splatShadows(
  frame: LightFrame,
  positions: Float32Array,
  points: Uint32Array,
  size: number,
  depth: Float32Array,
): void {
  depth.fill(Infinity);
  const { rows: m, centre, radius } = frame;
  const scale = size / 2 / radius;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = m;
  // A point covers the cells about the lattice point nearest to it.
  const x0 = size / 2 - scale * (m0 * centre[0] + m1 * centre[1] + m2 * centre[2]) - 0.5;
  const y0 = size / 2 - scale * (m3 * centre[0] + m4 * centre[1] + m5 * centre[2]) - 0.5;
  const z0 = -(m6 * centre[0] + m7 * centre[1] + m8 * centre[2]);
  for (let k = 0; k < points.length; k++) {
    const i = 3 * points[k];
    const x = positions[i];
    const y = positions[i + 1];
    const z = positions[i + 2];
    const column = Math.floor(x0 + scale * (m0 * x + m1 * y + m2 * z));
    const row = Math.floor(y0 + scale * (m3 * x + m4 * y + m5 * z));
    if (column < 0 || row < 0 || column >= size - 1 || row >= size - 1) continue;
    const d = z0 + m6 * x + m7 * y + m8 * z;
    const p = row * size + column;
    if (d < depth[p]) depth[p] = d;
    if (d < depth[p + 1]) depth[p + 1] = d;
    if (d < depth[p + size]) depth[p + size] = d;
    if (d < depth[p + size + 1]) depth[p + size + 1] = d;
  }
}
