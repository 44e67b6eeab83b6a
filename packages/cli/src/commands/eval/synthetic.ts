import type { SyntheticEvaluation, SyntheticResult } from "@cameo/evaluate";
import { Cameo, CameoError, decodeMorphableModel, openNodeBundle } from "cameo";
import type { Command } from "commander";
import type { Context } from "../../context.ts";
import { type Failure, failureOf } from "../../exit.ts";
import {
  addNetworkOptions,
  addRunOptions,
  addStageOptions,
  type NetworkOptions,
  type RunOptions,
  type StageOptions,
  stagesOf,
} from "../../options.ts";
import { Report } from "../../report.ts";
import {
  addPortraitOptions,
  circumstances,
  heldOutPortraits,
  type PortraitOptions,
  printEvaluation,
  readNetworks,
} from "./common.ts";

interface Options extends PortraitOptions, NetworkOptions, RunOptions, StageOptions {
  trueFov?: boolean;
}

export function addSynthetic(program: Command, context: Context): void {
  const command = program
    .command("synthetic")
    .summary("compare with the truth of synthetic portraits")
    .description(
      `Makes synthetic portraits as people take photos, some with hair styles that no network has seen, reconstructs them and
compares with the truth: labels, landmarks (% of the outer eye distance), pose, the face's points and colours, and
the distance of the whole head's points as in Table 1 of the paper, beside a heuristic and an average head.
Take a seed that no network was trained on.`,
    )
    .action(async (options: Options) => {
      await evaluateSynthetic(options, context);
    });
  addPortraitOptions(command);
  command.option("--true-fov", "tell the field of view, as the EXIF data of photos do");
  addNetworkOptions(command);
  addStageOptions(command);
  addRunOptions(command);
}

async function evaluateSynthetic(options: Options, context: Context): Promise<void> {
  const { count, seed, trueFov, models } = options;
  const { measurePortrait, syntheticSpreads, syntheticTables } = await import("@cameo/evaluate");
  const cameo = await Cameo.load({ ...options, networks: await readNetworks(options) });
  const report = new Report(context, options, count);
  const results: SyntheticResult[] = [];
  const failures: { index: number; error: Omit<Failure, "status"> }[] = [];
  try {
    const model = await decodeMorphableModel(await (await openNodeBundle(models)).read("head"));
    const { signal } = context;
    for await (const portrait of heldOutPortraits(options, signal)) {
      const { index } = portrait.truth;
      try {
        const result = await measurePortrait(cameo, model, portrait, { ...stagesOf(options), trueFov, signal });
        results.push(result);
        if (options.verbose) report.note(`portrait ${index}`, figures(syntheticSpreads([result])));
      } catch (error) {
        // A face that is not found is a result; all else is not.
        if (!(error instanceof CameoError) || signal.aborted) throw error;
        const { code, message } = failureOf(error);
        failures.push({ index, error: { code, message } });
        if (options.verbose) report.note(`portrait ${index}`, message);
      }
      report.advance();
    }
  } finally {
    report.stop();
    await cameo.dispose();
  }
  const evaluation: SyntheticEvaluation = {
    evaluation: "synthetic",
    ...circumstances(context),
    seed,
    spreads: syntheticSpreads(results),
    portraits: results,
    failures,
  };
  printEvaluation(evaluation, syntheticTables, options, context);
}

/** The figures of one portrait. */
const figures = (spreads: SyntheticEvaluation["spreads"]): string =>
  Object.entries(spreads)
    .map(([name, { mean }]) => `${name} ${mean?.toFixed(2) ?? "-"}`)
    .join(", ");
