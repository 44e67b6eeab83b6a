import { Label, type LabelMap } from "../../image.ts";
import { findRegions, neighbourClasses, type Regions, relabel } from "./regions.ts";

/** Where the head is in a label map. */
export interface HeadPlace {
  /** The projected head centre, pixels. */
  readonly x: number;
  readonly y: number;
  /** Pixels that a face reaches from there at most: {@link FACE_REACH}. */
  readonly reach: number;
  /** How far it is tilted clockwise, radians. */
  readonly angle: number;
}

/** So far from the head centre, mm, a face reaches. */
export const FACE_REACH = 130;

/** Least areas of connected regions, against that of the head: smaller ones are noise. */
const LEAST = {
  /** Hair that touches nothing else of the head. */
  looseHair: 0.02,
  [Label.background]: 0.004,
  [Label.face]: 0.01,
  [Label.hair]: 0.004,
  [Label.earLeft]: 0.0004,
  [Label.earRight]: 0.0004,
  [Label.innerMouth]: 0.00015,
} as const;
/** The part of an inner mouth's border that is with the face. */
const MOUTH_IN_FACE = 0.6;

const EACH = [0, 1, 2, 3, 4, 5];
const HEAD = [0, 1, 1, 1, 1, 1];
const EARS_AS_ONE = [0, 1, 2, 3, 3, 5];

/**
 * Corrects what a parsing network gets wrong in ways that no head is, in place: other people's heads and islands become
 * background, holes are filled, an ear is the left or the right one by its side of the face and there is one of each, an
 * inner mouth lies within the face. Hair may have several parts. Where no head is found nothing is left.
 */
export function cleanLabels(map: LabelMap, place: HeadPlace): LabelMap {
  const area = keepHead(map, place);
  if (area > 0) {
    keepFaceAndSideEars(map, place);
    removeIslands(map, area);
  }
  return map;
}

/** Leaves only the head at the given place, and larger hair beside it. @returns its area, pixels */
function keepHead(map: LabelMap, place: HeadPlace): number {
  const regions = findRegions(map, HEAD);
  const inReach = pixelsInReach(regions, map.width, place);
  let main = -1;
  for (let i = 0; i < regions.count; i++)
    if (regions.classes[i] === 1 && inReach[i] > 0 && (main < 0 || inReach[i] > inReach[main])) main = i;
  const hair = new Uint32Array(regions.count);
  const { starts, ofRun, areas } = regions;
  for (let r = 0; r < ofRun.length; r++) {
    const region = ofRun[r];
    if (regions.classes[region] === 0 || region === main) continue;
    for (let i = starts[r]; i < starts[r + 1]; i++) if (map.data[i] === Label.hair) hair[region]++;
  }
  const head = main < 0 ? 0 : areas[main];
  const labels = new Int8Array(regions.count).fill(-1);
  for (let i = 0; i < regions.count; i++) {
    if (regions.classes[i] === 0 || i === main) continue;
    const isHair = hair[i] > 0.95 * areas[i] && areas[i] > LEAST.looseHair * head;
    if (main < 0 || !isHair) labels[i] = Label.background;
  }
  relabel(regions, map.data, labels);
  return head;
}

/** Faces out of reach are other people's; of the ears the largest on each side of the face remains. */
function keepFaceAndSideEars(map: LabelMap, place: HeadPlace): void {
  const { width, data } = map;
  const regions = findRegions(map, EARS_AS_ONE);
  const { count, classes, areas } = regions;
  const inReach = pixelsInReach(regions, width, place);
  const centres = centresOf(regions, width);
  const labels = new Int8Array(count).fill(-1);
  let [faceX, faceY, face] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    if (classes[i] !== Label.face) continue;
    if (2 * inReach[i] < areas[i]) labels[i] = Label.background;
    else {
      faceX += centres[2 * i] * areas[i];
      faceY += centres[2 * i + 1] * areas[i];
      face += areas[i];
    }
  }
  const across = [Math.cos(place.angle), Math.sin(place.angle)];
  const middle = face > 0 ? [faceX / face, faceY / face] : [place.x, place.y];
  const largest: Record<number, number> = {};
  const ears: number[] = [];
  for (let i = 0; i < count; i++) {
    if (classes[i] !== Label.earLeft) continue;
    const side = (centres[2 * i] - middle[0]) * across[0] + (centres[2 * i + 1] - middle[1]) * across[1];
    labels[i] = side < 0 ? Label.earLeft : Label.earRight;
    if (!(areas[largest[labels[i]]] >= areas[i])) largest[labels[i]] = i;
    ears.push(i);
  }
  const borders = neighbourClasses(regions, width, 6);
  for (const i of ears) if (largest[labels[i]] !== i) labels[i] = longestBorder(borders, i);
  relabel(regions, data, labels);
}

/** Regions too small to be what they are labelled, and mouths outside the face, join what surrounds them. */
function removeIslands(map: LabelMap, head: number): void {
  const regions = findRegions(map, EACH);
  const { count, classes, areas, atBorder } = regions;
  const borders = neighbourClasses(regions, map.width, 6);
  const labels = new Int8Array(count).fill(-1);
  for (let i = 0; i < count; i++) {
    const label = classes[i] as Label;
    if (label === Label.background && atBorder[i]) continue;
    let noise = areas[i] < LEAST[label] * head;
    if (label === Label.innerMouth && !noise) {
      let length = 0;
      for (let c = 0; c < 6; c++) length += borders[6 * i + c];
      noise = borders[6 * i + Label.face] < MOUTH_IN_FACE * length;
    }
    if (noise) labels[i] = longestBorder(borders, i);
  }
  relabel(regions, map.data, labels);
}

/** The class that a region has the longest border with; −1 where it has none. */
function longestBorder(borders: Uint32Array, region: number): number {
  let best = -1;
  for (let c = 0; c < 6; c++) {
    const length = borders[6 * region + c];
    if (length > 0 && (best < 0 || length > borders[6 * region + best])) best = c;
  }
  return best;
}

/** Pixels of each region within reach of the head centre. */
function pixelsInReach(
  { count, rows, starts, ofRun }: Regions,
  width: number,
  { x, y, reach }: HeadPlace,
): Uint32Array {
  const pixels = new Uint32Array(count);
  for (let row = 0; row + 1 < rows.length; row++) {
    const dy = row + 0.5 - y;
    if (Math.abs(dy) >= reach) continue;
    const half = Math.sqrt(reach * reach - dy * dy);
    const first = row * width + Math.max(0, Math.round(x - half));
    const end = row * width + Math.min(width, Math.round(x + half));
    for (let r = rows[row]; r < rows[row + 1]; r++)
      pixels[ofRun[r]] += Math.max(0, Math.min(end, starts[r + 1]) - Math.max(first, starts[r]));
  }
  return pixels;
}

/** x, y of the centre of each region. */
function centresOf({ count, areas, rows, starts, ofRun }: Regions, width: number): Float64Array {
  const centres = new Float64Array(2 * count);
  for (let row = 0; row + 1 < rows.length; row++) {
    for (let r = rows[row]; r < rows[row + 1]; r++) {
      const length = starts[r + 1] - starts[r];
      centres[2 * ofRun[r]] += length * ((starts[r] + starts[r + 1]) / 2 - row * width);
      centres[2 * ofRun[r] + 1] += length * (row + 0.5);
    }
  }
  for (let i = 0; i < count; i++) {
    centres[2 * i] /= areas[i];
    centres[2 * i + 1] /= areas[i];
  }
  return centres;
}
