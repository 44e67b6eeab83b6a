import { type Pose, smoothstep, transformToCamera, type Vec3, vertexNormals } from "cameo";
import { mix } from "../noise.ts";
import type { Part } from "../part.ts";
import { rotationOf, type ViewSpec } from "./view.ts";

/** Where a part lies in a {@link Scene}: first and one past the last. */
export interface ScenePart {
  readonly part: Part;
  readonly vertices: readonly [number, number];
  readonly triangles: readonly [number, number];
}

/**
 * All parts in one mesh, as the camera sees them (x right, y down, z away, mm). The arrays are used again by the next call of
 * {@link placeParts}, and are longer than the mesh where a mesh before was larger.
 */
export interface Scene {
  /** First solid parts, then those that a texture cuts out, then clear ones. */
  readonly parts: readonly ScenePart[];
  /** Index into `parts` per triangle. */
  readonly partOf: Uint8Array;
  readonly vertexCount: number;
  readonly triangleCount: number;
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  /** Of the hairs, root to tip; 0, 0, 0 in parts without. */
  readonly tangents: Float32Array;
  /** Three vertices per triangle; those of two-sided parts run counter-clockwise to the eye. */
  readonly triangles: Uint32Array;
  readonly uvs: Float32Array;
  /** Three texture corners per triangle, in the order of `triangles`. */
  readonly uvTriangles: Uint32Array;
}

/** About this the head turns against the trunk: halfway up the neck. Model space, mm. */
const pivot: Vec3 = [0, -125, -42];

/** Heights, lower by 0.3 z, where the bend of the neck ends and begins; model space, mm. */
const larynx = -112;
const collar = -175;

/** The joints of the shoulders, where x is ± this; model space, mm. */
const shoulder = { x: 170, y: -233 };

/** Puts all parts where pose and view say: those of the head rigidly, those of the neck bending from the head's motion to the trunk's. */
export function placeParts(parts: readonly Part[], pose: Pose, view: ViewSpec): Scene {
  const rank = (part: Part) => (isClear(part) ? 2 : isCutOut(part) ? 1 : 0);
  const ordered = [0, 1, 2].flatMap((r) => parts.filter((part) => rank(part) === r).map(ofOneForm));
  const count = (of: (part: Part) => number) => ordered.reduce((sum, part) => sum + of(part), 0);
  const uvCount = (part: Part) => part.uvs?.length ?? 0;
  const vertexCount = count((part) => part.positions.length) / 3;
  const triangleCount = count((part) => part.triangles.length) / 3;
  reserve(vertexCount, triangleCount, 1 + count(uvCount) / 2);
  const { positions, normals, tangents, triangles, uvs, uvTriangles, partOf } = memory;
  const placed: ScenePart[] = [];
  const bend = createBend(pose, view);
  const rotation: Pose = { rotation: pose.rotation, translation: [0, 0, 0] };

  let v = 0;
  let t = 0;
  let uv = 2;
  for (const [index, part] of ordered.entries()) {
    const end = v + part.positions.length;
    const at = positions.subarray(v, end);
    const normal = normals.subarray(v, end);
    const tangent = tangents.subarray(v, end);
    if (part.follows === "head") {
      transformToCamera(part.positions, pose, at);
      if (part.normals) transformToCamera(part.normals, rotation, normal);
      else vertexNormals(at, part.triangles, {}, normal);
      if (part.tangents) transformToCamera(part.tangents, rotation, tangent);
    } else {
      bend(part, at, normal, tangent);
      if (!part.normals) vertexNormals(at, part.triangles, {}, normal);
    }
    if (!part.tangents) tangent.fill(0);
    addIndices(part.triangles, v / 3, triangles, t);
    partOf.fill(index, t / 3, (t + part.triangles.length) / 3);
    if (part.uvs) {
      uvs.set(part.uvs, uv);
      addIndices(part.uvTriangles ?? part.triangles, uv / 2, uvTriangles, t);
    } else uvTriangles.fill(0, t, t + part.triangles.length);
    if (part.doubleSided) faceEye(positions, triangles, uvTriangles, t, t + part.triangles.length);
    placed.push({ part, vertices: [v / 3, end / 3], triangles: [t / 3, (t + part.triangles.length) / 3] });
    v = end;
    t += part.triangles.length;
    uv += uvCount(part);
  }
  return { parts: placed, vertexCount, triangleCount, ...memory };
}

/** The same part with its properties in one order: the engine reads objects of one form many times faster than of many. */
const ofOneForm = (part: Part): Part => ({
  material: part.material,
  follows: part.follows,
  positions: part.positions,
  triangles: part.triangles,
  normals: part.normals,
  tangents: part.tangents,
  uvs: part.uvs,
  uvTriangles: part.uvTriangles,
  texture: part.texture,
  colour: part.colour,
  colours: part.colours,
  opacity: part.opacity,
  doubleSided: part.doubleSided,
  labels: part.labels,
  extras: part.extras,
});

function addIndices(from: Uint32Array, first: number, to: Uint32Array, at: number): void {
  for (let k = 0; k < from.length; k++) to[at + k] = from[k] + first;
}

/** Kept from picture to picture: these arrays are large. The first texture position is that of parts without. */
let memory = allocate(0, 0, 1);

function allocate(vertices: number, triangles: number, corners: number) {
  return {
    positions: new Float32Array(3 * vertices),
    normals: new Float32Array(3 * vertices),
    tangents: new Float32Array(3 * vertices),
    triangles: new Uint32Array(3 * triangles),
    uvTriangles: new Uint32Array(3 * triangles),
    partOf: new Uint8Array(triangles),
    uvs: new Float32Array(2 * corners),
  };
}

function reserve(vertices: number, triangles: number, corners: number): void {
  const { positions, partOf, uvs } = memory;
  if (3 * vertices <= positions.length && triangles <= partOf.length && 2 * corners <= uvs.length) return;
  memory = allocate(
    Math.max(vertices, positions.length / 3),
    Math.max(triangles, partOf.length),
    Math.max(corners, uvs.length / 2),
  );
}

/** Whether a surface has holes where its texture is transparent. */
export const isCutOut = ({ material }: Part): boolean =>
  material === "hair" || material === "brow" || material === "lash";

/** Whether what is behind a surface is seen through it; dark glass hides it. */
export const isClear = ({ material, opacity = 1 }: Part): boolean =>
  material === "cornea" || (material === "glass" && opacity < 0.5);

/** Turns triangles seen from behind over. */
function faceEye(positions: Float32Array, triangles: Uint32Array, uvTriangles: Uint32Array, from: number, to: number) {
  for (let k = from; k < to; k += 3) {
    const a = 3 * triangles[k];
    const b = 3 * triangles[k + 1];
    const c = 3 * triangles[k + 2];
    const ax = positions[a];
    const ay = positions[a + 1];
    const az = positions[a + 2];
    const ux = positions[b] - ax;
    const uy = positions[b + 1] - ay;
    const uz = positions[b + 2] - az;
    const wx = positions[c] - ax;
    const wy = positions[c + 1] - ay;
    const wz = positions[c + 2] - az;
    if (ax * (uy * wz - uz * wy) + ay * (uz * wx - ux * wz) + az * (ux * wy - uy * wx) <= 0) continue;
    const second = triangles[k + 1];
    triangles[k + 1] = triangles[k + 2];
    triangles[k + 2] = second;
    const corner = uvTriangles[k + 1];
    uvTriangles[k + 1] = uvTriangles[k + 2];
    uvTriangles[k + 2] = corner;
  }
}

/**
 * How parts of the neck move: a point turns about the pivot by the head's rotation above the larynx, by the trunk's below the
 * collar, and by rotations between in between.
 */
function createBend(pose: Pose, view: ViewSpec) {
  const trunk = rotationOf(view.trunk);
  const fixed = transformToCamera(Float32Array.from(pivot), pose);
  // Rotation matrices for `steps` + 1 shares of the head's rotation.
  const steps = 400;
  const matrices = new Float64Array(9 * (steps + 1));
  const head = pose.rotation;
  for (let i = 0; i <= steps; i++) {
    const share = i / steps;
    const x = mix(trunk[0], head[0], share);
    const y = mix(trunk[1], head[1], share);
    const z = mix(trunk[2], head[2], share);
    const w = mix(trunk[3], head[3], share);
    const s = 2 / (x * x + y * y + z * z + w * w);
    const m = 9 * i;
    matrices[m] = 1 - s * (y * y + z * z);
    matrices[m + 1] = s * (x * y - z * w);
    matrices[m + 2] = s * (x * z + y * w);
    matrices[m + 3] = s * (x * y + z * w);
    matrices[m + 4] = 1 - s * (x * x + z * z);
    matrices[m + 5] = s * (y * z - x * w);
    matrices[m + 6] = s * (x * z - y * w);
    matrices[m + 7] = s * (y * z + x * w);
    matrices[m + 8] = 1 - s * (x * x + y * y);
  }
  const lowered = new Float64Array(3);
  return (part: Part, out: Float32Array, outNormals: Float32Array, outTangents: Float32Array): void => {
    const { positions, normals, tangents } = part;
    for (let i = 0; i < positions.length; i += 3) {
      let x = positions[i];
      let y = positions[i + 1];
      const z = positions[i + 2];
      const height = y + 0.3 * z;
      const share = height >= larynx ? 1 : height <= collar ? 0 : smoothstep(collar, larynx, height);
      const m = 9 * Math.floor(steps * share + 0.5);
      let swing = 0;
      if (Math.abs(x) > shoulder.x - 110) {
        lowerArm(x, y, lowered);
        x = lowered[0];
        y = lowered[1];
        swing = lowered[2];
      }
      x -= pivot[0];
      y -= pivot[1];
      const dz = z - pivot[2];
      out[i] = fixed[0] + matrices[m] * x + matrices[m + 1] * y + matrices[m + 2] * dz;
      out[i + 1] = fixed[1] - matrices[m + 3] * x - matrices[m + 4] * y - matrices[m + 5] * dz;
      out[i + 2] = fixed[2] - matrices[m + 6] * x - matrices[m + 7] * y - matrices[m + 8] * dz;
      if (normals) turn(matrices, m, normals, outNormals, i, swing);
      if (tangents) turn(matrices, m, tangents, outTangents, i, swing);
    }
  };
}

/** A direction of model space in camera space: turned in the picture plane by `swing` radians, then by the matrix that begins at `m`. */
function turn(matrices: Float64Array, m: number, from: Float32Array, to: Float32Array, i: number, swing: number): void {
  let x = from[i];
  let y = from[i + 1];
  const z = from[i + 2];
  if (swing !== 0) {
    const cos = Math.cos(swing);
    const sin = Math.sin(swing);
    const across = x;
    x = across * cos - y * sin;
    y = across * sin + y * cos;
  }
  to[i] = matrices[m] * x + matrices[m + 1] * y + matrices[m + 2] * z;
  to[i + 1] = -matrices[m + 3] * x - matrices[m + 4] * y - matrices[m + 5] * z;
  to[i + 2] = -matrices[m + 6] * x - matrices[m + 7] * y - matrices[m + 8] * z;
}

/** Lets the arms, which MakeHuman holds out at 45°, hang: turns what is beyond the shoulder about it. Writes x, y and the angle. */
function lowerArm(x: number, y: number, out: Float64Array): void {
  const right = Math.abs(x) - shoulder.x;
  const drop = 12 * smoothstep(-110, 0, right) * smoothstep(110, 60, Math.abs(y - shoulder.y));
  const up = y - shoulder.y - drop;
  const along = Math.SQRT1_2 * (right - up);
  const above = Math.SQRT1_2 * (right + up);
  const angle = -0.42 * smoothstep(-35, 95, along) * smoothstep(-95, -40, above);
  out[0] = Math.sign(x) * (shoulder.x + right * Math.cos(angle) - up * Math.sin(angle));
  out[1] = shoulder.y + right * Math.sin(angle) + up * Math.cos(angle);
  out[2] = Math.sign(x) * angle;
}
