import { backProject, type Camera, cropCamera, projectedBounds } from "../../geometry/camera.ts";
import { type Pose, transformToModel } from "../../geometry/pose.ts";
import { rasterize } from "../../raster/rasterize.ts";

/** A part of the picture as a flexible sheet. */
export interface Sheet {
  /** Model space, mm. */
  readonly positions: Float32Array;
  readonly triangles: Uint32Array;
  /** How far each point moves with the head. */
  readonly weights: Float32Array;
  /** Where each point is in the unmoved picture, pixels. */
  readonly places: Float32Array;
}

/** A sheet whose movement is not decided yet. */
export interface UnweightedSheet extends Omit<Sheet, "weights"> {
  /** How far each point is beside the surface that the sheet was laid over, mm; 0 on it. */
  readonly beside: Float32Array;
}

/**
 * Lays a sheet over a surface as the picture shows it: at the surface's depth, and beside it going on at the depth of its
 * outline. Undefined where the picture does not show the surface.
 * @param positions camera space, mm
 * @param margin how far the sheet goes on beside the surface, mm
 * @param cells across its longer side
 * @param farthest the sheet is nowhere deeper than this, mm
 */
export function laySheet(
  positions: Float32Array,
  triangles: Uint32Array,
  camera: Camera,
  pose: Pose,
  margin: number,
  cells: number,
  farthest = Infinity,
): UnweightedSheet | undefined {
  if (triangles.length === 0) return undefined;
  const distance = pose.translation[2];
  const around = (margin * camera.fx) / distance;
  const { left, top, right, bottom } = projectedBounds(positions, camera, triangles);
  const extent = Math.max(right - left, bottom - top) + 2 * around;
  if (!(extent < Infinity)) return undefined;
  const cell = extent / cells;
  const columns = Math.ceil((right - left + 2 * around) / cell) + 1;
  const rows = Math.ceil((bottom - top + 2 * around) / cell) + 1;
  const origin = { x: left - around, y: top - around };

  // Grid points are the centres of a coarse picture's pixels.
  const view = cropCamera(camera, origin.x, origin.y, 1 / cell);
  const { depth } = rasterize(positions, triangles, view, { width: columns, height: rows });
  const { nearest, distances } = nearestKnown(depth, columns, rows);
  const points = new Float32Array(3 * columns * rows);
  const places = new Float32Array(2 * columns * rows);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      const z = Math.min(farthest, nearest[i] < 0 ? distance : depth[nearest[i]]);
      points.set(backProject(column + 0.5, row + 0.5, z, view), 3 * i);
      places[2 * i] = origin.x + cell * (column + 0.5);
      places[2 * i + 1] = origin.y + cell * (row + 0.5);
    }
  }
  smoothed(points, depth, columns, rows, view);
  const mm = (cell * distance) / camera.fx;
  return {
    positions: transformToModel(points, pose),
    triangles: gridTriangles(columns, rows),
    places,
    beside: distances.map((d) => mm * d),
  };
}

/** Of each pixel: the nearest one with depth (−1 where there is none at all), and how far it is, pixels. Two passes of vector propagation (Danielsson 1980). */
function nearestKnown(depth: Float32Array, width: number, height: number) {
  const nearest = Int32Array.from(depth, (z, i) => (z > 0 ? i : -1));
  const distances = Float32Array.from(depth, (z) => (z > 0 ? 0 : Infinity));
  const take = (i: number, from: number, x: number, y: number) => {
    const source = nearest[from];
    if (source < 0) return;
    const d = Math.hypot(x - (source % width), y - Math.floor(source / width));
    if (d < distances[i]) {
      distances[i] = d;
      nearest[i] = source;
    }
  };
  for (const step of [1, -1]) {
    for (let r = 0; r < height; r++) {
      const y = step > 0 ? r : height - 1 - r;
      for (let c = 0; c < width; c++) {
        const x = step > 0 ? c : width - 1 - c;
        const i = y * width + x;
        const before = x - step;
        if (before >= 0 && before < width) take(i, i - step, x, y);
        const above = y - step;
        if (above < 0 || above >= height) continue;
        for (let dx = -1; dx <= 1; dx++) if (x + dx >= 0 && x + dx < width) take(i, i - step * width + dx, x, y);
      }
    }
  }
  return { nearest, distances };
}

/** Evens out the depth that was carried on, so that the sheet has no creases; points stay on their rays. */
function smoothed(points: Float32Array, known: Float32Array, width: number, height: number, view: Camera): void {
  for (let pass = 0; pass < 6; pass++) {
    for (let y = 1, i = width + 1; y < height - 1; y++, i += 2) {
      for (let x = 1; x < width - 1; x++, i++) {
        if (known[i] > 0) continue;
        const z =
          (points[3 * i - 1] + points[3 * i + 5] + points[3 * (i - width) + 2] + points[3 * (i + width) + 2]) / 4;
        points.set(backProject(x + 0.5, y + 0.5, z, view), 3 * i);
      }
    }
  }
}

/** Two triangles a cell, facing the camera. */
function gridTriangles(columns: number, rows: number): Uint32Array {
  const out = new Uint32Array(6 * (columns - 1) * (rows - 1));
  for (let row = 0, o = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++, o += 6) {
      const a = row * columns + column;
      const c = a + columns;
      out.set([a, c, a + 1, a + 1, c, c + 1], o);
    }
  }
  return out;
}
