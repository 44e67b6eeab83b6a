import type { Assets } from "../assets.ts";
import { randomPerson, randomShape } from "../makehuman/heads.ts";
import { ancestryShares, type Person } from "../makehuman/macro.ts";
import { clamp, mix } from "../noise.ts";
import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import type { SkinPicture } from "./skins.ts";
import type { EyeSpec, MakeUp, SkinSpec, SubjectSpec } from "./spec.ts";

const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** Draws who a portrait shows. */
export function sampleSubject(random: Random, { rig, parts, skins }: Assets): SubjectSpec {
  const person = randomPerson(random);
  const shape = Object.fromEntries(randomShape(random, rig.sliders));
  const melanin = sampleMelanin(random, person);
  const hairColour = sampleHairColour(random, person, melanin);
  const style = (kind: string) => random.pick([...parts.keys()].filter((path) => path.startsWith(`${kind}/`)));
  const female = person.male < 0.5;
  const madeUp = female && person.age > 15 && random.chance(0.45);
  const skin = sampleSkin(random, person, melanin, madeUp, skins.pictures);
  return {
    person,
    shape,
    spanned: random.chance(0.5),
    skin,
    eyes: sampleEyes(random, melanin),
    hairColour,
    brows: {
      style: style("eyebrows"),
      colour: browColour(random, hairColour, skin.tone),
      opacity: random.range(0.55, 1),
    },
    lashes: {
      style: style("eyelashes"),
      colour: madeUp ? [0.005, 0.005, 0.005] : [0.012, 0.009, 0.007],
      opacity: madeUp ? random.range(0.75, 1) : random.range(0.25, female ? 0.8 : 0.55),
    },
    teeth: sampleTeeth(random),
  };
}

/** From white to yellowish. */
function sampleTeeth(random: Random): Rgb {
  const value = random.range(0.8, 1.05);
  const blue = random.range(0.72, 0.98);
  return [value, value * mix(blue, 1, 0.7), value * blue];
}

/** As the hair, mostly darker, and never lighter than the skin. */
function browColour(random: Random, hair: Rgb, tone: Rgb): Rgb {
  const value = random.range(0.45, 0.9) * Math.min(1, (0.7 * luminance(tone)) / luminance(hair));
  return [value * hair[0], value * hair[1], value * hair[2]];
}

/** How skin darkens with melanin (a unit of it goes from pale to olive), and with blood: natural logarithms for r, g, b. */
const melaninAbsorbs = [0.62, 0.78, 0.9] as const;
export const bloodAbsorbs = [0.08, 0.55, 0.42] as const;
const paleSkin = [0.6, 0.405, 0.32] as const;

/** Melanin of most people by ancestry: mean and standard deviation. */
const melaninOf: Readonly<Record<string, readonly [number, number]>> = {
  african: [2.35, 0.5],
  asian: [0.55, 0.35],
  caucasian: [0.15, 0.3],
};

/** From −0.3, palest, to 3, darkest; a third of all people have any of them, so that every tone is common. */
function sampleMelanin(random: Random, person: Person): number {
  if (random.chance(0.33)) return random.range(-0.3, 2.8);
  let mean = 0;
  let spread = 0;
  for (const [ancestry, share] of ancestryShares(person)) {
    mean += share * melaninOf[ancestry][0];
    spread += share * melaninOf[ancestry][1];
  }
  return clamp(mean + spread * random.normal(), -0.3, 3);
}

function sampleSkin(
  random: Random,
  person: Person,
  melanin: number,
  madeUp: boolean,
  pictures: readonly SkinPicture[],
): SkinSpec {
  const blood = 0.05 + 0.11 * random.normal();
  const yellow = 0.07 * random.normal();
  const tone = paleSkin.map((x, c) =>
    Math.min(0.75, x * Math.exp(-melanin * melaninAbsorbs[c] - blood * bloodAbsorbs[c] - (c === 2 ? yellow : 0))),
  ) as unknown as Rgb;
  const dark = clamp(melanin / 3);
  const redder = (mean: number) => (mean + 0.16 * random.normal()) * (1 - 0.5 * dark);
  const fair = clamp(1 - melanin / 1.2);
  const spots = (chance: number, count: number, strength: number) =>
    random.chance(chance)
      ? { count: Math.round(count * random.uniform() ** 2), strength: strength * random.range(0.4, 1) }
      : { count: 0, strength: 0 };
  const old = clamp((person.age - 35) / 50);
  const makeUp = (chance: number, colours: readonly Rgb[], cover: number): MakeUp | null =>
    madeUp && random.chance(chance)
      ? {
          colour: random
            .pick(colours)
            .map((x) => clamp(x * Math.exp(0.25 * random.normal()), 0.01, 0.8)) as unknown as Rgb,
          cover: cover * random.range(0.25, 1),
        }
      : null;
  return {
    pictures: [pickSkin(random, person, tone, pictures), pickSkin(random, person, tone, pictures)],
    share: random.uniform(),
    tone,
    contrast: random.range(0.75, 1.15),
    blood: {
      cheeks: redder(0.06),
      nose: redder(0.06),
      ears: redder(0.08),
      chin: redder(0),
      lips: redder(0.12) + 0.55 * dark,
      underEyes: redder(0.05),
    },
    freckles: spots(0.1 + 0.5 * fair, 420, 0.5),
    moles: spots(0.5, 7, 0.85),
    blemishes: spots(person.age < 35 ? 0.45 : 0.2, 26, 0.6),
    ageSpots: spots(old, 40, 0.4),
    lipstick: makeUp(0.8, lipsticks, 0.65),
    eyeShadow: makeUp(0.6, eyeShadows, 0.6),
    blush: makeUp(0.5, blushes, 0.3),
    liner: madeUp ? random.range(0.2, 0.9) : random.range(0, 0.15),
    oiliness: clamp(0.4 + 0.2 * random.normal(), 0.05, 1),
    seed: random.integer(2 ** 31),
  };
}

/** Linear reflectances of make-up: reds, pinks, nudes, dark ones. */
const lipsticks: readonly Rgb[] = [
  [0.4, 0.02, 0.03],
  [0.5, 0.1, 0.14],
  [0.45, 0.17, 0.15],
  [0.25, 0.03, 0.06],
  [0.36, 0.12, 0.09],
];
const eyeShadows: readonly Rgb[] = [
  [0.12, 0.07, 0.05],
  [0.05, 0.045, 0.05],
  [0.3, 0.17, 0.13],
  [0.1, 0.09, 0.16],
  [0.2, 0.08, 0.1],
];
const blushes: readonly Rgb[] = [
  [0.5, 0.17, 0.15],
  [0.5, 0.18, 0.12],
];

/** A skin of the pack that suits age, sex, ancestry and tone. */
function pickSkin(random: Random, person: Person, tone: Rgb, pictures: readonly SkinPicture[]): string {
  const shares = new Map(ancestryShares(person));
  const ages: Readonly<Record<string, number>> = {
    young: clamp((48 - person.age) / 25, 0.02),
    middleage: clamp(1 - Math.abs(person.age - 48) / 28, 0.02),
    old: clamp((person.age - 50) / 22, 0.005),
  };
  const weights = pictures.map(({ name, linear }) => {
    const [age, ancestry, sex] = name.replace(/\d$/, "").split("_");
    const difference = Math.log(luminance(linear) / luminance(tone));
    return (
      (ages[age] ?? 0) *
      (0.1 + (shares.get(ancestry) ?? 0)) *
      (0.03 + (sex === "male" ? person.male : 1 - person.male)) *
      Math.exp(-((difference / 0.75) ** 2))
    );
  });
  return random.pick(pictures, weights).name;
}

/** Irises by how much melanin their people have at least seldom: the rest is brown. */
const paleIrises = [
  "blue_eye",
  "bluegreen_eye",
  "deepblue_eye",
  "green_eye",
  "grey_eye",
  "ice_eye",
  "lightblue_eye",
] as const;

function sampleEyes(random: Random, melanin: number): EyeSpec {
  const brown = random.chance(clamp(0.2 + 0.75 * melanin, 0, 0.97));
  const dark = brown ? mix(1.1, 0.55, clamp(melanin / 1.6)) : 1;
  const value = dark * Math.exp(0.22 * random.normal());
  const white = random.range(0.5, 0.72);
  return {
    iris: brown ? random.pick(["brown_eye", "brownlight_eye"], [1, 0.6]) : random.pick(paleIrises),
    tint: [0, 1, 2].map(() => value * Math.exp(0.08 * random.normal())) as unknown as Rgb,
    saturation: random.range(0.4, 0.95),
    pupil: random.range(0.26, 0.55),
    limbus: random.range(0.3, 0.85),
    white: [white, white * random.range(0.9, 0.98), white * random.range(0.82, 0.96)],
    redness: random.uniform() ** 2 * 0.8,
  };
}

/** Hair from black to blond, and red. */
const hairTones: readonly (readonly [Rgb, melanin: number])[] = [
  [[0.012, 0.01, 0.009], 1.6],
  [[0.03, 0.02, 0.014], 0.9],
  [[0.07, 0.042, 0.026], 0.45],
  [[0.13, 0.085, 0.05], 0.3],
  [[0.3, 0.2, 0.11], 0.15],
  [[0.2, 0.065, 0.025], 0.15],
];

function sampleHairColour(random: Random, { age }: Person, melanin: number): Rgb {
  const weights = hairTones.map(([, limit], i) =>
    i === 0 ? 0.25 + melanin : Math.exp(-Math.max(0, melanin - limit) * 4),
  );
  const [tone] = random.pick(hairTones, weights);
  const grey = random.chance(clamp((age - 32) / 45)) ? clamp(random.range(0.1, 0.5) + (age - 40) / 60) : 0;
  const value = Math.exp(0.25 * random.normal());
  return tone.map((x) => mix(x * value, 0.35, grey)) as unknown as Rgb;
}
