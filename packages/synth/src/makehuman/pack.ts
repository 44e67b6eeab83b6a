import { readFileSync } from "node:fs";
import { locate, readTargetTexts } from "./files.ts";
import { type Fitting, parseMhclo } from "./mhclo.ts";
import { type ObjMesh, parseGroups, parseObj } from "./obj.ts";
import { findRegions, type Regions } from "./regions.ts";
import { parseTarget, type Target } from "./target.ts";

/** Something worn by the base mesh: its own mesh and how it hangs on it. */
export interface BoundPart {
  readonly mesh: ObjMesh;
  readonly fitting: Fitting;
}

/** The base mesh, and what its faces and vertices are. */
export function readBase(folder: string): { readonly base: ObjMesh; readonly regions: Regions } {
  const text = readFileSync(locate(folder, "base/base.obj"), "utf8");
  const base = parseObj(text);
  return { base, regions: findRegions(base, parseGroups(text)) };
}

/** All targets of head and neck by name without extension, such as `expression/units/asian/mouth-open`, sorted by name. */
export function readTargets(folder: string): Map<string, Target> {
  const texts = [...readTargetTexts(folder)].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(texts.map(([name, text]) => [name, parseTarget(text)]));
}

/**
 * A part by its path without extension, such as `hair/bob01/bob01`, `eyes/high-poly`, `teeth/teeth_base`.
 * @throws if the .obj and the .mhclo do not have the same number of vertices
 */
export function readPart(folder: string, path: string): BoundPart {
  const [mesh, fitting] = [
    parseObj(readFileSync(locate(folder, `${path}.obj`), "utf8")),
    parseMhclo(readFileSync(locate(folder, `${path}.mhclo`), "utf8")),
  ];
  if (mesh.positions.length !== 3 * fitting.vertexCount)
    throw new Error(
      `readPart: ${path}.obj has ${mesh.positions.length / 3} vertices, its .mhclo ${fitting.vertexCount}`,
    );
  return { mesh, fitting };
}
