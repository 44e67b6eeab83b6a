import { apply2d, type Transform2d } from "../../geometry/transform2d.ts";
import { type Pyramid, resample } from "../../resample.ts";
import type { Session } from "../../runtime/runtime.ts";
import { overlap, type Region } from "./region.ts";

/** A place where the detector sees a face. */
export interface Candidate extends Region {
  /** The detector's confidence, 0 … 1. */
  readonly score: number;
}

/** The network's input, in pixels. */
export const detectorSize = 256;

const minimumScore = 0.5;
/** Boxes that overlap more than this show the same face. */
const sameFace = 0.3;
/** FaceMesh wants the face with a margin: its region is this much larger than the detector's box. */
const margin = 1.5;

/** The network's two grids: cells of so many pixels, each with so many anchors at its centre. */
const grids = [
  { cell: 16, anchors: 2, scores: "Identity", boxes: "Identity_2" },
  { cell: 32, anchors: 6, scores: "Identity_1", boxes: "Identity_3" },
] as const;

/** Numbers per anchor: centre, width and height of the box, then six points; all in pixels, relative to the anchor. */
const valuesPerAnchor = 16;

/**
 * Finds faces in one view of the photo (BlazeFace, Bazarevsky et al. 2019: anchors, and a weighted mean of overlapping boxes).
 * @param toPhoto maps the view's 256 × 256 pixels to the photo
 * @returns regions in the photo, with FaceMesh's margin, most certain first
 */
export async function findCandidates(session: Session, pyramid: Pyramid, toPhoto: Transform2d): Promise<Candidate[]> {
  const input = new Float32Array(detectorSize * detectorSize * 3);
  resample(pyramid, toPhoto, detectorSize, detectorSize, input, { gain: 2 / 255, bias: -1 });
  const outputs = await session.run({ input: { data: input, dims: [1, detectorSize, detectorSize, 3] } });
  const found: Candidate[] = [];
  for (const { cell, anchors, scores: scoresName, boxes: boxesName } of grids) {
    const scores = outputs[scoresName].data;
    const boxes = outputs[boxesName].data;
    const columns = detectorSize / cell;
    for (let i = 0; i < scores.length; i++) {
      const score = 1 / (1 + Math.exp(-scores[i]));
      if (!(score >= minimumScore)) continue;
      const place = Math.floor(i / anchors);
      const x = ((place % columns) + 0.5) * cell;
      const y = (Math.floor(place / columns) + 0.5) * cell;
      found.push(candidate(boxes.subarray(i * valuesPerAnchor, (i + 1) * valuesPerAnchor), x, y, score, toPhoto));
    }
  }
  return mergeOverlapping(found);
}

function candidate(values: Float32Array, x: number, y: number, score: number, toPhoto: Transform2d): Candidate {
  const [dx, dy, width, height, firstEyeX, firstEyeY, secondEyeX, secondEyeY] = values;
  const [centreX, centreY] = apply2d(toPhoto, x + dx, y + dy);
  // The turn of the line from the eye at picture left to the other, plus that of the view itself.
  const angle = Math.atan2(secondEyeY - firstEyeY, secondEyeX - firstEyeX) + Math.atan2(toPhoto[3], toPhoto[0]);
  const size = Math.max(width, height) * Math.hypot(toPhoto[0], toPhoto[3]) * margin;
  return { x: centreX, y: centreY, size, angle, score };
}

/** Replaces boxes of the same face by their mean, weighted by confidence (the detector's own answer to jitter). */
function mergeOverlapping(candidates: readonly Candidate[]): Candidate[] {
  const merged: Candidate[] = [];
  let rest = candidates.toSorted((p, q) => q.score - p.score);
  while (rest.length > 0) {
    const [best] = rest;
    const group = rest.filter((other) => other === best || overlap(best, other) > sameFace);
    rest = rest.filter((other) => !group.includes(other));
    const total = group.reduce((sum, { score }) => sum + score, 0);
    const mean = (pick: (c: Candidate) => number) => group.reduce((sum, c) => sum + pick(c) * c.score, 0) / total;
    merged.push({
      x: mean((c) => c.x),
      y: mean((c) => c.y),
      size: mean((c) => c.size),
      angle: Math.atan2(
        mean((c) => Math.sin(c.angle)),
        mean((c) => Math.cos(c.angle)),
      ),
      score: best.score,
    });
  }
  return merged;
}

/** Drops candidates that show the same face as a more certain one. */
export function withoutRepeats(candidates: readonly Candidate[]): Candidate[] {
  const kept: Candidate[] = [];
  for (const c of candidates.toSorted((p, q) => q.score - p.score))
    if (!kept.some((other) => overlap(other, c) > sameFace)) kept.push(c);
  return kept;
}
