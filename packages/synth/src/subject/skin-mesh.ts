import {
  applySparse,
  Label,
  type MorphableModel,
  Region,
  type SparseMatrix,
  smoothstep,
  subdivide,
  trianglesOfFaces,
  VertexTree,
} from "cameo";
import { bodyFaceCount, type Cage, type SkinPart } from "../makehuman/cage.ts";
import type { Pack } from "../makehuman/reference.ts";
import { expandRanges } from "../makehuman/regions.ts";
import { floodFaces, loopEdges, quadTopology } from "../makehuman/topology.ts";
import { Extra } from "../part.ts";

/** The drawn part of a skin texture: where the head lies in a whole skin, in texels at {@link skinSide}, and two rows below in the mean tone, for what no texture colours. */
export const skinSide = 1024;
export const skinCrop = { left: 652, top: 182, width: 368, height: 694 } as const;
export const plainRows = 2;
const textureHeight = skinCrop.height + plainRows;

/** A number per vertex of the skin. */
type Mask = Float32Array;

/** Skin of head, neck, shoulders and upper chest: one step of subdivision of the body's quads. */
export interface SkinMesh {
  readonly vertexCount: number;
  /** Vertices from vertices of the base mesh. Vertices where two islands of the texture meet are there twice. */
  readonly stencils: SparseMatrix;
  /** Pairs of vertices that are one point. */
  readonly twins: Uint32Array;
  readonly triangles: Uint32Array;
  readonly uvs: Float32Array;
  readonly uvTriangles: Uint32Array;
  /** Per triangle, of a bare head. */
  readonly labels: Uint8Array;
  readonly extras: Uint8Array;
  /** 1 for triangles of the scalp. */
  readonly scalp: Uint8Array;
  /** The vertex of the model at each vertex; −1 where the model has none. */
  readonly modelVertices: Int32Array;
  /** Vertices whose colour no texture gives, and where they lie in a whole skin, u right and v down. */
  readonly plain: Uint32Array;
  readonly plainUvs: Float32Array;
  readonly zones: SkinZones;
}

/** How much each vertex belongs to a zone, 0 to 1. */
export interface SkinZones {
  readonly lips: Mask;
  readonly cheeks: Mask;
  readonly nose: Mask;
  readonly ears: Mask;
  readonly chin: Mask;
  readonly underEyes: Mask;
  readonly upperLids: Mask;
  readonly lidMargins: Mask;
  /** Where brows may lie. */
  readonly brows: Mask;
  /** Where MakeHuman paints hair on the skin. */
  readonly hair: Mask;
  /** Where the sun makes freckles. */
  readonly sun: Mask;
  /** The middle of the face, where the tone of a skin is measured. */
  readonly middle: Mask;
  readonly innerMouth: Mask;
}

/** How far below the chin skin is drawn, dm: shoulders and upper chest. */
const drawnBelowChin = 3.4;

type DrawnPart = SkinPart | "trunk";

export function buildSkinMesh(pack: Pack, cage: Cage, model: MorphableModel): SkinMesh {
  const { base, regions, reference, landmarks } = pack;
  const parts = new Map<number, DrawnPart>([...cage.skin.faces].map((f, i) => [f, cage.skin.parts[i]]));
  const textured = new Set(expandRanges(regions.body_uv_islands.head_and_upper_neck.face_ranges));
  const trunk = new Set(expandRanges(regions.body_uv_islands.torso_arms_legs_lower_neck.face_ranges));
  const lowest = reference[3 * landmarks.named.menton + 1] - drawnBelowChin;
  for (let f = 0; f < bodyFaceCount; f++) {
    const high = [0, 1, 2, 3].some((k) => reference[3 * base.faces[4 * f + k] + 1] > lowest);
    if (!parts.has(f) && high && (trunk.has(f) || textured.has(f))) parts.set(f, "trunk");
  }
  const faces = [...parts.keys()].sort((a, b) => a - b);
  const corners = faces.flatMap((f) => [4 * f, 4 * f + 1, 4 * f + 2, 4 * f + 3]);
  const vertices = compact(corners.map((c) => base.faces[c]));
  const uvCorners = compact(corners.map((c) => base.faceUvs[c]));
  const fine = subdivide({
    vertexCount: vertices.used.length,
    faces: vertices.indices,
    uvFaces: uvCorners.indices,
    uvCount: uvCorners.used.length,
  });
  const uv = fine.uv!;
  const fineUvs = applySparse(
    uv.stencils,
    Float32Array.from([...uvCorners.used].flatMap((c) => [base.uvs[2 * c], 1 - base.uvs[2 * c + 1]])),
    2,
  );
  const triangles = trianglesOfFaces(fine.faces);
  const uvTriangles = trianglesOfFaces(uv.faces);
  const faceOf = (t: number) => faces[fine.parents[t >> 1]];

  // Vertices at the border of the textured island become two: one is coloured by the texture, the other by itself.
  const inTexture = new Uint8Array(fine.vertexCount);
  for (let t = 0; t < triangles.length / 3; t++)
    if (textured.has(faceOf(t))) for (let k = 0; k < 3; k++) inTexture[triangles[3 * t + k]] = 1;
  const copies = new Map<number, number>();
  const plainUv = new Map<number, number>();
  const toned = fineUvs.length / 2;
  for (let t = 0; t < triangles.length / 3; t++) {
    if (textured.has(faceOf(t))) continue;
    for (let k = 3 * t; k < 3 * t + 3; k++) {
      const v = triangles[k];
      if (inTexture[v] && !copies.has(v)) copies.set(v, fine.vertexCount + copies.size);
      triangles[k] = copies.get(v) ?? v;
      plainUv.set(triangles[k], uvTriangles[k]);
      uvTriangles[k] = toned;
    }
  }
  const rows = [...Array(fine.vertexCount).keys(), ...copies.keys()];
  const stencils = takeRows(fine.stencils, rows, vertices.used);
  const uvs = new Float32Array(fineUvs.length + 2);
  for (let i = 0; i < toned; i++) {
    uvs[2 * i] = (fineUvs[2 * i] * skinSide - skinCrop.left) / skinCrop.width;
    uvs[2 * i + 1] = (fineUvs[2 * i + 1] * skinSide - skinCrop.top) / textureHeight;
  }
  uvs[2 * toned] = 0.5;
  uvs[2 * toned + 1] = 1;

  const count = triangles.length / 3;
  const partOf = Array.from({ length: count }, (_, t) => parts.get(faceOf(t))!);
  const positions = aboutEyes(pack, stencils);
  const mesh = { vertexCount: rows.length, stencils, triangles };
  return {
    ...mesh,
    twins: Uint32Array.from([...copies].flat()),
    uvs,
    uvTriangles,
    labels: Uint8Array.from(partOf, (part) => labelOf[part]),
    extras: Uint8Array.from(partOf, (part) => (part === "neck" || part === "trunk" ? Extra.neck : Extra.none)),
    scalp: Uint8Array.from(partOf, (part) => (part === "scalp" ? 1 : 0)),
    modelVertices: nearestOfModel(pack, cage, model, positions),
    plain: Uint32Array.from(plainUv.keys()),
    plainUvs: Float32Array.from([...plainUv.values()].flatMap((c) => [fineUvs[2 * c], fineUvs[2 * c + 1]])),
    zones: skinZones(pack, cage, mesh, positions, partOf),
  };
}

const labelOf: Record<DrawnPart, Label> = {
  face: Label.face,
  scalp: Label.face,
  earRight: Label.earLeft,
  earLeft: Label.earRight,
  neck: Label.background,
  trunk: Label.background,
  eyeSocket: Label.face,
  innerMouth: Label.innerMouth,
};

/** The different numbers in ascending order, and where each is among them. */
function compact(numbers: readonly number[]): { used: Uint32Array; indices: Uint32Array } {
  const used = Uint32Array.from(new Set(numbers)).sort();
  const index = new Map([...used].map((v, i) => [v, i]));
  return { used, indices: Uint32Array.from(numbers, (v) => index.get(v)!) };
}

/** Rows of a sparse matrix, with its columns renamed. */
function takeRows(
  { offsets, columns, values }: SparseMatrix,
  rows: readonly number[],
  names: Uint32Array,
): SparseMatrix {
  const out = new Uint32Array(rows.length + 1);
  for (const [i, r] of rows.entries()) out[i + 1] = out[i] + offsets[r + 1] - offsets[r];
  const taken = {
    offsets: out,
    columns: new Uint32Array(out[rows.length]),
    values: new Float32Array(out[rows.length]),
  };
  for (const [i, r] of rows.entries())
    for (let e = 0; e < out[i + 1] - out[i]; e++) {
      taken.columns[out[i] + e] = names[columns[offsets[r] + e]];
      taken.values[out[i] + e] = values[offsets[r] + e];
    }
  return taken;
}

/** The middle between the eyeballs of the reference head, mm in the axes of the base mesh. */
function eyeMiddle({ reference }: Pack): number[] {
  const mean = [0, 0, 0];
  // Left and right helpers of the eyeballs lie side by side.
  for (let v = 14598; v <= 14741; v++) for (let k = 0; k < 3; k++) mean[k] += (100 * reference[3 * v + k]) / 144;
  return mean;
}

/** Vertices on the reference head, mm about the middle between its eyes. */
function aboutEyes(pack: Pack, stencils: SparseMatrix): Float32Array {
  const middle = eyeMiddle(pack);
  return applySparse(
    stencils,
    Float32Array.from(pack.reference, (x, i) => 100 * x - middle[i % 3]),
    3,
  );
}

/** Farther than this from the model a vertex is not of it, mm. */
const sameSurface = 3;

function nearestOfModel(pack: Pack, cage: Cage, model: MorphableModel, positions: Float32Array): Int32Array {
  const middle = eyeMiddle(pack);
  const points = new Float32Array(3 * cage.start.count);
  for (const [i, v] of cage.skin.vertices.entries())
    for (let k = 0; k < 3; k++) points[3 * i + k] = 100 * pack.reference[3 * v + k] - middle[k];
  const surface = applySparse(model.refinement!, points, 3);
  const isSkin = new Uint8Array(model.vertexCount);
  for (const [t, region] of model.regions.entries())
    if (region <= Region.neck || region === Region.eyeSocket || region === Region.innerMouth)
      for (let k = 0; k < 3; k++) isSkin[model.triangles[3 * t + k]] = 1;
  for (let v = 0; v < isSkin.length; v++) if (!isSkin[v]) surface.fill(Number.NaN, 3 * v, 3 * v + 3);
  const { vertices, distances } = new VertexTree(surface).nearest(positions);
  return Int32Array.from(vertices, (v, i) => (distances[i] < sameSurface ? v : -1));
}

function skinZones(
  pack: Pack,
  cage: Cage,
  { vertexCount, stencils, triangles }: Pick<SkinMesh, "vertexCount" | "stencils" | "triangles">,
  p: Float32Array,
  partOf: readonly DrawnPart[],
): SkinZones {
  const { landmarks, reference, regions } = pack;
  const middle = eyeMiddle(pack);
  const at = (name: string) => [0, 1, 2].map((k) => 100 * reference[3 * landmarks.named[name] + k] - middle[k]);
  const mask = (value: (x: number, y: number, z: number, v: number) => number): Mask =>
    Float32Array.from({ length: vertexCount }, (_, v) => value(Math.abs(p[3 * v]), p[3 * v + 1], p[3 * v + 2], v));
  const ball = ([cx, cy, cz]: readonly number[], radius: number) =>
    mask((x, y, z) => Math.exp(-((x - Math.abs(cx)) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) / radius ** 2));
  const share = (...wanted: DrawnPart[]) => {
    const own = new Float32Array(vertexCount);
    const all = new Float32Array(vertexCount);
    for (let t = 0; t < partOf.length; t++)
      for (let k = 0; k < 3; k++) {
        all[triangles[3 * t + k]]++;
        if (wanted.includes(partOf[t])) own[triangles[3 * t + k]]++;
      }
    return own.map((x, v) => (all[v] > 0 ? x / all[v] : 0));
  };
  const [nose, corner, chin, lid, tip, brow, tragus, outer, inner, hairline] = [
    "subnasale",
    "cheilion_left",
    "pogonion",
    "palpebrale_inferius_left",
    "pronasale",
    "glabella",
    "tragus_left",
    "exocanthion_left",
    "endocanthion_left",
    "trichion_hairline_approx",
  ].map(at);
  const margins = [...regions.loops.eyelid_margin_left, ...regions.loops.eyelid_margin_right];
  const marginTree = new VertexTree(
    Float32Array.from(margins.flatMap((v) => [0, 1, 2].map((k) => 100 * reference[3 * v + k] - middle[k]))),
  );
  const toMargin = marginTree.nearest(p).distances;
  const face = share("face");
  const lips = baseMask(stencils, lipVertices(pack, cage));
  const upper = mask((x, y, _z, v) => {
    const t = Math.min(1, Math.max(0, (x - inner[0]) / (outer[0] - inner[0])));
    const line = inner[1] + t * (outer[1] - inner[1]);
    return face[v] * smoothstep(line - 1, line + 2, y);
  });
  const centreX = (outer[0] + inner[0]) / 2;
  const scalp = share("scalp");
  return {
    lips,
    cheeks: ball([corner[0] + 17, (lid[1] + nose[1]) / 2 - 2, nose[2] - 22], 20),
    nose: ball([0, tip[1], tip[2] - 2], 13),
    ears: share("earLeft", "earRight"),
    chin: ball([0, chin[1] + 2, chin[2]], 14),
    underEyes: ball([centreX - 2, lid[1] - 6, lid[2]], 9),
    upperLids: mask(
      (x, _y, _z, v) => upper[v] * Math.exp(-((toMargin[v] / 9) ** 2)) * Math.exp(-(((x - centreX) / 22) ** 2)),
    ),
    lidMargins: mask((_x, _y, _z, v) => face[v] * Math.exp(-((toMargin[v] / 1.8) ** 2))),
    // Painted hair begins before the scalp does, and goes down before the ears.
    hair: mask((x, y, z, v) =>
      Math.max(
        smoothed(scalp[v]),
        z > tragus[2] - 10 ? smoothstep(hairline[1] - 24, hairline[1] - 4, y + 0.28 * Math.max(0, x - 30)) : 0,
        z > tragus[2] - 10 ? smoothstep(55, 64, x) * smoothstep(tragus[1] - 12, tragus[1] + 8, y) : 0,
      ),
    ),
    sun: mask((x, y, z, v) => {
      const across = Math.exp(-(((y + 22) / 26) ** 2)) * (0.35 + 0.65 * Math.exp(-((x / 45) ** 2)));
      return (
        face[v] * smoothstep(-40, 10, z) * (1 - lips[v]) * Math.max(across, 0.25 * smoothstep(brow[1], brow[1] + 20, y))
      );
    }),
    middle: mask((x, y, z, v) =>
      face[v] > 0.99 && lips[v] < 0.01 && z > -25 && y < brow[1] + 30 && y > chin[1] && toMargin[v] > 8 && x < 55
        ? 1
        : 0,
    ),
    brows: mask((x, y, _z, v) => (face[v] > 0 && y > 8 && y < brow[1] + 16 && x < 62 ? 1 : 0)),
    innerMouth: share("innerMouth"),
  };
}

const smoothed = (x: number) => x * x * (3 - 2 * x);

/** A number per base-mesh vertex, refined to the skin. */
function baseMask({ offsets, columns, values }: SparseMatrix, own: ReadonlySet<number>): Mask {
  return Float32Array.from({ length: offsets.length - 1 }, (_, v) => {
    let sum = 0;
    for (let e = offsets[v]; e < offsets[v + 1]; e++) if (own.has(columns[e])) sum += values[e];
    return sum;
  });
}

/** Body vertices of the lips: between their outer border and the line where they meet. */
function lipVertices({ base, regions }: Pack, { skin }: Cage): Set<number> {
  const topology = quadTopology(base.faces, bodyFaceCount);
  const outer = loopEdges(regions.loops.lip_outer_border);
  const inner = loopEdges(regions.loops.lip_inner_margin);
  const parts = new Map([...skin.faces].map((f, i) => [f, skin.parts[i]]));
  const first = [...inner].flatMap((e) => topology.edgeFaces.get(e) ?? []).filter((f) => parts.get(f) === "face");
  const flooded = floodFaces(base.faces, topology, first, new Set([...outer, ...inner]));
  return new Set([...flooded.keys()].flatMap((f) => [...base.faces.subarray(4 * f, 4 * f + 4)]));
}
