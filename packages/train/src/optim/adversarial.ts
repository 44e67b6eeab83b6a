import type { Values } from "../graph/tensor.ts";
import type { Batch, Learner, StepResult } from "./learner.ts";

/**
 * One alternating step of a generator and a discriminator, as pix2pixHD does it: the generator is judged by the
 * discriminator as it is; then the discriminator sees what the generator had made before its own step.
 *
 * @param made name of the generator's output that becomes an input of that name of the discriminator
 */
export async function adversarialStep(
  generator: Learner,
  discriminator: Learner,
  batch: Batch,
  rates: { readonly generator: number; readonly discriminator: number },
  made = "made",
): Promise<StepResult> {
  const g = await generator.step([batch], rates.generator, discriminator.values);
  const seen: Record<string, Values> = { ...batch, [made]: g.outputs[made] };
  const d = await discriminator.step([seen], rates.discriminator);
  const named = (prefix: string, metrics: Record<string, number>) =>
    Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${prefix}/${name}`, value]));
  return {
    metrics: { ...named("generator", g.metrics), ...named("discriminator", d.metrics) },
    outputs: { ...g.outputs, ...d.outputs },
  };
}
