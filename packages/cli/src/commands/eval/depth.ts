import type { DepthEvaluation, DepthResult, Pictured } from "@cameo/evaluate";
import {
  CameoError,
  createDepthEstimator,
  DEPTH_MODEL,
  type DepthEstimator,
  decodeMorphableModel,
  encodeImage,
  nodeRuntime,
  openNodeBundle,
  writeFileWhole,
} from "cameo";
import type { Command } from "commander";
import type { Context } from "../../context.ts";
import { failureOf } from "../../exit.ts";
import { addRunOptions, type RunOptions } from "../../options.ts";
import { Report } from "../../report.ts";
import {
  addPortraitOptions,
  circumstances,
  heldOutPortraits,
  namedFile,
  openNetworks,
  type PortraitOptions,
  printEvaluation,
} from "./common.ts";

interface Options extends PortraitOptions, RunOptions {
  picture?: string;
}

/** So many portraits are in the picture. */
const PICTURED = 4;

export function addDepth(program: Command, context: Context): void {
  const command = program
    .command("depth")
    .summary("compare depth networks with each other and with the truth")
    .description(
      `Gives depth networks the true labels, pose, camera and face of synthetic portraits and compares their depth with the
truth as in Table 1 of the paper. So networks trained in different ways are compared without the errors of other stages:
  cameo eval depth full=full.onnx "without face depth=nofd.onnx"`,
    )
    .argument("[name=file...]", "depth networks (ONNX files) and what to call them (default: the bundle's)")
    .action(async (networks: string[], options: Options) => {
      await evaluateDepth(networks.map(namedFile), options, context);
    });
  addPortraitOptions(command);
  command.option(
    "--picture <file.webp>",
    `draw the first ${PICTURED} heads: true depth, then that of each line, from both sides`,
  );
  addRunOptions(command);
}

async function evaluateDepth(
  files: readonly (readonly [name: string, file: string])[],
  options: Options,
  context: Context,
): Promise<void> {
  const { count, seed, picture, models, provider, threads } = options;
  const { depthTables, drawShapes, estimateDepths, measureDepths, shapesOfCrop } = await import("@cameo/evaluate");
  let networks = new Map<string, DepthEstimator>();
  const report = new Report(context, options, count);
  const portraits: DepthResult[] = [];
  const failures: DepthEvaluation["failures"][number][] = [];
  const drawn: Pictured[] = [];
  try {
    const bundle = await openNodeBundle(models);
    const model = await decodeMorphableModel(await bundle.read("head"));
    const createSession = nodeRuntime({ provider, threads });
    networks = await openNetworks(files, (bytes) => createDepthEstimator(bytes, createSession));
    if (files.length === 0 && bundle.models.some(({ name }) => name === DEPTH_MODEL))
      networks.set("depth network", await createDepthEstimator(await bundle.read(DEPTH_MODEL), createSession));
    for await (const portrait of heldOutPortraits(options, context.signal)) {
      const crop = await estimateDepths(model, networks, portrait);
      try {
        portraits.push(measureDepths(portrait, crop));
        if (drawn.length < PICTURED) drawn.push({ image: crop.image, shapes: shapesOfCrop(crop) });
      } catch (error) {
        // A face that is all covered is no defect.
        if (!(error instanceof CameoError)) throw error;
        const { code, message } = failureOf(error);
        failures.push({ index: portrait.truth.index, error: { code, message } });
      }
      report.advance();
    }
  } finally {
    report.stop();
    await Promise.all([...networks.values()].map((network) => network.dispose()));
  }
  if (picture !== undefined)
    await writeFileWhole(picture, await encodeImage(drawShapes(drawn), { format: "webp", quality: 80 }));
  const evaluation: DepthEvaluation = { evaluation: "depth", ...circumstances(context), seed, portraits, failures };
  printEvaluation(evaluation, depthTables, options, context);
}
