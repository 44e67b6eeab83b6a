import type { Camera } from "../../../geometry/camera.ts";
import { smoothstep } from "../../../geometry/smoothstep.ts";
import type { RgbImage } from "../../../image.ts";
import { rasterize } from "../../../raster/rasterize.ts";
import { sampleBilinear } from "../../../sample.ts";
import { continueStrands } from "./strands.ts";

/** Texels around the head, all the way; some more at both ends repeat the other end. */
const AROUND = 800;
const MARGIN = 12;
/** Rows above the crown, so that smaller copies of the texture bring nothing else there. */
const ABOVE = 24;
/** Above the head centre rows count angles from the crown, at this radius, mm; below it they count height. */
const RADIUS = 100;
const PER_MM = AROUND / (2 * Math.PI * RADIUS);

/** Confidence up to which the photo is not taken: towards outlines and where it is seen askew hair mixes with what is behind. */
const DOUBTED = 0.6;

/** The hair's own texture: the sides and the back of the head rolled out. */
export interface HairTexture {
  readonly width: number;
  readonly height: number;
  /** sRGB, from 0 to 255, three per texel. */
  readonly data: Float32Array;
  /** x, y per corner of the hair's triangles, texels. */
  readonly corners: Float32Array;
}

/**
 * Colours hair all around. Where the photo shows it, it has the photo's colours; elsewhere the colour of the hair it
 * adjoins, and over that strands as strong in contrast as those in the photo.
 *
 * @param shape x, y, z of all vertices in model space, mm; of `posed` in camera space
 * @param triangles those of the hair
 * @param confidence how far the photo shows each vertex
 */
export function hairTexture(
  shape: Float32Array,
  posed: Float32Array,
  triangles: Uint32Array,
  confidence: Float32Array,
  image: RgbImage,
  camera: Camera,
): HairTexture {
  const corners = rollOut(shape, triangles);
  const width = AROUND + 2 * MARGIN;
  let lowest = 1;
  for (let k = 1; k < corners.length; k += 2) lowest = Math.max(lowest, corners[k]);
  const height = Math.ceil(lowest) + 2;
  const seen: number[] = [];
  for (let t = 0; t < triangles.length; t += 3)
    if (confidence[triangles[t]] + confidence[triangles[t + 1]] + confidence[triangles[t + 2]] > 0) seen.push(t);

  // Laid out flat: where surfaces lie over each other the outermost is nearest.
  const flat = new Float32Array(9 * seen.length);
  const colors = new Float32Array(3 * width * height);
  const weight = new Float32Array(width * height);
  seen.forEach((t, n) => {
    for (let k = 0; k < 3; k++) {
      const v = 3 * triangles[t + k];
      const z = 2000 - Math.hypot(shape[v], shape[v + 1], shape[v + 2]);
      flat.set([corners[2 * (t + k)] * z, corners[2 * (t + k) + 1] * z, z], 3 * (3 * n + k));
    }
  });
  const order = Uint32Array.from({ length: 3 * seen.length }, (_, k) => k);
  const raster = rasterize(flat, order, { fx: 1, fy: 1, cx: 0, cy: 0 }, { width, height, cull: "none" });
  for (let p = 0; p < weight.length; p++) {
    if (raster.triangle[p] < 0) continue;
    const t = seen[raster.triangle[p]];
    const a = raster.barycentrics[2 * p];
    const b = raster.barycentrics[2 * p + 1];
    const c = 1 - a - b;
    const [i, j, l] = [triangles[t], triangles[t + 1], triangles[t + 2]];
    weight[p] = smoothstep(DOUBTED, 1, a * confidence[i] + b * confidence[j] + c * confidence[l]);
    const z = a * posed[3 * i + 2] + b * posed[3 * j + 2] + c * posed[3 * l + 2];
    const x = a * posed[3 * i] + b * posed[3 * j] + c * posed[3 * l];
    const y = a * posed[3 * i + 1] + b * posed[3 * j + 1] + c * posed[3 * l + 1];
    sampleBilinear(image, (camera.fx * x) / z + camera.cx, (camera.fy * y) / z + camera.cy, colors, 3 * p);
  }
  wrap(weight, 1, width, height);
  wrap(colors, 3, width, height);
  continueStrands({ data: colors, width, height, around: AROUND, rowWidth }, weight);
  return { width, height, data: colors, corners };
}

/** How wide a texel of a row is on the head, against one at the height of its centre. */
const rowWidth = (row: number): number => Math.sin(Math.min(Math.PI / 2, Math.max(0, (row - ABOVE) / PER_MM / RADIUS)));

/** Where corners lie in the texture; the three of a triangle side by side, even across the seam before the forehead. */
function rollOut(shape: Float32Array, triangles: Uint32Array): Float32Array {
  const corners = new Float32Array(2 * triangles.length);
  for (let k = 0; k < triangles.length; k++) {
    const v = 3 * triangles[k];
    const [x, y, z] = [shape[v], shape[v + 1], shape[v + 2]];
    let around = (Math.atan2(x, -z) / (2 * Math.PI) + 0.5) * AROUND;
    if (k % 3 > 0) {
      const first = corners[2 * (k - (k % 3))] - MARGIN;
      if (around - first > AROUND / 2) around -= AROUND;
      if (first - around > AROUND / 2) around += AROUND;
    }
    const down = y > 0 ? RADIUS * Math.atan2(Math.hypot(x, z), y) : (RADIUS * Math.PI) / 2 - y;
    corners[2 * k] = Math.min(AROUND + 2 * MARGIN - 1, Math.max(1, around + MARGIN));
    corners[2 * k + 1] = down * PER_MM + ABOVE;
  }
  return corners;
}

/** Both ends show the same: what one of them lacks the other gives. */
function wrap(data: Float32Array, channels: number, width: number, height: number): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < 2 * MARGIN; x++)
      for (let k = 0; k < channels; k++) {
        const left = channels * (y * width + x) + k;
        const right = left + channels * AROUND;
        if (data[left] === 0) data[left] = data[right];
        if (data[right] === 0) data[right] = data[left];
      }
}
