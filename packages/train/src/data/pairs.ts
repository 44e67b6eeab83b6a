import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { random } from "@cameo/synth";
import { type Camera, type Pose, synthesizeShape } from "cameo";
import sharp from "sharp";
import { borderHoles } from "./border-holes.ts";
import { motionBetween, openHeadModel } from "./fit.ts";
import { jsonLines } from "./journal.ts";
import { planes } from "./photos.ts";
import { type Fields, type Sample, type Source, singleKind } from "./source.ts";

/** One picture of a pair: a head crop of a video's frame, `<file>.jpg` below the folder, and its labels, `<file>.png`. */
export interface PairPicture {
  readonly file: string;
  /** Seconds from the start of the video. */
  readonly time: number;
  /** Of the crop, and of the head in it. */
  readonly camera: Camera;
  readonly pose: Pose;
  readonly expression: readonly number[];
}

/** Two pictures of one subject: a part of a line of `pairs.jsonl`. */
export interface MinedPair {
  /** Coefficients of the fitted head, common to both pictures. */
  readonly identity: readonly number[];
  readonly pictures: readonly [PairPicture, PairPicture];
}

/** A video that has been looked at: a line of `pairs.jsonl`. */
export interface MinedVideo {
  readonly source: string;
  readonly pairs: readonly MinedPair[];
  /** Frames and pairs that are not used, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
}

/** What a folder of pairs says of itself, in `pairs.json`. */
export interface PairsDescription {
  readonly version: 1;
  /** Side of the crops, pixels. */
  readonly side: number;
  readonly rate: number;
  readonly rotation: readonly [number, number];
  readonly within: number;
  readonly most: number;
}

export const pairsFile = "pairs.json";
export const minedFile = "pairs.jsonl";

const fieldsOfPairs = ["image", "label", "face", "model", "mask", "camera", "centre", "motion"];

/**
 * A folder that `cameo data pairs` wrote. Each sample is a pair, with the fields that the depth network's losses on pairs need:
 * `image`, `label`, `face`, `model`, `mask`, `camera`, `centre`, `motion`, as those of portraits. Single pictures are given with
 * `image`, `label` and `holes` ({@link borderHoles}): what the refinement network needs of real pictures.
 * @throws if it holds none, or a field is asked for that pairs, or single pictures, do not have
 */
export async function openPairs(path: string, fields: Fields, size: number): Promise<Source> {
  if (Object.values(fields).every((kind) => singleKind(kind) === kind)) return openPictures(path, fields, size);
  const unknown = Object.keys(fields).find((name) => !fieldsOfPairs.includes(name));
  if (unknown) throw new Error(`Pairs have no field "${unknown}", only ${fieldsOfPairs.join(", ")}.`);
  const { side } = await readPairsDescription(path);
  const pairs = await readPairs(path);
  const { model, inputs } = await openHeadModel();

  async function read({ file, pose, ...picture }: PairPicture, { identity }: MinedPair) {
    const scale = size / side;
    const { fx, fy, cx, cy } = picture.camera;
    const camera = { fx: fx * scale, fy: fy * scale, cx: cx * scale, cy: cy * scale };
    const { image, labels } = await readPicture(path, file, size);
    const shape = synthesizeShape(model, identity, picture.expression);
    return { image, labels, camera, pose, ...inputs(shape, pose, camera, labels, size) };
  }

  return {
    count: pairs.length,
    async sample(index): Promise<Sample> {
      const pair = pairs[index];
      const both = await Promise.all(pair.pictures.map((picture) => read(picture, pair)));
      const joined = (of: (one: (typeof both)[0], other: (typeof both)[0]) => Iterable<number>) =>
        both.flatMap((one, i) => [...of(one, both[1 - i])]);
      const values: Record<string, () => Float32Array | Int32Array> = {
        image: () => Float32Array.from(joined(({ image }) => planes(image, 3))),
        label: () => Int32Array.from(joined(({ labels }) => labels)),
        face: () => Float32Array.from(joined(({ face }) => face)),
        model: () => Float32Array.from(joined((one) => one.model)),
        mask: () => Float32Array.from(joined(({ mask }) => mask)),
        camera: () => Float32Array.from(joined(({ camera }) => [camera.fx, camera.fy, camera.cx, camera.cy])),
        centre: () => Float32Array.from(joined(({ pose }) => [pose.translation[2]])),
        motion: () => Float32Array.from(joined((one, other) => motionBetween(one.pose, other.pose))),
      };
      return Object.fromEntries(Object.keys(fields).map((name) => [name, values[name]()]));
    },
  };
}

/** The pictures of all pairs one by one. */
async function openPictures(path: string, fields: Fields, size: number): Promise<Source> {
  const unknown = Object.keys(fields).find((name) => !["image", "label", "holes"].includes(name));
  if (unknown)
    throw new Error(
      `Single pictures of pairs have no field "${unknown}", only image, label, holes: give a loss on pairs a weight, or set "unpaired" to false.`,
    );
  await readPairsDescription(path);
  const pictures = (await readPairs(path)).flatMap((pair) => pair.pictures);
  return {
    count: pictures.length,
    async sample(index): Promise<Sample> {
      const { image, labels } = await readPicture(path, pictures[index].file, size);
      const values: Record<string, () => Float32Array | Int32Array> = {
        image: () => planes(image, 3),
        label: () => Int32Array.from(labels),
        holes: () => borderHoles(labels, size, random(0, "picture", index)),
      };
      return Object.fromEntries(Object.keys(fields).map((name) => [name, values[name]()]));
    },
  };
}

async function readPairs(path: string): Promise<MinedPair[]> {
  const text = await readFile(join(path, minedFile), "utf8").catch(() => "");
  const pairs = jsonLines<MinedVideo>(text).flatMap((video) => video.pairs);
  if (pairs.length === 0) throw new Error(`${path} holds no pairs: "cameo data pairs" found none, or was stopped.`);
  return pairs;
}

async function readPicture(path: string, file: string, size: number) {
  const sized = (name: string, kernel: "nearest" | "lanczos3") =>
    sharp(join(path, name), { failOn: "warning" }).resize(size, size, { fit: "fill", kernel });
  return {
    image: await sized(`${file}.jpg`, "lanczos3").toColourspace("srgb").removeAlpha().raw().toBuffer(),
    labels: await sized(`${file}.png`, "nearest").extractChannel(0).raw().toBuffer(),
  };
}

/** @throws if the folder was not written by `cameo data pairs` */
export async function readPairsDescription(path: string): Promise<PairsDescription> {
  const text = await readFile(join(path, pairsFile), "utf8").catch(() => {
    throw new Error(`${path} holds no pairs: there is no ${pairsFile}. Make them with "cameo data pairs".`);
  });
  const found = JSON.parse(text) as PairsDescription;
  if (found.version !== 1) throw new Error(`${join(path, pairsFile)} is of version ${found.version}, not 1.`);
  return found;
}
