import { type MapName, openShards, type PortraitSample, type PortraitSet, type Random, random } from "@cameo/synth";
import { type CropFrame, FACE_CROP, faceCamera, faceFrame, frameToPhoto, Label, project, seenFrom } from "cameo";
import { borderHoles } from "./border-holes.ts";
import { type CoarseView, coarseView } from "./coarse-view.ts";
import { type FittedPortrait, fittedDepth, mirrored, motionBetween, openFitter, sampleMisfit } from "./fit.ts";
import { mirroredPicture } from "./mirror.ts";
import { type Fields, type Sample, type Source, singleKind, type VectorKind, viewsOf } from "./source.ts";
import { moved, recoloured, varied } from "./vary.ts";

/** Distance from the face network's camera at which a translation is 0, dm. */
const DISTANCE = 10;

type Values = Float32Array | Int32Array;

/**
 * How a field is made: of a portrait, or of its fit and, in pairs, that of the other picture. `flat`: it is known of a picture
 * without its camera, so also of its mirror image.
 */
type Recipe = { readonly maps: readonly MapName[]; readonly flat?: true } & (
  | { make(sample: PortraitSample, kind: VectorKind): Values }
  | { fit(sample: FittedPortrait, other: FittedPortrait): Values }
  | { draw(portrait: DrawnPortrait): Values }
);

/** A portrait with what is drawn at random of it, when it is first asked for. */
interface DrawnPortrait {
  readonly sample: PortraitSample;
  readonly random: Random;
  readonly view: () => CoarseView;
}

/**
 * What each field is made of. With s the side of the picture:
 *
 * - `image`, `albedo`: sRGB in [0, 1]; `normals`: (n + 1) / 2 of camera-space normals, ½ for background;
 * - `label`, `extra`: as they are;
 * - `coefficients`: the groups that the task names (`identity`, `expression`, `texture`: the first so many of the model;
 *   `light`: 9 of luminance, or 27; `rotation`: quaternion; `translation`: dm, less 10 in z), pose and light as the face
 *   network's camera has them, which sees the middle of the face at the same place and as large;
 * - `landmarks68`, `landmarks468`: u / s and v / s per point; `visible68`, `visible468`: 1 or 0 per point;
 * - `skin`: 1 on the face; `known`: 1, as all of this is;
 * - `holes`: {@link borderHoles}; `view` and `viewHoles`: a {@link coarseView}.
 *
 * Where one of the following is asked for, all pictures are head crops of fits ({@link FittedPortrait}):
 *
 * - `face`, `model`, `mask`: see the library's `depthInputs`; `depth`: {@link fittedDepth};
 * - `camera`: fx, fy, cx, cy of the crop; `centre`: z of the head's centre, mm; `motion`: {@link motionBetween} this picture
 *   and the other one of a pair.
 */
const known: Readonly<Record<string, Recipe>> = {
  image: { maps: ["image"], flat: true, make: ({ image }) => planes(image, 1 / 255, 0) },
  albedo: { maps: ["albedo"], flat: true, make: ({ albedo }) => planes(albedo, 1 / 255, 0) },
  normals: { maps: ["normals"], make: ({ normals }) => planes(normals, 0.5 / 127, 0.5) },
  label: { maps: ["labels"], flat: true, make: ({ labels }) => Int32Array.from(labels) },
  extra: { maps: ["extras"], flat: true, make: ({ extras }) => Int32Array.from(extras) },
  coefficients: { maps: [], make: coefficients },
  landmarks68: { maps: [], make: (sample) => seen(sample, sample.truth.landmarks68.points) },
  landmarks468: { maps: [], make: (sample) => seen(sample, sample.truth.landmarks468.points) },
  visible68: { maps: [], make: ({ truth }) => Float32Array.from(truth.landmarks68.visible) },
  visible468: { maps: [], make: ({ truth }) => Float32Array.from(truth.landmarks468.visible) },
  skin: {
    maps: ["labels"],
    flat: true,
    make: ({ labels }) => Float32Array.from(labels, (label) => (label === Label.face ? 1 : 0)),
  },
  known: { maps: [], flat: true, make: () => Float32Array.of(1) },
  holes: {
    maps: ["labels"],
    flat: true,
    draw: ({ sample, random }) => borderHoles(sample.labels, sample.size, random),
  },
  view: { maps: ["image", "labels", "depth"], draw: ({ view }) => planes(view().image, 1 / 255, 0) },
  viewHoles: { maps: ["image", "labels", "depth"], draw: ({ view }) => view().holes },
  face: { maps: ["labels"], fit: ({ fit }) => fit.inputs.face },
  model: { maps: ["labels"], fit: ({ fit }) => fit.inputs.model },
  mask: { maps: ["labels"], fit: ({ fit }) => fit.inputs.mask },
  depth: { maps: ["depth", "labels"], fit: fittedDepth },
  camera: { maps: [], fit: ({ truth: { camera } }) => Float32Array.of(camera.fx, camera.fy, camera.cx, camera.cy) },
  centre: { maps: [], fit: ({ fit }) => Float32Array.of(fit.pose.translation[2]) },
  motion: { maps: [], fit: ({ fit }, other) => motionBetween(fit.pose, other.fit.pose) },
};

/** The maps that the fields are made of. @throws naming a field that portraits do not have */
export function mapsOf(fields: Fields): MapName[] {
  const unknown = Object.keys(fields).find((name) => !(name in known));
  if (unknown) throw new Error(`Portraits have no field "${unknown}", only ${Object.keys(known).join(", ")}.`);
  return [...new Set(Object.keys(fields).flatMap((name) => known[name].maps))];
}

/** Makes samples of portraits that are fitted: of one, or of a pair. `variant` recolours them, and mirrors half of them. */
export type SampleMaker = (portraits: readonly PortraitSample[], fit: Random, variant?: () => Random) => Sample;

/** Whether fields are of a fit, and how they are made then. */
export async function openFitted(fields: Fields, size: number): Promise<SampleMaker | null> {
  if (!Object.keys(fields).some((name) => "fit" in known[name])) return null;
  const fit = await openFitter();
  return (portraits, random, variant) => {
    const misfit = sampleMisfit(random);
    const fitted = portraits.map((portrait) => {
      const one = fit(portrait, size, misfit);
      if (!variant) return one;
      const source = variant();
      const seen = source.chance(0.5) ? mirrored(one) : one;
      return recoloured(seen, source);
    });
    const draws = fitted.map((one) => drawn(one, random));
    return sampleOf(fields, (recipe, kind) =>
      fitted.map((one, i) => {
        if ("fit" in recipe) return recipe.fit(one, fitted[i ^ 1] ?? one);
        return "make" in recipe ? recipe.make(one, kind) : recipe.draw(draws[i]);
      }),
    );
  };
}

/** The fields of one portrait as it is. @throws if a vector of it is asked for in another length */
export function portraitFields(sample: PortraitSample, fields: Fields, random: Random): Sample {
  const portrait = drawn(sample, random);
  return sampleOf(fields, (recipe, kind) => {
    if ("draw" in recipe) return [recipe.draw(portrait)];
    return "make" in recipe ? [recipe.make(sample, kind)] : [];
  });
}

function drawn(sample: PortraitSample, random: Random): DrawnPortrait {
  const { camera, pose } = sample.truth;
  let view: CoarseView | null = null;
  return {
    sample,
    random,
    view() {
      view ??= coarseView({ ...sample, camera, pose }, random);
      return view;
    },
  };
}

function sampleOf(fields: Fields, values: (recipe: Recipe, kind: VectorKind) => readonly Values[]): Sample {
  return Object.fromEntries(
    Object.entries(fields).map(([name, kind]) => {
      const single = singleKind(kind);
      const vector = typeof single === "object" ? single : null;
      const made = values(known[name], vector ?? { vector: 0 });
      const wrong = vector && made.find(({ length }) => length !== vector.vector);
      if (wrong) throw new Error(`The field "${name}" of portraits has ${wrong.length} values, not ${vector.vector}.`);
      return [name, made.length === 1 ? made[0] : joined(made)];
    }),
  );
}

/** One after the other. */
function joined(parts: readonly Values[]): Values {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = parts[0] instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  parts.reduce((at, part) => {
    all.set(part, at);
    return at + part.length;
  }, 0);
  return all;
}

export interface PortraitsSpec {
  readonly kind: "portraits";
  readonly path: string;
  /** How many samples are made of each portrait: all but the first are {@link varied}, and mirrored half the time where all fields are flat. Default 1. */
  readonly variants?: number;
  /** `face`: what the crop about the face, which the face network gets, shows of each. Default: all that they show. */
  readonly crop?: "face";
}

/**
 * A folder that `cameo synth` wrote. Pictures that are not cropped may be a whole number of times larger than wanted.
 * @throws if it holds none, portraits of another size, or single ones where pairs are wanted
 */
export async function openPortraits(spec: PortraitsSpec, fields: Fields, size: number): Promise<Source> {
  const { path, variants = 1, crop } = spec;
  const maps = mapsOf(fields);
  const set = await openShards(path);
  const flat = Object.keys(fields).every((name) => known[name].flat);
  const makeFitted = await openFitted(fields, size);
  if (makeFitted) return fittedPortraits(set, makeFitted, variants, fields);
  const made = set.description.options.size;
  const whole: CropFrame = { x: made / 2, y: made / 2, scale: made / size, angle: 0 };
  if (crop === undefined && made % size !== 0)
    throw new Error(
      `The portraits in ${path} are ${made} pixels wide: set "size" to ${made} or a part of it, not ${size}.`,
    );
  return {
    count: set.count * variants,
    async sample(index) {
      const portrait = await set.sample(index % set.count, maps);
      const frame = crop === "face" ? faceCropOf(portrait, size) : whole;
      return portraitFields(shown(portrait, frame, index), fields, random(0, "portrait", index));
    },
  };

  function shown(portrait: PortraitSample, frame: CropFrame, index: number): PortraitSample {
    if (index >= set.count) {
      const source = random(0, "variant", index);
      const seen = flat && crop === undefined && source.chance(0.5) ? mirroredPicture(portrait) : portrait;
      return varied(seen, frame, size, source);
    }
    return crop === undefined ? reduced(portrait, made / size) : moved(portrait, size, frameToPhoto(frame, size));
  }
}

/** Fits of single portraits, or of all pairs of consecutive ones of a subject; all variants but the first are changed. */
function fittedPortraits(set: PortraitSet, make: SampleMaker, variants: number, fields: Fields): Source {
  const maps = mapsOf(fields);
  const { frames } = set.description.options;
  const views = viewsOf(fields);
  if (views > frames) throw new Error("Pairs need portraits that were made with two frames or more of each subject.");
  const starts = frames - views + 1;
  const count = (set.count / frames) * starts;
  return {
    count: count * variants,
    async sample(index) {
      const number = index % count;
      const first = Math.floor(number / starts) * frames + (number % starts);
      const portraits = await Promise.all(Array.from({ length: views }, (_, i) => set.sample(first + i, maps)));
      // Both pictures of a pair change alike.
      const variant = index < count ? undefined : () => random(0, "variant", index);
      return make(portraits, random(0, "misfit", index), variant);
    },
  };
}

/** The upright crop about the face, as the library cuts it where it finds the landmarks in the right places. */
function faceCropOf({ truth }: PortraitSample, size: number): CropFrame {
  const frame = faceFrame(project(Float32Array.from(truth.landmarks68.points), truth.camera));
  return { ...frame, scale: (frame.scale * FACE_CROP) / size };
}

/** A portrait with sides `factor` times shorter: means of colours, of all else the pixel nearest to the middle. */
function reduced(sample: PortraitSample, factor: number): PortraitSample {
  if (factor === 1) return sample;
  const size = sample.size / factor;
  const middle = factor >> 1;
  const nearest = <T extends Uint8Array | Int8Array | Float32Array>(map: T, out: T): T => {
    const channels = map.length / sample.size ** 2;
    for (let y = 0, o = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        for (let c = 0; c < channels; c++, o++)
          out[o] = map[((y * factor + middle) * sample.size + x * factor + middle) * channels + c];
    return out;
  };
  const mean = (map: Uint8Array): Uint8Array => {
    const out = new Uint8Array(map.length / factor ** 2);
    for (let y = 0, o = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        for (let c = 0; c < 3; c++, o++) {
          let sum = 0;
          for (let v = 0; v < factor; v++)
            for (let u = 0; u < factor; u++) sum += map[((y * factor + v) * sample.size + x * factor + u) * 3 + c];
          out[o] = Math.round(sum / factor ** 2);
        }
    return out;
  };
  const { image, labels, extras, depth, normals, albedo, truth } = sample;
  const fewer = (map: { readonly length: number }) => map.length / factor ** 2;
  const { fx, fy, cx, cy } = truth.camera;
  return {
    size,
    image: mean(image),
    labels: nearest(labels, new Uint8Array(fewer(labels))),
    extras: nearest(extras, new Uint8Array(fewer(extras))),
    depth: nearest(depth, new Float32Array(fewer(depth))),
    normals: nearest(normals, new Int8Array(fewer(normals))),
    albedo: mean(albedo),
    truth: { ...truth, camera: { fx: fx / factor, fy: fy / factor, cx: cx / factor, cy: cy / factor } },
  };
}

/** Interleaved values to planes: value · gain + bias. */
function planes(data: Uint8Array | Int8Array, gain: number, bias: number): Float32Array {
  const pixels = data.length / 3;
  const out = new Float32Array(data.length);
  for (let c = 0; c < 3; c++) for (let i = 0; i < pixels; i++) out[c * pixels + i] = data[3 * i + c] * gain + bias;
  return out;
}

function seen({ size, truth }: PortraitSample, points: readonly number[]): Float32Array {
  return project(Float32Array.from(points), truth.camera).map((pixels) => pixels / size);
}

function coefficients(sample: PortraitSample, { groups }: VectorKind): Float32Array {
  if (!groups) throw new Error('Portraits give "coefficients" by named groups only.');
  return Float32Array.from(
    Object.entries(groups).flatMap(([name, count]) => {
      const values = groupOf(name, count, sample);
      if (!values) throw new Error(`Portraits have no coefficients "${name}", only ${groupNames.join(", ")}.`);
      if (values.length < count) throw new Error(`Portraits have ${values.length} values of "${name}", not ${count}.`);
      return Array.from(values).slice(0, count);
    }),
  );
}

const groupNames = ["identity", "expression", "texture", "light", "rotation", "translation"];

function groupOf(name: string, count: number, { size, truth }: PortraitSample): ArrayLike<number> | null {
  if (name === "identity" || name === "expression" || name === "texture") return truth[name];
  const { pose, illumination } = seenFrom(truth, truth.camera, faceCamera(size));
  if (name === "rotation") return pose.rotation;
  if (name === "light" && count > 9) return illumination;
  if (name === "light")
    return Array.from(
      { length: 9 },
      (_, k) => 0.2126 * illumination[3 * k] + 0.7152 * illumination[3 * k + 1] + 0.0722 * illumination[3 * k + 2],
    );
  if (name !== "translation") return null;
  const [x, y, z] = pose.translation;
  return [x / 100, y / 100, z / 100 - DISTANCE];
}
