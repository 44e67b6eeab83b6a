import { ambientSh, FACE_MIDDLE, shCount } from "cameo";
import type { Tensor } from "../graph/tensor.ts";
import { type Initializer, normal, type Variables } from "../graph/variables.ts";
import { globalAvgPool, mul, relu, reshape } from "../ops/index.ts";
import { batchNorm, conv, linear } from "./layers.ts";
import { resnet18, resnet50 } from "./resnet.ts";

/** Numbers of values per group of coefficients: the paper's (section 4.1), with coloured light 27 instead of 9. */
export const faceHeads = {
  identity: 80,
  expression: 64,
  texture: 80,
  light: 9,
  rotation: 4,
  translation: 3,
} as const;

export interface FaceNetworkOptions {
  /** Which body: ResNet-50 as in the paper's reference [17], or the lighter ResNet-18. */
  readonly body?: "resnet18" | "resnet50";
  /** Channels of the body's stem; 64 is the published size. */
  readonly width?: number;
  /**
   * What the heads see of the body's last maps: `pooled`, their means, as published; `spatial`, all of them, reduced to fewer
   * channels. Where a face lies in the crop shows in means only by the borders' influence; trained from nothing, `spatial`
   * learns poses far sooner, but for one size of picture.
   */
  readonly features?: "pooled" | "spatial";
  /** Values per output group. */
  readonly heads?: Readonly<Record<string, number>>;
}

/** The identity rotation (0, 0, 0, 1), from which a quaternion head starts. */
const identityRotation: Initializer = (shape) => Float32Array.from({ length: shape[0] }, (_, i) => (i === 3 ? 1 : 0));

/** White light of radiance 1 from everywhere, from which a head of spherical harmonics starts. */
const ambientLight: Initializer = ([count]) =>
  count % shCount === 0 ? ambientSh(Array(count / shCount).fill(1)) : new Float32Array(count);

/** The translation, dm, less 10 in z, that shows the middle of an unturned face in the middle of the crop. */
const centredFace: Initializer = ([count]) => Float32Array.from({ length: count }, (_, i) => FACE_MIDDLE[i] / 100);

const firstGuess: Readonly<Record<string, Initializer>> = {
  rotation: identityRotation,
  translation: centredFace,
  light: ambientLight,
};

/**
 * Face regression: coefficients of x [n, 3, h, w] in [0, 1] (h and w multiples of 32; 224 in the paper), one [n, size]
 * tensor per head. Heads start near zero, but for `rotation` near the identity, `translation` near a centred face and `light` near
 * ambient white.
 */
export function faceNetwork(v: Variables, x: Tensor, options: FaceNetworkOptions = {}): Record<string, Tensor> {
  const { body = "resnet50", width = 64, features: kind = "pooled", heads = faceHeads } = options;
  const { layer4 } = (body === "resnet50" ? resnet50 : resnet18)(v.scope("body"), x, width);
  const features = kind === "pooled" ? globalAvgPool(layer4) : spatialFeatures(v.scope("features"), layer4);
  return Object.fromEntries(
    Object.entries(heads).map(([name, size]) => [
      name,
      linear(v.scope(name), features, size, { initialize: normal(1e-3), bias: firstGuess[name] ?? normal(0) }),
    ]),
  );
}

/** Channels that a spatial head sees. */
const SPATIAL_CHANNELS = 64;

/**
 * Maps [n, c, h, w] in fewer channels, as vectors. Divided by the root of their number: Adam moves all weights of a coefficient by the
 * learning rate at once, which would throw it about.
 */
function spatialFeatures(v: Variables, maps: Tensor): Tensor {
  const reduced = relu(batchNorm(v.scope("bn"), conv(v.scope("conv"), maps, SPATIAL_CHANNELS, 1)));
  const [n, c, h, w] = reduced.shape;
  return mul(reshape(reduced, [n, c * h * w]), 1 / Math.sqrt(c * h * w));
}
