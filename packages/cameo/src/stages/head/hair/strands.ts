import { pushPull } from "../fill.ts";

/** Detail is what a picture has beyond its mean over about so many texels. */
const BLUR = 6;
/**
 * Widths of the patches that detail is taken in, texels: the largest of which enough are known. They are twice as high, as
 * hair mostly hangs.
 */
const WIDTHS = [48, 32, 24, 16, 12, 8] as const;
const ENOUGH = 8;
/** Known patches are looked for at every so many texels. */
const SEARCH = 4;
/** A patch farther up or down by this many texels is as unwelcome as the most unlucky draw. */
const SPREAD = 64;
/** So much of the detail is continued: all of it, repeated, would look woven. */
const GAIN = 0.75;
/** Weight of the mean of all that is known against what is known about an unknown texel. */
const MEAN_WEIGHT = 0.01;
/** Known so far, a texel is part of a known patch. */
const KNOWN = 0.5;

/**
 * Continues a picture where it is unknown: smooth colours by push–pull, and over them the fine detail of known patches at
 * about the same height, drawn at random, overlapping by half. Overlapping details are blended such that their
 * variance stays (Heitz and Neyret 2018).
 *
 * @param data three interleaved channels; changed in place
 * @param weight per pixel, how far it is known, in [0, 1]
 */
export function continueDetail(data: Float32Array, weight: Float32Array, width: number, height: number): void {
  const detail = detailOf(data, weight, width, height);
  const filling = towardsMean(data, weight);
  pushPull(
    filling,
    weight.map((a) => Math.max(a, MEAN_WEIGHT)),
    width,
    height,
  );
  const { half, patches } = knownPatches(weight, width, height);
  if (patches.length > 0) {
    const sum = new Float32Array(data.length);
    const power = new Float32Array(weight.length);
    // Patches of 2 · half × 4 · half texels, half a patch apart.
    for (let top = -2 * half; top < height; top += 2 * half)
      for (let left = -half; left < width; left += half) {
        const from = draw(patches, width, left, top);
        for (let y = Math.max(0, top); y < Math.min(height, top + 4 * half); y++)
          for (let x = Math.max(0, left); x < Math.min(width, left + 2 * half); x++) {
            const share = hat(x - left, half) * hat(y - top, 2 * half);
            const p = y * width + x;
            const q = from + (y - top) * width + (x - left);
            power[p] += share * share;
            for (let k = 0; k < 3; k++) sum[3 * p + k] += share * detail[3 * q + k];
          }
      }
    for (let p = 0; p < weight.length; p++) {
      if (weight[p] >= 1 || power[p] === 0) continue;
      const gain = (GAIN * (1 - weight[p])) / Math.sqrt(power[p]);
      for (let k = 0; k < 3; k++) filling[3 * p + k] += gain * sum[3 * p + k];
    }
  }
  data.set(filling);
}

/** The picture, with the mean of what is known where nothing is. */
function towardsMean(data: Float32Array, weight: Float32Array): Float32Array {
  const sums = [0, 0, 0];
  let total = 0;
  for (let p = 0; p < weight.length; p++) {
    total += weight[p];
    for (let k = 0; k < 3; k++) sums[k] += weight[p] * data[3 * p + k];
  }
  if (total === 0) return data.slice();
  return data.map((value, i) => (weight[Math.floor(i / 3)] > 0 ? value : sums[i % 3] / total));
}

/** Rises from 0 to 1 over half a patch and falls again. */
const hat = (x: number, half: number): number => 1 - Math.abs(x + 0.5 - half) / half;

/** What known pixels have beyond the mean of the known ones about them. */
function detailOf(data: Float32Array, weight: Float32Array, width: number, height: number): Float32Array {
  const sums = new Float32Array(4 * weight.length);
  for (let p = 0; p < weight.length; p++) {
    sums[4 * p + 3] = weight[p];
    for (let k = 0; k < 3; k++) sums[4 * p + k] = weight[p] * data[3 * p + k];
  }
  for (let round = 0; round < 2; round++) {
    boxBlur(sums, width, height, 4, 4 * width);
    boxBlur(sums, height, width, 4 * width, 4);
  }
  return data.map((value, i) => {
    const p = Math.floor(i / 3);
    return weight[p] > 0 ? value - sums[4 * p + (i % 3)] / sums[4 * p + 3] : 0;
  });
}

/** Replaces values by running sums over 2 · BLUR + 1 neighbours along lines; four channels. */
function boxBlur(data: Float32Array, length: number, lines: number, step: number, across: number): void {
  const line = new Float32Array(length);
  for (let n = 0; n < lines; n++)
    for (let k = 0; k < 4; k++) {
      const start = n * across + k;
      for (let m = 0; m < length; m++) line[m] = data[start + m * step];
      let sum = 0;
      for (let m = 0; m < Math.min(BLUR, length); m++) sum += line[m];
      for (let m = 0; m < length; m++) {
        if (m + BLUR < length) sum += line[m + BLUR];
        if (m > BLUR) sum -= line[m - BLUR - 1];
        data[start + m * step] = sum / (2 * BLUR + 1);
      }
    }
}

/** First pixels of patches that are known throughout, of the largest size of which there are enough. */
function knownPatches(weight: Float32Array, width: number, height: number): { half: number; patches: number[] } {
  // Number of unknown pixels above and left of each corner.
  const unknown = new Uint32Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = (y + 1) * (width + 1) + x + 1;
      unknown[i] =
        unknown[i - 1] + unknown[i - width - 1] - unknown[i - width - 2] + (weight[y * width + x] < KNOWN ? 1 : 0);
    }
  for (const wide of WIDTHS) {
    const patches: number[] = [];
    for (let y = 0; y + 2 * wide <= height; y += SEARCH)
      for (let x = 0; x + wide <= width; x += SEARCH) {
        const i = y * (width + 1) + x;
        const below = i + 2 * wide * (width + 1);
        if (unknown[below + wide] - unknown[below] - unknown[i + wide] + unknown[i] === 0) patches.push(y * width + x);
      }
    if (patches.length >= ENOUGH) return { half: wide / 2, patches };
  }
  return { half: 0, patches: [] };
}

/** One of the patches near a height, drawn by where it is wanted. */
function draw(patches: readonly number[], width: number, left: number, top: number): number {
  let best = patches[0];
  let least = Infinity;
  for (const patch of patches) {
    const cost = Math.abs(Math.floor(patch / width) - top) / SPREAD + hash(patch, left, top);
    if (cost < least) {
      least = cost;
      best = patch;
    }
  }
  return best;
}

/** A number in [0, 1) that looks random (the mixer of MurmurHash 3). */
function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}
