import { readFile } from "node:fs/promises";
import { openNodeBundle } from "cameo";
import type { RefineConfig } from "../config.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { Variables } from "../graph/variables.ts";
import { type FeatureNetwork, faceFeatures, featureNetwork } from "../losses/features.ts";
import { discriminatorError, featureError, generatorError, regeneratedColourError } from "../losses/refine.ts";
import { patchDiscriminators, pushPull, refineGenerator } from "../networks/refine.ts";
import { add, clip, concat, maximum, mul, sub } from "../ops/index.ts";
import { adversarialStep } from "../optim/adversarial.ts";
import { type Batch, createLearner } from "../optim/learner.ts";
import { createEvaluator, learnerOptions, pictureInput, type Task, type Tensors } from "./task.ts";

/** Pictures are stored in [0, 1]; networks and losses have them in [−1, 1]. */
const signed = (picture: Tensor): Tensor => sub(mul(picture, 2), 1);
const unsigned = (picture: Tensor): Tensor => clip(mul(add(picture, 1), 0.5), 0, 1);

/** A picture in [−1, 1], 0 in its holes. */
const withHoles = (picture: Tensor, missing: Tensor): Tensor => mul(signed(picture), sub(1, missing));

/**
 * G(x), in [−1, 1]; what G adds to x with its holes filled, if they are filled beforehand; M ⊙ G(x) + (1 − M) ⊙ x where
 * only the holes are to be made.
 */
function generate({ network }: RefineConfig, v: Variables, given: Tensor, missing: Tensor): Tensor {
  const filled = network.fill ? pushPull(given, sub(1, missing)) : given;
  const seen = network.mask ? concat([filled, missing], 1) : filled;
  const drawn = refineGenerator(v.scope("generator"), seen, network);
  const made = network.fill ? add(filled, drawn) : drawn;
  return network.output === "whole" ? made : add(mul(made, missing), given);
}

const judge = ({ network }: RefineConfig, v: Variables, picture: Tensor): Tensor[][] =>
  patchDiscriminators(v.scope("discriminator"), picture, {
    filters: network.discriminatorFilters,
    scales: network.scales,
  });

/** φ of Eq. 13; null where it has no weight. */
async function openFeatures({ losses, perceptual, models }: RefineConfig): Promise<FeatureNetwork | null> {
  if (losses.perceptual === 0) return null;
  if (perceptual) return featureNetwork(await readFile(perceptual.model), perceptual);
  return faceFeatures(await (await openNodeBundle(models)).read("faceres"));
}

const weighted = ({ losses }: RefineConfig, errors: Tensors): Tensor =>
  Object.entries(errors)
    .map(([name, error]) => mul(error, losses[name as keyof RefineConfig["losses"]]))
    .reduce(add);

/**
 * The refinement network (paper section 5.2): regenerates pictures that lack some parts. Paired batches (pictures with holes,
 * R, whose truth R̂ is known) and unpaired ones (coarse views J) take turns; generator and discriminator take a step each.
 * Fields: `image` and its `holes`; `view` and `viewHoles`.
 */
export const refineTask: Task<RefineConfig> = {
  fields: ({ unpaired }) => ({
    image: "picture",
    holes: "map",
    ...(unpaired && ({ view: "picture", viewHoles: "map" } as const)),
  }),
  network(config, count) {
    const variables = new Variables(false);
    const missing = pictureInput("missing", config, count, 1);
    const given = withHoles(pictureInput("picture", config, count, 3), missing);
    return {
      learner: "generator",
      variables,
      outputs: { made: unsigned(generate(config, variables, given, missing)) },
    };
  },
  async create(config) {
    const features = await openFeatures(config);
    const generator = await createGenerator(config, features);
    const critic = await createCritic(config);
    const evaluator = await createEvaluator(config, (v) => evaluation(config, v, features));
    const yes = Float32Array.of(1);
    const no = Float32Array.of(0);
    const turns = {
      paired: ({ image, holes }: Batch): Batch => ({ picture: image, missing: holes, paired: yes, real: image }),
      unpaired: ({ image, view, viewHoles }: Batch): Batch => ({
        picture: view,
        missing: viewHoles,
        paired: no,
        real: image,
      }),
    };
    // Lines of metrics may be written in one kind of turn only: the other's are those of its last turn.
    const metrics: Record<string, number> = {};
    return {
      learners: { generator, discriminator: critic },
      async step([batch], rate) {
        const turn = config.unpaired && generator.time % 2 === 1 ? "unpaired" : "paired";
        const rates = { generator: rate, discriminator: rate };
        const result = await adversarialStep(generator, critic, turns[turn](batch), rates);
        for (const [name, value] of Object.entries(result.metrics))
          if (turn === "paired" || !name.endsWith("/perceptual")) metrics[`${turn}/${name}`] = value;
        return { ...result, metrics: { loss: result.metrics["generator/loss"], ...metrics } };
      },
      evaluate: (values, wantPicture) => evaluator.run(generator.averaged, values, wantPicture),
      dispose: async () => {
        await Promise.all([generator.dispose(), critic.dispose(), evaluator.dispose()]);
      },
    };
  },
};

/**
 * G's step, for both kinds of batches. Of a coarse view all that is known is to come back as it was; of a picture with
 * holes everything.
 */
function createGenerator(config: RefineConfig, features: FeatureNetwork | null) {
  const picture = pictureInput("picture", config, config.batch, 3);
  const missing = pictureInput("missing", config, config.batch, 1);
  const paired = input("paired", [1]);
  const wanted = signed(picture);
  const variables = new Variables(true);
  const made = generate(config, variables, withHoles(picture, missing), missing);
  const errors = {
    colour: regeneratedColourError(made, wanted, maximum(sub(1, missing), paired)),
    ...(features && { perceptual: mul(featureError(made, wanted, features), paired) }),
    // The discriminator's weights are inputs of the generator's graph, and stay as they are.
    ...(config.losses.adversarial > 0 && { adversarial: generatorError(judge(config, new Variables(true), made)) }),
  };
  const loss = weighted(config, errors);
  return createLearner({ variables, loss, metrics: errors, outputs: { made } }, learnerOptions(config));
}

/** D's step: it sees what G has made, and real pictures. */
function createCritic(config: RefineConfig) {
  const variables = new Variables(true);
  const made = judge(config, variables, pictureInput("made", config, config.batch, 3));
  const real = judge(config, variables, signed(pictureInput("real", config, config.batch, 3)));
  const loss = discriminatorError(made, real);
  return createLearner({ variables, loss }, { ...learnerOptions(config), average: undefined });
}

/** Losses other than the adversarial one, the error within holes, and pictures of both kinds. */
function evaluation(config: RefineConfig, v: Variables, features: FeatureNetwork | null) {
  const { batch, unpaired } = config;
  const picture = (name: string) => pictureInput(name, config, batch, 3);
  const map = (name: string) => pictureInput(name, config, batch, 1);
  const [image, holes] = [picture("image"), map("holes")];
  const [given, wanted] = [withHoles(image, holes), signed(image)];
  const made = generate(config, v, given, holes);
  const errors = {
    colour: regeneratedColourError(made, wanted, add(mul(holes, 0), 1)),
    ...(features && { perceptual: featureError(made, wanted, features) }),
  };
  const metrics = {
    loss: weighted(config, errors),
    ...errors,
    filled: regeneratedColourError(made, wanted, holes),
  };
  if (!unpaired) return { metrics, shown: [given, made, wanted].map(unsigned) };
  const [view, viewHoles] = [picture("view"), map("viewHoles")];
  const coarse = withHoles(view, viewHoles);
  const refined = generate(config, v, coarse, viewHoles);
  const kept = regeneratedColourError(refined, signed(view), sub(1, viewHoles));
  return { metrics: { ...metrics, kept }, shown: [given, made, wanted, coarse, refined].map(unsigned) };
}
