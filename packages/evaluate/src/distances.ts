import {
  applySimilarity,
  backProject,
  CameoError,
  type Camera,
  type DepthMap,
  fitSimilarity,
  Label,
  type LabelMap,
  type Mesh,
  SurfaceTree,
} from "cameo";
import { meanOf, medianOf } from "./mean.ts";

/** Where the surface of a head is said to be, in the space of a camera. */
export interface HeadGeometry {
  readonly camera: Camera;
  /** Of the head without its neck; 0 where nothing is said. */
  readonly depth: DepthMap;
  /** The same surface, with what the camera does not see of it; camera space, mm. */
  readonly surface: Mesh;
}

/** What is true of a portrait: `depth` may show more than the head, `labels` say what is head. */
export interface TrueHead {
  readonly camera: Camera;
  readonly depth: DepthMap;
  readonly labels: LabelMap;
}

/** Distances over one region of one portrait, mm; undefined where nothing of it is predicted. */
export interface RegionDistances {
  /** Share of the true pixels that have a prediction, 0 … 1. The others count in `nearestOfAll` alone. */
  readonly coverage: number;
  /** From the true point of a pixel to the predicted one. */
  readonly mean: number | undefined;
  readonly median: number | undefined;
  /** From the true point of a pixel to the nearest point of the predicted surface. */
  readonly nearestMean: number | undefined;
  readonly nearestMedian: number | undefined;
  /** The mean of that distance over all true pixels. */
  readonly nearestOfAll: number;
}

/** By region; undefined for a region that the portrait does not show. */
export interface HeadDistances {
  readonly face: RegionDistances | undefined;
  /** Hair, ears and bare scalp. */
  readonly nonFace: RegionDistances | undefined;
}

/** So many pixels are measured at most, on an even grid. */
const MOST_PIXELS = 10_000;

/**
 * How far a head is from the truth (paper Table 1): distances of 3D points, after the similarity that brings the predicted
 * face pixels nearest to the true ones. One photo does not tell how large a head is.
 * @throws RangeError if the maps differ in size
 * @throws CameoError `invalid` where there is no face to align by
 */
export function headDistances({ camera, depth, surface }: HeadGeometry, truth: TrueHead): HeadDistances {
  checkSizes(truth.depth, truth.labels, depth);
  const pixels = headPixels(truth);
  const facial = pixels.map((p) => isFace(truth.labels.data[p]));
  const predicted = pixels.map((p) => depth.data[p] > 0);
  const expected = pointsAt(pixels, truth.depth, truth.camera);
  const points = pointsAt(pixels, depth, camera);

  const anchors = Float32Array.from(pixels, (_, i) => (facial[i] && predicted[i] ? 1 : 0));
  const alignment = alignBy(points, expected, anchors);
  applySimilarity(alignment, points, points);
  const tree = new SurfaceTree(applySimilarity(alignment, surface.positions), surface.triangles);
  const nearest = tree.nearest(expected).distances;

  const region = (face: boolean): RegionDistances | undefined => {
    const all = pixels.map((_, i) => i).filter((i) => facial[i] === face);
    if (all.length === 0) return undefined;
    const known = all.filter((i) => predicted[i]);
    const apart = known.map((i) => distance(points, expected, 3 * i));
    const toSurface = known.map((i) => nearest[i]);
    return {
      coverage: known.length / all.length,
      mean: meanOf(apart),
      median: medianOf(apart),
      nearestMean: meanOf(toSurface),
      nearestMedian: medianOf(toSurface),
      nearestOfAll: meanOf(all.map((i) => nearest[i]))!,
    };
  };
  return { face: region(true), nonFace: region(false) };
}

function checkSizes(first: DepthMap, ...others: readonly { readonly width: number; readonly height: number }[]): void {
  for (const { width, height } of others)
    if (width !== first.width || height !== first.height)
      throw new RangeError(`distances: maps of ${width} × ${height} and ${first.width} × ${first.height} pixels`);
}

/** Pixels that truly show the head, on the finest grid that holds few enough. */
function headPixels({ depth: { width, data }, labels }: TrueHead): number[] {
  const head: number[] = [];
  for (let p = 0; p < data.length; p++) if (labels.data[p] !== Label.background && data[p] > 0) head.push(p);
  const step = Math.ceil(Math.sqrt(head.length / MOST_PIXELS));
  return step > 1 ? head.filter((p) => (p % width) % step === 0 && Math.floor(p / width) % step === 0) : head;
}

/** The mouth belongs to the face here. */
export const isFace = (label: number): boolean => label === Label.face || label === Label.innerMouth;

/** Camera-space points of pixels, x, y, z triples; the camera's centre where there is no depth. */
function pointsAt(pixels: readonly number[], { width, data }: DepthMap, camera: Camera): Float32Array<ArrayBuffer> {
  const points = new Float32Array(3 * pixels.length);
  pixels.forEach((p, i) => {
    points.set(backProject((p % width) + 0.5, Math.floor(p / width) + 0.5, data[p], camera), 3 * i);
  });
  return points;
}

function alignBy(from: Float32Array, to: Float32Array, weights: Float32Array) {
  try {
    return fitSimilarity(from, to, weights);
  } catch (cause) {
    throw new CameoError("invalid", "The portrait shows no face that the head could be aligned by.", { cause });
  }
}

const distance = (a: Float32Array, b: Float32Array, i: number): number =>
  Math.hypot(a[i] - b[i], a[i + 1] - b[i + 1], a[i + 2] - b[i + 2]);
