import { type Canvas, fillPolygon, type Paint } from "./canvas.ts";

type Vec3 = readonly [number, number, number];

/**
 * A flat surface in space, seen by a camera at (0, 0, 0) that looks along z (x right, y down): the point (s, t) on it is
 * origin + s · across + t · down.
 */
export interface Plane {
  readonly origin: Vec3;
  readonly across: Vec3;
  readonly down: Vec3;
}

/** Distance from which one unit of length spans the picture. */
export const focal = 1.3;
const nearest = 0.12;

/** Turns a plane about the camera: to the right by yaw, up by pitch, clockwise by roll. */
export function seen({ origin, across, down }: Plane, yaw: number, pitch = 0, roll = 0): Plane {
  const [cy, sy, cp, sp, cr, sr] = [yaw, pitch, roll].flatMap((a) => [Math.cos(a), Math.sin(a)]);
  const turn = ([x, y, z]: Vec3): Vec3 => {
    const x1 = cy * x + sy * z;
    const z1 = cy * z - sy * x;
    const y2 = cp * y - sp * z1;
    const z2 = cp * z1 + sp * y;
    return [cr * x1 - sr * y2, sr * x1 + cr * y2, z2];
  };
  return { origin: turn(origin), across: turn(across), down: turn(down) };
}

/** A wall straight ahead, of which the picture shows one unit of length; (0, 0) is in the picture's middle. */
export const facing: Plane = { origin: [0, 0, focal], across: [1, 0, 0], down: [0, 1, 0] };

const space = new Float64Array(3 * 28);

/** Fills a convex polygon on a plane, given as s, t of at most 28 corners; what is behind the camera is cut away. */
export function fillOn(canvas: Canvas, plane: Plane, corners: readonly number[], paint: Paint): void {
  const { origin: o, across: a, down: d } = plane;
  const n = corners.length / 2;
  for (let i = 0; i < n; i++) {
    const s = corners[2 * i];
    const t = corners[2 * i + 1];
    for (let c = 0; c < 3; c++) space[3 * i + c] = o[c] + s * a[c] + t * d[c];
  }
  const flat: number[] = [];
  for (let i = 0; i < n; i++) {
    const p = 3 * i;
    const q = 3 * (i + 1 < n ? i + 1 : 0);
    const z0 = space[p + 2];
    const z1 = space[q + 2];
    if (z0 >= nearest) flat.push(0.5 + (focal * space[p]) / z0, 0.5 + (focal * space[p + 1]) / z0);
    if (z0 >= nearest !== z1 >= nearest) {
      const f = (nearest - z0) / (z1 - z0);
      for (let c = 0; c < 2; c++)
        flat.push(0.5 + (focal * (space[p + c] + f * (space[q + c] - space[p + c]))) / nearest);
    }
  }
  if (flat.length >= 6) fillPolygon(canvas, flat, paint);
}

export const fillRect = (
  canvas: Canvas,
  plane: Plane,
  s0: number,
  t0: number,
  s1: number,
  t1: number,
  paint: Paint,
): void => fillOn(canvas, plane, [s0, t0, s1, t0, s1, t1, s0, t1], paint);

/** A stroke through points s, t, s, t … on a plane. */
export function strokeOn(canvas: Canvas, plane: Plane, points: readonly number[], width: number, paint: Paint): void {
  for (let i = 0; i + 3 < points.length; i += 2) {
    const dx = points[i + 2] - points[i];
    const dy = points[i + 3] - points[i + 1];
    const k = width / 2 / (Math.hypot(dx, dy) + 1e-9);
    // Lengthened a little, so that bends have no notch.
    const x0 = points[i] - 0.7 * k * dx;
    const y0 = points[i + 1] - 0.7 * k * dy;
    const x1 = points[i + 2] + 0.7 * k * dx;
    const y1 = points[i + 3] + 0.7 * k * dy;
    const [nx, ny] = [-k * dy, k * dx];
    fillOn(canvas, plane, [x0 + nx, y0 + ny, x1 + nx, y1 + ny, x1 - nx, y1 - ny, x0 - nx, y0 - ny], paint);
  }
}
