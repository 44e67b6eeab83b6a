import type { Camera } from "../../geometry/camera.ts";
import type { Pose } from "../../geometry/pose.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import { mobility } from "./motion.ts";
import { laySheet, type Sheet } from "./sheet.ts";

/** Cells across the longer side of the sheet. */
const CELLS = 56;
/** Nothing is taken to be farther behind the head centre than this, mm: the sides of a neck that twists stay where they are. */
const BEHIND = 10;
/** What is so far beside the neck, mm, stays where it is. */
const BESIDE = 35;

/**
 * Lays a sheet over the neck as the picture shows it. It moves the less the farther it is from the model's neck, and not at
 * all at its border. Undefined where the picture shows no neck that could move.
 * @param positions of the head mesh, camera space, mm
 * @param triangles of the neck
 */
export function neckSheet(
  positions: Float32Array,
  triangles: Uint32Array,
  camera: Camera,
  pose: Pose,
  chin: number,
): Sheet | undefined {
  const sheet = laySheet(positions, triangles, camera, pose, BESIDE, CELLS, pose.translation[2] + BEHIND);
  if (!sheet) return undefined;
  const weights = mobility(sheet.positions, chin).map(
    (weight, i) => weight * (1 - smoothstep(0, 0.9 * BESIDE, sheet.beside[i])),
  );
  return { ...sheet, weights };
}
