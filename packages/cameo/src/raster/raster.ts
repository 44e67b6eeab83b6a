import type { DepthMap } from "../image.ts";

/** What each pixel centre of a picture sees of a mesh. Made by `rasterize`; may be reused for the next picture. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Camera-space z of the nearest surface, mm; 0 where there is none. */
  readonly depth: Float32Array;
  /** Index of the triangle seen; −1 where there is none. */
  readonly triangle: Int32Array;
  /**
   * Two per pixel: the weights of the triangle's first and second corner; that of the third is one minus both.
   * They are perspective-correct: weighting the corners' camera-space positions gives the point seen. 0 where there is none.
   */
  readonly barycentrics: Float32Array;
}

/** The widest and highest picture that can be rasterised: beyond it, edge functions would no longer be exact. */
export const maxRasterSize = 16384;

/**
 * An empty raster of `width` × `height` pixels.
 * @throws RangeError if a side is not a whole number from 1 to {@link maxRasterSize}
 */
export function createRaster(width: number, height: number): Raster {
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side > maxRasterSize) {
      throw new RangeError(`raster: a side must be a whole number from 1 to ${maxRasterSize}, not ${side}`);
    }
  }
  const pixels = width * height;
  return {
    width,
    height,
    depth: new Float32Array(pixels),
    triangle: new Int32Array(pixels).fill(-1),
    barycentrics: new Float32Array(2 * pixels),
  };
}

/** The depth of a raster as a picture. It shares the raster's memory: the next use of the raster overwrites it. */
export const depthOf = ({ width, height, depth }: Raster): DepthMap => ({ width, height, data: depth });
