import { readFile } from "node:fs/promises";
import { nearestMirrored } from "@cameo/synth";
import {
  createPyramid,
  eyelids468,
  faceOval468,
  landmarks68Of,
  lips468,
  type MorphableModel,
  meshPoints,
  nodeRuntime,
  quaternionFromAngles,
  Region,
  regionOfMesh,
  runFaceMesh,
  type SurfacePoints,
  SurfaceTree,
  surfacePositions,
  synthesizeAlbedo,
  synthesizeShape,
} from "cameo";
import type { Workshop } from "./model.ts";
import { createRandom, type Random } from "./random.ts";
import { renderHead, type Scene } from "./render.ts";

/** Heads drawn to find the dense landmarks. */
const headCount = 160;
const seed = 23;
const size = 320;
/** FaceMesh is surer than this of any face it sees well. */
const minimumScore = 0.9;
/** Points of the outline are only believed on heads turned by less than this, radians. */
const frontal = 0.05;

type Model = Omit<MorphableModel, "landmarks68" | "landmarks468" | "landmarkSpread468">;

/** Where FaceMesh's points lie on the model, and the usual 68, which the detection stage reads off the same points. */
export interface Correspondences {
  readonly landmarks68: SurfacePoints;
  readonly landmarks468: SurfacePoints;
  readonly landmarkSpread468: Float32Array;
}

/**
 * Finds where FaceMesh's 468 points lie on the surface: random heads are drawn, the detector is run on them, each of its
 * points is taken back to the surface point seen there, and the positions of these on the mean head are averaged
 * robustly (geometric median), made mirror-symmetric, and put on the surface; those on the edges of lids and lips on the
 * model's own edges.
 * @param network the detector's ONNX file
 */
export async function findCorrespondences(shop: Workshop, model: Model, network: string): Promise<Correspondences> {
  const session = await nodeRuntime({ threads: 1 })(await readFile(network));
  const random = createRandom(seed);
  const mean = synthesizeShape(model as MorphableModel, [], []);
  const upright = new Float64Array(3 * meshPoints);
  const seen: number[][] = Array.from({ length: meshPoints }, () => []);
  for (let head = 0; head < headCount; head++) {
    const { scene, turn } = randomScene(random, model);
    const { image, raster } = renderHead(scene, size, size, 2);
    let region = { x: size / 2, y: size / 2, size: size * 0.9, angle: 0 };
    let mesh = await runFaceMesh(session, createPyramid(image), region);
    for (let round = 0; round < 3; round++) {
      region = regionOfMesh(mesh.points);
      mesh = await runFaceMesh(session, createPyramid(image), region);
    }
    if (mesh.score < minimumScore) continue;
    if (turn <= frontal) addUpright(mesh.points, upright);
    for (let i = 0; i < meshPoints; i++) {
      if (turn > frontal && faceOval468.includes(i)) continue;
      const pixel = nearestPixel(raster, 2 * mesh.points[3 * i], 2 * mesh.points[3 * i + 1], model.regions);
      if (pixel < 0) continue;
      const t = raster.triangle[pixel];
      const a = raster.barycentrics[2 * pixel];
      const b = raster.barycentrics[2 * pixel + 1];
      for (let axis = 0; axis < 3; axis++)
        seen[i].push([a, b, 1 - a - b].reduce((s, w, k) => s + w * mean[3 * model.triangles[3 * t + k] + axis], 0));
    }
  }
  await session.dispose();
  const medians = seen.map(geometricMedian);
  const symmetric = symmetrize(medians, mirrorPoints(upright));
  const landmarks468 = ontoSurface(shop, model, mean, symmetric);
  return {
    landmarks68: nearestSkin(model, mean, landmarks68Of(surfacePositions(model, mean, landmarks468), 3)),
    landmarks468,
    landmarkSpread468: Float32Array.from(seen, (points, i) => robustSpread(points, medians[i])),
  };
}

/** A head that looks at the camera with a calm face, as detectors know them best, in plain light. */
function randomScene(random: Random, model: Model): { scene: Scene; turn: number } {
  const draw = (count: number, spread: number) => Float64Array.from({ length: count }, () => spread * random.normal());
  const turned = random.uniform() < 0.5;
  const angles = {
    yaw: (turned ? 0.12 : 0.02) * random.normal(),
    pitch: 0.06 * random.normal(),
    roll: 0.05 * random.normal(),
  };
  const shape = synthesizeShape(
    model as MorphableModel,
    draw(model.identity.count, 0.7),
    draw(model.expression.count, 0.15),
  );
  const albedo = synthesizeAlbedo(model as MorphableModel, draw(model.texture.count, 0.8));
  paintHairline(model, albedo, random.range(0.02, 0.12));
  const distance = random.range(800, 2000);
  const faceWidth = random.range(0.45, 0.6) * size;
  const f = (faceWidth / 150) * distance;
  const light = Float32Array.of(
    random.range(2.4, 3.4),
    0.5 * random.normal() + 0.4,
    random.range(0.3, 1.2),
    0.5 * random.normal(),
    ...Array.from({ length: 5 }, () => 0.15 * random.normal()),
  );
  return {
    turn: Math.max(Math.abs(angles.yaw), Math.abs(angles.roll)),
    scene: {
      shape,
      triangles: model.triangles,
      albedo,
      pose: {
        rotation: quaternionFromAngles(angles),
        translation: [random.range(-8, 8), random.range(-8, 8) - 25, distance],
      },
      camera: { fx: f, fy: f, cx: size / 2, cy: size / 2 },
      light,
      background: [0, 1, 2].map(() => random.range(0.02, 0.7)),
    },
  };
}

/** Short dark hair on the scalp: a bald head leaves the detector without a hairline. */
function paintHairline({ triangles, regions }: Model, albedo: Float32Array, grey: number): void {
  for (let t = 0; t < regions.length; t++)
    if (regions[t] === Region.scalp)
      for (let k = 0; k < 3; k++) for (let c = 0; c < 3; c++) albedo[3 * triangles[3 * t + k] + c] = grey;
}

const innerRegions: readonly number[] = [Region.teeth, Region.tongue, Region.innerMouth];

/** The pixel nearest to a position that shows the outer head, within a few pixels; −1 when there is none. */
function nearestPixel(
  { width, height, triangle }: { width: number; height: number; triangle: Int32Array },
  x: number,
  y: number,
  regions: Uint8Array,
): number {
  const reach = 24;
  let best = -1;
  let least = reach * reach;
  for (let row = Math.max(0, Math.floor(y) - reach); row < Math.min(height, y + reach); row++)
    for (let column = Math.max(0, Math.floor(x) - reach); column < Math.min(width, x + reach); column++) {
      const p = row * width + column;
      if (triangle[p] < 0 || innerRegions.includes(regions[triangle[p]])) continue;
      const d = (column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2;
      if (d < least) {
        least = d;
        best = p;
      }
    }
  return best;
}

/** The point of least summed distance to points (x, y, z after one another), by Weiszfeld's iteration (1937). */
function geometricMedian(points: readonly number[]): number[] {
  const count = points.length / 3;
  if (count === 0) throw new Error("geometricMedian: the detector put a point on no head at all");
  let median = [0, 1, 2].map((axis) => points.reduce((s, x, i) => (i % 3 === axis ? s + x : s), 0) / count);
  for (let round = 0; round < 50; round++) {
    const sum = [0, 0, 0];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const w = 1 / Math.max(1e-3, Math.hypot(...median.map((m, axis) => m - points[3 * i + axis])));
      for (let axis = 0; axis < 3; axis++) sum[axis] += w * points[3 * i + axis];
      total += w;
    }
    median = sum.map((s) => s / total);
  }
  return median;
}

/** Root mean square distance of the nearer nine tenths of points from their median. */
function robustSpread(points: readonly number[], median: readonly number[]): number {
  const squares = Array.from({ length: points.length / 3 }, (_, i) =>
    median.reduce((s, m, axis) => s + (m - points[3 * i + axis]) ** 2, 0),
  ).sort((a, b) => a - b);
  const kept = squares.slice(0, Math.ceil(0.9 * squares.length));
  return Math.sqrt(kept.reduce((s, d) => s + d, 0) / kept.length);
}

/**
 * Which point of FaceMesh is the mirror image of which: its mesh is symmetric, and so nearly is its mean over many faces.
 * @param mesh x, y, z per point, summed over faces that were brought to the same place
 */
function mirrorPoints(mesh: Float64Array): Uint32Array {
  return Uint32Array.from({ length: meshPoints }, (_, i) => nearestMirrored(mesh, i, 0, meshPoints));
}

/** Adds a mesh, upright and centred between the outer corners of the eyes, which are at unit distance. */
function addUpright(points: Float32Array, sum: Float64Array): void {
  const [right, left] = [3 * eyelids468.right[0], 3 * eyelids468.left[0]];
  const [dx, dy] = [points[left] - points[right], points[left + 1] - points[right + 1]];
  const size = dx * dx + dy * dy;
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i] - (points[left] + points[right]) / 2;
    const y = points[i + 1] - (points[left + 1] + points[right + 1]) / 2;
    sum[i] += (x * dx + y * dy) / size;
    sum[i + 1] += (y * dx - x * dy) / size;
    sum[i + 2] += points[i + 2] / Math.sqrt(size);
  }
}

/** Each point averaged with the mirror image of its twin. */
function symmetrize(points: readonly number[][], twin: Uint32Array): number[][] {
  return points.map((p, i) => {
    const q = points[twin[i]];
    return [(p[0] - q[0]) / 2, (p[1] + q[1]) / 2, (p[2] + q[2]) / 2];
  });
}

/** The nearest point on the outer skin for each position; on the edge of lid or lip for the points that mean it. */
function ontoSurface(
  { pack, cage }: Workshop,
  model: Model,
  mean: Float32Array,
  points: readonly number[][],
): SurfacePoints {
  const out = nearestSkin(model, mean, Float32Array.from(points.flat()));
  const loops = pack.regions.loops;
  const place = (indices: readonly number[], path: readonly number[]) =>
    placeAlong(
      model,
      mean,
      path.map((v) => cage.ofBody[v]),
      points,
      indices,
      out,
    );
  // Loops of lids start at the inner corner and run over the upper lid; the detector's rows start at the outer corner.
  for (const [row, loop, outerCorner] of [
    [eyelids468.left, loops.eyelid_margin_left, pack.landmarks.named.exocanthion_left],
    [eyelids468.right, loops.eyelid_margin_right, pack.landmarks.named.exocanthion_right],
  ] as const) {
    const corner = loop.indexOf(outerCorner);
    place(row.slice(0, 9), [...loop.slice(corner), loop[0]]);
    place([...row.slice(8), row[0]], loop.slice(0, corner + 1));
  }
  // Loops of lips start in the middle of the upper lip and run over the subject's left corner; the rows go from right to left.
  for (const [upperRow, lowerRow, loop] of [
    [lips468.outerUpper, lips468.outerLower, loops.lip_outer_border],
    [lips468.innerUpper, lips468.innerLower, loops.lip_inner_margin],
  ] as const) {
    const [left, right] = [
      argMax(loop, (v) => mean[3 * cage.ofBody[v]]),
      argMax(loop, (v) => -mean[3 * cage.ofBody[v]]),
    ];
    place(upperRow, [...loop.slice(right), ...loop.slice(0, left + 1)]);
    place([upperRow[0], ...lowerRow, upperRow[upperRow.length - 1]], loop.slice(left, right + 1).reverse());
  }
  return out;
}

/** The nearest points on the outer skin. */
function nearestSkin({ triangles, regions }: Model, mean: Float32Array, points: Float32Array): SurfacePoints {
  const skin: number[] = [];
  const allowed: readonly number[] = [Region.face, Region.scalp, Region.earLeft, Region.earRight, Region.neck];
  for (let t = 0; t < regions.length; t++) if (allowed.includes(regions[t])) skin.push(t);
  const tree = new SurfaceTree(
    mean,
    Uint32Array.from(skin.flatMap((t) => [triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2]])),
  );
  const found = tree.nearest(points);
  return { triangles: found.triangles.map((t) => skin[t]), weights: found.weights };
}

const argMax = <T>(items: readonly T[], value: (item: T) => number): number => {
  let best = 0;
  for (let i = 1; i < items.length; i++) if (value(items[i]) > value(items[best])) best = i;
  return best;
};

/**
 * Puts a row of the detector's points, which run from one corner of eye or mouth to the other, on a path of surface
 * vertices between the same corners, at the same shares of the way.
 */
function placeAlong(
  model: Model,
  mean: Float32Array,
  path: readonly number[],
  points: readonly number[][],
  row: readonly number[],
  out: { triangles: Uint32Array; weights: Float32Array },
): void {
  const at = (v: number) => [mean[3 * v], mean[3 * v + 1], mean[3 * v + 2]];
  const along = shares(path.map(at));
  const wanted = shares(row.map((i) => points[i]));
  for (const [k, i] of row.entries()) {
    let edge = 0;
    while (edge < path.length - 2 && along[edge + 1] < wanted[k]) edge++;
    const t = Math.min(1, Math.max(0, (wanted[k] - along[edge]) / (along[edge + 1] - along[edge])));
    const { triangle, weights } = pointOnEdge(model, mean, path[edge], path[edge + 1], t);
    out.triangles[i] = triangle;
    out.weights.set(weights, 3 * i);
  }
}

/** Share of the whole way at each point of a row. */
function shares(row: readonly number[][]): number[] {
  const way = [0];
  for (let i = 1; i < row.length; i++)
    way.push(way[i - 1] + Math.hypot(...row[i].map((x, axis) => x - row[i - 1][axis])));
  return way.map((w) => w / way[way.length - 1]);
}

/**
 * The surface point at share `t` from one refined cage point to the next: an edge of the cage is two edges of the
 * surface, joined by the vertex beside both ends that lies between them.
 * @param model only its triangles of the face are looked at: the edges of lids and lips border other regions
 */
function pointOnEdge(
  { triangles, regions }: Model,
  mean: Float32Array,
  from: number,
  to: number,
  t: number,
): { triangle: number; weights: number[] } {
  const faceTriangles = (...vertices: readonly number[]) => {
    const found: number[] = [];
    for (let i = 0; i < regions.length; i++) {
      if (regions[i] !== Region.face) continue;
      const corners = triangles.subarray(3 * i, 3 * i + 3);
      if (vertices.every((v) => corners.includes(v))) found.push(i);
    }
    return found;
  };
  const neighbours = (v: number) => new Set(faceTriangles(v).flatMap((i) => [...triangles.subarray(3 * i, 3 * i + 3)]));
  const beside = neighbours(to);
  const aside = (v: number) =>
    [0, 1, 2].reduce((s, k) => s + (mean[3 * v + k] - (mean[3 * from + k] + mean[3 * to + k]) / 2) ** 2, 0);
  const [middle] = [...neighbours(from)]
    .filter((v) => beside.has(v) && v !== from && v !== to)
    .sort((a, b) => aside(a) - aside(b));
  const [end, s] = t < 0.5 ? [from, 1 - 2 * t] : [to, 2 * t - 1];
  const [triangle] = faceTriangles(end, middle);
  if (triangle === undefined) throw new Error(`pointOnEdge: no edge of the face joins vertices ${from} and ${to}`);
  const corners = triangles.subarray(3 * triangle, 3 * triangle + 3);
  return { triangle, weights: Array.from(corners, (v) => (v === end ? s : v === middle ? 1 - s : 0)) };
}
