import { pushPull } from "../fill.ts";

/** Contrast is measured against the mean over so many texels each way. */
const BLUR = 6;
/** Weight of the mean of all that is known against what is known about an unknown texel. */
const MEAN_WEIGHT = 0.01;
/** Known so far, a texel tells how strong the contrast is. */
const KNOWN = 0.5;
/** Contrast above this part of the colour is highlights rather than strands. */
const STRONGEST = 0.25;

/** Single strands, locks and tresses: width and length, texels, and their share of the contrast. */
const STRANDS = [
  { width: 2, length: 70, share: 0.7 },
  { width: 6, length: 120, share: 0.55 },
  { width: 22, length: 180, share: 0.35 },
] as const;
/** Strands stray sideways by this, texels, over about so many texels. */
const STRAYING = 6;
const WAVE = 100;
/** About the crown strands wind by this part of a turn. */
const WHORL = 0.12;

/** A picture of hair rolled out: columns go round the head, rows down from the crown. */
export interface RolledOut {
  /** Three interleaved channels, 0 to 255. */
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Columns of one turn: what is so far apart is the same. */
  readonly around: number;
  /** How wide a texel of each row is, against one at the widest part of the head; 0 at the crown. */
  readonly rowWidth: (row: number) => number;
}

/**
 * Continues the picture where it is unknown: smooth colours by push–pull towards the mean of what is known, and over them
 * strands that run down from the crown, as strong in contrast as what is known.
 *
 * @param picture its data is changed in place
 * @param weight per texel, how far it is known, in [0, 1]
 */
export function continueStrands(picture: RolledOut, weight: Float32Array): void {
  const { data, width, height } = picture;
  const contrast = contrastOf(data, weight, width, height);
  fillTowardsMean(data, weight);
  pushPull(
    data,
    weight.map((a) => Math.max(a, MEAN_WEIGHT)),
    width,
    height,
  );
  const noise = strands(picture);
  for (let p = 0; p < weight.length; p++) {
    const gain = (1 - weight[p]) * noise[p];
    for (let k = 0; k < 3; k++) data[3 * p + k] += gain * Math.min(contrast[k], STRONGEST * data[3 * p + k]);
  }
}

/** Gives what is unknown the mean of what is known. */
function fillTowardsMean(data: Float32Array, weight: Float32Array): void {
  const sums = [0, 0, 0];
  let total = 0;
  for (let p = 0; p < weight.length; p++) {
    total += weight[p];
    for (let k = 0; k < 3; k++) sums[k] += weight[p] * data[3 * p + k];
  }
  if (total === 0) return;
  for (let p = 0; p < weight.length; p++)
    if (weight[p] === 0) for (let k = 0; k < 3; k++) data[3 * p + k] = sums[k] / total;
}

/** Standard deviation of each channel from its mean nearby, where it is known. */
function contrastOf(data: Float32Array, weight: Float32Array, width: number, height: number): number[] {
  const sums = new Float32Array(4 * weight.length);
  for (let p = 0; p < weight.length; p++) {
    sums[4 * p + 3] = weight[p];
    for (let k = 0; k < 3; k++) sums[4 * p + k] = weight[p] * data[3 * p + k];
  }
  boxBlur(sums, width, height, 4, 4 * width);
  boxBlur(sums, height, width, 4 * width, 4);
  const squares = [0, 0, 0];
  let total = 0;
  for (let p = 0; p < weight.length; p++) {
    if (weight[p] < KNOWN) continue;
    total++;
    for (let k = 0; k < 3; k++) squares[k] += (data[3 * p + k] - sums[4 * p + k] / sums[4 * p + 3]) ** 2;
  }
  return squares.map((sum) => Math.sqrt(sum / Math.max(1, total)));
}

/** Replaces values by running means over 2 · BLUR + 1 neighbours along lines; four channels. */
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

/** Noise of mean 0 and variance about 1 that is long along columns and repeats after one turn. */
function strands({ width, height, around, rowWidth }: RolledOut): Float32Array {
  const out = new Float32Array(width * height);
  const straying = lattice(0, Math.round(around / WAVE), height, WAVE);
  // Towards the crown turns get shorter, so that fewer strands have room: lattices of 2, 4, 8 … strands a turn.
  const layers = STRANDS.map(({ width: wide, length }, layer) =>
    Array.from({ length: Math.round(Math.log2(around / wide)) }, (_, n) =>
      lattice(layer + 1, 2 ** (n + 1), height, length),
    ),
  );
  const shift = new Float32Array(around);
  const first = new Float32Array(around);
  const second = new Float32Array(around);
  for (let y = 0; y < height; y++) {
    acrossRow(straying, y, shift);
    const whorl = WHORL * (1 - rowWidth(y));
    for (let n = 0; n < layers.length; n++) {
      const { width: wide, share } = STRANDS[n];
      const lattices = layers[n];
      const fitting = Math.log2(Math.max(2, (rowWidth(y) * around) / wide)) - 1;
      const level = Math.min(lattices.length - 1, fitting);
      const low = Math.floor(level);
      const t = level - low;
      const columns = acrossRow(lattices[low], y, first);
      const finer = acrossRow(lattices[Math.min(low + 1, lattices.length - 1)], y, second);
      // Uncorrelated noises, blended such that the variance stays.
      const gain = share / Math.hypot(1 - t, t);
      for (let x = 0; x < width; x++) {
        const at = x / around + whorl;
        const turn = at + (STRAYING / around) * between(shift, straying.columns, at);
        out[y * width + x] += gain * ((1 - t) * between(first, columns, turn) + t * between(second, finer, turn));
      }
    }
  }
  return out;
}

/** Random values at so many columns a turn, and at rows so many texels apart. */
interface Lattice {
  readonly columns: number;
  readonly spacing: number;
  readonly values: Float32Array;
}

/** Interpolation takes off part of the variance: values are so much larger. */
const SPREAD = 2.6;

function lattice(seed: number, columns: number, height: number, spacing: number): Lattice {
  const rows = Math.ceil(height / spacing) + 2;
  const values = Float32Array.from({ length: columns * rows }, (_, n) => SPREAD * (2 * hash(seed, columns, n) - 1));
  return { columns, spacing, values };
}

/** The values of all columns at a height. @returns how many those are */
function acrossRow({ columns, spacing, values }: Lattice, y: number, out: Float32Array): number {
  for (let column = 0; column < columns; column++) {
    // Columns lie askew, or strands would all end at the same heights.
    const v = y / spacing + ((column * 0.618034) % 1);
    const row = Math.floor(v);
    const i = row * columns + column;
    out[column] = values[i] + ease(v - row) * (values[i + columns] - values[i]);
  }
  return columns;
}

/** The value between columns of one turn, which repeats. */
function between(row: Float32Array, columns: number, turn: number): number {
  const u = (turn - Math.floor(turn)) * columns;
  const left = Math.min(columns - 1, Math.floor(u));
  const right = left + 1 === columns ? 0 : left + 1;
  return row[left] + ease(u - left) * (row[right] - row[left]);
}

const ease = (t: number): number => t * t * (3 - 2 * t);

/** A number in [0, 1) that looks random (the mixer of MurmurHash 3). */
function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}
