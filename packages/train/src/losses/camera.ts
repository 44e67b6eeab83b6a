import { faceCamera } from "cameo";
import { constant, type Tensor } from "../graph/tensor.ts";
import { add, mul, projectPoints, quaternionToMatrix, transformPoints } from "../ops/index.ts";

/** mm; the face network's translations are dm, less this in z. */
const distance = 1000;

/**
 * Model-space points as the face network's camera sees them: F · R(q) · X + t, F = diag(1, −1, −1).
 * @param points [n, p, 3], mm
 * @param rotation quaternions [n, 4]
 * @param translation [n, 3], dm, less 10 in z
 * @returns [n, p, 3], camera space, mm
 */
export function posedPoints(points: Tensor, rotation: Tensor, translation: Tensor): Tensor {
  const flip = constant(Float32Array.of(1, -1, -1), [1, 3, 1]);
  const offset = constant(Float32Array.of(0, 0, distance), [1, 3]);
  return transformPoints(points, mul(quaternionToMatrix(rotation), flip), add(mul(translation, 100), offset));
}

/** Where camera-space points [n, p, 3] are seen in a crop of `side` pixels, [n, p, 2], by the face network's camera. */
export function facePixels(points: Tensor, side: number): Tensor {
  return projectPoints(points, faceCameraTensor(points.shape[0], side));
}

/** Intrinsics of the face network's camera for each sample, [n, 4]. */
export function faceCameraTensor(n: number, side: number): Tensor {
  const { fx, fy, cx, cy } = faceCamera(side);
  return constant(Float32Array.from(Array(n).fill([fx, fy, cx, cy]).flat()), [n, 4]);
}
