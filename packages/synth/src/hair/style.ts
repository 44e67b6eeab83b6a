import { Label, linearOfSrgb, toSrgb, vertexNormals } from "cameo";
import type { Assets } from "../assets.ts";
import { hairPicture } from "../makehuman/files.ts";
import type { Fitting } from "../makehuman/mhclo.ts";
import { clamp, noise } from "../noise.ts";
import { Extra, type Part } from "../part.ts";
import type { Texture } from "../texture.ts";
import { centreY, distanceAlong, type Scalp, whorl } from "./scalp.ts";
import type { HairColour, StyleLayer } from "./spec.ts";
import { meanBrightness, type TonedTexture } from "./textures.ts";

export const styleNames = [
  "afro01",
  "bob01",
  "bob02",
  "braid01",
  "long01",
  "ponytail01",
  "short01",
  "short02",
  "short03",
  "short04",
] as const;

/** A style of the pack made ready. */
interface Style {
  readonly fitting: Fitting;
  readonly triangles: Uint32Array;
  /** u right, v down, and three of them per triangle. */
  readonly uvs: Float32Array;
  readonly uvTriangles: Uint32Array;
  readonly texture: TonedTexture;
  /** Direction of the painted hairs on the texture per triangle, u and v, without sign. */
  readonly flow: Float32Array;
}

const ready = new WeakMap<Assets, Map<string, Style>>();

/** @throws if the pack has no such style */
function styleOf(assets: Assets, name: string): Style {
  let styles = ready.get(assets);
  if (!styles) {
    styles = new Map();
    ready.set(assets, styles);
  }
  let style = styles.get(name);
  if (!style) {
    style = prepareStyle(assets, name);
    styles.set(name, style);
  }
  return style;
}

function prepareStyle(assets: Assets, name: string): Style {
  const path = `hair/${name}/${name}`;
  const part = assets.parts.get(path);
  const picture = assets.textures.get(hairPicture(name));
  if (!part || !picture) throw new Error(`growHair: the assets have no ${part ? "texture of " : ""}${path}`);
  const { mesh, fitting } = part;
  const split = (quads: Uint32Array) =>
    Uint32Array.from(
      { length: (quads.length / 4) * 6 },
      (_, i) => quads[4 * Math.floor(i / 6) + [0, 1, 2, 0, 2, 3][i % 6]],
    );
  const uvs = Float32Array.from(mesh.uvs, (c, i) => clamp(i % 2 ? 1 - c : c));
  const uvTriangles = split(mesh.faceUvs);
  const texture = evenOut(reduced(picture));
  return {
    fitting,
    triangles: split(mesh.faces),
    uvs,
    uvTriangles,
    texture,
    flow: paintedFlow(texture, uvs, uvTriangles),
  };
}

/** Widest texture that portraits need, pixels. */
const widest = 512;

/** Halves a texture until it is no wider than {@link widest}; colours count as much as they are opaque. */
function reduced(texture: Texture): Texture {
  if (texture.width <= widest) return texture;
  const width = texture.width >> 1;
  const height = texture.height >> 1;
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const a = 4 * (2 * y * texture.width + 2 * x);
      const b = a + 4 * texture.width;
      const o = 4 * (y * width + x);
      let alpha = 0;
      for (const p of [a, a + 4, b, b + 4]) {
        const weight = texture.data[p + 3] + 1;
        alpha += weight;
        for (let c = 0; c < 3; c++) scratchSum[c] += weight * texture.data[p + c];
      }
      for (let c = 0; c < 3; c++) {
        data[o + c] = scratchSum[c] / alpha;
        scratchSum[c] = 0;
      }
      data[o + 3] = alpha / 4 - 1;
    }
  return reduced({ width, height, data });
}
const scratchSum = new Float64Array(3);

/** The texture in grey, with the brightness of its surroundings divided out: the colour comes from elsewhere. */
function evenOut({ width, height, data }: Texture): TonedTexture {
  const size = width * height;
  const bright = new Float32Array(size);
  const weight = new Float32Array(size);
  for (let p = 0; p < size; p++) {
    weight[p] = data[4 * p + 3] / 255 + 1e-3;
    bright[p] =
      weight[p] *
      (0.3 * linearOfSrgb[data[4 * p]] +
        0.6 * linearOfSrgb[data[4 * p + 1]] +
        0.1 * linearOfSrgb[data[4 * p + 2]] +
        0.002);
  }
  const radius = Math.max(2, Math.round(width / 24));
  const around = boxBlur(bright, width, height, radius);
  const over = boxBlur(weight, width, height, radius);
  const out = new Uint8Array(4 * size);
  for (let p = 0; p < size; p++) {
    const ratio = bright[p] / weight[p] / (around[p] / over[p]);
    // Contrast of strands as photos have it, not stronger.
    const grey = Math.round(toSrgb(clamp(0.42 * clamp(ratio, 0.2, 2.4) ** 0.75)));
    out[4 * p] = out[4 * p + 1] = out[4 * p + 2] = grey;
    out[4 * p + 3] = data[4 * p + 3];
  }
  return { width, height, data: out, mean: meanBrightness(out) };
}

function boxBlur(values: Float32Array, width: number, height: number, radius: number): Float32Array {
  const rows = new Float32Array(values.length);
  const out = new Float32Array(values.length);
  const run = (from: Float32Array, to: Float32Array, lines: number, length: number, line: number, step: number) => {
    for (let l = 0; l < lines; l++) {
      let sum = 0;
      for (let i = -radius; i < length; i++) {
        if (i + radius < length) sum += from[l * line + (i + radius) * step];
        if (i - radius - 1 >= 0) sum -= from[l * line + (i - radius - 1) * step];
        if (i >= 0) to[l * line + i * step] = sum / (Math.min(length - 1, i + radius) - Math.max(0, i - radius) + 1);
      }
    }
  };
  run(values, rows, height, width, width, 1);
  run(rows, out, width, height, 1, width);
  return out;
}

/** Along which direction the texture changes least around the middle of each triangle (structure tensor; Förstner 1987). */
function paintedFlow({ width, height, data }: Texture, uvs: Float32Array, uvTriangles: Uint32Array): Float32Array {
  const xx = new Float32Array(width * height);
  const xy = new Float32Array(width * height);
  const yy = new Float32Array(width * height);
  const value = (p: number) => (data[4 * p] * data[4 * p + 3]) / 255;
  for (let y = 1; y + 1 < height; y++)
    for (let x = 1; x + 1 < width; x++) {
      const p = y * width + x;
      const gx = value(p + 1) - value(p - 1);
      const gy = value(p + width) - value(p - width);
      xx[p] = gx * gx;
      xy[p] = gx * gy;
      yy[p] = gy * gy;
    }
  const radius = Math.max(2, Math.round(width / 80));
  const [sxx, sxy, syy] = [xx, xy, yy].map((t) => boxBlur(t, width, height, radius));
  const flow = new Float32Array((2 * uvTriangles.length) / 3);
  for (let t = 0; 3 * t < uvTriangles.length; t++) {
    const at = (axis: number) =>
      (uvs[2 * uvTriangles[3 * t] + axis] +
        uvs[2 * uvTriangles[3 * t + 1] + axis] +
        uvs[2 * uvTriangles[3 * t + 2] + axis]) /
      3;
    const p = Math.min(height - 1, Math.floor(at(1) * height)) * width + Math.min(width - 1, Math.floor(at(0) * width));
    const across = 0.5 * Math.atan2(2 * sxy[p], sxx[p] - syy[p]);
    const clear = sxx[p] + syy[p] > 1;
    flow[2 * t] = clear ? -Math.sin(across) : 0;
    flow[2 * t + 1] = clear ? Math.cos(across) : 1;
  }
  return flow;
}

/** Puts a style of the pack on a head, and changes it as the layer says. */
export function growStyle(
  assets: Assets,
  scalp: Scalp,
  layer: StyleLayer,
  colour: HairColour,
  seed: number,
): Part | null {
  const style = styleOf(assets, layer.name);
  const positions = scalp.head.fit(style.fitting);
  const isCut = layer.cut !== null || layer.reach !== null || layer.fringe !== null;
  const original = isCut ? new Float32Array(positions.length) : positions;
  shapeStyle(positions, original, scalp, layer, seed);
  const { triangles, uvTriangles, flow } = keepTriangles(style, original, positions, scalp, layer, seed);
  if (triangles.length === 0) return null;
  const tangents = hairDirections(positions, triangles, style.uvs, uvTriangles, flow);
  const tone = 1 / style.texture.mean;
  return {
    material: "hair",
    follows: "head",
    positions,
    triangles,
    normals: roundNormals(positions, triangles),
    tangents,
    uvs: style.uvs,
    uvTriangles,
    texture: style.texture,
    colour: [tone, tone, tone],
    colours: colourStyle(positions, scalp, layer, colour, seed),
    doubleSided: true,
    labels: Label.hair,
    extras: Extra.none,
  };
}

/** Mirrors, scales, warps and sweeps; hair that was outside the head stays there. `before` receives the shape before the cut. */
function shapeStyle(
  positions: Float32Array,
  before: Float32Array,
  scalp: Scalp,
  layer: StyleLayer,
  seed: number,
): void {
  const { scale, warp, wave, sweep, volume, mirrored } = layer;
  const shift = (seed % 991) * 0.37;
  for (let i = 0; i < positions.length; i += 3) {
    let x = mirrored ? -positions[i] : positions[i];
    let y = positions[i + 1] - centreY;
    let z = positions[i + 2];
    const r = Math.sqrt(x * x + y * y + z * z) || 1;
    const skin = distanceAlong(scalp.skin, x, y, z);
    const outside = r > skin;
    const nearHead = clamp((y + 120) / 60);
    const k = outside ? 1 + nearHead * (volume - 1) * Math.min(1, (r - skin) / r) : 1;
    x *= k * scale[0];
    y *= k * scale[1];
    z *= k * scale[2];
    const away = distanceFrom(whorl, x, y + centreY, z);
    const loose = Math.min(1, away / 90);
    x += sweep[0] * away * loose;
    z += sweep[1] * away * loose;
    if (warp > 0) {
      const f = 1 / wave;
      x += warp * 2 * (noise(x * f + shift, y * f, z * f) - 0.5);
      y += warp * 1.4 * (noise(x * f, y * f + shift, z * f + 31) - 0.5);
      z += warp * 2 * (noise(x * f, y * f, z * f + shift + 67) - 0.5);
    }
    if (outside && y > -190) {
      const ear = distanceAlong(scalp.withEars, x, y, z);
      // Cards that lie about as far out as the ear's rim cover the ear.
      const least =
        r > ear - 9 && ear > skin + 2
          ? ear + 1.5
          : distanceAlong(scalp.skin, x, y, z) + Math.min(1.2 + 0.3 * (r - skin), r - skin + 0.3);
      const now = Math.sqrt(x * x + y * y + z * z) || 1;
      if (now < least) {
        x *= least / now;
        y *= least / now;
        z *= least / now;
      }
    }
    positions[i] = x;
    positions[i + 1] = y + centreY;
    positions[i + 2] = z;
  }
  if (before !== positions) before.set(positions);
}

/** Leaves out what the cut takes away; where the cut goes through a triangle, its corners move onto the cut. */
function keepTriangles(
  { triangles, uvTriangles, flow }: Style,
  before: Float32Array,
  positions: Float32Array,
  scalp: Scalp,
  { cut, reach, fringe, roughness, mirrored }: StyleLayer,
  seed: number,
): { triangles: Uint32Array; uvTriangles: Uint32Array; flow: Float32Array } {
  const count = positions.length / 3;
  const gone = new Uint8Array(count);
  const shift = (seed % 983) * 0.29;
  if (cut !== null || reach !== null || fringe !== null)
    for (let v = 0, i = 0; v < count; v++, i += 3) {
      const x = before[i];
      const y = before[i + 1];
      const z = before[i + 2];
      const rough = roughness * (noise(x * 0.09 + shift, z * 0.09, y * 0.02) + noise(x * 0.3, z * 0.3, shift) - 1);
      if (cut !== null && y < cut + rough) {
        gone[v] = 1;
        positions[i + 1] = cut + rough;
      } else if (fringe !== null && isOverFace(scalp, x, y, z) && y < scalp.eyeY + fringe + 0.3 * rough) {
        gone[v] = 1;
        positions[i + 1] = scalp.eyeY + fringe + 0.3 * rough;
        // The forehead lies farther forward than the cheek.
        const least = distanceAlong(scalp.skin, x, positions[i + 1] - centreY, z) + 2;
        const now = Math.hypot(x, positions[i + 1] - centreY, z);
        if (now < least) {
          positions[i] *= least / now;
          positions[i + 2] *= least / now;
        }
      }
      if (reach !== null) {
        const r = Math.hypot(x, y - centreY, z);
        const most = distanceAlong(scalp.skin, x, y - centreY, z) + Math.max(3, reach + rough);
        if (r > most) {
          positions[i] = (x * most) / r;
          positions[i + 1] = centreY + ((y - centreY) * most) / r;
          positions[i + 2] = (z * most) / r;
        }
      }
    }
  const kept = new Uint32Array(triangles.length);
  const keptUvs = new Uint32Array(triangles.length);
  const keptFlow = new Float32Array(flow.length);
  // Mirrored triangles turn the other way.
  const i = mirrored ? 2 : 1;
  const j = 3 - i;
  let corner = 0;
  for (let k = 0, t = 0; k < triangles.length; k += 3, t += 2) {
    if (gone[triangles[k]] && gone[triangles[k + 1]] && gone[triangles[k + 2]]) continue;
    kept[corner] = triangles[k];
    kept[corner + 1] = triangles[k + i];
    kept[corner + 2] = triangles[k + j];
    keptUvs[corner] = uvTriangles[k];
    keptUvs[corner + 1] = uvTriangles[k + i];
    keptUvs[corner + 2] = uvTriangles[k + j];
    keptFlow[(2 * corner) / 3] = flow[t];
    keptFlow[(2 * corner) / 3 + 1] = flow[t + 1];
    corner += 3;
  }
  return {
    triangles: kept.subarray(0, corner),
    uvTriangles: keptUvs.subarray(0, corner),
    flow: keptFlow.subarray(0, (2 * corner) / 3),
  };
}

/** Whether something there hangs before the face rather than beside it. */
function isOverFace({ halfWidth, eyeY, chinY, scale }: Scalp, x: number, y: number, z: number): boolean {
  const narrow = 0.92 - 0.25 * clamp((eyeY - y) / (eyeY - chinY));
  return z > 25 * scale && y > chinY - 20 && Math.abs(x) < narrow * halfWidth;
}

/** Unit directions of the hairs per vertex: the painted flow laid on the triangles, away from the whorl. */
function hairDirections(
  p: Float32Array,
  triangles: Uint32Array,
  uvs: Float32Array,
  uvTriangles: Uint32Array,
  flow: Float32Array,
): Float32Array {
  const out = new Float32Array(p.length);
  for (let t = 0, k = 0; k < triangles.length; t++, k += 3) {
    const a = 3 * triangles[k];
    const b = 3 * triangles[k + 1];
    const c = 3 * triangles[k + 2];
    const ua = 2 * uvTriangles[k];
    const ub = 2 * uvTriangles[k + 1];
    const uc = 2 * uvTriangles[k + 2];
    const u1 = uvs[ub] - uvs[ua];
    const v1 = uvs[ub + 1] - uvs[ua + 1];
    const u2 = uvs[uc] - uvs[ua];
    const v2 = uvs[uc + 1] - uvs[ua + 1];
    const d = u1 * v2 - u2 * v1;
    if (Math.abs(d) < 1e-12) continue;
    // Weights of the two edges that make up the flow.
    const w1 = (flow[2 * t] * v2 - flow[2 * t + 1] * u2) / d;
    const w2 = (flow[2 * t + 1] * u1 - flow[2 * t] * v1) / d;
    let x = w1 * (p[b] - p[a]) + w2 * (p[c] - p[a]);
    let y = w1 * (p[b + 1] - p[a + 1]) + w2 * (p[c + 1] - p[a + 1]);
    let z = w1 * (p[b + 2] - p[a + 2]) + w2 * (p[c + 2] - p[a + 2]);
    const away = x * (p[a] - whorl[0]) + y * (p[a + 1] - whorl[1]) + z * (p[a + 2] - whorl[2]);
    const length = (Math.sqrt(x * x + y * y + z * z) || 1) * (away < 0 ? -1 : 1);
    x /= length;
    y /= length;
    z /= length;
    for (let n = k; n < k + 3; n++) {
      const v = 3 * triangles[n];
      out[v] += x;
      out[v + 1] += y;
      out[v + 2] += z;
    }
  }
  for (let i = 0; i < out.length; i += 3) {
    const length = Math.sqrt(out[i] ** 2 + out[i + 1] ** 2 + out[i + 2] ** 2);
    if (length < 1e-6) {
      out[i] = 0;
      out[i + 1] = -1;
      out[i + 2] = 0;
    } else for (let k = 0; k < 3; k++) out[i + k] /= length;
  }
  return out;
}

/** Normals of the cards, turned outwards and mixed with the direction away from the head: shading bulges smoothly. */
function roundNormals(p: Float32Array, triangles: Uint32Array): Float32Array {
  const out = vertexNormals(p, triangles);
  for (let i = 0; i < p.length; i += 3) {
    let ox = p[i];
    let oy = Math.max(p[i + 1] - centreY, -40);
    let oz = p[i + 2];
    const r = Math.sqrt(ox * ox + oy * oy + oz * oz) || 1;
    ox /= r;
    oy /= r;
    oz /= r;
    const side = out[i] * ox + out[i + 1] * oy + out[i + 2] * oz < 0 ? -0.7 : 0.7;
    const nx = ox + side * out[i];
    const ny = oy + side * out[i + 1];
    const nz = oz + side * out[i + 2];
    const n = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1;
    out[i] = nx / n;
    out[i + 1] = ny / n;
    out[i + 2] = nz / n;
  }
  return out;
}

/** Linear r, g, b per vertex: roots, tips and streaks by place. */
function colourStyle(p: Float32Array, scalp: Scalp, layer: StyleLayer, colour: HairColour, seed: number): Float32Array {
  const out = new Float32Array(p.length);
  const shift = (seed % 977) * 0.41;
  let farthest = 1;
  for (let i = 0; i < p.length; i += 3) farthest = Math.max(farthest, distanceFrom(whorl, p[i], p[i + 1], p[i + 2]));
  for (let i = 0; i < p.length; i += 3) {
    const [x, y, z] = [p[i], p[i + 1], p[i + 2]];
    const away = distanceFrom(whorl, x, y, z);
    const off = Math.sqrt(x * x + (y - centreY) ** 2 + z * z) - distanceAlong(scalp.skin, x, y - centreY, z);
    const root = colour.rootLength > 0 ? clamp(1 - Math.max(0.5 * away, off) / (colour.rootLength + 1)) : 0;
    const tip = clamp((away / farthest - 0.4) / 0.6) ** 1.5;
    const streak =
      clamp((colour.streakShare - noise(x * 0.22 + shift, z * 0.22, y * 0.012)) * 3 + 0.5) *
      (colour.streakShare > 0 ? 1 : 0);
    const tone = 1 + 1.2 * colour.variation * (noise(x * 0.2, z * 0.2 + shift, y * 0.02) - 0.5);
    // Hair near the skin lies in the shade of the hair above it.
    const shade = layer.name === "afro01" ? 1 : 0.75 + 0.25 * clamp(off / 14);
    for (let c = 0; c < 3; c++) {
      let value = colour.base[c] + tip * (colour.tips[c] - colour.base[c]);
      value += streak * (colour.streaks[c] - value);
      value += root * (colour.roots[c] - value);
      out[i + c] = Math.max(0.001, value * tone * shade);
    }
  }
  return out;
}

function distanceFrom(from: readonly [number, number, number], x: number, y: number, z: number): number {
  const dx = x - from[0];
  const dy = y - from[1];
  const dz = z - from[2];
  return Math.sqrt(dx * dx + dy * dy + dz * dz);
}
