import { type Camera, depthOfNearness, Label } from "cameo";
import type { DepthConfig } from "../config.ts";
import type { FieldKind, Fields } from "../data/source.ts";
import { toOnnx } from "../graph/onnx.ts";
import { createProgram } from "../graph/program.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { Variables } from "../graph/variables.ts";
import {
  colourError,
  faceDepthError,
  gradientError,
  layerOrderError,
  roughness,
  slopeError,
  targetError,
} from "../losses/depth.ts";
import { depthNetwork } from "../networks/depth.ts";
import { add, broadcastTo, cast, concat, equal, flip, greater, mul, reshape, slice, sub } from "../ops/index.ts";
import type { Batch } from "../optim/learner.ts";
import { warpByDepth } from "../render/render.ts";
import { type Motion, warpVisibility } from "../render/visibility.ts";
import { pictureInput, plainTask, type Tensors } from "./task.ts";

/** Whether pictures come in pairs of one subject, as the losses ask. */
const isPaired = ({ losses }: DepthConfig): boolean => losses.colour > 0 || losses.gradient > 0;
const isSupervised = ({ losses }: DepthConfig): boolean => losses.target > 0 || losses.slope > 0;

/** What is known of the camera of each picture of a pair: fields of portraits and pairs. */
const stereo = { camera: { vector: 4 }, centre: { vector: 1 }, motion: { vector: 12 } } as const;

const inputsOf = (config: DepthConfig, count: number) => ({
  image: pictureInput("image", config, count, 3),
  label: input("label", [count, config.size, config.size], "int32"),
  face: pictureInput("face", config, count, 1),
  mask: pictureInput("mask", config, count, 1),
  model: pictureInput("model", config, count, 1),
  depth: pictureInput("depth", config, count, 1),
  camera: input("camera", [count, 4]),
  centre: input("centre", [count, 1]),
  motion: input("motion", [count, 12]),
  corners: input("corners", [count, config.size ** 2, 3], "int32"),
  covered: input("covered", [count, config.size ** 2, 1]),
});

const predict = (config: DepthConfig, v: Variables, inputs: Tensors): Tensors => ({
  depth: depthNetwork(v, networkInput(config, inputs), config.network),
});

/**
 * The depth network (paper section 4.2): siamese, on pairs of pictures, by the paper's losses; or on single pictures whose
 * depth is known. The network sees the picture and, as the configuration says, the depth of the fitted face or model and
 * the region to estimate.
 */
export const depthTask = plainTask<DepthConfig>({
  views: (config) => (isPaired(config) ? 2 : 1),
  fields(config) {
    const single = {
      image: "picture",
      label: "labels",
      face: "map",
      mask: "map",
      ...(config.network.condition === "model" && { model: "map" }),
      ...(isSupervised(config) && { depth: "map" }),
      ...(isPaired(config) && stereo),
    } as const satisfies Fields;
    if (!isPaired(config)) return single;
    return Object.fromEntries(Object.entries(single).map(([name, pair]): [string, FieldKind] => [name, { pair }]));
  },
  inputs: inputsOf,
  predict,
  view: (config, training) => (isPaired(config) ? createView(config, training) : null),
  score(config, { depth }, inputs) {
    const errors = errorsOf(config, depth, inputs);
    const loss = Object.entries(errors)
      .map(([name, error]) => mul(error, config.losses[name as keyof DepthConfig["losses"]]))
      .reduce(add);
    return { loss, metrics: errors };
  },
  show(config, { depth }, { image, label, mask, face, depth: truth }) {
    const seen = mul(depth, cast(greater(regions(label).head, 0)));
    return [image, grey(face), grey(isSupervised(config) ? mul(truth, mask) : mask), grey(mul(seen, mask)), grey(seen)];
  },
});

/** The channels that the network sees: 4 in the paper, 5 in the authors' code, which shows the face only where hair does not cover it. */
function networkInput({ network }: DepthConfig, { image, face, model, mask }: Tensors): Tensor {
  const bare = network.mask ? mul(face, sub(1, mask)) : face;
  const condition = { face: [bare], model: [model], none: [] }[network.condition];
  return concat([image, ...condition, ...(network.mask ? [mask] : [])], 1);
}

/** 𝓢 and 𝓢ʰ as maps [n, 1, h, w] of 0 and 1. */
function regions(label: Tensor): { readonly head: Tensor; readonly hair: Tensor } {
  const [n, h, w] = label.shape;
  const map = reshape(cast(label), [n, 1, h, w]);
  return { head: cast(greater(map, 0)), hair: cast(equal(map, Label.hair)) };
}

/** The errors that have a weight, by its name. Means over all pictures: of a pair, that is over both directions. */
function errorsOf(config: DepthConfig, depth: Tensor, inputs: Tensors): Record<string, Tensor> {
  const { losses } = config;
  const { label, face, mask, depth: truth, image } = inputs;
  const { head, hair } = regions(label);
  const warped = isPaired(config) ? warp(depth, inputs) : null;
  return {
    ...(warped && {
      colour: colourError(warped.picture, swapPairs(image), warped.seen),
      gradient: gradientError(warped.picture, swapPairs(image), warped.seen),
    }),
    // Without face depth there is nothing to be smooth with (Eq. 6 in place of Eq. 8).
    smooth: roughness(depth, losses.face > 0 ? head : mask),
    ...(losses.face > 0 && { face: faceDepthError(depth, face, hair) }),
    ...(losses.layer > 0 && { layer: layerOrderError(depth, face, hair) }),
    ...(isSupervised(config) && {
      target: targetError(depth, truth, mask),
      slope: slopeError(depth, truth, mask),
    }),
  };
}

/** Each picture of a pair in the place of the other: [2n, …], pairs one after the other. */
const swapPairs = (x: Tensor): Tensor =>
  reshape(flip(reshape(x, [x.shape[0] / 2, 2, ...x.shape.slice(1)]), 1), x.shape);

/** Millimetres of depth from the network's nearness. */
const millimetres = (depth: Tensor, centre: Tensor): Tensor => {
  const step = depthOfNearness(1, 0) - depthOfNearness(0, 0);
  return add(mul(depth, step), add(reshape(centre, [centre.shape[0], 1, 1, 1]), depthOfNearness(0, 0)));
};

/** Each picture as the other camera of its pair sees it, and where it is seen. */
function warp(depth: Tensor, { image, camera, centre, motion, corners, covered }: Tensors) {
  const [n, , h, w] = depth.shape;
  const { picture } = warpByDepth(
    {
      depth: millimetres(depth, centre),
      picture: image,
      from: camera,
      to: swapPairs(camera),
      rotation: reshape(slice(motion, { axis: 1, end: 9 }), [n, 3, 3]),
      translation: slice(motion, { axis: 1, start: 9 }),
    },
    { corners, covered },
  );
  return { picture, seen: reshape(covered, [n, 1, h, w]) };
}

const grey = (map: Tensor): Tensor => broadcastTo(mul(map, 1 / 4), [map.shape[0], 3, ...map.shape.slice(2)]);

/** Runs the network and finds out what the other camera of each pair sees of the mesh over the region 𝓗. */
async function createView(config: DepthConfig, training: boolean) {
  const { size, batch } = config;
  const count = 2 * batch;
  const inputs = inputsOf(config, count);
  const { depth } = predict(config, new Variables(training), inputs);
  const program = await createProgram(toOnnx({ z: millimetres(depth, inputs.centre) }), config);
  const pixels = size * size;
  return {
    async see(values: ReadonlyMap<string, Float32Array>, given: Batch): Promise<Batch> {
      const { z } = await program.run({ ...Object.fromEntries(values), ...given });
      const corners = new Int32Array(count * pixels * 3);
      const covered = new Float32Array(count * pixels);
      for (let i = 0; i < count; i++) {
        const map = { width: size, height: size, data: (z as Float32Array).subarray(i * pixels, (i + 1) * pixels) };
        const mask = Uint8Array.from((given.mask as Float32Array).subarray(i * pixels, (i + 1) * pixels));
        const seen = warpVisibility(map, mask, cameraOf(given, i), cameraOf(given, i ^ 1), motionOf(given, i));
        corners.set(seen.corners, i * seen.corners.length);
        covered.set(seen.covered, i * seen.covered.length);
      }
      return { ...given, corners, covered };
    },
    dispose: () => program.dispose(),
  };
}

function cameraOf({ camera }: Batch, picture: number): Camera {
  const [fx, fy, cx, cy] = (camera as Float32Array).subarray(4 * picture, 4 * picture + 4);
  return { fx, fy, cx, cy };
}

function motionOf({ motion }: Batch, picture: number): Motion {
  const numbers = Array.from((motion as Float32Array).subarray(12 * picture, 12 * picture + 12));
  return {
    rotation: numbers.slice(0, 9) as unknown as Motion["rotation"],
    translation: numbers.slice(9) as unknown as Motion["translation"],
  };
}
