import { Label, type LabelMap } from "cameo";
import { meanOf } from "./mean.ts";

/** Intersection over union by part of the head, 0 … 1; undefined for a part that neither map shows. */
export interface Overlaps {
  /** All labels but background as one. */
  readonly head: number | undefined;
  readonly hair: number | undefined;
  readonly face: number | undefined;
  /** The mean over the ears that the reference shows; undefined where it shows none. */
  readonly ears: number | undefined;
  readonly innerMouth: number | undefined;
}

/**
 * How far two label maps agree.
 * @throws RangeError if their sizes differ
 */
export function labelOverlaps(found: LabelMap, reference: LabelMap): Overlaps {
  const counts = confusion(found, reference);
  const of = (...labels: number[]) => overlapOf(counts, labels);
  const ears = [Label.earLeft, Label.earRight].filter((ear) => shown(counts, ear));
  return {
    head: of(Label.face, Label.hair, Label.earLeft, Label.earRight, Label.innerMouth),
    hair: of(Label.hair),
    face: of(Label.face),
    ears: meanOf(ears.map((ear) => of(ear))),
    innerMouth: of(Label.innerMouth),
  };
}

const COUNT = Object.keys(Label).length;

/** Pixels by found and reference label: at found · labels + reference. */
export function confusion(found: LabelMap, reference: LabelMap): Uint32Array {
  if (found.width !== reference.width || found.height !== reference.height)
    throw new RangeError(
      `The labels have ${found.width} × ${found.height} pixels, the reference ${reference.width} × ${reference.height}.`,
    );
  const counts = new Uint32Array(COUNT * COUNT);
  for (let i = 0; i < found.data.length; i++) counts[found.data[i] * COUNT + reference.data[i]]++;
  return counts;
}

/** Intersection over union of the pixels that have one of the labels; undefined where neither map has any. */
export function overlapOf(counts: Uint32Array, labels: readonly number[]): number | undefined {
  let both = 0;
  let either = 0;
  for (let f = 0; f < COUNT; f++) {
    for (let r = 0; r < COUNT; r++) {
      const [inFound, inReference] = [labels.includes(f), labels.includes(r)];
      if (inFound && inReference) both += counts[f * COUNT + r];
      if (inFound || inReference) either += counts[f * COUNT + r];
    }
  }
  return either > 0 ? both / either : undefined;
}

/** Whether the reference has a label. */
function shown(counts: Uint32Array, label: number): boolean {
  for (let f = 0; f < COUNT; f++) if (counts[f * COUNT + label] > 0) return true;
  return false;
}

/** By label: pixels that have it in both maps, and in either. */
export interface LabelCounts {
  readonly both: readonly number[];
  readonly either: readonly number[];
}

export function countLabels(found: LabelMap, reference: LabelMap): LabelCounts {
  const counts = confusion(found, reference);
  const labels = Array.from({ length: COUNT }, (_, label) => label);
  const row = (label: number) => labels.reduce((sum, other) => sum + counts[label * COUNT + other], 0);
  const column = (label: number) => labels.reduce((sum, other) => sum + counts[other * COUNT + label], 0);
  const both = labels.map((label) => counts[label * COUNT + label]);
  return { both, either: labels.map((label) => row(label) + column(label) - both[label]) };
}

/** Intersection over union of each label over all pixels of many pictures; undefined for labels that none shows. */
export const pooledOverlaps = (pictures: readonly LabelCounts[]): (number | undefined)[] =>
  Array.from({ length: COUNT }, (_, label) => {
    const sum = (counts: "both" | "either") => pictures.reduce((total, picture) => total + picture[counts][label], 0);
    return sum("either") > 0 ? sum("both") / sum("either") : undefined;
  });
