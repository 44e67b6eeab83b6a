import type { ObjMesh } from "@cameo/synth";
import {
  ancestryShares,
  expandRanges,
  fitPart,
  landmarks,
  locate,
  macroWeights,
  morph,
  readBase,
  readPart,
  readTargets,
  type TargetWeights,
} from "@cameo/synth";
import { type Pose, type Quaternion, quaternion, quaternionFromAngles, smoothstep } from "cameo";
import type { Texture } from "../src/texture.ts";
import type { Portrait } from "./people.ts";
import { createRandom } from "./random.ts";
import { type Cage, createSurface, type Surface, selectFaces } from "./surface.ts";
import { readTexture } from "./texture.ts";

export type Material = "skin" | "eye" | "cornea" | "teeth" | "tongue" | "cloth" | "brow" | "lash" | "hair" | "strand";

/** Something to draw. */
export interface Part {
  readonly material: Material;
  readonly surface: Surface;
  readonly texture: Texture;
}

export interface Scene {
  /** Solid parts. */
  readonly solids: readonly Part[];
  /** Thin, see-through parts: each one sheet. */
  readonly sheets: readonly Part[];
  readonly pose: Pose;
  /** 68 points, camera space, mm. */
  readonly landmarks: Float32Array;
}

/** Faces of the clear shell before each eyeball of `eyes/high-poly`. */
const corneaFaces = 245;

/** What the portraits have in common, read once. */
export type Pack = ReturnType<typeof readPack>;

export const readPack = (folder: string) => ({
  folder,
  ...readBase(folder),
  landmarks,
  targets: readTargets(folder),
});

/** Builds the person of a portrait, in camera space. */
export async function assembleScene(pack: Pack, portrait: Portrait): Promise<Scene> {
  const { folder, base, regions } = pack;
  const body = morph(base.positions, pack.targets, targetWeights(pack, portrait));
  const joint = (name: string) => meanOf(body, expandRanges(regions.groups[name].vertex_ranges));
  const head = joint("joint-head");
  const { place, pose } = placement(portrait, head, joint("joint-neck"), joint("joint-l-shoulder"));
  const cage = (mesh: ObjMesh, positions: Float64Array): Cage => ({ ...mesh, positions: place(positions) });
  const load = (path: string) => readTexture(locate(folder, path));
  const worn = (path: string, strokes: readonly Stroke[] = []) => {
    const part = readPart(folder, path);
    const positions = fitPart(part.fitting, body);
    for (const stroke of strokes) brush(positions, head, stroke);
    return { cage: cage(part.mesh, positions), hidden: part.fitting.hidden };
  };

  const shirt = worn("clothes/male_casualsuit06");
  const hidden = new Set(shirt.hidden);
  const [, lastBodyFace] = regions.groups.body.face_ranges[0];
  // Half a metre below the head nothing is in the picture.
  const lowest = head[1] - 5;
  const skin = selectFaces(cage(base, body), (f) => {
    if (f > lastBodyFace) return false;
    const corners = base.faces.subarray(4 * f, 4 * f + 4);
    return corners.some((v) => body[3 * v + 1] > lowest) && !corners.every((v) => hidden.has(v));
  });
  iron(shirt.cage);
  sinkUnderCloth(skin, hidden, shirt.cage);
  const eyes = worn("eyes/high-poly").cage;
  // Eyes that look into the camera are turned against the head.
  turnEyes(eyes, [portrait.gaze[0] - portrait.head.yaw, portrait.gaze[1] - portrait.head.pitch]);
  const [corneas, eyeballs] = [true, false].map((isCornea) =>
    splitSheets(eyes).filter((part) => (part.faces.length === 4 * corneaFaces) === isCornea),
  );
  const hair = worn(`hair/${portrait.hair}/${portrait.hair}`, portrait.brush).cage;
  const hairTexture = await load(
    `hair/${portrait.hair}/${portrait.hair === "afro01" ? "afro" : portrait.hair}_diffuse.png`,
  );
  const eyeTexture = await load(`eyes/textures/${portrait.eyes}.png`);
  const browTexture = await load(`eyebrows/${portrait.brows}/${portrait.brows}.png`);
  const lashTexture = await load(`eyelashes/${portrait.lashes}/${portrait.lashes}.png`);

  const solid = (material: Material, part: Cage, levels: number, texture: Texture): Part => ({
    material,
    surface: createSurface(part, levels),
    texture,
  });
  const sheets = (material: Material, part: Cage, levels: number, texture: Texture): Part[] =>
    splitSheets(part).map((sheet) => solid(material, sheet, levels, texture));

  const skinTexture = await load(`skins/${portrait.skin}.jpg`);
  const skinPart = solid("skin", skin, 2, skinTexture);
  return {
    solids: [
      skinPart,
      ...eyeballs.map((p) => solid("eye", p, 1, eyeTexture)),
      solid("teeth", worn("teeth/teeth_base").cage, 0, await load("teeth/teeth.png")),
      solid("tongue", worn("tongue/tongue01").cage, 1, await load("tongue/tongue01_diffuse.jpg")),
      solid("cloth", shirt.cage, 2, await load("clothes/male_casualsuit06_diffuse.jpg")),
    ],
    sheets: [
      ...corneas.map((p) => solid("cornea", p, 1, eyeTexture)),
      ...sheets("brow", worn(`eyebrows/${portrait.brows}/${portrait.brows}`).cage, 1, browTexture),
      ...sheets("lash", worn(`eyelashes/${portrait.lashes}/${portrait.lashes}`).cage, 1, lashTexture),
      ...sheets("hair", hair, 2, hairTexture),
    ],
    pose,
    landmarks: pickVertices(skinPart.surface.positions, pack.landmarks.ibug68, skin.vertices),
  };
}

/** Moves what is within `radius` of `at` by `by`, less towards the rim. Mm from the head joint, x to the subject's left, y up, z ahead. */
export interface Stroke {
  readonly at: readonly [number, number, number];
  readonly by: readonly [number, number, number];
  readonly radius: number;
}

function brush(positions: Float64Array, head: readonly number[], { at, by, radius }: Stroke): void {
  for (let i = 0; i < positions.length; i += 3) {
    const distance = Math.hypot(...at.map((c, k) => c - 100 * (positions[i + k] - head[k])));
    const share = 1 - smoothstep(0, radius, distance);
    for (let k = 0; k < 3; k++) positions[i + k] += (share * by[k]) / 100;
  }
}

/** Macro, shape and expression targets, with a little of everything in `asym`: no face is symmetric. */
function targetWeights({ targets }: Pack, portrait: Portrait): TargetWeights {
  const weights = new Map([...macroWeights(portrait.person), ...Object.entries(portrait.shape)]);
  for (const [name, weight] of Object.entries(portrait.expression))
    for (const [ancestry, share] of ancestryShares(portrait.person))
      weights.set(`expression/units/${ancestry}/${name}`, weight * share);
  const random = createRandom(portrait.seed);
  for (const name of targets.keys()) {
    if (!/^asym\/asym-.*-l$/.test(name)) continue;
    const amount = 0.5 * (random() + random() - 1);
    weights.set(amount < 0 ? name : name.replace(/-l$/, "-r"), Math.abs(amount));
  }
  return weights;
}

function meanOf(positions: Float64Array, vertices: number[]): [number, number, number] {
  const mean: [number, number, number] = [0, 0, 0];
  for (const v of vertices) for (let k = 0; k < 3; k++) mean[k] += positions[3 * v + k] / vertices.length;
  return mean;
}

/**
 * How MakeHuman's decimetres become camera space: the head turns rigidly about the neck joint, the shoulders by their
 * own yaw, and the neck follows smoothly.
 */
function placement(portrait: Portrait, head: readonly number[], neck: readonly number[], shoulder: readonly number[]) {
  const radians = (a: number) => (a * Math.PI) / 180;
  const { yaw, pitch, roll } = portrait.head;
  const rotation = quaternionFromAngles({ yaw: radians(yaw), pitch: radians(pitch), roll: radians(roll) });
  const trunk = quaternionFromAngles({ yaw: radians(portrait.body), pitch: 0, roll: 0 });
  const pivot = neck.map((c, k) => 100 * (c - head[k]));
  const { width, height, focal35, framing, distance } = portrait;
  const f = (focal35 / 43.27) * Math.hypot(width, height);
  const turned = (q: Quaternion, x: number, y: number, z: number) => {
    const m = quaternion.toMatrix(q);
    return [0, 3, 6].map(
      (r, k) => pivot[k] + m[r] * (x - pivot[0]) + m[r + 1] * (y - pivot[1]) + m[r + 2] * (z - pivot[2]),
    );
  };
  const centre = turned(rotation, 0, 0, 0);
  const offset = [
    ((framing[0] - 0.5) * width * distance) / f - centre[0],
    ((framing[1] - 0.5) * height * distance) / f + centre[1],
    distance + centre[2],
  ];
  const place = (positions: Float64Array) => {
    const out = new Float64Array(positions.length);
    for (let i = 0; i < positions.length; i += 3) {
      const [x, y, z] = lowerArm(
        [0, 1, 2].map((k) => 100 * (positions[i + k] - head[k])),
        shoulder.map((c, k) => 100 * (c - head[k])),
      );
      const w = smoothstep(-130, -62, y + 0.3 * z);
      const q = quaternion.normalize(
        [0, 1, 2, 3].map((k) => trunk[k] + w * (rotation[k] - trunk[k])) as unknown as Quaternion,
      );
      const p = turned(q, x, y, z);
      out[i] = p[0] + offset[0];
      out[i + 1] = -p[1] + offset[1];
      out[i + 2] = -p[2] + offset[2];
    }
    return out;
  };
  const pose: Pose = {
    rotation,
    translation: [centre[0] + offset[0], -centre[1] + offset[1], -centre[2] + offset[2]],
  };
  return { place, pose };
}

/** Lets the arms, which MakeHuman holds out at 45°, hang: turns what is beyond the shoulder about it. Mm, y up. */
function lowerArm([x, y, z]: readonly number[], [sx, sy]: readonly number[]): [number, number, number] {
  const right = Math.abs(x) - sx;
  const drop = 12 * smoothstep(-110, 0, right) * smoothstep(110, 60, Math.abs(y - sy));
  const up = y - sy - drop;
  const along = Math.SQRT1_2 * (right - up);
  const above = Math.SQRT1_2 * (right + up);
  const angle = -0.42 * smoothstep(-35, 95, along) * smoothstep(-95, -40, above);
  const turned = right * Math.cos(angle) - up * Math.sin(angle);
  return [Math.sign(x) * (sx + turned), sy + right * Math.sin(angle) + up * Math.cos(angle), z];
}

/** Evens out the crumpled hems of a garment: moves each vertex halfway to the mean of its neighbours, three times. */
function iron({ positions, faces }: Cage): void {
  const count = positions.length / 3;
  for (let round = 0; round < 3; round++) {
    const sum = new Float64Array(positions.length);
    const neighbours = new Float64Array(count);
    for (let i = 0; i < faces.length; i++) {
      const next = faces[i % 4 === 3 ? i - 3 : i + 1];
      for (const [a, b] of [
        [faces[i], next],
        [next, faces[i]],
      ]) {
        neighbours[a]++;
        for (let k = 0; k < 3; k++) sum[3 * a + k] += positions[3 * b + k];
      }
    }
    for (let i = 0; i < positions.length; i++)
      positions[i] = 0.5 * (positions[i] + sum[i] / neighbours[Math.floor(i / 3)]);
  }
}

/** Moves the rim of the skin, which lies under the cloth, 8 mm towards the middle of the cloth, so that it cannot poke through. */
function sinkUnderCloth(skin: Cage & { readonly vertices: Uint32Array }, hidden: Set<number>, cloth: Cage): void {
  const centre = meanOf(cloth.positions, [...Array(cloth.positions.length / 3).keys()]);
  skin.vertices.forEach((v, i) => {
    if (!hidden.has(v)) return;
    const way = [centre[0] - skin.positions[3 * i], 0, centre[2] - skin.positions[3 * i + 2]];
    const length = Math.hypot(...way) || 1;
    for (let k = 0; k < 3; k++) skin.positions[3 * i + k] += (8 * way[k]) / length;
    skin.positions[3 * i + 1] += 4;
  });
}

/** Turns both eyeballs (camera space) by the gaze, each about its own middle. */
function turnEyes({ positions }: Cage, [right, up]: readonly [number, number]): void {
  const a = (right * Math.PI) / 180;
  const b = (up * Math.PI) / 180;
  let middle = 0;
  for (let i = 0; i < positions.length; i += 3) middle += (3 * positions[i]) / positions.length;
  for (const side of [-1, 1]) {
    const own: number[] = [];
    for (let i = 0; i < positions.length; i += 3) if ((positions[i] - middle) * side > 0) own.push(i / 3);
    const c = meanOf(positions, own);
    for (const v of own) {
      const x = positions[3 * v] - c[0];
      const y = positions[3 * v + 1] - c[1];
      const z = positions[3 * v + 2] - c[2];
      // About the camera's x, then y: what looked along −z looks to the right and up.
      const y1 = Math.cos(b) * y + Math.sin(b) * z;
      const z1 = -Math.sin(b) * y + Math.cos(b) * z;
      positions[3 * v] = c[0] + Math.cos(a) * x - Math.sin(a) * z1;
      positions[3 * v + 1] = c[1] + y1;
      positions[3 * v + 2] = c[2] + Math.sin(a) * x + Math.cos(a) * z1;
    }
  }
}

/** The connected pieces of a cage. */
function splitSheets(cage: Cage): Cage[] {
  const parent = Int32Array.from({ length: cage.positions.length / 3 }, (_, i) => i);
  const root = (v: number): number => {
    let r = v;
    while (parent[r] !== r) {
      parent[r] = parent[parent[r]];
      r = parent[r];
    }
    return r;
  };
  for (let i = 0; i < cage.faces.length; i += 4)
    for (let k = 1; k < 4; k++) parent[root(cage.faces[i])] = root(cage.faces[i + k]);
  const roots = new Set<number>();
  for (const v of cage.faces) roots.add(root(v));
  return [...roots].map((r) => selectFaces(cage, (f) => root(cage.faces[4 * f]) === r));
}

function pickVertices(positions: Float32Array, wanted: readonly number[], vertices: Uint32Array): Float32Array {
  const at = new Map([...vertices].map((v, i) => [v, i]));
  return Float32Array.from(wanted.flatMap((v) => [0, 1, 2].map((k) => positions[3 * at.get(v)! + k])));
}
