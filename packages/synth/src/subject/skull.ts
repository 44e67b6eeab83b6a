import { applySimilarity, fitRigid, type Similarity } from "cameo";
import type { Cage } from "../makehuman/cage.ts";
import type { Pack } from "../makehuman/reference.ts";

/**
 * 1 at the cage points that rigid alignment looks at: skull and upper face, but neither jaw, ears nor neck.
 * @param points cage points of the reference head
 */
export function skullPoints(pack: Pack, { skin, ofBody, start }: Cage, points: Float64Array): Float32Array {
  const nose = points[3 * ofBody[pack.landmarks.named.subnasale] + 1];
  const isSkull = new Float32Array(start.count);
  for (const [i, f] of skin.faces.entries())
    if (skin.parts[i] === "scalp" || skin.parts[i] === "face")
      for (let k = 0; k < 4; k++) {
        const point = ofBody[pack.base.faces[4 * f + k]];
        if (points[3 * point + 1] > nose) isSkull[point] = 1;
      }
  return isSkull;
}

/** The rigid motion that lays the skull of a head on that of another; both are cage points, mm. */
export function skullAlignment(skull: Float32Array, head: Float32Array, to: Float32Array): Similarity {
  let count = 0;
  for (const weight of skull) count += weight;
  const from = new Float32Array(3 * count);
  const target = new Float32Array(3 * count);
  for (let i = 0, k = 0; i < skull.length; i++) {
    if (skull[i] === 0) continue;
    for (let axis = 0; axis < 3; axis++, k++) {
      from[k] = head[3 * i + axis];
      target[k] = to[3 * i + axis];
    }
  }
  return fitRigid(from, target);
}

/** Moves a head rigidly so that its skull lies on that of another. */
export const alignHead = (skull: Float32Array, head: Float32Array, to: Float32Array): Float32Array =>
  applySimilarity(skullAlignment(skull, head, to), head);
