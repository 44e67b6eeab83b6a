import { meshPoints } from "./facemesh.ts";

/** The mesh point for each of the usual 68 points: jaw from picture left to right, brows, nose, eyes, outer and inner lips. */
const meshPointOf = [
  ...[127, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 356],
  ...[70, 63, 105, 66, 107, 336, 296, 334, 293, 300],
  ...[168, 197, 5, 4, 75, 97, 2, 326, 305],
  ...[33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380],
  ...[61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91],
  ...[78, 82, 13, 312, 308, 317, 14, 87],
] as const;

/**
 * The usual 68 landmarks of a FaceMesh mesh.
 * @param points 468 × (x, y, z)
 * @returns 68 × (x, y)
 */
export function landmarks68Of(points: Float32Array): Float32Array {
  if (points.length !== meshPoints * 3) throw new RangeError(`landmarks: needs ${meshPoints} points`);
  const landmarks = new Float32Array(68 * 2);
  for (const [i, point] of meshPointOf.entries()) {
    landmarks[i * 2] = points[point * 3];
    landmarks[i * 2 + 1] = points[point * 3 + 1];
  }
  return landmarks;
}
