import { type Camera, shConstants } from "cameo";
import { type LitVertices, lightAt, maxLamps, tangentAt, vertexStride } from "../light/illuminate.ts";
import { type LightingSpec, surroundings, surroundingsSh } from "../light/lighting.ts";
import { clamp, hash } from "../noise.ts";
import type { Part } from "../part.ts";
import { sampleColour } from "../texture.ts";
import type { Scene } from "../view/place.ts";

/** A place on a surface, interpolated from its corners; and what is seen of it. One object serves all pixels. */
export interface Hit {
  part: Part;
  /** How many places were added up. */
  count: number;
  /** Camera-space direction to the eye, unit length. */
  readonly view: Float64Array;
  /** As in {@link LitVertices}: first sums, then means; tangents only of hair. The next three are parts of it. */
  readonly values: Float64Array;
  readonly normal: Float64Array;
  readonly light: Float64Array;
  readonly tangent: Float64Array;
  /** Factors of the vertices' colours. */
  readonly tint: Float64Array;
  u: number;
  v: number;
  /** Linear reflectance and alpha. */
  readonly albedo: Float64Array;
  /** Linear light towards the eye. */
  readonly colour: Float64Array;
}

function createHit(part: Part): Hit {
  const values = new Float64Array(vertexStride);
  return {
    part,
    count: 0,
    view: new Float64Array(3),
    values,
    normal: values.subarray(0, lightAt),
    light: values.subarray(lightAt, tangentAt),
    tangent: values.subarray(tangentAt),
    tint: new Float64Array(3),
    u: 0,
    v: 0,
    albedo: new Float64Array(4),
    colour: new Float64Array(3),
  };
}

/** A scene with its light, ready to be shaded. */
export interface Stage {
  readonly scene: Scene;
  readonly vertices: LitVertices;
  readonly lamps: Lamps;
  readonly lighting: LightingSpec;
  /** Radiance of the surroundings as a rough surface mirrors it: harmonics of camera space for cameo's `shade`, 3k + c. */
  readonly glossy: Float64Array;
  /** 0 dry to 1 wet. */
  readonly oiliness: number;
  readonly hit: Hit;
}

/** Lamps in camera space, three numbers each. */
interface Lamps {
  readonly count: number;
  readonly directions: Float64Array;
  readonly colours: Float64Array;
}

/** How much of the harmonics of each band a rough surface mirrors, by what the cosine lobe leaves of them. */
const glossyBands = [1, 0.82 / (2 / 3), 0.55 / (1 / 4)] as const;

export function createStage(scene: Scene, vertices: LitVertices, lighting: LightingSpec, oiliness: number): Stage {
  const glossy = surroundingsSh(lighting);
  for (let b = 0; b < 9; b++) {
    const sign = b === 1 || b === 2 || b === 4 || b === 7 ? -1 : 1;
    const band = b === 0 ? 0 : b < 4 ? 1 : 2;
    for (let c = 0; c < 3; c++) glossy[3 * b + c] *= sign * glossyBands[band] * shConstants[b];
  }
  const lamps = lighting.lamps.slice(0, maxLamps);
  return {
    scene,
    vertices,
    lighting,
    glossy,
    oiliness,
    lamps: {
      count: lamps.length,
      directions: Float64Array.from(lamps.flatMap(({ direction: [x, y, z] }) => [x, -y, -z])),
      colours: Float64Array.from(lamps.flatMap(({ colour }) => colour)),
    },
    hit: createHit(scene.parts[0]?.part),
  };
}

/** Looks through a place of the picture, pixels: so do all hits from here on. */
export function aim({ hit: { view } }: Stage, { fx, fy, cx, cy }: Camera, u: number, v: number): void {
  view[0] = (cx - u) / fx;
  view[1] = (cy - v) / fy;
  view[2] = -1;
  normalise(view);
}

/** Begins a new hit. */
export function startHit(hit: Hit, part: Part): void {
  const { values, tint } = hit;
  hit.part = part;
  hit.count = 0;
  for (let n = 0; n < vertexStride; n++) values[n] = 0;
  for (let n = 0; n < 3; n++) tint[n] = 0;
  hit.u = 0;
  hit.v = 0;
}

/** How many of the numbers of a vertex its material shades with. */
const strideOf = ({ material }: Part): number => (material === "hair" ? vertexStride : tangentAt);

/**
 * Adds a place of a triangle of the part whose vertices begin at `first`.
 * @param weights those of the triangle's first and second corner are at 2 `at`
 */
export function addToHit(
  { scene, vertices, hit }: Stage,
  first: number,
  triangle: number,
  weights: Float32Array,
  at: number,
): void {
  const { triangles, uvs, uvTriangles } = scene;
  const { values, tint, part } = hit;
  const stride = strideOf(part);
  const a = weights[2 * at];
  const b = weights[2 * at + 1];
  const c = 1 - a - b;
  const t = 3 * triangle;
  const va = triangles[t];
  const vb = triangles[t + 1];
  const vc = triangles[t + 2];
  const i = vertexStride * va;
  const j = vertexStride * vb;
  const k = vertexStride * vc;
  for (let n = 0; n < stride; n++) values[n] += a * vertices[i + n] + b * vertices[j + n] + c * vertices[k + n];
  if (part.colours) {
    const { colours } = part;
    const ca = 3 * (va - first);
    const cb = 3 * (vb - first);
    const cc = 3 * (vc - first);
    for (let n = 0; n < 3; n++) tint[n] += a * colours[ca + n] + b * colours[cb + n] + c * colours[cc + n];
  }
  if (part.texture) {
    const p = 2 * uvTriangles[t];
    const q = 2 * uvTriangles[t + 1];
    const r = 2 * uvTriangles[t + 2];
    const u = a * uvs[p] + b * uvs[q] + c * uvs[r];
    const v = a * uvs[p + 1] + b * uvs[q + 1] + c * uvs[r + 1];
    // Across a seam of the texture there is no mean: the first place counts.
    const isNear =
      hit.count === 0 || Math.abs(hit.u - u * hit.count) + Math.abs(hit.v - v * hit.count) < 0.05 * hit.count;
    hit.u += isNear ? u : hit.u / hit.count;
    hit.v += isNear ? v : hit.v / hit.count;
  }
  hit.count++;
}

const mirrored = new Float64Array(3);
const bumped = new Float64Array(3);

/** Turns the sums into means, reads the texture, and computes the light towards the eye. */
export function shadeHit(stage: Stage): void {
  const { hit } = stage;
  const { part, view, values, normal, tangent, light, tint, albedo, colour } = hit;
  const mean = 1 / hit.count;
  const stride = strideOf(part);
  for (let n = 0; n < stride; n++) values[n] *= mean;
  normalise(normal);
  let facing = normal[0] * view[0] + normal[1] * view[1] + normal[2] * view[2];
  if (part.doubleSided && facing < 0) {
    for (let n = 0; n < 3; n++) normal[n] = -normal[n];
    facing = -facing;
  }
  facing = clamp(facing);
  hit.u *= mean;
  hit.v *= mean;
  if (part.texture) sampleColour(part.texture, hit.u, hit.v, albedo);
  else albedo.fill(1);
  for (let n = 0; n < 3; n++) albedo[n] *= part.colour[n] * (part.colours ? tint[n] * mean : 1);

  switch (part.material) {
    case "skin":
    case "tongue":
      shadeSkin(stage, facing);
      break;
    case "eye":
      for (let n = 0; n < 3; n++) colour[n] = albedo[n] * light[n];
      break;
    case "teeth": {
      // They stand in the dark of the mouth.
      const open = 0.5 + 0.5 * light[3];
      for (let n = 0; n < 3; n++) colour[n] = open * albedo[n] * light[n];
      addGloss(stage, normal, facing, 0.3, 0.04, open);
      break;
    }
    case "hair":
      normalise(tangent);
      shadeHair(stage, facing);
      break;
    case "brow":
    case "lash":
      for (let n = 0; n < 3; n++) colour[n] = albedo[n] * light[n];
      break;
    case "cloth": {
      const edge = 1 - facing;
      const fuzz = 1 + 0.45 * edge * edge * edge;
      for (let n = 0; n < 3; n++) colour[n] = albedo[n] * light[n] * fuzz;
      break;
    }
    case "metal":
      reflect(view, normal);
      sharpRadiance(stage, mirrored[0], mirrored[1], mirrored[2], colour);
      for (let n = 0; n < 3; n++) {
        const f = albedo[n] + (1 - albedo[n]) * fifth(1 - facing);
        colour[n] = 0.85 * f * (0.2 + 0.8 * light[3]) * Math.min(4, colour[n]) + 0.15 * albedo[n] * light[n];
      }
      break;
    case "plastic":
    case "glass":
    case "cornea":
      for (let n = 0; n < 3; n++) colour[n] = albedo[n] * light[n];
      addGloss(stage, normal, facing, 0.22, 0.045, 1);
      addRoughMirror(stage, normal, 0.03 + 0.5 * fifth(1 - facing));
      break;
  }
}

/** Computes the light that a clear surface (cornea, spectacle lens) mirrors. */
export function mirrorHit(stage: Stage): void {
  const { hit } = stage;
  const { view, normal, colour } = hit;
  normalise(normal);
  const facing = clamp(normal[0] * view[0] + normal[1] * view[1] + normal[2] * view[2]);
  reflect(view, normal);
  sharpRadiance(stage, mirrored[0], mirrored[1], mirrored[2], colour);
  const fresnel = 0.03 + 0.6 * fifth(1 - facing);
  for (let n = 0; n < 3; n++) colour[n] = fresnel * colour[n];
}

/** Powers by multiplication: the engine's own are many times as slow. */
const fourth = (x: number) => x * x * (x * x);
const fifth = (x: number) => x * x * (x * x) * x;

function normalise(v: Float64Array): void {
  const length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  const scale = length > 0 ? 1 / length : 0;
  v[0] *= scale;
  v[1] *= scale;
  v[2] *= scale;
}

/** Leaves in `mirrored` where the eye looks by way of a mirror. */
function reflect(view: Float64Array, n: Float64Array): void {
  const d = 2 * (n[0] * view[0] + n[1] * view[1] + n[2] * view[2]);
  for (let k = 0; k < 3; k++) mirrored[k] = d * n[k] - view[k];
}

/** Random tilts of a surface, in x and y, repeated over the plane. */
const grainSize = 128;
const grain = Float32Array.from(
  { length: 2 * grainSize ** 2 },
  (_, i) => hash(i, 3, 5) + hash(i, 4, 5) + hash(i, 6, 5) - 1.5,
);

/** Pores and fine wrinkles: leaves a tilted normal in `bumped`. */
function roughen({ hit }: Stage, strength: number): void {
  const x = Math.floor(hit.u * 1500) & (grainSize - 1);
  const y = Math.floor(hit.v * 1500) & (grainSize - 1);
  const g = 2 * (y * grainSize + x);
  bumped[0] = hit.normal[0] + strength * grain[g];
  bumped[1] = hit.normal[1] + strength * grain[g + 1];
  bumped[2] = hit.normal[2];
  normalise(bumped);
}

function shadeSkin(stage: Stage, facing: number): void {
  const { hit, oiliness, lamps } = stage;
  const { albedo, light, colour, normal } = hit;
  roughen(stage, 0.04);
  for (let n = 0; n < 3; n++) colour[n] = albedo[n] * light[n];
  // Bumps see more or less of each lamp.
  for (let l = 0; l < lamps.count; l++) {
    const seen = light[4 + l];
    if (seen <= 0) continue;
    const d = lamps.directions;
    const o = 3 * l;
    const more =
      0.5 *
      seen *
      ((bumped[0] - normal[0]) * d[o] + (bumped[1] - normal[1]) * d[o + 1] + (bumped[2] - normal[2]) * d[o + 2]);
    for (let n = 0; n < 3; n++) colour[n] = Math.max(0, colour[n] + more * albedo[n] * lamps.colours[o + n]);
  }
  const isTongue = hit.part.material === "tongue";
  const wet = isTongue ? 0.9 : oiliness;
  addGloss(stage, bumped, facing, 0.58, 0.028, 0.8 - 0.2 * wet);
  addGloss(stage, bumped, facing, 0.42 - 0.12 * wet, 0.028, 0.1 + 0.35 * wet);
  addRoughMirror(stage, normal, 0.014 + 0.02 * wet + 0.16 * fourth(1 - facing));
}

/**
 * Adds the highlights of all lamps: Trowbridge–Reitz lobe with height-correlated shadowing (Walter 2007, Heitz 2014) and
 * Schlick's Fresnel term.
 */
function addGloss(
  { hit, lamps }: Stage,
  n: Float64Array,
  facing: number,
  roughness: number,
  f0: number,
  strength: number,
): void {
  const { view } = hit;
  const a2 = fourth(roughness);
  const nv = Math.max(0.05, facing);
  const sv = Math.sqrt(nv * nv * (1 - a2) + a2);
  const { light, colour } = hit;
  for (let l = 0; l < lamps.count; l++) {
    const seen = light[4 + l];
    if (seen <= 0.01) continue;
    const o = 3 * l;
    const lx = lamps.directions[o];
    const ly = lamps.directions[o + 1];
    const lz = lamps.directions[o + 2];
    const nl = n[0] * lx + n[1] * ly + n[2] * lz;
    if (nl <= 0) continue;
    let hx = lx + view[0];
    let hy = ly + view[1];
    let hz = lz + view[2];
    const h = 1 / Math.sqrt(hx * hx + hy * hy + hz * hz + 1e-12);
    hx *= h;
    hy *= h;
    hz *= h;
    const nh = n[0] * hx + n[1] * hy + n[2] * hz;
    const edge = 1 - clamp(view[0] * hx + view[1] * hy + view[2] * hz);
    const e2 = edge * edge;
    const q = nh * nh * (a2 - 1) + 1;
    const shadowing = 0.5 / (nl * sv + nv * Math.sqrt(nl * nl * (1 - a2) + a2));
    // π of the lobe and that of the lamp's irradiance cancel.
    const lobe = (strength * seen * a2 * shadowing * (f0 + (1 - f0) * e2 * e2 * edge) * nl) / (q * q);
    colour[0] += lobe * lamps.colours[o];
    colour[1] += lobe * lamps.colours[o + 1];
    colour[2] += lobe * lamps.colours[o + 2];
  }
}

/** Adds a blurred mirror image of the surroundings, where they are open. */
function addRoughMirror({ hit, glossy: g }: Stage, n: Float64Array, strength: number): void {
  const { view } = hit;
  const d = 2 * (n[0] * view[0] + n[1] * view[1] + n[2] * view[2]);
  const x = d * n[0] - view[0];
  const y = d * n[1] - view[1];
  const z = d * n[2] - view[2];
  const open = strength * hit.light[3];
  const xy = x * y;
  const yz = y * z;
  const zz = 3 * z * z - 1;
  const xz = x * z;
  const xx = x * x - y * y;
  for (let c = 0; c < 3; c++) {
    const radiance =
      g[c] +
      g[3 + c] * y +
      g[6 + c] * z +
      g[9 + c] * x +
      g[12 + c] * xy +
      g[15 + c] * yz +
      g[18 + c] * zz +
      g[21 + c] * xz +
      g[24 + c] * xx;
    if (radiance > 0) hit.colour[c] += open * radiance;
  }
}

const away = new Float64Array(3);

/** Radiance from a camera-space direction: surroundings and lamps, these at least 9° wide, since small mirrors are strongly bent. */
function sharpRadiance({ lighting }: Stage, x: number, y: number, z: number, out: Float64Array): void {
  surroundings(lighting, x, -y, -z, out);
  for (const { direction: d, radius, shape, colour } of lighting.lamps) {
    const cosine = x * d[0] - y * d[1] - z * d[2];
    if (cosine <= 0) continue;
    const width = (Math.max(9, radius) * Math.PI) / 180;
    away[0] = x - cosine * d[0];
    away[1] = -y - cosine * d[1];
    away[2] = -z - cosine * d[2];
    let distance = Math.sqrt(away[0] * away[0] + away[1] * away[1] + away[2] * away[2]);
    if (shape === "square") {
      const up = away[1] / Math.sqrt(Math.max(1e-6, 1 - d[1] * d[1]));
      distance = 0.9 * Math.max(Math.abs(up), Math.sqrt(Math.max(0, distance * distance - up * up)));
    }
    const inside = clamp((1.25 * width - distance) / (0.5 * width));
    if (inside <= 0) continue;
    const radiance = inside / (width * width);
    for (let c = 0; c < 3; c++) out[c] += radiance * colour[c];
  }
}

/**
 * Hair: light scattered in its volume; a white highlight, a wider coloured one that passed through the strands (both shifted
 * along them: Kajiya and Kay 1989, Marschner 2003), and light that comes straight through from behind.
 */
function shadeHair({ hit, lamps, glossy }: Stage, facing: number): void {
  const { view, albedo, light, colour, normal, tangent: t } = hit;
  for (let n = 0; n < 3; n++) colour[n] = 0.85 * albedo[n] * light[n];
  const hasDirection = t[0] !== 0 || t[1] !== 0 || t[2] !== 0;
  if (!hasDirection) return;
  // Strands lie a little askew.
  const skew = 0.3 * (hash(Math.floor(hit.u * 400), Math.floor(hit.v * 8), 1) - 0.5);
  const first = -0.09 + skew;
  const second = 0.16 + skew;
  const sky = 0.022 * light[3] * facing;
  for (let n = 0; n < 3; n++) colour[n] += sky * Math.max(0, glossy[n]);
  for (let l = 0; l < lamps.count; l++) {
    const seen = light[4 + l];
    if (seen <= 0.02) continue;
    const o = 3 * l;
    const lx = lamps.directions[o];
    const ly = lamps.directions[o + 1];
    const lz = lamps.directions[o + 2];
    const lv = lx * view[0] + ly * view[1] + lz * view[2];
    const h = 1 / Math.sqrt(2 + 2 * lv + 1e-6);
    const hx = (lx + view[0]) * h;
    const hy = (ly + view[1]) * h;
    const hz = (lz + view[2]) * h;
    const th = t[0] * hx + t[1] * hy + t[2] * hz;
    const nh = normal[0] * hx + normal[1] * hy + normal[2] * hz;
    const side = clamp(0.45 + normal[0] * lx + normal[1] * ly + normal[2] * lz);
    // Squared sines against the shifted strands; powers by squaring.
    const c1 = (th + first * nh) ** 2 / (1 + first * first);
    const c2 = (th + second * nh) ** 2 / (1 + second * second);
    let white = Math.max(0, 1 - c1);
    white *= white;
    white *= white;
    white *= white;
    white *= white;
    white *= white;
    let tinted = Math.max(0, 1 - c2);
    tinted *= tinted;
    tinted *= tinted;
    tinted *= tinted;
    const tl = t[0] * lx + t[1] * ly + t[2] * lz;
    const through = lv < 0 ? lv * lv * lv * lv * Math.sqrt(Math.max(0, 1 - tl * tl)) : 0;
    for (let n = 0; n < 3; n++)
      colour[n] +=
        seen *
        lamps.colours[o + n] *
        (side * (0.055 * white + 0.5 * albedo[n] * tinted) + 1.1 * Math.sqrt(albedo[n]) * albedo[n] * through);
  }
}
