import type { Assets } from "../assets.ts";
import { randomPerson, randomShape } from "../makehuman/heads.ts";
import type { Random } from "../random.ts";
import type { ExpressionSpec, SubjectSpec } from "./spec.ts";

/** Draws who a portrait shows. */
export function sampleSubject(random: Random, { rig }: Assets): SubjectSpec {
  return {
    person: randomPerson(random),
    shape: Object.fromEntries(randomShape(random, rig.sliders)),
    spanned: random.chance(0.5),
  };
}

/** Draws what a face does: neutral to smiling mostly. */
export function sampleExpression(random: Random, { model: { namedExpressions } }: Assets): ExpressionSpec {
  const named: Record<string, number> = {};
  if (random.chance(0.5)) for (const side of ["Left", "Right"]) named[`mouthSmile${side}`] = random.range(0, 0.8);
  if (random.chance(0.3)) named.jawOpen = random.range(0, 0.6);
  for (const name of Object.keys(named)) if (!namedExpressions.has(name)) throw new Error(name);
  return { named, units: {}, gaze: [random.range(-5, 5), random.range(-4, 4)] };
}
