import { clamp, hash, noise } from "../noise.ts";
import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import type { Texture } from "../texture.ts";

const patterns = ["plain", "stripes", "checks", "plaid", "dots", "print", "knit", "tweed", "text", "emblem"] as const;

/** Cloth: what is woven into or printed on it. */
export interface FabricSpec {
  readonly pattern: (typeof patterns)[number];
  /** Linear r, g, b of the ground and of two colours on it. */
  readonly colours: readonly [Rgb, Rgb, Rgb];
  /** Width of one repeat, mm. */
  readonly repeat: number;
  /** Direction of stripes: 0 level, π/2 upright. */
  readonly turn: number;
  readonly seed: number;
}

/** Draws a colour as clothes have it: neutrals and dark blues in half of the cases, any hue in the others. */
export function sampleClothColour(random: Random): Rgb {
  const kind = random.uniform();
  const grey = (low: number, high: number): Rgb => {
    const g = random.range(low, high);
    return [g * random.range(0.94, 1.06), g, g * random.range(0.94, 1.06)];
  };
  if (kind < 0.15) return grey(0.012, 0.04);
  if (kind < 0.3) return grey(0.62, 0.85);
  if (kind < 0.42) return grey(0.06, 0.5);
  if (kind < 0.52) return [0.02, 0.035, 0.09].map((x) => x * random.range(0.6, 2)) as unknown as Rgb;
  return colourOf(random.uniform(), random.uniform() ** 0.7, random.range(0.03, 0.7));
}

/** Linear colour of a hue (turns), saturation and brightness. */
function colourOf(hue: number, saturation: number, value: number): Rgb {
  const channel = (offset: number) => {
    const k = Math.abs(((hue + offset) % 1) * 6 - 3) - 1;
    return value * (1 - 0.92 * saturation * (1 - clamp(k)));
  };
  return [channel(0), channel(2 / 3), channel(1 / 3)];
}

export function sampleFabric(random: Random, plainness = 0.45): FabricSpec {
  const pattern = random.chance(plainness)
    ? "plain"
    : random.pick(patterns.slice(1), [3, 1.2, 2, 1, 2, 2, 1.5, 1, 0.8]);
  return {
    pattern,
    colours: [sampleClothColour(random), sampleClothColour(random), sampleClothColour(random)],
    repeat:
      random.range(0.6, 1.6) *
      { plain: 1, stripes: 26, checks: 16, plaid: 62, dots: 18, print: 46, knit: 9, tweed: 7, text: 10, emblem: 90 }[
        pattern
      ],
    turn: random.pick([0, Math.PI / 2, 0.7], [6, 3, 0.6]),
    seed: random.integer(2 ** 30),
  };
}

/** The texture shows a square of this side, mm, centred on the neck's root from left to right. */
const side = 420;
/** How much of it lies above the neck's root, mm. */
const sideAbove = 120;

/** Where cloth lies on the texture: as if the pattern were projected from the front. */
export function fabricUvs(positions: Float32Array, root: readonly number[]): Float32Array {
  const uvs = new Float32Array((2 * positions.length) / 3);
  for (let i = 0; i < uvs.length / 2; i++) {
    uvs[2 * i] = (positions[3 * i] - root[0]) / side + 0.5;
    uvs[2 * i + 1] = (root[1] + sideAbove - positions[3 * i + 1]) / side;
  }
  return uvs;
}

const painted = new WeakMap<FabricSpec, Texture>();

/** Paints cloth, once for all parts made of it; nothing for plain cloth, which needs no texture. */
export function paintFabric(fabric: FabricSpec): Texture | undefined {
  if (fabric.pattern === "plain") return undefined;
  let texture = painted.get(fabric);
  if (!texture) {
    texture = paint(fabric);
    painted.set(fabric, texture);
  }
  return texture;
}

function paint(fabric: FabricSpec): Texture {
  const { pattern, colours } = fabric;
  // Blots are soft, and take longer.
  const pixels = pattern === "print" || pattern === "emblem" ? 112 : 224;
  const data = new Uint8Array(4 * pixels * pixels);
  const mix = mixOf(fabric);
  // Sixty-four steps between two colours are plenty for a pattern of two-millimetre texels.
  const first = blendBytes(colours[0], colours[1]);
  const second = blendBytes(colours[0], colours[2]);
  const weights = new Float64Array(2);
  for (let y = 0, i = 0; y < pixels; y++)
    for (let x = 0; x < pixels; x++, i += 4) {
      mix(((x + 0.5) / pixels - 0.5) * side, ((y + 0.5) / pixels) * side - sideAbove, weights);
      // The second colour lies over the first.
      const bytes = weights[1] > 0 ? second : first;
      const at = 3 * Math.round(64 * (weights[1] > 0 ? weights[1] : weights[0]));
      data[i] = bytes[at];
      data[i + 1] = bytes[at + 1];
      data[i + 2] = bytes[at + 2];
      data[i + 3] = 255;
    }
  return { width: pixels, height: pixels, data };
}

/** sRGB bytes of the steps from one linear colour to another. */
function blendBytes(from: Rgb, to: Rgb): Uint8Array {
  const table = new Uint8Array(3 * 65);
  for (let i = 0; i <= 64; i++)
    for (let k = 0; k < 3; k++) table[3 * i + k] = srgbByte(from[k] + (i / 64) * (to[k] - from[k]));
  return table;
}

const srgbByte = (linear: number) =>
  Math.round(255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * clamp(linear) ** (1 / 2.4) - 0.055));

const fraction = (a: number) => a - Math.floor(a);

/** How much of both colours lies at a point (mm right of the middle and below the root of the neck). */
function mixOf({ pattern, repeat, turn, seed }: FabricSpec): (x: number, y: number, out: Float64Array) => void {
  const sin = Math.sin(turn);
  const cos = Math.cos(turn);
  const share = 0.25 + 0.5 * hash(seed, 1, 0);
  const thin = 0.08 + 0.1 * hash(seed, 2, 0);
  switch (pattern) {
    case "stripes":
      return (x, y, out) => {
        const t = fraction((x * sin + y * cos) / repeat);
        out[0] = t < share ? 1 : 0;
        out[1] = t > 0.5 + share / 2 && t < 0.5 + share / 2 + thin ? 1 : 0;
      };
    case "checks":
      return (x, y, out) => {
        out[0] = 0.5 * ((fraction(x / repeat) < 0.5 ? 1 : 0) + (fraction(y / repeat) < 0.5 ? 1 : 0));
        out[1] = 0;
      };
    case "plaid":
      return (x, y, out) => {
        const tx = fraction(x / repeat);
        const ty = fraction(y / repeat);
        const middle = 0.5 + share / 2;
        out[0] = (tx < share ? 0.5 : 0) + (ty < share ? 0.5 : 0);
        out[1] = Math.abs(tx - middle) < thin / 2 || Math.abs(ty - middle) < thin / 2 ? 0.6 : 0;
      };
    case "dots":
      return (x, y, out) => {
        const row = Math.floor(y / repeat);
        const dx = fraction(x / repeat + (row & 1 ? 0.5 : 0)) - 0.5;
        const dy = fraction(y / repeat) - 0.5;
        out[0] = clamp((0.05 + share * 0.18 - dx * dx - dy * dy) * 20);
        out[1] = 0;
      };
    case "print":
      return (x, y, out) => {
        const n = noise(x / repeat + (seed & 1023), y / repeat, 0.5);
        const m = noise(x / (0.6 * repeat), y / (0.6 * repeat) + (seed & 1023), 7.5);
        out[0] = clamp((n - 0.52) * 14);
        out[1] = clamp((m - 0.66) * 14);
      };
    case "knit":
      return (x, y, out) => {
        // Columns of stitches, each a pair of slanting legs.
        const t = fraction(x / repeat);
        const leg = fraction(y / (0.8 * repeat) + Math.abs(t - 0.5));
        const groove = Math.min(t, 1 - t) < 0.12 ? 0.45 : 0;
        out[0] = clamp(groove + (leg < 0.3 ? 0.3 : 0)) * 0.6;
        out[1] = 0;
      };
    case "tweed":
      return (x, y, out) => {
        out[0] = hash(Math.floor(x / 2.2), Math.floor(y / 2.2), seed) * 0.5;
        out[1] = hash(Math.floor(x / 3.3), Math.floor(y / 3.3), seed + 1) > 0.93 ? 0.6 : 0;
      };
    case "text":
      return (x, y, out) => {
        // Rows of letters of five by seven blocks, each a random set of bars that keeps left or top.
        const size = repeat / 4;
        const column = Math.floor((x + 90) / size);
        const line = Math.floor((y - 60) / size);
        const letter = Math.floor(column / 6);
        const row = Math.floor(line / 10);
        const u = column - 6 * letter;
        const v = line - 10 * row;
        const rows = 1 + (seed % 4);
        const count = 4 + Math.floor(hash(row, seed, 3) * 9);
        const inside = row >= 0 && row < rows && letter >= 0 && letter < count && x < 90 && u < 5 && v < 7;
        // Bit k of a letter: whether it has bar k.
        const bars = inside ? Math.floor(64 * hash(letter + 31 * row, 7, seed)) | 1 : 0;
        const across = v % 3 === 0 && bars & (4 << (v / 3));
        const on = across || (u === 0 && bars & 1) || (u === 4 && bars & 2) || (u === 2 && bars & 32);
        out[0] = on ? 1 : 0;
        out[1] = 0;
      };
    default:
      return (x, y, out) => {
        // A round picture on the chest with something in it.
        const r = Math.hypot(x, (y - 130) / (0.8 + 0.5 * share)) / repeat;
        const n = noise(x / 18 + (seed & 1023), y / 18, 0.5);
        out[0] = r < 0.75 ? 1 : 0;
        out[1] = r < 0.66 && n > 0.5 ? 1 : 0;
      };
  }
}
