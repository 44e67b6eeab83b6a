import { type Camera, projectedBounds } from "../../geometry/camera.ts";

/** A part of a picture, whole pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Parts are worked on in strips of about this many pixels, so that memory does not grow with the photo. */
const STRIP_PIXELS = 2 ** 20;

/** A box cut into strips from the top. */
export function* strips({ x, y, width, height }: Box): Generator<Box> {
  const rows = Math.max(1, Math.floor(STRIP_PIXELS / Math.max(1, width)));
  if (width === 0) return;
  for (let top = y; top < y + height; top += rows) yield { x, y: top, width, height: Math.min(rows, y + height - top) };
}

/** The part of the picture that surfaces (camera space) are seen in, with a pixel to spare; empty where they are beside it. */
export function boundingBox(surfaces: readonly Float32Array[], camera: Camera, width: number, height: number): Box {
  // Points beside or behind the camera may be seen anywhere.
  if (surfaces.some((positions) => positions.some((z, i) => i % 3 === 2 && !(z > 1))))
    return { x: 0, y: 0, width, height };
  const seen = surfaces.map((positions) => projectedBounds(positions, camera));
  const x = Math.max(0, Math.floor(Math.min(...seen.map(({ left }) => left))) - 1);
  const y = Math.max(0, Math.floor(Math.min(...seen.map(({ top }) => top))) - 1);
  const right = Math.min(width, Math.ceil(Math.max(...seen.map(({ right }) => right))) + 1);
  const bottom = Math.min(height, Math.ceil(Math.max(...seen.map(({ bottom }) => bottom))) + 1);
  const isBeside = right <= x || bottom <= y;
  return { x, y, width: isBeside ? 0 : right - x, height: isBeside ? 0 : bottom - y };
}
