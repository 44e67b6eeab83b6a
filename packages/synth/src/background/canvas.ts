import type { Rgb } from "../part.ts";
import { type TileName, tile, tileSize } from "./tiles.ts";

/** A square picture in linear light, drawn on from far to near. Places are in picture units: (0, 0) top left, (1, 1) bottom right. */
export interface Canvas {
  /** Pixels a side. */
  readonly size: number;
  /** Three numbers per pixel, rows from the top. */
  readonly rgb: Float32Array;
}

/** How much of each pixel of the row in work the shape covers. */
let cover = new Float32Array(1024);

export function createCanvas(size: number): Canvas {
  if (size > cover.length) cover = new Float32Array(size);
  return { size, rgb: new Float32Array(3 * size * size) };
}

/** What a shape is filled with. */
export interface Paint {
  readonly colour: Rgb;
  /** A texture that varies the colour. */
  readonly tile?: TileName;
  /** How often the tile fits the picture's width. Default 1. */
  readonly repeats?: number;
  /** Turns the tile clockwise, radians. */
  readonly angle?: number;
  /** The tile is stretched along its v by this factor. Default 1. */
  readonly stretch?: number;
  /** Where on the tile the picture's centre lies, in tiles. */
  readonly at?: readonly [number, number];
  /** The colour where the tile is 0, while `colour` is at 1. Default: `colour` times 0.4. */
  readonly dark?: Rgb;
  /** Steepens the tile about its middle. Default 1. */
  readonly contrast?: number;
  /** Soft edges become ragged: bright parts of the tile reach farther out than dark ones, as leaves do. */
  readonly ragged?: boolean;
  /** Default 1. */
  readonly opacity?: number;
  /** Relative change of brightness across the picture, rightwards and downwards, about its centre. */
  readonly slope?: readonly [number, number];
  /** Multiplies what is there instead of covering it. */
  readonly multiply?: boolean;
}

// The paint in use, unpacked: shapes are filled row by row, and rows must not unpack it again.
let pr = 0;
let pg = 0;
let pb = 0;
let dr = 0;
let dg = 0;
let db = 0;
let opacity = 1;
let slopeX = 0;
let slopeY = 0;
let multiply = false;
let texels: Float32Array | undefined;
let texelMask = 0;
let ux = 0;
let uy = 0;
let u0 = 0;
let vx = 0;
let vy = 0;
let v0 = 0;
let contrast = 1;
let ragged = false;

function use(paint: Paint, size: number): void {
  [pr, pg, pb] = paint.colour;
  opacity = paint.opacity ?? 1;
  slopeX = (paint.slope?.[0] ?? 0) / size;
  slopeY = (paint.slope?.[1] ?? 0) / size;
  multiply = paint.multiply ?? false;
  texels = undefined;
  if (!paint.tile) return;
  const { levels } = tile(paint.tile);
  const repeats = paint.repeats ?? 1;
  const stretch = paint.stretch ?? 1;
  const step = (repeats * tileSize) / size;
  const level = Math.min(levels.length - 1, Math.max(0, Math.floor(Math.log2(step) + 0.3)));
  texels = levels[level];
  const side = tileSize >> level;
  texelMask = side - 1;
  const scale = (repeats * side) / size;
  const angle = paint.angle ?? 0;
  const c = Math.cos(angle) * scale;
  const s = Math.sin(angle) * scale;
  ux = c;
  uy = s;
  vx = -s / stretch;
  vy = c / stretch;
  // Far enough from 0 that truncation rounds down.
  const far = 4096 * side;
  u0 = far + (paint.at?.[0] ?? 0) * side - (ux + uy) * 0.5 * size;
  v0 = far + (paint.at?.[1] ?? 0) * side - (vx + vy) * 0.5 * size;
  contrast = paint.contrast ?? 1;
  ragged = paint.ragged ?? false;
  if (paint.dark) [dr, dg, db] = paint.dark;
  else {
    dr = 0.4 * pr;
    dg = 0.4 * pg;
    db = 0.4 * pb;
  }
}

/** Lays the paint on pixels x0 … x1 − 1 of a row, as much as `cover` says. */
function span(canvas: Canvas, y: number, x0: number, x1: number): void {
  if (multiply) multiplied(canvas, y, x0, x1);
  else if (texels === undefined) plain(canvas, y, x0, x1);
  else textured(canvas, y, x0, x1, texels);
}

function plain({ size, rgb }: Canvas, y: number, x0: number, x1: number): void {
  const part = cover;
  const whole = opacity;
  let light = 1 + slopeY * (y - size / 2) + slopeX * (x0 - size / 2);
  const step = slopeX;
  const [r, g, b] = [pr, pg, pb];
  for (let x = x0, k = 3 * (y * size + x0); x < x1; x++, k += 3, light += step) {
    const alpha = whole * part[x];
    const keep = 1 - alpha;
    const lit = alpha * (light < 0.05 ? 0.05 : light);
    rgb[k] = keep * rgb[k] + lit * r;
    rgb[k + 1] = keep * rgb[k + 1] + lit * g;
    rgb[k + 2] = keep * rgb[k + 2] + lit * b;
  }
}

function textured({ size, rgb }: Canvas, y: number, x0: number, x1: number, data: Float32Array): void {
  const part = cover;
  const whole = opacity;
  const mask = texelMask;
  const side = mask + 1;
  const lightStep = slopeX;
  let light = 1 + slopeY * (y - size / 2) + slopeX * (x0 - size / 2);
  let u = u0 + ux * x0 + uy * y;
  let v = v0 + vx * x0 + vy * y;
  const [du, dv, steep] = [ux, vx, contrast];
  const shift = 0.5 - 0.5 * steep;
  const torn = ragged;
  const [r0, g0, b0] = [dr, dg, db];
  const [r1, g1, b1] = [pr - dr, pg - dg, pb - db];
  for (let x = x0, k = 3 * (y * size + x0); x < x1; x++, k += 3) {
    const ui = u | 0;
    const vi = v | 0;
    const fu = u - ui;
    const a = (vi & mask) * side;
    const c = ((vi + 1) & mask) * side;
    const i = ui & mask;
    const j = (ui + 1) & mask;
    const up = data[a + i] + fu * (data[a + j] - data[a + i]);
    const down = data[c + i] + fu * (data[c + j] - data[c + i]);
    const value = up + (v - vi) * (down - up);
    let t = shift + steep * value;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    let alpha = whole * part[x];
    if (torn && part[x] < 1) {
      const reach = 6 * (part[x] + value - 0.85);
      alpha = reach <= 0 ? 0 : reach < 1 ? reach * whole : whole;
    }
    const keep = 1 - alpha;
    const lit = alpha * (light < 0.05 ? 0.05 : light);
    rgb[k] = keep * rgb[k] + lit * (r0 + t * r1);
    rgb[k + 1] = keep * rgb[k + 1] + lit * (g0 + t * g1);
    rgb[k + 2] = keep * rgb[k + 2] + lit * (b0 + t * b1);
    light += lightStep;
    u += du;
    v += dv;
  }
}

/** A canvas to paint factors on. */
let white = createCanvas(0);

/** Paints on a row of white, by which the canvas is then multiplied. */
function multiplied({ size, rgb }: Canvas, y: number, x0: number, x1: number): void {
  if (white.size !== size) white = createCanvas(size);
  const [from, to] = [3 * (y * size + x0), 3 * (y * size + x1)];
  white.rgb.fill(1, from, to);
  if (texels === undefined) plain(white, y, x0, x1);
  else textured(white, y, x0, x1, texels);
  for (let k = from; k < to; k++) rgb[k] *= white.rgb[k];
}

/** Fills the whole canvas. */
export function fillAll(canvas: Canvas, paint: Paint): void {
  use(paint, canvas.size);
  cover.fill(1, 0, canvas.size);
  for (let y = 0; y < canvas.size; y++) span(canvas, y, 0, canvas.size);
}

const maximalCorners = 32;
const edges = new Float64Array(3 * maximalCorners);

/** Fills a convex polygon, given as x, y of at most 32 corners in either sense, with smooth edges. */
export function fillPolygon(canvas: Canvas, corners: ArrayLike<number>, paint: Paint): void {
  const { size } = canvas;
  const n = corners.length / 2;
  let area = 0;
  let around = 0;
  let top = size;
  let bottom = 0;
  for (let i = 0; i < n; i++) {
    const j = i + 1 < n ? i + 1 : 0;
    const y = corners[2 * i + 1] * size;
    area += corners[2 * i] * corners[2 * j + 1] - corners[2 * j] * corners[2 * i + 1];
    around += Math.hypot(corners[2 * j] - corners[2 * i], corners[2 * j + 1] - corners[2 * i + 1]);
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  const sense = area > 0 ? 1 : -1;
  // Thinner than a pixel: less than opaque.
  const thin = Math.min(1, (Math.abs(area) / around) * size);
  if (!(thin > 0.02)) return;
  let count = 0;
  for (let i = 0; i < n; i++) {
    const j = i + 1 < n ? i + 1 : 0;
    const x = corners[2 * i] * size;
    const y = corners[2 * i + 1] * size;
    const ex = corners[2 * j] * size - x;
    const ey = corners[2 * j + 1] * size - y;
    const length = Math.hypot(ex, ey);
    if (length < 1e-6) continue;
    const a = (-sense * ey) / length;
    const b = (sense * ex) / length;
    edges[3 * count] = a;
    edges[3 * count + 1] = b;
    // The distance of the pixel with whole-number coordinates x, y, measured at its centre.
    edges[3 * count + 2] = 0.5 * (a + b) - a * x - b * y;
    count++;
  }
  use(paint, size);
  const y1 = Math.min(size - 1, Math.floor(bottom + 0.5));
  for (let y = Math.max(0, Math.floor(top - 0.5)); y <= y1; y++) {
    let outer0 = 0;
    let outer1 = size - 1;
    let inner0 = 0;
    let inner1 = size - 1;
    for (let e = 0; e < 3 * count; e += 3) {
      const a = edges[e];
      const rest = edges[e + 1] * y + edges[e + 2];
      if (a > 1e-4) {
        outer0 = Math.max(outer0, (-0.5 - rest) / a);
        inner0 = Math.max(inner0, (0.5 - rest) / a);
      } else if (a < -1e-4) {
        outer1 = Math.min(outer1, (-0.5 - rest) / a);
        inner1 = Math.min(inner1, (0.5 - rest) / a);
      } else {
        if (rest < -0.5) outer1 = -1;
        if (rest < 0.5) inner1 = -1;
      }
    }
    const x0 = Math.ceil(outer0);
    const x1 = Math.floor(outer1);
    if (x1 < x0) continue;
    const full0 = Math.min(x1 + 1, Math.ceil(inner0));
    const full1 = Math.max(full0, Math.floor(inner1) + 1);
    fringe(x0, full0, y, count, thin);
    cover.fill(thin, full0, full1);
    fringe(full1, x1 + 1, y, count, thin);
    span(canvas, y, x0, x1 + 1);
  }
}

/** Coverage of the pixels on a polygon's edges. */
function fringe(x0: number, x1: number, y: number, count: number, most: number): void {
  for (let x = x0; x < x1; x++) {
    let inside = 1;
    for (let e = 0; e < 3 * count; e += 3) {
      const d = edges[e] * x + edges[e + 1] * y + edges[e + 2] + 0.5;
      if (d < inside) inside = d;
    }
    cover[x] = inside > 0 ? inside * most : 0;
  }
}

/** Fills an upright rectangle. */
export const fillBox = (canvas: Canvas, x0: number, y0: number, x1: number, y1: number, paint: Paint): void =>
  fillPolygon(canvas, [x0, y0, x1, y0, x1, y1, x0, y1], paint);

/**
 * Fills an ellipse with half-axes rx and ry, turned clockwise by `angle`. Its edge fades over `softness` of the radius: 0 sharp,
 * 1 from the centre on.
 */
export function fillEllipse(
  canvas: Canvas,
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  paint: Paint,
  { angle = 0, softness = 0 } = {},
): void {
  const { size } = canvas;
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  use(paint, size);
  // Relative width of the fading edge, a pixel at least.
  const pixel = 1 / (Math.min(rx, ry) * size + 1e-9);
  const soft = softness > pixel;
  const fade = soft ? softness : pixel;
  const outer = soft ? 1 : 1 + 0.5 * pixel;
  const inner = Math.max(0, outer - fade);
  // The squared relative distance from the centre is a dx² + 2 b dx dy + d dy², dx and dy in pixels.
  const a = ((c / rx) ** 2 + (s / ry) ** 2) / (size * size);
  const b = (c * s * (1 / rx ** 2 - 1 / ry ** 2)) / (size * size);
  const d = ((s / rx) ** 2 + (c / ry) ** 2) / (size * size);
  const height = outer * size * Math.hypot(rx * s, ry * c);
  const y1 = Math.min(size, Math.ceil(cy * size + height));
  for (let y = Math.max(0, Math.floor(cy * size - height)); y < y1; y++) {
    const dy = y + 0.5 - cy * size;
    const middle = cx * size - 0.5 - (b * dy) / a;
    const rest = (d - (b * b) / a) * dy * dy;
    if (rest >= outer * outer) continue;
    const reach = Math.sqrt((outer * outer - rest) / a);
    const x0 = Math.max(0, Math.ceil(middle - reach));
    const x1 = Math.min(size - 1, Math.floor(middle + reach));
    const full = rest < inner * inner ? Math.sqrt((inner * inner - rest) / a) : -1;
    const full0 = full < 0 ? x1 + 1 : Math.min(x1 + 1, Math.max(0, Math.ceil(middle - full)));
    const full1 = full < 0 ? x1 + 1 : Math.max(full0, Math.min(size - 1, Math.floor(middle + full)) + 1);
    for (let x = x0; x <= x1; x++) {
      if (x === full0) x = full1;
      if (x > x1) break;
      const along = x - middle;
      const inside = (outer - Math.sqrt(rest + a * along * along)) / fade;
      cover[x] = inside <= 0 ? 0 : soft ? inside * inside * (3 - 2 * inside) : inside < 1 ? inside : 1;
    }
    cover.fill(1, full0, full1);
    if (x1 >= x0) span(canvas, y, x0, x1 + 1);
  }
}

const cushion = new Float64Array(2 * maximalCorners);

/** Fills a rectangle with round corners, turned clockwise by `angle`; a greater `squareness` rounds them less (2 is an ellipse). */
export function fillCushion(
  canvas: Canvas,
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  paint: Paint,
  { angle = 0, squareness = 3 } = {},
): void {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const power = 2 / squareness;
  for (let i = 0; i < maximalCorners; i++) {
    const t = ((i + 0.5) / maximalCorners) * 2 * Math.PI;
    const x = rx * Math.sign(Math.cos(t)) * Math.abs(Math.cos(t)) ** power;
    const y = ry * Math.sign(Math.sin(t)) * Math.abs(Math.sin(t)) ** power;
    cushion[2 * i] = cx + c * x - s * y;
    cushion[2 * i + 1] = cy + s * x + c * y;
  }
  fillPolygon(canvas, cushion, paint);
}

/** A stroke of the given width through points x, y, x, y …, with butt joints. */
export function stroke(canvas: Canvas, points: ArrayLike<number>, width: number, paint: Paint): void {
  const h = width / 2;
  for (let i = 0; i + 3 < points.length; i += 2) {
    const dx = points[i + 2] - points[i];
    const dy = points[i + 3] - points[i + 1];
    const length = Math.hypot(dx, dy) + 1e-9;
    const ax = (h * dx) / length;
    const ay = (h * dy) / length;
    const x0 = points[i] - 0.6 * ax;
    const y0 = points[i + 1] - 0.6 * ay;
    const x1 = points[i + 2] + 0.6 * ax;
    const y1 = points[i + 3] + 0.6 * ay;
    fillPolygon(canvas, [x0 - ay, y0 + ax, x1 - ay, y1 + ax, x1 + ay, y1 - ax, x0 + ay, y0 - ax], paint);
  }
}

/** The same picture in another size, bilinear. */
export function resized(canvas: Canvas, size: number): Canvas {
  const out = createCanvas(size);
  const { size: from, rgb } = canvas;
  const step = from / size;
  const columns = new Int32Array(2 * size);
  const weights = new Float32Array(size);
  for (let x = 0; x < size; x++) {
    const u = Math.min(from - 1, Math.max(0, (x + 0.5) * step - 0.5));
    columns[2 * x] = 3 * Math.floor(u);
    columns[2 * x + 1] = 3 * Math.min(from - 1, Math.floor(u) + 1);
    weights[x] = u - Math.floor(u);
  }
  const target = out.rgb;
  const between = new Float32Array(3 * from);
  for (let y = 0, k = 0; y < size; y++) {
    const v = Math.min(from - 1, Math.max(0, (y + 0.5) * step - 0.5));
    const top = Math.floor(v);
    const a = 3 * from * top;
    const b = 3 * from * Math.min(from - 1, top + 1);
    const f = v - top;
    for (let i = 0; i < between.length; i++) between[i] = rgb[a + i] + f * (rgb[b + i] - rgb[a + i]);
    for (let x = 0; x < size; x++, k += 3) {
      const i = columns[2 * x];
      const j = columns[2 * x + 1];
      const w = weights[x];
      target[k] = between[i] + w * (between[j] - between[i]);
      target[k + 1] = between[i + 1] + w * (between[j + 1] - between[i + 1]);
      target[k + 2] = between[i + 2] + w * (between[j + 2] - between[i + 2]);
    }
  }
  return out;
}

let scratch = new Float32Array(0);

/**
 * Blurs interleaved square data with a Gaussian of `sigma` pixels, nearly: two box filters along each axis, of the same variance in
 * all, or the two nearest neighbours where that is enough; edges held.
 */
export function blur(data: Float32Array, size: number, channels: number, sigma: number): void {
  if (sigma < 0.25) return;
  if (scratch.length < data.length) scratch = new Float32Array(data.length);
  const other = scratch.length === data.length ? scratch : scratch.subarray(0, data.length);
  if (sigma <= 0.81) {
    threeRows(data, other, size, channels, 0.5 * sigma * sigma);
    threeColumns(other, data, size, channels, 0.5 * sigma * sigma);
    return;
  }
  // A box of half-width r has the variance r (r + 1) / 3; r need not be whole: the outermost samples count in part.
  const radius = Math.min(size / 2, (Math.sqrt(1 + 6 * sigma * sigma) - 1) / 2);
  boxRows(data, other, size, channels, radius);
  boxRows(other, data, size, channels, radius);
  boxColumns(data, other, size, channels, radius);
  boxColumns(other, data, size, channels, radius);
}

function boxRows(from: Float32Array, to: Float32Array, size: number, channels: number, radius: number): void {
  const whole = Math.floor(radius);
  const part = radius - whole;
  const scale = 1 / (2 * radius + 1);
  const stride = size * channels;
  for (let c = 0; c < channels; c++) {
    for (let first = c; first < from.length; first += stride) {
      const last = first + stride - channels;
      let sum = 0;
      for (let i = -whole; i <= whole; i++) sum += from[Math.min(last, Math.max(first, first + i * channels))];
      let before = first - (whole + 1) * channels;
      let after = first + (whole + 1) * channels;
      for (let k = first; k <= last; k += channels) {
        const b = from[after < last ? after : last];
        to[k] = scale * (sum + part * (from[before > first ? before : first] + b));
        before += channels;
        after += channels;
        sum += b - from[before > first ? before : first];
      }
    }
  }
}

function boxColumns(from: Float32Array, to: Float32Array, size: number, channels: number, radius: number): void {
  const whole = Math.floor(radius);
  const part = radius - whole;
  const scale = 1 / (2 * radius + 1);
  const stride = size * channels;
  const row = (y: number) => Math.min(size - 1, Math.max(0, y)) * stride;
  const sums = new Float64Array(stride);
  for (let i = -whole; i <= whole; i++) {
    const start = row(i);
    for (let x = 0; x < stride; x++) sums[x] += from[start + x];
  }
  for (let y = 0; y < size; y++) {
    const before = row(y - whole - 1);
    const drop = row(y - whole);
    const after = row(y + whole + 1);
    const here = y * stride;
    for (let x = 0; x < stride; x++) {
      const b = from[after + x];
      to[here + x] = scale * (sums[x] + part * (from[before + x] + b));
      sums[x] += b - from[drop + x];
    }
  }
}

/** Each value takes the share w from each of its two neighbours in the row. */
function threeRows(from: Float32Array, to: Float32Array, size: number, channels: number, w: number): void {
  const stride = size * channels;
  const own = 1 - 2 * w;
  for (let first = 0; first < from.length; first += stride) {
    const last = first + stride - channels;
    for (let k = first; k < first + channels; k++) to[k] = (own + w) * from[k] + w * from[k + channels];
    for (let k = first + channels; k < last; k++) to[k] = own * from[k] + w * (from[k - channels] + from[k + channels]);
    for (let k = last; k < last + channels; k++) to[k] = (own + w) * from[k] + w * from[k - channels];
  }
}

function threeColumns(from: Float32Array, to: Float32Array, size: number, channels: number, w: number): void {
  const stride = size * channels;
  const own = 1 - 2 * w;
  for (let y = 0; y < size; y++) {
    const above = y > 0 ? stride : 0;
    const below = y + 1 < size ? stride : 0;
    const end = (y + 1) * stride;
    for (let k = y * stride; k < end; k++) to[k] = own * from[k] + w * (from[k - above] + from[k + below]);
  }
}
