import { Label } from "cameo";
import { noise } from "../noise.ts";
import type { Extra, Follows, Material, Part, Rgb } from "../part.ts";

export type Point = [number, number, number];

/** A piece of surface: x, y, z per vertex (mm), triangles counter-clockwise from outside, u and v per vertex. */
export interface Sheet {
  readonly positions: Float32Array;
  readonly triangles: Uint32Array;
  readonly uvs: Float32Array;
}

const gridTriangles = new Map<string, Uint32Array>();

/** Triangles of a grid of points, row by row; their outside is where (along a row) × (to the next row) points. */
function trianglesOfGrid(columns: number, rows: number): Uint32Array {
  const key = `${columns} ${rows}`;
  const known = gridTriangles.get(key);
  if (known) return known;
  const triangles = new Uint32Array(6 * (columns - 1) * (rows - 1));
  let i = 0;
  for (let r = 0; r + 1 < rows; r++)
    for (let c = 0; c + 1 < columns; c++) {
      const a = r * columns + c;
      for (const v of [a, a + 1, a + columns + 1, a, a + columns + 1, a + columns]) triangles[i++] = v;
    }
  gridTriangles.set(key, triangles);
  return triangles;
}

/** A surface of columns × rows points given by a map of the unit square. Its outside is dP/du × dP/dv. */
export function loft(columns: number, rows: number, at: (u: number, v: number, out: Point) => void): Sheet {
  const positions = new Float32Array(3 * columns * rows);
  const uvs = new Float32Array(2 * columns * rows);
  const point: Point = [0, 0, 0];
  for (let r = 0, i = 0; r < rows; r++)
    for (let c = 0; c < columns; c++, i++) {
      const u = c / (columns - 1);
      const v = r / (rows - 1);
      at(u, v, point);
      positions[3 * i] = point[0];
      positions[3 * i + 1] = point[1];
      positions[3 * i + 2] = point[2];
      uvs[2 * i] = u;
      uvs[2 * i + 1] = v;
    }
  return { positions, triangles: trianglesOfGrid(columns, rows), uvs };
}

export function mergeSheets(sheets: readonly Sheet[]): Sheet {
  const count = sheets.reduce((s, { positions }) => s + positions.length / 3, 0);
  const positions = new Float32Array(3 * count);
  const uvs = new Float32Array(2 * count);
  const triangles = new Uint32Array(sheets.reduce((s, { triangles }) => s + triangles.length, 0));
  let first = 0;
  let corner = 0;
  for (const sheet of sheets) {
    positions.set(sheet.positions, 3 * first);
    uvs.set(sheet.uvs, 2 * first);
    for (let i = 0; i < sheet.triangles.length; i++) triangles[corner++] = sheet.triangles[i] + first;
    first += sheet.positions.length / 3;
  }
  return { positions, triangles, uvs };
}

export const subtract = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const add = (a: Point, b: Point, scale = 1): Point => [
  a[0] + scale * b[0],
  a[1] + scale * b[1],
  a[2] + scale * b[2],
];
export const cross = (a: Point, b: Point): Point => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export function unit(a: Point): Point {
  const length = Math.hypot(a[0], a[1], a[2]) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}
export const lerp = (a: Point, b: Point, t: number): Point => [
  a[0] + t * (b[0] - a[0]),
  a[1] + t * (b[1] - a[1]),
  a[2] + t * (b[2] - a[2]),
];
/** Smooth noise in [0, 1] on a cylinder: the same after a whole turn, with about `waves` bumps a radian. */
export const ringNoise = (angle: number, waves: number, along: number, seed: number): number =>
  noise(waves * Math.cos(angle) + (seed & 255), along, waves * Math.sin(angle));

/** Two unit vectors that make a right-handed frame with a direction: the first as level as it can be. */
export function across(direction: Point): [Point, Point] {
  const level = cross([0, 1, 0], direction);
  const first = Math.hypot(...level) < 1e-3 ? ([1, 0, 0] as Point) : unit(level);
  return [first, unit(cross(direction, first))];
}

/**
 * A tube about a path of at least two points, closed at its ends, of elliptical section.
 * @param radius half widths at a share of the path: across (level), and upright
 */
export function tube(
  path: readonly Point[],
  radius: number | ((t: number) => readonly [number, number]),
  sides = 6,
): Sheet {
  const last = path.length - 1;
  const frames = path.map((_, i) => across(unit(subtract(path[Math.min(last, i + 1)], path[Math.max(0, i - 1)]))));
  // Level directions turn over where a path is upright; keep each near the one before.
  for (let i = 1; i <= last; i++) {
    const [a, b] = frames[i];
    const before = frames[i - 1][0];
    if (a[0] * before[0] + a[1] * before[1] + a[2] * before[2] < 0)
      frames[i] = [a.map((x) => -x) as Point, b.map((x) => -x) as Point];
  }
  return loft(sides + 1, last + 3, (u, v, out) => {
    const row = Math.round(v * (last + 2));
    const i = Math.min(last, Math.max(0, row - 1));
    const [a, b] = frames[i];
    const [ra, rb] =
      row === 0 || row === last + 2 ? [0, 0] : typeof radius === "number" ? [radius, radius] : radius(i / last);
    const x = ra * Math.cos(2 * Math.PI * u);
    const y = rb * Math.sin(2 * Math.PI * u);
    for (let k = 0; k < 3; k++) out[k] = path[i][k] + x * a[k] + y * b[k];
  });
}

/** An ellipsoid with half axes `x`, `y`, `z`, each a vector of that length (right-handed). */
export const ellipsoid = (centre: Point, x: Point, y: Point, z: Point, columns = 12, rows = 8): Sheet =>
  loft(columns + 1, rows + 1, (u, v, out) => {
    const a = 2 * Math.PI * u;
    const b = Math.PI * (v - 0.5);
    const p = Math.cos(b) * Math.cos(a);
    const q = Math.cos(b) * Math.sin(a);
    const r = Math.sin(b);
    for (let k = 0; k < 3; k++) out[k] = centre[k] + p * x[k] + q * y[k] + r * z[k];
  });

export const ball = (centre: Point, radius: number, columns = 10, rows = 6): Sheet =>
  ellipsoid(centre, [radius, 0, 0], [0, radius, 0], [0, 0, radius], columns, rows);

/** A box with rounded edges: half axes as for {@link ellipsoid}. */
export const roundedBox = (centre: Point, x: Point, y: Point, z: Point, roundness = 0.25): Sheet =>
  loft(17, 9, (u, v, out) => {
    const power = (c: number) => Math.sign(c) * Math.abs(c) ** roundness;
    const a = 2 * Math.PI * u;
    const b = Math.PI * (v - 0.5);
    const p = power(Math.cos(b)) * power(Math.cos(a));
    const q = power(Math.cos(b)) * power(Math.sin(a));
    const r = power(Math.sin(b));
    for (let k = 0; k < 3; k++) out[k] = centre[k] + p * x[k] + q * y[k] + r * z[k];
  });

export interface PartOptions extends Partial<Pick<Part, "texture" | "colours" | "opacity" | "doubleSided">> {
  readonly follows?: Follows;
}

/** A part of background label from a sheet. */
export const createPart = (
  sheet: Sheet,
  material: Material,
  colour: Rgb,
  extras: Extra,
  { follows = "head", doubleSided = false, ...rest }: PartOptions = {},
): Part => ({
  material,
  follows,
  positions: sheet.positions,
  triangles: sheet.triangles,
  ...(rest.texture ? { uvs: sheet.uvs } : {}),
  colour,
  doubleSided,
  labels: Label.background,
  extras,
  ...rest,
});
