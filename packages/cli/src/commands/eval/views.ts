import type { SecondViews, ViewEvaluation, ViewResult } from "@cameo/evaluate";
import {
  Cameo,
  CameoError,
  createDetector,
  createRefiner,
  decodeMorphableModel,
  encodeImage,
  nodeRuntime,
  openNodeBundle,
  REFINE_MODEL,
  writeFileWhole,
} from "cameo";
import type { Command } from "commander";
import type { Context } from "../../context.ts";
import { failureOf } from "../../exit.ts";
import {
  addRunOptions,
  addStageOptions,
  type RunOptions,
  rotationRange,
  type StageOptions,
  stagesOf,
} from "../../options.ts";
import { Report } from "../../report.ts";
import {
  addPortraitOptions,
  circumstances,
  namedFile,
  openNetworks,
  type PortraitOptions,
  printEvaluation,
} from "./common.ts";

interface Options extends PortraitOptions, RunOptions, StageOptions {
  rotation: readonly [number, number];
  picture?: string;
}

/** So many pairs are in the picture. */
const PICTURED = 4;

export function addViews(program: Command, context: Context): void {
  const command = program
    .command("views")
    .summary("compare turned heads with true second views")
    .description(
      `Makes pairs of synthetic portraits in which only the head is turned, reconstructs the first, turns it as the second, and
compares: the coarse view with its holes, the holes filled from their surroundings by push–pull, and filled by refinement
networks. So networks trained in different ways are compared, as in Figure 3 of the paper:
  cameo eval views full=full.onnx "no adversarial loss=plain.onnx" masked=masked.onnx`,
    )
    .argument("[name=file...]", "refinement networks (ONNX files) and what to call them (default: the bundle's)");
  addPortraitOptions(command);
  command
    .option("--rotation <a:b>", "by how many degrees the heads are turned", rotationRange, [10, 20] as const)
    .option("--picture <file.webp>", `draw the first ${PICTURED} pairs: photo, each line of the table, truth`);
  addStageOptions(command);
  addRunOptions(command);
  command.action(async (networks: string[], options: Options) => {
    await evaluateViews(networks.map(namedFile), options, context);
  });
}

async function evaluateViews(
  files: readonly (readonly [name: string, file: string])[],
  options: Options,
  context: Context,
): Promise<void> {
  const { assets, count, seed, size, rotation, picture, models, provider, threads } = options;
  const evaluate = await import("@cameo/evaluate");
  const { findAssets, openAssets } = await import("@cameo/synth");
  const { signal } = context;
  const bundle = await openNodeBundle(models);
  const pack = await openAssets(findAssets(assets), await decodeMorphableModel(await bundle.read("head")));
  const createSession = nodeRuntime({ provider, threads });
  const refiners = await openNetworks(files, (bytes) => createRefiner(bytes, createSession));
  if (files.length === 0 && bundle.models.some(({ name }) => name === REFINE_MODEL))
    refiners.set("refinement network", await createRefiner(await bundle.read(REFINE_MODEL), createSession));
  const distances = await evaluate.openFeatureDistances(bundle, { threads });
  const detector = await createDetector(bundle, createSession);
  const network = await bundle.read(evaluate.DESCRIPTOR_MODEL);
  const descriptor = await evaluate.createFaceDescriptor(detector, network, createSession);
  const cameo = await Cameo.load(options);
  const opened = [cameo, descriptor, detector, ...distances.values(), ...refiners.values()];

  const report = new Report(context, options, count);
  const pairs: ViewResult[] = [];
  const failures: ViewEvaluation["failures"][number][] = [];
  const drawn: SecondViews[] = [];
  try {
    for (let index = 0; index < count; index++) {
      signal.throwIfAborted();
      const pair = await evaluate.makePair(pack, seed, index, { size, rotation });
      try {
        const views = await evaluate.makeSecondViews(cameo, refiners, pair, { ...stagesOf(options), signal });
        pairs.push(await evaluate.measureSecondViews(views, distances, descriptor));
        if (drawn.length < PICTURED) drawn.push(views);
      } catch (error) {
        // A face that is not found is a result; all else is not.
        if (!(error instanceof CameoError) || signal.aborted) throw error;
        const { code, message } = failureOf(error);
        failures.push({ index, error: { code, message } });
      }
      report.advance();
    }
  } finally {
    report.stop();
    await Promise.all(opened.map((network) => network.dispose()));
  }
  if (picture !== undefined && drawn.length > 0)
    await writeFileWhole(picture, await encodeImage(evaluate.drawSecondViews(drawn), { format: "webp", quality: 80 }));
  const evaluation: ViewEvaluation = {
    evaluation: "views",
    ...circumstances(context),
    seed,
    rotation,
    pairs,
    failures,
  };
  printEvaluation(evaluation, evaluate.viewTables, options, context);
}
