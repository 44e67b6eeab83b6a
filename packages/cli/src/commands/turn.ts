import { dirname } from "node:path";
import {
  type Angles,
  anglesFromQuaternion,
  Cameo,
  type Head,
  type Pose,
  quaternion,
  quaternionFromAngles,
  type RgbaImage,
  VIDEO_FORMATS,
  videoFormat,
  writeVideo,
} from "cameo";
import { type Command, InvalidArgumentError } from "commander";
import type { Context } from "../context.ts";
import { type FaceChoice, faceChoice, reconstructFace } from "../face.ts";
import {
  addCameraOptions,
  addRunOptions,
  addStageOptions,
  type CameraOptions,
  integerBetween,
  numberBetween,
  type RunOptions,
  type StageOptions,
  stagesOf,
} from "../options.ts";
import { checkDirectory, checkPhotosSafe } from "../output.ts";
import { Report } from "../report.ts";
import {
  addMarkOption,
  degrees,
  endings,
  expressionList,
  isPicture,
  pictureExtensions,
  radians,
  rangeWarning,
  type ViewOptions,
  writePicture,
} from "../synthesis.ts";

type AngleName = keyof Angles;

/** What changes in the course of a sweep, and from where to where, degrees. */
interface Sweep {
  readonly name: AngleName;
  readonly from: number;
  readonly to: number;
}

interface Options extends CameraOptions, RunOptions, StageOptions, ViewOptions {
  yaw?: number;
  pitch?: number;
  roll?: number;
  to?: Angles;
  expression?: Record<string, number>;
  sweep?: Sweep;
  frames: number;
  rate: number;
  face: FaceChoice;
}

export function addTurn(program: Command, context: Context): void {
  const angle = numberBetween(-180, 180);
  const command = program
    .command("turn")
    .summary("show the head of a photo with another pose or expression")
    .description(
      `Turns the head in a photo, changes its expression, or both, and writes the
picture; with --sweep a video of the head as it turns. The background stays.`,
    )
    .argument("<photo>", "a JPEG, PNG, WebP, AVIF, GIF or TIFF file")
    .requiredOption(
      "-o, --output <file>",
      `file to write: ${pictureExtensions.join(", ")}; with --sweep ${VIDEO_FORMATS.join(", ")}`,
    )
    .option("--yaw <degrees>", "turn the face to your right; negative: left", angle)
    .option("--pitch <degrees>", "look up; negative: down", angle)
    .option("--roll <degrees>", "tilt clockwise; negative: counter-clockwise", angle)
    .option("--to <yaw,pitch,roll>", "turn to these angles instead; 0,0,0 looks into the camera", angles)
    .option("--expression <list>", "named expressions and their strengths: smile=0.7,jawOpen=0.3", expressionList)
    .option("--sweep <angle=from:to>", "write a video in which one angle goes from … to …: yaw=-25:25", sweep)
    .option("--frames <n>", "number of its frames", integerBetween(2, 10000), 48)
    .option("--rate <n>", "its frames a second", numberBetween(1, 120), 25)
    .option("--size <pixels>", "longer side of the picture (default: as the photo)", integerBetween(16, 8192))
    .option("--face <which>", "largest, or a number: 1 for the largest, 2 for the next, …", faceChoice, "largest")
    .addHelpText(
      "after",
      `
Examples:
  cameo turn me.jpg --yaw 20 -o right.png
  cameo turn me.jpg --to 0,0,0 --expression smile=0.7 -o frontal.jpg
  cameo turn me.jpg --sweep yaw=-25:25 --frames 48 --size 720 -o me.mp4
  cameo turn me.jpg --sweep pitch=-10:10 -o frames/me.png   me-0001.png, …`,
    )
    .action((photo: string, options: Options) => turn(photo, options, context));
  addMarkOption(command);
  addStageOptions(command);
  addCameraOptions(command);
  addRunOptions(command);
}

async function turn(photo: string, options: Options, context: Context): Promise<void> {
  checkOptions(options);
  const { output, size, mark, sweep, rate, frames } = options;
  const { signal } = context;
  await checkDirectory(dirname(output));
  await checkPhotosSafe([output], [photo]);
  const report = new Report(context, options, 1);
  const cameo = await Cameo.load(options);
  try {
    const { face, fov, focal35 } = options;
    const head = await reconstructFace(cameo, photo, face, { fov, focal35, ...stagesOf(options), signal });
    const poses = sweep ? sweepPoses(head, options, sweep) : [poseOf(head, options)];
    report.head(photo, head);
    for (const warning of new Set([poses[0], poses[poses.length - 1]].flatMap((pose) => warningOf(head, pose))))
      report.note(photo, warning);
    const { expression } = options;
    const show = (pose: Pose): Promise<RgbaImage> => cameo.refine(head, { pose, expression, size });

    const first = await show(poses[0]);
    const { width, height } = first;
    let files: readonly string[] = [output];
    if (sweep) files = await writeVideo(output, views(first, poses, show, signal), { rate, mark, signal });
    else await writePicture(output, first, { mark, signal });
    report.wrote(files);
    if (options.json) {
      const made = sweep ? { files, frames, rate } : { file: output };
      context.stdout.write(`${JSON.stringify({ photo, ...made, width, height, notes: head.notes }, null, 2)}\n`);
    }
  } finally {
    await cameo.dispose();
  }
}

/** What the options say together. */
function checkOptions({ output, sweep, to, yaw, pitch, roll }: Options): void {
  if (sweep && !videoFormat(output))
    throw new InvalidArgumentError(`With --sweep the output must end in ${endings(VIDEO_FORMATS)}.`);
  if (!sweep && !isPicture(output))
    throw new InvalidArgumentError(
      `The output must end in ${endings(pictureExtensions)}${videoFormat(output) ? "; --sweep makes a video" : ""}.`,
    );
  if (to && (yaw !== undefined || pitch !== undefined || roll !== undefined))
    throw new InvalidArgumentError("Give either --to or angles to turn by.");
}

/** The pose asked for; one angle may be another. */
function poseOf({ pose }: Head, { to, yaw = 0, pitch = 0, roll = 0 }: Options, swept: Partial<Angles> = {}): Pose {
  if (to) {
    const { yaw, pitch, roll } = { ...to, ...swept };
    return { ...pose, rotation: rotationOf({ yaw, pitch, roll }) };
  }
  const turn = rotationOf({ yaw, pitch, roll, ...swept });
  return { ...pose, rotation: quaternion.multiply(turn, pose.rotation) };
}

const rotationOf = ({ yaw, pitch, roll }: Angles) =>
  quaternionFromAngles({ yaw: radians(yaw), pitch: radians(pitch), roll: radians(roll) });

const sweepPoses = (head: Head, options: Options, { name, from, to }: Sweep): Pose[] =>
  Array.from({ length: options.frames }, (_, i) =>
    poseOf(head, options, { [name]: from + ((to - from) * i) / (options.frames - 1) }),
  );

function warningOf({ pose }: Head, { rotation }: Pose): string[] {
  const { yaw, pitch, roll } = anglesFromQuaternion(quaternion.multiply(rotation, quaternion.conjugate(pose.rotation)));
  return rangeWarning({ yaw: degrees(yaw), pitch: degrees(pitch), roll: degrees(roll) });
}

async function* views(
  first: RgbaImage,
  poses: readonly Pose[],
  show: (pose: Pose) => Promise<RgbaImage>,
  signal: AbortSignal,
): AsyncGenerator<RgbaImage> {
  yield first;
  for (const pose of poses.slice(1)) {
    // Lets an interruption through.
    await new Promise(setImmediate);
    signal.throwIfAborted();
    yield show(pose);
  }
}

function angles(text: string): Angles {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.length !== 3 || !numbers.every((value) => Math.abs(value) <= 180))
    throw new InvalidArgumentError("It must be three angles from -180 to 180: yaw,pitch,roll.");
  const [yaw, pitch, roll] = numbers;
  return { yaw, pitch, roll };
}

function sweep(text: string): Sweep {
  const parts = /^(yaw|pitch|roll)=([^:]+):([^:]+)$/.exec(text.trim());
  const [from, to] = [Number(parts?.[2]), Number(parts?.[3])];
  if (!parts || !(Math.abs(from) <= 180 && Math.abs(to) <= 180))
    throw new InvalidArgumentError("It must be yaw, pitch or roll and two angles from -180 to 180: yaw=-25:25.");
  return { name: parts[1] as AngleName, from, to };
}
