import { decodeMorphableModel, faceCamera, openNodeBundle } from "cameo";
import type { FaceConfig, TrainConfig } from "../config.ts";
import { toOnnx } from "../graph/onnx.ts";
import { createProgram } from "../graph/program.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { Variables } from "../graph/variables.ts";
import { facePixels, posedPoints } from "../losses/camera.ts";
import { type FaceModel, faceModel, pointsOf } from "../losses/face-model.ts";
import { landmarkError } from "../losses/landmarks.ts";
import { type Descriptor, faceDescriptor, perceptualError } from "../losses/perceptual.ts";
import { photometricError } from "../losses/photometric.ts";
import { lightColour, texturedness, unlikelihood } from "../losses/regularisation.ts";
import { meshNormals, type RenderedFace, renderFace } from "../losses/rendering.ts";
import { coefficientError, groupsOf, lightError, rotationError, translationError } from "../losses/supervised.ts";
import { faceNetwork } from "../networks/face.ts";
import { add, clip, concat, div, maximum, mean, mul, reshape, square, sub, sum } from "../ops/index.ts";
import { type Batch, createLearner } from "../optim/learner.ts";
import { meshVisibility } from "../render/visibility.ts";
import { createEvaluator, learnerOptions, pictureInput, type Task, type Tensors } from "./task.ts";

/** Landmarks and pixels are counted in a crop of this side, whatever the size of the pictures. */
const cropSide = 224;

/** The groups that it takes to pose the head model, and to render it. */
const posing = ["identity", "expression", "rotation", "translation"];
const rendering = [...posing, "texture", "light"];

/** What of the losses a run can and must compute. */
function needsOf({ network, losses, data, validation }: FaceConfig) {
  const has = (groups: readonly string[]) => groups.every((name) => name in network.heads);
  const pose = has(posing);
  const render = has(rendering);
  const kinds = [data, validation].flatMap((spec) => (spec ? kindsOf(spec) : []));
  return {
    pose,
    render,
    landmarks: pose && losses.landmarks > 0,
    photometric: render && losses.photometric > 0,
    perceptual: render && losses.perceptual > 0,
    /** Whether the truth of some pictures is known, and that of some is not. */
    truth: kinds.some((kind) => kind !== "photos"),
    photos: kinds.includes("photos"),
  };
}

const kindsOf = (spec: TrainConfig["data"]): string[] =>
  spec.kind === "mixed" ? spec.parts.map(({ data }) => data.kind) : [spec.kind];

const total = (heads: Readonly<Record<string, number>>): number => Object.values(heads).reduce((a, b) => a + b, 0);

/** The face network (paper section 4.1): on coefficients where they are known, and on photos of which nothing is known. */
export const faceTask: Task<FaceConfig> = {
  fields(config) {
    const needs = needsOf(config);
    const { heads } = config.network;
    return {
      image: "picture",
      ...(needs.truth && { coefficients: { vector: total(heads), groups: heads } }),
      ...(needs.landmarks && { landmarks68: { vector: 136 } }),
      ...(needs.landmarks && needs.photos && { visible68: { vector: 68 } }),
      ...(needs.photometric && { skin: "map" }),
      ...(needs.truth && needs.photos && { known: { vector: 1 } }),
    };
  },
  network(config, count) {
    const variables = new Variables(false);
    return {
      learner: "network",
      variables,
      outputs: faceNetwork(variables, imageInput(config, count), config.network),
    };
  },
  async create(config) {
    const needs = needsOf(config);
    const means = await loadMeans(config);
    const inputs = inputsOf(config, means);
    const variables = new Variables(true);
    const scored = score(config, means, faceNetwork(variables, inputs.image, config.network), inputs);
    const learner = await createLearner({ variables, ...scored }, learnerOptions(config));
    const evaluator = await createEvaluator(config, (v) => {
      const predicted = faceNetwork(v, inputs.image, config.network);
      const { loss, metrics } = score(config, means, predicted, inputs);
      return { metrics: { loss, ...metrics }, shown: [inputs.image, ...overlays(config, means, predicted, inputs)] };
    });
    const isRendered = needs.photometric || needs.perceptual;
    const trainingView = isRendered ? await createView(config, means, true) : null;
    const view = needs.render ? await createView(config, means, false) : null;
    return {
      learners: { network: learner },
      async step(batches, rate) {
        const seen: Batch[] = [];
        for (const batch of batches) seen.push(trainingView ? await trainingView.see(learner.values, batch) : batch);
        return learner.step(seen, rate);
      },
      async evaluate(batch, wantPicture) {
        const seen = view ? await view.see(learner.averaged, batch) : batch;
        return evaluator.run(learner.averaged, seen, wantPicture);
      },
      dispose: async () => {
        await Promise.all([learner, evaluator, trainingView, view].map((part) => part?.dispose()));
      },
    };
  },
};

/** What the losses measure with: the head model where the network poses it, and the face descriptor where it is asked for. */
interface Means {
  readonly model: FaceModel | null;
  readonly describe: Descriptor | null;
}

async function loadMeans(config: FaceConfig): Promise<Means> {
  const { pose, perceptual } = needsOf(config);
  if (!pose) return { model: null, describe: null };
  const { identity, expression, texture = 0 } = config.network.heads;
  const bundle = await openNodeBundle(config.models);
  const model = await decodeMorphableModel(await bundle.read("head"));
  return {
    model: faceModel(model, { identity, expression, texture }),
    describe: perceptual ? faceDescriptor(await bundle.read("faceres")) : null,
  };
}

const imageInput = (config: FaceConfig, count: number): Tensor => pictureInput("image", config, count, 3);

function inputsOf(config: FaceConfig, { model }: Means): Tensors {
  const { batch, network, size } = config;
  const needs = needsOf(config);
  return {
    image: imageInput(config, batch),
    ...(needs.truth && { coefficients: input("coefficients", [batch, total(network.heads)]) }),
    ...(needs.landmarks && { landmarks68: input("landmarks68", [batch, 136]) }),
    ...(needs.landmarks && needs.photos && { visible68: input("visible68", [batch, 68]) }),
    ...(needs.photometric && { skin: pictureInput("skin", config, batch, 1) }),
    ...(needs.truth && needs.photos && { known: input("known", [batch, 1]) }),
    ...(model &&
      needs.render && {
        corners: input("corners", [batch, size * size, 3], "int32"),
        covered: input("covered", [batch, size * size, 1]),
      }),
  };
}

/** The weighted sum of all losses, and each by name: means over the pictures on which they can be measured. */
function score(config: FaceConfig, means: Means, predicted: Tensors, inputs: Tensors) {
  const { losses } = config;
  const metrics = {
    ...averaged(knownErrors(config, means, predicted, inputs), inputs.known),
    ...averaged(seenErrors(config, means, predicted, inputs)),
  };
  const weighted = Object.entries(metrics).map(([name, error]) => mul(error, losses[name] ?? 1));
  if (weighted.length === 0) throw new Error("All losses that photos allow are 0: there is nothing to learn.");
  const loss = weighted.reduce(add);
  return { loss, metrics };
}

/** Means of errors [n] over the batch, or over the pictures [n, 1] that are known. */
function averaged(errors: Tensors, known?: Tensor): Tensors {
  const over = (error: Tensor) => {
    if (!known) return mean(error);
    const flags = reshape(known, error.shape);
    return div(sum(mul(error, flags)), maximum(sum(flags), 1));
  };
  return Object.fromEntries(Object.entries(errors).map(([name, error]) => [name, over(error)]));
}

/** Errors of coefficients against the truth of synthetic portraits, [n] each, by name. */
function knownErrors(config: FaceConfig, { model }: Means, predicted: Tensors, inputs: Tensors): Tensors {
  if (!inputs.coefficients) return {};
  const expected = groupsOf(inputs.coefficients, config.network.heads);
  const errors = Object.fromEntries(
    Object.keys(config.network.heads).map((name) => [name, errorOf(name, model, predicted[name], expected[name])]),
  );
  if (!model) return errors;
  return { ...errors, shape: coefficientError(shapeOf(predicted), shapeOf(expected), model.shapeMetric) };
}

const shapeOf = ({ identity, expression }: Tensors): Tensor => concat([identity, expression], 1);

function errorOf(name: string, model: FaceModel | null, predicted: Tensor, expected: Tensor): Tensor {
  const count = predicted.shape[1];
  if (model && name === "identity") return coefficientError(predicted, expected, model.identityMetric);
  if (model && name === "expression") return coefficientError(predicted, expected, model.expressionMetric);
  if (model && name === "texture") return coefficientError(predicted, expected, model.textureMetric);
  if (name === "rotation" && count === 4) return rotationError(predicted, expected);
  if (name === "translation" && count === 3) return translationError(predicted, expected);
  if (name === "light" && count % 9 === 0) return lightError(predicted, expected);
  return mean(square(sub(predicted, expected)), { axes: 1 });
}

/** Errors against the picture itself and its landmarks, and what coefficients should be like anyway, [n] each, by name. */
function seenErrors(config: FaceConfig, { model, describe }: Means, predicted: Tensors, inputs: Tensors): Tensors {
  if (!model) return {};
  const { losses, size } = config;
  const { image, landmarks68, skin } = inputs;
  const { identity, expression, texture, light } = predicted;
  const errors: Record<string, Tensor> = {};
  if (landmarks68) {
    errors.landmarks = landmarkErrors(projectedLandmarks(model, predicted), inputs);
    if (predicted.landmarks68) errors.found = landmarkErrors(mul(predicted.landmarks68, cropSide), inputs);
  }
  if (losses.coefficients > 0) errors.coefficients = unlikelihood(identity, expression, texture);
  if (losses.flatness > 0) errors.flatness = texturedness(pointsOf(model.albedo, texture), model.plain);
  if (losses.lightColour > 0) errors.lightColour = lightColour(light);
  if (losses.photometric > 0 || describe) {
    const rendered = render(model, predicted, inputs, size);
    if (skin) errors.photometric = photometricError(image, rendered, skin);
    if (describe) errors.perceptual = perceptualError(image, rendered, describe);
  }
  return errors;
}

/** Where the predicted head shows its landmarks, [n, 68, 2], pixels. */
function projectedLandmarks(model: FaceModel, predicted: Tensors): Tensor {
  const points = pointsOf(model.landmarks, shapeOf(predicted));
  return facePixels(posedPoints(points, predicted.rotation, predicted.translation), cropSide);
}

/** How far landmarks [n, 68, 2] are from where they belong, [n], pixels². */
function landmarkErrors(found: Tensor, { landmarks68, visible68, known }: Tensors): Tensor {
  const expected = mul(reshape(landmarks68, [landmarks68.shape[0], 68, 2]), cropSide);
  // The truth of a synthetic portrait has hidden points where they are.
  const counting = visible68 && known ? maximum(visible68, known) : visible68;
  return landmarkError(found, expected, counting);
}

/** Camera-space corners of the rendered face, [n, v, 3]. */
const positionsOf = (model: FaceModel, predicted: Tensors): Tensor =>
  posedPoints(pointsOf(model.shape, shapeOf(predicted)), predicted.rotation, predicted.translation);

function render(model: FaceModel, predicted: Tensors, { corners, covered }: Tensors, side: number): RenderedFace {
  const positions = positionsOf(model, predicted);
  const normals = meshNormals(positions, model.around);
  const albedo = pointsOf(model.albedo, predicted.texture);
  return renderFace({ positions, normals, albedo, light: predicted.light }, { corners, covered }, side);
}

/** The rendered face over the picture, to look at. */
function overlays({ size }: FaceConfig, { model }: Means, predicted: Tensors, inputs: Tensors): Tensor[] {
  if (!model || !inputs.corners) return [];
  const { colours, covered } = render(model, predicted, inputs, size);
  return [add(mul(clip(colours, 0, 1), covered), mul(inputs.image, sub(1, covered)))];
}

/** Runs the network and rasterises the face where it says: batches get what each pixel sees. */
async function createView(config: FaceConfig, { model }: Means, training: boolean) {
  const { size, batch: count } = config;
  const predicted = faceNetwork(new Variables(training), imageInput(config, count), config.network);
  const program = await createProgram(toOnnx({ positions: positionsOf(model!, predicted) }), config);
  const camera = faceCamera(size);
  return {
    async see(values: ReadonlyMap<string, Float32Array>, batch: Batch): Promise<Batch> {
      const { positions } = await program.run({ ...Object.fromEntries(values), image: batch.image });
      const corners = new Int32Array(count * size * size * 3);
      const covered = new Float32Array(count * size * size);
      const stride = positions.length / count;
      for (let i = 0; i < count; i++) {
        const one = (positions as Float32Array).subarray(i * stride, (i + 1) * stride);
        const seen = meshVisibility(one, model!.triangles, camera, size, size);
        corners.set(seen.corners, i * seen.corners.length);
        covered.set(seen.covered, i * seen.covered.length);
      }
      return { ...batch, corners, covered };
    },
    dispose: () => program.dispose(),
  };
}
