import { type Camera, cropCamera } from "../../geometry/camera.ts";
import type { Pose } from "../../geometry/pose.ts";
import { toMatrix } from "../../geometry/quaternion.ts";
import { Label, type RgbImage } from "../../image.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { createPyramid, resample } from "../../resample.ts";
import { pushPull } from "../head/fill.ts";
import { type PhotoLabels, sampleLabels } from "../parse/labels.ts";
import { type Box, boundingBox, strips } from "./box.ts";
import { mobilityAt } from "./motion.ts";

/** Strands and shadows of the head reach so far beyond its outline, mm: cut out with it. */
const FRINGE = 3;
/** What is labelled as head so near to the mesh belongs to it, mm. */
const NEAR = 6;
/** What moves less than this with the head, such as hair on the chest, is not cut out: it is covered well enough. */
const MOBILE = 0.35;
/** So far within its border, mm, a hole is one altogether. */
const BORDER = 5;
/** Pixels around the holes that their filling is taken from, as a part of their extent. */
const SURROUNDINGS = 0.25;

/** A distance beyond all others, in fifths of a pixel. */
const FAR = 0xff00;

/** What a photo shows beside the moving head. */
export interface Plate {
  readonly width: number;
  readonly height: number;
  /** The photo, at the size asked for, its holes filled from their surroundings. */
  readonly picture: RgbImage;
  /** 0 where the photo shows what is there; above 0 where the head was, rising to 255 within the hole's border. */
  readonly holes: Uint8Array;
}

interface PlateInput {
  readonly image: RgbImage;
  readonly labels: PhotoLabels | undefined;
  /** Size of a picture pixel in photo pixels is 1 / scale. */
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  /** The camera of the scaled picture. */
  readonly camera: Camera;
  /** The moving surface in the photo's pose, camera space, mm. */
  readonly positions: Float32Array;
  readonly triangles: Uint32Array;
  readonly pose: Pose;
  /** Height of the chin in model space, mm. */
  readonly chin: number;
}

/** Cuts the head out of its photo and fills the holes by push–pull. */
export function makePlate(input: PlateInput): Plate {
  const { image, scale, width, height, camera } = input;
  const picture = scaledPhoto(image, scale, width, height);
  const box = grown(boundingBox([input.positions], camera, width, height), input, NEAR);
  const holes = new Uint8Array(width * height);
  if (box.width > 0) {
    paste(holes, width, holesOf(input, box), box);
    fill(picture, holes, grown(box, input, (SURROUNDINGS * Math.max(box.width, box.height)) / pixelsPerMm(input)));
  }
  return { width, height, picture, holes };
}

const pixelsPerMm = ({ camera, pose }: PlateInput): number => camera.fx / pose.translation[2];

/** A box with so many mm around it, within the picture. */
function grown(box: Box, input: PlateInput, mm: number): Box {
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

/** The holes of a box: where the moving head is, by what the mesh covers and by labels of the head near to it. */
function holesOf(input: PlateInput, box: Box): Uint8Array {
  const cover = covered(input, box);
  const near = dilated(cover, box.width, box.height, NEAR * pixelsPerMm(input));
  if (input.labels) {
    const step = 1 / input.scale;
    const { data } = sampleLabels(input.labels, [step, 0, step * box.x, 0, step, step * box.y], box.width, box.height);
    for (let i = 0; i < cover.length; i++) if (near[i] && data[i] !== Label.background) cover[i] = 1;
  }
  const cut = dilated(cover, box.width, box.height, FRINGE * pixelsPerMm(input));
  const mobile = mobilePixels(input, box);
  const known = cut.map((value, i) => 1 - (value & mobile[i]));
  const border = 5 * Math.max(1, BORDER * pixelsPerMm(input));
  return Uint8Array.from(distancesTo(known, box.width, box.height), (d) =>
    Math.min(255, Math.ceil((255 * d) / border)),
  );
}

/** 1 per pixel of a box that moves with the head, by its height in the plane through the head centre. */
function mobilePixels({ camera, pose, chin }: PlateInput, box: Box): Uint8Array {
  const distance = pose.translation[2];
  const m = toMatrix(pose.rotation);
  const out = new Uint8Array(box.width * box.height);
  for (let y = 0, i = 0; y < box.height; y++) {
    const down = ((box.y + y + 0.5 - camera.cy) / camera.fy) * distance - pose.translation[1];
    for (let x = 0; x < box.width; x++, i++) {
      const right = ((box.x + x + 0.5 - camera.cx) / camera.fx) * distance - pose.translation[0];
      out[i] = mobilityAt(m[1] * right - m[4] * down, chin) > MOBILE ? 1 : 0;
    }
  }
  return out;
}

function covered({ camera, positions, triangles }: PlateInput, box: Box): Uint8Array {
  const out = new Uint8Array(box.width * box.height);
  for (const strip of strips(box)) {
    const raster = rasterize(positions, triangles, cropCamera(camera, strip.x, strip.y, 1), strip);
    const start = (strip.y - box.y) * box.width;
    for (let i = 0; i < raster.triangle.length; i++) if (raster.triangle[i] >= 0) out[start + i] = 1;
  }
  return out;
}

/** 1 within `radius` pixels of a 1. */
export const dilated = (mask: Uint8Array, width: number, height: number, radius: number): Uint8Array =>
  Uint8Array.from(distancesTo(mask, width, height), (d) => (d <= 5 * radius ? 1 : 0));

/** How far it is from each pixel to the nearest 1, in fifths of a pixel, by steps of 5 and, diagonally, 7 (Borgefors 1986). */
function distancesTo(mask: Uint8Array, width: number, height: number): Uint16Array {
  const distance = new Uint16Array(mask.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let d = mask[i] ? 0 : FAR;
      if (x > 0) d = Math.min(d, distance[i - 1] + 5);
      if (y > 0) {
        d = Math.min(d, distance[i - width] + 5);
        if (x > 0) d = Math.min(d, distance[i - width - 1] + 7);
        if (x + 1 < width) d = Math.min(d, distance[i - width + 1] + 7);
      }
      distance[i] = Math.min(d, FAR);
    }
  }
  for (let y = height - 1, i = mask.length - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--, i--) {
      let d = distance[i];
      if (x + 1 < width) d = Math.min(d, distance[i + 1] + 5);
      if (y + 1 < height) {
        d = Math.min(d, distance[i + width] + 5);
        if (x + 1 < width) d = Math.min(d, distance[i + width + 1] + 7);
        if (x > 0) d = Math.min(d, distance[i + width - 1] + 7);
      }
      distance[i] = Math.min(d, FAR);
    }
  }
  return distance;
}

function paste(out: Uint8Array, width: number, part: Uint8Array, box: Box): void {
  for (let y = 0; y < box.height; y++)
    out.set(part.subarray(y * box.width, (y + 1) * box.width), (box.y + y) * width + box.x);
}

/** Fills the holes within a box from what the box shows around them. */
function fill({ width, data }: RgbImage, holes: Uint8Array, box: Box): void {
  const colors = new Float32Array(3 * box.width * box.height);
  const known = new Float32Array(box.width * box.height);
  for (let y = 0, j = 0; y < box.height; y++) {
    for (let i = (box.y + y) * width + box.x, end = i + box.width; i < end; i++, j++) {
      known[j] = holes[i] ? 0 : 1;
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
  const data = new Uint8ClampedArray(3 * width * height);
  if (scale === 1) data.set(image.data);
  else resample(createPyramid(image), [1 / scale, 0, 0, 0, 1 / scale, 0], width, height, data, { outside: "nearest" });
  return { width, height, data };
}
