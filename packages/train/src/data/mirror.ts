import type { PortraitSample } from "@cameo/synth";
import { Label } from "cameo";

/** A map as a mirror shows it, rows from right to left, whatever its number of channels. */
export function mirroredMap<T extends Uint8Array | Float32Array>(map: T, size: number): T {
  const out = map.slice() as T;
  const channels = map.length / size ** 2;
  for (let v = 0; v < size; v++)
    for (let u = 0; u < size; u++)
      for (let c = 0; c < channels; c++)
        out[(v * size + size - 1 - u) * channels + c] = map[(v * size + u) * channels + c];
  return out;
}

const otherEar: Readonly<Record<number, number>> = {
  [Label.earLeft]: Label.earRight,
  [Label.earRight]: Label.earLeft,
};

/** Labels as a mirror shows them: an ear at the left is then one at the right. */
export const mirroredLabels = (labels: Uint8Array, size: number): Uint8Array =>
  mirroredMap(labels, size).map((label) => otherEar[label] ?? label);

/** A portrait's picture, albedo, labels and extras as a mirror shows them; the rest, which tells of a camera, is left. */
export function mirroredPicture(sample: PortraitSample): PortraitSample {
  const { size, image, albedo, labels, extras } = sample;
  return {
    ...sample,
    image: mirroredMap(image, size),
    albedo: mirroredMap(albedo, size),
    labels: mirroredLabels(labels, size),
    extras: mirroredMap(extras, size),
  };
}
