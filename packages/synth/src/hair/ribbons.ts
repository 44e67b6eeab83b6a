import { Label } from "cameo";
import { clamp } from "../noise.ts";
import { Extra, type Part } from "../part.ts";
import type { Random } from "../random.ts";
import { centreY } from "./scalp.ts";
import type { HairColour } from "./spec.ts";
import { lockColumns, lockTexture } from "./textures.ts";

/** Most points along one lock. */
export const maxPoints = 48;

/** A path that a lock follows; written anew for every lock. */
export interface Path {
  /** x, y, z per point, model space, mm. */
  readonly points: Float64Array;
  count: number;
  /** From where the lock faces outwards. */
  cx: number;
  cy: number;
  cz: number;
}

export const createPath = (): Path => ({
  points: new Float64Array(3 * maxPoints),
  count: 0,
  cx: 0,
  cy: centreY,
  cz: 0,
});

/** How a lock looks. */
export interface LockStyle {
  /** Full width, mm, and its share at root and tip. */
  width: number;
  rootShare: number;
  tipShare: number;
  /** Turn about its own direction, radians: 0 lies flat on the head. */
  turn: number;
  /** Factor on the brightness. */
  tone: number;
  /** How much of the colour is that of the streaks, 0 to 1. */
  streak: number;
  /** Length that lies before the first point, mm: for the colour. */
  before: number;
}

/** Locks laid one after the other into one part. */
export interface Ribbons {
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  readonly tangents: Float32Array;
  readonly uvs: Float32Array;
  readonly colours: Float32Array;
  readonly triangles: Uint32Array;
  vertexCount: number;
  cornerCount: number;
}

/** One after the other all locks are laid in the same memory; parts get copies. */
let scratch = allocate(16384);

function allocate(points: number): Ribbons {
  return {
    positions: new Float32Array(6 * points),
    normals: new Float32Array(6 * points),
    tangents: new Float32Array(6 * points),
    uvs: new Float32Array(4 * points),
    colours: new Float32Array(6 * points),
    triangles: new Uint32Array(6 * points),
    vertexCount: 0,
    cornerCount: 0,
  };
}

/** Room for locks of so many points together, until the next call. */
export function createRibbons(points: number): Ribbons {
  if (6 * points > scratch.positions.length) scratch = allocate(points);
  scratch.vertexCount = 0;
  scratch.cornerCount = 0;
  return scratch;
}

/** How much the normals of the two sides of a lock lean outwards: it looks round. */
const roundness = 0.22;

/** Lays a ribbon with the lock texture along a path; nothing when there is no room left or the path has but one point. */
export function layLock(ribbons: Ribbons, path: Path, style: LockStyle, colour: HairColour, random: Random): void {
  const { points, count } = path;
  const { positions, normals, tangents, uvs, colours, triangles } = ribbons;
  const { base, roots, tips, streaks, rootLength } = colour;
  if (count < 2 || 3 * (ribbons.vertexCount + 2 * count) > positions.length) return;
  const column = random.integer(lockColumns);
  const flip = random.chance(0.5);
  const inset = 1 / 32;
  const uLeft = (column + (flip ? 1 - inset : inset)) / lockColumns;
  const uRight = (column + (flip ? inset : 1 - inset)) / lockColumns;
  const cosTurn = Math.cos(style.turn);
  const sinTurn = Math.sin(style.turn);
  let along = style.before;
  let wx = 0;
  let wy = 0;
  let wz = 0;
  for (let i = 0; i < count; i++) {
    const a = 3 * (i > 0 ? i - 1 : 0);
    const b = 3 * (i + 1 < count ? i + 1 : count - 1);
    let tx = points[b] - points[a];
    let ty = points[b + 1] - points[a + 1];
    let tz = points[b + 2] - points[a + 2];
    const length = Math.sqrt(tx * tx + ty * ty + tz * tz) || 1;
    tx /= length;
    ty /= length;
    tz /= length;
    const x = points[3 * i];
    const y = points[3 * i + 1];
    const z = points[3 * i + 2];
    let ox = x - path.cx;
    // Below the head outwards is sideways.
    let oy = Math.max(y - path.cy, -40);
    let oz = z - path.cz;
    const far = Math.sqrt(ox * ox + oy * oy + oz * oz) || 1;
    ox /= far;
    oy /= far;
    oz /= far;
    let cx = ty * oz - tz * oy;
    let cy = tz * ox - tx * oz;
    let cz = tx * oy - ty * ox;
    // Hair that stands straight out has no flat side of its own: it keeps that of the point before.
    const firm = Math.sqrt(cx * cx + cy * cy + cz * cz);
    if (i > 0) {
      const keep = 1.1 - firm;
      cx += keep * wx;
      cy += keep * wy;
      cz += keep * wz;
    } else if (firm < 0.1) {
      cx += 0.3 * ty + 0.1;
      cy -= 0.3 * tx;
    }
    const drop = cx * tx + cy * ty + cz * tz;
    cx -= drop * tx;
    cy -= drop * ty;
    cz -= drop * tz;
    const width = Math.sqrt(cx * cx + cy * cy + cz * cz) || 1;
    wx = cx / width;
    wy = cy / width;
    wz = cz / width;
    // The flat side's normal, then both turned about the direction of the hair.
    const fx = wy * tz - wz * ty;
    const fy = wz * tx - wx * tz;
    const fz = wx * ty - wy * tx;
    const sx = cosTurn * wx + sinTurn * fx;
    const sy = cosTurn * wy + sinTurn * fy;
    const sz = cosTurn * wz + sinTurn * fz;
    const t = i / (count - 1);
    if (i > 0) {
      const ax = x - points[3 * i - 3];
      const ay = y - points[3 * i - 2];
      const az = z - points[3 * i - 1];
      along += Math.sqrt(ax * ax + ay * ay + az * az);
    }
    const shareOfWidth =
      t < 0.25
        ? style.rootShare + (1 - style.rootShare) * (t / 0.25)
        : 1 - (1 - style.tipShare) * ((t - 0.25) / 0.75) ** 2;
    const half = 0.5 * style.width * shareOfWidth;
    const atRoot = rootLength > 0 ? clamp(1 - along / rootLength) : 0;
    const towardTip = t > 0.35 ? (t - 0.35) / 0.65 : 0;
    const atTip = towardTip * towardTip;
    for (let side = -1; side <= 1; side += 2) {
      const v = ribbons.vertexCount++;
      positions[3 * v] = x + side * half * sx;
      positions[3 * v + 1] = y + side * half * sy;
      positions[3 * v + 2] = z + side * half * sz;
      // Mostly away from the head, leaning to the side.
      let nx = ox + 0.25 * fx + side * roundness * sx;
      let ny = oy + 0.25 * fy + side * roundness * sy;
      let nz = oz + 0.25 * fz + side * roundness * sz;
      const n = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1;
      nx /= n;
      ny /= n;
      nz /= n;
      normals[3 * v] = nx;
      normals[3 * v + 1] = ny;
      normals[3 * v + 2] = nz;
      tangents[3 * v] = tx;
      tangents[3 * v + 1] = ty;
      tangents[3 * v + 2] = tz;
      uvs[2 * v] = side < 0 ? uLeft : uRight;
      uvs[2 * v + 1] = 0.01 + 0.98 * t;
      for (let c = 0; c < 3; c++) {
        let value = base[c] + atTip * (tips[c] - base[c]);
        value += style.streak * (streaks[c] - value);
        value += atRoot * (roots[c] - value);
        colours[3 * v + c] = Math.max(0.001, value * style.tone);
      }
    }
    if (i > 0) {
      const v = ribbons.vertexCount - 4;
      const k = ribbons.cornerCount;
      triangles[k] = v;
      triangles[k + 1] = v + 1;
      triangles[k + 2] = v + 2;
      triangles[k + 3] = v + 2;
      triangles[k + 4] = v + 1;
      triangles[k + 5] = v + 3;
      ribbons.cornerCount += 6;
    }
  }
}

/** The locks as a part; null without any. */
export function partOfRibbons(ribbons: Ribbons, label: Label = Label.hair): Part | null {
  const { vertexCount, cornerCount } = ribbons;
  if (cornerCount === 0) return null;
  const texture = lockTexture();
  const tone = 1 / texture.mean;
  return {
    material: "hair",
    follows: "head",
    positions: ribbons.positions.slice(0, 3 * vertexCount),
    triangles: ribbons.triangles.slice(0, cornerCount),
    normals: ribbons.normals.slice(0, 3 * vertexCount),
    tangents: ribbons.tangents.slice(0, 3 * vertexCount),
    uvs: ribbons.uvs.slice(0, 2 * vertexCount),
    texture,
    colour: [tone, tone, tone],
    colours: ribbons.colours.slice(0, 3 * vertexCount),
    doubleSided: true,
    labels: label,
    extras: Extra.none,
  };
}
