import { type Embedded, embedOnnx } from "../graph/embed.ts";
import { stopGradient, type Tensor } from "../graph/tensor.ts";
import { add, div, mul, norm2, resize, sub, sum, transpose } from "../ops/index.ts";
import type { RenderedFace } from "./rendering.ts";

/** Maps pictures [n, 3, h, w] in [0, 1] to embeddings [n, d]. */
export type Descriptor = (picture: Tensor) => Tensor;

/** Side of the face descriptor's pictures. */
const side = 224;

/** The bundle's face descriptor (`faceres`), whose pictures are [n, 224, 224, 3] in [0, 255], as a frozen function. */
export function faceDescriptor(onnx: Uint8Array): Descriptor {
  const network: Embedded = embedOnnx(onnx);
  const [{ name }] = network.inputs;
  return (picture) => {
    const sized = picture.shape[2] === side ? picture : resize(picture, side, side, "bilinear");
    const outputs = Object.values(network.apply({ [name]: mul(transpose(sized, [0, 2, 3, 1]), 255) }));
    // Age and sex are the others.
    return outputs.reduce((longest, output) => (output.shape[1] > longest.shape[1] ? output : longest));
  };
}

/**
 * Perceptual error (paper Eq. 3): 1 − cosine between the embeddings of the picture and of the picture with the rendered
 * face put over it.
 * @param picture sRGB-encoded, [n, 3, h, w]
 * @returns [n]
 */
export function perceptualError(picture: Tensor, { colours, covered }: RenderedFace, describe: Descriptor): Tensor {
  const put = add(mul(colours, covered), mul(picture, sub(1, covered)));
  const unit = (t: Tensor) => div(t, norm2(t, { axes: 1, keep: true, epsilon: 1e-12 }));
  const [real, made] = [stopGradient(describe(picture)), describe(put)];
  return sub(1, sum(mul(unit(real), unit(made)), { axes: 1 }));
}
