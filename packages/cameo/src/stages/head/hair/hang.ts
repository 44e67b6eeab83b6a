import type { Pose } from "../../../geometry/pose.ts";
import { toMatrix } from "../../../geometry/quaternion.ts";
import { Region } from "../../../morphable/model.ts";
import type { Raster } from "../../../raster/raster.ts";
import { FINE, type Layers } from "../layers.ts";
import type { HeadTemplate } from "../template.ts";
import { columnU, rowV, type Voxels } from "./voxels.ts";

/** So many pixels of hair in a row beside the neck are hair that hangs down. */
const HANGING = 10;
/** Hanging hair gets narrower by this part of the way down, */
const TAPER = 0.08;
/** ends over so many mm in front, */
const BEFORE = 20;
/** and over so many crop pixels below the lowest hair that is seen. */
const END = 8;

/** The lowest row of the crop in which hair is seen beside the neck; −1 where there is none. */
export function lowestHangingRow(
  { regionsOfTriangles }: HeadTemplate,
  raster: Raster,
  { hairDepth: { width, height }, hair, labels }: Layers,
): number {
  for (let y = height - 1; y >= 0; y--) {
    let neck = 0;
    let beside = 0;
    for (let x = 0; x < width; x++) {
      const t = raster.triangle[y * width + x];
      if (t >= 0 && regionsOfTriangles[t] === Region.neck) neck++;
      else if (t < 0 && hair[FINE * (y * labels.width + x)] < 0) beside++;
    }
    if (neck > 0 && beside >= HANGING) return y;
  }
  return -1;
}

/** a x + b y + c z + d, mm, of a point in camera space: how far it lies on one side of a plane. */
export type Plane = readonly [a: number, b: number, c: number, d: number];

/**
 * How far points lie before the ears.
 * @param positions of the model's vertices, camera space, mm
 */
export function beforeEars({ regions }: HeadTemplate, positions: Float32Array, { rotation }: Pose): Plane {
  // The z axis of model space.
  const m = toMatrix(rotation);
  const [a, b, c] = [m[2], -m[5], -m[8]];
  let sum = 0;
  let count = 0;
  for (let v = 0; v < regions.length; v++) {
    if (regions[v] !== Region.earLeft && regions[v] !== Region.earRight) continue;
    sum += a * positions[3 * v] + b * positions[3 * v + 1] + c * positions[3 * v + 2];
    count++;
  }
  return [a, b, c, -sum / count];
}

/**
 * Lets hair hang straight down from where it is widest.
 *
 * @param data the field, mm, below 0 inside; changed in place
 * @param lowest row of the crop that it reaches
 * @param front hair falls freely where this is below 0, elsewhere less and less
 */
export function hang(data: Float32Array, voxels: Voxels, lowest: number, [a, b, c, d]: Plane): void {
  const { width, height, depth, camera, step, near, spacing } = voxels;
  for (let k = 0; k < depth; k++) {
    const z = near + k * spacing;
    const rowHeight = (step * z) / camera.fy;
    for (let j = 1; j < height; j++) {
      const row = rowV(voxels, j);
      if (row > lowest + END) break;
      const taper = TAPER + Math.max(0, row - lowest) / END;
      const ahead = b * ((row - camera.cy) / camera.fy) * z + c * z + d;
      for (let i = 0, p = width * (j + height * k); i < width; i++, p++) {
        const before = Math.max(0, ahead + a * ((columnU(voxels, i) - camera.cx) / camera.fx) * z) / BEFORE;
        data[p] = Math.min(data[p], data[p - width] + rowHeight * (taper + before));
      }
    }
  }
}
