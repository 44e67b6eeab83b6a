import {
  type Camera,
  type MorphableModel,
  type Pose,
  type SurfacePoints,
  surfacePositions,
  transformToCamera,
} from "cameo";
import type { PortraitLandmarks } from "../sample.ts";

/** What is at most this far in front of a point does not hide it: brows, lashes, a beard's shadow; mm. */
const tolerance = 5;

/**
 * Where points of the head's surface are, and which of them are seen.
 * @param shape the head's vertices, model space, mm
 * @param depth of the rendering, `size` × `size`, mm
 */
export function landmarkTruth(
  model: MorphableModel,
  shape: Float32Array,
  points: SurfacePoints,
  pose: Pose,
  camera: Camera,
  depth: Float32Array,
  size: number,
): PortraitLandmarks {
  const placed = transformToCamera(surfacePositions(model, shape, points), pose);
  const visible: number[] = [];
  for (let i = 0; i < placed.length; i += 3) {
    const z = placed[i + 2];
    const u = (camera.fx * placed[i]) / z + camera.cx;
    const v = (camera.fy * placed[i + 1]) / z + camera.cy;
    visible.push(u >= 0 && v >= 0 && u < size && v < size && isSeen(depth, size, u, v, z) ? 1 : 0);
  }
  return { points: Array.from(placed), visible };
}

/** Whether one of the four pixels about a position shows nothing nearer. */
function isSeen(depth: Float32Array, size: number, u: number, v: number, z: number): boolean {
  const column = Math.round(u);
  const row = Math.round(v);
  for (let y = Math.max(0, row - 1); y <= Math.min(size - 1, row); y++)
    for (let x = Math.max(0, column - 1); x <= Math.min(size - 1, column); x++) {
      const seen = depth[y * size + x];
      if (seen > 0 && Math.abs(seen - z) <= tolerance) return true;
    }
  return false;
}
