import type { Random } from "../random.ts";

type Triple = readonly [number, number, number];

/** What happens to the light between the scene and the file: plain data. Lengths are fractions of the picture's width. */
export interface FilmSpec {
  /** How far the camera brings the picture's middle and the face to a mid grey, 0 not at all to 1 entirely; then exposed wrongly by some stops. */
  readonly metering: number;
  readonly exposure: number;
  /** Factors of red, green, blue: the error of the white balance. */
  readonly balance: Triple;
  /** Standard deviation of the defocus. */
  readonly defocus: number;
  /** Length of the streak that the shaking camera makes, and its direction, radians clockwise from rightwards. */
  readonly motion: number;
  readonly motionAngle: number;
  /** Share of the light that the corners lose. */
  readonly vignette: number;
  /** How much larger the red picture is than the blue one: 0.002 shows at the borders. */
  readonly aberration: number;
  /** Share of the light that the lens scatters over its surroundings, and light that it scatters everywhere. */
  readonly glow: number;
  readonly haze: number;
  /** Side of the sensor against that of the finished picture, at most 1: less means enlarged. */
  readonly resolution: number;
  /** Standard deviations of the noise: of photons at white, constant, both in linear light; how much of it is coloured, 0 to 1. */
  readonly shotNoise: number;
  readonly readNoise: number;
  readonly chroma: number;
  /** Smoothing that spares edges, 0 to 1: over few pixels against noise, over many as beauty filters do it. */
  readonly denoise: number;
  readonly beauty: number;
  /** Of encoded values: contrast about the middle (0 none), gamma, the levels of black and white of each channel. */
  readonly contrast: number;
  readonly gamma: number;
  readonly black: Triple;
  readonly white: Triple;
  /** 1 as it is, 0 grey. */
  readonly saturation: number;
  /** Factors of red, green, blue after that: sepia and other tones. */
  readonly tone: Triple;
  /** Share of the difference from a blurred copy that is added. */
  readonly sharpening: number;
  /** Saved as JPEG in this order, the first time at the sensor's resolution. */
  readonly jpegs: readonly { readonly quality: number; readonly subsampling: "4:2:0" | "4:4:4" }[];
  /** Letters over the picture. */
  readonly overlay?: {
    readonly text: string;
    readonly x: number;
    readonly y: number;
    readonly height: number;
    readonly colour: Triple;
    readonly opacity: number;
  };
  /** Fixes the noise. */
  readonly seed: number;
}

/** Changes nothing: linear light is encoded as sRGB, no more. */
export const plainFilm: FilmSpec = {
  metering: 0,
  exposure: 0,
  balance: [1, 1, 1],
  defocus: 0,
  motion: 0,
  motionAngle: 0,
  vignette: 0,
  aberration: 0,
  glow: 0,
  haze: 0,
  resolution: 1,
  shotNoise: 0,
  readNoise: 0,
  chroma: 0,
  denoise: 0,
  beauty: 0,
  contrast: 0,
  gamma: 1,
  black: [0, 0, 0],
  white: [1, 1, 1],
  saturation: 1,
  tone: [1, 1, 1],
  sharpening: 0,
  jpegs: [],
  seed: 0,
};

/** Share of pictures that are nearly clean. */
const cleanShare = 0.35;

/** Chooses a camera, its settings and what became of the file. A third are nearly clean, a few are bad in several ways. */
export function sampleFilm(random: Random): FilmSpec {
  const severity = random.chance(cleanShare) ? random.range(0, 0.12) : random.range(0.15, 1);
  /** An amount that grows with severity; 0 where the effect is absent. */
  const amount = (probability: number, most: number) =>
    random.chance(probability * (0.2 + 0.8 * severity)) ? most * severity * random.uniform() : 0;
  const around = (spread: number): Triple => {
    const s = spread * (0.15 + severity);
    return [2 ** (s * random.normal()), 1, 2 ** (s * random.normal())];
  };
  const faded = random.chance(0.15 * severity + 0.03);
  const level = (spread: number) => Math.abs(spread * random.normal());
  const blackLevel = faded ? random.range(0.02, 0.16) : 0;
  const monochrome = random.chance(0.06);
  const sepia = monochrome && random.chance(0.35);
  const high = severity < 0.15;
  const quality = () => Math.round(high ? random.range(82, 95) : 95 - 80 * severity * random.uniform() ** 1.3);
  const subsampling = () => random.pick(["4:2:0", "4:4:4"] as const, [3, 1]);
  const jpegs = Array.from({ length: random.pick([0, 1, 2], high ? [3, 6, 0] : [1, 6, 3]) }, () => ({
    quality: quality(),
    subsampling: subsampling(),
  }));
  return {
    metering: random.range(0.7, 1),
    exposure: (0.2 + 0.4 * severity) * clamped(random.normal(), 1.9),
    balance: around(0.13),
    defocus: amount(0.6, 0.009),
    motion: amount(0.3, 0.04),
    motionAngle: random.range(0, Math.PI),
    vignette: amount(0.5, 0.7),
    aberration: amount(0.5, 0.006),
    glow: amount(0.35, 0.35),
    haze: amount(0.3, 0.12),
    resolution: random.chance(0.55 * severity) ? 1 - 0.72 * severity * random.uniform() : 1,
    shotNoise: high ? random.range(0, 0.015) : amount(0.75, 0.1),
    readNoise: high ? random.range(0, 0.002) : amount(0.75, 0.018),
    chroma: random.uniform(),
    denoise: amount(0.6, 1),
    beauty: amount(0.25, 1.2),
    contrast: random.pick([0, random.range(0, 0.8), random.range(-0.4, 0)], [2, 6, 1]) * (0.5 + 0.8 * severity),
    gamma: 2 ** (0.2 * (0.2 + severity) * random.normal()),
    black: [blackLevel + (faded ? level(0.03) : 0), blackLevel, blackLevel + (faded ? level(0.04) : 0)],
    white: faded ? [1 - level(0.04), 1 - level(0.05), 1 - level(0.09)] : [1, 1, 1],
    saturation: monochrome ? 0 : Math.max(0.15, 1 + 0.3 * (0.3 + severity) * random.normal()),
    tone: sepia ? [1.08, 0.96, random.range(0.65, 0.85)] : [1, 1, 1],
    sharpening: random.chance(0.5) ? random.range(0, 0.5 + 1.2 * severity) : 0,
    jpegs,
    overlay: random.chance(0.04) ? sampleOverlay(random) : undefined,
    seed: random.integer(2 ** 31),
  };
}

const clamped = (x: number, most: number): number => Math.min(most, Math.max(-most, x));

const sampleOverlay = (random: Random): FilmSpec["overlay"] => {
  const across = random.chance(0.4);
  const light = random.chance(0.75) ? 1 : 0;
  return {
    text: Array.from({ length: 4 + random.integer(9) }, () => random.pick([..."ABCDEFGHIJKLMNOPRSTUVWXYZ2347"])).join(
      "",
    ),
    x: random.range(0, across ? 0.2 : 0.7),
    y: across ? random.range(0.3, 0.7) : random.pick([random.range(0.01, 0.06), random.range(0.88, 0.96)]),
    height: across ? random.range(0.04, 0.12) : random.range(0.02, 0.045),
    colour: [light, light, random.chance(0.2) ? 0.1 : light],
    opacity: across ? random.range(0.08, 0.35) : random.range(0.4, 1),
  };
};
