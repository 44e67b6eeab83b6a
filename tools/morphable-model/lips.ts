import type { SparseMatrix } from "./cameo.ts";
import { type Face, jawMask, smoothstep } from "./expressions.ts";

/** How far the skin follows the edge of a lip, mm. */
const reach = 6;
/** Lips overlap by this much where they are pressed together, mm: two borders that just touch would let light through. */
const overlap = 0.25;
const rounds = 4;

/**
 * MakeHuman's lips stand slightly open, and refinement rounds them further off. This closes them: at each pair of points
 * where the lips meet, the gap that the refined surface would have is shared between upper and lower lip, and their
 * neighbourhood goes along.
 * @returns a function that moves the cage points of any head (mm) in place
 */
export function lipCloser({ pack, cage, points }: Face, refinement: SparseMatrix): (points: Float64Array) => void {
  const margin = pack.regions.loops.lip_inner_margin.map((v) => cage.ofBody[v]);
  // The loop starts in the middle of the upper lip; its opposite is the middle of the lower one.
  const half = margin.length / 2;
  const pairs = margin.flatMap((_, i) => {
    const own = i <= half / 2 ? [i, half - i] : i >= 2 * half - half / 2 ? [i, 3 * half - i] : null;
    return own && own[1] < margin.length ? [{ upper: margin[own[0]], lower: margin[own[1]] }] : [];
  });
  const jaw = jawMask({ pack, cage, points });
  const moved: { point: number; share: number; weights: Float64Array }[] = [];
  for (let i = 0; i < cage.start.tongue; i++) {
    const d = Math.min(...margin.map((m) => distance(points, i, m)));
    const side = 2 * smoothstep(0.35, 0.65, jaw[i]) - 1;
    const share = 0.5 * side * Math.exp(-((d / reach) ** 2));
    if (Math.abs(share) < 1e-3) continue;
    const near = pairs.map(({ upper, lower }) => {
      const across = points[3 * i] - (points[3 * upper] + points[3 * lower]) / 2;
      return Math.exp(-((across / 2.5) ** 2)) + 1e-12;
    });
    const total = near.reduce((s, w) => s + w, 0);
    moved.push({ point: i, share, weights: Float64Array.from(near, (w) => w / total) });
  }
  // Surface vertices start with the cage points themselves, refined.
  const refinedHeight = (of: Float64Array, vertex: number) => {
    let y = 0;
    for (let k = refinement.offsets[vertex]; k < refinement.offsets[vertex + 1]; k++)
      y += refinement.values[k] * of[3 * refinement.columns[k] + 1];
    return y;
  };
  return (head) => {
    for (let round = 0; round < rounds; round++) {
      const gaps = pairs.map(({ upper, lower }) => refinedHeight(head, upper) - refinedHeight(head, lower) + overlap);
      for (const { point, share, weights } of moved) {
        let gap = 0;
        for (let k = 0; k < gaps.length; k++) gap += weights[k] * gaps[k];
        head[3 * point + 1] += share * gap;
      }
    }
  };
}

const distance = (points: Float64Array, i: number, j: number) =>
  Math.hypot(
    points[3 * i] - points[3 * j],
    points[3 * i + 1] - points[3 * j + 1],
    points[3 * i + 2] - points[3 * j + 2],
  );
