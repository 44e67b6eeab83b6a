import type { PortraitSample } from "@cameo/synth";
import { backProject, NormalEquations, transformToCamera, transformToModel } from "cameo";

/** How well a picture of a head, moved by its depth and the two poses, lies on another of the same head. */
export interface Agreement {
  /** Mean absolute difference of the colours, 0 … 255. */
  readonly colourError: number;
  /** The shift of the second picture that would lay it best on the first, pixels. */
  readonly shift: readonly [x: number, y: number];
  /** Mean distance of the moved depth from the second picture's, mm. */
  readonly depthError: number;
  /** Share of the first picture's head pixels that the second one shows as well. */
  readonly share: number;
}

/** Surfaces that lie this far apart are different ones, mm. */
const sameSurface = 0.5;
/** Second differences of the depth beyond this are folds and borders of surfaces, mm. */
const sharpestBend = 1;
/** Gauss–Newton steps; the shifts are small, so few do. */
const steps = 6;

/**
 * Moves every head pixel of a picture to where another of the same person must show it, and compares the colours.
 * The shift is found by Gauss–Newton on all three channels (Lucas and Kanade 1981), with gain and offset of each
 * as unknown, and with Huber's weights: thin dark things such as lashes are drawn with other pixels in each picture.
 */
export function compareFrames(
  first: PortraitSample,
  second: PortraitSample,
  map: "image" | "albedo" = "image",
): Agreement {
  const { size } = first;
  const moved: number[] = [];
  let heads = 0;
  let depthSum = 0;
  const at = new Float32Array(3);
  const { camera } = second.truth;
  const neighbours = [0, 1, size, size + 1];
  for (let y = 1, p = size; y + 1 < size; y++, p = y * size)
    for (let x = 0; x < size; x++, p++) {
      if (first.labels[p] === 0) continue;
      heads++;
      if (x === 0 || x + 1 === size || !isSmooth(first, p)) continue;
      at.set(backProject(x + 0.5, y + 0.5, first.depth[p], first.truth.camera));
      transformToModel(at, first.truth.pose, at);
      transformToCamera(at, second.truth.pose, at);
      const u = (camera.fx * at[0]) / at[2] + camera.cx - 0.5;
      const v = (camera.fy * at[1]) / at[2] + camera.cy - 0.5;
      if (!(u >= 1 && v >= 1 && u < size - 2 && v < size - 2)) continue;
      const q = Math.floor(v) * size + Math.floor(u);
      if (neighbours.some((k) => second.labels[q + k] !== first.labels[p] || !isSmooth(second, q + k))) continue;
      const off = Math.abs(bilinear(second.depth, size, 1, 0, u, v) - at[2]);
      if (off > sameSurface) continue;
      depthSum += off;
      moved.push(p, u, v);
    }
  const count = moved.length / 3;
  return {
    colourError: meanDifference(first[map], second[map], size, moved),
    shift: bestShift(first[map], second[map], size, moved),
    depthError: depthSum / count,
    share: count / heads,
  };
}

/** Whether a head pixel and its four neighbours see one surface: without a step, and bent little. */
function isSmooth({ size, labels, depth }: PortraitSample, p: number): boolean {
  for (const k of [1, size]) {
    if (labels[p - k] !== labels[p] || labels[p + k] !== labels[p]) return false;
    if (Math.abs(depth[p - k] - 2 * depth[p] + depth[p + k]) > sharpestBend) return false;
  }
  return true;
}

/** Value between four pixels; (u, v) counts from the centre of the first. */
function bilinear(
  data: ArrayLike<number>,
  size: number,
  channels: number,
  channel: number,
  u: number,
  v: number,
): number {
  const x = Math.floor(u);
  const y = Math.floor(v);
  const a = u - x;
  const b = v - y;
  const at = (column: number, row: number) => data[channels * (row * size + column) + channel];
  return (1 - b) * ((1 - a) * at(x, y) + a * at(x + 1, y)) + b * ((1 - a) * at(x, y + 1) + a * at(x + 1, y + 1));
}

/** Mean absolute difference where nothing is shifted. */
function meanDifference(first: Uint8Array, second: Uint8Array, size: number, moved: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < moved.length; i += 3)
    for (let c = 0; c < 3; c++)
      sum += Math.abs(first[3 * moved[i] + c] - bilinear(second, size, 3, c, moved[i + 1], moved[i + 2]));
  return sum / moved.length;
}

/** @param moved pixel in the first picture, u and v in the second, of each point */
function bestShift(first: Uint8Array, second: Uint8Array, size: number, moved: readonly number[]): [number, number] {
  const shift: [number, number] = [0, 0];
  // first ≈ gain · second(at + shift) + offset
  const gain = [1, 1, 1];
  const offset = [0, 0, 0];
  const equations = new NormalEquations(8);
  const row = new Float64Array(8);
  let limit = Infinity;
  for (let step = 0; step < steps; step++) {
    equations.clear();
    let [sum, count] = [0, 0];
    for (let i = 0; i < moved.length; i += 3) {
      const u = moved[i + 1] + shift[0];
      const v = moved[i + 2] + shift[1];
      if (!(u >= 1 && v >= 1 && u < size - 2 && v < size - 2)) continue;
      for (let c = 0; c < 3; c++) {
        const sample = (du: number, dv: number) => bilinear(second, size, 3, c, u + du, v + dv);
        const value = sample(0, 0);
        const residual = first[3 * moved[i] + c] - gain[c] * value - offset[c];
        sum += Math.abs(residual);
        count++;
        row.fill(0);
        row[0] = gain[c] * (sample(0.5, 0) - sample(-0.5, 0));
        row[1] = gain[c] * (sample(0, 0.5) - sample(0, -0.5));
        row[2 + c] = value;
        row[5 + c] = 1;
        equations.addRow(row, residual, Math.min(1, limit / Math.abs(residual)));
      }
    }
    limit = sum / count;
    const change = equations.solve();
    shift[0] += change[0];
    shift[1] += change[1];
    for (let c = 0; c < 3; c++) {
      gain[c] += change[2 + c];
      offset[c] += change[5 + c];
    }
  }
  return shift;
}
