import { clamp } from "../noise.ts";
import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";

/** Relative luminance of linear red, green, blue (ITU-R BT.709). */
export const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** The linear colour of a hue (0 … 1: red, yellow, green, cyan, blue, magenta), a saturation and a luminance. */
export function colourOf(hue: number, saturation: number, light: number): Rgb {
  const channel = (offset: number) => clamp(Math.abs(((((hue + offset) % 1) + 1) % 1) * 6 - 3) - 1);
  // Channels of a pure hue in linear light; the mix with white is done there too.
  const pure: Rgb = [channel(0), channel(2 / 3), channel(1 / 3)];
  const mixed = pure.map((v) => 1 + saturation * (v - 1));
  const factor = light / luminance([mixed[0], mixed[1], mixed[2]]);
  return [clamp(mixed[0] * factor), clamp(mixed[1] * factor), clamp(mixed[2] * factor)];
}

export const scaled = ([r, g, b]: Rgb, factor: number): Rgb => [r * factor, g * factor, b * factor];

export const mixed = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + t * (b[0] - a[0]),
  a[1] + t * (b[1] - a[1]),
  a[2] + t * (b[2] - a[2]),
];

/** A colour like another: brighter or darker by some stops, and shifted a little in hue. */
export const varied = (colour: Rgb, random: Random, stops = 0.4): Rgb => {
  const factor = 2 ** (stops * random.normal());
  return [
    clamp(colour[0] * factor * (1 + 0.08 * random.normal())),
    clamp(colour[1] * factor * (1 + 0.04 * random.normal())),
    clamp(colour[2] * factor * (1 + 0.08 * random.normal())),
  ];
};

/**
 * The colour of some surface, as common as it is in photos: mostly greys, off-whites, browns and muted colours, with orange and
 * blue commoner than green and violet; some saturated, some black.
 */
export function surfaceColour(random: Random): Rgb {
  const light = clamp(0.2 * 2 ** (1.5 * random.normal()), 0.006, 0.9);
  switch (random.pick(["grey", "warm", "brown", "muted", "vivid", "white", "black"], [16, 16, 18, 20, 15, 9, 6])) {
    case "grey":
      return colourOf(random.uniform(), random.range(0, 0.12), light);
    case "warm":
      return colourOf(random.range(0.05, 0.16), random.range(0.1, 0.45), light);
    case "brown":
      return colourOf(random.range(0.02, 0.11), random.range(0.5, 0.9), light * 0.6);
    case "muted":
      return colourOf(commonHue(random), random.range(0.15, 0.6), light);
    case "vivid":
      return colourOf(commonHue(random), random.range(0.7, 1), clamp(light, 0.02, 0.5));
    case "white":
      return paleColour(random);
    default:
      return colourOf(random.uniform(), random.range(0, 0.4), random.range(0.003, 0.02));
  }
}

const commonHue = (random: Random): number =>
  random.pick(
    [
      0.04 * random.normal(),
      0.08 + 0.03 * random.normal(),
      0.6 + 0.05 * random.normal(),
      0.3 + 0.08 * random.normal(),
      random.uniform(),
    ],
    [3, 3, 4, 2, 3],
  );

/** Colours that go together, the commonest first: relatives of one or two, seldom a strong one among them. */
export function surfacePalette(random: Random, count: number, pale: boolean): Rgb[] {
  const first = pale ? paleColour(random) : surfaceColour(random);
  const bases = [first, surfaceColour(random), surfaceColour(random)];
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? first : varied(bases[random.pick([0, 1, 2], [4, 3, 2])], random, 0.8),
  );
}

/** White paint, paper and the like. */
const paleColour = (random: Random): Rgb =>
  colourOf(random.range(0.05, 0.6), random.range(0, 0.15), random.range(0.55, 0.95));

/** Linear reflectance of hair: black to blond, red, grey. */
export function hairLike(random: Random): Rgb {
  const light = 0.006 * 2 ** random.range(0, 6);
  return random.chance(0.12)
    ? colourOf(0.08, 0.1, light * 2)
    : colourOf(random.range(0.02, 0.1), random.range(0.3, 0.8), light);
}

/** A colour taken for somebody's hair: much like it, or black, or other hair's. */
export const nearHair = (hair: Rgb, random: Random): Rgb =>
  random.chance(0.6)
    ? varied(hair, random, 0.4)
    : random.chance(0.5)
      ? scaled([0.012, 0.011, 0.011], random.range(0.3, 2))
      : hairLike(random);

/** Linear reflectance of skin: dark brown to pale. */
export function skinLike(random: Random): Rgb {
  const t = random.uniform();
  return mixed([0.09, 0.04, 0.022], [0.68, 0.42, 0.31], t ** 0.8);
}

/** The foliage of a place: greens from olive to bluish, at times autumn's yellows and browns. */
export function leafColour(random: Random): Rgb {
  const hue = random.chance(0.15) ? random.range(0.06, 0.14) : random.range(0.17, 0.32);
  return colourOf(hue, random.range(0.45, 0.85), random.range(0.03, 0.25));
}

/** Wood from pale pine to dark walnut. */
export const woodColour = (random: Random): Rgb =>
  colourOf(random.range(0.045, 0.1), random.range(0.5, 0.8), 0.35 * 2 ** -random.range(0, 4.5));
