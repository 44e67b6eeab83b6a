import { CameoError } from "../../errors.ts";

/** How strongly which named expressions are shown, 1 = fully. */
export type NamedExpressions = Readonly<Record<string, number>>;

/** Everyday names of the model's expressions, or of both sides of them. */
const EVERYDAY: Readonly<Record<string, string>> = {
  smile: "mouthSmile",
  grin: "mouthGrin",
  frown: "mouthFrown",
  pout: "mouthPucker",
  snarl: "mouthSnarl",
  blink: "eyeBlink",
  squint: "eyeSquint",
  surprise: "browRaise",
};

/**
 * The names of a model's expressions that a user's name stands for: itself, its left and right, or those of the everyday
 * word. None where it is unknown.
 */
function meant(name: string, has: (name: string) => boolean): string[] {
  if (has(name)) return [name];
  const sides = [`${name}Left`, `${name}Right`];
  if (sides.every(has)) return sides;
  return Object.hasOwn(EVERYDAY, name) ? meant(EVERYDAY[name], has) : [];
}

/** All names that can be given for an expression: everyday words, names for both sides, the model's own. */
export function expressionNames(targets: ReadonlyMap<string, unknown>): string[] {
  const has = (name: string) => targets.has(name);
  const own = [...targets.keys()];
  const pairs = own.filter((name) => name.endsWith("Left") && has(name.replace(/Left$/, "Right")));
  return [
    ...Object.keys(EVERYDAY).filter((name) => meant(name, has).length > 0),
    ...pairs.map((name) => name.replace(/Left$/, "")),
    ...own,
  ];
}

/**
 * The sum of named expressions as offsets of a mesh, mm.
 * @param targets offsets of each expression at full strength
 * @throws {@link CameoError} `option` where there is no expression of a name (the message lists those that there are), or a strength is not a finite number
 */
export function blendExpressions(
  targets: ReadonlyMap<string, Float32Array>,
  wanted: NamedExpressions,
): Float32Array | undefined {
  let sum: Float32Array | undefined;
  for (const [name, strength] of Object.entries(wanted)) {
    const names = meant(name, (own) => targets.has(own));
    if (names.length === 0)
      throw new CameoError(
        "option",
        `There is no expression "${name}"; there are ${expressionNames(targets).join(", ")}.`,
      );
    if (!Number.isFinite(strength))
      throw new CameoError("option", `The strength of ${name} must be a number, not ${strength}.`);
    for (const own of names) {
      const offsets = targets.get(own) as Float32Array;
      sum ??= new Float32Array(offsets.length);
      for (let i = 0; i < sum.length; i++) sum[i] += strength * offsets[i];
    }
  }
  return sum;
}
