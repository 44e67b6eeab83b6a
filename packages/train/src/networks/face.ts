import { ambientSh, FACE_MIDDLE, shCount } from "cameo";
import { constant, type Tensor } from "../graph/tensor.ts";
import { type Initializer, normal, type Variables } from "../graph/variables.ts";
import { add, concat, globalAvgPool, matmul, mul, relu, reshape, resize, softmax, sub } from "../ops/index.ts";
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
   * What the heads see: `pooled`, the means of the body's last maps, as published; `landmarks`, also where the network finds the 68
   * landmarks, which is an output of its own then. Means tell where things are only by the influence of the borders: trained
   * from nothing, `landmarks` learns poses with a fraction of the pictures.
   */
  readonly features?: "pooled" | "landmarks";
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
 * ambient white. With landmarks as features there is one output more, `landmarks68`: u / w and v / h of each, [n, 68, 2].
 */
export function faceNetwork(v: Variables, x: Tensor, options: FaceNetworkOptions = {}): Record<string, Tensor> {
  const { body = "resnet50", width = 64, features = "pooled", heads = faceHeads } = options;
  const maps = (body === "resnet50" ? resnet50 : resnet18)(v.scope("body"), x, width);
  const pooled = globalAvgPool(maps.layer4);
  const head = (name: string, from: Tensor, size: number): Tensor =>
    linear(v.scope(name), from, size, { initialize: normal(1e-3), bias: firstGuess[name] ?? normal(0) });
  const coefficients = (from: Tensor) =>
    Object.fromEntries(Object.entries(heads).map(([name, size]) => [name, head(name, from, size)]));
  if (features === "pooled") return coefficients(pooled);

  const landmarks68 = findLandmarks(v.scope("landmarks"), maps);
  const offsets = mul(reshape(sub(landmarks68, 0.5), [x.shape[0], 2 * LANDMARKS]), OFFSET_SCALE);
  const seen = concat([mul(pooled, POOLED_SCALE), offsets], 1);
  return { ...coefficients(relu(linear(v.scope("hidden"), seen, HIDDEN))), landmarks68 };
}

const LANDMARKS = 68;
/** Channels of the maps that landmarks are found in. */
const FINDING = 64;
/** Units between what the heads see and the coefficients. */
const HIDDEN = 256;
/** Brings offsets of landmarks, some 0.1, and hundreds of pooled features near 1 to scales at which neither drowns the other. */
const OFFSET_SCALE = 8;
const POOLED_SCALE = 0.2;

/** Landmarks as the means of heat maps at an eighth of the picture's size, [n, 68, 2] in [0, 1]: the body's maps from coarse to fine. */
function findLandmarks(v: Variables, { layer2, layer3, layer4 }: ReturnType<typeof resnet18>): Tensor {
  const lateral = (name: string, from: Tensor) => unit(v.scope(name), from, 1);
  let y = lateral("lateral4", layer4);
  for (const [name, maps] of [
    ["lateral3", layer3],
    ["lateral2", layer2],
  ] as const) {
    const [h, w] = maps.shape.slice(2);
    y = add(resize(y, h, w, "nearest"), lateral(name, maps));
  }
  const [n, , h, w] = y.shape;
  const heat = conv(v.scope("heat"), unit(v.scope("merge"), y, 3), LANDMARKS, 1, { bias: true });
  const shares = softmax(reshape(heat, [n, LANDMARKS, h * w]), 2);
  const centres = Float32Array.from({ length: 2 * h * w }, (_, i) => {
    const pixel = i >> 1;
    return i % 2 === 0 ? ((pixel % w) + 0.5) / w : (Math.floor(pixel / w) + 0.5) / h;
  });
  return matmul(shares, constant(centres, [h * w, 2]));
}

const unit = (v: Variables, from: Tensor, kernel: number): Tensor =>
  relu(batchNorm(v.scope("bn"), conv(v.scope("conv"), from, FINDING, kernel, { padding: (kernel - 1) / 2 })));
