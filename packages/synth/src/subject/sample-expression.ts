import type { Random } from "../random.ts";
import type { ExpressionSpec } from "./spec.ts";

type Named = Record<string, number>;

/** Draws what a face does: neutral to smiling mostly, often talking, seldom something strong. */
export function sampleExpression(random: Random): ExpressionSpec {
  const named: Named = {};
  const mood = random.pick(moods, moodWeights);
  mood(random, named);
  eyesAndBrows(random, named);
  return {
    named,
    units: random.chance(0.15) ? sampleUnits(random) : {},
    gaze: [clampTo(30, 7 * random.normal()), clampTo(25, 4.5 * random.normal())],
  };
}

const clampTo = (limit: number, x: number) => Math.max(-limit, Math.min(limit, x));

/** Left and right alike, but never quite. */
function both(random: Random, named: Named, name: string, weight: number): void {
  const tilt = 0.09 * random.normal();
  named[`${name}Left`] = Math.max(0, weight * (1 + tilt));
  named[`${name}Right`] = Math.max(0, weight * (1 - tilt));
}

const neutral = (random: Random, named: Named) => {
  both(random, named, "mouthSmile", random.range(0, 0.18));
  if (random.chance(0.3)) both(random, named, "mouthPress", random.range(0, 0.4));
  if (random.chance(0.25)) named.jawOpen = random.range(0, 0.06);
  if (random.chance(0.2)) both(random, named, "mouthFrown", random.range(0, 0.25));
};

const smile = (random: Random, named: Named) => {
  const strength = random.range(0.2, 0.85);
  both(random, named, "mouthSmile", strength);
  both(random, named, "cheekSquint", strength * random.range(0.1, 0.8));
  both(random, named, "eyeSquint", strength * random.range(0, 0.5));
  if (random.chance(0.3)) both(random, named, "mouthDimple", random.range(0, 0.5));
};

const teeth = (random: Random, named: Named) => {
  const strength = random.range(0.4, 0.95);
  both(random, named, "mouthSmile", strength);
  both(random, named, "cheekSquint", strength * random.range(0.2, 0.9));
  both(random, named, "eyeSquint", strength * random.range(0, 0.5));
  both(random, named, "mouthUpperUp", random.range(0.15, 0.5));
  both(random, named, "mouthLowerDown", random.range(0.05, 0.35));
  named.jawOpen = random.chance(0.6) ? random.range(0, 0.05) : random.range(0.05, 0.16);
};

const laugh = (random: Random, named: Named) => {
  teeth(random, named);
  named.jawOpen = random.range(0.2, 0.6);
};

const talk = (random: Random, named: Named) => {
  named.jawOpen = 0.03 + 0.4 * random.uniform() ** 2;
  both(random, named, "mouthSmile", random.range(0, 0.35));
  both(random, named, "mouthUpperUp", random.range(0, 0.35));
  both(random, named, "mouthLowerDown", random.range(0, 0.4));
  const vowel = random.uniform();
  if (vowel < 0.25) named.mouthFunnel = random.range(0.2, 0.8);
  else if (vowel < 0.45) named.mouthPucker = random.range(0.2, 0.8);
  else if (vowel < 0.6) both(random, named, "mouthStretch", random.range(0.1, 0.5));
  else if (vowel < 0.7) named.mouthRollLower = random.range(0.1, 0.6);
};

const surprise = (random: Random, named: Named) => {
  const strength = random.range(0.3, 1);
  named.jawOpen = strength * random.range(0.2, 0.7);
  named.browInnerUp = strength;
  both(random, named, "browOuterUp", strength * random.range(0.4, 1));
  both(random, named, "eyeWide", strength * random.range(0.3, 1));
};

const sad = (random: Random, named: Named) => {
  const strength = random.range(0.3, 1);
  both(random, named, "mouthFrown", strength);
  named.browInnerUp = strength * random.range(0.3, 1);
  if (random.chance(0.5)) named.mouthShrugLower = random.range(0, 0.6);
};

const angry = (random: Random, named: Named) => {
  const strength = random.range(0.3, 1);
  both(random, named, "browDown", strength);
  both(random, named, "noseSneer", strength * random.range(0, 0.7));
  both(random, named, random.pick(["mouthPress", "mouthSnarl", "mouthFrown"]), strength * random.range(0.3, 0.8));
};

const kiss = (random: Random, named: Named) => {
  named.mouthPucker = random.range(0.3, 1);
};

/** One thing of everything the model can do. */
const grimaces = [
  "cheekPuff",
  "jawForward",
  "jawLeft",
  "jawRight",
  "mouthLeft",
  "mouthRight",
  "mouthFunnel",
  "mouthRollLower",
  "mouthRollUpper",
  "mouthShrugUpper",
  "tongueOut",
  "noseNarrow",
] as const;
const pairedGrimaces = ["mouthGrin", "mouthSnarl", "mouthStretch", "neckTense", "nostrilFlare", "browRaise"] as const;

const grimace = (random: Random, named: Named) => {
  for (let n = 1 + random.integer(3); n > 0; n--)
    if (random.chance(0.6)) named[random.pick(grimaces)] = random.range(0.2, 0.9);
    else both(random, named, random.pick(pairedGrimaces), random.range(0.2, 0.9));
  if (random.chance(0.4)) named.jawOpen = random.range(0, 0.6);
};

const moods = [neutral, smile, teeth, talk, laugh, surprise, sad, angry, kiss, grimace] as const;
const moodWeights = [34, 20, 18, 11, 3.5, 2.5, 3, 2.5, 1.5, 4];

function eyesAndBrows(random: Random, named: Named): void {
  const u = random.uniform();
  if (u < 0.02) both(random, named, "eyeBlink", 1);
  else if (u < 0.09) both(random, named, "eyeBlink", random.range(0.15, 0.6));
  else if (u < 0.21) both(random, named, "eyeSquint", random.range(0.1, 0.8));
  else if (u < 0.29) both(random, named, "eyeWide", random.range(0.05, 0.5));
  else if (u < 0.3) named[random.pick(["eyeBlinkLeft", "eyeBlinkRight"])] = 1;
  const v = random.uniform();
  if (v < 0.12) both(random, named, "browOuterUp", random.range(0.1, 0.7));
  else if (v < 0.22) named.browInnerUp = random.range(0.1, 0.6);
  else if (v < 0.32) both(random, named, "browDown", random.range(0.1, 0.6));
  else if (v < 0.35) named[random.pick(["browOuterUpLeft", "browOuterUpRight"])] = random.range(0.2, 0.9);
}

/** Units of MakeHuman that leave the eyes alone, one or two at once. */
const units = [
  "mouth-compression",
  "mouth-corner-puller",
  "mouth-depression",
  "mouth-elevation",
  "mouth-eversion",
  "mouth-open",
  "mouth-parling",
  "mouth-protusion",
  "mouth-retraction",
  "nose-left-elevation",
  "nose-right-elevation",
  "eyebrows-left-up",
  "eyebrows-right-down",
] as const;

function sampleUnits(random: Random): Record<string, number> {
  const out: Record<string, number> = {};
  for (let n = 1 + random.integer(2); n > 0; n--) out[random.pick(units)] = random.range(0.1, 0.5);
  return out;
}
