import {
  type Assets,
  type PortraitOptions,
  type PortraitSample,
  random,
  sampleNext,
  samplePortrait,
  takePortrait,
} from "@cameo/synth";
import {
  type Cameo,
  createPyramid,
  frameToPhoto,
  HEAD_CROP,
  type Head,
  headFrame,
  type Pose,
  quaternion,
  type ReconstructOptions,
  type Refiner,
  type RgbaImage,
  type RgbImage,
  resample,
  type Transform2d,
} from "cameo";
import { type DistanceMap, distanceIn, type FeatureDistance } from "./feature-distance.ts";
import { type FaceDescriptor, faceSimilarity } from "./identity.ts";
import { overBlack } from "./similarity.ts";
import { ssimMap } from "./ssim.ts";

/** Two pictures of a synthetic person that differ in nothing but how the head is turned. */
export interface PortraitPair {
  readonly first: PortraitSample;
  readonly second: PortraitSample;
}

/** Makes pair `index` of the set `seed`: as people take photos, held out from training, nothing in front of the face. */
export async function makePair(
  assets: Assets,
  seed: number,
  index: number,
  { size, rotation }: Pick<PortraitOptions, "size" | "rotation">,
): Promise<PortraitPair> {
  const sampled = samplePortrait(assets, seed, index, "photo", "held-out");
  const spec = { ...sampled, wear: { ...sampled.wear, occluder: null } };
  const { view } = sampleNext(spec, rotation, random(seed, "portrait", index, "frame", 1));
  const turned = { ...spec, view: { ...spec.view, head: view.head } };
  return {
    first: await takePortrait(assets, spec, { size, seed, index }),
    second: await takePortrait(assets, turned, { size, seed, index, frame: 1 }),
  };
}

/** Ways to the second view that need no network. */
export const VIEW_METHODS = {
  photo: "the photo, not turned",
  coarse: "coarse view, holes black",
  filled: "holes filled by push–pull",
} as const;

/** What was made of the first picture of a pair to look like the second. */
export interface SecondViews {
  readonly pair: PortraitPair;
  readonly head: Head;
  /** By method. */
  readonly views: ReadonlyMap<string, RgbImage>;
  /** Of the coarse view, how far each pixel is missing, 0 … 255, as a grey picture. */
  readonly missing: RgbImage;
}

/**
 * Reconstructs the first picture and turns its head as the second one's is.
 * @param refiners refinement networks, by name
 * @throws CameoError as reconstruction does
 */
export async function makeSecondViews(
  cameo: Cameo,
  refiners: ReadonlyMap<string, Refiner>,
  pair: PortraitPair,
  options: Pick<ReconstructOptions, "coefficients" | "fit" | "parse" | "depth" | "signal"> = {},
): Promise<SecondViews> {
  const picture = pictureOf(pair.first);
  const head = await cameo.reconstruct(picture, options);
  const pose = turnedAs(head.pose, pair);
  const coarse = head.render({ pose, holes: "transparent" });
  const views = new Map<string, RgbImage>([
    [VIEW_METHODS.photo, picture],
    [VIEW_METHODS.coarse, overBlack(coarse)],
    [VIEW_METHODS.filled, overBlack(head.render({ pose }))],
  ]);
  const frame = headFrame(head.camera, head.pose);
  for (const [name, refiner] of refiners) views.set(name, overBlack(await refiner.refine(coarse, frame)));
  return { pair, head, views, missing: transparencyOf(coarse) };
}

export const pictureOf = ({ size, image }: PortraitSample): RgbImage => ({ width: size, height: size, data: image });

/** A pose turned as the head is from the first to the second picture. */
function turnedAs(pose: Pose, { first, second }: PortraitPair): Pose {
  const turn = quaternion.multiply(second.truth.pose.rotation, quaternion.conjugate(first.truth.pose.rotation));
  return { ...pose, rotation: quaternion.multiply(turn, pose.rotation) };
}

/** By how much the heads of a pair are turned from each other, degrees. */
function rotationOf({ first, second }: PortraitPair): number {
  const [a, b] = [first.truth.pose.rotation, second.truth.pose.rotation];
  const cosine = Math.abs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]);
  return (360 / Math.PI) * Math.acos(Math.min(1, cosine));
}

function transparencyOf({ width, height, data }: RgbaImage): RgbImage {
  return {
    width,
    height,
    data: Uint8Array.from({ length: 3 * width * height }, (_, i) => 255 - data[4 * Math.floor(i / 3) + 3]),
  };
}

/** How far a view is from the true picture in a region; undefined where that is empty. */
export interface RegionDifference {
  /** Mean difference of the colours, levels of 255. */
  readonly colour: number | undefined;
  /** Mean of {@link ssimMap}. */
  readonly ssim: number | undefined;
  /** {@link distanceIn} by the name of the feature network. */
  readonly features: Readonly<Record<string, number | undefined>>;
}

/** How far a view is from the true second picture. */
export interface ViewFigures {
  /** In the crop about the head, as far as it lies in the photo. */
  readonly crop: RegionDifference;
  /** In what the photo does not show of it. */
  readonly holes: RegionDifference;
  /** {@link faceSimilarity}; undefined where no face is found. */
  readonly identity: number | undefined;
}

export interface ViewResult {
  /** Number of the subject in its set. */
  readonly index: number;
  /** Style of the hair among those never trained on; "none" for other hair. */
  readonly style: string;
  /** By how much the heads are turned from each other, degrees. */
  readonly rotation: number;
  /** Share of the crop that is holes. */
  readonly missing: number;
  /** By method. */
  readonly views: Readonly<Record<string, ViewFigures>>;
}

/**
 * Compares views with the true second picture, at the resolution of the crop about the head.
 * @param distances by feature networks, by name
 */
export async function measureSecondViews(
  { pair, head, views, missing }: SecondViews,
  distances: ReadonlyMap<string, FeatureDistance>,
  descriptor: FaceDescriptor,
): Promise<ViewResult> {
  const { truth } = pair.second;
  const wanted = pictureOf(pair.second);
  const toPhoto = cropOf(pair);
  const [target, known, holes] = [wanted, { ...wanted, data: wanted.data.map(() => 255) }, missing].map((picture) =>
    cut(picture, toPhoto),
  );
  const regions = { crop: weightsOf(known), holes: weightsOf(holes) };
  const face = await descriptor.describe(wanted, head.box);
  const figures: Record<string, ViewFigures> = {};
  for (const [name, view] of views) {
    const crop = cut(view, toPhoto);
    const found = face && (await descriptor.describe(view, head.box));
    const all = await differences(crop, target, regions, distances);
    figures[name] = { ...all, identity: found && faceSimilarity(found, face) };
  }
  return {
    index: truth.index,
    style: String(truth.facts.style),
    rotation: rotationOf(pair),
    missing: total(regions.holes) / total(regions.crop),
    views: figures,
  };
}

/** Where the crop about the true head lies in the pictures. */
export const cropOf = ({ second: { truth } }: PortraitPair): Transform2d =>
  frameToPhoto(headFrame(truth.camera, truth.pose), HEAD_CROP);

/** Black where the picture ends. */
function cut(picture: RgbImage, toPhoto: Transform2d): RgbImage {
  const data = new Uint8ClampedArray(3 * HEAD_CROP * HEAD_CROP);
  resample(createPyramid(picture), toPhoto, HEAD_CROP, HEAD_CROP, data);
  return { width: HEAD_CROP, height: HEAD_CROP, data };
}

/** Weight of each pixel, in [0, 1], from a grey picture. */
const weightsOf = ({ width, height, data }: RgbImage): Float32Array =>
  Float32Array.from({ length: width * height }, (_, p) => data[3 * p] / 255);

const total = (weights: Float32Array): number => weights.reduce((sum, weight) => sum + weight, 0);

async function differences<Region extends string>(
  made: RgbImage,
  target: RgbImage,
  regions: Readonly<Record<Region, Float32Array>>,
  distances: ReadonlyMap<string, FeatureDistance>,
): Promise<Record<Region, RegionDifference>> {
  const colour = colourDifference(made, target);
  const ssim = ssimMap(made, target);
  const features: (readonly [string, readonly DistanceMap[]])[] = [];
  for (const [name, distance] of distances) features.push([name, await distance.compare(made, target)]);
  return Object.fromEntries(
    Object.entries<Float32Array>(regions).map(([name, region]) => [
      name,
      {
        colour: meanIn(colour, region),
        ssim: meanIn(ssim, region),
        features: Object.fromEntries(features.map(([network, maps]) => [network, distanceIn(maps, region)])),
      },
    ]),
  ) as Record<Region, RegionDifference>;
}

/** Mean absolute difference of the three channels at each pixel. */
const colourDifference = (a: RgbImage, b: RgbImage): Float32Array =>
  Float32Array.from({ length: a.width * a.height }, (_, p) => {
    let sum = 0;
    for (let i = 3 * p; i < 3 * p + 3; i++) sum += Math.abs(a.data[i] - b.data[i]);
    return sum / 3;
  });

/** The mean of a map weighted by a region; undefined for an empty one. */
function meanIn(map: Float32Array, region: Float32Array): number | undefined {
  const weight = total(region);
  return weight > 0 ? map.reduce((sum, value, p) => sum + region[p] * value, 0) / weight : undefined;
}
