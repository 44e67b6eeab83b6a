import type { PortraitSample } from "@cameo/synth";
import {
  type Angles,
  applySimilarity,
  type Cameo,
  fitSimilarity,
  type MorphableModel,
  project,
  type ReconstructOptions,
  Region,
  synthesizeShape,
} from "cameo";
import { type HeadDistances, headDistances, type TrueHead } from "./distances.ts";
import { type LandmarkErrors, landmarkErrors, pointsOf } from "./landmarks.ts";
import { meanOf } from "./mean.ts";
import { countLabels, type LabelCounts, labelOverlaps, type Overlaps } from "./overlap.ts";
import { photometricError } from "./photometric.ts";
import { averageHead, modelGeometry, reconstructedGeometry, surroundGeometry } from "./predictions.ts";

/** How a synthetic portrait's head differs from the truth. */
export interface SyntheticResult {
  /** Number of the subject in its set. */
  readonly index: number;
  /** Style of the hair among those never trained on; "none" for hair that is grown, or absent. */
  readonly style: string;
  /** What the face, the labels, and the depth of hair and ears came from. */
  readonly face: "landmarks" | "network" | "network and landmarks";
  readonly parse: "network" | "model";
  readonly depth: "network" | "model";
  readonly overlaps: Overlaps;
  /** By label: pixels that have it both as found and in truth, and in either. */
  readonly labels: LabelCounts;
  readonly landmarks: LandmarkErrors;
  readonly pose: PoseErrors;
  /** Absolute difference of the focal length, % of the true one. */
  readonly focal: number;
  /** Mean distance of the face's vertices after alignment, mm: {@link facePointDistance}. */
  readonly facePoints: number;
  /** {@link photometricError}; undefined where none of the face is seen. */
  readonly photometric: number | undefined;
  /** Against the true depth: the head's shape by each method. */
  readonly distances: Readonly<Record<string, HeadDistances>>;
}

/** Absolute differences of angles, degrees. */
export interface PoseErrors {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/** Rows of Table 1: the reconstruction, and what it is compared with. */
export const METHODS = {
  head: "Cameo",
  model: "Cameo, --depth model",
  surround: "surround depth (Zhu et al.)",
  average: "average head, true pose",
} as const;

/** What is true of a portrait's shape. */
export function trueHeadOf({ size, depth, labels, truth }: PortraitSample): TrueHead {
  const square = { width: size, height: size };
  return { camera: truth.camera, depth: { ...square, data: depth }, labels: { ...square, data: labels } };
}

export interface MeasureOptions
  extends Pick<ReconstructOptions, "coefficients" | "fit" | "parse" | "depth" | "signal"> {
  /** Whether the field of view is told, as the EXIF data of a photo do. */
  readonly trueFov?: boolean;
}

/**
 * Reconstructs the largest face of a synthetic portrait and compares it with the truth.
 * @param model the default morphable model
 * @throws CameoError as reconstruction does
 */
export async function measurePortrait(
  cameo: Cameo,
  model: MorphableModel,
  portrait: PortraitSample,
  { trueFov, ...stages }: MeasureOptions = {},
): Promise<SyntheticResult> {
  const { size, image, truth } = portrait;
  const square = { width: size, height: size };
  const fov = trueFov ? (360 / Math.PI) * Math.atan(size / 2 / truth.camera.fx) : undefined;
  const options: ReconstructOptions = { ...stages, fov };
  const head = await cameo.reconstruct({ ...square, data: image }, options);
  const plain = head.prior.depth ? undefined : await cameo.reconstruct(head.image, { ...options, depth: "model" });
  const reference = project(Float32Array.from(truth.landmarks68.points), truth.camera);
  const { identity, expression } = head.coefficients;
  const found = head.labelMap();
  const trueHead = trueHeadOf(portrait);
  return {
    index: truth.index,
    style: String(truth.facts.style),
    face: head.prior.face ? "landmarks" : head.fitted ? "network and landmarks" : "network",
    parse: head.prior.parse ? "model" : "network",
    depth: head.prior.depth ? "model" : "network",
    overlaps: labelOverlaps(found, trueHead.labels),
    labels: countLabels(found, trueHead.labels),
    landmarks: landmarkErrors(pointsOf(head.landmarks), pointsOf(reference)),
    pose: angleErrors(head.angles, truth.angles),
    focal: 100 * Math.abs(head.camera.fx / truth.camera.fx - 1),
    facePoints: facePointDistance(
      model,
      synthesizeShape(model, identity, expression),
      synthesizeShape(model, Float32Array.from(truth.identity), Float32Array.from(truth.expression)),
    ),
    photometric: photometricError(model, head, trueHead.labels),
    distances: {
      [METHODS.head]: headDistances(reconstructedGeometry(head), trueHead),
      ...(plain && { [METHODS.model]: headDistances(reconstructedGeometry(plain), trueHead) }),
      [METHODS.surround]: headDistances(surroundGeometry(model, head, found), trueHead),
      [METHODS.average]: headDistances(modelGeometry(model, averageHead(truth.camera, truth.pose), square), trueHead),
    },
  };
}

/** @param found radians @param truth degrees */
export function angleErrors(found: Angles, truth: Angles): PoseErrors {
  const off = (angle: keyof Angles) => {
    const difference = (found[angle] * 180) / Math.PI - truth[angle];
    return Math.abs(difference - 360 * Math.round(difference / 360));
  };
  return { yaw: off("yaw"), pitch: off("pitch"), roll: off("roll") };
}

/**
 * Mean distance of corresponding vertices of the face region, mm, after the rotation, shift and scale that bring them
 * nearest: one photo does not tell how large a head is.
 * @param found vertices of the model, x, y, z triples, mm
 * @param truth as many
 */
export function facePointDistance(model: MorphableModel, found: Float32Array, truth: Float32Array): number {
  const face = new Set(model.triangles.filter((_, k) => model.regions[Math.floor(k / 3)] === Region.face));
  const pick = (shape: Float32Array) =>
    Float32Array.from([...face].flatMap((v) => [...shape.subarray(3 * v, 3 * v + 3)]));
  const expected = pick(truth);
  const points = pick(found);
  applySimilarity(fitSimilarity(points, expected), points, points);
  let sum = 0;
  for (let i = 0; i < points.length; i += 3)
    sum += Math.hypot(points[i] - expected[i], points[i + 1] - expected[i + 1], points[i + 2] - expected[i + 2]);
  return sum / face.size;
}

/** A figure over many portraits; undefined where none has it. */
export interface Spread {
  readonly mean: number | undefined;
  readonly median: number | undefined;
  /** What nine tenths of the portraits do better than. */
  readonly tenthWorst: number | undefined;
  readonly count: number;
}

/** @param higherIsBetter as overlaps are; errors are better where they are lower */
export function spreadOf(values: readonly (number | undefined)[], higherIsBetter: boolean): Spread {
  const known = values.filter((value) => value !== undefined).sort((a, b) => (higherIsBetter ? b - a : a - b));
  const at = (share: number) => known[Math.min(known.length - 1, Math.floor(share * known.length))];
  return { mean: meanOf(known), median: at(0.5), tenthWorst: at(0.9), count: known.length };
}

/** What a table of synthetic portraits shows, by name. */
export function syntheticSpreads(results: readonly SyntheticResult[]): Readonly<Record<string, Spread>> {
  const overlap = (part: keyof Overlaps) =>
    spreadOf(
      results.map(({ overlaps }) => overlaps[part]),
      true,
    );
  const error = (of: (result: SyntheticResult) => number | undefined) => spreadOf(results.map(of), false);
  return {
    "head IoU": overlap("head"),
    "hair IoU": overlap("hair"),
    "face IoU": overlap("face"),
    "ears IoU": overlap("ears"),
    "inner mouth IoU": overlap("innerMouth"),
    "landmarks %": error(({ landmarks }) => landmarks.all),
    "yaw °": error(({ pose }) => pose.yaw),
    "pitch °": error(({ pose }) => pose.pitch),
    "roll °": error(({ pose }) => pose.roll),
    "focal length %": error(({ focal }) => focal),
    "face points mm": error(({ facePoints }) => facePoints),
    "photometric /255": error(({ photometric }) => photometric),
  };
}
