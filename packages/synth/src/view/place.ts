import { type Pose, quaternion, smoothstep, transformToCamera, type Vec3, vertexNormals } from "cameo";
import { mix } from "../noise.ts";
import type { Part } from "../part.ts";
import { rotationOf, type ViewSpec } from "./view.ts";

/** Where a part lies in a {@link Scene}: first and one past the last. */
export interface ScenePart {
  readonly part: Part;
  readonly vertices: readonly [number, number];
  readonly triangles: readonly [number, number];
}

/** All parts in one mesh, as the camera sees them (x right, y down, z away, mm). */
export interface Scene {
  /** First solid parts, then those that a texture cuts out, then clear ones. */
  readonly parts: readonly ScenePart[];
  /** Index into `parts` per triangle. */
  readonly partOf: Uint8Array;
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

/** The joints of the shoulders, where x is ± this; model space, mm. */
const shoulder = { x: 170, y: -233 };

/** Puts all parts where pose and view say: those of the head rigidly, those of the neck bending from the head's motion to the trunk's. */
export function placeParts(parts: readonly Part[], pose: Pose, view: ViewSpec): Scene {
  const rank = (part: Part) => (isClear(part) ? 2 : isCutOut(part) ? 1 : 0);
  const ordered = [0, 1, 2].flatMap((r) => parts.filter((part) => rank(part) === r));
  const count = (of: (part: Part) => number) => ordered.reduce((sum, part) => sum + of(part), 0);
  const uvCount = (part: Part) => part.uvs?.length ?? 0;
  const positions = new Float32Array(count((part) => part.positions.length));
  const normals = new Float32Array(positions.length);
  const tangents = new Float32Array(positions.length);
  const triangles = new Uint32Array(count((part) => part.triangles.length));
  const partOf = new Uint8Array(triangles.length / 3);
  // Two zeros first, for the triangles of parts without texture positions.
  const uvs = new Float32Array(2 + count(uvCount));
  const uvTriangles = new Uint32Array(triangles.length);
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
      bend(part, at, tangent);
      vertexNormals(at, part.triangles, {}, normal);
    }
    const firstVertex = v / 3;
    for (let k = 0; k < part.triangles.length; k++) triangles[t + k] = part.triangles[k] + firstVertex;
    partOf.fill(index, t / 3, (t + part.triangles.length) / 3);
    if (part.uvs) {
      uvs.set(part.uvs, uv);
      const corners = part.uvTriangles ?? part.triangles;
      const firstUv = uv / 2;
      for (let k = 0; k < corners.length; k++) uvTriangles[t + k] = corners[k] + firstUv;
    }
    if (part.doubleSided) faceEye(positions, triangles, uvTriangles, t, t + part.triangles.length);
    placed.push({ part, vertices: [v / 3, end / 3], triangles: [t / 3, (t + part.triangles.length) / 3] });
    v = end;
    t += part.triangles.length;
    uv += uvCount(part);
  }
  return { parts: placed, partOf, positions, normals, tangents, triangles, uvs, uvTriangles };
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
    [triangles[k + 1], triangles[k + 2]] = [triangles[k + 2], triangles[k + 1]];
    [uvTriangles[k + 1], uvTriangles[k + 2]] = [uvTriangles[k + 2], uvTriangles[k + 1]];
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
  const matrices = Array.from({ length: steps + 1 }, (_, i) => {
    const [x, y, z, w] = trunk.map((c, k) => mix(c, pose.rotation[k], i / steps));
    return quaternion.toMatrix(quaternion.normalize([x, y, z, w]));
  });
  const lowered = [0, 0];
  return ({ positions, tangents }: Part, out: Float32Array, outTangents: Float32Array): void => {
    for (let i = 0; i < positions.length; i += 3) {
      lowerArm(positions[i], positions[i + 1], lowered);
      const x = lowered[0] - pivot[0];
      const y = lowered[1] - pivot[1];
      const z = positions[i + 2] - pivot[2];
      const share = smoothstep(-175, -112, positions[i + 1] + 0.3 * positions[i + 2]);
      const m = matrices[Math.round(steps * share)];
      out[i] = fixed[0] + m[0] * x + m[1] * y + m[2] * z;
      out[i + 1] = fixed[1] - m[3] * x - m[4] * y - m[5] * z;
      out[i + 2] = fixed[2] - m[6] * x - m[7] * y - m[8] * z;
      if (!tangents) continue;
      const tx = tangents[i];
      const ty = tangents[i + 1];
      const tz = tangents[i + 2];
      outTangents[i] = m[0] * tx + m[1] * ty + m[2] * tz;
      outTangents[i + 1] = -m[3] * tx - m[4] * ty - m[5] * tz;
      outTangents[i + 2] = -m[6] * tx - m[7] * ty - m[8] * tz;
    }
  };
}

/** Lets the arms, which MakeHuman holds out at 45°, hang: turns what is beyond the shoulder about it. Writes x and y. */
function lowerArm(x: number, y: number, out: number[]): void {
  const right = Math.abs(x) - shoulder.x;
  if (right < -110) {
    out[0] = x;
    out[1] = y;
    return;
  }
  const drop = 12 * smoothstep(-110, 0, right) * smoothstep(110, 60, Math.abs(y - shoulder.y));
  const up = y - shoulder.y - drop;
  const along = Math.SQRT1_2 * (right - up);
  const above = Math.SQRT1_2 * (right + up);
  const angle = -0.42 * smoothstep(-35, 95, along) * smoothstep(-95, -40, above);
  out[0] = Math.sign(x) * (shoulder.x + right * Math.cos(angle) - up * Math.sin(angle));
  out[1] = shoulder.y + right * Math.sin(angle) + up * Math.cos(angle);
}
