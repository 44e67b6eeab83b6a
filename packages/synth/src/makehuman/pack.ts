import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fitting, parseMhclo } from "./mhclo.ts";
import { type ObjMesh, parseObj } from "./obj.ts";
import { readTarGz } from "./tar.ts";
import { parseTarget, type Target } from "./target.ts";

/** A list of inclusive index ranges, as regions.json writes them. */
type Ranges = [first: number, last: number][];

/** `base/regions.json`: what the faces and vertices of the base mesh are. All indices 0-based. */
export interface Regions {
  readonly groups: Record<string, { vertex_ranges: Ranges; face_ranges: Ranges }>;
  readonly body_uv_islands: Record<string, { face_ranges: Ranges }>;
  readonly head_neck_crop: { face_ranges: Ranges };
  readonly loops: Record<
    "eyelid_margin_left" | "eyelid_margin_right" | "lip_outer_border" | "lip_inner_margin",
    number[]
  >;
}

/** `base/landmarks.json`: base-mesh vertices. */
export interface Landmarks {
  readonly ibug68: number[];
  readonly named: Record<string, number>;
}

/** Something worn by the base mesh: its own mesh and how it hangs on it. */
export interface BoundPart {
  readonly mesh: ObjMesh;
  readonly fitting: Fitting;
}

/** All indices of a list of inclusive ranges. */
export const expandRanges = (ranges: Ranges): number[] =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));

const readText = (...path: string[]) => readFileSync(join(...path), "utf8");

export const readBase = (folder: string): ObjMesh => parseObj(readText(folder, "base", "base.obj"));
export const readRegions = (folder: string): Regions => JSON.parse(readText(folder, "base", "regions.json"));
export const readLandmarks = (folder: string): Landmarks => JSON.parse(readText(folder, "base", "landmarks.json"));

/** All targets of the pack by name without extension, such as `expression/units/asian/mouth-open`, sorted by name. */
export function readTargets(folder: string): Map<string, Target> {
  const targets: [string, Target][] = [];
  for (const archive of readdirSync(join(folder, "targets")))
    for (const [name, bytes] of readTarGz(readFileSync(join(folder, "targets", archive))))
      if (name.endsWith(".target"))
        targets.push([
          name.slice(0, -".target".length),
          parseTarget(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")),
        ]);
  return new Map(targets.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * A part by its path without extension, such as `hair/bob01/bob01`, `eyes/high-poly`, `teeth/teeth_base`.
 * @throws if the .obj and the .mhclo do not have the same number of vertices
 */
export function readPart(folder: string, path: string): BoundPart {
  const mesh = parseObj(readText(folder, `${path}.obj`));
  const fitting = parseMhclo(readText(folder, `${path}.mhclo`));
  if (mesh.positions.length !== 3 * fitting.vertexCount)
    throw new Error(
      `readPart: ${path}.obj has ${mesh.positions.length / 3} vertices, its .mhclo ${fitting.vertexCount}`,
    );
  return { mesh, fitting };
}
