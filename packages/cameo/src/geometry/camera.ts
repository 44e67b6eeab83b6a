/**
 * Intrinsics of a pinhole camera, in pixels. A camera-space point (x, y, z) is seen at
 * u = fx · x / z + cx, v = fy · y / z + cy; the centre of the top-left pixel is at (0.5, 0.5).
 */
export interface Camera {
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
}

/** Pixel positions (u, v pairs) of camera-space points (triples, mm, z > 0). */
export function project(
  points: Float32Array,
  camera: Camera,
  out = new Float32Array((points.length / 3) * 2),
): Float32Array {
  for (let i = 0, j = 0; i < points.length; i += 3, j += 2) {
    const w = 1 / points[i + 2];
    out[j] = camera.fx * points[i] * w + camera.cx;
    out[j + 1] = camera.fy * points[i + 1] * w + camera.cy;
  }
  return out;
}

/** Where things are seen in a picture, pixels; left ≤ right and top ≤ bottom unless there is nothing. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The bounds of projected points (camera-space triples, mm, z > 0).
 * @param vertices which of them count; all unless given
 */
export function projectedBounds(points: Float32Array, camera: Camera, vertices?: Uint32Array): Bounds {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const count = vertices ? vertices.length : points.length / 3;
  for (let k = 0; k < count; k++) {
    const i = 3 * (vertices ? vertices[k] : k);
    const u = (camera.fx * points[i]) / points[i + 2] + camera.cx;
    const v = (camera.fy * points[i + 1]) / points[i + 2] + camera.cy;
    left = Math.min(left, u);
    right = Math.max(right, u);
    top = Math.min(top, v);
    bottom = Math.max(bottom, v);
  }
  return { left, top, right, bottom };
}

/** The camera-space point (mm) seen at pixel position (u, v) with depth z. */
export const backProject = (u: number, v: number, z: number, camera: Camera): [number, number, number] => [
  ((u - camera.cx) / camera.fx) * z,
  ((v - camera.cy) / camera.fy) * z,
  z,
];

/** The same camera for a picture whose pixel (u, v) shows what was at (u / s + x, v / s + y): crop at (x, y), then scale by s. */
export const cropCamera = (camera: Camera, x: number, y: number, s: number): Camera => ({
  fx: camera.fx * s,
  fy: camera.fy * s,
  cx: (camera.cx - x) * s,
  cy: (camera.cy - y) * s,
});

/** Focal length in pixels from the horizontal field of view (radians). */
export const focalFromFov = (fov: number, width: number): number => width / (2 * Math.tan(fov / 2));

/** Focal length in pixels from the 35 mm equivalent: by convention equal diagonals, 43.27 mm on film. */
export const focalFromFocal35 = (focal35: number, width: number, height: number): number =>
  (focal35 / Math.hypot(36, 24)) * Math.hypot(width, height);
