import { shade, type Vec3 } from "cameo";
import { clamp } from "../noise.ts";
import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { type Glow, illuminationOf, type Lamp, type LightingSpec, sphereDirections } from "./lighting.ts";

type Scene = Omit<LightingSpec, "scene">;

/** The direction `azimuth` degrees to the picture's right of the viewer's side, `elevation` degrees above the horizon; light space. */
export function lightFrom(azimuth: number, elevation: number): Vec3 {
  const a = (azimuth * Math.PI) / 180;
  const e = (elevation * Math.PI) / 180;
  return [Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e)];
}

/** Wavelengths at which red, green and blue see a glowing body, m. */
const wavelengths = [612e-9, 549e-9, 465e-9] as const;
/** Second radiation constant, m K. */
const planck = 0.014388;

/** Colour of light of a temperature (K) as a camera balanced for another temperature sees it; green is 1. (Planck's law) */
export function colourOfTemperature(kelvin: number, balance: number): Rgb {
  const ratio = (l: number) => Math.expm1(planck / (l * balance)) / Math.expm1(planck / (l * kelvin));
  const [r, g, b] = wavelengths.map(ratio);
  return [r / g, 1, b / g];
}

const scaled = (colour: Rgb, by: number): Rgb => [colour[0] * by, colour[1] * by, colour[2] * by];
const times = (a: Rgb, b: Rgb): Rgb => [a[0] * b[0], a[1] * b[1], a[2] * b[2]];
const grey = (value: number): Rgb => [value, value, value];

/** Surfaces that throw light back from below or from around: grey, warm or green. */
const groundColour = (random: Random): Rgb =>
  random.pick<Rgb>([
    [0.5, 0.5, 0.5],
    [0.55, 0.45, 0.35],
    [0.35, 0.42, 0.22],
    [0.85, 0.85, 0.88],
    [0.25, 0.22, 0.2],
  ]);

const wallColour = (random: Random): Rgb => {
  const base = random.range(0.45, 1);
  return [base * random.range(0.85, 1.1), base * random.range(0.85, 1), base * random.range(0.7, 1.05)];
};

/** Signed azimuth on either side. */
const either = (random: Random, low: number, high: number) => (random.chance(0.5) ? -1 : 1) * random.range(low, high);

/** Kinds of light with how often they come. */
const scenes: Record<string, { readonly weight: number; readonly draw: (random: Random) => Scene }> = {
  overcast: { weight: 1.3, draw: overcast },
  shade: { weight: 1, draw: openShade },
  sun: { weight: 1.5, draw: sun },
  backlight: { weight: 0.7, draw: backlight },
  sunset: { weight: 0.6, draw: sunset },
  window: { weight: 1.6, draw: windowed },
  room: { weight: 1.6, draw: room },
  studio: { weight: 1.3, draw: studio },
  ring: { weight: 0.4, draw: ring },
  flash: { weight: 0.7, draw: flash },
  screen: { weight: 0.3, draw: screen },
  party: { weight: 0.4, draw: party },
  stage: { weight: 0.35, draw: stage },
};

/** Light of everyday photos, from flat to hard and from every side. */
export function sampleLighting(random: Random): LightingSpec {
  const names = Object.keys(scenes);
  const scene = random.pick(
    names,
    names.map((name) => scenes[name].weight),
  );
  return expose({ scene, ...scenes[scene].draw(random) });
}

function overcast(random: Random): Scene {
  const sky = colourOfTemperature(random.range(6000, 7500), 6300);
  const bright = random.range(0.8, 1.2);
  return {
    above: scaled(sky, bright),
    around: scaled(sky, bright * random.range(0.35, 0.9)),
    below: scaled(groundColour(random), bright * random.range(0.15, 0.5)),
    glows: [
      {
        direction: lightFrom(random.range(-180, 180), random.range(25, 70)),
        spread: random.range(35, 70),
        colour: scaled(sky, random.range(0.3, 1.6)),
      },
    ],
    lamps: [],
  };
}

/** Out of the sun, lit by the open side: a wall or trees on the other. */
function openShade(random: Random): Scene {
  const sky = colourOfTemperature(random.range(6500, 9500), random.range(6000, 8500));
  const open = lightFrom(random.range(-100, 100), random.range(5, 50));
  return {
    above: scaled(sky, random.range(0.1, 0.6)),
    around: scaled(groundColour(random), random.range(0.1, 0.4)),
    below: scaled(groundColour(random), random.range(0.15, 0.5)),
    glows: [{ direction: open, spread: random.range(30, 65), colour: scaled(sky, random.range(1, 2.5)) }],
    lamps: [],
  };
}

function sun(random: Random): Scene {
  const balance = random.range(4900, 6000);
  const sky = colourOfTemperature(random.range(8000, 14000), balance);
  const direction = lightFrom(random.range(-110, 110), random.range(12, 72));
  const light = colourOfTemperature(random.range(4600, 5600), balance);
  const fill = random.range(0.12, 0.5);
  return {
    above: scaled(sky, fill),
    around: scaled(sky, 1.2 * fill),
    below: scaled(times(groundColour(random), light), random.range(0.1, 0.6)),
    glows: [{ direction, spread: random.range(20, 45), colour: scaled(light, 0.4 * fill) }],
    lamps: [
      {
        direction,
        radius: random.chance(0.6) ? 0.6 : random.range(1, 6),
        shape: "round",
        colour: scaled(light, random.range(0.7, 1.3)),
      },
    ],
  };
}

/** The sun behind the head, which the surroundings before it light. */
function backlight(random: Random): Scene {
  const balance = random.range(4800, 6500);
  const light = colourOfTemperature(random.range(3500, 5600), balance);
  const sky = colourOfTemperature(random.range(6000, 9000), balance);
  const direction = lightFrom(either(random, 125, 175), random.range(8, 55));
  const fill = random.range(0.25, 0.8);
  return {
    above: scaled(sky, fill),
    around: scaled(sky, fill * random.range(0.6, 1)),
    below: scaled(times(groundColour(random), light), random.range(0.4, 0.9)),
    glows: [{ direction, spread: 40, colour: scaled(light, random.range(0.3, 1)) }],
    lamps: [{ direction, radius: random.range(0.6, 8), shape: "round", colour: scaled(light, random.range(1, 3)) }],
  };
}

function sunset(random: Random): Scene {
  const balance = random.range(4200, 5600);
  const light = colourOfTemperature(random.range(2300, 3600), balance);
  const sky = colourOfTemperature(random.range(7000, 12000), balance);
  const azimuth = random.range(-150, 150);
  const direction = lightFrom(azimuth, random.range(2, 16));
  return {
    above: scaled(sky, random.range(0.15, 0.45)),
    around: scaled(sky, random.range(0.1, 0.3)),
    below: scaled(times(groundColour(random), light), random.range(0.05, 0.3)),
    glows: [{ direction, spread: random.range(30, 55), colour: scaled(light, random.range(0.4, 1.2)) }],
    lamps: [{ direction, radius: random.range(1, 7), shape: "round", colour: scaled(light, random.range(0.3, 1)) }],
  };
}

function windowed(random: Random): Scene {
  const balance = random.range(4600, 6500);
  const light = colourOfTemperature(random.range(5400, 8000), balance);
  const wall = wallColour(random);
  const fill = random.range(0.05, 0.4);
  const azimuth = either(random, 5, 125);
  const lamps: Lamp[] = [
    {
      direction: lightFrom(azimuth, random.range(-5, 30)),
      radius: random.range(10, 28),
      shape: "square",
      colour: scaled(light, random.range(0.7, 1.2)),
    },
  ];
  if (random.chance(0.35)) {
    const warm = colourOfTemperature(random.range(2500, 3600), balance);
    lamps.push({
      direction: lightFrom(-azimuth * random.range(0.2, 1.2), random.range(20, 75)),
      radius: random.range(4, 12),
      shape: "round",
      colour: scaled(warm, random.range(0.08, 0.4)),
    });
  } else if (random.chance(0.25)) {
    lamps.push({
      direction: lightFrom(-azimuth, random.range(0, 25)),
      radius: random.range(8, 20),
      shape: "square",
      colour: scaled(light, random.range(0.15, 0.6)),
    });
  }
  return {
    above: scaled(times(wall, light), 1.2 * fill),
    around: scaled(times(wall, light), fill),
    below: scaled(times(groundColour(random), light), fill),
    glows: [],
    lamps,
  };
}

function room(random: Random): Scene {
  const kelvin = random.range(2500, 5200);
  const balance = kelvin * random.range(0.85, 1.35);
  const light = colourOfTemperature(kelvin, balance);
  const wall = times(wallColour(random), light);
  const fill = random.range(0.12, 0.55);
  const count = 1 + random.integer(3);
  const lamps = Array.from(
    { length: count },
    (): Lamp => ({
      direction: lightFrom(random.range(-140, 140), random.range(28, 85)),
      radius: random.range(4, 16),
      shape: random.chance(0.5) ? "round" : "square",
      colour: scaled(light, random.range(0.3, 1)),
    }),
  );
  return {
    above: scaled(wall, 1.4 * fill),
    around: scaled(wall, fill),
    below: scaled(times(groundColour(random), light), random.range(0.2, 0.9) * fill),
    glows: [],
    lamps,
  };
}

function studio(random: Random): Scene {
  const white = grey(1);
  const side = random.chance(0.5) ? 1 : -1;
  const lamps: Lamp[] = [
    {
      direction: lightFrom(side * random.range(5, 65), random.range(5, 50)),
      radius: random.range(8, 26),
      shape: random.chance(0.7) ? "square" : "round",
      colour: white,
    },
  ];
  if (random.chance(0.7))
    lamps.push({
      direction: lightFrom(-side * random.range(20, 80), random.range(-10, 35)),
      radius: random.range(14, 30),
      shape: "square",
      colour: grey(random.range(0.1, 0.7)),
    });
  if (random.chance(0.4))
    lamps.push({
      direction: lightFrom(-side * random.range(120, 165), random.range(10, 55)),
      radius: random.range(5, 14),
      shape: "square",
      colour: grey(random.range(0.5, 2)),
    });
  const wall = random.range(0.03, 0.35);
  return {
    above: grey(wall),
    around: grey(wall * random.range(0.6, 1.4)),
    below: grey(wall * random.range(0.3, 1)),
    glows: [],
    lamps,
  };
}

function ring(random: Random): Scene {
  const fill = random.range(0.05, 0.3);
  const wall = wallColour(random);
  return {
    above: scaled(wall, fill),
    around: scaled(wall, fill),
    below: scaled(wall, 0.6 * fill),
    glows: [],
    lamps: [
      {
        direction: lightFrom(random.range(-8, 8), random.range(-5, 10)),
        radius: random.range(8, 18),
        shape: "round",
        colour: grey(1),
      },
    ],
  };
}

/** The flash of a camera or telephone: hard, from the front, before surroundings that look dark beside it. */
function flash(random: Random): Scene {
  const fill = random.range(0.02, 0.25);
  const wall = times(wallColour(random), colourOfTemperature(random.range(2600, 5000), 5500));
  return {
    above: scaled(wall, 1.5 * fill),
    around: scaled(wall, fill),
    below: scaled(wall, 0.5 * fill),
    glows: [],
    lamps: [
      {
        direction: lightFrom(random.range(-7, 7), random.range(0, 14)),
        radius: random.range(0.8, 4),
        shape: "round",
        colour: colourOfTemperature(random.range(5000, 6200), 5500),
      },
    ],
  };
}

/** A face before a screen in a dark room. */
function screen(random: Random): Scene {
  const fill = random.range(0.02, 0.15);
  const light: Rgb = [random.range(0.6, 1), random.range(0.75, 1), random.range(0.9, 1.3)];
  const wall = times(wallColour(random), colourOfTemperature(random.range(2500, 6500), 5500));
  return {
    above: scaled(wall, fill),
    around: scaled(wall, fill),
    below: scaled(wall, 0.4 * fill),
    glows: [],
    lamps: [
      {
        direction: lightFrom(random.range(-30, 30), random.range(-35, 5)),
        radius: random.range(10, 24),
        shape: "square",
        colour: light,
      },
    ],
  };
}

/** A saturated colour of full brightness. */
function gel(random: Random): Rgb {
  const hue = random.range(0, 6);
  const pale = random.range(0.03, 0.5);
  const channel = (offset: number) => pale + (1 - pale) * clamp(2 - Math.abs(((hue + offset) % 6) - 3), 0, 1);
  return [channel(3), channel(1), channel(5)];
}

function party(random: Random): Scene {
  const lamps = Array.from(
    { length: 2 + random.integer(2) },
    (): Lamp => ({
      direction: lightFrom(random.range(-150, 150), random.range(-5, 65)),
      radius: random.range(2, 14),
      shape: "round",
      colour: scaled(random.chance(0.7) ? gel(random) : grey(1), random.range(0.3, 1)),
    }),
  );
  const around = scaled(gel(random), random.range(0.03, 0.2));
  return { above: around, around, below: scaled(around, 0.5), glows: [], lamps };
}

function stage(random: Random): Scene {
  const light = random.chance(0.5) ? colourOfTemperature(3200, random.range(3200, 5000)) : scaled(gel(random), 1);
  const glow: Glow = {
    direction: lightFrom(random.range(-180, 180), random.range(-20, 30)),
    spread: 50,
    colour: scaled(gel(random), random.range(0.05, 0.3)),
  };
  const lamps: Lamp[] = [
    {
      direction: lightFrom(random.range(-70, 70), random.range(20, 65)),
      radius: random.range(1, 5),
      shape: "round",
      colour: light,
    },
  ];
  if (random.chance(0.7))
    lamps.push({
      direction: lightFrom(either(random, 110, 175), random.range(15, 65)),
      radius: random.range(1, 6),
      shape: "round",
      colour: scaled(gel(random), random.range(0.5, 2)),
    });
  const dark = grey(random.range(0.01, 0.08));
  return { above: dark, around: dark, below: dark, glows: [glow], lamps };
}

/** Normals by which the brightness is judged. */
const normals = Float32Array.from(sphereDirections(200));

/**
 * Scales all light so that white on the brighter sides of what the viewer sees is near 1: what a camera that measures the face does.
 */
function expose(lighting: LightingSpec): LightingSpec {
  const light = shade(normals, illuminationOf(lighting));
  const seen: number[] = [];
  for (let i = 0; i < normals.length; i += 3)
    if (normals[i + 2] > 0.25) seen.push(0.25 * light[i] + 0.6 * light[i + 1] + 0.15 * light[i + 2]);
  seen.sort((a, b) => a - b);
  const by = 1 / Math.max(0.05, seen[Math.floor(0.85 * seen.length)]);
  return {
    ...lighting,
    above: scaled(lighting.above, by),
    around: scaled(lighting.around, by),
    below: scaled(lighting.below, by),
    glows: lighting.glows.map((glow) => ({ ...glow, colour: scaled(glow.colour, by) })),
    lamps: lighting.lamps.map((lamp) => ({ ...lamp, colour: scaled(lamp.colour, by) })),
  };
}
