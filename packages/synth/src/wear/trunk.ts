import type { Assets } from "../assets.ts";
import { bodyFaceCount } from "../makehuman/cage.ts";
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
}

/**
 * Neck, shoulders, chest and back of one body in polar coordinates: `angle` about the neck (0 front, to the subject's
 * left, radians), and `down`, the way along the skin from the root of the neck (mm, negative up the neck).
 */
export interface TrunkGrid {
  /** Writes the point `height` mm off the skin. */
  at(angle: number, down: number, height: number, out: Point): void;
}

const stencilsOf = new WeakMap<Assets["pack"], TrunkStencils>();

/** @param base x, y, z of the base mesh, mm */
export function createTrunkGrid({ pack }: Pick<Assets, "pack">, base: Float64Array): TrunkGrid {
  let stencils = stencilsOf.get(pack);
  if (!stencils) {
    stencils = findStencils(pack);
    stencilsOf.set(pack, stencils);
  }
  const { vertices, weights } = stencils;
  const rows = above + below + 1;
  const points = new Float32Array(3 * rows * columns);
  for (let i = 0; i < rows * columns; i++)
    for (let k = 0; k < 4; k++) {
      const v = 3 * vertices[4 * i + k];
      const w = weights[4 * i + k];
      points[3 * i] += w * base[v];
      points[3 * i + 1] += w * base[v + 1];
      points[3 * i + 2] += w * base[v + 2];
    }
  const normals = gridNormals(points, rows);
  return {
    at(angle, down, height, out) {
      const turn = angle / (2 * Math.PI);
      const x = (turn - Math.floor(turn)) * columns;
      const y = Math.min(rows - 1.001, Math.max(0, down / step + above));
      const c = Math.floor(x);
      const r = Math.floor(y);
      const fx = x - c;
      const fy = y - r;
      const a = 3 * (r * columns + (c % columns));
      const b = 3 * (r * columns + ((c + 1) % columns));
      const wa = (1 - fx) * (1 - fy);
      const wb = fx * (1 - fy);
      const wc = (1 - fx) * fy;
      const wd = fx * fy;
      const next = 3 * columns;
      for (let k = 0; k < 3; k++)
        out[k] =
          wa * (points[a + k] + height * normals[a + k]) +
          wb * (points[b + k] + height * normals[b + k]) +
          wc * (points[a + next + k] + height * normals[a + next + k]) +
          wd * (points[b + next + k] + height * normals[b + next + k]);
    },
  };
}

/** Outward unit normals of the grid, smoothed so that offsets along them do not cross in the hollow of the neck. */
function gridNormals(points: Float32Array, rows: number): Float32Array {
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
function findStencils({ base, reference, landmarks }: Assets["pack"]): TrunkStencils {
  const root = neckRoot(reference);
  const rows = above + below + 1;
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
  return { vertices, weights };
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
