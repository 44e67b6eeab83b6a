import { readFile } from "node:fs/promises";
import type { RefineConfig } from "../config.ts";
import { embedOnnx } from "../graph/embed.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { Variables } from "../graph/variables.ts";
import { patchDiscriminators, refineGenerator } from "../networks/refine.ts";
import { abs, add, concat, div, mean, mul, square, sub } from "../ops/index.ts";
import { adversarialStep } from "../optim/adversarial.ts";
import { createLearner } from "../optim/learner.ts";
import { createEvaluator, learnerOptions, pictureInput, type Task } from "./task.ts";

const shown = (t: Tensor): Tensor => mul(add(t, 1), 0.5);
const l1 = (a: Tensor, b: Tensor): Tensor => mean(abs(sub(a, b)));

/** Least-squares judgement of patches at all scales: mean (judgement − wanted)² (Mao et al. 2017). */
function judged(scales: readonly Tensor[][], wanted: number): Tensor {
  const each = scales.map((maps) => mean(square(sub(maps[maps.length - 1], wanted))));
  return mul(each.reduce(add), 1 / each.length);
}

/** Compares pictures in [−1, 1] by a feature network's inner values. */
async function perceptualLoss(config: RefineConfig): Promise<((a: Tensor, b: Tensor) => Tensor) | null> {
  const { perceptual } = config;
  if (!perceptual) return null;
  const model = embedOnnx(await readFile(perceptual.model));
  const channel = (values: readonly number[]) => constant(Float32Array.from(values), [1, 3, 1, 1]);
  const features = (picture: Tensor) =>
    Object.values(
      model.apply(
        { [model.inputs[0].name]: div(sub(shown(picture), channel(perceptual.mean)), channel(perceptual.deviation)) },
        perceptual.values,
      ),
    );
  return (a, b) => {
    const [fa, fb] = [features(a), features(b)];
    return mul(fa.map((t, i) => mean(square(sub(t, fb[i])))).reduce(add), 1 / fa.length);
  };
}

/**
 * Refinement of reprojected pictures: `input` with holes (0) → `target`, both in [−1, 1] for the network and in [0, 1]
 * as stored. Colour, perceptual (when a
 * feature network is named) and adversarial losses, weighted as in the paper's supplement S2.
 */
export const refineTask: Task<RefineConfig> = {
  fields: () => ({ input: "picture", target: "picture" }),
  network(config, count) {
    const variables = new Variables(false);
    const given = pictureInput("input", config, count, 3);
    return {
      learner: "generator",
      variables,
      outputs: { made: refineGenerator(variables.scope("generator"), given, config.network) },
    };
  },
  async create(config) {
    const { network, losses, batch } = config;
    const perceptual = await perceptualLoss(config);
    const picture = (name: string) => pictureInput(name, config, batch, 3);
    const discriminator = { filters: network.discriminatorFilters, scales: network.scales };
    const judge = (v: Variables, given: Tensor, made: Tensor) =>
      patchDiscriminators(v, concat([given, made], 1), discriminator);
    const score = (made: Tensor, target: Tensor) => {
      const colour = l1(made, target);
      const parts: Record<string, Tensor> = { colour };
      let loss = mul(colour, losses.colour);
      if (perceptual) {
        parts.perceptual = perceptual(made, target);
        loss = add(loss, mul(parts.perceptual, losses.perceptual));
      }
      return { loss, parts };
    };

    // Stored pictures are in [0, 1], where a hole is mid-grey.
    const signed = (name: string) => sub(mul(picture(name), 2), 1);
    const [given, target] = [signed("input"), signed("target")];
    const g = new Variables(true);
    const made = refineGenerator(g.scope("generator"), given, network);
    const { loss, parts } = score(made, target);
    // The discriminator's weights are inputs of the generator's graph, named apart, and stay as they are.
    const adversarial = judged(judge(new Variables(true).scope("discriminator"), given, made), 1);
    const options = learnerOptions(config);
    const generator = await createLearner(
      {
        variables: g,
        loss: add(loss, mul(adversarial, losses.adversarial)),
        metrics: { ...parts, adversarial },
        outputs: { made },
      },
      options,
    );
    const d = new Variables(true);
    const seen = d.scope("discriminator");
    const real = judged(judge(seen, given, target), 1);
    const fake = judged(judge(seen, given, picture("made")), 0);
    const critic = await createLearner(
      { variables: d, loss: mul(add(real, fake), 0.5), metrics: { real, fake } },
      { ...options, average: undefined },
    );
    const evaluator = await createEvaluator(config, (v) => {
      const result = refineGenerator(v.scope("generator"), given, network);
      const scored = score(result, target);
      return {
        metrics: { loss: scored.loss, ...scored.parts },
        shown: [shown(given), shown(result), shown(target)],
      };
    });
    return {
      learners: { generator, discriminator: critic },
      async step(batches, rate) {
        const rates = { generator: rate, discriminator: rate };
        const result = await adversarialStep(generator, critic, batches[0], rates);
        return { ...result, metrics: { loss: result.metrics["generator/loss"], ...result.metrics } };
      },
      evaluate: (values, wantPicture) => evaluator.run(generator.averaged, values, wantPicture),
      dispose: async () => {
        await Promise.all([generator.dispose(), critic.dispose(), evaluator.dispose()]);
      },
    };
  },
};
