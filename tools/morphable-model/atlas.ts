import type { Island } from "./patches.ts";

/** A rectangle of the atlas: u right, v down. */
type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Where each island goes: the head takes three quarters of the height, what is small or hidden shares the rest. */
const boxes: Record<Island, Box> = {
  head: [0.005, 0.005, 0.995, 0.75],
  neck: [0.005, 0.765, 0.385, 0.985],
  teeth: [0.395, 0.765, 0.615, 0.985],
  mouth: [0.625, 0.765, 0.785, 0.885],
  tongue: [0.625, 0.895, 0.72, 0.99],
  socketRight: [0.73, 0.895, 0.79, 0.975],
  socketLeft: [0.8, 0.895, 0.86, 0.975],
  eyeRight: [0.795, 0.765, 0.89, 0.86],
  eyeLeft: [0.9, 0.765, 0.995, 0.86],
};

/**
 * Moves an island's positions (u right, v up, as in its own texture) to its place in the atlas (u right, v down).
 * The head is turned upright, the subject's left on the right, and the face is enlarged at the cost of the back of the
 * head: a smooth stretch by 2.5 across and 1.5 along at the nose, so that the face has half the width of the atlas.
 */
export function placeInAtlas(island: Island, uvs: Float64Array): Float64Array {
  const upright =
    island === "head"
      ? uvs.map((_, i) => (i % 2 === 0 ? uvs[i + 1] : uvs[i - 1]))
      : uvs.map((x, i) => (i % 2 === 0 ? x : -x));
  const extent = [0, 1].map((axis) => {
    const values = upright.filter((_, i) => i % 2 === axis);
    return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  });
  const box = boxes[island];
  const stretch = island === "head" ? [stretchAcross, stretchAlong] : [(t: number) => t, (t: number) => t];
  return upright.map((x, i) => {
    const axis = i % 2;
    const [low, high] = extent[axis];
    return box[axis] + (box[axis + 2] - box[axis]) * stretch[axis]((x - low) / (high - low));
  });
}

/** [0, 1] to [0, 1], steepest (slope 2.5) in the middle, where the nose is. */
function stretchAcross(t: number): number {
  const s = 2 * t - 1;
  return 0.5 + (0.5 * 2.5 * s) / (1 + 1.5 * Math.abs(s));
}

/** Height of the nose tip in the head island, from the crown. */
const nose = 0.66;
/** [0, 1] to [0, 1]: uniform below the nose, ever flatter above it towards the crown; smooth at the nose. */
function stretchAlong(t: number): number {
  const middle = nose / (nose + 2 * (1 - nose));
  if (t > nose) return middle + ((1 - middle) * (t - nose)) / (1 - nose);
  const s = 1 - t / nose;
  return middle * (1 - (2 * s) / (1 + s));
}
