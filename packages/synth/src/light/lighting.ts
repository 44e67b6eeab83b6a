import { shConstants, shCount, type Vec3 } from "cameo";
import type { Rgb } from "../part.ts";

/**
 * A light far away. Directions point to it, unit length, in light space: x right in the picture, y up, z towards the viewer.
 */
export interface Lamp {
  readonly direction: Vec3;
  /** Angle that it looks wide from the head, from its middle to its rim, degrees. */
  readonly radius: number;
  /** What it looks like in a mirror. */
  readonly shape: "round" | "square";
  /** What leaves a white matt surface that faces it: irradiance / π. */
  readonly colour: Rgb;
}

/** A soft bright place of the surroundings: radiance colour · exp(−2 (1 − cos θ) / spread²). */
export interface Glow {
  readonly direction: Vec3;
  /** Degrees. */
  readonly spread: number;
  readonly colour: Rgb;
}

/** What shines on a head: plain data. White matt surfaces that face the main light, or the viewer, come out near 1. */
export interface LightingSpec {
  /** What it was drawn as, such as `overcast`. */
  readonly scene: string;
  /** Radiance from the zenith, from the horizon and from straight below, blended in between. */
  readonly above: Rgb;
  readonly around: Rgb;
  readonly below: Rgb;
  readonly glows: readonly Glow[];
  readonly lamps: readonly Lamp[];
}

/** Writes the radiance of the surroundings, without lamps, that arrives from a direction (light space, unit length). */
export function surroundings(
  { above, around, below, glows }: LightingSpec,
  x: number,
  y: number,
  z: number,
  out: Float64Array,
): void {
  const end = y > 0 ? above : below;
  const share = Math.sqrt(Math.abs(y));
  for (let k = 0; k < 3; k++) out[k] = around[k] + share * (end[k] - around[k]);
  for (const { direction: d, spread, colour } of glows) {
    const width = (spread * Math.PI) / 180;
    const strength = Math.exp((-2 * (1 - x * d[0] - y * d[1] - z * d[2])) / (width * width));
    for (let k = 0; k < 3; k++) out[k] += strength * colour[k];
  }
}

/** `count` directions spread evenly over the sphere (a Fibonacci spiral), turned about the vertical by `turn` radians; x, y, z triples. */
export function sphereDirections(count: number, turn = 0): Float64Array {
  const directions = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    const y = 1 - (2 * i + 1) / count;
    const r = Math.sqrt(1 - y * y);
    const angle = i * Math.PI * (3 - Math.sqrt(5)) + turn;
    directions[3 * i] = r * Math.cos(angle);
    directions[3 * i + 1] = y;
    directions[3 * i + 2] = r * Math.sin(angle);
  }
  return directions;
}

/** Directions by which the surroundings are integrated. */
const grid = sphereDirections(512);

/**
 * The surroundings without lamps as cameo's γ: nine coefficients of the radiance for each of r, g, b (3k + c).
 */
export function surroundingsSh(lighting: LightingSpec): Float64Array {
  const sh = new Float64Array(3 * shCount);
  const radiance = new Float64Array(3);
  const solid = (4 * Math.PI) / (grid.length / 3);
  for (let i = 0; i < grid.length; i += 3) {
    surroundings(lighting, grid[i], grid[i + 1], grid[i + 2], radiance);
    addDirection(sh, grid[i], grid[i + 1], grid[i + 2], solid, radiance);
  }
  return sh;
}

/** γ of all that shines: surroundings and lamps, with nothing in the way. `shade` of cameo gives irradiance / π from it. */
export function illuminationOf(lighting: LightingSpec): number[] {
  const sh = surroundingsSh(lighting);
  for (const { direction: d, colour } of lighting.lamps) addDirection(sh, d[0], d[1], d[2], Math.PI, colour);
  return Array.from(sh);
}

/** Adds light of radiance `colour` from a solid angle about a direction. */
function addDirection(
  sh: Float64Array,
  x: number,
  y: number,
  z: number,
  solid: number,
  colour: ArrayLike<number>,
): void {
  // H_b holds the cosine lobe's factor; the radiance is projected on the harmonics themselves.
  for (let b = 0; b < shCount; b++) {
    const value = (solid * shConstants[b] * polynomial(b, x, y, z)) / lobe(b);
    for (let c = 0; c < 3; c++) sh[3 * b + c] += value * colour[c];
  }
}

/** A_l / π of the cosine lobe (Ramamoorthi and Hanrahan 2001). */
const lobe = (b: number) => (b === 0 ? 1 : b < 4 ? 2 / 3 : 1 / 4);

function polynomial(b: number, x: number, y: number, z: number): number {
  switch (b) {
    case 0:
      return 1;
    case 1:
      return y;
    case 2:
      return z;
    case 3:
      return x;
    case 4:
      return x * y;
    case 5:
      return y * z;
    case 6:
      return 3 * z * z - 1;
    case 7:
      return x * z;
    default:
      return x * x - y * y;
  }
}
