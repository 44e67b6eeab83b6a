import { readdir, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import {
  Cameo,
  CameoError,
  decodeImage,
  type Head,
  PHOTO_EXTENSIONS,
  probeVideo,
  type RgbaImage,
  type RgbImage,
  readVideo,
  type TransferredFrame,
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
  isPicture,
  pictureExtensions,
  RANGE,
  type ViewOptions,
  writePicture,
} from "../synthesis.ts";

interface Options extends CameraOptions, RunOptions, StageOptions, ViewOptions {
  pose?: boolean;
  expression?: boolean;
  relative?: boolean;
  smooth: boolean;
  rate?: number;
  face: FaceChoice;
}

/** Photos by their names; others are taken for videos. */
const isPhotoFile = (path: string): boolean =>
  (PHOTO_EXTENSIONS as readonly string[]).includes(extname(path).toLowerCase());
/** Frames a second that pictures of a folder are shown at. */
const USUAL_RATE = 25;

/** What drives the target: frames in order, and how fast they follow one another. */
interface Driver {
  readonly frames: AsyncIterable<RgbImage>;
  readonly rate: number;
  /** How many there are, about. */
  readonly count: number;
  /** Codec of the sound of a video. */
  readonly sound: string | undefined;
}

export function addTransfer(program: Command, context: Context): void {
  const command = program
    .command("transfer")
    .summary("give the head of a photo the pose and expression of another")
    .description(
      `Shows the person of the target photo with the head pose and the expression
of the driver. From a video, or a folder of pictures in the order of their
names, a video comes out, with the driver's sound.`,
    )
    .argument("<driver>", "a photo, a video, or a folder of pictures")
    .argument("<target>", "a photo of whom the result is to show")
    .requiredOption(
      "-o, --output <file>",
      `file to write: ${pictureExtensions.join(", ")}; of a video ${VIDEO_FORMATS.join(", ")}`,
    )
    .option("--pose", "take over the pose only; with --expression both, as without either")
    .option("--expression", "take over the expression only")
    .option("--relative", "of a video: only what changes after its first frame")
    .option("--no-smooth", "of a video: every frame as it is seen, unsteady as that may be")
    .option("--rate <n>", "frames a second (default: the driver's; 25 for a folder)", numberBetween(1, 120))
    .option("--size <pixels>", "longer side of the picture (default: as the target)", integerBetween(16, 8192))
    .option("--face <which>", "of the target: largest, or a number: 1 for the largest, …", faceChoice, "largest")
    .addHelpText(
      "after",
      `
Examples:
  cameo transfer smiling.jpg me.jpg -o me-smiling.png
  cameo transfer speech.mp4 me.jpg --size 720 -o me.mp4
  cameo transfer speech.mp4 me.jpg --expression --relative -o me.webm`,
    )
    .action((driver: string, target: string, options: Options) => transfer(driver, target, options, context));
  addMarkOption(command);
  addStageOptions(command);
  addCameraOptions(command);
  addRunOptions(command);
}

async function transfer(driver: string, target: string, options: Options, context: Context): Promise<void> {
  const { output } = options;
  const isFolder = (await stat(driver).catch(() => undefined))?.isDirectory() ?? false;
  const isPhoto = !isFolder && isPhotoFile(driver);
  checkOptions(options, isPhoto);
  await checkDirectory(dirname(output));
  await checkPhotosSafe([output], [driver, target]);
  if (isPhoto) return transferPhoto(driver, target, options, context);
  const { signal } = context;
  const frames = isFolder
    ? await openFolder(driver, options.rate, signal)
    : await openVideo(driver, options.rate, signal);
  return transferVideo(driver, frames, target, options, context);
}

function checkOptions({ output, relative, rate }: Options, isPhoto: boolean): void {
  const formats: readonly string[] = isPhoto ? pictureExtensions : VIDEO_FORMATS;
  if (isPhoto ? !isPicture(output) : !videoFormat(output))
    throw new InvalidArgumentError(`The output must end in ${endings(formats)}.`);
  if (isPhoto && (relative || rate !== undefined))
    throw new InvalidArgumentError("--relative and --rate are for drivers that are videos or folders.");
}

const taken = ({ pose, expression }: Options) => ({
  pose: pose || !expression,
  expression: expression || !pose,
});

async function transferPhoto(driver: string, target: string, options: Options, context: Context): Promise<void> {
  const { output, size, mark } = options;
  const { signal } = context;
  const report = new Report(context, options, 1);
  const cameo = await Cameo.load(options);
  try {
    const head = await reconstructTarget(cameo, target, options, signal);
    const picture = await cameo.transfer(driver, head, { ...taken(options), size, ...stagesOf(options), signal });
    await writePicture(output, picture, { mark, signal });
    report.head(target, head);
    report.wrote([output]);
    if (options.json) {
      const { width, height } = picture;
      printJson(context, { driver, target, file: output, width, height, notes: head.notes });
    }
  } finally {
    await cameo.dispose();
  }
}

async function transferVideo(
  driver: string,
  { frames, rate, count, sound }: Driver,
  target: string,
  options: Options,
  context: Context,
): Promise<void> {
  const { output, size, mark, relative, smooth, coefficients, fit } = options;
  const { signal } = context;
  const report = new Report(context, options, count);
  const cameo = await Cameo.load(options);
  try {
    const head = await reconstructTarget(cameo, target, options, signal);
    report.head(target, head);
    const how = { ...taken(options), rate, relative, smooth, size, coefficients, fit, signal };
    const tally = { frames: 0, held: 0, farthest: 0, width: 0, height: 0 };
    const pictures = counted(cameo.transferVideo(frames, head, how), tally, driver, () => {
      report.stage(driver, "");
      report.advance();
    });
    const files = await writeVideo(output, pictures, { rate, sound: { path: driver, codec: sound }, mark, signal });
    report.stop();
    const notes = notesOf(tally);
    for (const note of notes) report.note(driver, note);
    report.wrote(files);
    const { width, height, held } = tally;
    if (options.json)
      printJson(context, {
        driver,
        target,
        files,
        frames: tally.frames,
        held,
        rate,
        width,
        height,
        notes: [...head.notes, ...notes],
      });
  } finally {
    report.stop();
    await cameo.dispose();
  }
}

const reconstructTarget = (cameo: Cameo, target: string, options: Options, signal: AbortSignal): Promise<Head> => {
  const { face, fov, focal35 } = options;
  return reconstructFace(cameo, target, face, { fov, focal35, ...stagesOf(options), signal });
};

interface Tally {
  frames: number;
  held: number;
  /** The farthest turn from the target's photo, radians. */
  farthest: number;
  width: number;
  height: number;
}

/** The pictures of frames, which are counted. */
async function* counted(
  frames: AsyncIterable<TransferredFrame>,
  tally: Tally,
  driver: string,
  onFrame: () => void,
): AsyncGenerator<RgbaImage> {
  for await (const { picture, held, turn } of frames) {
    tally.frames++;
    if (held) tally.held++;
    tally.farthest = Math.max(tally.farthest, turn);
    tally.width = picture.width;
    tally.height = picture.height;
    onFrame();
    yield picture;
  }
  if (tally.frames > 0 && tally.held === tally.frames)
    throw new CameoError("no-face", `No face was found in any of the ${tally.frames} frames of ${driver}.`);
}

function notesOf({ frames, held, farthest }: Tally): string[] {
  const limit = Math.max(...Object.values(RANGE));
  return [
    ...(held > 0 ? [`${held} of ${frames} frames show no face: pose and expression are held there`] : []),
    ...(degrees(farthest) > limit
      ? [
          `the head turns by up to ${degrees(farthest).toFixed()}° from its photo, and results hold up to about ${limit}°`,
        ]
      : []),
  ];
}

async function openVideo(path: string, wanted: number | undefined, signal: AbortSignal): Promise<Driver> {
  const { rate, duration, audio } = await probeVideo(path);
  const shown = wanted ?? rate;
  const count = Math.max(1, Math.round((duration ?? 0) * shown));
  return { frames: readVideo(path, { rate: shown, signal }), rate: shown, count, sound: audio };
}

async function openFolder(folder: string, rate = USUAL_RATE, signal: AbortSignal): Promise<Driver> {
  const names = (await readdir(folder)).filter(isPhotoFile);
  if (names.length === 0) throw new CameoError("not-found", `${folder} holds no pictures.`);
  names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  async function* pictures() {
    for (const name of names) yield (await decodeImage(join(folder, name), { signal })).image;
  }
  return { frames: pictures(), rate, count: names.length, sound: undefined };
}

const printJson = (context: Context, value: object): void => {
  context.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};
