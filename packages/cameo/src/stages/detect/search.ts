import type { Transform2d } from "../../geometry/transform2d.ts";
import type { RgbImage } from "../../image.ts";
import { detectorSize } from "./blazeface.ts";
import { regionToPhoto } from "./region.ts";

/** Neighbouring views share this part of their side, so that a face of up to that size is whole in one of them. */
const shared = 0.35;

/**
 * Views of the photo for the detector, as maps from their pixels to the photo. Level 0 shows the whole photo, each further level
 * squares of half the side; level −1 shows the photo in a frame of its own size, which helps with faces that fill it.
 * All are turned by `angle` (radians, clockwise).
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

/** The finest level worth searching: its views need no enlargement, and it is no finer than eighths of the photo. */
export function finestLevel({ width, height }: RgbImage): number {
  const levels = Math.floor(Math.log2(Math.max(width, height) / detectorSize));
  return Math.min(3, Math.max(0, levels));
}

/** One look at the photo. */
export interface Look {
  readonly level: number;
  /** Radians, clockwise. */
  readonly turn: number;
}

/** The detector itself knows faces tilted by about ±45°. */
export const quarterTurns = [0, Math.PI / 2, -Math.PI / 2, Math.PI] as const;

/**
 * The looks to take until a face is found: the whole photo, the photo in a frame, finer and finer parts; then the same, turned, but
 * only the two coarsest levels, as the rest would take seconds.
 */
export function looks(image: RgbImage): Look[] {
  const finest = finestLevel(image);
  return quarterTurns.flatMap((turn) => {
    const parts = Array.from({ length: turn === 0 ? finest : Math.min(1, finest) }, (_, i) => i + 1);
    return [0, -1, ...parts].map((level) => ({ level, turn }));
  });
}
