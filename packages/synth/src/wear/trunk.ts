import type { Assets } from "../assets.ts";
import { bodyFaceCount } from "../makehuman/cage.ts";
import { fitPart } from "../makehuman/mhclo.ts";
import { edgeKey } from "../makehuman/topology.ts";
import type { Point } from "./shapes.ts";

/** Angles about the neck, and steps down from its root, at which {@link TrunkGrid} has points. */
const columns = 64;
const step = 8;
const above = 10;
const below = 42;

/** Points on the body about the neck as weighted base-mesh vertices: found once, they follow every body. */
interface TrunkStencils {
  /** Four base vertices and weights per point, row by row from the top. */
  readonly vertices: Uint32Array;
  readonly weights: Float32Array;
  /** How far the T-shirt stands off the skin at each point of the reference body, mm. */
  readonly cloth: Float32Array;
}

/** The T-shirt among the assets. */
export const shirtPath = "clothes/male_casualsuit06";

/**
 * Neck, shoulders, chest and back of one body in polar coordinates: `angle` about the neck (0 front, to the subject's
 * left, radians), and `down`, the way along the skin from the root of the neck (mm, negative up the neck).
 */
export interface TrunkGrid {
  /** Writes the point `height` mm off the T-shirt, or off the skin where that does not reach. */
  onCloth(angle: number, down: number, height: number, out: Point): void;
  /** Writes the point `height` mm off the skin. */
  onSkin(angle: number, down: number, height: number, out: Point): void;
}

const stencilsOf = new WeakMap<Assets["pack"], TrunkStencils>();

/** @param base x, y, z of the base mesh, mm */
export function createTrunkGrid(assets: Pick<Assets, "pack" | "parts">, base: Float64Array): TrunkGrid {
  let stencils = stencilsOf.get(assets.pack);
  if (!stencils) {
    stencils = findStencils(assets);
    stencilsOf.set(assets.pack, stencils);
  }
  const { cloth } = stencils;
  const points = gridPoints(stencils, base);
  const normals = gridNormals(points);
  const at = (angle: number, down: number, height: number, share: number, out: Point): void => {
    const turn = angle / (2 * Math.PI);
    const x = (turn - Math.floor(turn)) * columns;
    const y = Math.min(rows - 1.001, Math.max(0, down / step + above));
    const c = Math.floor(x);
    const r = Math.floor(y);
    const fx = x - c;
    const fy = y - r;
    const a = r * columns + (c % columns);
    const b = r * columns + ((c + 1) % columns);
    out[0] = out[1] = out[2] = 0;
    for (let corner = 0; corner < 4; corner++) {
      const i = (corner & 1 ? b : a) + (corner & 2 ? columns : 0);
      const w = (corner & 1 ? fx : 1 - fx) * (corner & 2 ? fy : 1 - fy);
      const h = height + share * cloth[i];
      for (let k = 0; k < 3; k++) out[k] += w * (points[3 * i + k] + h * normals[3 * i + k]);
    }
  };
  return {
    onCloth: (angle, down, height, out) => at(angle, down, height, 1, out),
    onSkin: (angle, down, height, out) => at(angle, down, height, 0, out),
  };
}

const rows = above + below + 1;

/** The grid's points on a body in any unit. */
function gridPoints(
  { vertices, weights }: Pick<TrunkStencils, "vertices" | "weights">,
  base: Float64Array,
): Float32Array {
  const points = new Float32Array(3 * rows * columns);
  for (let i = 0; i < rows * columns; i++)
    for (let k = 0; k < 4; k++) {
      const v = 3 * vertices[4 * i + k];
      const w = weights[4 * i + k];
      points[3 * i] += w * base[v];
      points[3 * i + 1] += w * base[v + 1];
      points[3 * i + 2] += w * base[v + 2];
    }
  return points;
}

/** Outward unit normals of the grid, smoothed so that offsets along them do not cross in the hollow of the neck. */
function gridNormals(points: Float32Array): Float32Array {
  const normals = new Float32Array(points.length);
  const reach = 2;
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const left = 3 * (r * columns + ((c + columns - reach) % columns));
      const right = 3 * (r * columns + ((c + reach) % columns));
      const up = 3 * (Math.max(0, r - reach) * columns + c);
      const down = 3 * (Math.min(rows - 1, r + reach) * columns + c);
      const ux = points[right] - points[left];
      const uy = points[right + 1] - points[left + 1];
      const uz = points[right + 2] - points[left + 2];
      const vx = points[down] - points[up];
      const vy = points[down + 1] - points[up + 1];
      const vz = points[down + 2] - points[up + 2];
      const nx = vy * uz - vz * uy;
      const ny = vz * ux - vx * uz;
      const nz = vx * uy - vy * ux;
      const length = Math.hypot(nx, ny, nz) || 1;
      const i = 3 * (r * columns + c);
      normals[i] = nx / length;
      normals[i + 1] = ny / length;
      normals[i + 2] = nz / length;
    }
  return normals;
}

/** A point on an edge of the base mesh. */
interface Crossing {
  readonly a: number;
  readonly b: number;
  /** Share of b. */
  readonly t: number;
  readonly y: number;
  readonly out: number;
}

/** Cuts the reference body by half planes through the upright axis of the neck and walks each cut down from the neck's root. */
function findStencils({ pack, parts }: Pick<Assets, "pack" | "parts">): TrunkStencils {
  const { base, reference, landmarks } = pack;
  const root = neckRoot(reference);
  const vertices = new Uint32Array(4 * rows * columns);
  const weights = new Float32Array(4 * rows * columns);
  const top = 100 * reference[3 * landmarks.named.ear_lobe_bottom_left + 1];
  for (let c = 0; c < columns; c++) {
    // Exactly along vertices a cut would be ambiguous.
    const angle = (2 * Math.PI * (c + 1e-4)) / columns;
    const path = cutBody(base.faces, reference, root, angle, top);
    const start = pathStart(path, root, angle);
    let length = 0;
    const lengths = path.map((p, i) => {
      if (i > 0) length += Math.hypot(p.y - path[i - 1].y, p.out - path[i - 1].out);
      return length;
    });
    for (let r = 0; r < rows; r++) {
      const wanted = Math.min(length, Math.max(0, lengths[start] + (r - above) * step));
      let i = 1;
      while (i < path.length - 1 && lengths[i] < wanted) i++;
      const share = Math.min(1, Math.max(0, (wanted - lengths[i - 1]) / (lengths[i] - lengths[i - 1] || 1)));
      const at = 4 * (r * columns + c);
      const [p, q] = [path[i - 1], path[i]];
      vertices.set([p.a, p.b, q.a, q.b], at);
      weights.set([(1 - share) * (1 - p.t), (1 - share) * p.t, share * (1 - q.t), share * q.t], at);
    }
  }
  return {
    vertices,
    weights,
    cloth: clothHeights(
      pack,
      parts,
      gridPoints(
        { vertices, weights },
        reference.map((x) => 100 * x),
      ),
    ),
  };
}

/** How far from a line along the normal a vertex of the T-shirt counts as on it, and how far off cloth may be, mm. */
const clothReach = 11;
const clothMost = 45;

function clothHeights({ reference }: Assets["pack"], parts: Assets["parts"], points: Float32Array): Float32Array {
  const part = parts.get(shirtPath);
  if (!part) throw new Error(`dress: the assets have no ${shirtPath}`);
  const shirt = fitPart(
    part.fitting,
    reference.map((x) => 100 * x),
  );
  const normals = gridNormals(points);
  const heights = new Float32Array(rows * columns).fill(-1);
  for (let i = 0; i < heights.length; i++)
    for (let v = 0; v < shirt.length; v += 3) {
      const x = shirt[v] - points[3 * i];
      const y = shirt[v + 1] - points[3 * i + 1];
      const z = shirt[v + 2] - points[3 * i + 2];
      const t = x * normals[3 * i] + y * normals[3 * i + 1] + z * normals[3 * i + 2];
      if (t > heights[i] && t < clothMost && x * x + y * y + z * z - t * t < clothReach * clothReach) heights[i] = t;
    }
  // No cloth higher up the neck than this; gaps elsewhere take the mean of their neighbours, and then all is evened out.
  heights.fill(0, 0, 4 * columns);
  for (let round = 0; round < 40; round++) {
    const before = heights.slice();
    for (let i = columns; i < heights.length; i++) {
      const c = i % columns;
      const near = [i - columns, i - c + ((c + 1) % columns), i - c + ((c + columns - 1) % columns), i + columns]
        .filter((n) => n < before.length && before[n] >= 0)
        .map((n) => before[n]);
      if (near.length === 0) continue;
      const mean = near.reduce((s, h) => s + h, 0) / near.length;
      if (before[i] < 0) heights[i] = mean;
      else if (round > 27) heights[i] = 0.5 * (before[i] + mean);
    }
  }
  return heights.map((h) => Math.max(0, h));
}

/** Front and back of the root of the neck on the reference, mm, in the plane of symmetry. */
function neckRoot(reference: Float64Array): { front: Point; back: Point } {
  const at = (v: number): Point => [0, 100 * reference[3 * v + 1], 100 * reference[3 * v + 2]];
  return { front: at(rootFront), back: at(rootBack) };
}

/** Base vertices in the pit of the neck and at the seventh vertebra. */
const rootFront = 1524;
const rootBack = 1491;

/** How much higher the neck ends at its sides than half-way between front and back, mm: it runs out over the shoulders. */
const sideRise = 30;

/** Where a path passes the neck's root, which is saddle-shaped. */
function pathStart(path: readonly Crossing[], { front, back }: ReturnType<typeof neckRoot>, angle: number): number {
  const ahead = (1 + Math.cos(angle)) / 2;
  const level = back[1] + ahead * (front[1] - back[1]) + sideRise * Math.sin(angle) ** 2;
  return Math.max(
    0,
    path.findIndex((p) => p.y < level),
  );
}

/** The cut of the body by a half plane, from below the ears down; at most 600 mm of it. */
function cutBody(
  faces: Uint32Array,
  reference: Float64Array,
  { front, back }: ReturnType<typeof neckRoot>,
  angle: number,
  top: number,
): Crossing[] {
  const centre = (front[2] + back[2]) / 2;
  const sin = Math.sin(angle);
  const cos = Math.cos(angle);
  const side = (v: number) => 100 * reference[3 * v] * cos - (100 * reference[3 * v + 2] - centre) * sin;
  const crossing = (a: number, b: number): Crossing | null => {
    const sa = side(a);
    const sb = side(b);
    if (sa > 0 === sb > 0) return null;
    const t = sa / (sa - sb);
    const x = 100 * (reference[3 * a] + t * (reference[3 * b] - reference[3 * a]));
    const y = 100 * (reference[3 * a + 1] + t * (reference[3 * b + 1] - reference[3 * a + 1]));
    const z = 100 * (reference[3 * a + 2] + t * (reference[3 * b + 2] - reference[3 * a + 2])) - centre;
    return { a, b, t, y, out: x * sin + z * cos };
  };
  const points = new Map<number, Crossing>();
  const links = new Map<number, number[]>();
  for (let f = 0; f < bodyFaceCount; f++) {
    const keys: number[] = [];
    for (let k = 0; k < 4; k++) {
      const [a, b] = [faces[4 * f + k], faces[4 * f + ((k + 1) % 4)]];
      const point = crossing(Math.min(a, b), Math.max(a, b));
      if (!point || point.out < 0 || point.y > top) continue;
      points.set(edgeKey(a, b), point);
      keys.push(edgeKey(a, b));
    }
    if (keys.length === 2) for (const [k, l] of [keys, [keys[1], keys[0]]]) links.set(k, [...(links.get(k) ?? []), l]);
  }
  // The skin of the neck is the cut's outermost point at half height between the neck's root and the ears.
  const level = (Math.max(front[1], back[1]) + top) / 2;
  let start = -1;
  let least = Infinity;
  for (const [key, p] of points) {
    const d = Math.abs(p.y - level) - 0.2 * p.out;
    if (d < least && p.out < 120) {
      least = d;
      start = key;
    }
  }
  const walk = (from: number, first: number | undefined): Crossing[] => {
    const path: Crossing[] = [];
    let [before, at] = [from, first];
    let length = 0;
    while (at !== undefined && length < 600) {
      const point = points.get(at)!;
      const last: Crossing = path[path.length - 1] ?? points.get(from)!;
      length += Math.hypot(point.y - last.y, point.out - last.out);
      path.push(point);
      const next: number | undefined = links.get(at)?.find((k) => k !== before);
      [before, at] = [at, next];
    }
    return path;
  };
  const ways = (links.get(start) ?? []).map((first) => walk(start, first));
  const mean = (way: readonly Crossing[]) => way.reduce((s, p) => s + p.y, 0) / way.length;
  ways.sort((a, b) => mean(a) - mean(b));
  const [down, up = []] = ways;
  return [...up.reverse(), points.get(start)!, ...down];
}
