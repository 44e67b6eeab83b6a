import type { Pack } from "@cameo/synth";
import { type Cage, expandRanges, fitPart, placeCage, type SkinPart, teethBack, toothStrip } from "@cameo/synth";
import { subdivide } from "cameo";
import { affineWeights, nearest } from "./embed.ts";

/** A connected area of the texture atlas. */
export const islands = [
  "head",
  "neck",
  "mouth",
  "socketLeft",
  "socketRight",
  "tongue",
  "teeth",
  "eyeLeft",
  "eyeRight",
] as const;
export type Island = (typeof islands)[number];

export type Part = SkinPart | "teeth" | "tongue" | "eyeLeft" | "eyeRight";

/** Surface of one material, and how it hangs on the cage. */
export interface Patch {
  readonly material: "skin" | "tongue" | "teeth" | "eye";
  /** Per surface vertex: cage point → weight. */
  readonly rows: readonly ReadonlyMap<number, number>[];
  /** Four vertices per face; a triangle repeats its third corner. */
  readonly faces: Uint32Array;
  /** What each face is part of. */
  readonly parts: readonly Part[];
  /** Where each face lies in the atlas. */
  readonly islands: readonly Island[];
  /** Positions in the material's own texture: u right, v up. */
  readonly uvs: Float64Array;
  /** Four indices into `uvs` per face. */
  readonly uvFaces: Uint32Array;
}

/** All patches of the head in the order of their surface vertices. */
export const buildPatches = (pack: Pack, cage: Cage): Patch[] => [
  skinPatch(pack, cage),
  tonguePatch(pack, cage),
  teethPatch(pack, cage),
  eyePatch(cage, "eyeLeft"),
  eyePatch(cage, "eyeRight"),
];

const skinIslands: Record<string, Island> = {
  head_and_upper_neck: "head",
  torso_arms_legs_lower_neck: "neck",
  mouth_interior: "mouth",
  eye_socket_left: "socketLeft",
  eye_socket_right: "socketRight",
};

function skinPatch({ base, regions }: Pack, { skin, ofBody }: Cage): Patch {
  const islandOf = new Map<number, Island>();
  for (const [name, island] of Object.entries(skinIslands))
    for (const f of expandRanges(regions.body_uv_islands[name].face_ranges)) islandOf.set(f, island);
  const corners = [...skin.faces].flatMap((f) => [4 * f, 4 * f + 1, 4 * f + 2, 4 * f + 3]);
  return refine({
    material: "skin",
    first: 0,
    vertexCount: skin.vertices.length,
    faces: Uint32Array.from(corners, (c) => ofBody[base.faces[c]]),
    parts: skin.parts,
    islands: [...skin.faces].map((f) => islandOf.get(f) as Island),
    ...compactUvs(
      base.uvs,
      corners.map((c) => base.faceUvs[c]),
    ),
  });
}

function tonguePatch({ tongue }: Pack, { start }: Cage): Patch {
  const faceCount = tongue.mesh.faces.length / 4;
  return refine({
    material: "tongue",
    first: start.tongue,
    vertexCount: tongue.fitting.vertexCount,
    faces: tongue.mesh.faces,
    parts: Array(faceCount).fill("tongue"),
    islands: Array(faceCount).fill("tongue"),
    uvs: tongue.mesh.uvs,
    uvFaces: tongue.mesh.faceUvs,
  });
}

/** Controls per tooth vertex: enough of the strip to span space. */
const toothControls = 16;
/** How far gums reach beyond the teeth, mm. */
const gumReach = 5;
/** Teeth of each quarter that are left out, counted from the back: lips and cheeks always hide them. */
const hiddenMolars = 2;

/** Teeth and the gums about them, at the part's own resolution: the strips they hang on are far too coarse to refine. */
function teethPatch(pack: Pack, cage: Cage): Patch {
  const { mesh, fitting } = pack.teeth;
  const points = placeCage(pack, cage, pack.reference);
  const placed = fitPart(fitting, pack.reference).map((x, i) => 100 * x - (i % 3 === 2 ? teethBack : 0));
  const at = (v: number) => [placed[3 * v], placed[3 * v + 1], placed[3 * v + 2]];
  const pieces = connectedPieces(mesh.faces, fitting.vertexCount);
  // The largest piece is the gums, every other one is a tooth.
  const gums = pieces.reduce((a, b) => (b.length > a.length ? b : a));
  const strip = (v: number) => toothStrip(fitting.vertices[3 * v]);
  const depth = (piece: number[]) => piece.reduce((s, v) => s + placed[3 * v + 2], 0) / piece.length;
  const teeth = pieces.filter((p) => p !== gums);
  const kept = (["lowerTeeth", "upperTeeth"] as const).flatMap((jaw) =>
    [-1, 1].flatMap((side) =>
      teeth
        .filter((p) => strip(p[0]) === jaw && Math.sign(meanX(p, placed)) === side)
        .sort((a, b) => depth(a) - depth(b))
        .slice(hiddenMolars),
    ),
  );
  const toothVertices = new Set(kept.flat());
  const toothPoints = Float64Array.from([...toothVertices].flatMap(at));
  const nearTooth = (v: number) => {
    const p = at(v);
    const [n] = nearest(toothPoints, p, 1);
    return Math.hypot(...p.map((x, axis) => x - toothPoints[3 * n + axis])) < gumReach;
  };
  const gumVertices = new Set(gums.filter(nearTooth));

  const chosen = Array.from({ length: mesh.faces.length / 4 }, (_, f) => f).filter((f) => {
    const corners = [...mesh.faces.subarray(4 * f, 4 * f + 4)];
    const oneJaw = corners.every((v) => strip(v) === strip(corners[0]));
    return corners.every((v) => toothVertices.has(v)) || (oneJaw && corners.every((v) => gumVertices.has(v)));
  });
  const corners = chosen.flatMap((f) => [4 * f, 4 * f + 1, 4 * f + 2, 4 * f + 3]);
  const vertices = [...new Set(corners.map((c) => mesh.faces[c]))].sort((a, b) => a - b);
  const index = new Map(vertices.map((v, i) => [v, i]));
  const rows = vertices.map((v) => {
    const first = cage.start[strip(v)];
    const last = strip(v) === "lowerTeeth" ? cage.start.upperTeeth : cage.start.eyeLeft;
    const controls = points.slice(3 * first, 3 * last);
    const near = nearest(controls, at(v), toothControls);
    const weights = affineWeights(Float64Array.from(near.flatMap((i) => [...controls.slice(3 * i, 3 * i + 3)])), at(v));
    return new Map(near.map((i, k) => [first + i, weights[k]]));
  });
  return {
    material: "teeth",
    rows,
    faces: Uint32Array.from(corners, (c) => index.get(mesh.faces[c]) as number),
    parts: Array(chosen.length).fill("teeth"),
    islands: Array(chosen.length).fill("teeth"),
    ...compactUvs(
      mesh.uvs,
      corners.map((c) => mesh.faceUvs[c]),
    ),
  };
}

const meanX = (piece: number[], points: Float64Array) => piece.reduce((s, v) => s + points[3 * v], 0) / piece.length;

function connectedPieces(faces: Uint32Array, vertexCount: number): number[][] {
  const parent = Array.from({ length: vertexCount }, (_, i) => i);
  const root = (i: number): number => {
    let r = i;
    while (parent[r] !== r) r = parent[r] = parent[parent[r]];
    return r;
  };
  for (let c = 0; c < faces.length; c++) parent[root(faces[c])] = root(faces[c - (c % 4)]);
  const pieces = new Map<number, number[]>();
  for (let v = 0; v < vertexCount; v++) {
    const r = root(v);
    const piece = pieces.get(r);
    if (piece) piece.push(v);
    else pieces.set(r, [v]);
  }
  return [...pieces.values()];
}

/** Angles from the axis of sight at which an eyeball has rings of vertices, degrees: dense at pupil and iris edge. */
export const eyeRings = [3, 6, 8, 9.5, 13, 17, 21, 24, 25.5, 27, 29, 33, 39, 46, 54, 63, 73, 84, 96];
/** Angle of the iris' edge from the axis of sight, degrees: that of MakeHuman's eyes. */
export const irisAngle = 26.2;
export const pupilAngle = 8.5;
const eyeSegments = 32;

/** The front of a sphere on polar rings about the axis of sight; every point is affine in the eye's four controls. */
function eyePatch({ start }: Cage, side: "eyeLeft" | "eyeRight"): Patch {
  const controls = [0, 1, 2, 3].map((k) => start[side] + k);
  const outward = side === "eyeLeft" ? 1 : -1;
  const rows: Map<number, number>[] = [];
  const uvs: number[] = [];
  const faces: number[] = [];
  const add = (angle: number, turn: number) => {
    // Along the controls: x away from the nose, y up, z the axis of sight.
    const direction = [Math.sin(angle) * Math.cos(turn), Math.sin(angle) * Math.sin(turn), Math.cos(angle)];
    rows.push(
      new Map([
        [controls[0], 1 - direction[0] - direction[1] - direction[2]],
        ...direction.map((d, k): [number, number] => [controls[k + 1], d]),
      ]),
    );
    const reach = angle / (Math.PI * (96 / 180)) / 2;
    uvs.push(0.5 + outward * reach * Math.cos(turn), 0.5 + reach * Math.sin(turn));
  };
  add(0, 0);
  for (const ring of eyeRings)
    for (let s = 0; s < eyeSegments; s++) add((ring * Math.PI) / 180, (2 * Math.PI * s) / eyeSegments);
  const at = (ring: number, s: number) => 1 + ring * eyeSegments + (s % eyeSegments);
  for (let s = 0; s < eyeSegments; s++) {
    faces.push(...oriented([0, at(0, s), at(0, s + 1), at(0, s + 1)], outward));
    for (let r = 1; r < eyeRings.length; r++)
      faces.push(...oriented([at(r - 1, s), at(r, s), at(r, s + 1), at(r - 1, s + 1)], outward));
  }
  const faceCount = faces.length / 4;
  return {
    material: "eye",
    rows,
    faces: Uint32Array.from(faces),
    parts: Array(faceCount).fill(side),
    islands: Array(faceCount).fill(side),
    uvs: Float64Array.from(uvs),
    uvFaces: Uint32Array.from(faces),
  };
}

/** The face as it is, or turned over where the axes are mirrored. */
function oriented([a, b, c, d]: number[], outward: number): number[] {
  if (outward > 0) return [a, b, c, d];
  return c === d ? [a, c, b, b] : [a, d, c, b];
}

/** A patch of cage points refined by one step of Catmull and Clark. */
function refine(
  cage: Omit<Patch, "rows"> & {
    /** First cage point of the patch. */
    first: number;
    vertexCount: number;
  },
): Patch {
  const { faces, uvFaces, uvs, parts, islands: faceIslands, material, first, vertexCount } = cage;
  const fine = subdivide({ vertexCount, faces, uvFaces, uvCount: uvs.length / 2 });
  if (!fine.uv) throw new Error("refine: the patch has no texture");
  const { offsets, columns, values } = fine.stencils;
  const rows = Array.from(
    { length: fine.vertexCount },
    (_, r) =>
      new Map(
        [...columns.subarray(offsets[r], offsets[r + 1])].map((c, k): [number, number] => [
          first + c,
          values[offsets[r] + k],
        ]),
      ),
  );
  const uv = fine.uv.stencils;
  const fineUvs = new Float64Array(2 * fine.uv.count);
  for (let r = 0; r < fine.uv.count; r++)
    for (let k = uv.offsets[r]; k < uv.offsets[r + 1]; k++)
      for (let axis = 0; axis < 2; axis++) fineUvs[2 * r + axis] += uv.values[k] * uvs[2 * uv.columns[k] + axis];
  return {
    material,
    rows,
    faces: fine.faces,
    parts: [...fine.parents].map((f) => parts[f]),
    islands: [...fine.parents].map((f) => faceIslands[f]),
    uvs: fineUvs,
    uvFaces: fine.uv.faces,
  };
}

/** The texture positions that are used, renumbered. */
function compactUvs(uvs: Float64Array, corners: readonly number[]): { uvs: Float64Array; uvFaces: Uint32Array } {
  const used = [...new Set(corners)].sort((a, b) => a - b);
  const index = new Map(used.map((v, i) => [v, i]));
  return {
    uvs: Float64Array.from(used.flatMap((v) => [uvs[2 * v], uvs[2 * v + 1]])),
    uvFaces: Uint32Array.from(corners, (c) => index.get(c) as number),
  };
}
