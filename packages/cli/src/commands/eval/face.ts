import type { FaceEvaluation, FaceResult } from "@cameo/evaluate";
import {
  CameoError,
  createDetector,
  createFaceRegressor,
  decodeMorphableModel,
  FACE_MODEL,
  nodeRuntime,
  openNodeBundle,
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

interface Options extends PortraitOptions, RunOptions {}

export function addFace(program: Command, context: Context): void {
  const command = program
    .command("face")
    .summary("compare face networks with each other and with the truth")
    .description(
      `Shows face networks the faces of synthetic portraits as the detector finds them and compares shape, pose, landmarks and
colours with the truth. So networks trained in different ways are compared on the same faces:
  cameo eval face all=all/face.onnx "without landmarks=other/face.onnx"`,
    )
    .argument("[name=file...]", "face networks (ONNX files) and what to call them (default: the bundle's)")
    .action(async (networks: string[], options: Options) => {
      await evaluateFaces(networks.map(namedFile), options, context);
    });
  addPortraitOptions(command);
  addRunOptions(command);
}

async function evaluateFaces(
  files: readonly (readonly [name: string, file: string])[],
  options: Options,
  context: Context,
): Promise<void> {
  const { count, seed, models, provider, threads } = options;
  const { faceTables, measureFaces } = await import("@cameo/evaluate");
  const report = new Report(context, options, count);
  const portraits: FaceResult[] = [];
  const failures: FaceEvaluation["failures"][number][] = [];
  const opened: { dispose(): Promise<void> }[] = [];
  try {
    const bundle = await openNodeBundle(models);
    const model = await decodeMorphableModel(await bundle.read("head"));
    const createSession = nodeRuntime({ provider, threads });
    const networks = await openNetworks(files, (bytes) => createFaceRegressor(bytes, model, createSession));
    if (files.length === 0)
      networks.set("face network", await createFaceRegressor(await bundle.read(FACE_MODEL), model, createSession));
    const detector = await createDetector(bundle, createSession);
    opened.push(detector, ...networks.values());
    for await (const portrait of heldOutPortraits(options, context.signal)) {
      try {
        portraits.push(await measureFaces(model, detector, networks, portrait));
      } catch (error) {
        // A face that is not found is a result; all else is not.
        if (!(error instanceof CameoError)) throw error;
        const { code, message } = failureOf(error);
        failures.push({ index: portrait.truth.index, error: { code, message } });
      }
      report.advance();
    }
  } finally {
    report.stop();
    await Promise.all(opened.map((network) => network.dispose()));
  }
  const evaluation: FaceEvaluation = { evaluation: "face", ...circumstances(context), seed, portraits, failures };
  printEvaluation(evaluation, faceTables, options, context);
}
