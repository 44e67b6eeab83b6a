import { smoothstep } from "cameo";
import { clamp, mix } from "../src/noise.ts";
import { sampleColour } from "../src/texture.ts";
import { type Lighting, type LightSample, radiance } from "./light.ts";
import { noise } from "./random.ts";
import type { Material, Part } from "./scene.ts";
import { type StrandMap, strandTangents } from "./strands.ts";
import { meanColour } from "./texture.ts";
import type { Received } from "./transfer.ts";

/** A part with all that shading needs. */
export interface LitPart extends Part {
  readonly received: Received;
  /** Colour that replaces or tints the texture, linear. */
  readonly colour: readonly [number, number, number];
  /** Luminance of the texture's mean colour. */
  readonly brightness: number;
  /** Strand direction per vertex, for hair. */
  readonly tangents: Float32Array | null;
}

export function createLitPart(
  part: Part,
  received: Received,
  colour: LitPart["colour"],
  strands: StrandMap | null,
): LitPart {
  const { positions, triangles, uvs } = part.surface;
  return {
    ...part,
    received,
    colour,
    brightness: luminance(...meanColour(part.texture)),
    tangents: strands && strandTangents(positions, triangles, uvs, strands),
  };
}

const luminance = (r: number, g: number, b: number) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** What is seen through one pixel of one part, filled by {@link interpolate}. One object is reused for all pixels. */
export interface Hit {
  /** Point, normal (towards the eye) and direction to the eye. */
  x: number;
  y: number;
  z: number;
  nx: number;
  ny: number;
  nz: number;
  vx: number;
  vy: number;
  vz: number;
  tx: number;
  ty: number;
  tz: number;
  /** Texture position. */
  u: number;
  v: number;
  openness: number;
  readonly irradiance: Float64Array;
  readonly visibility: Float64Array;
  /** Linear red, green, blue, alpha of the texture. */
  readonly texel: Float64Array;
}

export const createHit = (lamps: number): Hit => ({
  x: 0,
  y: 0,
  z: 0,
  nx: 0,
  ny: 0,
  nz: 0,
  vx: 0,
  vy: 0,
  vz: 0,
  tx: 0,
  ty: 0,
  tz: 0,
  u: 0,
  v: 0,
  openness: 0,
  irradiance: new Float64Array(3),
  visibility: new Float64Array(lamps),
  texel: new Float64Array(4),
});

/** Alpha of a part at a point of a triangle. */
export function alphaAt({ surface: { uvs }, texture }: Part, t: number, wa: number, wb: number, hit: Hit): number {
  const i = 6 * t;
  const wc = 1 - wa - wb;
  hit.u = wa * uvs[i] + wb * uvs[i + 2] + wc * uvs[i + 4];
  hit.v = wa * uvs[i + 1] + wb * uvs[i + 3] + wc * uvs[i + 5];
  sampleColour(texture, hit.u, hit.v, hit.texel);
  return hit.texel[3];
}

/** Interpolates everything at barycentrics `wa`, `wb` of triangle `t`; the texture is read too. */
export function interpolate(part: LitPart, t: number, wa: number, wb: number, hit: Hit): void {
  const { surface, received, tangents } = part;
  const { positions: p, normals: n, triangles } = surface;
  const wc = 1 - wa - wb;
  const va = triangles[3 * t];
  const vb = triangles[3 * t + 1];
  const vc = triangles[3 * t + 2];
  const a = 3 * va;
  const b = 3 * vb;
  const c = 3 * vc;
  hit.x = wa * p[a] + wb * p[b] + wc * p[c];
  hit.y = wa * p[a + 1] + wb * p[b + 1] + wc * p[c + 1];
  hit.z = wa * p[a + 2] + wb * p[b + 2] + wc * p[c + 2];
  let x = wa * n[a] + wb * n[b] + wc * n[c];
  let y = wa * n[a + 1] + wb * n[b + 1] + wc * n[c + 1];
  let z = wa * n[a + 2] + wb * n[b + 2] + wc * n[c + 2];
  const eye = 1 / Math.hypot(hit.x, hit.y, hit.z);
  hit.vx = -hit.x * eye;
  hit.vy = -hit.y * eye;
  hit.vz = -hit.z * eye;
  const length = 1 / (Math.hypot(x, y, z) || 1);
  x *= length;
  y *= length;
  z *= length;
  hit.nx = x;
  hit.ny = y;
  hit.nz = z;
  const { irradiance, visibility, openness } = received;
  for (let k = 0; k < 3; k++)
    hit.irradiance[k] = wa * irradiance[a + k] + wb * irradiance[b + k] + wc * irradiance[c + k];
  const count = p.length / 3;
  for (let l = 0; l < hit.visibility.length; l++)
    hit.visibility[l] =
      wa * visibility[l * count + va] + wb * visibility[l * count + vb] + wc * visibility[l * count + vc];
  hit.openness = wa * openness[va] + wb * openness[vb] + wc * openness[vc];
  if (tangents) {
    const tx = wa * tangents[a] + wb * tangents[b] + wc * tangents[c];
    const ty = wa * tangents[a + 1] + wb * tangents[b + 1] + wc * tangents[c + 1];
    const tz = wa * tangents[a + 2] + wb * tangents[b + 2] + wc * tangents[c + 2];
    const unit = 1 / (Math.hypot(tx, ty, tz) || 1);
    hit.tx = tx * unit;
    hit.ty = ty * unit;
    hit.tz = tz * unit;
  }
  alphaAt(part, t, wa, wb, hit);
}

/** Lights of one pass: one direction per lamp, with all of the lamp's irradiance. */
export interface PassLights {
  readonly lighting: Lighting;
  readonly lamps: readonly LightSample[];
}

/** Writes the light (linear RGB) that leaves the hit towards the eye into `out`, and its coverage into `out[3]`. */
export type Shader = (part: LitPart, hit: Hit, lights: PassLights, out: Float64Array) => void;

const mirror = new Float64Array(3);
const bumped = [0, 0, 0];

/** Trowbridge–Reitz lobe with height-correlated shadowing (Walter 2007, Heitz 2014) and Schlick's Fresnel, times the cosine. */
function gloss(
  n: readonly number[],
  hit: Hit,
  lx: number,
  ly: number,
  lz: number,
  roughness: number,
  f0: number,
): number {
  const nl = n[0] * lx + n[1] * ly + n[2] * lz;
  if (nl <= 0) return 0;
  const nv = Math.max(0.05, n[0] * hit.vx + n[1] * hit.vy + n[2] * hit.vz);
  let hx = lx + hit.vx;
  let hy = ly + hit.vy;
  let hz = lz + hit.vz;
  const h = 1 / Math.hypot(hx, hy, hz);
  hx *= h;
  hy *= h;
  hz *= h;
  const nh = n[0] * hx + n[1] * hy + n[2] * hz;
  const vh = hit.vx * hx + hit.vy * hy + hit.vz * hz;
  const a2 = roughness ** 4;
  const d = a2 / (Math.PI * (nh * nh * (a2 - 1) + 1) ** 2);
  const shadowing = 0.5 / (nl * Math.sqrt(nv * nv * (1 - a2) + a2) + nv * Math.sqrt(nl * nl * (1 - a2) + a2));
  return d * shadowing * (f0 + (1 - f0) * (1 - vh) ** 5) * nl;
}

/** Adds to `bumped` the downward slope of noise of `frequency` (per mm) at the hit. */
function addSlope({ x, y, z }: Hit, frequency: number, strength: number): void {
  const e = 0.3;
  const f = frequency;
  const here = noise(x * f, y * f, z * f);
  bumped[0] -= strength * (noise((x + e) * f, y * f, z * f) - here);
  bumped[1] -= strength * (noise(x * f, (y + e) * f, z * f) - here);
  bumped[2] -= strength * (noise(x * f, y * f, (z + e) * f) - here);
}

/** Leaves in `bumped` the normal of a surface with bumps: pores and fine wrinkles, the knit and folds of cloth. */
function roughen(hit: Hit, coarse: number, coarseStrength: number, fine: number, fineStrength: number): void {
  bumped[0] = hit.nx;
  bumped[1] = hit.ny;
  bumped[2] = hit.nz;
  addSlope(hit, coarse, coarseStrength);
  addSlope(hit, fine, fineStrength);
  const length = Math.hypot(bumped[0], bumped[1], bumped[2]);
  for (let k = 0; k < 3; k++) bumped[k] /= length;
}

/** Changes the irradiance by how much more or less of each lamp the bumped surface sees. */
function addRelief(hit: Hit, lamps: readonly LightSample[], strength: number): void {
  for (let l = 0; l < lamps.length; l++) {
    if (hit.visibility[l] <= 0) continue;
    const { direction: d, irradiance } = lamps[l];
    const flat = hit.nx * d[0] + hit.ny * d[1] + hit.nz * d[2];
    const tilted = bumped[0] * d[0] + bumped[1] * d[1] + bumped[2] * d[2];
    const more = strength * hit.visibility[l] * (Math.max(0, tilted) - Math.max(0, flat));
    for (let k = 0; k < 3; k++) hit.irradiance[k] = Math.max(0, hit.irradiance[k] + more * irradiance[k]);
  }
}

const skin: Shader = ({ colour }, hit, { lighting, lamps }, out) => {
  roughen(hit, 0.9, 0.26, 2.1, 0.16);
  const n = bumped;
  addRelief(hit, lamps, 0.4);
  const blotch =
    0.94 + 0.06 * noise(hit.x * 1.5, hit.y * 1.5, hit.z * 1.5) + 0.06 * noise(hit.x * 0.3, hit.y * 0.3, hit.z * 0.3);
  let shine = 0;
  for (let l = 0; l < lamps.length; l++) {
    const seen = hit.visibility[l];
    if (seen <= 0) continue;
    const [lx, ly, lz] = lamps[l].direction;
    const lobes = 0.8 * gloss(n, hit, lx, ly, lz, 0.55, 0.026) + 0.2 * gloss(n, hit, lx, ly, lz, 0.36, 0.026);
    shine += seen * lobes * lamps[l].irradiance[1];
  }
  const facing = clamp(hit.nx * hit.vx + hit.ny * hit.vy + hit.nz * hit.vz);
  const fresnel = 0.015 + 0.15 * (1 - facing) ** 4;
  reflect(hit, n, lighting);
  for (let k = 0; k < 3; k++)
    out[k] =
      (blotch * colour[k] * hit.texel[k] * hit.irradiance[k]) / Math.PI +
      shine +
      fresnel * hit.openness * Math.min(1, mirror[k]);
  out[3] = 1;
};

/** Leaves in `mirror` the radiance seen in the mirror direction about `n`. */
function reflect(hit: Hit, n: readonly number[], lighting: Lighting): void {
  const d = 2 * (n[0] * hit.vx + n[1] * hit.vy + n[2] * hit.vz);
  radiance(lighting, d * n[0] - hit.vx, d * n[1] - hit.vy, d * n[2] - hit.vz, mirror);
}

/** Where the eye textures show the irises: middles and radius as shares of the picture. */
const irises = [
  [0.705, 0.295],
  [0.292, 0.708],
] as const;
const irisRadius = 0.114;

const eye: Shader = ({ colour }, hit, _, out) => {
  const r = Math.min(...irises.map(([u, v]) => Math.hypot(hit.u - u, hit.v - v))) / irisRadius;
  const [red, green, blue] = hit.texel;
  const grey = luminance(red, green, blue);
  // The iris is darker towards its rim, and its texture too colourful; the white is not white.
  const iris = 1 - smoothstep(0.93, 1.08, r);
  const rim = 1 - 0.75 * smoothstep(0.6, 1, r) * (1 - smoothstep(1, 1.12, r));
  for (let k = 0; k < 3; k++) {
    const calm = mix(grey, hit.texel[k], mix(0.8, 0.65, iris)) * mix(0.72, 0.62, iris) * rim;
    out[k] = (calm * mix(1, colour[k], 1 - iris) * hit.irradiance[k]) / Math.PI;
  }
  out[3] = 1;
};

const cornea: Shader = (_, hit, { lighting }, out) => {
  bumped[0] = hit.nx;
  bumped[1] = hit.ny;
  bumped[2] = hit.nz;
  reflect(hit, bumped, lighting);
  const facing = clamp(hit.nx * hit.vx + hit.ny * hit.vy + hit.nz * hit.vz);
  const fresnel = 0.025 + 0.975 * (1 - facing) ** 5;
  const open = smoothstep(0.05, 0.5, hit.openness);
  for (let k = 0; k < 3; k++) out[k] = Math.min(fresnel, 0.15) * open * mirror[k];
  out[3] = 0;
};

const teeth: Shader = (_, hit, __, out) => {
  for (let k = 0; k < 3; k++) out[k] = (0.8 * hit.texel[k] * hit.irradiance[k]) / Math.PI;
  out[3] = 1;
};

const cloth: Shader = ({ colour }, hit, { lamps }, out) => {
  const knit = 0.91 + 0.18 * noise(hit.x * 1.3, hit.y * 1.3, hit.z * 1.3);
  // Folds: how much more or less of each lamp the bumped cloth sees.
  roughen(hit, 0.035, 1.6, 0.09, 0.35);
  addRelief(hit, lamps, 1);
  const facing = clamp(hit.nx * hit.vx + hit.ny * hit.vy + hit.nz * hit.vz);
  const fuzz = 1 + 0.5 * (1 - facing) ** 3;
  for (let k = 0; k < 3; k++) out[k] = (colour[k] * knit * fuzz * hit.irradiance[k]) / Math.PI;
  out[3] = 1;
};

const dark: Shader = ({ colour }, hit, _, out) => {
  for (let k = 0; k < 3; k++) out[k] = (colour[k] * hit.irradiance[k]) / Math.PI;
  out[3] = hit.texel[3];
};

const hair: Shader = (part, hit, lights, out) => {
  const detail = Math.min(1.4, luminance(hit.texel[0], hit.texel[1], hit.texel[2]) / part.brightness);
  shadeHair(part, hit, lights, mix(0.8, 0.8 * detail, 0.8), 0.1 * (detail - 1), out);
  out[3] = hit.texel[3];
};

const strand: Shader = (part, hit, lights, out) => {
  shadeHair(part, hit, lights, 0.65 + 0.8 * hit.u * hit.u, 0.12 * (hit.u - 0.5), out);
  out[3] = 1;
};

/**
 * Soft scattering, and two highlights across the strands: a white one, and a wider coloured one from light that passed
 * through the hair (Kajiya and Kay 1989; shifted as in Marschner 2003).
 */
function shadeHair(
  { colour }: LitPart,
  hit: Hit,
  { lamps }: PassLights,
  tone: number,
  shiftBy: number,
  out: Float64Array,
): void {
  for (let k = 0; k < 3; k++) out[k] = (colour[k] * tone * hit.irradiance[k] * 0.8) / Math.PI;
  const tv = hit.tx * hit.vx + hit.ty * hit.vy + hit.tz * hit.vz;
  const sinView = Math.sqrt(Math.max(0, 1 - tv * tv));
  for (let l = 0; l < lamps.length; l++) {
    const seen = hit.visibility[l];
    if (seen <= 0) continue;
    const { direction, irradiance } = lamps[l];
    const tl = hit.tx * direction[0] + hit.ty * direction[1] + hit.tz * direction[2];
    const sinLight = Math.sqrt(Math.max(0, 1 - tl * tl));
    const angle = Math.acos(clamp(sinLight * sinView - tl * tv, -1, 1));
    const first = Math.exp(-(((angle - 0.1 - shiftBy) / 0.14) ** 2));
    const second = Math.exp(-(((angle - 0.3 - shiftBy) / 0.32) ** 2));
    for (let k = 0; k < 3; k++)
      out[k] += seen * irradiance[k] * sinLight * tone * (0.018 * first + 0.16 * colour[k] * second);
  }
}

export const shaders: Record<Material, Shader> = {
  skin,
  eye,
  cornea,
  teeth,
  tongue: teeth,
  cloth,
  brow: dark,
  lash: dark,
  hair,
  strand,
};
