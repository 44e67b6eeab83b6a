import type { PortraitSample } from "@cameo/synth";
import {
  Label,
  labelsOfRegions,
  linearOfSrgb,
  type MorphableModel,
  project,
  rasterize,
  shade,
  surfacePositions,
  synthesizeShape,
  transformToCamera,
} from "cameo";

/** How the model, made from the truth's numbers alone, lies on a picture. */
export interface Overlay {
  /** Intersection over union of the picture's head and the model's; says something only where there is no hair. */
  readonly silhouette: number;
  /** Share of the picture's face that the model covers. */
  readonly covered: number;
  /** Median distance of the depths where both show face, mm. */
  readonly depth: number;
  /** Mean distance of the model's 68 points from the truth's, percent of the outer eye distance. */
  readonly landmarks: number;
  /** Correlation of the picture's luminance on the face with that of albedo × light of γ on the normals. */
  readonly light: number;
}

/** Compares a picture made with {@link plainFilm} with the model posed and lit as its truth says. */
export function layOver(model: MorphableModel, sample: PortraitSample): Overlay {
  const { size, labels, depth, truth } = sample;
  const shape = synthesizeShape(model, truth.identity, truth.expression);
  const placed = transformToCamera(shape, truth.pose);
  const raster = rasterize(placed, model.triangles, truth.camera, { width: size, height: size });
  const labelOf = labelsOfRegions(model.regions);
  let [both, either, face, covered] = [0, 0, 0, 0];
  const distances: number[] = [];
  for (let p = 0; p < labels.length; p++) {
    const label = raster.triangle[p] < 0 ? Label.background : labelOf[raster.triangle[p]];
    if (label !== Label.background && labels[p] !== Label.background) both++;
    if (label !== Label.background || labels[p] !== Label.background) either++;
    if (labels[p] !== Label.face) continue;
    face++;
    if (raster.triangle[p] >= 0) covered++;
    if (label === Label.face) distances.push(Math.abs(raster.depth[p] - depth[p]));
  }
  const points = surfacePositions(model, shape, model.landmarks68);
  const found = project(transformToCamera(points, truth.pose), truth.camera);
  const expected = project(Float32Array.from(truth.landmarks68.points), truth.camera);
  return {
    silhouette: both / either,
    covered: covered / face,
    depth: distances.sort((a, b) => a - b)[distances.length >> 1],
    landmarks: landmarkError(found, expected),
    light: lightCorrelation(sample),
  };
}

/** Mean distance of 68 points, percent of the outer eye distance. */
export function landmarkError(found: Float32Array, expected: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < expected.length; i += 2)
    sum += Math.hypot(found[i] - expected[i], found[i + 1] - expected[i + 1]);
  return (100 * sum) / (expected.length / 2) / eyeDistance(expected);
}

/** Distance of points 36 and 45 of the 68, pixels. */
export const eyeDistance = (points68: Float32Array): number =>
  Math.hypot(points68[72] - points68[90], points68[73] - points68[91]);

const luminance = (rgb: ArrayLike<number>, at: number) =>
  0.2126 * rgb[at] + 0.7152 * rgb[at + 1] + 0.0722 * rgb[at + 2];

function lightCorrelation({ image, labels, normals, albedo, truth }: PortraitSample): number {
  const faces = [...labels.keys()].filter((p) => labels[p] === Label.face && image[3 * p + 1] < 255);
  // Normals are those of camera space; light space has y up and z towards the viewer.
  const directions = Float32Array.from(
    faces.flatMap((p) => [0, 1, 2].map((k) => normals[3 * p + k] / (k ? -127 : 127))),
  );
  const lit = shade(directions, truth.illumination);
  const expected = faces.map((p, i) =>
    luminance(
      [0, 1, 2].map((c) => linearOfSrgb[albedo[3 * p + c]] * lit[3 * i + c]),
      0,
    ),
  );
  const seen = faces.map((p) =>
    luminance(
      [0, 1, 2].map((c) => linearOfSrgb[image[3 * p + c]]),
      0,
    ),
  );
  return correlation(expected, seen);
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]) => x.reduce((s, v) => s + v, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
