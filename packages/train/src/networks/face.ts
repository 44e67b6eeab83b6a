import { ambientSh, shCount } from "cameo";
import type { Tensor } from "../graph/tensor.ts";
import { type Initializer, normal, type Variables } from "../graph/variables.ts";
import { globalAvgPool } from "../ops/index.ts";
import { linear } from "./layers.ts";
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
  /** Values per output group. */
  readonly heads?: Readonly<Record<string, number>>;
}

/** The identity rotation (0, 0, 0, 1), from which a quaternion head starts. */
const identityRotation: Initializer = (shape) => Float32Array.from({ length: shape[0] }, (_, i) => (i === 3 ? 1 : 0));

/** White light of radiance 1 from everywhere, from which a head of spherical harmonics starts. */
const ambientLight: Initializer = ([count]) =>
  count % shCount === 0 ? ambientSh(Array(count / shCount).fill(1)) : new Float32Array(count);

const firstGuess: Readonly<Record<string, Initializer>> = { rotation: identityRotation, light: ambientLight };

/**
 * Face regression: coefficients of x [n, 3, h, w] in [0, 1] (h and w multiples of 32; 224 in the paper), one [n, size]
 * tensor per head. Heads start near zero, the one called `rotation` near the identity and `light` near ambient white.
 */
export function faceNetwork(v: Variables, x: Tensor, options: FaceNetworkOptions = {}): Record<string, Tensor> {
  const { body = "resnet50", width = 64, heads = faceHeads } = options;
  const features = globalAvgPool((body === "resnet50" ? resnet50 : resnet18)(v.scope("body"), x, width).layer4);
  return Object.fromEntries(
    Object.entries(heads).map(([name, size]) => [
      name,
      linear(v.scope(name), features, size, { initialize: normal(1e-3), bias: firstGuess[name] ?? normal(0) }),
    ]),
  );
}
