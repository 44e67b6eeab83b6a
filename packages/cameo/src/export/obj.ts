import { Label } from "../image.ts";
import { checkMesh, unitNormals } from "./check-mesh.ts";
import type { TexturedMesh } from "./textured-mesh.ts";

export interface ObjOptions {
  /** Name of the material file, as it lies beside the OBJ file. */
  readonly materialFile: string;
  /** Name of the texture file, as it lies beside the material file. */
  readonly textureFile: string;
}

/** The two text files of a Wavefront model. */
export interface ObjFiles {
  readonly obj: Uint8Array;
  readonly mtl: Uint8Array;
}

const MATERIAL = "head";

/**
 * A Wavefront OBJ file of a head and its material file: mm, y up, face along +z, one group per {@link Label}
 * (`g face`, `g hair`, …). The format knows no expressions and counts v from the bottom.
 * @throws RangeError where the mesh does not fit together or a file name has a line break
 */
export function toObj(mesh: TexturedMesh, { materialFile, textureFile }: ObjOptions): ObjFiles {
  checkMesh(mesh, "toObj");
  for (const name of [materialFile, textureFile])
    if (/[\r\n]/.test(name)) throw new RangeError(`toObj: the file name ${JSON.stringify(name)} has a line break.`);
  const { positions, uvs, triangles } = mesh;
  const normals = unitNormals(mesh.normals);
  const lines = ["# Cameo, millimetres", `mtllib ${materialFile}`, "o head"];
  const triple = (values: Float32Array, i: number, digits: number): string =>
    `${values[i].toFixed(digits)} ${values[i + 1].toFixed(digits)} ${values[i + 2].toFixed(digits)}`;
  for (let i = 0; i < positions.length; i += 3) lines.push(`v ${triple(positions, i, 4)}`);
  for (let i = 0; i < uvs.length; i += 2) lines.push(`vt ${uvs[i].toFixed(6)} ${(1 - uvs[i + 1]).toFixed(6)}`);
  for (let i = 0; i < normals.length; i += 3) lines.push(`vn ${triple(normals, i, 4)}`);
  lines.push(`usemtl ${MATERIAL}`);
  const corner = (t: number): string => `${triangles[t] + 1}/${triangles[t] + 1}/${triangles[t] + 1}`;
  for (const [group, corners] of groupByLabel(mesh)) {
    lines.push(`g ${group}`);
    for (const t of corners) lines.push(`f ${corner(t)} ${corner(t + 1)} ${corner(t + 2)}`);
  }
  const material = [
    "# Cameo",
    `newmtl ${MATERIAL}`,
    "Ka 0 0 0",
    "Kd 1 1 1",
    "Ks 0 0 0",
    "illum 1",
    `map_Kd ${textureFile}`,
  ];
  return { obj: textBytes(lines), mtl: textBytes(material) };
}

const textBytes = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(`${lines.join("\n")}\n`);

/** Where the triangles of each label start in `triangles`. A triangle has the label of most of its corners, else of the first. */
function groupByLabel({ triangles, labels }: TexturedMesh): [string, number[]][] {
  const groups = Object.entries(Label).map(([name, label]) => ({ name, label, starts: [] as number[] }));
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [labels[triangles[t]], labels[triangles[t + 1]], labels[triangles[t + 2]]];
    const label = b === c ? b : a;
    const group = groups.find((candidate) => candidate.label === label);
    if (!group) throw new RangeError(`toObj: ${label} is no label.`);
    group.starts.push(t);
  }
  return groups.filter(({ starts }) => starts.length > 0).map(({ name, starts }) => [name, starts]);
}
