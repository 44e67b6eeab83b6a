import type { Transform2d } from "../../geometry/transform2d.ts";
import type { RgbImage } from "../../image.ts";
import { detectorSize } from "./blazeface.ts";
import { regionToPhoto } from "./region.ts";

/** Neighbouring views share this part of their side, so that a face of up to that size is whole in one of them. */
const shared = 0.35;

/**
 * Views of the photo for the detector, as maps from their pixels to the photo: level 0 shows the whole photo, each further level
 * squares of half the side. All are turned by `angle` (radians, clockwise).
 */
export function views({ width, height }: RgbImage, level: number, angle: number): Transform2d[] {
  const side = Math.max(width, height) / 2 ** level;
  const places = (length: number): number[] => {
    if (length <= side) return [length / 2];
    const count = Math.ceil((length - side) / (side * (1 - shared))) + 1;
    return Array.from({ length: count }, (_, i) => side / 2 + ((length - side) * i) / (count - 1));
  };
  return places(height).flatMap((y) =>
    places(width).map((x) => regionToPhoto({ x, y, size: side, angle }, detectorSize)),
  );
}

/** The finest level worth searching: one whose views need no enlargement, and no finer than eighths of the photo. */
export function finestLevel({ width, height }: RgbImage): number {
  const levels = Math.floor(Math.log2(Math.max(width, height) / detectorSize));
  return Math.min(3, Math.max(0, levels));
}
