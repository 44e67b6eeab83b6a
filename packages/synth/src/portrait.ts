import type { Camera, MorphableModel, Pose } from "cameo";
import type { Assets } from "./assets.ts";
import { paintBackground } from "./background/background.ts";
import { developFilm } from "./film/develop.ts";
import { growBeard } from "./hair/beard.ts";
import { type Growth, growHair } from "./hair/grow.ts";
import { illuminationOf } from "./light/lighting.ts";
import type { Part, Stubble } from "./part.ts";
import { random } from "./random.ts";
import { landmarkTruth } from "./render/landmarks.ts";
import { renderPortrait } from "./render/render.ts";
import type { PortraitLandmarks, PortraitOptions, PortraitSample } from "./sample.ts";
import { type PortraitSpec, sampleNext, samplePortrait } from "./spec.ts";
import { buildHead, type Head } from "./subject/head.ts";
import { paintHead } from "./subject/paint.ts";
import { edgeMask } from "./view/edge.ts";
import { cameraOf, poseOf } from "./view/view.ts";
import { type Dressed, dress } from "./wear/dress.ts";

/** Makes the pictures of subject `index` of the set `seed`: always the same ones. */
export async function makePortraits(
  assets: Assets,
  seed: number,
  index: number,
  { size, framing, frames, rotation, styles }: PortraitOptions,
): Promise<PortraitSample[]> {
  const samples: PortraitSample[] = [];
  let spec = samplePortrait(assets, seed, index, framing, styles);
  for (let frame = 0; frame < frames; frame++) {
    if (frame > 0) spec = sampleNext(spec, rotation, random(seed, "portrait", index, "frame", frame));
    samples.push(await takePortrait(assets, spec, { size, seed, index, frame }));
  }
  return samples;
}

export interface TakeOptions {
  /** Side of the picture, pixels. */
  readonly size: number;
  /** Visibility is found at `samples` × `samples` points of each pixel. Default 2. */
  readonly samples?: number;
  /** Numbers that the truth names. */
  readonly seed?: number;
  readonly index?: number;
  readonly frame?: number;
}

/** Makes one picture from its description. */
export async function takePortrait(assets: Assets, spec: PortraitSpec, options: TakeOptions): Promise<PortraitSample> {
  const { size, samples, seed = 0, index = 0, frame = 0 } = options;
  const { subject, view, lighting } = spec;
  const described = describePortrait(spec);
  const head = buildHead(assets, subject, spec.expression);
  const worn = dress(assets, head, spec.wear);
  const hair = underHeadwear(growHair(assets, head, spec.hair), worn);
  const beard = growBeard(assets, head, spec.beard);
  const stubble = [hair.stubble, beard.stubble].filter((s): s is Stubble => s !== null);
  const painted = paintHead(assets, subject, head, stubble, worn.hidden);

  const rendering = renderPortrait(
    {
      parts: [...painted.parts, ...beard.parts, ...hair.parts, ...worn.parts],
      view,
      lighting,
      size,
      samples,
      oiliness: subject.skin.oiliness,
    },
    (coverage) =>
      paintBackground(spec.background, {
        size,
        coverage,
        hairColour: spec.hair.colour.base,
        skinColour: subject.skin.tone,
        lightColour: colourOf(described.illumination),
        blur: 0,
      }),
  );
  const { linear, labels, extras, depth, normals, albedo } = rendering;
  const image = await developFilm(linear, size, spec.film, labels);
  const sample = { size, image, labels, extras, depth, normals, albedo };
  if (spec.edge) blacken(sample, edgeMask(spec.edge, size));

  const camera = cameraOf(view, size);
  const pose = poseOf(view);
  const landmarks = landmarkFinder(head, pose, camera, depth, size);
  return {
    ...sample,
    truth: {
      seed,
      index,
      frame,
      camera,
      pose,
      identity: Array.from(head.coefficients.identity),
      expression: Array.from(head.coefficients.expression),
      texture: Array.from(painted.texture),
      landmarks68: landmarks("landmarks68"),
      landmarks468: landmarks("landmarks468"),
      ...described,
    },
  };
}

/** What is known of a picture before it is made: angles of the head in degrees, light, and named facts for statistics. */
export const describePortrait = (
  spec: PortraitSpec,
): Pick<PortraitSample["truth"], "angles" | "illumination" | "facts"> => ({
  angles: spec.view.head,
  illumination: illuminationOf(spec.lighting),
  facts: factsOf(spec),
});

/** What headwear leaves of the hair. */
function underHeadwear({ parts, stubble }: Growth, { covering }: Dressed): Growth {
  if (!covering) return { parts, stubble };
  if (covering.hidesHair) return { parts: [], stubble: null };
  const pressed = parts.map((part): Part => {
    const positions = part.positions.slice();
    covering.press(positions);
    return { ...part, positions };
  });
  return { parts: pressed, stubble };
}

/** Colour of all light together, luminance 1. */
function colourOf([r, g, b]: readonly number[]): [number, number, number] {
  const luminance = Math.max(1e-6, 0.2126 * r + 0.7152 * g + 0.0722 * b);
  return [r / luminance, g / luminance, b / luminance];
}

/** Makes black what is no part of the photo. */
function blacken(sample: Omit<PortraitSample, "truth">, mask: Uint8Array): void {
  const { image, labels, extras, depth, normals, albedo } = sample;
  for (let p = 0; p < mask.length; p++) {
    if (mask[p]) continue;
    labels[p] = extras[p] = depth[p] = 0;
    for (let k = 3 * p; k < 3 * p + 3; k++) image[k] = normals[k] = albedo[k] = 0;
  }
}

const landmarkFinder =
  ({ model, shape }: Head, pose: Pose, camera: Camera, depth: Float32Array, size: number) =>
  (name: keyof Pick<MorphableModel, "landmarks68" | "landmarks468">): PortraitLandmarks =>
    landmarkTruth(model, shape, model[name], pose, camera, depth, size);

/** What statistics count. */
function factsOf({ subject, hair, beard, wear, view, lighting, background, expression }: PortraitSpec) {
  const { person, skin } = subject;
  return {
    age: person.age,
    sex: person.male > 0.5 ? "male" : "female",
    skin: skinClass(skin.tone),
    hair: hair.kind,
    style: hair.layers.find((layer) => layer.type === "style")?.name ?? "none",
    "hair colour": hair.colour.name,
    beard: beard.kind,
    light: lighting.scene,
    background: background.layers[0].kind,
    mouth: (expression.named.jawOpen ?? 0) > 0.1 ? "open" : "closed",
    glasses: wear.glasses ? (wear.glasses.opacity < 0.5 ? "clear" : "dark") : "none",
    headwear: wear.headwear?.kind ?? "none",
    occluder: wear.occluder?.kind ?? "none",
    "focal length": view.focal35,
    distance: view.distance,
  };
}

/** Classes of the individual typology angle (Chardon et al. 1991) of the skin's colour. */
function skinClass([r, g, b]: readonly [number, number, number]): string {
  // CIE Lab of linear sRGB under D65.
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  const z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089;
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const angle = (Math.atan2(116 * f(y) - 16 - 50, 200 * (f(y) - f(z))) * 180) / Math.PI;
  const names = ["very light", "light", "intermediate", "tan", "brown"] as const;
  const class_ = [55, 41, 28, 10, -30].findIndex((least) => angle > least);
  return names[class_] ?? "dark";
}
