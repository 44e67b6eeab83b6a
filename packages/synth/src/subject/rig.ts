import { type LinearSpace, type MorphableModel, type SparseMatrix, sparseFromRows, VertexTree } from "cameo";
import { type Cage, eyeHelpers, placeCage, toothHelpers } from "../makehuman/cage.ts";
import { type HeadSlider, headSliders } from "../makehuman/heads.ts";
import type { Pack } from "../makehuman/reference.ts";
import { expandRanges } from "../makehuman/regions.ts";
import type { Target } from "../makehuman/target.ts";
import { lipCloser } from "./lips.ts";
import { projector, refinedMetric } from "./projection.ts";
import { skullPoints } from "./skull.ts";

/** What turns shape controls into heads, prepared once. */
export interface HeadRig {
  readonly sliders: readonly HeadSlider[];
  /** 1 at the cage points that heads are aligned on. */
  readonly skull: Float32Array;
  /** Moves the cage points of a head (mm) so that its lips meet. */
  readonly closeLips: (points: Float64Array) => void;
  /** Rows that give α and β of cage offsets, see `projector`. */
  readonly identity: Float32Array;
  readonly expression: Float32Array;
  /** How far every vertex of the base mesh goes along when cage points move: a row per vertex, a column per cage point. */
  readonly follow: SparseMatrix;
  /** The pack's targets, single precision, without the vertices that no portrait shows. */
  readonly targets: ReadonlyMap<string, Target>;
}

export function buildRig(pack: Pack, cage: Cage, model: MorphableModel): HeadRig {
  const refinement = model.refinement as SparseMatrix;
  const points = placeCage(pack, cage, pack.reference);
  const metric = refinedMetric(refinement, cage.start.count);
  const rows = (space: LinearSpace) => projector(space, metric);
  return {
    sliders: headSliders(pack.targets),
    skull: skullPoints(pack, cage, points),
    closeLips: lipCloser(pack, cage, points, refinement),
    identity: rows(model.identity),
    expression: rows(model.expression),
    follow: followers(pack, cage, points),
    targets: new Map([...pack.targets].map(([name, target]) => [name, shownPart(target, pack)])),
  };
}

/** How far below the chin portraits reach, dm. */
const shownBelowChin = 5.5;

function shownPart({ indices, offsets }: Target, { reference, landmarks }: Pack): Target {
  const lowest = reference[3 * landmarks.named.menton + 1] - shownBelowChin;
  const kept = new Uint32Array(indices.length);
  let count = 0;
  for (let i = 0; i < indices.length; i++) if (reference[3 * indices[i] + 1] > lowest) kept[count++] = i;
  const out = { indices: new Uint32Array(count), offsets: new Float32Array(3 * count) };
  for (let i = 0; i < count; i++) {
    out.indices[i] = indices[kept[i]];
    for (let axis = 0; axis < 3; axis++) out.offsets[3 * i + axis] = offsets[3 * kept[i] + axis];
  }
  return out;
}

/** Vertices of the base mesh that the lashes are bound to. */
const lashHelpers = [14742, 14991] as const;

/** Cage points that a vertex beside the cage follows. */
const followed = 4;

/**
 * Cage points move the base mesh: their own vertices fully, eyeball helpers as the eyeball, lash helpers with the margin of
 * the lids, and all others as the nearest few points do, the nearer the more.
 */
function followers({ base, reference, regions }: Pack, cage: Cage, points: Float64Array): SparseMatrix {
  const { skin, start, ofBody } = cage;
  const rings = quadRings(base.faces, cage);
  const count = reference.length / 3;
  const all = Float32Array.from(reference, (x) => 100 * x);
  const rows: Map<number, number>[] = new Array(count);
  const follow = (vertices: Iterable<number>, candidates: readonly number[]) => {
    const near = nearestFew(candidates, points, rings);
    for (const v of vertices) rows[v] ??= near(all[3 * v], all[3 * v + 1], all[3 * v + 2]);
  };
  for (const [point, v] of skin.vertices.entries()) rows[v] = new Map([[point, 1]]);
  for (const [first, [from, to]] of [
    [start.lowerTeeth, toothHelpers.lower],
    [start.upperTeeth, toothHelpers.upper],
  ] as const)
    for (let v = from; v <= to; v++) rows[v] = new Map([[first + v - from, 1]]);
  for (const side of ["left", "right"] as const) {
    const first = side === "left" ? start.eyeLeft : start.eyeRight;
    const centre = points.subarray(3 * first, 3 * first + 3);
    for (const v of expandRanges([[...eyeHelpers[side]]])) {
      const along = [0, 1, 2].map(
        (axis) => (all[3 * v + axis] - centre[axis]) / (points[3 * (first + 1 + axis) + axis] - centre[axis]),
      );
      rows[v] = new Map([
        [first, 1 - along[0] - along[1] - along[2]],
        ...along.map((share, axis): [number, number] => [first + 1 + axis, share]),
      ]);
    }
  }
  const lids = [...regions.loops.eyelid_margin_left, ...regions.loops.eyelid_margin_right].map((v) => ofBody[v]);
  follow(expandRanges([[...lashHelpers]]), lids);
  const surface = Array.from(skin.vertices, (_, point) => point);
  follow(expandRanges([[0, count - 1]]), surface);
  return sparseFromRows(rows);
}

/**
 * Finds the nearest of some points and, among those that share a quad with it, the next nearest; weights fall with the
 * squared distance and sum to 1.
 */
function nearestFew(candidates: readonly number[], points: Float64Array, rings: readonly ReadonlySet<number>[]) {
  const tree = new VertexTree(
    Float32Array.from(candidates.flatMap((p) => [points[3 * p], points[3 * p + 1], points[3 * p + 2]])),
  );
  const isCandidate = new Set(candidates);
  return (x: number, y: number, z: number): Map<number, number> => {
    const nearest = candidates[tree.nearest(Float32Array.of(x, y, z)).vertices[0]];
    const squared = (p: number) =>
      (points[3 * p] - x) ** 2 + (points[3 * p + 1] - y) ** 2 + (points[3 * p + 2] - z) ** 2;
    const near = [...rings[nearest]]
      .filter((p) => isCandidate.has(p))
      .sort((a, b) => squared(a) - squared(b))
      .slice(0, followed);
    const weights = near.map((p) => 1 / (squared(p) + 1e-3));
    const sum = weights.reduce((s, w) => s + w, 0);
    return new Map(near.map((p, k) => [p, weights[k] / sum]));
  };
}

/** Per cage point of the skin all those that share a quad with it, itself included. */
function quadRings(faces: Uint32Array, { skin, ofBody }: Cage): Set<number>[] {
  const rings = Array.from(skin.vertices, () => new Set<number>());
  for (const f of skin.faces) {
    const corners = [0, 1, 2, 3].map((k) => ofBody[faces[4 * f + k]]);
    for (const a of corners) for (const b of corners) rings[a].add(b);
  }
  return rings;
}
