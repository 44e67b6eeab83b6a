import { apply2d, similarity2d, type Transform2d } from "../../geometry/transform2d.ts";

/** A square in the photo that a network looks at, turned so that the face in it is upright. */
export interface Region {
  /** Centre, photo pixels. */
  readonly x: number;
  readonly y: number;
  /** Side, photo pixels. */
  readonly size: number;
  /** Clockwise turn of the face in the photo, radians. */
  readonly angle: number;
}

/** Maps the pixels of a `resolution` × `resolution` picture of the region to the photo. */
export function regionToPhoto({ x, y, size, angle }: Region, resolution: number): Transform2d {
  const turned = similarity2d(size / resolution, angle, 0, 0);
  const [dx, dy] = apply2d(turned, resolution / 2, resolution / 2);
  return similarity2d(size / resolution, angle, x - dx, y - dy);
}

/** Intersection over union of two regions, taken as upright squares. */
export function overlap(p: Region, q: Region): number {
  const side = (c: number, d: number): number =>
    Math.max(0, Math.min(c + p.size / 2, d + q.size / 2) - Math.max(c - p.size / 2, d - q.size / 2));
  const common = side(p.x, q.x) * side(p.y, q.y);
  return common / (p.size ** 2 + q.size ** 2 - common);
}
