import type { Camera } from "../geometry/camera.ts";
import type { DepthMap } from "../image.ts";
import type { Mesh } from "./mesh.ts";

/** The mesh of a depth map, in camera space. */
export interface GridMesh extends Mesh {
  /** Of each vertex: the pixel (row · width + column) whose centre it is seen at. Ascending. */
  readonly pixels: Uint32Array;
}

/**
 * Regular triangulation of the pixels of a mask that have depth: every pixel centre is a vertex, four neighbours give two
 * triangles, cut along the diagonal with the smaller difference in depth; three of four give one. Triangles face the camera.
 *
 * Neighbours are joined whatever lies between their depths: see `keepShortTriangles`.
 *
 * @param mask not 0 where a pixel takes part; all pixels when absent
 * @throws RangeError if the mask has another size than the depth map
 */
export function triangulateGrid(depth: DepthMap, camera: Camera, mask?: Uint8Array): GridMesh {
  const { width, height, data } = depth;
  if (mask !== undefined && mask.length !== data.length) {
    throw new RangeError(`grid: a mask of ${mask.length} pixels for a depth map of ${data.length}`);
  }
  const vertices = new Int32Array(data.length).fill(-1);
  const pixels = new Uint32Array(data.length);
  const positions = new Float32Array(3 * data.length);
  let count = 0;
  for (let row = 0, p = 0; row < height; row++) {
    for (let column = 0; column < width; column++, p++) {
      const z = data[p];
      if (!(z > 0 && z < Infinity) || (mask !== undefined && mask[p] === 0)) continue;
      positions[3 * count] = ((column + 0.5 - camera.cx) / camera.fx) * z;
      positions[3 * count + 1] = ((row + 0.5 - camera.cy) / camera.fy) * z;
      positions[3 * count + 2] = z;
      pixels[count] = p;
      vertices[p] = count++;
    }
  }

  const triangles = new Uint32Array(6 * count);
  let used = 0;
  const add = (a: number, b: number, c: number) => {
    if (a < 0 || b < 0 || c < 0) return;
    triangles[used++] = a;
    triangles[used++] = b;
    triangles[used++] = c;
  };
  for (let row = 0; row + 1 < height; row++) {
    for (let p = row * width; p < row * width + width - 1; p++) {
      // Counter-clockwise to the eye: top left, bottom left, bottom right, top right.
      const a = vertices[p];
      const b = vertices[p + width];
      const c = vertices[p + width + 1];
      const d = vertices[p + 1];
      const falling = a >= 0 && c >= 0 ? Math.abs(data[p] - data[p + width + 1]) : Infinity;
      const rising = b >= 0 && d >= 0 ? Math.abs(data[p + width] - data[p + 1]) : Infinity;
      if (falling <= rising) {
        add(a, b, c);
        add(a, c, d);
      } else {
        add(a, b, d);
        add(b, c, d);
      }
    }
  }
  return {
    positions: positions.slice(0, 3 * count),
    triangles: triangles.slice(0, used),
    pixels: pixels.slice(0, count),
  };
}
