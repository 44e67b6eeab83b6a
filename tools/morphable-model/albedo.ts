import type { Pack } from "@cameo/synth";
import {
  bodyFaceCount,
  browStyles,
  type Cage,
  fitPart,
  floodFaces,
  irises as irisNames,
  loopEdges,
  placeCage,
  quadTopology,
  readPart,
  readPicture,
  skinNames,
} from "@cameo/synth";
import { applySparse, linearOfSrgb, Region } from "cameo";
import sharp from "sharp";
import { smoothstep } from "./expressions.ts";
import { eyeRings, irisAngle, type Patch, pupilAngle } from "./patches.ts";
import type { Random } from "./random.ts";
import type { Surface } from "./surface.ts";

/** A picture with alpha, 8 bits a channel, interleaved. */
interface Texture {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

async function readTexture({ folder }: Pack, name: string): Promise<Texture> {
  const { data, info } = await sharp(await readPicture(folder, name))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** r, g, b, a at a position (u right, v up), nearest texel; colours are linear. */
function texel({ width, height, data }: Texture, u: number, v: number, out: Float64Array): void {
  const x = Math.min(width - 1, Math.max(0, Math.floor(u * width)));
  const y = Math.min(height - 1, Math.max(0, Math.floor((1 - v) * height)));
  const at = 4 * (y * width + x);
  for (let c = 0; c < 3; c++) out[c] = linearOfSrgb[data[at + c]];
  out[3] = data[at + 3] / 255;
}

/** What the albedo of a head is mixed from. Arrays of r, g, b run over all surface vertices; masks have one number each. */
export interface Palette {
  /** Skins on the skin's vertices. */
  readonly skins: readonly Float32Array[];
  readonly brows: readonly Float32Array[];
  readonly lips: Float32Array;
  readonly faceShare: Float32Array;
  readonly scalp: Float32Array;
  readonly beard: Float32Array;
  readonly moustache: Float32Array;
  readonly chinBeard: Float32Array;
  /** Where blood shows: cheeks, nose, ears, chin. */
  readonly blood: readonly Float32Array[];
  readonly underEyes: Float32Array;
  /** Irises with their pupils, and the white, by ring of vertices: r, g, b. */
  readonly irises: readonly Float32Array[];
  /** Teeth, gums and tongue on their vertices. */
  readonly mouth: Float32Array;
  /** Positions on the reference head, mm, about the middle between the eyes. */
  readonly positions: Float32Array;
}

/** Mean luminance that all skins are drawn towards, and how far: MakeHuman's are as bright as lit photos, or too dark. */
const skinLuminance = { mean: 0.22, pull: 0.55 } as const;

const luminance = (r: number, g: number, b: number) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/**
 * A skin as the model wants it: its brightness moderated, and the scalp, which MakeHuman paints with hair of its own
 * colour, in the colour of the face, half-way between the face's brightness and its own.
 */
function moderated(skin: Float32Array, face: Float32Array, scalp: Float32Array): Float32Array {
  const tone = [0, 0, 0];
  let weight = 0;
  for (let v = 0; v < skin.length / 3; v++) {
    weight += face[v];
    for (let c = 0; c < 3; c++) tone[c] += face[v] * skin[3 * v + c];
  }
  const mean = luminance(tone[0], tone[1], tone[2]) / weight;
  const gain = (skinLuminance.mean / mean) ** skinLuminance.pull;
  const hue = tone.map((t) => t / weight / mean);
  return skin.map((x, i) => {
    const v = Math.floor(i / 3);
    const own = luminance(skin[3 * v], skin[3 * v + 1], skin[3 * v + 2]);
    return gain * (x + scalp[v] * (Math.sqrt(own * mean) * hue[i % 3] - x));
  });
}

/** How much brighter than their textures teeth and tongue are. */
const mouthGain = { teeth: 1.3, tongue: 0.55 } as const;

export async function readPalette(pack: Pack, cage: Cage, surface: Surface): Promise<Palette> {
  const points = placeCage(pack, cage, pack.reference);
  const centre = [0, 1, 2].map(
    (axis) => (points[3 * cage.start.eyeLeft + axis] + points[3 * cage.start.eyeRight + axis]) / 2,
  );
  const positions = applySparse(
    surface.refinement,
    Float32Array.from(points, (x, i) => x - centre[i % 3]),
    3,
  );
  const [skin, tongue, teeth] = surface.patches;
  const zones = zoneMasks(pack, cage, surface, positions);
  const skins: Float32Array[] = [];
  for (const name of skinNames) {
    const texture = await readTexture(pack, `skins/${name}.jpg`);
    skins.push(moderated(sampleVertices(skin.patch, texture), zones.faceShare, zones.scalp));
  }
  const mouth = new Float32Array(3 * surface.vertexCount);
  for (const [{ patch, first }, file, gain] of [
    [tongue, "tongue/tongue01_diffuse.jpg", mouthGain.tongue],
    [teeth, "teeth/teeth.png", mouthGain.teeth],
  ] as const) {
    const colours = sampleVertices(patch, await readTexture(pack, file));
    mouth.set(
      colours.map((x) => gain * x),
      3 * first,
    );
  }
  const irises: Float32Array[] = [];
  for (const name of irisNames) irises.push(sampleRings(await readTexture(pack, `eyes/textures/${name}.png`)));
  return {
    skins,
    brows: await browMasks(pack, positions, centre, surface),
    ...zones,
    irises,
    mouth,
    positions,
  };
}

/** Samples along each side of the quarter of a face that belongs to a corner. */
const samplesPerSide = 4;

/** Mean colour (linear r, g, b) of a texture about each vertex of a patch: over the quarters of its faces. */
function sampleVertices({ rows, faces, uvFaces, uvs }: Patch, texture: Texture): Float32Array {
  const sums = new Float64Array(4 * rows.length);
  const pixel = new Float64Array(4);
  for (let f = 0; f < faces.length; f += 4)
    for (let k = 0; k < 4; k++) {
      const at = 4 * faces[f + k];
      const uv = [0, 1, 2, 3].map((n) => uvFaces[f + ((k + n) % 4)]);
      for (let i = 0; i < samplesPerSide; i++)
        for (let j = 0; j < samplesPerSide; j++) {
          const s = (i + 0.5) / samplesPerSide / 2;
          const t = (j + 0.5) / samplesPerSide / 2;
          const w = [(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t];
          let u = 0;
          let v = 0;
          for (let n = 0; n < 4; n++) {
            u += w[n] * uvs[2 * uv[n]];
            v += w[n] * uvs[2 * uv[n] + 1];
          }
          texel(texture, u, v, pixel);
          if (pixel[3] === 0) continue;
          for (let c = 0; c < 3; c++) sums[at + c] += pixel[c];
          sums[at + 3]++;
        }
    }
  return Float32Array.from({ length: 3 * rows.length }, (_, i) => {
    const at = 4 * Math.floor(i / 3);
    return sums[at + 3] > 0 ? sums[at + (i % 3)] / sums[at + 3] : 0;
  });
}

/** Centre of the left eyeball in MakeHuman's eye textures, and the radius there of the iris (u right, v up). */
const eyeTexture = { u: 0.291, v: 0.291, iris: 0.117 } as const;

/** Mean colour on the circle of each ring of an eye: the pole, then `eyeRings`. */
function sampleRings(texture: Texture): Float32Array {
  const out = new Float32Array(3 * (eyeRings.length + 1));
  const pixel = new Float64Array(4);
  const turns = 90;
  for (const [ring, angle] of [0, ...eyeRings].entries())
    for (let t = 0; t < turns; t++) {
      // Beyond the white that is painted the texture only fades out.
      const radius = (Math.min(angle, 50) / irisAngle) * eyeTexture.iris;
      const turn = (2 * Math.PI * t) / turns;
      texel(texture, eyeTexture.u + radius * Math.cos(turn), eyeTexture.v + radius * Math.sin(turn), pixel);
      for (let c = 0; c < 3; c++) out[3 * ring + c] += pixel[c] / turns;
    }
  return out;
}

/** Share of each vertex that every brow style covers: the brow's cards are laid on the nearest skin. */
async function browMasks(
  pack: Pack,
  positions: Float32Array,
  centre: readonly number[],
  surface: Surface,
): Promise<Float32Array[]> {
  const front: number[] = [];
  const [skin] = surface.patches;
  for (let v = 0; v < skin.patch.rows.length; v++)
    if (positions[3 * v + 1] > 0 && positions[3 * v + 1] < 50 && positions[3 * v + 2] > 0) front.push(v);
  const masks: Float32Array[] = [];
  for (const style of browStyles) {
    const part = readPart(pack.folder, `eyebrows/${style}/${style}`);
    const texture = await readTexture(pack, `eyebrows/${style}/${style}.png`);
    const placed = fitPart(part.fitting, pack.reference).map((x, i) => 100 * x - centre[i % 3]);
    const mask = new Float32Array(surface.vertexCount);
    const pixel = new Float64Array(4);
    const { faces, faceUvs, uvs } = part.mesh;
    const steps = 6;
    for (let f = 0; f < faces.length; f += 4) {
      const corner = (k: number) => placed.subarray(3 * faces[f + k], 3 * faces[f + k] + 3);
      const size = triangleArea(corner(0), corner(1), corner(2)) + triangleArea(corner(0), corner(2), corner(3));
      for (let i = 0; i < steps; i++)
        for (let j = 0; j < steps; j++) {
          const s = (i + 0.5) / steps;
          const t = (j + 0.5) / steps;
          const w = [(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t];
          const blend = (of: (k: number) => number) => w.reduce((sum, x, k) => sum + x * of(k), 0);
          texel(
            texture,
            blend((k) => uvs[2 * faceUvs[f + k]]),
            blend((k) => uvs[2 * faceUvs[f + k] + 1]),
            pixel,
          );
          if (pixel[3] === 0) continue;
          const x = blend((k) => corner(k)[0]);
          const y = blend((k) => corner(k)[1]);
          // Seen from the front, shared among the skin about it with a soft brush.
          for (const v of front) {
            const d2 = (positions[3 * v] - x) ** 2 + (positions[3 * v + 1] - y) ** 2;
            if (d2 > 9) continue;
            const brush = Math.exp(-d2 / 1.5) / (Math.PI * 1.5);
            mask[v] += (pixel[3] * size * brush) / steps ** 2;
          }
        }
    }
    masks.push(mask.map((x) => Math.min(1, x)));
  }
  return masks;
}

function triangleArea(a: Float64Array, b: Float64Array, c: Float64Array): number {
  const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
  return Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 2;
}

/** Masks over the surface vertices, made on the reference head: millimetres about the middle between the eyes. */
function zoneMasks(
  pack: Pack,
  cage: Cage,
  surface: Surface,
  positions: Float32Array,
): Pick<Palette, "lips" | "faceShare" | "scalp" | "beard" | "moustache" | "chinBeard" | "blood" | "underEyes"> {
  const at = (name: string) => {
    const v = cage.ofBody[pack.landmarks.named[name]];
    return [...positions.subarray(3 * v, 3 * v + 3)];
  };
  const skinCount = surface.patches[0].patch.rows.length;
  const mask = (value: (x: number, y: number, z: number, v: number) => number) =>
    Float32Array.from({ length: surface.vertexCount }, (_, v) =>
      v < skinCount ? value(positions[3 * v], positions[3 * v + 1], positions[3 * v + 2], v) : 0,
    );
  const ball = (centre: readonly number[], radius: number) =>
    mask((x, y, z) =>
      Math.exp(-((Math.abs(x) - Math.abs(centre[0])) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2) / radius ** 2),
    );
  const lips = refineMask(surface, lipPoints(pack, cage));
  const region = regionShare(surface);
  const [nose, corner, chin, tragus, menton, lid] = [
    "subnasale",
    "cheilion_left",
    "pogonion",
    "tragus_left",
    "menton",
    "palpebrale_inferius_left",
  ].map(at);
  // The upper edge of a beard runs from the middle of the ear to the corner of the mouth.
  const beardEdge = (x: number) => {
    const t = Math.min(1, Math.max(0, (Math.abs(x) - corner[0]) / (tragus[0] - corner[0])));
    return corner[1] + 2 + t * t * (tragus[1] - corner[1]);
  };
  const beard = mask((x, y, z, v) => {
    const sides = smoothstep(beardEdge(x) + 5, beardEdge(x) - 4, y);
    const below = smoothstep(menton[1] - 28, menton[1] - 8, y) * smoothstep(tragus[2] - 22, tragus[2] - 2, z);
    return (1 - lips[v]) * (region.face[v] + region.neck[v] + region.scalp[v]) * sides * below;
  });
  const moustache = mask(
    (x, y, _z, v) =>
      (1 - lips[v]) *
      region.face[v] *
      smoothstep(nose[1] + 1, nose[1] - 3, y) *
      smoothstep(corner[1] - 5, corner[1] - 1, y) *
      smoothstep(corner[0] + 7, corner[0] + 1, Math.abs(x)),
  );
  return {
    lips,
    faceShare: region.face,
    scalp: refineMask(surface, scalpPoints(pack, cage)),
    beard: beard.map((b, v) => Math.max(b, moustache[v])),
    moustache,
    chinBeard: mask(
      (x, y, _z, v) => beard[v] * smoothstep(corner[0] + 8, corner[0], Math.abs(x)) * (y < nose[1] ? 1 : 0),
    ),
    blood: [
      ball([corner[0] + 14, (lid[1] + nose[1]) / 2, nose[2] - 22], 20),
      ball([0, nose[1] + 9, nose[2] + 8], 14),
      ball([0, chin[1] + 2, chin[2]], 14),
      mask((_x, _y, _z, v) => region.ears[v]),
    ],
    underEyes: ball([lid[0] - 2, lid[1] - 7, lid[2]], 9),
  };
}

/** A number per cage point, refined to the surface. */
function refineMask({ refinement }: Surface, points: Float32Array): Float32Array {
  return applySparse(refinement, points, 1);
}

/** 1 at the cage points of the lips: between their outer border and the line where they meet. */
function lipPoints({ base, regions }: Pack, { skin, ofBody, start }: Cage): Float32Array {
  const topology = quadTopology(base.faces, bodyFaceCount);
  const outer = loopEdges(regions.loops.lip_outer_border);
  const inner = loopEdges(regions.loops.lip_inner_margin);
  const isLip = new Float32Array(start.count);
  const parts = new Map([...skin.faces].map((f, i) => [f, skin.parts[i]]));
  const first = [...inner].flatMap((e) => topology.edgeFaces.get(e) ?? []).filter((f) => parts.get(f) === "face");
  for (const f of floodFaces(base.faces, topology, first, new Set([...outer, ...inner])).keys())
    for (let k = 0; k < 4; k++) isLip[ofBody[base.faces[4 * f + k]]] = 1;
  return isLip;
}

/** 1 at the cage points that carry hair: the scalp behind the hairline, less the strip before the ears. */
function scalpPoints({ base, reference, landmarks }: Pack, { skin, ofBody, start }: Cage): Float32Array {
  const out = new Float32Array(start.count);
  const tragus = reference[3 * landmarks.named.tragus_left + 2];
  for (const [i, f] of skin.faces.entries()) {
    if (skin.parts[i] !== "scalp") continue;
    for (let k = 0; k < 4; k++) {
      const v = base.faces[4 * f + k];
      const high = reference[3 * v + 1] > reference[3 * landmarks.named.ear_top_left + 1];
      if (high || reference[3 * v + 2] < tragus) out[ofBody[v]] = 1;
    }
  }
  return out;
}

/** Share of the triangles about each vertex that belong to a region. */
function regionShare({ triangles, regions, vertexCount }: Surface) {
  const kinds = {
    face: [Region.face],
    neck: [Region.neck],
    scalp: [Region.scalp],
    ears: [Region.earLeft, Region.earRight],
  };
  const total = new Float32Array(vertexCount);
  for (const v of triangles) total[v]++;
  const share = (wanted: readonly Region[]) => {
    const out = new Float32Array(vertexCount);
    for (const [i, v] of triangles.entries())
      if (wanted.includes(regions[Math.floor(i / 3)] as Region)) out[v] += 1 / total[v];
    return out;
  };
  return { face: share(kinds.face), neck: share(kinds.neck), scalp: share(kinds.scalp), ears: share(kinds.ears) };
}

/** How the pigments of skin darken red, green and blue: natural logarithm per unit, after the absorption curves of Anderson and Parrish (1981), in broad bands. */
const melanin = [0.55, 0.85, 1.15] as const;
const blood = [0.08, 0.55, 0.42] as const;

/** Linear reflectance of short hair, with skin shining through: black, dark brown, brown, light brown, blond, red, grey. */
const hairColours = [
  [0.018, 0.015, 0.013],
  [0.035, 0.026, 0.02],
  [0.065, 0.046, 0.034],
  [0.11, 0.08, 0.058],
  [0.2, 0.15, 0.1],
  [0.13, 0.07, 0.045],
  [0.17, 0.16, 0.15],
] as const;

/** Draws the albedo of one head: linear r, g, b per surface vertex. */
export function randomAlbedo(random: Random, palette: Palette, surface: Surface): Float32Array {
  const out = new Float32Array(3 * surface.vertexCount);
  const [skin, tongue, teeth, ...eyes] = surface.patches;
  const skinCount = skin.patch.rows.length;
  mixSkins(random, palette, out);
  const hair = hairColours[random.index(hairColours.length)].map((c) => c * Math.exp(0.3 * random.normal()));
  tintSkin(random, palette, out, skinCount);
  paintHair(random, palette, hair, out, skinCount);
  for (const { first, patch } of [tongue, teeth]) {
    const tint = [0, 1, 2].map((c) => Math.exp(0.12 * random.normal() - (c === 2 ? 0.15 * random.uniform() : 0)));
    for (let i = 3 * first; i < 3 * (first + patch.rows.length); i++) out[i] = palette.mouth[i] * tint[i % 3];
  }
  const iris = mixIris(random, palette);
  for (const { first } of eyes) {
    // The pole, then rings of equally many vertices.
    const segments = (surface.patches[3].patch.rows.length - 1) / eyeRings.length;
    for (let v = 0; v < 1 + segments * eyeRings.length; v++) {
      const ring = v === 0 ? 0 : 1 + Math.floor((v - 1) / segments);
      for (let c = 0; c < 3; c++) out[3 * (first + v) + c] = iris[3 * ring + c];
    }
  }
  for (let i = 0; i < out.length; i++) out[i] = Math.min(0.98, Math.max(0.002, out[i]));
  return out;
}

/** A mixture of two or three skins, in logarithms, so that dark ones keep their pattern. */
function mixSkins(random: Random, { skins }: Palette, out: Float32Array): void {
  const chosen = [0, 1, 2].map(() => ({
    skin: skins[random.index(skins.length)],
    weight: (-Math.log(1 - random.uniform())) ** 1.4,
  }));
  const total = chosen.reduce((s, { weight }) => s + weight, 0);
  for (let i = 0; i < chosen[0].skin.length; i++) {
    let sum = 0;
    for (const { skin, weight } of chosen) sum += (weight / total) * Math.log(skin[i] + 0.003);
    out[i] = Math.exp(sum) - 0.003;
  }
}

/** Melanin and blood over the whole skin, blood in zones, darker lids, redder or paler lips, and smooth differences. */
function tintSkin(random: Random, palette: Palette, out: Float32Array, count: number): void {
  const tan = 0.18 * random.normal();
  const flush = 0.12 * random.normal();
  const zones = palette.blood.map((mask) => ({ mask, amount: 0.14 * random.normal() }));
  const underEyes = 0.15 * random.normal();
  const lips = 0.22 * random.normal();
  const lipTan = 0.15 * random.normal();
  const patches = Array.from({ length: 5 }, () => ({
    centre: [random.range(-70, 70), random.range(-110, 70), random.range(-20, 20)],
    radius: random.range(25, 55),
    melanin: 0.05 * random.normal(),
    blood: 0.05 * random.normal(),
  }));
  const p = palette.positions;
  for (let v = 0; v < count; v++) {
    let m = tan + underEyes * palette.underEyes[v] + lipTan * palette.lips[v];
    let b = flush + lips * palette.lips[v];
    for (const { mask, amount } of zones) b += amount * mask[v];
    for (const { centre, radius, melanin, blood } of patches) {
      const d2 = (p[3 * v] - centre[0]) ** 2 + (p[3 * v + 1] - centre[1]) ** 2 + (p[3 * v + 2] - centre[2]) ** 2;
      const w = Math.exp(-d2 / radius ** 2);
      m += melanin * w;
      b += blood * w;
    }
    for (let c = 0; c < 3; c++) out[3 * v + c] *= Math.exp(-m * melanin[c] - b * blood[c]);
  }
}

/** Brows, beard and the stubble of the scalp, as hair colour that covers a share of the skin. */
function paintHair(random: Random, palette: Palette, hair: readonly number[], out: Float32Array, count: number): void {
  const brow = palette.brows[random.index(palette.brows.length)];
  const browStrength = random.range(0.45, 1);
  const u = random.uniform();
  const style = u < 0.2 ? palette.beard : u < 0.25 ? palette.moustache : u < 0.3 ? palette.chinBeard : null;
  const beardStrength = style ? random.range(0.1, 0.65) : 0;
  const scalp = random.uniform() ** 2 * 0.5;
  for (let v = 0; v < count; v++) {
    const cover = Math.min(
      1,
      Math.max(brow[v] * browStrength, style ? style[v] * beardStrength : 0, scalp * palette.scalp[v]),
    );
    if (cover > 0) for (let c = 0; c < 3; c++) out[3 * v + c] += cover * (hair[c] - out[3 * v + c]);
  }
}

/** Two irises mixed; MakeHuman's are too colourful for eyes, so half the colour goes, least where they are brown. */
function mixIris(random: Random, { irises }: Palette): Float32Array {
  const a = irises[random.index(irises.length)];
  const b = irises[random.index(irises.length)];
  const t = random.uniform();
  const dark = random.uniform() < 0.5 ? random.range(0.25, 0.6) : random.range(0.6, 1);
  const brown = [1.25, 0.95, 0.6];
  const white = Math.exp(0.1 * random.normal()) * 1.15;
  const rings = [0, ...eyeRings];
  return Float32Array.from({ length: a.length }, (_, i) => {
    const ring = Math.floor(i / 3);
    const mix = (c: number) => (1 - t) * a[3 * ring + c] + t * b[3 * ring + c];
    const grey = (mix(0) + mix(1) + mix(2)) / 3;
    const own = 0.5 * grey + 0.5 * mix(i % 3);
    if (rings[ring] >= irisAngle) return white * mix(i % 3);
    if (dark >= 0.6 || rings[ring] <= pupilAngle) return dark * own;
    return dark * (0.07 + 0.8 * grey) * brown[i % 3];
  });
}
