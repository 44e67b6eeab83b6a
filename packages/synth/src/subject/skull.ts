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
export const skullAlignment = (skull: Float32Array, head: Float32Array, to: Float32Array): Similarity =>
  fitRigid(head, to, skull);

/** Moves a head rigidly so that its skull lies on that of another. */
export const alignHead = (skull: Float32Array, head: Float32Array, to: Float32Array): Float32Array =>
  applySimilarity(skullAlignment(skull, head, to), head);
