/** A quad mesh with texture coordinates, as MakeHuman's .obj files hold it. Units of the file (dm), y up. */
export interface ObjMesh {
  /** x, y, z per vertex. */
  readonly positions: Float64Array;
  /** u, v per texture vertex; v goes up. */
  readonly uvs: Float64Array;
  /** Four vertex indices per face, counter-clockwise from outside. */
  readonly faces: Uint32Array;
  /** Four indices into `uvs` (pairs) per face. */
  readonly faceUvs: Uint32Array;
}

/**
 * Reads the vertices, texture vertices and quads of an .obj file; groups, materials and comments are passed over.
 * @throws if a face is not a quad, lacks texture coordinates or points outside the file
 */
export function parseObj(text: string): ObjMesh {
  const positions: number[] = [];
  const uvs: number[] = [];
  const faces: number[] = [];
  const faceUvs: number[] = [];
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === "v") positions.push(Number(fields[1]), Number(fields[2]), Number(fields[3]));
    else if (fields[0] === "vt") uvs.push(Number(fields[1]), Number(fields[2]));
    else if (fields[0] === "f") {
      if (fields.length !== 5) throw new Error(`parseObj: expected a quad, got "${line.trim()}"`);
      for (const corner of fields.slice(1)) {
        const [vertex, uv] = corner.split("/");
        faces.push(Number(vertex) - 1);
        faceUvs.push(Number(uv) - 1);
      }
    }
  }
  const inside = (indices: number[], count: number) => indices.every((i) => Number.isInteger(i) && i >= 0 && i < count);
  if (!inside(faces, positions.length / 3)) throw new Error("parseObj: a face names a vertex that does not exist");
  if (!inside(faceUvs, uvs.length / 2)) throw new Error("parseObj: a face names a texture vertex that does not exist");
  return {
    positions: Float64Array.from(positions),
    uvs: Float64Array.from(uvs),
    faces: Uint32Array.from(faces),
    faceUvs: Uint32Array.from(faceUvs),
  };
}

/** Faces of each group of an .obj file, by the names of its `g` lines, in the order of their first faces. */
export function parseGroups(text: string): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  let name = "";
  let face = 0;
  for (const line of text.split("\n")) {
    const [key, ...names] = line.trim().split(/\s+/);
    if (key === "g") name = names.join(" ");
    else if (key === "f") {
      const faces = groups.get(name);
      if (faces) faces.push(face);
      else groups.set(name, [face]);
      face++;
    }
  }
  return groups;
}
