import { decodeMorphableModel, openNodeBundle } from "cameo";
import type { FaceConfig } from "../config.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { Variables } from "../graph/variables.ts";
import { facePixels, posedPoints } from "../losses/camera.ts";
import { type FaceModel, faceModel, pointsOf } from "../losses/face-model.ts";
import { landmarkError } from "../losses/landmarks.ts";
import { coefficientError, groupsOf, lightError, rotationError, translationError } from "../losses/supervised.ts";
import { faceNetwork } from "../networks/face.ts";
import { add, concat, mean, mul, reshape, square, sub } from "../ops/index.ts";
import { createLearner } from "../optim/learner.ts";
import { createEvaluator, learnerOptions, pictureInput, type Task, type Tensors } from "./task.ts";

/** Landmarks and pixels are counted in a crop of this side, whatever the size of the pictures. */
const cropSide = 224;

/** What the losses need to pose the head model. */
const posing = ["identity", "expression", "rotation", "translation"];
const isPosed = ({ network }: FaceConfig): boolean => posing.every((name) => name in network.heads);
const hasLandmarks = (config: FaceConfig): boolean => isPosed(config) && config.losses.landmarks > 0;

const total = (heads: Readonly<Record<string, number>>): number => Object.values(heads).reduce((a, b) => a + b, 0);

/** The face network on coefficients where they are known, and on landmarks. */
export const faceTask: Task<FaceConfig> = {
  fields: (config) => ({
    image: "picture",
    coefficients: { vector: total(config.network.heads), groups: config.network.heads },
    ...(hasLandmarks(config) && { landmarks68: { vector: 136 } }),
  }),
  network(config, count) {
    const variables = new Variables(false);
    return {
      learner: "network",
      variables,
      outputs: faceNetwork(variables, imageInput(config, count), config.network),
    };
  },
  async create(config) {
    const model = isPosed(config) ? await loadModel(config) : null;
    const inputs = inputsOf(config);
    const variables = new Variables(true);
    const scored = score(config, model, faceNetwork(variables, inputs.image, config.network), inputs);
    const learner = await createLearner({ variables, ...scored }, learnerOptions(config));
    const evaluator = await createEvaluator(config, (v) => {
      const { loss, metrics } = score(config, model, faceNetwork(v, inputs.image, config.network), inputs);
      return { metrics: { loss, ...metrics }, shown: [inputs.image] };
    });
    return {
      learners: { network: learner },
      step: (batches, rate) => learner.step(batches, rate),
      evaluate: (batch, wantPicture) => evaluator.run(learner.averaged, batch, wantPicture),
      dispose: async () => {
        await Promise.all([learner.dispose(), evaluator.dispose()]);
      },
    };
  },
};

const imageInput = (config: FaceConfig, count: number): Tensor => pictureInput("image", config, count, 3);

function inputsOf(config: FaceConfig): Tensors {
  const { batch, network } = config;
  return {
    image: imageInput(config, batch),
    coefficients: input("coefficients", [batch, total(network.heads)]),
    ...(hasLandmarks(config) && { landmarks68: input("landmarks68", [batch, 136]) }),
  };
}

async function loadModel({ models, network }: FaceConfig): Promise<FaceModel> {
  const { identity, expression, texture = 0 } = network.heads;
  const bundle = await openNodeBundle(models);
  return faceModel(await decodeMorphableModel(await bundle.read("head")), { identity, expression, texture });
}

/** The weighted sum of all losses, and each by name: means over the batch. */
function score(config: FaceConfig, model: FaceModel | null, predicted: Tensors, inputs: Tensors) {
  const { losses } = config;
  const errors = { ...knownErrors(config, model, predicted, inputs) };
  if (model && inputs.landmarks68) errors.landmarks = landmarkErrors(model, predicted, inputs.landmarks68);
  const metrics = Object.fromEntries(Object.entries(errors).map(([name, error]) => [name, mean(error)]));
  const loss = Object.entries(metrics)
    .map(([name, error]) => mul(error, losses[name] ?? 1))
    .reduce(add);
  return { loss, metrics };
}

/** Errors of what is known of synthetic portraits, [n] each, by name. */
function knownErrors(config: FaceConfig, model: FaceModel | null, predicted: Tensors, inputs: Tensors): Tensors {
  const expected = groupsOf(inputs.coefficients, config.network.heads);
  const errors = Object.fromEntries(
    Object.keys(config.network.heads).map((name) => [name, errorOf(name, model, predicted[name], expected[name])]),
  );
  if (!model) return errors;
  const both = ({ identity, expression }: Tensors) => concat([identity, expression], 1);
  return { ...errors, shape: coefficientError(both(predicted), both(expected), model.shapeMetric) };
}

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

/** How far landmarks are seen from where they belong, [n], pixels². */
function landmarkErrors(model: FaceModel, predicted: Tensors, landmarks68: Tensor): Tensor {
  const { identity, expression, rotation, translation } = predicted;
  const points = posedPoints(pointsOf(model.landmarks, concat([identity, expression], 1)), rotation, translation);
  const expected = mul(reshape(landmarks68, [landmarks68.shape[0], 68, 2]), cropSide);
  return landmarkError(facePixels(points, cropSide), expected);
}
