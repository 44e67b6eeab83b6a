import { type Lighting, type LightSample, radiance } from "./light.ts";
import { clamp, mix, noise, smoothstep } from "./random.ts";
import type { Material, Part } from "./scene.ts";
import { type StrandMap, strandTangents } from "./strands.ts";
import { linearColour, meanColour, sample } from "./texture.ts";
import type { Received } from "./transfer.ts";

/** A part with all that shading needs. */
export interface LitPart extends Part {
  readonly received: Received;
  /** Colour that replaces or tints the texture, linear. */
  readonly colour: readonly [number, number, number];
  /** Luminance of the texture's mean colour. */
  readonly brightness: number;
  /** Strand direction per triangle, for hair. */
  readonly tangents: Float32Array | null;
}

export function createLitPart(part: Part, received: Received, colour: string, strands: StrandMap | null): LitPart {
  const { positions, triangles, uvs } = part.surface;
  return {
    ...part,
    received,
    colour: linearColour(colour),
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
  openness: 0,
  irradiance: new Float64Array(3),
  visibility: new Float64Array(lamps),
  texel: new Float64Array(4),
});

/** Alpha of a part at a point of a triangle. */
export function alphaAt({ surface: { uvs }, texture }: Part, t: number, wa: number, wb: number, hit: Hit): number {
  const i = 6 * t;
  const wc = 1 - wa - wb;
  sample(
    texture,
    wa * uvs[i] + wb * uvs[i + 2] + wc * uvs[i + 4],
    wa * uvs[i + 1] + wb * uvs[i + 3] + wc * uvs[i + 5],
    hit.texel,
  );
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
    hit.tx = tangents[3 * t];
    hit.ty = tangents[3 * t + 1];
    hit.tz = tangents[3 * t + 2];
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

const bumped = [0, 0, 0];

/** Pores and fine wrinkles: tilts the normal by the slope of noise fixed to the camera-space point. */
function roughen(hit: Hit, amount: number): readonly number[] {
  const slope = (s: number, strength: number) => {
    const e = 0.3;
    const here = noise(hit.x * s, hit.y * s, hit.z * s);
    bumped[0] -= strength * (noise((hit.x + e) * s, hit.y * s, hit.z * s) - here);
    bumped[1] -= strength * (noise(hit.x * s, (hit.y + e) * s, hit.z * s) - here);
    bumped[2] -= strength * (noise(hit.x * s, hit.y * s, (hit.z + e) * s) - here);
  };
  bumped[0] = hit.nx;
  bumped[1] = hit.ny;
  bumped[2] = hit.nz;
  slope(0.9, 0.35 * amount);
  slope(2.1, 0.3 * amount);
  const length = Math.hypot(bumped[0], bumped[1], bumped[2]);
  for (let k = 0; k < 3; k++) bumped[k] /= length;
  return bumped;
}

const skin: Shader = (_, hit, { lighting, lamps }, out) => {
  const n = roughen(hit, 1);
  let shine = 0;
  for (let l = 0; l < lamps.length; l++) {
    const seen = hit.visibility[l];
    if (seen <= 0) continue;
    const [lx, ly, lz] = lamps[l].direction;
    const lobes = 0.75 * gloss(n, hit, lx, ly, lz, 0.52, 0.028) + 0.25 * gloss(n, hit, lx, ly, lz, 0.34, 0.028);
    shine += seen * lobes * lamps[l].irradiance[1];
  }
  const facing = clamp(hit.nx * hit.vx + hit.ny * hit.vy + hit.nz * hit.vz);
  const fresnel = 0.02 + 0.25 * (1 - facing) ** 4;
  reflect(hit, n, lighting);
  for (let k = 0; k < 3; k++)
    out[k] = (hit.texel[k] * hit.irradiance[k]) / Math.PI + shine + fresnel * hit.openness * Math.min(1, mirror[k]);
  out[3] = 1;
};

/** Leaves in `mirror` the radiance seen in the mirror direction about `n`. */
function reflect(hit: Hit, n: readonly number[], lighting: Lighting): void {
  const d = 2 * (n[0] * hit.vx + n[1] * hit.vy + n[2] * hit.vz);
  radiance(lighting, d * n[0] - hit.vx, d * n[1] - hit.vy, d * n[2] - hit.vz, mirror);
}

const eye: Shader = (_, hit, __, out) => {
  for (let k = 0; k < 3; k++) out[k] = (0.75 * hit.texel[k] * hit.irradiance[k]) / Math.PI;
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

const cloth: Shader = ({ colour }, hit, _, out) => {
  const knit = 0.9 + 0.2 * noise(hit.x * 1.1, hit.y * 1.1, hit.z * 1.1);
  for (let k = 0; k < 3; k++) out[k] = (colour[k] * knit * hit.irradiance[k]) / Math.PI;
  out[3] = 1;
};

const dark: Shader = ({ colour }, hit, _, out) => {
  for (let k = 0; k < 3; k++) out[k] = (colour[k] * hit.irradiance[k]) / Math.PI;
  out[3] = hit.texel[3];
};

/** Hair: soft scattering, and two highlights across the strands (Kajiya and Kay 1989, shifted as in Marschner 2003). */
const hair: Shader = ({ colour, brightness }, hit, { lamps }, out) => {
  const detail = luminance(hit.texel[0], hit.texel[1], hit.texel[2]) / brightness;
  const tone = mix(1, detail, 0.85);
  out[0] = out[1] = out[2] = 0;
  const tv = hit.tx * hit.vx + hit.ty * hit.vy + hit.tz * hit.vz;
  const sinView = Math.sqrt(Math.max(0, 1 - tv * tv));
  for (let l = 0; l < lamps.length; l++) {
    const seen = hit.visibility[l];
    if (seen <= 0) continue;
    const { direction, irradiance } = lamps[l];
    const tl = hit.tx * direction[0] + hit.ty * direction[1] + hit.tz * direction[2];
    const sinLight = Math.sqrt(Math.max(0, 1 - tl * tl));
    // cos of the angle between the light's cone about the strand and the eye, in the plane of the strand.
    const along = sinLight * sinView - tl * tv;
    const shift = 0.12 + 0.1 * (detail - 1);
    const angle = Math.acos(clamp(along, -1, 1));
    const first = Math.exp(-(((angle - shift) / 0.13) ** 2));
    const second = Math.exp(-(((angle - shift - 0.2) / 0.28) ** 2));
    for (let k = 0; k < 3; k++)
      out[k] += seen * irradiance[k] * sinLight * (0.05 * first + 0.22 * colour[k] * second) * tone;
  }
  for (let k = 0; k < 3; k++) out[k] += (colour[k] * tone * hit.irradiance[k] * 1.1) / Math.PI;
  out[3] = hit.texel[3];
};

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
};
