import { fitPart } from "./mhclo.ts";
import { mirrorBody, type Pack } from "./reference.ts";
import { expandRanges } from "./regions.ts";
import { edgeKey, edgeLoop, floodFaces, loopEdges, quadTopology, type Topology } from "./topology.ts";

/** The first faces and vertices of the base mesh are the visible body. */
export const bodyFaceCount = 13378;
export const bodyVertexCount = 13380;

/** Vertices of the base mesh that the cage is cut along; each pair starts a closed edge loop (see `edgeLoop`). */
const loops = {
  /** Around the root of the neck. */
  neck: [1524, 1],
  /** Forehead, temple, in front of the ear, under the jaw. */
  face: [983, 1],
  /** Around the root of the left ear. */
  earLeft: [12320, 0],
} as const;

/** Rows of the eye socket kept behind the edge of the lids; what lies deeper is always behind the eyeball. */
const socketRows = 4;

/** How far above the bottom of the ear lobes neck and scalp part, dm: where the mesh runs most evenly around the head. */
const neckAboveLobe = 0.09;

/** Eyeballs of the base mesh: hidden vertices each its centre and size are measured on. */
export const eyeHelpers = { left: [14598, 14669], right: [14670, 14741] } as const;

/** Part of the cage made of body quads. */
export interface SkinCage {
  /** Body face per quad. */
  readonly faces: Uint32Array;
  /** Body vertex per cage point. */
  readonly vertices: Uint32Array;
  /** Which part of the head each quad is. */
  readonly parts: readonly SkinPart[];
}
export type SkinPart = "face" | "scalp" | "neck" | "earLeft" | "earRight" | "eyeSocket" | "innerMouth";

/**
 * The control points of the model: body vertices of head and neck, the tongue, the hidden strips the teeth hang on, and
 * four points for each eyeball (its centre, and one radius away along x outwards, y and z).
 */
export interface Cage {
  readonly skin: SkinCage;
  /** First point of each part; `count` is one past the last. */
  readonly start: {
    readonly tongue: number;
    readonly lowerTeeth: number;
    readonly upperTeeth: number;
    readonly eyeLeft: number;
    readonly eyeRight: number;
    readonly count: number;
  };
  /** Cage point of each body vertex; −1 where the vertex is not part of it. */
  readonly ofBody: Int32Array;
  /** The mirror image of every point. */
  readonly mirror: Uint32Array;
}

export const toothHelpers = { lower: [14992, 15059], upper: [15060, 15127] } as const;
const rangeLength = ([first, last]: readonly [number, number]) => last - first + 1;

/** Walks the loops of {@link loops}: the second number picks the start among the neighbours with x > 0, or any. */
function findLoop(pack: Pack, topology: Topology, [vertex, leftOnly]: readonly [number, number]): number[] {
  const starts = [...(topology.neighbours.get(vertex) ?? [])].filter(
    (n) => !leftOnly || pack.base.positions[3 * n] > 1e-6,
  );
  for (const next of starts) {
    try {
      return edgeLoop(topology, vertex, next);
    } catch {
      // Another direction may close.
    }
  }
  throw new Error(`findLoop: no closed edge loop starts at vertex ${vertex}`);
}

/** Chooses the quads of head and neck and says what each is. */
export function selectSkin(pack: Pack): SkinCage {
  const { base, regions, landmarks } = pack;
  const topology = quadTopology(base.faces, bodyFaceCount);
  const mirror = mirrorBody(base, bodyVertexCount);
  const union = (...sets: Set<number>[]) => new Set(sets.flatMap((s) => [...s]));
  const faceAt = (vertex: number) => {
    const [neighbour] = topology.neighbours.get(vertex) ?? [];
    return topology.edgeFaces.get(edgeKey(vertex, neighbour))?.[0] as number;
  };
  const inside = (vertex: number, walls: Set<number>) => floodFaces(base.faces, topology, [faceAt(vertex)], walls);

  const neckEdge = loopEdges(findLoop(pack, topology, loops.neck));
  const earLoop = findLoop(pack, topology, loops.earLeft);
  const lids = union(loopEdges(regions.loops.eyelid_margin_left), loopEdges(regions.loops.eyelid_margin_right));
  const lips = loopEdges(regions.loops.lip_inner_margin);
  const noseTip = landmarks.named.pronasale;
  const head = inside(noseTip, neckEdge);
  const skin = inside(noseTip, union(neckEdge, lids, lips));
  const face = inside(noseTip, union(loopEdges(findLoop(pack, topology, loops.face)), lids, lips));
  const earLeft = inside(landmarks.named.ear_outermost_left, loopEdges(earLoop));
  const earRight = inside(landmarks.named.ear_outermost_right, loopEdges(earLoop.map((v) => mirror[v])));
  const sockets = floodFaces(
    base.faces,
    topology,
    [...head.keys()].filter((f) => !skin.has(f) && touches(f, lids)),
    lids,
  );
  function touches(f: number, edges: Set<number>) {
    return [0, 1, 2, 3].some((k) => edges.has(edgeKey(base.faces[4 * f + k], base.faces[4 * f + ((k + 1) % 4)])));
  }

  const neckTop = pack.reference[3 * landmarks.named.ear_lobe_bottom_left + 1] + neckAboveLobe;
  const height = (f: number) => [0, 1, 2, 3].reduce((s, k) => s + pack.reference[3 * base.faces[4 * f + k] + 1] / 4, 0);
  const partOf = (f: number): SkinPart => {
    if (sockets.has(f)) return "eyeSocket";
    if (!skin.has(f)) return "innerMouth";
    if (face.has(f)) return "face";
    if (earLeft.has(f)) return "earLeft";
    if (earRight.has(f)) return "earRight";
    return height(f) < neckTop ? "neck" : "scalp";
  };
  const faces = [...head.keys()].filter((f) => (sockets.get(f) ?? 0) < socketRows).sort((a, b) => a - b);
  const vertices = [...new Set(faces.flatMap((f) => [...base.faces.subarray(4 * f, 4 * f + 4)]))].sort((a, b) => a - b);
  return { faces: Uint32Array.from(faces), vertices: Uint32Array.from(vertices), parts: faces.map(partOf) };
}

export function buildCage(pack: Pack): Cage {
  const skin = selectSkin(pack);
  const tongue = skin.vertices.length;
  const lowerTeeth = tongue + pack.tongue.fitting.vertexCount;
  const upperTeeth = lowerTeeth + rangeLength(toothHelpers.lower);
  const eyeLeft = upperTeeth + rangeLength(toothHelpers.upper);
  const start = { tongue, lowerTeeth, upperTeeth, eyeLeft, eyeRight: eyeLeft + 4, count: eyeLeft + 8 };

  const ofBody = new Int32Array(bodyVertexCount).fill(-1);
  for (const [i, v] of skin.vertices.entries()) ofBody[v] = i;
  const mirror = new Uint32Array(start.count);
  const twin = mirrorBody(pack.base, bodyVertexCount);
  for (const [i, v] of skin.vertices.entries()) mirror[i] = ofBody[twin[v]];
  const points = placeCage(pack, { skin, start }, pack.reference);
  for (const [from, to] of [
    [tongue, lowerTeeth],
    [lowerTeeth, upperTeeth],
    [upperTeeth, eyeLeft],
  ])
    for (let i = from; i < to; i++) mirror[i] = nearestMirrored(points, i, from, to);
  for (let k = 0; k < 4; k++) {
    mirror[start.eyeLeft + k] = start.eyeRight + k;
    mirror[start.eyeRight + k] = start.eyeLeft + k;
  }
  return { skin, start, ofBody, mirror };
}

/** The point in [from, to) nearest to the mirror image of point i. */
export function nearestMirrored(points: ArrayLike<number>, i: number, from: number, to: number): number {
  let best = from;
  let least = Infinity;
  for (let j = from; j < to; j++) {
    const d =
      (points[3 * j] + points[3 * i]) ** 2 +
      (points[3 * j + 1] - points[3 * i + 1]) ** 2 +
      (points[3 * j + 2] - points[3 * i + 2]) ** 2;
    if (d < least) {
      least = d;
      best = j;
    }
  }
  return best;
}

/** How far the teeth are set back, mm: with the lips closed over them they would touch the skin. */
export const teethBack = 1.5;

/** Millimetres per unit of the base mesh. */
const mmPerUnit = 100;

/**
 * Control points of a morphed base mesh, mm, in the axes and about the origin of the base mesh.
 * @param base x, y, z of all base-mesh vertices, dm
 */
export function placeCage(
  pack: Pack,
  { skin, start }: Pick<Cage, "skin" | "start">,
  base: Float64Array,
  out: Float64Array = new Float64Array(3 * start.count),
): Float64Array {
  const copy = (vertex: number, point: number) => {
    for (let axis = 0; axis < 3; axis++) out[3 * point + axis] = mmPerUnit * base[3 * vertex + axis];
  };
  for (const [i, v] of skin.vertices.entries()) copy(v, i);
  for (const [i, x] of fitPart(pack.tongue.fitting, base).entries()) out[3 * start.tongue + i] = mmPerUnit * x;
  for (let v = toothHelpers.lower[0]; v <= toothHelpers.lower[1]; v++)
    copy(v, start.lowerTeeth + v - toothHelpers.lower[0]);
  for (let v = toothHelpers.upper[0]; v <= toothHelpers.upper[1]; v++)
    copy(v, start.upperTeeth + v - toothHelpers.upper[0]);
  for (let i = start.lowerTeeth; i < start.eyeLeft; i++) out[3 * i + 2] -= teethBack;
  for (const side of ["left", "right"] as const) {
    const { centre, radius } = measureEye(base, side);
    const first = 3 * (side === "left" ? start.eyeLeft : start.eyeRight);
    for (let k = 0; k < 4; k++)
      for (let axis = 0; axis < 3; axis++) {
        const outward = axis === 0 && side === "right" ? -1 : 1;
        out[first + 3 * k + axis] = mmPerUnit * (centre[axis] + (k === axis + 1 ? outward * radius : 0));
      }
  }
  return out;
}

/** Centre and mean radius of an eyeball, dm. */
function measureEye(base: Float64Array, side: "left" | "right"): { centre: number[]; radius: number } {
  const [first, last] = eyeHelpers[side];
  const vertices = expandRanges([[first, last]]);
  const centre = [0, 1, 2].map((axis) => vertices.reduce((s, v) => s + base[3 * v + axis], 0) / vertices.length);
  const radius =
    vertices.reduce((s, v) => s + Math.hypot(...centre.map((c, axis) => base[3 * v + axis] - c)), 0) / vertices.length;
  return { centre, radius };
}

/** Which strip of cage points a tooth bound to base-mesh vertex `helper` follows. */
export function toothStrip(helper: number): "lowerTeeth" | "upperTeeth" {
  for (const [strip, [first, last]] of [
    ["lowerTeeth", toothHelpers.lower],
    ["upperTeeth", toothHelpers.upper],
  ] as const)
    if (helper >= first && helper <= last) return strip;
  throw new Error(`toothStrip: vertex ${helper} is no tooth helper`);
}
