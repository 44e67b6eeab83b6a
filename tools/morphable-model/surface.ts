import { placeInAtlas } from "./atlas.ts";
import { type Cage, nearestMirrored } from "./cage.ts";
import { Region, type SparseMatrix, sparseFromRows, trianglesOfFaces } from "./cameo.ts";
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

/** The mirror image of every surface vertex, found on a symmetric head; patches mirror into themselves or their twin. */
export function mirrorSurface({ patches, refinement, vertexCount }: Surface, cage: Cage): Uint32Array {
  const keyOf = (columns: number[], values: number[]) =>
    columns
      .map((c, k): [number, number] => [c, Math.round(values[k] * 1e5)])
      .filter(([, w]) => w !== 0)
      .sort((a, b) => a[0] - b[0])
      .join(";");
  const { offsets, columns, values } = refinement;
  const row = (v: number) => ({
    columns: [...columns.subarray(offsets[v], offsets[v + 1])],
    values: [...values.subarray(offsets[v], offsets[v + 1])],
  });
  const mirror = new Uint32Array(vertexCount);
  const byRow = new Map<string, number>();
  for (let v = 0; v < vertexCount; v++) {
    const r = row(v);
    byRow.set(keyOf(r.columns, r.values), v);
  }
  void nearestMirrored;
  void patches;
  for (let v = 0; v < vertexCount; v++) {
    const r = row(v);
    const twin = byRow.get(
      keyOf(
        r.columns.map((c) => cage.mirror[c]),
        r.values,
      ),
    );
    mirror[v] = twin ?? v;
  }
  return mirror;
}
