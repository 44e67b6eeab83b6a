import {
  anglesFromQuaternion,
  applySimilarity,
  fitRigid,
  fitSimilarity,
  type MorphableModel,
  project,
  Region,
  type Similarity,
  SurfaceTree,
  surfacePositions,
  synthesizeShape,
  transformToCamera,
} from "cameo";
import type { FaceFit } from "../../packages/cameo/src/stages/face/fit.ts";
import { pointsOf, refine, type Truth } from "./subjects.ts";

/** How far a fit is from the truth. */
export interface Errors {
  /** Mean distance from the true face to the fitted one, mm: after the best rigid motion, */
  readonly rigid: number;
  /** after the best similarity, */
  readonly similar: number;
  /** and with both in model space as they are, that is at the true pose. */
  readonly posed: number;
  /** Mean distances from true ears and scalp to those fitted, mm, after the face's rigid motion. */
  readonly ears: number;
  readonly skull: number;
  /** Degrees, fitted less true. */
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  /** Mean distance of the 68 landmarks in the picture, % of the distance between the outer corners of the eyes. */
  readonly landmarks: number;
  /** Logarithm of fitted over true distance and focal length. */
  readonly distance: number;
  readonly focal: number;
}

interface Part {
  readonly triangles: Uint32Array;
  readonly vertices: readonly number[];
}

export type Parts = ReturnType<typeof partsOf>;

/** The parts of a model's surface that are compared. */
export function partsOf({ triangles, regions }: MorphableModel) {
  const part = (...wanted: Region[]): Part => {
    const chosen: number[] = [];
    for (let t = 0; t < regions.length; t++)
      if (wanted.includes(regions[t] as Region)) chosen.push(...triangles.subarray(3 * t, 3 * t + 3));
    return { triangles: Uint32Array.from(chosen), vertices: [...new Set(chosen)] };
  };
  return {
    face: part(Region.face),
    ears: part(Region.earLeft, Region.earRight),
    skull: part(Region.scalp),
  };
}

/** Compares one vertex in this many. */
const stride = 3;

export function measure(model: MorphableModel, parts: Parts, truth: Truth, fit: FaceFit): Errors {
  const shape = synthesizeShape(model, fit.identity, fit.expression);
  const trueShape = refine(model, truth.cage);
  const points = (of: Float32Array, { vertices }: Part) =>
    Float32Array.from({ length: 3 * Math.ceil(vertices.length / stride) }, (_, i) => {
      return of[3 * vertices[stride * Math.floor(i / 3)] + (i % 3)];
    });
  const from = points(trueShape, parts.face);
  const to = points(shape, parts.face);
  const rigid = fitRigid(from, to);
  const distance = (part: Part, moved?: Similarity) => {
    const queries = points(trueShape, part);
    return mean(
      new SurfaceTree(shape, part.triangles).nearest(moved ? applySimilarity(moved, queries) : queries).distances,
    );
  };
  const angles = anglesFromQuaternion(fit.pose.rotation);
  const degrees = (axis: "yaw" | "pitch" | "roll") => ((angles[axis] - truth.angles[axis]) * 180) / Math.PI;
  const seen = project(transformToCamera(surfacePositions(model, shape, model.landmarks68), fit.pose), fit.camera);
  const there = project(pointsOf(model, truth, "landmarks68"), truth.camera);
  const apart = (a: Float32Array, i: number, b: Float32Array, j: number) =>
    Math.hypot(a[2 * i] - b[2 * j], a[2 * i + 1] - b[2 * j + 1]);
  const errors = Array.from({ length: 68 }, (_, i) => apart(seen, i, there, i));
  return {
    rigid: distance(parts.face, rigid),
    similar: distance(parts.face, fitSimilarity(from, to)),
    posed: distance(parts.face),
    ears: distance(parts.ears, rigid),
    skull: distance(parts.skull, rigid),
    yaw: degrees("yaw"),
    pitch: degrees("pitch"),
    roll: degrees("roll"),
    landmarks: (100 * mean(errors)) / apart(there, 36, there, 45),
    distance: Math.log(fit.pose.translation[2] / truth.pose.translation[2]),
    focal: Math.log(fit.camera.fx / truth.camera.fx),
  };
}

export const mean = (x: ArrayLike<number>): number =>
  (Array.prototype.reduce.call(x, (s, v) => (s as number) + (v as number), 0) as number) / x.length;
