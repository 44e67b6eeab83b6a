import { shCount } from "cameo";
import { constant, type Tensor } from "../graph/tensor.ts";
import { div, matmul, mul, norm2, reshape, slice, square, sub, sum } from "../ops/index.ts";

/**
 * Mean squared distance that wrong coefficients make, by a metric of the model (see FaceModel): Δc · G · Δcᵀ.
 * @param predicted and @param expected [n, k]
 * @returns [n], mm² for shape, squared reflectance for texture
 */
export function coefficientError(predicted: Tensor, expected: Tensor, metric: Tensor): Tensor {
  const difference = sub(predicted, expected);
  return sum(mul(matmul(difference, metric), difference), { axes: 1 });
}

/** Squared angle between rotations: [n], degrees², from quaternions [n, 4] of any length and sign; 4 (1 − ⟨q, p⟩²) for small angles. */
export function rotationError(q: Tensor, p: Tensor): Tensor {
  const unit = (t: Tensor) => div(t, norm2(t, { axes: 1, keep: true, epsilon: 1e-12 }));
  const cosine = sum(mul(unit(q), unit(p)), { axes: 1 });
  return mul(sub(1, square(cosine)), 4 * (180 / Math.PI) ** 2);
}

/** How far a point of the face lies from the middle of the picture, pixels of a crop of 224. */
const faceRadius = 80;

/**
 * Squared error of a translation as it shows in a crop of 224: pixels by which the head's centre moves, and a point of
 * the face moves outwards, as the head comes nearer. [n] from [n, 3] in dm, less 10 in z.
 */
export function translationError(predicted: Tensor, expected: Tensor): Tensor {
  const pixels = constant(Float32Array.of(101.5, 101.5, faceRadius / 10), [1, 3]);
  return sum(square(mul(sub(predicted, expected), pixels)), { axes: 1 });
}

/**
 * Mean squared difference of the light on white surfaces of all directions: by Parseval's theorem a weighted sum over
 * the coefficients, as harmonic b has the mean square (A_l / π)² / 4π.
 * @param predicted and @param expected [n, 9] or [n, 27], coefficient by coefficient
 * @returns [n]; a mean over the channels
 */
export function lightError(predicted: Tensor, expected: Tensor): Tensor {
  const [n, count] = predicted.shape;
  const channels = count / shCount;
  const lobe = (b: number) => (b === 0 ? 1 : b < 4 ? 2 / 3 : 1 / 4);
  const weights = Float32Array.from({ length: shCount }, (_, b) => lobe(b) ** 2 / (4 * Math.PI * channels));
  const squares = square(reshape(sub(predicted, expected), [n, shCount, channels]));
  return sum(mul(squares, constant(weights, [1, shCount, 1])), { axes: [1, 2] });
}

/** Groups one after the other in a vector [n, total], by name. */
export function groupsOf(vector: Tensor, groups: Readonly<Record<string, number>>): Record<string, Tensor> {
  let start = 0;
  return Object.fromEntries(
    Object.entries(groups).map(([name, size]) => {
      start += size;
      return [name, slice(vector, { axis: 1, start: start - size, end: start })];
    }),
  );
}
