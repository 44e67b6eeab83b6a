import { readFile } from "node:fs/promises";
import {
  createPyramid,
  eyelids468,
  faceOval468,
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
  synthesizeAlbedo,
  synthesizeShape,
} from "./cameo.ts";
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

type Model = Omit<MorphableModel, "landmarks468" | "landmarkSpread468">;

/** Where FaceMesh's points lie on the model. */
export interface Correspondences {
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
  const symmetric = symmetrize(medians);
  return {
    landmarks468: ontoSurface(shop, model, mean, symmetric),
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

/** FaceMesh is mirror-symmetric: each point is averaged with the mirror image of the one that lies there. */
function symmetrize(points: readonly number[][]): number[][] {
  const twin = points.map((p) => {
    const d = points.map((q) => Math.hypot(q[0] + p[0], q[1] - p[1], q[2] - p[2]));
    return d.indexOf(Math.min(...d));
  });
  return points.map((p, i) => {
    const q = points[twin[i]];
    // Where the pairing is not mutual the points are too close to tell apart; they stay.
    if (twin[twin[i]] !== i) return p;
    return [(p[0] - q[0]) / 2, (p[1] + q[1]) / 2, (p[2] + q[2]) / 2];
  });
}

/** The nearest point on the outer skin for each position; on the edge of lid or lip for the points that mean it. */
function ontoSurface(
  { pack, cage }: Workshop,
  { triangles, regions }: Model,
  mean: Float32Array,
  points: readonly number[][],
): SurfacePoints {
  const skin: number[] = [];
  const allowed: readonly number[] = [Region.face, Region.scalp, Region.earLeft, Region.earRight, Region.neck];
  for (let t = 0; t < regions.length; t++) if (allowed.includes(regions[t])) skin.push(t);
  const tree = new SurfaceTree(
    mean,
    Uint32Array.from(skin.flatMap((t) => [triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2]])),
  );
  const found = tree.nearest(Float32Array.from(points.flat()));
  const out = { triangles: found.triangles.map((t) => skin[t]), weights: found.weights };
  const loops = pack.regions.loops;
  const snap = (indices: readonly number[], loop: readonly number[]) => {
    const line = loop.map((v) => cage.ofBody[v]);
    for (const i of indices) placeOnLoop(triangles, mean, line, points[i], i, out);
  };
  snap(eyelids468.left, loops.eyelid_margin_left);
  snap(eyelids468.right, loops.eyelid_margin_right);
  const halves = (loop: readonly number[]) => {
    // Loops of the lips start in the middle of the upper lip and run over the left corner; corners belong to both halves.
    const quarter = Math.floor(loop.length / 4);
    const upper = [...loop.slice(loop.length - quarter - 1), ...loop.slice(0, quarter + 2)];
    return { upper, lower: loop.slice(quarter, loop.length - quarter + 1) };
  };
  const outer = halves(loops.lip_outer_border);
  const inner = halves(loops.lip_inner_margin);
  snap(lips468.outerUpper, outer.upper);
  snap(lips468.outerLower, outer.lower);
  snap(lips468.innerUpper, inner.upper);
  snap(lips468.innerLower, inner.lower);
  return out;
}

/** Puts point i on the nearest place of a line of surface vertices that cage points refine to, edge by edge. */
function placeOnLoop(
  triangles: Uint32Array,
  mean: Float32Array,
  line: readonly number[],
  point: readonly number[],
  i: number,
  out: { triangles: Uint32Array; weights: Float32Array },
): void {
  let best = { vertex: line[0], distance: Infinity };
  for (const vertex of line) {
    const distance = Math.hypot(...point.map((x, axis) => x - mean[3 * vertex + axis]));
    if (distance < best.distance) best = { vertex, distance };
  }
  const corner = triangles.indexOf(best.vertex);
  out.triangles[i] = Math.floor(corner / 3);
  out.weights.fill(0, 3 * i, 3 * i + 3);
  out.weights[3 * i + (corner % 3)] = 1;
}
