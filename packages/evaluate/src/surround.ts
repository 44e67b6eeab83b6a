import { type DepthMap, Label, type LabelMap } from "cameo";

/** Where the tip of the nose is seen: x, y in pixels, and its depth, mm. */
export type NoseTip = readonly [x: number, y: number, z: number];

/** The outer ring is the border of the face enlarged so many times. From 1.5 on it makes no difference to errors; less is worse. */
const ENLARGEMENT = 2;

/**
 * The paper's baseline, its reference [63]: the depth around a face guessed from that of its border. Zhu et al. (CVPR 2015 and
 * 2016) put anchors around the face where its border would lie if the face were larger with its nose tip in place, and
 * interpolate between border and anchors. Here for each pixel: on the line from the nose tip through the pixel, depth goes
 * on beyond the border as it went from tip to border, up to the ring of anchors, and stays there.
 * @param face depth of the fitted face alone, mm; 0 elsewhere
 * @param labels of the head: where depth is wanted
 */
export function surroundDepth(face: DepthMap, labels: LabelMap, [tipX, tipY, tipZ]: NoseTip): DepthMap {
  const { width, height } = face;
  const data = face.data.slice();
  for (let p = 0; p < data.length; p++) {
    if (face.data[p] > 0 || labels.data[p] === Label.background) continue;
    const dx = (p % width) + 0.5 - tipX;
    const dy = Math.floor(p / width) + 0.5 - tipY;
    const length = Math.hypot(dx, dy);
    // From the pixel inward, to the outermost of the face.
    let border = -1;
    for (let r = length - 1; border < 0 && r > 1; r--) {
      const column = Math.floor(tipX + (dx * r) / length);
      const row = Math.floor(tipY + (dy * r) / length);
      const inside = column >= 0 && row >= 0 && column < width && row < height;
      if (inside && face.data[row * width + column] > 0) border = row * width + column;
    }
    if (border < 0) {
      data[p] = tipZ;
      continue;
    }
    const radius = Math.hypot((border % width) + 0.5 - tipX, Math.floor(border / width) + 0.5 - tipY);
    data[p] = tipZ + Math.min(length / radius, ENLARGEMENT) * (face.data[border] - tipZ);
  }
  return { width, height, data };
}
