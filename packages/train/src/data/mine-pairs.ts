import { createHash } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  alignFace,
  alignHead,
  CameoError,
  type Camera,
  type Crop,
  cameraOfCrop,
  createDetector,
  createParser,
  createPyramid,
  encodeGrey,
  encodeImage,
  type FaceFit,
  failWriting,
  fitFace,
  HEAD_CROP,
  Label,
  landmarkBasis,
  nodeRuntime,
  openNodeBundle,
  PARSE_MODEL,
  type Pose,
  type Pyramid,
  project,
  quaternion,
  type RgbImage,
  rasterize,
  type Session,
  sampleLabels,
  synthesizeShape,
  transformToCamera,
  transformToModel,
  vec3,
  writeFileWhole,
} from "cameo";
import { openHeadModel } from "./fit.ts";
import { append, findFiles, mended } from "./journal.ts";
import {
  type MinedPair,
  type MinedVideo,
  minedFile,
  type PairPicture,
  type PairsDescription,
  pairsFile,
  readPairsDescription,
} from "./pairs.ts";
import { videoFrames } from "./video.ts";

/** Which pairs are taken. */
export interface PairRules {
  /** Frames looked at in a second. */
  readonly rate: number;
  /** Least and greatest relative rotation of the head, degrees. */
  readonly rotation: readonly [number, number];
  /** Greatest time between the two frames, seconds: hair then moves with the head. */
  readonly within: number;
  /** Pairs of each video at most. */
  readonly most: number;
}

/** The paper's rotations, and about its number of pairs a video. */
export const PAIR_DEFAULTS: PairRules = { rate: 6, rotation: [5, 15], within: 1, most: 40 };

export interface MinePairsOptions extends Partial<PairRules> {
  /** Videos, and folders that are searched for videos with all folders below them. */
  readonly videos: readonly string[];
  /** Folder to write to. */
  readonly folder: string;
  /** Folder of the model bundle; the library's own unless given. */
  readonly models?: string;
  /** Threads of the networks. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Called before the first video: how many there are, and how many of them were looked at before. */
  readonly onStart?: (total: number, before: number) => void;
  readonly onVideo?: (video: MinedVideo) => void;
}

export interface PairsMined {
  /** Videos found, and those of them that an earlier run had looked at. */
  readonly videos: number;
  readonly before: number;
  /** Pairs in the folder now. */
  readonly pairs: number;
  /** Videos, frames and pairs that are not used, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
}

/** Largest side of the frames that are looked at, pixels. */
const FRAME_SIDE = 1280;
/** Least distance between the outer corners of the eyes, pixels. */
const LEAST_EYES = 40;
/** Cosine between the face descriptors of two frames from which they show one person. */
const SAME_PERSON = 0.6;
/** How far hair may change when it is moved with the head: see `hairChange`. What changes more moves by itself, or is blurred. */
const RIGID = 0.75;
/** Differences of brightness that mean nothing, of 255. */
const FILM = 6;
/** Pixels of hair, in a crop of 64, below which nothing can be said of it. */
const LEAST_HAIR = 40;

/**
 * Finds pairs of frames in videos of head movements, as the paper trains its depth network on (section 6, supplement S2): close
 * in time, the head turned by 5 to 15 degrees between them, of one person, the hair turned with the head. Each video that has
 * been looked at is one line of a journal, written when its files are whole, so the same call goes on after an interruption.
 * @throws {@link CameoError} `no-videos`, `no-ffmpeg`, `models`; `set-differs` if the folder was made with other options;
 *   OutputError if something cannot be written; the reason of the signal
 */
export async function minePairs(options: MinePairsOptions): Promise<PairsMined> {
  const { folder, signal, onStart, onVideo } = options;
  const { rate, rotation, within, most } = { ...PAIR_DEFAULTS, ...options };
  const rules: PairRules = { rate, rotation, within, most };
  const videos = await findFiles(options.videos, endings);
  if (videos.length === 0) throw new CameoError("no-videos", `There are no videos in ${options.videos.join(", ")}.`);
  await mkdir(folder, { recursive: true }).catch((cause) => failWriting(folder, cause));
  await claim(folder, { version: 1, side: HEAD_CROP, ...rules });
  const journal = join(folder, minedFile);
  const done = new Set((await mended<MinedVideo>(journal)).map(({ source }) => source));
  const left = videos.filter((source) => !done.has(source));
  onStart?.(videos.length, videos.length - left.length);
  if (left.length > 0) {
    const miner = await openMiner(options, rules);
    try {
      for (const source of left) {
        const video = await miner.mine(source);
        await append(journal, video);
        onVideo?.(video);
      }
    } finally {
      await miner.dispose();
    }
  }
  signal?.throwIfAborted();
  const mined = await mended<MinedVideo>(journal);
  const rejected: Record<string, number> = {};
  for (const video of mined)
    for (const [reason, count] of Object.entries(video.rejected)) rejected[reason] = (rejected[reason] ?? 0) + count;
  const pairs = mined.reduce((sum, video) => sum + video.pairs.length, 0);
  return { videos: videos.length, before: videos.length - left.length, pairs, rejected };
}

const endings = [".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".3gp"];

/** Writes the description, or checks that the one that is there says the same. */
async function claim(folder: string, wanted: PairsDescription): Promise<void> {
  const path = join(folder, pairsFile);
  if (!(await stat(path).catch(() => null))) return writeFileWhole(path, `${JSON.stringify(wanted, null, 2)}\n`);
  const found = await readPairsDescription(folder);
  for (const name of ["side", "rate", "rotation", "within", "most"] as const)
    if (String(found[name]) !== String(wanted[name]))
      throw new CameoError(
        "set-differs",
        `${folder} was made with ${name} ${found[name]}, not ${wanted[name]}; choose another folder, or the same options to go on.`,
      );
}

/** A frame with a usable face. */
interface SeenFace {
  /** Of the frame in the video. */
  readonly number: number;
  /** x, y of the dense landmarks, pixels. */
  readonly landmarks: Float32Array;
  /** Of the face, of unit length. */
  readonly descriptor: Float32Array;
  readonly fit: FaceFit;
}

/** A frame of a pair, cut out. */
interface CutPicture {
  readonly crop: Crop;
  readonly camera: Camera;
  readonly pose: Pose;
  readonly expression: Float32Array;
  readonly labels: Uint8Array;
}

async function openMiner({ folder, models, threads, signal }: MinePairsOptions, rules: PairRules) {
  const bundle = await openNodeBundle(models);
  const runtime = nodeRuntime({ threads });
  if (!bundle.models.some(({ name }) => name === PARSE_MODEL))
    throw new CameoError("models", `Pairs need a parsing network ("${PARSE_MODEL}") in the model bundle.`);
  const { model } = await openHeadModel(models);
  const basis = landmarkBasis(model);
  const detector = await createDetector(bundle, runtime);
  const describer = await runtime(await bundle.read("faceres"));
  const parser = await createParser(await bundle.read(PARSE_MODEL), runtime);
  const { rate, most } = rules;

  return {
    async mine(source: string): Promise<MinedVideo> {
      const rejected = new Tally();
      const pairs: MinedPair[] = [];
      try {
        const chosen = choosePairs(await look(source, rejected), rules, rejected).slice(0, most);
        await cutPairs(source, chosen, async (pair, images) => {
          const mined = await cutPair(source, pair, images);
          if (mined) pairs.push(mined);
          else rejected.add("hair-moves");
        });
      } catch (error) {
        if (!(error instanceof CameoError && error.code === "unreadable")) throw error;
        rejected.add("unreadable");
      }
      return { source, pairs, rejected: rejected.counts };
    },
    async dispose() {
      await Promise.all([detector, describer, parser].map((network) => network.dispose()));
    },
  };

  /** The usable faces of a video's frames. */
  async function look(source: string, rejected: Tally): Promise<SeenFace[]> {
    const faces: SeenFace[] = [];
    let number = 0;
    for await (const image of videoFrames(source, { rate, side: FRAME_SIDE, signal })) {
      const found = await seeFace(image);
      if (typeof found === "string") rejected.add(found);
      else faces.push({ number, ...found });
      number++;
    }
    return faces;
  }

  /** The largest face of a frame, or why it cannot be used. */
  async function seeFace(image: RgbImage): Promise<Omit<SeenFace, "number"> | string> {
    const [face] = await detector.detect(image, { signal });
    if (!face) return "no-face";
    const p = face.landmarks68;
    if (Math.hypot(p[90] - p[72], p[91] - p[73]) < LEAST_EYES) return "too-small";
    const landmarks = face.landmarks468.filter((_, i) => i % 3 < 2);
    try {
      const fit = fitFace(basis, landmarks, image);
      return { landmarks, fit, descriptor: await describeFace(describer, createPyramid(image), p) };
    } catch (error) {
      if ((error as Error).message.startsWith("fitFace:")) return "not-fitted";
      throw error;
    }
  }

  /** Reads a video again and hands over the frames of each pair. */
  async function cutPairs(
    source: string,
    chosen: readonly ChosenPair[],
    use: (pair: ChosenPair, images: readonly [RgbImage, RgbImage]) => Promise<void>,
  ): Promise<void> {
    const waiting = [...chosen];
    let [first, number]: [RgbImage | null, number] = [null, 0];
    for await (const image of videoFrames(source, { rate, side: FRAME_SIDE, signal })) {
      if (waiting.length === 0) return;
      const [a, b] = waiting[0];
      if (number === a.number) first = image;
      else if (number === b.number && first) await use(waiting.shift()!, [first, image]);
      number++;
    }
  }

  /** Fits one head to both frames, cuts them out and writes them; null if the hair does not move with the head. */
  async function cutPair(
    source: string,
    pair: ChosenPair,
    images: readonly [RgbImage, RgbImage],
  ): Promise<MinedPair | null> {
    const fits = fitBoth(pair, images);
    const pyramids = images.map((image) => createPyramid(image));
    const cuts: CutPicture[] = [];
    for (const [i, { camera, pose, expression }] of fits.entries()) {
      const crop = alignHead(pyramids[i], camera, pose);
      const labels = sampleLabels(await parser.parse(pyramids[i], camera, pose), crop.toPhoto, HEAD_CROP, HEAD_CROP);
      cuts.push({ crop, camera: cameraOfCrop(camera, crop), pose, expression, labels: labels.data });
    }
    if (hairChange(cuts[0], cuts[1], fits[0].identity) > RIGID) return null;
    const name = createHash("sha256").update(source).digest("hex").slice(0, 16);
    const pictures: PairPicture[] = [];
    for (const [i, { crop, camera, pose, expression, labels }] of cuts.entries()) {
      const file = `${name.slice(0, 2)}/${name}-${pair[i].number}`;
      const picture = await encodeImage(crop.image, { format: "jpeg", quality: 95 });
      await writeFileWhole(join(folder, `${file}.jpg`), picture);
      await writeFileWhole(
        join(folder, `${file}.png`),
        await encodeGrey({ width: HEAD_CROP, height: HEAD_CROP, data: labels }),
      );
      pictures.push({ file, time: pair[i].number / rate, camera, pose, expression: Array.from(expression) });
    }
    return { identity: Array.from(fits[0].identity), pictures: [pictures[0], pictures[1]] };
  }

  /** Both frames with one focal length and one identity: else the head would change its size and distance between them. */
  function fitBoth(pair: ChosenPair, images: readonly [RgbImage, RgbImage]): readonly [FaceFit, FaceFit] {
    const [a, b] = pair.map(({ fit }) => fit);
    const focal = Math.sqrt(a.camera.fx * b.camera.fx);
    const identity = a.identity.map((value, k) => (value + b.identity[k]) / 2);
    const refit = ({ landmarks, fit }: SeenFace, image: RgbImage): FaceFit => {
      const expected = { identity, expression: fit.expression, deviation: 0.02 };
      return { ...fitFace(basis, landmarks, image, { focal, expected }), identity };
    };
    return [refit(pair[0], images[0]), refit(pair[1], images[1])];
  }

  /**
   * How the brightness of hair changes when the first picture's is moved with the head to the second: the deviation of the
   * difference, so that brighter light does not count, over what it would be between any two places of that hair. So hair that
   * stays as it is gives 0, and other hair about 1. It is taken to lie on the model's scalp. 0 where there is little.
   */
  function hairChange(first: CutPicture, second: CutPicture, identity: Float32Array): number {
    const side = 64;
    const step = HEAD_CROP / side;
    const small = ({ fx, fy, cx, cy }: Camera) => ({ fx: fx / step, fy: fy / step, cx: cx / step, cy: cy / step });
    const shape = synthesizeShape(model, identity, first.expression);
    const posed = transformToCamera(shape, first.pose);
    const { depth } = rasterize(posed, model.triangles, small(first.camera), { width: side, height: side });
    const [before, after] = [first, second].map(({ crop }) => means(crop.image, step));
    const labelAt = ({ labels }: CutPicture, u: number, v: number) =>
      labels[Math.floor((v + 0.5) * step) * HEAD_CROP + Math.floor((u + 0.5) * step)];
    const camera = small(first.camera);
    const differences: number[] = [];
    const colours: number[] = [];
    const point = new Float32Array(3);
    for (let v = 0, p = 0; v < side; v++)
      for (let u = 0; u < side; u++, p++) {
        if (depth[p] === 0 || labelAt(first, u, v) !== Label.hair) continue;
        point[0] = ((u + 0.5 - camera.cx) / camera.fx) * depth[p];
        point[1] = ((v + 0.5 - camera.cy) / camera.fy) * depth[p];
        point[2] = depth[p];
        const moved = transformToCamera(transformToModel(point, first.pose), second.pose);
        const [x, y] = Array.from(project(moved, small(second.camera)), Math.floor);
        if (!(x >= 0 && y >= 0 && x < side && y < side) || labelAt(second, x, y) !== Label.hair) continue;
        differences.push(after[y * side + x] - before[p]);
        colours.push(before[p]);
      }
    if (differences.length < LEAST_HAIR) return 0;
    return deviation(differences) / (Math.SQRT2 * deviation(colours) + FILM);
  }
}

/** Standard deviation. */
function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

type ChosenPair = readonly [SeenFace, SeenFace];

/** Pairs that share no frame: each frame with the later one whose rotation against it is nearest to the middle of the range. */
function choosePairs(faces: readonly SeenFace[], rules: PairRules, rejected: Tally): ChosenPair[] {
  const { rate, rotation, within } = rules;
  const middle = (rotation[0] + rotation[1]) / 2;
  const pairs: ChosenPair[] = [];
  for (let i = 0; i < faces.length; i++) {
    let best = -1;
    let nearest = Infinity;
    for (let j = i + 1; j < faces.length && faces[j].number - faces[i].number <= within * rate; j++) {
      const angle = degreesBetween(faces[i].fit.pose, faces[j].fit.pose);
      const off = Math.abs(angle - middle);
      if (angle < rotation[0] || angle > rotation[1] || off >= nearest) continue;
      nearest = off;
      best = j;
    }
    if (best < 0) {
      rejected.add("no-partner");
      continue;
    }
    if (cosine(faces[i].descriptor, faces[best].descriptor) < SAME_PERSON) {
      rejected.add("other-person");
      continue;
    }
    pairs.push([faces[i], faces[best]]);
    i = best;
  }
  return pairs;
}

function degreesBetween(a: Pose, b: Pose): number {
  const [x, y, z, w] = quaternion.multiply(a.rotation, quaternion.conjugate(b.rotation));
  return (2 * Math.atan2(vec3.length([x, y, z]), Math.abs(w)) * 180) / Math.PI;
}

const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** The face descriptor's embedding, of unit length; its input is a crop of 224² in [0, 255], channels last. */
async function describeFace(network: Session, photo: Pyramid, landmarks68: Float32Array): Promise<Float32Array> {
  const { image } = alignFace(photo, landmarks68, { upright: true });
  const data = Float32Array.from(image.data);
  const outputs = await network.run({
    [network.inputNames[0]]: { data, dims: [1, image.height, image.width, 3] },
  });
  // Age and sex are the others.
  const embedding = Object.values(outputs).reduce((a, b) => (b.data.length > a.data.length ? b : a)).data;
  const length = Math.hypot(...embedding);
  return embedding.map((value) => value / length);
}

/** Mean brightness of squares of step × step pixels. */
function means({ width, height, data }: RgbImage, step: number): Float32Array {
  const across = width / step;
  const out = new Float32Array(across * (height / step));
  for (let v = 0, p = 0; v < height; v++)
    for (let u = 0; u < width; u++, p += 3)
      out[Math.floor(v / step) * across + Math.floor(u / step)] +=
        (data[p] + data[p + 1] + data[p + 2]) / (3 * step * step);
  return out;
}

/** Counts by reason. */
class Tally {
  readonly counts: Record<string, number> = {};

  add(reason: string): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + 1;
  }
}
