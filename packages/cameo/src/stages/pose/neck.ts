import { backProject, type Camera, cropCamera, projectedBounds } from "../../geometry/camera.ts";
import { type Pose, transformToModel } from "../../geometry/pose.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { mobility } from "./motion.ts";

/** Cells across the longer side of the sheet. */
const CELLS = 56;
/** What is so far beside the neck, mm, stays where it is. */
const BESIDE = 45;

/** The part of the picture about the neck as a flexible sheet. */
export interface NeckSheet {
  /** Model space, mm. */
  readonly positions: Float32Array;
  readonly triangles: Uint32Array;
  /** How far each point moves with the head; 0 at the sheet's border. */
  readonly weights: Float32Array;
  /** Where each point is in the unmoved picture, pixels. */
  readonly places: Float32Array;
}

/**
 * Lays a sheet over the neck as the picture shows it. It has the depth of the model's neck, goes on from it at the same
 * depth, and moves the less the farther it is from it. Undefined where the picture shows no neck that could move.
 * @param positions of the head mesh, camera space, mm
 * @param triangles of the neck
 */
export function neckSheet(
  positions: Float32Array,
  triangles: Uint32Array,
  camera: Camera,
  pose: Pose,
  chin: number,
): NeckSheet | undefined {
  if (triangles.length === 0) return undefined;
  const distance = pose.translation[2];
  const margin = (BESIDE * camera.fx) / distance;
  const { left, top, right, bottom } = projectedBounds(positions, camera, triangles);
  const extent = Math.max(right - left, bottom - top) + 2 * margin;
  if (!(extent < Infinity)) return undefined;
  const cell = extent / CELLS;
  const columns = Math.ceil((right - left + 2 * margin) / cell) + 1;
  const rows = Math.ceil((bottom - top + 2 * margin) / cell) + 1;
  const origin = { x: left - margin, y: top - margin };

  // Grid points are the centres of a coarse picture's pixels.
  const view = cropCamera(camera, origin.x, origin.y, 1 / cell);
  const { depth } = rasterize(positions, triangles, view, { width: columns, height: rows });
  const { nearest, distances } = nearestKnown(depth, columns, rows);
  const inCamera = new Float32Array(3 * columns * rows);
  const places = new Float32Array(2 * columns * rows);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      const z = nearest[i] < 0 ? distance : depth[nearest[i]];
      inCamera.set(backProject(column + 0.5, row + 0.5, z, view), 3 * i);
      places[2 * i] = origin.x + cell * (column + 0.5);
      places[2 * i + 1] = origin.y + cell * (row + 0.5);
    }
  }
  smoothed(inCamera, depth, columns, rows, view);
  const inModel = transformToModel(inCamera, pose);
  const weights = mobility(inModel, chin);
  const reach = BESIDE / ((cell * distance) / camera.fx);
  for (let i = 0; i < weights.length; i++) weights[i] *= 1 - smoothstep(0, reach - 1.5, distances[i]);
  return { positions: inModel, triangles: gridTriangles(columns, rows), weights, places };
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
