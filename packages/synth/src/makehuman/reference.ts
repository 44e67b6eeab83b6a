import { type Landmarks, landmarks } from "./landmarks.ts";
import { macroWeights, type Person } from "./macro.ts";
import type { ObjMesh } from "./obj.ts";
import { type BoundPart, readBase, readPart, readTargets } from "./pack.ts";
import type { Regions } from "./regions.ts";
import { morph, type Target } from "./target.ts";

/** Everything the model is built from. */
export interface Pack {
  readonly folder: string;
  readonly base: ObjMesh;
  readonly regions: Regions;
  readonly landmarks: Landmarks;
  readonly targets: ReadonlyMap<string, Target>;
  readonly teeth: BoundPart;
  readonly tongue: BoundPart;
  /** The base mesh as {@link referencePerson}, dm: where geometric decisions about the topology are made. */
  readonly reference: Float64Array;
}

/** Halfway between the sexes and ancestries, so that no choice made on it favours any. */
export const referencePerson: Person = {
  age: 28,
  male: 0.5,
  african: 1,
  asian: 1,
  caucasian: 1,
  muscle: 0.5,
  weight: 0.5,
};

/** @param folder where MakeHuman's files lie, in either of the ways that `locate` knows */
export function readPack(folder: string): Pack {
  const { base, regions } = readBase(folder);
  const targets = readTargets(folder);
  return {
    folder,
    base,
    targets,
    regions,
    landmarks,
    teeth: readPart(folder, "teeth/teeth_base"),
    tongue: readPart(folder, "tongue/tongue01"),
    reference: morph(base.positions, targets, macroWeights(referencePerson)),
  };
}

/** The mirror image of every body vertex: the body is exactly symmetric in x. */
export function mirrorBody(base: ObjMesh, bodyVertexCount: number): Uint32Array {
  const key = (x: number, i: number) => `${x} ${base.positions[3 * i + 1]} ${base.positions[3 * i + 2]}`;
  const at = new Map<string, number>();
  for (let i = 0; i < bodyVertexCount; i++) at.set(key(base.positions[3 * i], i), i);
  return Uint32Array.from({ length: bodyVertexCount }, (_, i) => {
    const twin = at.get(key(0 - base.positions[3 * i], i));
    if (twin === undefined) throw new Error(`mirrorBody: vertex ${i} has no mirror image`);
    return twin;
  });
}
