import { meanOf } from "./mean.ts";

export type Point = readonly [x: number, y: number];

/** The parts of the face in the usual order of the 68 points: first and one past the last. */
export const FACE_PARTS = { jaw: [0, 17], brows: [17, 27], nose: [27, 36], eyes: [36, 48], mouth: [48, 68] } as const;
export type FacePart = keyof typeof FACE_PARTS;

/** Distances of landmarks from their references, percent of the distance between the eyes. */
export interface LandmarkErrors {
  readonly all: number;
  /** Only with 68 points. */
  readonly parts?: Readonly<Record<FacePart, number>>;
}

/**
 * Mean distances of 68 points from their references, in percent of the outer eye distance (points 36 and 45 of the
 * reference); of five points (eye centres, nose tip, mouth corners, from picture left to right) in percent of the distance
 * between the eye centres.
 * @param landmarks 68 points in the usual order
 * @throws RangeError for other numbers of points
 */
export function landmarkErrors(landmarks: readonly Point[], reference: readonly Point[]): LandmarkErrors {
  if (landmarks.length !== 68) throw new RangeError(`There must be 68 landmarks, not ${landmarks.length}.`);
  if (reference.length === 5) {
    const unit = distance(reference[0], reference[1]) / 100;
    return { all: mean(fivePoints(landmarks).map((point, i) => distance(point, reference[i]) / unit)) };
  }
  if (reference.length !== 68) throw new RangeError(`There must be 68 or 5 reference points, not ${reference.length}.`);
  const unit = distance(reference[36], reference[45]) / 100;
  const errors = landmarks.map((point, i) => distance(point, reference[i]) / unit);
  const parts = Object.entries(FACE_PARTS).map(([part, [first, end]]) => [part, mean(errors.slice(first, end))]);
  return { all: mean(errors), parts: Object.fromEntries(parts) };
}

/** Points of x, y pairs. */
export const pointsOf = (pairs: Float32Array): Point[] =>
  Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i], pairs[2 * i + 1]]);

const fivePoints = (landmarks: readonly Point[]): Point[] => [
  centre(landmarks.slice(36, 42)),
  centre(landmarks.slice(42, 48)),
  landmarks[30],
  landmarks[48],
  landmarks[54],
];

const distance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);
const mean = (values: readonly number[]): number => meanOf(values) ?? 0;
const centre = (points: readonly Point[]): Point => [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
