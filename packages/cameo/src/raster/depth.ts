import type { Camera } from "../geometry/camera.ts";
import type { DepthMap } from "../image.ts";

/**
 * The camera-space point seen at every pixel centre of a depth map.
 * @param out receives x, y, z per pixel, mm; all 0 where there is no depth
 */
export function depthPoints(
  { width, height, data }: DepthMap,
  camera: Camera,
  out = new Float32Array(3 * data.length),
): Float32Array {
  for (let row = 0, p = 0; row < height; row++) {
    const y = (row + 0.5 - camera.cy) / camera.fy;
    for (let column = 0; column < width; column++, p++) {
      const z = data[p];
      out[3 * p] = ((column + 0.5 - camera.cx) / camera.fx) * z;
      out[3 * p + 1] = y * z;
      out[3 * p + 2] = z;
    }
  }
  return out;
}
