import type { RgbImage } from "../image.ts";
import type { Session, Tensor } from "./runtime.ts";

/** A picture as networks take it: [1, 3, h, w] in [0, 1]. */
export function pictureTensor({ width, height, data }: RgbImage): Tensor {
  const n = width * height;
  const planes = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) for (let c = 0; c < 3; c++) planes[c * n + i] = data[3 * i + c] / 255;
  return { data: planes, dims: [1, 3, height, width] };
}

/**
 * The side of the one square picture that a network takes; undefined if any will do.
 * @throws Error if it takes something else
 */
export function pictureSide({ inputNames, inputShapes }: Session): number | undefined {
  const [batch, channels, height, width] = inputShapes[inputNames[0]] ?? [];
  if (inputNames.length !== 1 || (batch ?? 1) !== 1 || channels !== 3 || height !== width)
    throw new Error("The network does not take one square picture, [1, 3, s, s].");
  return width;
}
