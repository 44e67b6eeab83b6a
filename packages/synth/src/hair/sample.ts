import type { Person } from "../makehuman/macro.ts";
import { clamp, mix } from "../noise.ts";
import type { Random } from "../random.ts";
import { sampleHairColour } from "./colour.ts";
import type {
  GatheredLayer,
  HairKind,
  HairLayer,
  Hairline,
  HairSpec,
  ShellLayer,
  StrandLayer,
  StyleLayer,
} from "./spec.ts";
import { styleNames } from "./style.ts";

/** How often each kind occurs: women, men, and the factor at 70 years. */
const kindWeights: Record<HairKind, readonly [women: number, men: number, old: number]> = {
  style: [0.28, 0.27, 0.9],
  strands: [0.33, 0.27, 1],
  mixed: [0.13, 0.1, 0.9],
  gathered: [0.2, 0.04, 0.9],
  shell: [0.05, 0.13, 1],
  buzz: [0.01, 0.09, 1],
  balding: [0.005, 0.06, 3.5],
  bald: [0.008, 0.04, 2],
};

/** Which of the pack's styles women and men wear. */
const styleWeights: Record<(typeof styleNames)[number], readonly [women: number, men: number]> = {
  afro01: [0.5, 0.7],
  bob01: [1.6, 0.15],
  bob02: [1.2, 0.25],
  braid01: [1, 0.05],
  long01: [2, 0.3],
  ponytail01: [1.1, 0.15],
  short01: [0.3, 1.3],
  short02: [0.3, 1.4],
  short03: [0.5, 1],
  short04: [0.3, 1.5],
};

/** Styles of the pack that no training set has: what hair never trained on is evaluated with. */
const heldOutStyles: readonly string[] = ["bob02", "short04"];

export type StyleSet = "training" | "held-out";

const stylesOf = (set: StyleSet) => styleNames.filter((name) => heldOutStyles.includes(name) === (set === "held-out"));

/** Draws hair that suits a person of this age and sex. @param styles which of the pack's styles may occur */
export function sampleHair(random: Random, person: Person, styles: StyleSet = "training"): HairSpec {
  const kinds = Object.keys(kindWeights) as HairKind[];
  const old = clamp((person.age - 35) / 35);
  const adult = clamp((person.age - 14) / 10, 0.02, 1);
  const kind = random.pick(
    kinds,
    kinds.map((k) => {
      const [women, men, factor] = kindWeights[k];
      const bare = k === "balding" || k === "bald";
      return mix(women, men, person.male) * mix(1, factor, old) * (bare ? adult * (person.age > 27 ? 1 : 0.35) : 1);
    }),
  );
  const man = random.chance(person.male);
  const base = {
    seed: random.integer(2 ** 31),
    kind,
    colour: sampleHairColour(random, person),
    hairline: sampleHairline(random, person, man, kind),
  };
  return { ...base, layers: sampleLayers(random, person, man, kind, styles) };
}

function sampleHairline(random: Random, person: Person, man: boolean, kind: HairKind): Hairline {
  const age = clamp((person.age - 22) / 50);
  const recedes = man ? age * random.uniform() : 0.15 * age * random.uniform();
  const thin = man ? random.chance(0.25 * age) : random.chance(0.06 * age);
  const balding = kind === "balding";
  return {
    forehead: -3 + 5 * random.normal() + 16 * recedes + (balding ? random.range(8, 45) : 0),
    temples: Math.max(-4, 4 + 5 * random.normal() + 22 * recedes + (balding ? random.range(8, 40) : 0)),
    peak: random.chance(0.3) ? random.range(2, 14) : 0,
    sideburns: random.range(-8, 6),
    nape: random.range(-16, 4),
    roughness: random.range(2, 7),
    softness: random.range(5, 14),
    spot: balding ? random.range(20, 75) : thin ? random.range(15, 45) : 0,
    bareness: balding ? random.range(0.6, 1) : random.range(0.25, 0.7),
    wreath: balding && random.chance(0.55) ? random.range(28, 62) : null,
    density:
      kind === "bald"
        ? random.chance(0.6)
          ? 0
          : random.range(0.06, 0.4)
        : kind === "buzz"
          ? random.range(0.55, 0.97)
          : balding
            ? random.range(0.5, 0.95)
            : 0.97,
  };
}

function sampleLayers(random: Random, person: Person, man: boolean, kind: HairKind, styles: StyleSet): HairLayer[] {
  const curly = random.chance(0.25 + 0.5 * person.african);
  switch (kind) {
    case "style":
      return [sampleStyle(random, man, styles)];
    case "strands":
      return withBase(random, sampleStrands(random, man, curly));
    case "mixed":
      return sampleMixed(random, man, curly, styles);
    case "gathered":
      return sampleGathered(random, curly);
    case "shell":
      return sampleShells(random, curly || person.african > 0.5);
    case "buzz":
      return [{ ...plainShell, texture: "fuzz", layers: 2, ...even(random, random.range(0.8, 3.5)) }];
    case "balding":
      return random.chance(0.5)
        ? [{ ...plainShell, texture: random.pick(["fuzz", "tufts"]), layers: 3, ...even(random, random.range(2, 9)) }]
        : [
            {
              ...shortStrands(random),
              locks: 350,
              top: random.range(15, 60),
              sides: random.range(10, 30),
              back: random.range(12, 40),
              comb: {
                whorl: 0.8,
                parted: 0,
                back: random.range(-0.2, 1),
                side: 0.4 * random.normal(),
                up: random.range(0, 0.3),
              },
              lift: random.range(0.1, 0.4),
              fringe: null,
            },
          ];
    case "bald":
      return [];
  }
}

const plainShell: ShellLayer = {
  type: "shell",
  texture: "tufts",
  layers: 3,
  top: 4,
  sides: 3,
  back: 3,
  lumps: 0,
  lumpSize: 30,
};

const even = (random: Random, thickness: number) => ({
  top: thickness * random.range(0.9, 1.6),
  sides: thickness * random.range(0.5, 1.1),
  back: thickness * random.range(0.6, 1.1),
});

/** Dense short hair under locks: the skin does not shine through, silhouettes are closed. */
function withBase(random: Random, locks: StrandLayer): HairLayer[] {
  const curly = locks.curl > 3 && locks.wave < 60;
  const share = curly ? random.range(0.6, 0.85) : random.range(0.4, 0.65);
  const thickness = Math.max(1.5, share * locks.volume);
  return [
    {
      ...plainShell,
      texture: curly ? "coils" : "tufts",
      layers: curly ? 3 : 2,
      top: thickness,
      sides: Math.min(thickness, 2 + 0.35 * locks.sides),
      back: Math.min(thickness, 2 + 0.35 * locks.back),
    },
    locks,
  ];
}

function sampleStyle(random: Random, man: boolean, styles: StyleSet): StyleLayer {
  const names = stylesOf(styles);
  const name = random.pick(
    names,
    names.map((n) => styleWeights[n][man ? 1 : 0]),
  );
  const wild = random.uniform();
  const size = 1 + 0.03 * random.normal();
  const long = /bob|long|braid|ponytail/.test(name);
  return {
    type: "style",
    name,
    scale: [
      size * (1.01 + (long ? 0.03 : 0.045) * random.normal()),
      size * (1.01 + (long ? 0.025 : 0.045) * random.normal()),
      size * (1.01 + 0.03 * random.normal()),
    ],
    mirrored: random.chance(0.5),
    warp: random.chance(0.8) ? 2 + 14 * wild * wild : 0,
    wave: random.range(18, 80),
    sweep: random.chance(0.5)
      ? [(long ? 0.07 : 0.12) * random.normal(), (long ? 0.02 : 0.06) * random.normal()]
      : [0, 0],
    volume: clamp(1 + 0.35 * random.normal(), 0.5, long ? 1.3 : 2.4),
    cut: long && random.chance(0.4) ? random.range(-260, -30) : null,
    reach: !long && random.chance(0.3) ? random.range(10, 45) : null,
    roughness: random.range(2, 22),
    fringe: random.chance(0.85) ? random.range(-4, 40) : null,
  };
}

const straightDown: StrandLayer = {
  type: "strands",
  locks: 380,
  width: 7,
  top: 250,
  sides: 250,
  back: 250,
  uneven: 0.1,
  comb: { whorl: 1, parted: 0.8, back: 0, side: 0, up: 0 },
  parting: 0,
  hold: 70,
  gravity: 1,
  stiffness: 14,
  lift: 0.25,
  volume: 12,
  curl: 0,
  wave: 60,
  disorder: 0.3,
  frizz: 1,
  fringe: null,
  cheeks: [0, 0],
  front: [0, 0],
  tucked: [0, 0],
  cut: null,
  flyaway: 0.04,
  tie: null,
  half: 0,
};

function sampleFringe(random: Random): StrandLayer["fringe"] {
  return {
    level: random.pick([random.range(-12, 8), random.range(8, 22), random.range(22, 45)], [0.25, 0.45, 0.3]),
    side: random.chance(0.55) ? clamp(0.5 * random.normal(), -1, 1) : 0.1 * random.normal(),
    depth: random.range(16, 50),
    slope: random.chance(0.4) ? 0.25 * random.normal() : 0,
  };
}

/** Waves from none to ringlets. */
function sampleCurl(random: Random, curly: boolean): Pick<StrandLayer, "curl" | "wave" | "disorder" | "frizz"> {
  const kind = curly ? random.pick(["waves", "curls", "ringlets"]) : random.pick(["straight", "waves"], [0.7, 0.3]);
  const frizz = random.range(0.3, 2.5);
  if (kind === "waves")
    return { curl: random.range(2, 8), wave: random.range(55, 130), disorder: random.range(0.05, 0.4), frizz };
  if (kind === "curls")
    return { curl: random.range(4, 10), wave: random.range(30, 60), disorder: random.range(0.3, 1), frizz: 2 * frizz };
  if (kind === "ringlets")
    return { curl: random.range(4, 8), wave: random.range(18, 32), disorder: 1, frizz: 3 * frizz };
  return {
    curl: random.chance(0.3) ? random.range(0.6, 2) : 0,
    wave: random.range(60, 120),
    disorder: random.range(0.1, 1),
    frizz,
  };
}

/** Hair behind one ear or both: all of it, or so that locks fall over the ear. */
function sampleTuck(random: Random): StrandLayer["tucked"] {
  const share = random.chance(0.45) ? 1 : random.range(0.35, 0.95);
  return random.pick([
    [share, 0],
    [0, share],
    [share, share],
  ] as const);
}

function longStrands(random: Random, curly: boolean): StrandLayer {
  // To the chin or the neck, the shoulders, the chest.
  const length = random.pick(
    [random.range(130, 260), random.range(260, 400), random.range(400, 620)],
    [0.3, 0.35, 0.35],
  );
  const front = random.chance(0.3) ? 0 : random.chance(0.4) ? 1 : random.range(0.2, 0.8);
  const fringe = random.chance(0.3) ? sampleFringe(random) : null;
  const blunt = random.chance(0.55);
  const curl = sampleCurl(random, curly);
  const covers = random.chance(0.3);
  const tucks = random.chance(0.45);
  const cheek = random.range(-10, 10);
  const oneSided = random.chance(0.25) ? 0.5 * random.normal() : 0;
  return {
    ...straightDown,
    ...curl,
    locks: Math.round(random.range(320, 480)),
    width: random.range(6.5, 12) * (curl.curl < 1 ? 1.3 : 1),
    top: length,
    sides: length * random.range(0.85, 1.05),
    back: length * random.range(0.8, 1.1),
    uneven: random.range(0.03, 0.25),
    comb: {
      whorl: random.range(0.5, 1.1),
      parted: random.chance(0.8) ? random.range(0.5, 1.3) : 0,
      back: random.range(-0.2, 0.7),
      side: oneSided,
      up: random.range(0, 0.15),
    },
    parting: random.chance(0.4) ? random.range(-5, 5) : random.range(-40, 40),
    hold: random.range(50, 110),
    gravity: random.range(0.7, 1.4),
    stiffness: random.range(8, 26),
    lift: random.range(0.1, 0.4),
    volume: random.range(5, 26) + curl.curl,
    fringe,
    cheeks: covers ? [cheek + random.range(0, 40), cheek] : [cheek + 4 * random.normal(), cheek + 4 * random.normal()],
    tucked: tucks ? sampleTuck(random) : [0, 0],
    front: random.chance(0.2) ? [front, 0] : [front, front],
    cut: blunt ? -Math.max(45, (length - 120) * random.range(0.7, 1)) : null,
    flyaway: random.range(0, 0.1),
  };
}

/** Short hair: sides shorter than the top, combed in every way. */
function shortStrands(random: Random): StrandLayer {
  const top = random.range(22, 95);
  const way = random.pick(
    ["fringe", "parted", "back", "quiff", "spiky", "messy"],
    [0.28, 0.24, 0.17, 0.13, 0.05, 0.13],
  );
  const combs: Record<string, StrandLayer["comb"]> = {
    fringe: { whorl: 1, parted: 0, back: -0.6, side: 0.5 * random.normal(), up: 0 },
    parted: { whorl: 0.4, parted: 1.2, back: random.range(-0.2, 0.4), side: 0, up: random.range(0, 0.4) },
    back: { whorl: 0.2, parted: 0.2, back: 1.4, side: 0.3 * random.normal(), up: random.range(0, 0.4) },
    quiff: {
      whorl: 0.1,
      parted: 0.2,
      back: random.range(0.1, 0.8),
      side: 0.4 * random.normal(),
      up: random.range(0.6, 1.4),
    },
    spiky: { whorl: 0.4, parted: 0, back: 0, side: 0.2 * random.normal(), up: random.range(1, 2) },
    messy: {
      whorl: 0.7,
      parted: 0,
      back: 0.4 * random.normal(),
      side: 0.5 * random.normal(),
      up: random.range(0.1, 0.8),
    },
  };
  const standing = way === "quiff" || way === "spiky";
  return {
    ...straightDown,
    locks: Math.round(random.range(600, 900)),
    width: random.range(3.6, 6.5),
    top: standing ? 0.7 * top : top,
    sides: random.range(8, 38),
    back: random.range(8, 40),
    uneven: random.range(0.08, 0.3),
    comb: combs[way],
    parting: random.chance(0.5) ? random.range(20, 45) : random.range(-45, -20),
    hold: standing ? random.range(40, 90) : random.range(40, 120),
    gravity: standing ? random.range(0.1, 0.4) : random.range(0.3, 0.9),
    stiffness: random.range(10, 35),
    lift: standing ? random.range(0.5, 0.9) : random.range(0.2, 0.55),
    volume: random.range(4, 16),
    disorder: random.range(0.3, 1),
    curl: random.chance(0.35) ? random.range(1, 5) : 0,
    wave: random.range(25, 70),
    frizz: random.range(1, way === "messy" ? 7 : 3),
    fringe:
      way === "fringe" || (way === "messy" && random.chance(0.5))
        ? { ...sampleFringe(random)!, level: random.range(6, 48) }
        : null,
    tucked: [random.chance(0.85) ? 1 : 0, random.chance(0.85) ? 1 : 0],
    flyaway: random.range(0, 0.06),
  };
}

function curlyStrands(random: Random): StrandLayer {
  const length = random.range(30, 190) * (random.chance(0.35) ? 2 : 1);
  return {
    ...longStrands(random, true),
    ...sampleCurl(random, true),
    locks: Math.round(random.range(380, 560) * clamp(1.25 - length / 400)),
    width: random.range(4.5, 8),
    top: length,
    sides: length * random.range(0.6, 1),
    back: length * random.range(0.7, 1),
    comb: {
      whorl: 1,
      parted: random.chance(0.5) ? random.range(0.2, 0.9) : 0,
      back: 0.2 * random.normal(),
      side: 0.25 * random.normal(),
      up: random.range(0.2, 0.9),
    },
    lift: random.range(0.4, 0.8),
    volume: random.range(14, 38),
    gravity: random.range(0.25, 0.8),
    stiffness: random.range(14, 32),
    flyaway: random.range(0.02, 0.12),
  };
}

/** Pixies, mop-tops, bowl cuts, bobs. */
function mediumStrands(random: Random): StrandLayer {
  const length = random.range(70, 150);
  const cut = random.range(-75, 0);
  return {
    ...longStrands(random, random.chance(0.25)),
    top: length,
    sides: length * random.range(0.55, 1),
    back: length * random.range(0.55, 1),
    cut: random.chance(0.7) ? cut : null,
    volume: random.range(8, 22),
    fringe: random.chance(0.6) ? sampleFringe(random) : null,
  };
}

function sampleStrands(random: Random, man: boolean, curly: boolean): StrandLayer {
  const form = random.pick(
    ["long", "medium", "short", "curly"],
    man ? [0.12, 0.2, 0.8, 0.15 + 0.4 * +curly] : [1.4, 0.25, 0.1, 0.1 + 0.4 * +curly],
  );
  if (form === "long") return longStrands(random, curly);
  if (form === "medium") return mediumStrands(random);
  if (form === "short") return shortStrands(random);
  return curlyStrands(random);
}

/** A style of the pack with grown locks over it: other outlines, other texture. */
function sampleMixed(random: Random, man: boolean, curly: boolean, styles: StyleSet): HairLayer[] {
  const style = { ...sampleStyle(random, man, styles), volume: random.range(0.6, 1.2) };
  const short = man ? random.chance(0.8) : random.chance(0.25);
  const locks = short ? shortStrands(random) : random.chance(0.3) ? mediumStrands(random) : longStrands(random, curly);
  return [
    style,
    {
      ...locks,
      locks: Math.round(locks.locks * random.range(0.35, 0.75)),
      volume: locks.volume + random.range(2, 10),
      // Standing hair would come out of lying cards.
      comb: { ...locks.comb, up: Math.min(0.4, locks.comb.up) },
      lift: Math.min(0.5, locks.lift),
      gravity: Math.max(0.3, locks.gravity),
      flyaway: random.range(0.02, 0.15),
    },
  ];
}

/** Hair drawn back, with what hangs or sits there, and what has come loose. */
function sampleGathered(random: Random, curly: boolean): HairLayer[] {
  const form = random.pick(
    ["bun", "tail", "braid", "puff"] as const,
    curly ? [0.3, 0.3, 0.15, 0.25] : [0.36, 0.38, 0.22, 0.04],
  );
  const place = random.pick(
    ["low", "middle", "high", "top"],
    form === "braid" ? [0.6, 0.4, 0, 0] : [0.3, 0.3, 0.25, form === "tail" ? 0.05 : 0.25],
  );
  const pair = random.chance(form === "puff" || form === "braid" ? 0.3 : 0.12);
  const aside = pair ? random.range(0.5, 0.9) : random.chance(0.2) ? 0.5 * random.normal() : 0.06 * random.normal();
  const heights: Record<string, readonly [number, number]> = {
    low: [-0.35, -0.05],
    middle: [-0.05, 0.4],
    high: [0.4, 0.85],
    top: [1.2, 4],
  };
  const height = random.range(...heights[place]);
  const at = (side: number): GatheredLayer["at"] => {
    const length = Math.hypot(side, height, 1);
    return [side / length, height / length, -1 / length];
  };
  const curl = curly ? random.range(2, 9) : random.chance(0.4) ? random.range(0, 4) : 0;
  const layer = (side: number): GatheredLayer => ({
    type: "gathered",
    form,
    locks: Math.round((form === "puff" ? 420 : 160) * (pair ? 0.55 : 1)),
    at: at(side),
    radius:
      form === "tail"
        ? random.range(14, 30)
        : form === "braid"
          ? random.range(9, 17)
          : form === "bun"
            ? random.range(18, 42)
            : random.range(32, 62),
    length: random.range(140, 330),
    curl,
    wave: random.range(25, 90),
    mess: random.uniform() ** 1.5,
  });
  const ends = pair ? [layer(aside), layer(-aside)] : [layer(aside)];
  const drawn: StrandLayer = {
    ...straightDown,
    locks: 340,
    width: random.range(4, 7),
    top: 220,
    sides: 220,
    back: 220,
    lift: random.range(0.02, 0.15),
    volume: random.range(2, 12),
    stiffness: random.range(6, 14),
    frizz: random.range(0.2, 1.5),
    curl: curly ? random.range(0, 2.5) : 0,
    wave: random.range(20, 60),
    tucked: [1, 1],
    flyaway: 0,
    tie: ends[0].at,
  };
  const loose = {
    ...longStrands(random, curly),
    locks: Math.round(random.range(4, 26)),
    volume: drawn.volume + 2,
    width: random.range(2, 5),
  };
  const side = ends[0].at[0] > 0 ? 1 : -1;
  const drawnLayers: StrandLayer[] = pair
    ? [
        { ...drawn, half: side },
        { ...drawn, tie: ends[1].at, half: side > 0 ? -1 : 1 },
      ]
    : [drawn];
  return [
    { ...plainShell, layers: 1, ...even(random, Math.max(1.2, 0.4 * drawn.volume)) },
    ...drawnLayers,
    ...ends,
    ...(random.chance(0.6) ? [loose] : []),
  ];
}

function sampleShells(random: Random, coiled: boolean): HairLayer[] {
  const texture = coiled ? "coils" : random.pick(["coils", "tufts", "fuzz"] as const, [0.35, 0.45, 0.2]);
  const thickness =
    texture === "coils"
      ? 4 + 52 * random.uniform() ** 1.6
      : texture === "tufts"
        ? random.range(3, 22)
        : random.range(2, 9);
  const shell: ShellLayer = {
    type: "shell",
    texture,
    layers: 5,
    top: thickness * random.range(0.9, 1.5),
    sides: thickness * random.range(0.35, 1.1),
    back: thickness * random.range(0.5, 1.1),
    lumps: random.range(0.05, 0.5),
    lumpSize: random.range(10, 45),
  };
  if (texture === "fuzz" || random.chance(thickness < 12 ? 0.4 : 0.12)) return [shell];
  const tips: StrandLayer =
    texture === "coils"
      ? {
          ...curlyStrands(random),
          locks: 320,
          top: shell.top + random.range(6, 22),
          sides: shell.sides + random.range(4, 14),
          back: shell.back + random.range(4, 14),
          lift: 0.9,
          volume: 0.6 * thickness,
          gravity: random.range(0, 0.25),
          curl: random.range(2, 5),
          wave: random.range(9, 22),
          fringe: null,
          cut: null,
        }
      : {
          ...shortStrands(random),
          locks: 420,
          top: shell.top * 2 + 10,
          sides: shell.sides * 2 + 6,
          back: shell.back * 2 + 6,
          volume: 0.7 * thickness,
        };
  return [shell, tips];
}
