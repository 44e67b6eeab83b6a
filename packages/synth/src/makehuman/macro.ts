import type { TargetWeights } from "./target.ts";

/** Who a body is, as MakeHuman's macro targets blend it. */
export interface Person {
  /** Years, 1 to 90. */
  readonly age: number;
  /** 0 female to 1 male. */
  readonly male: number;
  /** Shares of the three ancestries; scaled to sum 1. */
  readonly african: number;
  readonly asian: number;
  readonly caucasian: number;
  /** 0 least, 0.5 average, 1 most. */
  readonly muscle: number;
  /** 0 thinnest, 0.5 average, 1 heaviest. */
  readonly weight: number;
}

const ages = [
  ["baby", 1],
  ["child", 10],
  ["young", 25],
  ["old", 90],
] as const;

/** Shares of the neighbouring entries of a scale at `value`, linear between them and clamped at the ends. */
function blend(scale: readonly (readonly [string, number])[], value: number): [string, number][] {
  if (value <= scale[0][1]) return [[scale[0][0], 1]];
  for (let i = 1; i < scale.length; i++) {
    const [low, from] = scale[i - 1];
    const [high, to] = scale[i];
    if (value > to) continue;
    const t = (value - from) / (to - from);
    return [
      [low, 1 - t],
      [high, t],
    ];
  }
  return [[scale[scale.length - 1][0], 1]];
}

const build = (name: string, value: number) =>
  blend(
    [
      [`min${name}`, 0],
      [`average${name}`, 0.5],
      [`max${name}`, 1],
    ],
    value,
  );

/** The shares of the three ancestries, summing to 1. */
export function ancestryShares({ african, asian, caucasian }: Person): [name: string, share: number][] {
  const sum = african + asian + caucasian;
  return [
    ["african", african / sum],
    ["asian", asian / sum],
    ["caucasian", caucasian / sum],
  ];
}

/** Weights of the macro targets that make the base mesh this person. */
export function macroWeights(person: Person): TargetWeights {
  const weights = new Map<string, number>();
  const sexes: [string, number][] = [
    ["female", 1 - person.male],
    ["male", person.male],
  ];
  for (const [age, ageShare] of blend(ages, person.age))
    for (const [sex, sexShare] of sexes) {
      for (const [ancestry, share] of ancestryShares(person))
        weights.set(`macrodetails/${ancestry}-${sex}-${age}`, share * sexShare * ageShare);
      for (const [muscle, muscleShare] of build("muscle", person.muscle))
        for (const [weight, weightShare] of build("weight", person.weight))
          weights.set(
            `macrodetails/universal-${sex}-${age}-${muscle}-${weight}`,
            sexShare * ageShare * muscleShare * weightShare,
          );
    }
  return weights;
}
