import { linearOfSrgb, toSrgb } from "../../color.ts";
import { type Camera, cropCamera } from "../../geometry/camera.ts";
import type { Pose } from "../../geometry/pose.ts";
import { toMatrix } from "../../geometry/quaternion.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import { Label, type RgbImage } from "../../image.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { createPyramid, resample } from "../../resample.ts";
import { pushPull } from "../head/fill.ts";
import { type PhotoLabels, sampleLabels } from "../parse/labels.ts";
import { type Box, boundingBox, strips } from "./box.ts";
import { continueNeck } from "./continue-neck.ts";
import { dilated, distancesTo } from "./distance.ts";
import { headMatte } from "./matte.ts";
import { hairMobilityAt, mobilityAt } from "./motion.ts";

/** Shadows reach so far beyond the outline of hair, mm: cut out with it. */
const FRINGE = 2;
/** So far within its outline, mm, hair or skin is surely what a pixel shows. */
const SURE = 7;
/** What is labelled as head so near to the mesh belongs to it, mm. */
const NEAR = 8;
/** So far within the mesh's outline, mm, all is head, whatever it is labelled as: glasses, or a hand. */
const WITHIN = 4;
/** Strands are looked for so far beyond what the mesh covers, mm. */
const AROUND = 22;
/** A pixel with a larger share of head, of 255, is cut out. */
const TRACE = 10;
/**
 * What moves less with the head than the first is not cut out, and what moves more than the second is altogether. Hair that
 * hangs down is not either: where it moves away, hair is what is most likely behind it.
 */
const MOBILE = { hair: [0.3, 0.7], skin: [0.05, 0.1] } as const;
/** Pixels around the holes that their filling is taken from, as a part of their extent. */
const SURROUNDINGS = 0.25;
/** So many pixels within the mesh's outline the photo shows beside it what lies below its edge. */
const OVERLAP = 2;

/** A photo taken apart, at the size asked for. */
export interface Layers {
  /** What the photo shows beside the moving head. */
  readonly plate: Plate;
  /** The head that was cut out of it. */
  readonly cutout: Cutout;
}

export interface Plate {
  readonly width: number;
  readonly height: number;
  /** The photo, its holes filled from their surroundings. */
  readonly picture: RgbImage;
  /** From 0 where the photo shows what is there to 255 where the head was. */
  readonly holes: Uint8Array;
}

/** A part of a picture, of which each pixel shows the head to some degree. */
export interface Cutout {
  readonly box: Box;
  /** Colours of the head alone, sRGB. */
  readonly colors: Uint8ClampedArray;
  /** How much of each pixel is head, from 0 to 255. */
  readonly alpha: Uint8Array;
  /** The same for what lies beside the mesh: strands. */
  readonly fringe: Uint8Array;
  /** How surely each pixel shows nothing but hair, and nothing but face or ears, from 0 at its outline to 255. */
  readonly sure: { readonly hair: Uint8Array; readonly skin: Uint8Array };
  /** Depth of the mesh, mm; 0 where there is none. */
  readonly depth: Float32Array;
}

interface LayerInput {
  readonly image: RgbImage;
  readonly labels: PhotoLabels | undefined;
  /** Size of a picture pixel in photo pixels is 1 / scale. */
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  /** The camera of the scaled picture. */
  readonly camera: Camera;
  /** Head and neck in the photo's pose, camera space, mm. */
  readonly positions: Float32Array;
  readonly triangles: Uint32Array;
  /** The triangles of the model's neck. */
  readonly neck: Uint32Array;
  /** Of the vertices. */
  readonly meshLabels: Uint8Array;
  readonly pose: Pose;
  /** Height of the chin in model space, mm. */
  readonly chin: number;
}

/** Cuts the head out of its photo, and fills the holes by push–pull. */
export function takeApart(input: LayerInput): Layers {
  const { image, scale, width, height, camera, positions } = input;
  const original = scaledPhoto(image, scale, width, height);
  const box = grown(boundingBox([positions], camera, width, height), input, AROUND);
  const holes = new Uint8Array(width * height);
  const picture = { width, height, data: Uint8ClampedArray.from(original.data) };
  const part = partOf(original, box);
  const { depth, labels } = surfaceOf(input, box);
  const { alpha, strands } = headMatte(part, labels, pixelsPerMm(input));
  const cover = Uint8Array.from(depth, (z) => (z > 0 ? 1 : 0));
  if (box.width > 0) {
    pasteInto(holes, width, holesOf(input, box, cover, labels, alpha), box, 1);
    fill(picture, holes, grown(box, input, (SURROUNDINGS * Math.max(box.width, box.height)) / pixelsPerMm(input)));
    const neck = Uint8Array.from(depthOf(input, input.neck, box), (z) => (z > 0 ? 1 : 0));
    const below = partOf(picture, box);
    const unknown = mapPart(holes, width, box);
    const m = toMatrix(input.pose.rotation);
    // The way down in model space, as the picture shows it.
    if (m[4] > 0) continueNeck(below, unknown, neck, [-m[1], m[4]], pixelsPerMm(input));
    pasteInto(holes, width, unknown, box, 1);
    pasteInto(picture.data, width, below.data, box, 3);
  }
  const within = distancesTo(
    cover.map((value) => 1 - value),
    box.width,
    box.height,
  );
  const fringe = strands.map((value, p) => (within[p] <= 5 * OVERLAP ? value : 0));
  const colors = withoutBackground(part, partOf(picture, box), alpha);
  const sure = {
    hair: depthWithin(labels, (label) => label === Label.hair, box, SURE * pixelsPerMm(input)),
    skin: depthWithin(
      labels,
      (label) => label !== Label.hair && label !== Label.background,
      box,
      SURE * pixelsPerMm(input),
    ),
  };
  return { plate: { width, height, picture, holes }, cutout: { box, colors, alpha, fringe, sure, depth } };
}

const pixelsPerMm = ({ camera, pose }: LayerInput): number => camera.fx / pose.translation[2];

/** A box with so many mm around it, within the picture. */
function grown(box: Box, input: LayerInput, mm: number): Box {
  const margin = Math.ceil(mm * pixelsPerMm(input)) + 1;
  const x = Math.max(0, box.x - margin);
  const y = Math.max(0, box.y - margin);
  return {
    x,
    y,
    width: box.width === 0 ? 0 : Math.min(input.width, box.x + box.width + margin) - x,
    height: box.width === 0 ? 0 : Math.min(input.height, box.y + box.height + margin) - y,
  };
}

/** The depth of the head where it is seen in a box of the picture, and the labels there: the photo's near the mesh, else the mesh's own. */
function surfaceOf(input: LayerInput, box: Box): { readonly depth: Float32Array; readonly labels: Uint8Array } {
  const { camera, positions, triangles, meshLabels } = input;
  const depth = new Float32Array(box.width * box.height);
  const labels = new Uint8Array(depth.length);
  for (const strip of strips(box)) {
    const raster = rasterize(positions, triangles, cropCamera(camera, strip.x, strip.y, 1), strip);
    const start = (strip.y - box.y) * box.width;
    for (let i = 0; i < raster.triangle.length; i++) {
      const label = raster.triangle[i] < 0 ? Label.background : meshLabels[triangles[3 * raster.triangle[i]]];
      // The neck hides what is behind it.
      if (label === Label.background) continue;
      labels[start + i] = label;
      depth[start + i] = raster.depth[i];
    }
  }
  if (!input.labels) return { depth, labels };
  const near = dilated(labels, box.width, box.height, NEAR * pixelsPerMm(input));
  const step = 1 / input.scale;
  const toPhoto = [step, 0, step * box.x, 0, step, step * box.y] as const;
  const found = sampleLabels(input.labels, toPhoto, box.width, box.height).data;
  const within = distancesTo(
    Uint8Array.from(depth, (z) => (z > 0 ? 0 : 1)),
    box.width,
    box.height,
  );
  const deep = 5 * WITHIN * pixelsPerMm(input);
  return {
    depth,
    labels: found.map((label, i) => (label === Label.background && within[i] > deep ? labels[i] : near[i] ? label : 0)),
  };
}

/** Depth of a surface in a box of the picture, mm. */
function depthOf({ camera, positions }: LayerInput, triangles: Uint32Array, box: Box): Float32Array {
  const out = new Float32Array(box.width * box.height);
  for (const strip of strips(box)) {
    const raster = rasterize(positions, triangles, cropCamera(camera, strip.x, strip.y, 1), strip);
    out.set(raster.depth, (strip.y - box.y) * box.width);
  }
  return out;
}

/** The holes of a box: where the moving head is, by what the mesh covers and by how much of the picture is head. */
function holesOf(input: LayerInput, box: Box, cover: Uint8Array, labels: Uint8Array, alpha: Uint8Array): Uint8Array {
  const [isHair, isSkin] = [
    labels.map((label) => (label === Label.hair ? 1 : 0)),
    labels.map((label) => (label === Label.hair ? 0 : label)),
  ];
  const toHair = distancesTo(isHair, box.width, box.height);
  const toSkin = distancesTo(isSkin, box.width, box.height);
  const near = 5 * FRINGE * pixelsPerMm(input);
  const heights = heightsOf(input, box);
  return cover.map((value, i) => {
    if (!value && alpha[i] <= TRACE && toHair[i] > near) return 0;
    const height = heights[i];
    return toHair[i] < toSkin[i]
      ? Math.ceil(255 * smoothstep(...MOBILE.hair, hairMobilityAt(height, 0, input.chin)))
      : Math.ceil(255 * smoothstep(...MOBILE.skin, mobilityAt(height, input.chin)));
  });
}

/** How far each pixel of a kind is from all others, from 0 to 255 at `whole` pixels. */
const depthWithin = (labels: Uint8Array, isOfKind: (label: number) => boolean, box: Box, whole: number): Uint8Array =>
  Uint8Array.from(
    distancesTo(
      labels.map((label) => (isOfKind(label) ? 0 : 1)),
      box.width,
      box.height,
    ),
    (d) => Math.min(255, (255 * d) / (5 * whole)),
  );

/** The height of each pixel of a box, model space, mm, in the plane through the head centre. */
function heightsOf({ camera, pose }: LayerInput, box: Box): Float32Array {
  const distance = pose.translation[2];
  const m = toMatrix(pose.rotation);
  const out = new Float32Array(box.width * box.height);
  for (let y = 0, i = 0; y < box.height; y++) {
    const down = ((box.y + y + 0.5 - camera.cy) / camera.fy) * distance - pose.translation[1];
    for (let x = 0; x < box.width; x++, i++) {
      const right = ((box.x + x + 0.5 - camera.cx) / camera.fx) * distance - pose.translation[0];
      out[i] = m[1] * right - m[4] * down;
    }
  }
  return out;
}

/** What the head adds to pixels that show background too, as a colour of its own. */
function withoutBackground(part: RgbImage, background: RgbImage, alpha: Uint8Array): Uint8ClampedArray {
  const out = Uint8ClampedArray.from(part.data);
  for (let p = 0, i = 0; p < alpha.length; p++, i += 3) {
    const share = alpha[p] / 255;
    if (share === 0 || share === 1) continue;
    for (let k = i; k < i + 3; k++)
      out[k] = toSrgb((linearOfSrgb[part.data[k]] - (1 - share) * linearOfSrgb[background.data[k]]) / share);
  }
  return out;
}

/** A copy of the part of a picture that a box holds. */
function partOf({ width, data }: RgbImage, box: Box) {
  const out = new Uint8ClampedArray(3 * box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const start = 3 * ((box.y + y) * width + box.x);
    out.set(data.subarray(start, start + 3 * box.width), 3 * y * box.width);
  }
  return { width: box.width, height: box.height, data: out };
}

/** The part of a map that a box holds. */
function mapPart(map: Uint8Array, width: number, box: Box): Uint8Array {
  const out = new Uint8Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const start = (box.y + y) * width + box.x;
    out.set(map.subarray(start, start + box.width), y * box.width);
  }
  return out;
}

function pasteInto(
  out: Uint8Array | Uint8ClampedArray,
  width: number,
  part: ArrayLike<number> & { subarray(start: number, end: number): ArrayLike<number> },
  box: Box,
  channels: number,
): void {
  const row = channels * box.width;
  for (let y = 0; y < box.height; y++)
    out.set(part.subarray(y * row, (y + 1) * row), channels * ((box.y + y) * width + box.x));
}

/** Fills the holes within a box from what the box shows around them. */
function fill({ width, data }: RgbImage & { readonly data: Uint8ClampedArray }, holes: Uint8Array, box: Box): void {
  const colors = new Float32Array(3 * box.width * box.height);
  const known = new Float32Array(box.width * box.height);
  for (let y = 0, j = 0; y < box.height; y++) {
    for (let i = (box.y + y) * width + box.x, end = i + box.width; i < end; i++, j++) {
      known[j] = 1 - holes[i] / 255;
      for (let k = 0; k < 3; k++) colors[3 * j + k] = data[3 * i + k];
    }
  }
  pushPull(colors, known, box.width, box.height);
  for (let y = 0, j = 0; y < box.height; y++) {
    for (let i = (box.y + y) * width + box.x, end = i + box.width; i < end; i++, j++)
      if (holes[i]) for (let k = 0; k < 3; k++) data[3 * i + k] = Math.round(colors[3 * j + k]);
  }
}

/** A copy of the photo at another size. */
function scaledPhoto(image: RgbImage, scale: number, width: number, height: number): RgbImage {
  if (scale === 1) return image;
  const data = new Uint8ClampedArray(3 * width * height);
  resample(createPyramid(image), [1 / scale, 0, 0, 0, 1 / scale, 0], width, height, data, { outside: "nearest" });
  return { width, height, data };
}
