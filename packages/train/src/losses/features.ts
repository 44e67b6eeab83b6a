import { embedOnnx } from "../graph/embed.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { add, avgPool2d, div, mul, sub, transpose } from "../ops/index.ts";

/** φ of Eq. 13: maps pictures in [−1, 1], [n, 3, h, w], to the first activation at each resolution. */
export type FeatureNetwork = (picture: Tensor) => readonly Tensor[];

/** How a feature network wants its pictures: what is subtracted from, and divides, each channel of pictures in [0, 1]. */
export interface FeatureColours {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** A network that takes [n, 3, h, w], such as VGG-19 trained on ImageNet, as a frozen function. */
export function featureNetwork(onnx: Uint8Array, { mean, deviation }: FeatureColours): FeatureNetwork {
  const network = embedOnnx(onnx);
  const [{ name }] = network.inputs;
  const channel = (values: readonly number[]) => constant(Float32Array.from(values), [1, 3, 1, 1]);
  return (picture) => network.activations({ [name]: div(sub(unsigned(picture), channel(mean)), channel(deviation)) });
}

/**
 * The bundle's face descriptor (`faceres`), whose pictures are [n, h, w, 3] in [0, 255], as a frozen function. It looks at
 * every other pixel only, so a pattern of single pixels would pass for anything: pictures are smoothed first.
 */
export function faceFeatures(onnx: Uint8Array): FeatureNetwork {
  const network = embedOnnx(onnx);
  const [{ name }] = network.inputs;
  return (picture) => {
    const smooth = avgPool2d(unsigned(picture), 2, { stride: 1 });
    return network.activations({ [name]: mul(transpose(smooth, [0, 2, 3, 1]), 255) });
  };
}

const unsigned = (picture: Tensor): Tensor => mul(add(picture, 1), 0.5);
