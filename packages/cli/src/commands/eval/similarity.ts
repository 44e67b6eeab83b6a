import { basename } from "node:path";
import type {
  DescriptorColours,
  Embedding,
  FaceDescriptor,
  SimilarityEvaluation,
  SimilarityResult,
  Turn,
} from "@cameo/evaluate";
import {
  Cameo,
  CameoError,
  type CreateSession,
  createDetector,
  type Detector,
  type ModelBundle,
  nodeRuntime,
  openNodeBundle,
  REFINE_MODEL,
} from "cameo";
import { type Command, InvalidArgumentError } from "commander";
import type { Context } from "../../context.ts";
import type { ExitStatus } from "../../exit.ts";
import { addRunOptions, addStageOptions, type RunOptions, type StageOptions, stagesOf } from "../../options.ts";
import { Report } from "../../report.ts";
import { circumstances, evaluatePhotos, printEvaluation, readNetwork } from "./common.ts";

interface Options extends RunOptions, StageOptions {
  yaw: readonly number[];
  pitch: readonly number[];
  features?: string;
  featuresMean?: Triple;
  featuresDeviation?: Triple;
  featuresBgr?: boolean;
  refine: boolean;
  refineNetwork?: string;
}

type Triple = readonly [number, number, number];

/** The colours of ImageNet, in which feature networks mostly want their pictures. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

export function addSimilarity(program: Command, context: Context): void {
  const command = program
    .command("similarity")
    .summary("compare the faces of turned photos with the photos")
    .description(
      `Turns every photo of a folder and compares the face with that of the photo as a face recognition network sees them: the cosine
similarity of deep features, as in Table 2 of the paper. The similarity of different photos' faces stands beside it.`,
    )
    .argument("<dir>", "folder of photos of different people")
    .option("--yaw <degrees,…>", "turns to the sides", angleList, [-30, -20, -10, 10, 20, 30])
    .option("--pitch <degrees,…>", "turns up and down", angleList, [-15, -10, 10, 15])
    .option("--no-refine", "fill what the photo does not show from its surroundings, without the refinement network")
    .option("--refine-network <file>", "refinement network (an ONNX file) to use in place of the bundle's")
    .option("--features <file>", "face recognition network (an ONNX file) to use in place of the bundle's descriptor")
    .option("--features-mean <r,g,b>", "what it wants subtracted from colours in [0, 1]; default: ImageNet's", triple)
    .option("--features-deviation <r,g,b>", "what it wants them divided by then, likewise", triple)
    .option("--features-bgr", "it wants blue, green, red; mean and deviation are in this order, too");
  addStageOptions(command);
  addRunOptions(command);
  command.action(async (folder: string, options: Options) => {
    context.status = await evaluateSimilarity(folder, options, context);
  });
}

async function evaluateSimilarity(folder: string, options: Options, context: Context): Promise<ExitStatus> {
  const { yaw, pitch, models, provider, threads } = options;
  const evaluate = await import("@cameo/evaluate");
  const turns: Turn[] = [
    ...yaw.map((angle) => ({ yaw: angle, pitch: 0 })),
    ...pitch.map((angle) => ({ yaw: 0, pitch: angle })),
  ];
  const photos = await evaluate.photosIn(folder);
  const bundle = await openNodeBundle(models);
  const refine = options.refineNetwork === undefined ? undefined : await readNetwork(options.refineNetwork);
  const hasRefiner = refine !== undefined || bundle.models.some(({ name }) => name === REFINE_MODEL);
  const createSession = nodeRuntime({ provider, threads });
  const cameo = await Cameo.load({ ...options, networks: { refine } });
  const detector = await createDetector(bundle, createSession);
  const descriptor = await openDescriptor(options, bundle, detector, createSession);

  const report = new Report(context, options, photos.length);
  const results: SimilarityResult[] = [];
  const embeddings: Embedding[] = [];
  const how = { ...stagesOf(options), refine: options.refine, signal: context.signal };
  const compare = async (photo: (typeof photos)[number]): Promise<void> => {
    const { result, embedding } = await evaluate.measureSimilarity(cameo, descriptor, photo, turns, how);
    results.push(result);
    embeddings.push(embedding);
  };
  const { failures, status } = await evaluatePhotos(photos, compare, report, context).finally(async () => {
    report.stop();
    await Promise.all([cameo, detector, descriptor].map((network) => network.dispose()));
  });
  const evaluation: SimilarityEvaluation = {
    evaluation: "similarity",
    ...circumstances(context),
    network: options.features === undefined ? evaluate.DESCRIPTOR_MODEL : basename(options.features),
    filling: options.refine && hasRefiner ? "the refinement network" : "push–pull",
    photos: results,
    strangers: evaluate.strangers(embeddings),
    failures,
  };
  printEvaluation(evaluation, evaluate.similarityTables, options, context);
  return status;
}

/** The network that is named, else the bundle's. */
async function openDescriptor(
  options: Options,
  bundle: ModelBundle,
  detector: Detector,
  createSession: CreateSession,
): Promise<FaceDescriptor> {
  const { createFaceDescriptor, DESCRIPTOR_MODEL } = await import("@cameo/evaluate");
  const { features } = options;
  if (features === undefined) return createFaceDescriptor(detector, await bundle.read(DESCRIPTOR_MODEL), createSession);
  return createFaceDescriptor(detector, await readNetwork(features), createSession, coloursOf(options)).catch(
    (cause) => {
      throw new CameoError("models", `The network ${features} cannot be used: ${(cause as Error).message}`, { cause });
    },
  );
}

const coloursOf = ({ featuresMean, featuresDeviation, featuresBgr }: Options): DescriptorColours => ({
  mean: featuresMean ?? IMAGENET.mean,
  deviation: featuresDeviation ?? IMAGENET.deviation,
  order: featuresBgr ? "bgr" : "rgb",
});

/** `-20,20`, degrees; nothing for none. */
function angleList(text: string): number[] {
  if (text.trim() === "") return [];
  const angles = numbers(text);
  if (!angles.every((angle) => Math.abs(angle) <= 90))
    throw new InvalidArgumentError("It must be angles from -90 to 90, such as -20,20.");
  return angles;
}

function triple(text: string): Triple {
  const [red, green, blue, ...rest] = numbers(text);
  if (![red, green, blue].every(Number.isFinite) || rest.length > 0)
    throw new InvalidArgumentError("It must be three numbers, such as 0.5,0.5,0.5.");
  return [red, green, blue];
}

const numbers = (text: string): number[] =>
  text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
