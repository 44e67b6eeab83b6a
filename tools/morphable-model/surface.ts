import { type Cage, nearestMirrored } from "@cameo/synth";
import { applySparse, Region, type SparseMatrix, sparseFromRows, trianglesOfFaces } from "cameo";
import { placeInAtlas } from "./atlas.ts";
import { islands, type Part, type Patch } from "./patches.ts";

/** The fixed topology of the model: everything about its surface that does not change from head to head. */
export interface Surface {
  readonly vertexCount: number;
  readonly triangles: Uint32Array;
  /** One region per triangle. */
  readonly regions: Uint8Array;
  /** Atlas positions, u right, v down. */
  readonly uvs: Float32Array;
  readonly uvTriangles: Uint32Array;
  /** Surface vertices from cage points. */
  readonly refinement: SparseMatrix;
  /** Patches and the first surface vertex of each. */
  readonly patches: readonly { readonly patch: Patch; readonly first: number }[];
}

const regionOf: Record<Part, Region> = {
  face: Region.face,
  scalp: Region.scalp,
  neck: Region.neck,
  earLeft: Region.earLeft,
  earRight: Region.earRight,
  eyeSocket: Region.eyeSocket,
  innerMouth: Region.innerMouth,
  teeth: Region.teeth,
  tongue: Region.tongue,
  eyeLeft: Region.eyeLeft,
  eyeRight: Region.eyeRight,
};

/** Joins the patches to one mesh with one atlas. */
export function joinPatches(patches: readonly Patch[]): Surface {
  const rows: ReadonlyMap<number, number>[] = [];
  const triangles: number[] = [];
  const uvTriangles: number[] = [];
  const regions: number[] = [];
  const uvs: number[] = [];
  const placed: { patch: Patch; first: number }[] = [];
  for (const patch of patches) {
    const first = rows.length;
    placed.push({ patch, first });
    for (const row of patch.rows) rows.push(row);
    for (const v of trianglesOfFaces(patch.faces)) triangles.push(first + v);
    for (let f = 0; f < patch.parts.length; f++) {
      regions.push(regionOf[patch.parts[f]]);
      if (patch.faces[4 * f + 2] !== patch.faces[4 * f + 3]) regions.push(regionOf[patch.parts[f]]);
    }
    const firstUv = uvs.length / 2;
    for (const v of trianglesOfFaces(patch.uvFaces)) uvTriangles.push(firstUv + v);
    uvs.push(...atlasUvs(patch));
  }
  return {
    vertexCount: rows.length,
    triangles: Uint32Array.from(triangles),
    regions: Uint8Array.from(regions),
    uvs: Float32Array.from(uvs),
    uvTriangles: Uint32Array.from(uvTriangles),
    refinement: sparseFromRows(rows),
    patches: placed,
  };
}

function atlasUvs(patch: Patch): Float64Array {
  const out = new Float64Array(patch.uvs.length);
  for (const island of islands) {
    const used = new Set<number>();
    for (const [f, name] of patch.islands.entries())
      if (name === island) for (let k = 0; k < 4; k++) used.add(patch.uvFaces[4 * f + k]);
    if (used.size === 0) continue;
    const corners = [...used];
    const moved = placeInAtlas(
      island,
      Float64Array.from(corners.flatMap((c) => [patch.uvs[2 * c], patch.uvs[2 * c + 1]])),
    );
    for (const [i, c] of corners.entries()) out.set(moved.subarray(2 * i, 2 * i + 2), 2 * c);
  }
  return out;
}

/**
 * The mirror image of every surface vertex: the one that hangs on the mirrored cage points with the same weights. The
 * few teeth vertices that have none, as the part is not quite symmetric, get the nearest of their patch.
 * @param points cage points of a symmetric head
 */
export function mirrorSurface(
  { patches, refinement, vertexCount }: Surface,
  cage: Cage,
  points: Float32Array,
): Uint32Array {
  const { offsets, columns, values } = refinement;
  const key = (v: number, image: (column: number) => number) => {
    const entries: [number, number][] = [];
    for (let k = offsets[v]; k < offsets[v + 1]; k++) entries.push([image(columns[k]), Math.round(values[k] * 1e5)]);
    return entries
      .filter(([, weight]) => weight !== 0)
      .sort((a, b) => a[0] - b[0])
      .join(";");
  };
  const byRow = new Map(Array.from({ length: vertexCount }, (_, v) => [key(v, (c) => c), v]));
  const surface = applySparse(refinement, points, 3);
  return Uint32Array.from({ length: vertexCount }, (_, v) => {
    const twin = byRow.get(key(v, (c) => cage.mirror[c]));
    if (twin !== undefined) return twin;
    const home = patches.find(({ first, patch }) => v >= first && v < first + patch.rows.length);
    if (!home) throw new Error(`mirrorSurface: vertex ${v} belongs to no patch`);
    return nearestMirrored(surface, v, home.first, home.first + home.patch.rows.length);
  });
}
