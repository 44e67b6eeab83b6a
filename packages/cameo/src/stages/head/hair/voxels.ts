import type { Camera } from "../../../geometry/camera.ts";
import type { SkinPoints } from "./skull.ts";

/**
 * Grid points along the rays of the head crop: (i, j, k) lies on the ray through the centre of pixel
 * (`left + i · step`, `top + j · step`), at depth `near + k · spacing`. Point (i, j, k) has index i + width · (j + height · k).
 */
export interface Voxels {
  readonly camera: Camera;
  readonly left: number;
  readonly top: number;
  /** Crop pixels. */
  readonly step: number;
  /** mm. */
  readonly near: number;
  readonly spacing: number;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

/** Where column i and row j are seen, crop pixels. */
export const columnU = ({ left, step }: Voxels, i: number): number => left + i * step + 0.5;
export const rowV = ({ top, step }: Voxels, j: number): number => top + j * step + 0.5;

/** The same grid with every other point left out in each direction, and a point more where that does not come out even. */
export const halved = (voxels: Voxels): Voxels => ({
  ...voxels,
  step: 2 * voxels.step,
  spacing: 2 * voxels.spacing,
  width: (voxels.width >> 1) + 1,
  height: (voxels.height >> 1) + 1,
  depth: (voxels.depth >> 1) + 1,
});

/** The outermost grid points are this far, mm, from everything. */
const FAR = 1000;

/**
 * How far every grid point lies outside the surface at a height above the skin, mm; below 0 inside. The height is that of
 * the nearest skin point, which is handed on from neighbour to neighbour in two sweeps (vector distance transform:
 * Danielsson 1980), so now and then it is only nearly the nearest.
 * @param inside 1 for grid points below the skin
 */
export function heightField(voxels: Voxels, { positions, thickness }: SkinPoints, inside: Uint8Array): Float32Array {
  const { width, height, depth, camera } = voxels;
  const layer = width * height;
  const nearest = new Int32Array(layer * depth).fill(-1);
  const squared = new Float32Array(layer * depth).fill(Infinity);
  const slopeX = Float64Array.from({ length: width }, (_, i) => (columnU(voxels, i) - camera.cx) / camera.fx);
  const slopeY = Float64Array.from({ length: height }, (_, j) => (rowV(voxels, j) - camera.cy) / camera.fy);

  for (let s = 0; s < positions.length; s += 3) {
    const z = positions[s + 2];
    const i0 = Math.floor(((camera.fx * positions[s]) / z + camera.cx - columnU(voxels, 0)) / voxels.step);
    const j0 = Math.floor(((camera.fy * positions[s + 1]) / z + camera.cy - rowV(voxels, 0)) / voxels.step);
    const k0 = Math.floor((z - voxels.near) / voxels.spacing);
    for (let n = 0; n < 8; n++) {
      const i = Math.min(width - 1, Math.max(0, i0 + (n & 1)));
      const j = Math.min(height - 1, Math.max(0, j0 + ((n >> 1) & 1)));
      const k = Math.min(depth - 1, Math.max(0, k0 + (n >> 2)));
      const vz = voxels.near + k * voxels.spacing;
      const d = (slopeX[i] * vz - positions[s]) ** 2 + (slopeY[j] * vz - positions[s + 1]) ** 2 + (vz - z) ** 2;
      const p = i + width * j + layer * k;
      if (d < squared[p]) {
        squared[p] = d;
        nearest[p] = s;
      }
    }
  }

  const offsets: number[] = [];
  for (let n = -13; n < 0; n++) {
    const [di, dj, dk] = [((n + 13) % 3) - 1, (Math.floor((n + 13) / 3) % 3) - 1, Math.floor((n + 13) / 9) - 1];
    offsets.push(di + width * dj + layer * dk);
  }
  for (const direction of [1, -1]) {
    for (let kk = 1; kk + 1 < depth; kk++) {
      const k = direction > 0 ? kk : depth - 1 - kk;
      const z = voxels.near + k * voxels.spacing;
      for (let jj = 1; jj + 1 < height; jj++) {
        const j = direction > 0 ? jj : height - 1 - jj;
        const y = slopeY[j] * z;
        for (let ii = 1; ii + 1 < width; ii++) {
          const i = direction > 0 ? ii : width - 1 - ii;
          const x = slopeX[i] * z;
          const p = i + width * j + layer * k;
          let best = squared[p];
          let candidate = nearest[p];
          for (let n = 0; n < 13; n++) {
            const s = nearest[p + direction * offsets[n]];
            if (s < 0 || s === candidate) continue;
            const dx = x - positions[s];
            const dy = y - positions[s + 1];
            const dz = z - positions[s + 2];
            const d = dx * dx + dy * dy + dz * dz;
            if (d < best) {
              best = d;
              candidate = s;
            }
          }
          squared[p] = best;
          nearest[p] = candidate;
        }
      }
    }
  }

  for (let p = 0; p < squared.length; p++) {
    const distance = nearest[p] < 0 ? FAR : Math.sqrt(squared[p]);
    squared[p] = (inside[p] ? -distance : distance) - (nearest[p] < 0 ? 0 : thickness[nearest[p] / 3]);
  }
  return squared;
}

/**
 * Which grid points lie inside a closed mesh: 1, else 0. Every triangle is crossed by the columns that pass through it;
 * along a column, a point is inside where more surface was entered than left.
 * @param positions camera space, mm
 */
export function insideMesh(voxels: Voxels, positions: Float32Array, triangles: Uint32Array): Uint8Array {
  const { width, height, depth, camera, step } = voxels;
  const layer = width * height;
  // How much the winding number changes from one grid point of a column to the next.
  const change = new Int8Array(layer * depth);
  const u0 = columnU(voxels, 0);
  const v0 = rowV(voxels, 0);
  const u = new Float64Array(positions.length / 3);
  const v = new Float64Array(positions.length / 3);
  for (let n = 0; n < u.length; n++) {
    const z = positions[3 * n + 2];
    u[n] = ((camera.fx * positions[3 * n]) / z + camera.cx - u0) / step;
    v[n] = ((camera.fy * positions[3 * n + 1]) / z + camera.cy - v0) / step;
  }
  for (let t = 0; t < triangles.length; t += 3) {
    const a = triangles[t];
    const b = triangles[t + 1];
    const c = triangles[t + 2];
    const left = Math.max(0, Math.ceil(Math.min(u[a], u[b], u[c])));
    const right = Math.min(width - 1, Math.floor(Math.max(u[a], u[b], u[c])));
    const top = Math.max(0, Math.ceil(Math.min(v[a], v[b], v[c])));
    const bottom = Math.min(height - 1, Math.floor(Math.max(v[a], v[b], v[c])));
    if (left > right || top > bottom) continue;
    const area = (u[b] - u[a]) * (v[c] - v[a]) - (v[b] - v[a]) * (u[c] - u[a]);
    if (area === 0) continue;
    // Rows run downwards: what faces the camera has negative area.
    const entered = area < 0 ? 1 : -1;
    for (let j = top; j <= bottom; j++)
      for (let i = left; i <= right; i++) {
        const wa = edge(u, v, b, c, i, j) * -entered;
        const wb = edge(u, v, c, a, i, j) * -entered;
        const wc = edge(u, v, a, b, i, j) * -entered;
        if (wa < 0 || wb < 0 || wc < 0) continue;
        // 1 / z is linear in the picture.
        const z = (wa + wb + wc) / (wa / positions[3 * a + 2] + wb / positions[3 * b + 2] + wc / positions[3 * c + 2]);
        const k = Math.max(0, Math.ceil((z - voxels.near) / voxels.spacing));
        if (k < depth) change[i + width * j + layer * k] += entered;
      }
  }
  const inside = new Uint8Array(layer * depth);
  for (let c = 0; c < layer; c++) {
    let winding = 0;
    for (let p = c; p < inside.length; p += layer) {
      winding += change[p];
      if (winding > 0) inside[p] = 1;
    }
  }
  return inside;
}

/** Twice the area of the triangle from an edge to a point of the grid. */
const edge = (u: Float64Array, v: Float64Array, a: number, b: number, i: number, j: number): number =>
  (u[b] - u[a]) * (j - v[a]) - (v[b] - v[a]) * (i - u[a]);

/** Averages a field over three neighbours in each direction, weights 1/4, 1/2, 1/4; the outermost points stay. */
export function smooth(data: Float32Array, { width, height, depth }: Voxels): void {
  const layer = width * height;
  for (const step of [1, width, layer]) {
    // In place: the value before is kept while it is replaced.
    const line = step === 1 ? width : step === width ? height : depth;
    const starts = data.length / line;
    for (let n = 0; n < starts; n++) {
      const start = step === 1 ? n * width : step === width ? Math.floor(n / width) * layer + (n % width) : n;
      let before = data[start];
      for (let m = 1, p = start + step; m + 1 < line; m++, p += step) {
        const own = data[p];
        data[p] = 0.25 * (before + data[p + step]) + 0.5 * own;
        before = own;
      }
    }
  }
}
