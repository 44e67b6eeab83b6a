import type { ObjMesh } from "./obj.ts";
import { edgeLoop, floodFaces, quadTopology } from "./topology.ts";

/** Inclusive ranges of indices. */
export type Ranges = readonly (readonly [first: number, last: number])[];

/** What the faces and vertices of the base mesh are. */
export interface Regions {
  /** By the names of the file's `g` lines, such as `body` or `joint-head`. */
  readonly groups: Readonly<Record<string, { readonly vertex_ranges: Ranges; readonly face_ranges: Ranges }>>;
  /** Pieces of the body in the skin's picture. */
  readonly body_uv_islands: Readonly<Record<string, { readonly face_ranges: Ranges }>>;
  /** Closed loops of vertices. */
  readonly loops: Readonly<Record<keyof typeof loopStarts, readonly number[]>>;
}

/** A face of each island. */
const islandFaces = {
  torso_arms_legs_lower_neck: 498,
  head_and_upper_neck: 0,
  hand_right: 1571,
  hand_left: 8190,
  foot_right: 4373,
  foot_left: 11087,
  mouth_interior: 344,
  eye_socket_right: 831,
  eye_socket_left: 7452,
} as const;

/** The first two vertices of each loop: from the inner corners of the lids upwards, from the middle of the upper lip to the left. */
const loopStarts = {
  eyelid_margin_left: [6853, 6850],
  eyelid_margin_right: [69, 66],
  lip_outer_border: [455, 7214],
  lip_inner_margin: [474, 7229],
} as const;

/** All indices of a list of inclusive ranges. */
export const expandRanges = (ranges: Ranges): number[] =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));

/**
 * Finds the regions of the base mesh.
 * @param groups faces of each group of the file, see `parseGroups`
 */
export function findRegions(base: ObjMesh, groups: ReadonlyMap<string, readonly number[]>): Regions {
  // The body's faces are the first of the file.
  const bodyFaces = groups.get("body")?.length ?? 0;
  const body = quadTopology(base.faces, bodyFaces);
  const picture = quadTopology(base.faceUvs, bodyFaces);
  return {
    groups: mapEntries(Object.fromEntries(groups), (faces) => ({
      vertex_ranges: rangesOf(faces.flatMap((f) => [...base.faces.subarray(4 * f, 4 * f + 4)])),
      face_ranges: rangesOf(faces),
    })),
    body_uv_islands: mapEntries(islandFaces, (face) => ({
      face_ranges: rangesOf(floodFaces(base.faceUvs, picture, [face], new Set()).keys()),
    })),
    loops: mapEntries(loopStarts, ([first, second]) => edgeLoop(body, first, second)),
  };
}

/** The ranges that indices, in any order and repeated or not, make. */
function rangesOf(indices: Iterable<number>): Ranges {
  const ranges: [number, number][] = [];
  for (const i of [...new Set(indices)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === i - 1) last[1] = i;
    else ranges.push([i, i]);
  }
  return ranges;
}

function mapEntries<K extends string, A, B>(record: Readonly<Record<K, A>>, change: (value: A) => B): Record<K, B> {
  return Object.fromEntries(Object.entries<A>(record).map(([key, value]) => [key, change(value)])) as Record<K, B>;
}
