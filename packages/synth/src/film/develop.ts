import { Label } from "cameo";
import sharp from "sharp";
import { blur, type Canvas, createCanvas, resized } from "../background/canvas.ts";
import { write } from "../background/lettering.ts";
import { facing } from "../background/plane.ts";
import { random } from "../random.ts";
import type { FilmSpec } from "./film.ts";

/**
 * Turns light into a picture as a camera does: lens, exposure, sensor, tone, and the files it was saved in.
 * @param linear red, green, blue of size × size pixels; left as it is
 * @param labels one `Label` per pixel: the camera exposes for the face, if there is one
 * @returns sRGB bytes, interleaved
 */
export async function developFilm(
  linear: Float32Array,
  size: number,
  spec: FilmSpec,
  labels?: Uint8Array,
): Promise<Uint8Array> {
  let canvas: Canvas = { size, rgb: linear.slice() };
  const metered = meter(canvas, labels);
  throughLens(canvas, spec);
  const side = Math.max(16, Math.round(size * spec.resolution));
  if (side < size) canvas = shrunk(canvas, side);
  expose(canvas, spec, metered);
  smooth(canvas, spec);
  let file = bytes(canvas);
  for (const [k, { quality, subsampling }] of spec.jpegs.entries()) {
    if (k === 1) file = finished(file, side, size, spec);
    file = await throughJpeg(file, k ? size : side, quality, subsampling);
  }
  if (spec.jpegs.length < 2) file = finished(file, side, size, spec);
  return new Uint8Array(file.buffer, file.byteOffset, file.length);
}

/** Defocus, shake, coloured fringes, scattered light, dark corners. */
function throughLens(canvas: Canvas, spec: FilmSpec): void {
  const { size, rgb } = canvas;
  blur(rgb, size, 3, spec.defocus * size);
  if (spec.motion * size > 0.7) shake(canvas, spec.motion * size, spec.motionAngle);
  if (spec.aberration * size > 0.2) fringe(canvas, spec.aberration);
  if (spec.glow > 0) {
    const small = shrunk(canvas, Math.ceil(size / 8));
    blur(small.rgb, small.size, 3, 0.06 * small.size);
    const scattered = resized(small, size).rgb;
    for (let k = 0; k < rgb.length; k++) rgb[k] += spec.glow * (scattered[k] - rgb[k]);
  }
  if (spec.vignette > 0) {
    const half = size / 2;
    for (let y = 0, k = 0; y < size; y++) {
      const dy = ((y + 0.5 - half) / half) ** 2;
      for (let x = 0; x < size; x++, k += 3) {
        const dx = (x + 0.5 - half) / half;
        const r2 = 0.5 * (dx * dx + dy);
        const light = 1 - spec.vignette * r2 * r2 * (1.5 - 0.5 * r2);
        rgb[k] *= light;
        rgb[k + 1] *= light;
        rgb[k + 2] *= light;
      }
    }
  }
}

/** The mean along a straight streak of so many pixels. */
function shake({ size, rgb }: Canvas, length: number, angle: number): void {
  const steps = Math.min(8, Math.ceil(length) + 1);
  const from = rgb.slice();
  rgb.fill(0);
  for (let s = 0; s < steps; s++) {
    const along = (s / (steps - 1) - 0.5) * length;
    const dx = Math.round(along * Math.cos(angle));
    const dy = Math.round(along * Math.sin(angle));
    for (let y = 0; y < size; y++) {
      const row = Math.min(size - 1, Math.max(0, y + dy)) * size;
      for (let x = 0, k = 3 * y * size; x < size; x++, k += 3) {
        const u = x + dx;
        const i = 3 * (row + (u < 0 ? 0 : u >= size ? size - 1 : u));
        rgb[k] += from[i];
        rgb[k + 1] += from[i + 1];
        rgb[k + 2] += from[i + 2];
      }
    }
  }
  for (let k = 0; k < rgb.length; k++) rgb[k] /= steps;
}

/** Enlarges red and shrinks blue about the middle. */
function fringe({ size, rgb }: Canvas, amount: number): void {
  const from = rgb.slice();
  const middle = (size - 1) / 2;
  for (const [channel, scale] of [
    [0, 1 - amount / 2],
    [2, 1 + amount / 2],
  ]) {
    for (let y = 0; y < size; y++) {
      const v = Math.min(size - 1.001, Math.max(0, middle + (y - middle) * scale));
      const row = Math.floor(v);
      const fv = v - row;
      for (let x = 0, k = 3 * y * size + channel; x < size; x++, k += 3) {
        const u = Math.min(size - 1.001, Math.max(0, middle + (x - middle) * scale));
        const column = Math.floor(u);
        const fu = u - column;
        const i = 3 * (row * size + column) + channel;
        const j = i + 3 * size;
        const up = from[i] + fu * (from[i + 3] - from[i]);
        rgb[k] = up + fv * (from[j] + fu * (from[j + 3] - from[j]) - up);
      }
    }
  }
}

/** A smaller copy whose pixels are means over those of the larger. */
function shrunk({ size, rgb }: Canvas, side: number): Canvas {
  const rows = new Float32Array(3 * side * size);
  const step = size / side;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < side; x++) {
      const from = x * step;
      const to = Math.min(size, from + step);
      const k = 3 * (y * side + x);
      for (let i = Math.floor(from); i < to; i++) {
        const weight = (Math.min(i + 1, to) - Math.max(i, from)) / step;
        const j = 3 * (y * size + i);
        rows[k] += weight * rgb[j];
        rows[k + 1] += weight * rgb[j + 1];
        rows[k + 2] += weight * rgb[j + 2];
      }
    }
  }
  const out = createCanvas(side);
  for (let y = 0; y < side; y++) {
    const from = y * step;
    const to = Math.min(size, from + step);
    for (let i = Math.floor(from); i < to; i++) {
      const weight = (Math.min(i + 1, to) - Math.max(i, from)) / step;
      for (let k = 3 * y * side, j = 3 * i * side, end = j + 3 * side; j < end; j++, k++)
        out.rgb[k] += weight * rows[j];
    }
  }
  return out;
}

/** The mean luminance that a light meter gives the picture's middle. */
const midGrey = 0.23;

/** Exposure, white balance and haze, then the sensor's noise, then tone and colour: from linear light to encoded values 0 to 255. */
function expose({ size, rgb }: Canvas, spec: FilmSpec, metered: number): void {
  const { haze, shotNoise, readNoise, black, white, saturation, tone } = spec;
  const gain = 2 ** spec.exposure * (spec.metering > 0 ? (midGrey / metered) ** spec.metering : 1) * (1 - haze);
  const [gr, gg, gb] = spec.balance.map((v) => v * gain);
  drawCurve(spec);
  const [r0, g0, b0] = black.map((v) => 255 * v);
  const [r1, g1, b1] = white.map((v, c) => v - black[c]);
  const [tr, tg, tb] = tone;
  const noisy = shotNoise + readNoise > 0;
  const shot2 = shotNoise * shotNoise;
  const read2 = readNoise * readNoise;
  const common = Math.sqrt(1 - spec.chroma);
  const own = Math.sqrt(spec.chroma);
  const table = standardNormals();
  const source = random(spec.seed, "film", "noise");
  for (let y = 0, k = 0; y < size; y++) {
    let n = source.integer(normalMask);
    for (let x = 0; x < size; x++, k += 3) {
      let r = gr * rgb[k] + haze;
      let g = gg * rgb[k + 1] + haze;
      let b = gb * rgb[k + 2] + haze;
      if (noisy) {
        const grey = common * table[n & normalMask];
        r += Math.sqrt(read2 + shot2 * (r > 0 ? r : 0)) * (grey + own * table[(n + 1) & normalMask]);
        g += Math.sqrt(read2 + shot2 * (g > 0 ? g : 0)) * (grey + own * table[(n + 2) & normalMask]);
        b += Math.sqrt(read2 + shot2 * (b > 0 ? b : 0)) * (grey + own * table[(n + 3) & normalMask]);
        n += 4;
      }
      rgb[k] = r;
      rgb[k + 1] = g;
      rgb[k + 2] = b;
    }
  }
  encode(rgb);
  for (let k = 0; k < rgb.length; k += 3) {
    const r = r0 + r1 * rgb[k];
    const g = g0 + g1 * rgb[k + 1];
    const b = b0 + b1 * rgb[k + 2];
    const grey = (1 - saturation) * (0.299 * r + 0.587 * g + 0.114 * b);
    rgb[k] = tr * (grey + saturation * r);
    rgb[k + 1] = tg * (grey + saturation * g);
    rgb[k + 2] = tb * (grey + saturation * b);
  }
}

/** Mean luminance, mostly of the middle and of the face; what is far brighter than white counts as little more than white. */
function meter({ size, rgb }: Canvas, labels?: Uint8Array): number {
  let sum = 0;
  let weights = 1e-9;
  for (let y = 0; y < size; y += 3) {
    for (let x = 0; x < size; x += 3) {
      const dx = x / size - 0.5;
      const dy = y / size - 0.5;
      const p = y * size + x;
      const weight = Math.exp(-14 * (dx * dx + dy * dy)) + (labels?.[p] === Label.face ? 1 : 0);
      const k = 3 * p;
      sum += weight * Math.min(1.5, 0.2126 * rgb[k] + 0.7152 * rgb[k + 1] + 0.0722 * rgb[k + 2]);
      weights += weight;
    }
  }
  return Math.max(0.004, sum / weights);
}

const normalMask = 2 ** 16 - 1;
let normals: Float32Array | undefined;

/** Numbers to be read from a random start in every row. */
function standardNormals(): Float32Array {
  if (!normals) {
    const source = random(1, "film", "normals");
    normals = Float32Array.from({ length: normalMask + 1 }, () => source.normal());
  }
  return normals;
}

/** Steps of the tone curve over light 0 to 1, evenly spaced in its square root, where sRGB is nearly straight. */
const curveSteps = 512;
const curve = new Float32Array(curveSteps + 2);

function drawCurve({ gamma, contrast }: FilmSpec): void {
  for (let i = 0; i < curve.length; i++) {
    const light = Math.min(1, (i / curveSteps) ** 2);
    let v = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
    if (gamma !== 1) v **= gamma;
    curve[i] = 255 * (v + contrast * (v * v * (3 - 2 * v) - v));
  }
}

/** Light through the tone curve, in place. */
function encode(light: Float32Array): void {
  for (let k = 0; k < light.length; k++) {
    const at = Math.sqrt(light[k]) * curveSteps;
    if (at < curveSteps) {
      const i = at | 0;
      light[k] = curve[i] + (at - i) * (curve[i + 1] - curve[i]);
    } else light[k] = light[k] > 0 ? curve[curveSteps] : curve[0];
  }
}

/** Noise reduction, sharpening, beauty filter: all compare the picture with a blurred copy. */
function smooth({ size, rgb }: Canvas, { denoise, beauty, sharpening }: FilmSpec): void {
  if (denoise > 0 || sharpening > 0) towardsBlurred(rgb, size, 0.8, 16, denoise, sharpening);
  if (beauty > 0) towardsBlurred(rgb, size, 0.012 * size, 18, Math.min(1, beauty), 0);
}

/** Moves values to those of a blurred copy where they differ by much less than `edge`, and away from them by `sharpening`. */
function towardsBlurred(
  rgb: Float32Array,
  size: number,
  sigma: number,
  edge: number,
  strength: number,
  sharpening: number,
): void {
  const blurred = rgb.slice();
  blur(blurred, size, 3, sigma);
  const scale = 1 / (edge * edge);
  for (let k = 0; k < rgb.length; k++) {
    const difference = blurred[k] - rgb[k];
    rgb[k] += difference * (strength / (1 + scale * difference * difference) - sharpening);
  }
}

/** Rounded; what is beyond 0 … 255 is held. */
const bytes = ({ rgb }: Canvas): Uint8ClampedArray => new Uint8ClampedArray(rgb);

async function throughJpeg(
  file: Uint8ClampedArray,
  size: number,
  quality: number,
  chromaSubsampling: string,
): Promise<Uint8ClampedArray> {
  const jpeg = await sharp(file, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality, chromaSubsampling, optimiseCoding: false })
    .toBuffer();
  return new Uint8ClampedArray(await sharp(jpeg).raw().toBuffer());
}

/** Enlarges to the size asked for, and lays letters over it. */
function finished(file: Uint8ClampedArray, side: number, size: number, { overlay }: FilmSpec): Uint8ClampedArray {
  if (side === size && !overlay) return file;
  let canvas: Canvas = { size: side, rgb: new Float32Array(file) };
  if (side < size) canvas = resized(canvas, size);
  if (overlay) {
    const [r, g, b] = overlay.colour;
    const paint = { colour: [255 * r, 255 * g, 255 * b], opacity: overlay.opacity } as const;
    write(canvas, facing, overlay.text, overlay.x - 0.5, overlay.y - 0.5, overlay.height, paint);
  }
  return bytes(canvas);
}
