import { smoothstep, vertexNormals } from "cameo";
import type { Assets } from "../assets.ts";
import { bodyVertexCount } from "../makehuman/cage.ts";
import { type Fitting, fitPart } from "../makehuman/mhclo.ts";
import { expandRanges } from "../makehuman/regions.ts";
import { hash, noise } from "../noise.ts";
import type { BareHead } from "../part.ts";
import type { Point, Sheet } from "./shapes.ts";
import { shirtPath } from "./trunk.ts";

/** The outline that the T-shirt is cut to. */
export interface CutSpec {
  readonly shape: "crew" | "vNeck" | "scoop" | "tank" | "strapless";
  /** How far below the root of the neck the cut reaches at the front, and how far it is wide on each side, mm on an average body. */
  readonly depth: number;
  readonly half: number;
}

/** What hangs lower than this under the root of the neck, mm, is in no picture. */
const lowest = 400;
/** Base vertex in the pit of the neck. */
const neckPit = 1524;

/** The T-shirt's surface down to the waist. */
interface Shirt {
  readonly fitting: Fitting;
  readonly triangles: Uint32Array;
  /** Neighbours of vertex v: `neighbours[starts[v] … starts[v + 1] − 1]`. */
  readonly starts: Uint32Array;
  readonly neighbours: Uint32Array;
  /** x, y, z on the reference body about the root of the neck, mm: where cuts and patterns are made. */
  readonly rest: Float32Array;
  /** Body vertices that the whole T-shirt hides, and where they are in the same frame. */
  readonly hidden: Uint32Array;
  readonly hiddenRest: Float32Array;
  /** Joint of the left shoulder in the same frame: x and y. */
  readonly shoulder: readonly [number, number];
}

const shirts = new WeakMap<Assets["pack"], Shirt>();

function shirtOf({ pack, parts }: Assets): Shirt {
  let shirt = shirts.get(pack);
  if (!shirt) {
    const part = parts.get(shirtPath);
    if (!part) throw new Error(`dress: the assets have no ${shirtPath}`);
    shirt = cutOffTrousers(pack, part);
    shirts.set(pack, shirt);
  }
  return shirt;
}

function cutOffTrousers(
  { reference, regions }: Assets["pack"],
  { mesh: { faces }, fitting }: NonNullable<ReturnType<Assets["parts"]["get"]>>,
): Shirt {
  const body = reference.map((x) => 100 * x);
  const pit = body.subarray(3 * neckPit, 3 * neckPit + 3);
  const aboutPit = (positions: Float64Array, vertices: ArrayLike<number>) =>
    Float32Array.from(
      { length: 3 * vertices.length },
      (_, i) => positions[3 * vertices[Math.floor(i / 3)] + (i % 3)] - pit[i % 3],
    );
  const fitted = fitPart(fitting, body);
  const piece = pieces(faces, fitting.vertexCount);
  let top = 0;
  for (let v = 0; v < fitting.vertexCount; v++) if (fitted[3 * v + 1] > fitted[3 * top + 1]) top = v;
  const number = new Map<number, number>();
  const triangles: number[] = [];
  const links: Set<number>[] = [];
  for (let f = 0; f < faces.length; f += 4) {
    const quad = faces.subarray(f, f + 4);
    if (piece[quad[0]] !== piece[top] || quad.every((v) => fitted[3 * v + 1] < pit[1] - lowest)) continue;
    const corners = Array.from(quad, (v) => {
      if (!number.has(v)) {
        number.set(v, links.length);
        links.push(new Set());
      }
      return number.get(v) as number;
    });
    for (const k of [0, 1, 2, 0, 2, 3]) triangles.push(corners[k]);
    for (let k = 0; k < 4; k++) {
      links[corners[k]].add(corners[(k + 1) % 4]);
      links[corners[(k + 1) % 4]].add(corners[k]);
    }
  }
  const vertices = [...number.keys()];
  const rest = aboutPit(fitted, vertices);
  const starts = new Uint32Array(links.length + 1);
  for (const [i, set] of links.entries()) starts[i + 1] = starts[i] + set.size;
  const hidden = fitting.hidden.filter((v) => v < bodyVertexCount);
  const joint = expandRanges(regions.groups["joint-l-shoulder"].vertex_ranges);
  const neighbours = Uint32Array.from(links.flatMap((set) => [...set]));
  iron(rest, { starts, neighbours });
  return {
    fitting: selectFitting(fitting, vertices),
    triangles: Uint32Array.from(triangles),
    starts,
    neighbours,
    rest,
    hidden,
    hiddenRest: aboutPit(body, hidden),
    shoulder: [0, 1].map((axis) => meanOf(body, joint, axis) - pit[axis]) as [number, number],
  };
}

const meanOf = (positions: ArrayLike<number>, vertices: readonly number[], axis: number) =>
  vertices.reduce((s, v) => s + positions[3 * v + axis], 0) / vertices.length;

/** The part of a fitting that places these of its vertices. */
function selectFitting({ vertices, weights, offsets, scales, hidden }: Fitting, chosen: readonly number[]): Fitting {
  const three = (values: ArrayLike<number>) =>
    chosen.flatMap((v) => [values[3 * v], values[3 * v + 1], values[3 * v + 2]]);
  return {
    vertexCount: chosen.length,
    vertices: Uint32Array.from(three(vertices)),
    weights: Float64Array.from(three(weights)),
    offsets: Float64Array.from(three(offsets)),
    scales,
    hidden,
  };
}

/** The connected piece that each vertex belongs to, named by one of its vertices. */
function pieces(faces: Uint32Array, count: number): Int32Array {
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const root = (v: number): number => {
    let r = v;
    while (parent[r] !== r) {
      parent[r] = parent[parent[r]];
      r = parent[r];
    }
    return r;
  };
  for (let i = 0; i < faces.length; i += 4) for (let k = 1; k < 4; k++) parent[root(faces[i])] = root(faces[i + k]);
  return parent.map((_, v) => root(v));
}

/** How far inside the cut cloth a point is, mm, below 0 outside: points in mm about the root of the reference's neck. */
function insideCut(
  { shape, depth, half }: CutSpec,
  [sx, sy]: readonly [number, number],
  x: number,
  y: number,
  z: number,
): number {
  if (shape === "crew") return 99;
  const right = Math.abs(x);
  // Behind the shoulders the neckline hardly dips.
  const front = smoothstep(-80, -35, z);
  const dip = -12 + front * (depth + 12) + shoulderTop;
  const drop = (shoulderTop - y) / dip;
  const hole =
    shape === "vNeck"
      ? (half * (1 - drop) - right) / Math.hypot(1, half / dip)
      : half * (1 - Math.hypot(right / half, Math.max(0, drop)));
  if (shape === "vNeck" || shape === "scoop") return -hole;
  // Off the axis of the arm, which is held out at 45°.
  const off = Math.SQRT1_2 * (right - sx + (y - sy));
  const torso = Math.max(100 + 50 * smoothstep(-70, -150, y) - right, -78 - off);
  return Math.min(torso, shape === "tank" ? -hole : -(y + depth));
}

/** How far the tops of the shoulders lie above the root of the neck, mm. */
const shoulderTop = 42;

/** A garment on a body. */
export interface Garment {
  readonly sheet: Sheet;
  /** x, y, z per vertex on the reference body about the root of the neck, mm: where its pattern is. */
  readonly rest: Float32Array;
}

/**
 * The T-shirt on a body, cut and creased.
 * @param lift how far it is moved off itself, mm: what is worn over a shirt
 */
export function fitShirt(assets: Assets, head: BareHead, cut: CutSpec, lift: number, seed: number): Garment {
  const shirt = shirtOf(assets);
  const positions = head.fit(shirt.fitting);
  iron(positions, shirt);
  crease(positions, vertexNormals(positions, shirt.triangles), shirt.rest, lift, seed);
  const whole = { positions, rest: shirt.rest, triangles: shirt.triangles };
  const { triangles, ...cloth } = cut.shape === "crew" ? whole : clip(whole, insideValues(shirt, shirt.rest, cut));
  return {
    sheet: { positions: cloth.positions, triangles, uvs: new Float32Array(0) },
    rest: cloth.rest,
  };
}

/** How far a body vertex lies inside the edge of the cloth before it counts as hidden, mm. */
const hiddenMargin = 8;

/** Base-mesh vertices that are well under the cut T-shirt. */
export function hiddenUnder(assets: Assets, cut: CutSpec): Uint32Array {
  const shirt = shirtOf(assets);
  if (cut.shape === "crew") return shirt.hidden;
  const inside = insideValues(shirt, shirt.hiddenRest, cut);
  return shirt.hidden.filter((_, i) => inside[i] > hiddenMargin);
}

function insideValues({ shoulder }: Shirt, rest: Float32Array, cut: CutSpec): Float32Array {
  const inside = new Float32Array(rest.length / 3);
  for (let i = 0; i < inside.length; i++)
    inside[i] = insideCut(cut, shoulder, rest[3 * i], rest[3 * i + 1], rest[3 * i + 2]);
  return inside;
}

/** Evens out crumpled hems: moves each vertex halfway to the mean of its neighbours, twice. */
function iron(positions: Float32Array, { starts, neighbours }: Pick<Shirt, "starts" | "neighbours">): void {
  for (let round = 0; round < 2; round++) {
    const before = positions.slice();
    for (let v = 0; v + 1 < starts.length; v++) {
      const share = 0.5 / (starts[v + 1] - starts[v]);
      for (let axis = 0; axis < 3; axis++) {
        let sum = 0;
        for (let e = starts[v]; e < starts[v + 1]; e++) sum += before[3 * neighbours[e] + axis];
        positions[3 * v + axis] = 0.5 * before[3 * v + axis] + share * sum;
      }
    }
  }
}

/** The root of the neck of a body, mm. */
export const neckRootOf = ({ base }: Pick<BareHead, "base">): Point => [
  base[3 * neckPit],
  base[3 * neckPit + 1],
  base[3 * neckPit + 2],
];

/** Moves cloth off the body and lays it in soft folds, which mostly hang, and in sharper creases, some clothes more than others. */
function crease(positions: Float32Array, normals: Float32Array, rest: Float32Array, lift: number, seed: number): void {
  const shift = seed & 1023;
  const crumpled = 5 * hash(seed, 9, 0);
  for (let i = 0; i < positions.length; i += 3) {
    const x = rest[i];
    const y = rest[i + 1];
    const z = rest[i + 2];
    // At the neck cloth lies flat.
    const loose = smoothstep(30, -60, y);
    const fold = noise(x / 34 + 0.3 * (y / 34), y / 90 + shift, z / 40) - 0.35;
    // Creases run from the armpits across.
    const ridge = 1 - Math.abs(2 * noise((x + y) / 42 + shift, (Math.abs(x) - y) / 70, z / 50) - 1);
    const height = lift + loose * (9 * fold + crumpled * ridge ** 4);
    for (let k = i; k < i + 3; k++) positions[k] += height * normals[k];
  }
}

interface Cloth {
  readonly positions: Float32Array;
  readonly rest: Float32Array;
  readonly triangles: Uint32Array;
}

/** Cuts cloth where `inside` passes 0 and drops what is below. */
function clip({ positions, rest, triangles }: Cloth, inside: Float32Array): Cloth {
  const fields = [positions, rest];
  const out: number[][] = [[], []];
  const kept = new Int32Array(inside.length).fill(-1);
  const cuts = new Map<number, number>();
  let count = 0;
  const keep = (v: number) => {
    if (kept[v] < 0) {
      kept[v] = count++;
      for (let f = 0; f < 2; f++) for (let k = 0; k < 3; k++) out[f].push(fields[f][3 * v + k]);
    }
    return kept[v];
  };
  const cut = (a: number, b: number) => {
    const [p, q] = a < b ? [a, b] : [b, a];
    const key = p * inside.length + q;
    let v = cuts.get(key);
    if (v === undefined) {
      v = count++;
      cuts.set(key, v);
      const t = inside[p] / (inside[p] - inside[q]);
      for (let f = 0; f < 2; f++)
        for (let k = 0; k < 3; k++)
          out[f].push(fields[f][3 * p + k] + t * (fields[f][3 * q + k] - fields[f][3 * p + k]));
    }
    return v;
  };
  const left: number[] = [];
  for (let t = 0; t < triangles.length; t += 3) {
    const corners: number[] = [];
    for (let k = 0; k < 3; k++) {
      const a = triangles[t + k];
      const b = triangles[t + ((k + 1) % 3)];
      if (inside[a] >= 0) corners.push(keep(a));
      if (inside[a] >= 0 !== inside[b] >= 0) corners.push(cut(a, b));
    }
    for (let k = 2; k < corners.length; k++) left.push(corners[0], corners[k - 1], corners[k]);
  }
  const [p, r] = out.map((values) => Float32Array.from(values));
  return { positions: p, rest: r, triangles: Uint32Array.from(left) };
}
