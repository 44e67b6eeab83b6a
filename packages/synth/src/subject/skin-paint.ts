import { linearOfSrgb, toSrgb } from "cameo";
import type { Assets } from "../assets.ts";
import { mix } from "../noise.ts";
import type { Rgb, Stubble } from "../part.ts";
import { type Random, random } from "../random.ts";
import type { Texture } from "../texture.ts";
import { bloodAbsorbs } from "./sample.ts";
import { plainRows, skinCrop } from "./skin-mesh.ts";
import type { SkinPicture } from "./skins.ts";
import type { MakeUp, SkinSpec, Spots } from "./spec.ts";

/** Tables from a blended sRGB byte of the pack's skins to that of a subject's skin, one per channel. */
function toneTables({ tone, contrast, share }: SkinSpec, a: SkinPicture, b: SkinPicture): Uint8Array[] {
  return tone.map((target, c) => {
    const mean = linearOfSrgb[Math.round(mix(b.mean[c], a.mean[c], share))];
    return Uint8Array.from({ length: 256 }, (_, v) =>
      toSrgb(Math.min(0.85, target * (linearOfSrgb[v] / mean) ** contrast)),
    );
  });
}

/** What a skin looks like, in all of a subject's pictures. */
export interface PaintedSkin {
  readonly texture: Texture;
  /** Linear factors r, g, b per vertex of the skin mesh. */
  readonly colours: Float32Array;
}

/** Paints the skin of a subject: two skins of the pack blended and brought to its tone, spots on top; blood, make-up and stubble at the vertices. */
export function paintSkin({ skins, skin: mesh }: Assets, spec: SkinSpec, stubble: readonly Stubble[]): PaintedSkin {
  const [a, b] = spec.pictures.map((name) => {
    const picture = skins.pictures.find((s) => s.name === name);
    if (!picture) throw new Error(`paintSkin: the pack has no skin "${name}"`);
    return picture;
  });
  const tables = toneTables(spec, a, b);
  const share = Math.round(256 * spec.share);
  const texture = blendTexture(a.data, b.data, share, tables, spec.tone, skins.spans);
  const plainTexel = texture.data.length - 4;
  const source = random(spec.seed, "spots");
  addSpots(texture, skins.sunTexels, spec.freckles, freckle, source);
  addSpots(texture, skins.faceTexels, spec.ageSpots, ageSpot, source);
  addSpots(texture, skins.faceTexels, spec.blemishes, blemish, source);
  addSpots(texture, skins.faceTexels, spec.moles, mole, source);

  const colours = vertexColours(mesh.zones, spec);
  for (const layer of stubble) addStubble(colours, mesh.modelVertices, layer, spec.tone);
  for (let i = 0; i < mesh.plain.length; i++)
    for (let c = 0; c < 3; c++) {
      const blended = (a.plain[3 * i + c] * share + b.plain[3 * i + c] * (256 - share)) >> 8;
      colours[3 * mesh.plain[i] + c] *= linearOfSrgb[tables[c][blended]] / linearOfSrgb[texture.data[plainTexel + c]];
    }
  return { texture, colours };
}

function blendTexture(
  a: Uint8Array,
  b: Uint8Array,
  share: number,
  [red, green, blue]: Uint8Array[],
  tone: Rgb,
  spans: Uint16Array,
): Texture {
  const { width, height } = skinCrop;
  const packed = new Uint32Array(width * (height + plainRows));
  const [toneRed, toneGreen, toneBlue] = tone.map(toSrgb);
  packed.fill((0xff000000 | (toneBlue << 16) | (toneGreen << 8) | toneRed) >>> 0);
  const rest = 256 - share;
  for (let y = 0; y < height; y++)
    for (let i = y * width + spans[2 * y], to = y * width + spans[2 * y + 1], k = 3 * i; i < to; i++, k += 3)
      packed[i] =
        0xff000000 |
        (blue[(a[k + 2] * share + b[k + 2] * rest) >> 8] << 16) |
        (green[(a[k + 1] * share + b[k + 1] * rest) >> 8] << 8) |
        red[(a[k] * share + b[k] * rest) >> 8];
  return { width, height: height + plainRows, data: new Uint8Array(packed.buffer) };
}

/** Size of spots, texels (about 0.9 mm), and what is left of sRGB red, green and blue in the middle of the strongest. */
interface SpotKind {
  readonly radius: readonly [number, number];
  readonly left: Rgb;
}
const freckle: SpotKind = { radius: [0.5, 1.5], left: [0.72, 0.6, 0.52] };
const ageSpot: SpotKind = { radius: [1.2, 4.5], left: [0.72, 0.64, 0.58] };
const blemish: SpotKind = { radius: [0.9, 2.4], left: [0.95, 0.66, 0.68] };
const mole: SpotKind = { radius: [0.6, 1.7], left: [0.35, 0.25, 0.22] };

function addSpots(
  { data }: Texture,
  places: Uint32Array,
  { count, strength }: Spots,
  { radius, left }: SpotKind,
  source: Random,
) {
  const { width, height } = skinCrop;
  for (let n = 0; n < count; n++) {
    const place = places[source.integer(places.length)];
    const size = radius[0] + (radius[1] - radius[0]) * source.uniform() ** 2;
    const depth = strength * source.range(0.3, 1);
    const cx = (place % width) + source.range(-0.5, 0.5);
    const cy = Math.floor(place / width) + source.range(-0.5, 0.5);
    const reach = Math.ceil(1.6 * size);
    for (let y = Math.max(0, Math.round(cy) - reach); y <= Math.min(height - 1, Math.round(cy) + reach); y++)
      for (let x = Math.max(0, Math.round(cx) - reach); x <= Math.min(width - 1, Math.round(cx) + reach); x++) {
        const cover = depth * Math.exp(-((((x - cx) ** 2 + (y - cy) ** 2) / (size * size)) ** 1.5));
        const at = 4 * (y * width + x);
        for (let c = 0; c < 3; c++) data[at + c] *= 1 - cover * (1 - left[c]);
      }
  }
}

/** How dark the inside of the mouth is, where hardly any light gets. */
const mouthShade = 0.3;

function vertexColours(zones: Assets["skin"]["zones"], spec: SkinSpec): Float32Array {
  const { blood } = spec;
  const count = zones.lips.length;
  const out = new Float32Array(3 * count).fill(1);
  for (let v = 0; v < count; v++) {
    const amount =
      blood.cheeks * zones.cheeks[v] +
      blood.nose * zones.nose[v] +
      blood.ears * zones.ears[v] +
      blood.chin * zones.chin[v] +
      blood.lips * zones.lips[v] +
      blood.underEyes * zones.underEyes[v];
    if (amount > 0.004 || amount < -0.004)
      for (let c = 0; c < 3; c++) out[3 * v + c] = Math.exp(-amount * bloodAbsorbs[c]);
    const inner = zones.innerMouth[v];
    if (inner > 0) for (let c = 0; c < 3; c++) out[3 * v + c] *= mix(1, mouthShade, inner);
    const line = 1 - spec.liner * zones.lidMargins[v];
    if (line < 0.999) for (let c = 0; c < 3; c++) out[3 * v + c] *= line;
  }
  // The skins' own lips are about this much darker than the skin.
  addMakeUp(out, zones.lips, spec.lipstick, [spec.tone[0] * 0.9, spec.tone[1] * 0.75, spec.tone[2] * 0.8]);
  addMakeUp(out, zones.upperLids, spec.eyeShadow, spec.tone);
  addMakeUp(out, zones.cheeks, spec.blush, spec.tone);
  return out;
}

function addMakeUp(colours: Float32Array, zone: Float32Array, makeUp: MakeUp | null, under: Rgb): void {
  if (!makeUp) return;
  const { colour, cover } = makeUp;
  for (let v = 0; v < zone.length; v++) {
    const share = cover * zone[v];
    if (share < 0.004) continue;
    for (let c = 0; c < 3; c++) colours[3 * v + c] *= 1 + share * (colour[c] / under[c] - 1);
  }
}

function addStubble(colours: Float32Array, modelVertices: Int32Array, { density, colour }: Stubble, under: Rgb): void {
  for (let v = 0; v < modelVertices.length; v++) {
    const share = modelVertices[v] < 0 ? 0 : density[modelVertices[v]];
    if (share < 0.004) continue;
    for (let c = 0; c < 3; c++) colours[3 * v + c] *= 1 + share * (colour[c] / under[c] - 1);
  }
}
