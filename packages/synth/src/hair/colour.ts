import type { Person } from "../makehuman/macro.ts";
import { clamp } from "../noise.ts";
import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import type { HairColour } from "./spec.ts";

/** Tones as sRGB, and how often people of African, Asian and European descent have them. */
const tones: Record<string, { readonly srgb: readonly [number, number, number]; readonly weights: Rgb }> = {
  black: { srgb: [26, 22, 21], weights: [0.8, 0.72, 0.12] },
  "dark brown": { srgb: [52, 37, 29], weights: [0.17, 0.2, 0.24] },
  brown: { srgb: [86, 60, 42], weights: [0.03, 0.06, 0.22] },
  "light brown": { srgb: [122, 91, 64], weights: [0, 0.02, 0.13] },
  "dark blond": { srgb: [152, 121, 85], weights: [0, 0, 0.1] },
  blond: { srgb: [196, 163, 113], weights: [0, 0, 0.1] },
  platinum: { srgb: [226, 206, 168], weights: [0, 0, 0.03] },
  auburn: { srgb: [97, 46, 30], weights: [0, 0, 0.03] },
  ginger: { srgb: [172, 92, 48], weights: [0, 0, 0.03] },
};

/** Tones out of the bottle. */
const dyes: Record<string, readonly [number, number, number]> = {
  "dyed blond": [214, 184, 136],
  "dyed red": [142, 34, 30],
  "dyed burgundy": [84, 24, 38],
  "dyed pink": [226, 128, 160],
  "dyed purple": [104, 58, 134],
  "dyed blue": [46, 84, 152],
  "dyed green": [62, 122, 84],
  "dyed silver": [186, 188, 196],
};

const linear = (c: number) => (c / 255) ** 2.2;
const rgb = (srgb: readonly number[]): Rgb => [linear(srgb[0]), linear(srgb[1]), linear(srgb[2])];
const blend = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + t * (b[0] - a[0]),
  a[1] + t * (b[1] - a[1]),
  a[2] + t * (b[2] - a[2]),
];
const times = (a: Rgb, k: number): Rgb => [
  clamp(a[0] * k, 0.004, 0.9),
  clamp(a[1] * k, 0.004, 0.9),
  clamp(a[2] * k, 0.004, 0.9),
];

/** Natural by descent, grey by age, dyed sometimes. */
export function sampleHairColour(random: Random, person: Person): HairColour {
  const names = Object.keys(tones);
  const { african, asian, caucasian } = person;
  const total = african + asian + caucasian || 1;
  const tone = random.pick(
    names,
    names.map((n) => {
      const [a, b, c] = tones[n].weights;
      return (african * a + asian * b + caucasian * c) / total + 0.004;
    }),
  );
  const [r, g, b] = rgb(tones[tone].srgb);
  const bright = Math.exp(0.22 * random.normal());
  const warm = Math.exp(0.07 * random.normal());
  let natural = times([r * warm, g, b / warm], bright);
  let name = tone;
  // Grey comes from about 35 on; some have none at 60.
  const age = clamp((person.age - 36 + 10 * random.normal()) / 45);
  const grey = age * random.range(0.2, 1.2);
  const pale = random.range(125, 205);
  const white = rgb([pale + 3, pale, pale - random.range(-4, 16)]);
  if (grey > 0.25) {
    natural = blend(natural, white, clamp(grey, 0, 0.97));
    name = grey > 0.75 ? "white" : "grey";
  }
  const adult = person.age > 14;
  const dyed = adult && random.chance(0.09 + (0.6 - 0.45 * person.male) * clamp(grey));
  const bright2 = Math.exp(0.15 * random.normal());
  let base = natural;
  if (dyed) {
    if (grey > 0.25 && random.chance(0.7)) {
      name = random.pick(["dark brown", "brown", "auburn", "black"]);
      base = times(rgb(tones[name].srgb), bright2);
    } else {
      name = random.pick(Object.keys(dyes), [5, 1, 1.5, 0.8, 0.6, 0.6, 0.4, 0.8]);
      base = times(rgb(dyes[name]), bright2);
    }
  }
  const brightness = (base[0] + base[1] + base[2]) / 3;
  const highlights = adult && random.chance(0.3 - 0.2 * person.male);
  const fades = adult && random.chance(0.22 - 0.17 * person.male);
  const lighter = blend(
    base,
    rgb([222, 190, 140]),
    random.chance(0.08) ? random.range(0.3, 0.7) : random.range(0.04, 0.2 + brightness),
  );
  const darker = times(base, random.range(0.35, 0.7));
  const streaks = highlights
    ? random.chance(brightness > 0.3 ? 0.5 : 0.1)
      ? darker
      : lighter
    : grey > 0.08 && !dyed
      ? blend(base, white, 0.1 + 0.25 * grey)
      : times(base, random.range(0.75, 1.3));
  return {
    name,
    base,
    roots: dyed ? natural : times(base, random.range(0.55, 0.95)),
    rootLength: dyed ? 2 + 43 * random.uniform() ** 3 : random.chance(0.6) ? random.range(10, 60) : 0,
    tips: fades ? lighter : times(base, random.range(0.85, 1.3)),
    streaks,
    streakShare: highlights ? random.range(0.1, 0.5) : random.range(0.02, 0.25),
    variation: random.range(0.04, 0.16),
  };
}
