import type { Random } from "@cameo/synth";
import { Label } from "cameo";

/** Limits of what a turn does to the outline of a head, in parts of the head's radius, radians, and factors. */
const limits = { background: 0.3, head: 0.12, wobble: 0.04, turn: 0.12, zoom: 0.06 };
/** How often holes lie on the head's side of the outline, and in an open mouth. */
const chances = { head: 0.4, mouth: 0.2 };

/**
 * Holes along the border of the segmented head (paper section 5.2): what would be uncovered if the head had come from
 * elsewhere, a band of varying width outside of the border; often one inside of it too, where a turned head shows parts
 * that were hidden; sometimes the inner mouth.
 * @param labels one `Label` per pixel of a square picture
 * @returns 1 where a pixel is missing, else 0
 */
export function borderHoles(labels: ArrayLike<number>, side: number, random: Random): Float32Array {
  const holes = new Float32Array(side * side);
  const head = extent(labels, side);
  if (!head) return holes;
  const outside = sampleShift(head, limits.background, random);
  const inside = random.chance(chances.head) ? sampleShift(head, limits.head, random) : null;
  const mouth = random.chance(chances.mouth);
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const label = labels[i];
      if (label === Label.background) holes[i] = isHead(labels, side, outside, x, y) ? 1 : 0;
      else if ((inside && !isHead(labels, side, inside, x, y)) || (mouth && label === Label.innerMouth)) holes[i] = 1;
    }
  return holes;
}

/** Where the head is and how large: the centre of its pixels and the radius of a disc of as many. Null where there is none. */
function extent(labels: ArrayLike<number>, side: number) {
  let [count, sumX, sumY] = [0, 0, 0];
  for (let i = 0; i < side * side; i++) {
    if (labels[i] === Label.background) continue;
    count++;
    sumX += i % side;
    sumY += Math.floor(i / side);
  }
  return count === 0 ? null : { x: sumX / count, y: sumY / count, radius: Math.sqrt(count / Math.PI) };
}

/** Where the head has come from: a similarity about its centre, and waves of its outline. */
interface Shift {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  /** Rows of the similarity's matrix are (a, −b) and (b, a). */
  readonly a: number;
  readonly b: number;
  readonly amplitude: number;
  /** Radians a pixel, and at 0. */
  readonly waves: readonly [number, number];
  readonly phases: readonly [number, number];
}

function sampleShift({ x, y, radius }: NonNullable<ReturnType<typeof extent>>, limit: number, random: Random): Shift {
  // Heads turn sideways more than they nod.
  const length = limit * radius * Math.sqrt(random.uniform());
  const direction = random.range(-Math.PI, Math.PI);
  const turn = random.range(-limits.turn, limits.turn);
  const zoom = 1 + random.range(-limits.zoom, limits.zoom);
  const wave = () => random.range(1, 4) / radius;
  const phase = () => random.range(-Math.PI, Math.PI);
  return {
    from: [x, y],
    to: [x + length * Math.cos(direction), y + 0.6 * length * Math.sin(direction)],
    a: zoom * Math.cos(turn),
    b: zoom * Math.sin(turn),
    amplitude: limits.wobble * radius * random.uniform(),
    waves: [wave(), wave()],
    phases: [phase(), phase()],
  };
}

/** Whether a pixel showed the head before a shift. */
function isHead(labels: ArrayLike<number>, side: number, shift: Shift, x: number, y: number): boolean {
  const { from, to, a, b, amplitude, waves, phases } = shift;
  const [dx, dy] = [x - from[0], y - from[1]];
  const u = Math.round(to[0] + a * dx - b * dy + amplitude * Math.sin(waves[0] * y + phases[0]));
  const v = Math.round(to[1] + b * dx + a * dy + amplitude * Math.sin(waves[1] * x + phases[1]));
  return u >= 0 && v >= 0 && u < side && v < side && labels[v * side + u] !== Label.background;
}
