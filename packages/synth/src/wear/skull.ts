import { type MorphableModel, Region } from "cameo";
import type { BareHead } from "../part.ts";
import type { Point } from "./shapes.ts";

const columns = 64;
const rows = 40;
/** Greatest angle from the axis that the grid reaches, radians: under the chin and down the nape. */
const reach = 2.8;

/** From where hats see the head: above and behind the middle between the ears, mm in model space. */
const viewpoint: Point = [0, 18, -8];

/**
 * The head without ears as directions see it from inside: `angle` about the upright axis (0 front, to the subject's
 * left) and `tilt` from it (0 crown), radians.
 */
export interface SkullGrid {
  readonly centre: Point;
  /** Mm from the centre to the skin. */
  radius(angle: number, tilt: number): number;
  /** Writes the point `height` mm off the skin. */
  at(angle: number, tilt: number, height: number, out: Point): void;
}

/** For each direction the model's triangle on its way out and the weights of its corners; −1 where only an ear is. */
interface SkullStencils {
  readonly triangles: Int32Array;
  readonly weights: Float32Array;
}

const stencilsOf = new WeakMap<MorphableModel, SkullStencils>();

export function createSkullGrid({ model, shape }: Pick<BareHead, "model" | "shape">): SkullGrid {
  let stencils = stencilsOf.get(model);
  if (!stencils) {
    stencils = findStencils(model, shape);
    stencilsOf.set(model, stencils);
  }
  const radii = new Float32Array(columns * rows);
  for (let i = 0; i < radii.length; i++) {
    const t = 3 * stencils.triangles[i];
    if (t < 0) continue;
    let [x, y, z] = [-viewpoint[0], -viewpoint[1], -viewpoint[2]];
    for (let k = 0; k < 3; k++) {
      const v = 3 * model.triangles[t + k];
      const w = stencils.weights[3 * i + k];
      x += w * shape[v];
      y += w * shape[v + 1];
      z += w * shape[v + 2];
    }
    radii[i] = Math.hypot(x, y, z);
  }
  fillGaps(radii);
  smooth(radii);
  const radius = (angle: number, tilt: number) => {
    const turn = angle / (2 * Math.PI);
    const x = (turn - Math.floor(turn)) * columns;
    const y = Math.min(rows - 1.001, Math.max(0, (tilt / reach) * (rows - 1)));
    const c = Math.floor(x);
    const r = Math.floor(y);
    const fx = x - c;
    const a = r * columns + (c % columns);
    const b = r * columns + ((c + 1) % columns);
    const upper = radii[a] + fx * (radii[b] - radii[a]);
    const lower = radii[a + columns] + fx * (radii[b + columns] - radii[a + columns]);
    return upper + (y - r) * (lower - upper);
  };
  return {
    centre: viewpoint,
    radius,
    at(angle, tilt, height, out) {
      const r = radius(angle, tilt) + height;
      const level = r * Math.sin(tilt);
      out[0] = viewpoint[0] + level * Math.sin(angle);
      out[1] = viewpoint[1] + r * Math.cos(tilt);
      out[2] = viewpoint[2] + level * Math.cos(angle);
    },
  };
}

/** Gives directions without skin the value between the nearest that have some, along their row; then from the row above. */
function fillGaps(radii: Float32Array): void {
  for (let r = 0; r < rows; r++) {
    const row = radii.subarray(r * columns, (r + 1) * columns);
    const known = row.map((x) => (x > 0 ? 1 : 0));
    if (!known.includes(1)) {
      if (r > 0) row.set(radii.subarray((r - 1) * columns, r * columns));
      continue;
    }
    for (let c = 0; c < columns; c++) {
      if (known[c]) continue;
      let [before, after] = [1, 1];
      while (!known[(c - before + columns) % columns]) before++;
      while (!known[(c + after) % columns]) after++;
      const left = row[(c - before + columns) % columns];
      row[c] = left + (before / (before + after)) * (row[(c + after) % columns] - left);
    }
  }
}

/** Evens out steps between triangles, and makes one value of the crown. */
function smooth(radii: Float32Array): void {
  const crown = radii.subarray(0, columns);
  crown.fill(crown.reduce((s, x) => s + x, 0) / columns);
  for (let round = 0; round < 2; round++) {
    const before = radii.slice();
    for (let r = 1; r + 1 < rows; r++)
      for (let c = 0; c < columns; c++) {
        const i = r * columns + c;
        const left = r * columns + ((c + columns - 1) % columns);
        const right = r * columns + ((c + 1) % columns);
        radii[i] = 0.5 * before[i] + 0.125 * (before[left] + before[right] + before[i - columns] + before[i + columns]);
      }
  }
}

/** Casts a ray in every direction of the grid, against face, scalp and neck; the outermost hit counts. */
function findStencils(model: MorphableModel, shape: Float32Array): SkullStencils {
  const triangles = new Int32Array(columns * rows).fill(-1);
  const weights = new Float32Array(3 * columns * rows);
  const farthest = new Float32Array(columns * rows);
  const polar = (v: number) => {
    const [x, y, z] = [0, 1, 2].map((k) => shape[3 * v + k] - viewpoint[k]);
    return { angle: Math.atan2(x, z), tilt: Math.atan2(Math.hypot(x, z), y), at: [x, y, z] as Point };
  };
  for (let t = 0; t < model.regions.length; t++) {
    const region = model.regions[t];
    if (region !== Region.face && region !== Region.scalp && region !== Region.neck) continue;
    const corners = [0, 1, 2].map((k) => polar(model.triangles[3 * t + k]));
    const tilts = corners.map((p) => p.tilt);
    const low = Math.max(0, Math.floor((Math.min(...tilts) / reach) * (rows - 1)) - 1);
    const high = Math.min(rows - 1, Math.ceil((Math.max(...tilts) / reach) * (rows - 1)) + 1);
    // Near the crown, and behind where angles wrap, every direction may meet the triangle.
    const angles = corners.map((p) => p.angle);
    const wide = Math.max(...angles) - Math.min(...angles) > 1 || low <= 1;
    const from = wide ? 0 : Math.floor((Math.min(...angles) / (2 * Math.PI)) * columns) - 1;
    const to = wide ? columns - 1 : Math.ceil((Math.max(...angles) / (2 * Math.PI)) * columns) + 1;
    for (let r = low; r <= high; r++)
      for (let c = from; c <= to; c++) {
        const i = r * columns + ((c + columns) % columns);
        const angle = (2 * Math.PI * (c + 1e-3)) / columns;
        const tilt = (reach * (r + 1e-3)) / (rows - 1);
        const hit = meet(
          [Math.sin(tilt) * Math.sin(angle), Math.cos(tilt), Math.sin(tilt) * Math.cos(angle)],
          corners.map((p) => p.at) as [Point, Point, Point],
        );
        if (!hit || hit.distance <= farthest[i]) continue;
        farthest[i] = hit.distance;
        triangles[i] = t;
        weights.set(hit.weights, 3 * i);
      }
  }
  return { triangles, weights };
}

/** Where a ray from the origin meets a triangle (Möller and Trumbore 1997). */
function meet(d: Point, [a, b, c]: [Point, Point, Point]): { distance: number; weights: Point } | null {
  const [e, f] = [b, c].map((p) => [p[0] - a[0], p[1] - a[1], p[2] - a[2]]);
  const p = [d[1] * f[2] - d[2] * f[1], d[2] * f[0] - d[0] * f[2], d[0] * f[1] - d[1] * f[0]];
  const determinant = e[0] * p[0] + e[1] * p[1] + e[2] * p[2];
  if (Math.abs(determinant) < 1e-9) return null;
  const u = -(a[0] * p[0] + a[1] * p[1] + a[2] * p[2]) / determinant;
  const q = [a[2] * e[1] - a[1] * e[2], a[0] * e[2] - a[2] * e[0], a[1] * e[0] - a[0] * e[1]];
  const v = (d[0] * q[0] + d[1] * q[1] + d[2] * q[2]) / determinant;
  const distance = (f[0] * q[0] + f[1] * q[1] + f[2] * q[2]) / determinant;
  if (u < 0 || v < 0 || u + v > 1 || distance <= 0) return null;
  return { distance, weights: [1 - u - v, u, v] };
}
