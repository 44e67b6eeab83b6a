import type { TexturedMesh } from "../../export/textured-mesh.ts";
import type { Pose } from "../../geometry/pose.ts";
import { normalize, type Quaternion, toMatrix } from "../../geometry/quaternion.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import type { Vec3 } from "../../geometry/vec3.ts";
import { Label } from "../../image.ts";

/** Heights above the chin, mm, from which on the neck moves with the head, and up to which it stays with the trunk. */
const LARYNX = -15;
const COLLAR = -95;
/** Hair begins to lag so much higher: it slides over the neck; and the more the farther behind, where it lies on the back. */
const SLIDING = 25;
const RESTING = 60;
/** What lies before the first depth (model space, mm) hangs free, what lies behind the second rests. */
const BEHIND = [10, -70] as const;
/** Poses between head and trunk are tabulated in so many steps. */
const STEPS = 32;

/** Height of the chin in model space, mm: that of the lowest point of the face. */
export function chinHeight({ positions, labels }: Pick<TexturedMesh, "positions" | "labels">): number {
  let lowest = Infinity;
  for (let v = 0; v < labels.length; v++) if (labels[v] === Label.face) lowest = Math.min(lowest, positions[3 * v + 1]);
  return lowest;
}

/**
 * How far a point at a height (model space, mm) moves with the head: 1 on the head and down to about the chin, 0 from the
 * collar on, where the trunk is.
 */
export const mobilityAt = (height: number, chin: number): number => smoothstep(chin + COLLAR, chin + LARYNX, height);

/** The same for hair, which also depends on how far before the head centre it is (model space, mm). */
export const hairMobilityAt = (height: number, depth: number, chin: number): number =>
  mobilityAt(height - SLIDING - RESTING * (1 - smoothstep(BEHIND[1], BEHIND[0], depth)), chin);

/** {@link mobilityAt} of each of some points: model-space triples, mm. */
export const mobility = (positions: Float32Array, chin: number): Float32Array =>
  Float32Array.from({ length: positions.length / 3 }, (_, v) => mobilityAt(positions[3 * v + 1], chin));

/** {@link hairMobilityAt} of each of some points: model-space triples, mm. */
export const hairMobility = (positions: Float32Array, chin: number): Float32Array =>
  Float32Array.from({ length: positions.length / 3 }, (_, v) =>
    hairMobilityAt(positions[3 * v + 1], positions[3 * v + 2], chin),
  );

/**
 * Points of a head whose pose changes about the head centre (paper section 5.1), in camera space, mm. Each takes the pose
 * that lies between the two by its mobility, so that the neck bends and twists between head and trunk.
 * @param positions model-space triples, mm
 * @param weights mobility of each point, from 0 (stays in `from`) to 1 (goes to `to`)
 */
export function moved(positions: Float32Array, weights: Float32Array, from: Pose, to: Pose): Float32Array {
  const table = posesBetween(from, to);
  const out = new Float32Array(positions.length);
  for (let v = 0, i = 0; v < weights.length; v++, i += 3) {
    const x = positions[i];
    const y = positions[i + 1];
    const z = positions[i + 2];
    const place = STEPS * weights[v];
    const step = Math.min(STEPS - 1, Math.floor(place));
    const share = place - step;
    const a = 12 * step;
    const b = a + 12;
    for (let k = 0; k < 3; k++) {
      const p = table[a + 4 * k] * x + table[a + 4 * k + 1] * y + table[a + 4 * k + 2] * z + table[a + 4 * k + 3];
      const q = table[b + 4 * k] * x + table[b + 4 * k + 1] * y + table[b + 4 * k + 2] * z + table[b + 4 * k + 3];
      out[i + k] = p + share * (q - p);
    }
  }
  return out;
}

/** 3 × 4 matrices from model to camera space of the poses from one to another, in equal steps. */
function posesBetween(from: Pose, to: Pose): Float64Array {
  const table = new Float64Array(12 * (STEPS + 1));
  for (let step = 0; step <= STEPS; step++) {
    const share = step / STEPS;
    const m = toMatrix(slerp(from.rotation, to.rotation, share));
    for (let k = 0; k < 3; k++) {
      // Camera space has y and z reversed.
      const sign = k === 0 ? 1 : -1;
      for (let c = 0; c < 3; c++) table[12 * step + 4 * k + c] = sign * m[3 * k + c];
      table[12 * step + 4 * k + 3] = from.translation[k] + share * (to.translation[k] - from.translation[k]);
    }
  }
  return table;
}

/** The rotation at a share of the shorter way from one to another, at constant speed (Shoemake 1985). */
export function slerp(a: Quaternion, b: Quaternion, share: number): Quaternion {
  const cosine = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
  const angle = Math.acos(Math.min(1, Math.abs(cosine)));
  const sine = Math.sin(angle);
  const p = sine < 1e-6 ? 1 - share : Math.sin((1 - share) * angle) / sine;
  const q = (sine < 1e-6 ? share : Math.sin(share * angle) / sine) * Math.sign(cosine || 1);
  return normalize([p * a[0] + q * b[0], p * a[1] + q * b[1], p * a[2] + q * b[2], p * a[3] + q * b[3]]);
}

/** Which way a head is turned as the camera sees it: against the ray to its centre instead of the camera's axis. */
export const apparentRotation = ({ translation: [x, y, z] }: Pose): Quaternion => arc([0, 0, -1], [x, -y, -z]);

/** The shortest rotation from one direction to another that is not opposite. */
function arc(a: Vec3, b: Vec3): Quaternion {
  const length = Math.hypot(...b);
  return normalize([
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
    length + a[0] * b[0] + a[1] * b[1] + a[2] * b[2],
  ]);
}
