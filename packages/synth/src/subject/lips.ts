import type { SparseMatrix } from "cameo";
import type { Assets } from "../assets.ts";
import type { Cage } from "../makehuman/cage.ts";
import type { Pack } from "../makehuman/reference.ts";

/** How far the skin follows the edge of a lip, mm. */
const reach = 6;
/** Lips overlap by this much where they are pressed together, mm: two borders that just touch would let light through. */
const overlap = 0.25;
/** Towards the corners of the mouth, over this length, they only just meet, mm. */
const cornerLength = 8;
const rounds = 6;

/**
 * MakeHuman's lips stand slightly open, and refinement rounds them further off. This closes them: all across the mouth the
 * gap that the refined surface would have between the edges of the lips is shared between upper and lower lip, and their
 * neighbourhood, measured along the skin, goes along.
 * @param points cage points of the reference head, mm
 * @returns a function that moves the cage points of any head (mm) in place
 */
export function lipCloser(
  pack: Pack,
  cage: Cage,
  points: Float64Array,
  refinement: SparseMatrix,
): (points: Float64Array) => void {
  const { upper, lower } = lipEdges(pack, cage);
  const neighbours = cageNeighbours(pack.base.faces, cage);
  const toUpper = distancesAlong(neighbours, points, upper);
  const toLower = distancesAlong(neighbours, points, lower);
  const shares: number[] = [];
  const moved: number[] = [];
  for (let i = 0; i < cage.start.tongue; i++) {
    const share = 0.5 * (Math.exp(-((toLower[i] / reach) ** 2)) - Math.exp(-((toUpper[i] / reach) ** 2)));
    if (Math.abs(share) <= 1e-3) continue;
    moved.push(i);
    shares.push(share);
  }
  // The refined edges from corner to corner, where both have the same end.
  const above = new Float64Array(2 * upper.length + 4);
  const below = new Float64Array(2 * lower.length + 4);
  const last = above.length - 2;
  return (head) => {
    for (let round = 0; round < rounds; round++) {
      for (let k = 0; k < upper.length; k++) {
        refinePoint(refinement, head, upper[k], above, 2 * k + 2);
        refinePoint(refinement, head, lower[k], below, 2 * k + 2);
      }
      for (let axis = 0; axis < 2; axis++) {
        above[axis] = below[axis] = (above[2 + axis] + below[2 + axis]) / 2;
        // One point further in than on the other side: the model was built so, and its heads must be closed as it was.
        above[last + axis] = below[last + axis] = (above[last - 4 + axis] + below[last - 4 + axis]) / 2;
      }
      for (let n = 0; n < moved.length; n++) {
        const point = moved[n];
        const x = head[3 * point];
        const inside = Math.min(x - above[0], above[last] - x);
        const pressed = overlap * Math.min(1, Math.max(0, inside / cornerLength));
        head[3 * point + 1] += shares[n] * (heightAt(above, x) - heightAt(below, x) + pressed);
      }
    }
  };
}

/** The widest gap between the lips of a refined head (mm), by height; below 0 where they are pressed together all along. */
export function lipGap({ pack, cage }: Pick<Assets, "pack" | "cage">, shape: Float32Array): number {
  const { upper, lower } = lipEdges(pack, cage);
  return Math.max(...upper.map((v, k) => shape[3 * v + 1] - shape[3 * lower[k] + 1]));
}

/**
 * The edges of both lips, as cage points, from the subject's right to the left. Their loop starts in the middle of the upper lip; its
 * opposite is the middle of the lower one, and both lips have as many points.
 */
function lipEdges({ regions }: Pack, { ofBody }: Cage): { upper: number[]; lower: number[] } {
  const margin = regions.loops.lip_inner_margin.map((v) => ofBody[v]);
  const half = margin.length / 2;
  const reach = Math.floor((half - 1) / 2);
  const steps = Array.from({ length: 2 * reach + 1 }, (_, k) => k - reach);
  return {
    upper: steps.map((i) => margin[(i + margin.length) % margin.length]),
    lower: steps.map((i) => margin[half - i]),
  };
}

/** Writes x and y of the surface vertex that a cage point refines to: surface vertices start with the cage points in order. */
function refinePoint(
  { offsets, columns, values }: SparseMatrix,
  points: Float64Array,
  vertex: number,
  out: Float64Array,
  at: number,
): void {
  out[at] = 0;
  out[at + 1] = 0;
  for (let k = offsets[vertex]; k < offsets[vertex + 1]; k++) {
    out[at] += values[k] * points[3 * columns[k]];
    out[at + 1] += values[k] * points[3 * columns[k] + 1];
  }
}

/** Height of a line of points (x ascending, y) at x; beyond its ends, that of the end. */
function heightAt(line: Float64Array, x: number): number {
  let k = 2;
  while (k < line.length - 2 && line[k] < x) k += 2;
  const t = Math.min(1, Math.max(0, (x - line[k - 2]) / (line[k] - line[k - 2] || 1)));
  return line[k - 1] + t * (line[k + 1] - line[k - 1]);
}

/** Points joined to each cage point by an edge of the skin. */
function cageNeighbours(faces: Uint32Array, { skin, ofBody }: Cage): number[][] {
  const neighbours: Set<number>[] = Array.from(skin.vertices, () => new Set<number>());
  for (const f of skin.faces)
    for (let k = 0; k < 4; k++) {
      const a = ofBody[faces[4 * f + k]];
      const b = ofBody[faces[4 * f + ((k + 1) % 4)]];
      neighbours[a].add(b);
      neighbours[b].add(a);
    }
  return neighbours.map((set) => [...set]);
}

/** Length of the shortest way over edges from the nearest of `sources` to each point, up to a few times {@link reach}. */
function distancesAlong(
  neighbours: readonly number[][],
  points: Float64Array,
  sources: readonly number[],
): Float64Array {
  const distances = new Float64Array(neighbours.length).fill(Infinity);
  for (const s of sources) distances[s] = 0;
  // Relaxed wave by wave: the neighbourhood is a few edges deep.
  let wave = [...sources];
  while (wave.length > 0) {
    const next = new Set<number>();
    for (const i of wave)
      for (const j of neighbours[i]) {
        const length = Math.hypot(
          points[3 * i] - points[3 * j],
          points[3 * i + 1] - points[3 * j + 1],
          points[3 * i + 2] - points[3 * j + 2],
        );
        if (distances[i] + length < distances[j] && distances[i] + length < 4 * reach) {
          distances[j] = distances[i] + length;
          next.add(j);
        }
      }
    wave = [...next];
  }
  return distances;
}
