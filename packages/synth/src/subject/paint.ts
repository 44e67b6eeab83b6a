import { Label, type MorphableModel, Region, vertexNormals } from "cameo";
import type { Assets } from "../assets.ts";
import type { BoundPart } from "../makehuman/pack.ts";
import { Extra, type Part, type Rgb, type Stubble } from "../part.ts";
import { eyeParts, taken } from "./eyes.ts";
import type { Head } from "./head.ts";
import { lipGap } from "./lips.ts";
import type { SkinMesh } from "./skin-mesh.ts";
import { type PaintedSkin, paintSkin } from "./skin-paint.ts";
import type { SubjectSpec } from "./spec.ts";
import { textureCoefficients } from "./texture-fit.ts";

/** A head as it is drawn. */
export interface PaintedHead {
  /** Skin, eyes, corneas, teeth, tongue, brows, lashes. */
  readonly parts: Part[];
  /** Coefficients δ of the model's albedo nearest to the skin. */
  readonly texture: Float32Array;
}

/**
 * Paints a head in the colours of its subject.
 * @param hidden vertices of the base mesh that lie under clothes: the skin there is left out, or it would poke through
 */
export function paintHead(
  assets: Assets,
  subject: SubjectSpec,
  head: Head,
  stubble: readonly Stubble[],
  hidden: Uint32Array = new Uint32Array(0),
): PaintedHead {
  const painted = paintSkin(assets, subject.skin, stubble);
  const { brows, lashes } = subject;
  return {
    parts: [
      withoutHidden(skinPart(assets.skin, head, painted, stubble), assets.skin, head, hidden),
      ...eyeParts(assets, subject.eyes, head),
      ...(lipGap(assets, head.shape) > shownGap
        ? [teethPart(assets, head, subject.teeth), tonguePart(assets, head)]
        : []),
      tinted(assets, head, "brow", brows),
      tinted(assets, head, "lash", lashes),
    ],
    texture: textureCoefficients(assets.textureFit, assets.model, painted),
  };
}

/** From this cover on stubble on the scalp counts as hair. */
const hairy = 0.5;

function skinPart(
  mesh: SkinMesh,
  { base }: Head,
  { texture, colours }: PaintedSkin,
  stubble: readonly Stubble[],
): Part {
  const positions = new Float32Array(3 * mesh.vertexCount);
  const { offsets, columns, values } = mesh.stencils;
  for (let v = 0; v < mesh.vertexCount; v++) {
    let x = 0;
    let y = 0;
    let z = 0;
    for (let e = offsets[v]; e < offsets[v + 1]; e++) {
      const at = 3 * columns[e];
      x += values[e] * base[at];
      y += values[e] * base[at + 1];
      z += values[e] * base[at + 2];
    }
    positions[3 * v] = x;
    positions[3 * v + 1] = y;
    positions[3 * v + 2] = z;
  }
  return {
    material: "skin",
    follows: "neck",
    positions,
    normals: joinedNormals(positions, mesh),
    triangles: mesh.triangles,
    uvs: mesh.uvs,
    uvTriangles: mesh.uvTriangles,
    texture,
    colour: [1, 1, 1],
    colours,
    doubleSided: false,
    labels: stubble.length > 0 ? labelsWith(mesh, stubble) : mesh.labels,
    extras: mesh.extras,
  };
}

/** A skin without the triangles that lie all under clothes. */
function withoutHidden(part: Part, { stencils, vertexCount }: SkinMesh, { base }: Head, hidden: Uint32Array): Part {
  if (hidden.length === 0) return part;
  const { offsets, columns } = stencils;
  const isHidden = new Uint8Array(base.length / 3);
  for (let i = 0; i < hidden.length; i++) isHidden[hidden[i]] = 1;
  const covered = new Uint8Array(vertexCount).fill(1);
  for (let v = 0; v < vertexCount; v++)
    for (let e = offsets[v]; e < offsets[v + 1]; e++)
      if (isHidden[columns[e]] === 0) {
        covered[v] = 0;
        break;
      }
  const { triangles, uvTriangles = triangles, labels, extras } = part;
  const kept = new Uint32Array(triangles.length / 3);
  let count = 0;
  for (let t = 0; t < kept.length; t++)
    if (!(covered[triangles[3 * t]] && covered[triangles[3 * t + 1]] && covered[triangles[3 * t + 2]]))
      kept[count++] = t;
  const corners = (from: Uint32Array): Uint32Array => {
    const out = new Uint32Array(3 * count);
    for (let i = 0; i < count; i++) {
      const t = 3 * kept[i];
      out[3 * i] = from[t];
      out[3 * i + 1] = from[t + 1];
      out[3 * i + 2] = from[t + 2];
    }
    return out;
  };
  const values = <T extends number>(from: T | Uint8Array): T | Uint8Array => {
    if (typeof from === "number") return from;
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = from[kept[i]];
    return out;
  };
  return {
    ...part,
    triangles: corners(triangles),
    uvTriangles: corners(uvTriangles),
    labels: values(labels),
    extras: values(extras),
  };
}

/** Normals that do not tell where vertices are twice. */
function joinedNormals(positions: Float32Array, { triangles, twins }: SkinMesh): Float32Array {
  const normals = vertexNormals(positions, triangles);
  for (let i = 0; i < twins.length; i += 2) {
    const a = 3 * twins[i];
    const b = 3 * twins[i + 1];
    const x = normals[a] + normals[b];
    const y = normals[a + 1] + normals[b + 1];
    const z = normals[a + 2] + normals[b + 2];
    const length = Math.sqrt(x * x + y * y + z * z) || 1;
    normals[a] = normals[b] = x / length;
    normals[a + 1] = normals[b + 1] = y / length;
    normals[a + 2] = normals[b + 2] = z / length;
  }
  return normals;
}

function labelsWith({ labels, scalp, triangles, modelVertices }: SkinMesh, stubble: readonly Stubble[]): Uint8Array {
  const out = labels.slice();
  for (const { density } of stubble)
    for (let t = 0; t < out.length; t++) {
      if (!scalp[t]) continue;
      let sum = 0;
      for (let k = 3 * t; k < 3 * t + 3; k++)
        sum += modelVertices[triangles[k]] < 0 ? 0 : density[modelVertices[triangles[k]]];
      if (sum > 3 * hairy) out[t] = Label.hair;
    }
  return out;
}

/** Through a narrower gap between the lips, mm, nothing of what is behind them is seen. */
const shownGap = 0.2;

/** How much brighter than their texture teeth are, and how far back they are in full shade, mm. */
const teethGain = 1.2;
const teethDepth = 36;

function teethPart({ pack, textures, meshes }: Assets, head: Head, tint: Rgb): Part {
  const positions = head.fit(pack.teeth.fitting);
  let front = -Infinity;
  for (let i = 2; i < positions.length; i += 3) front = Math.max(front, positions[i]);
  // Lips and cheeks keep light off the back teeth.
  const colours = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3)
    colours[i] = colours[i + 1] = colours[i + 2] = Math.max(0.12, 1 - (front - positions[i + 2]) / teethDepth);
  return {
    ...mouthPart,
    material: "teeth",
    positions,
    ...meshes.get("teeth/teeth_base")!,
    texture: textures.get("teeth/teeth.png"),
    colour: [teethGain * tint[0], teethGain * tint[1], teethGain * tint[2]],
    colours,
  };
}

const mouthPart = { follows: "head", doubleSided: false, labels: Label.innerMouth, extras: Extra.none } as const;

function tonguePart({ tongue }: Assets, { shape, normals }: Head): Part {
  return {
    ...mouthPart,
    material: "tongue",
    positions: taken(shape, tongue.vertices),
    normals: taken(normals, tongue.vertices),
    triangles: tongue.triangles,
    colour: [1, 1, 1],
    colours: tongue.colours,
  };
}

/** Cards of small hairs, in one colour. */
function tinted(
  { parts, textures, meshes }: Assets,
  head: Head,
  material: "brow" | "lash",
  { style, colour, opacity }: SubjectSpec["brows"],
): Part {
  const part = parts.get(style);
  const mesh = meshes.get(style);
  if (!part || !mesh) throw new Error(`paintHead: the pack has no part "${style}"`);
  const positions = head.fit(part.fitting);
  return {
    material,
    follows: "head",
    positions,
    triangles: mesh.triangles,
    tangents: material === "brow" ? browTangents(positions) : lashTangents(positions.length),
    uvs: mesh.uvs,
    uvTriangles: mesh.uvTriangles,
    texture: textures.get(`${style}.png`),
    colour,
    opacity,
    doubleSided: true,
    labels: Label.face,
    extras: Extra.none,
  };
}

/** Brow hairs lie outwards, a little up and back. */
function browTangents(positions: Float32Array): Float32Array {
  const out = new Float32Array(positions.length);
  for (let i = 0; i < out.length; i += 3) out.set([0.9 * Math.sign(positions[i] || 1), 0.32, -0.3], i);
  return out;
}

/** Lashes stick out. */
function lashTangents(length: number): Float32Array {
  const out = new Float32Array(length);
  for (let i = 2; i < length; i += 3) out[i] = 1;
  return out;
}

/** Triangles and texture of a part that is bound to the base mesh, ready to draw. */
export interface PartMesh {
  readonly triangles: Uint32Array;
  /** u right, v down. */
  readonly uvs: Float32Array;
  readonly uvTriangles: Uint32Array;
}

export const partMesh = ({ mesh: { faces, uvs, faceUvs } }: BoundPart): PartMesh => ({
  triangles: twoTriangles(faces),
  uvs: Float32Array.from(uvs, (x, i) => (i % 2 === 0 ? x : 1 - x)),
  uvTriangles: twoTriangles(faceUvs),
});

/** Two triangles per quad. */
const twoTriangles = (quads: Uint32Array): Uint32Array =>
  Uint32Array.from(
    { length: (quads.length / 4) * 6 },
    (_, i) => quads[4 * Math.floor(i / 6) + [0, 1, 2, 0, 2, 3][i % 6]],
  );

/** The model's tongue. */
export interface TongueMesh {
  readonly vertices: Uint32Array;
  readonly triangles: Uint32Array;
  readonly colours: Float32Array;
}

export function buildTongue({ regions, triangles, meanAlbedo }: MorphableModel): TongueMesh {
  const own: number[] = [];
  for (let t = 0; t < regions.length; t++)
    if (regions[t] === Region.tongue) own.push(triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2]);
  const vertices = Uint32Array.from(new Set(own)).sort();
  const index = new Map([...vertices].map((v, i) => [v, i]));
  return { vertices, triangles: Uint32Array.from(own, (v) => index.get(v)!), colours: taken(meanAlbedo, vertices) };
}
