import type { Random as FullRandom } from "../random.ts";
import { bodyVertexCount } from "./cage.ts";
import { macroWeights, type Person } from "./macro.ts";
import { findSliders, type Slider, sliderWeight } from "./sliders.ts";
import type { Target, TargetWeights } from "./target.ts";

/** The source of random numbers that drawing a head needs. */
export type HeadRandom = Pick<FullRandom, "uniform" | "range" | "normal">;

/** A shape slider and how far people spread on it. */
export interface HeadSlider extends Slider {
  /** Standard deviation of its value; at most {@link maxSpread}. */
  readonly spread: number;
  /** The slider's name without its side, for controls that exist once for each side. */
  readonly pair: string | null;
}

/** Standard deviation of the largest vertex offset that a slider makes, mm. Local features of people differ by 1–3 mm. */
const localSpread = 1.5;
/** The same for the sliders that scale the whole head. */
const globalSpread = 3.5;
/** The same for one-sided differences between left and right. */
const asymmetrySpread = 0.5;
/** No slider spreads wider than this share of its range: towards its ends MakeHuman makes caricatures. */
const maxSpread = 0.3;
/** Difference between the two sides of a paired slider, relative to their common value. */
const sideDifference = 0.12;

/** Targets that move the trunk, not the head; or the whole head, which the alignment takes out again. */
const leftOut = /asymm-|head-trans|measure-neck-height/;
const isGlobal = /head-scale|head-back-scale|head-fat|head-age/;

/** All shape sliders of the head with their spread, in the order of the target names. */
export function headSliders(targets: ReadonlyMap<string, Target>): HeadSlider[] {
  const names = [...targets.keys()].filter((name) => !/^(macrodetails|expression)/.test(name) && !leftOut.test(name));
  return findSliders(names).map((slider) => {
    const reach = Math.max(
      ...[slider.negative, slider.positive].map((name) => {
        const target = name === null ? undefined : targets.get(name);
        return target ? largestOffset(target) : 0;
      }),
    );
    const wanted = slider.name.startsWith("asym/")
      ? asymmetrySpread
      : isGlobal.test(slider.name)
        ? globalSpread
        : localSpread;
    return {
      ...slider,
      spread: Math.min(maxSpread, wanted / reach),
      pair: /\/[lr]-/.test(slider.name) ? slider.name.replace(/\/[lr]-/, "/") : null,
    };
  });
}

/** Largest offset of a body vertex, mm. */
function largestOffset({ indices, offsets }: Target): number {
  let largest = 0;
  for (let i = 0; i < indices.length; i++)
    if (indices[i] < bodyVertexCount)
      largest = Math.max(largest, 100 * Math.hypot(offsets[3 * i], offsets[3 * i + 1], offsets[3 * i + 2]));
  return largest;
}

/**
 * Draws who a head is: 8 % children from 8 to 17 (MakeHuman's sliders make masks of smaller ones), 77 % adults to 65, 15 % older ones to 90; both sexes evenly, mostly
 * near one pole; ancestry shares from a symmetric Dirichlet distribution that favours mixtures of one or two.
 */
export function randomPerson(random: HeadRandom): Person {
  const u = random.uniform();
  const age = u < 0.08 ? random.range(8, 17) : u < 0.85 ? random.range(17, 65) : random.range(65, 90);
  const blend = 0.35 * random.uniform() ** 2;
  const share = () => (-Math.log(1 - random.uniform())) ** 1.6;
  const around = (centre: number, spread: number) => Math.min(1, Math.max(0, centre + spread * random.normal()));
  return {
    age,
    male: random.uniform() < 0.5 ? blend : 1 - blend,
    african: share(),
    asian: share(),
    caucasian: share(),
    muscle: around(0.5, 0.17),
    weight: around(0.5, 0.22),
  };
}

/** Draws the weights of all targets of one head: a person's macro targets and normally distributed sliders. */
export function randomHead(random: HeadRandom, sliders: readonly HeadSlider[]): TargetWeights {
  return new Map([...macroWeights(randomPerson(random)), ...randomShape(random, sliders)]);
}

/** Draws the weights of the shape targets alone: normally distributed sliders. */
export function randomShape(random: HeadRandom, sliders: readonly HeadSlider[]): TargetWeights {
  const weights = new Map<string, number>();
  const common = new Map<string, number>();
  for (const slider of sliders) {
    let value = random.normal();
    if (slider.pair !== null) {
      const shared = common.get(slider.pair) ?? random.normal();
      common.set(slider.pair, shared);
      value = shared + sideDifference * value;
    }
    const limit = 1 / maxSpread;
    const entry = sliderWeight(slider, slider.spread * Math.min(limit, Math.max(-limit, value)));
    if (entry) weights.set(...entry);
  }
  return weights;
}
