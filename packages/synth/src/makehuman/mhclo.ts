/** How the vertices of a part (hair, eyes, teeth, cloth …) hang on the base mesh. */
export interface Fitting {
  readonly vertexCount: number;
  /** Three base-mesh vertices per part vertex. */
  readonly vertices: Uint32Array;
  /** Three weights per part vertex; they sum to 1 but may be negative. */
  readonly weights: Float64Array;
  /** x, y, z per part vertex, along the world axes, before scaling. */
  readonly offsets: Float64Array;
  /** Per axis the two base-mesh vertices whose distance along that axis, divided by `distance`, scales the offsets. */
  readonly scales: readonly { readonly from: number; readonly to: number; readonly distance: number }[];
  /** Base-mesh vertices hidden under the part. */
  readonly hidden: Uint32Array;
}

/**
 * Reads a .mhclo file.
 * @throws if an axis scale is missing or a vertex line has neither one nor nine numbers
 */
export function parseMhclo(text: string): Fitting {
  const vertices: number[] = [];
  const weights: number[] = [];
  const offsets: number[] = [];
  const hidden: number[] = [];
  const scales: { from: number; to: number; distance: number }[] = [];
  let section = "";
  for (const line of text.split("\n")) {
    const fields = line.replace(/#.*/, "").trim().split(/\s+/);
    const [key] = fields;
    if (key === "verts" || key === "delete_verts") section = key;
    else if (/^[xyz]_scale$/.test(key)) {
      const [from, to, distance] = fields.slice(1).map(Number);
      scales["xyz".indexOf(key[0])] = { from, to, distance };
    } else if (/^-?\.?\d/.test(key)) {
      if (section === "delete_verts") hidden.push(...indexRanges(fields));
      else if (section === "verts") {
        const numbers = fields.map(Number);
        if (numbers.length === 1) {
          vertices.push(numbers[0], numbers[0], numbers[0]);
          weights.push(1, 0, 0);
          offsets.push(0, 0, 0);
        } else if (numbers.length === 9) {
          vertices.push(...numbers.slice(0, 3));
          weights.push(...numbers.slice(3, 6));
          offsets.push(...numbers.slice(6));
        } else throw new Error(`parseMhclo: a vertex line has ${numbers.length} numbers, not 1 or 9`);
      }
    }
  }
  if (!scales[0] || !scales[1] || !scales[2]) throw new Error("parseMhclo: x_scale, y_scale or z_scale is missing");
  return {
    vertexCount: vertices.length / 3,
    vertices: Uint32Array.from(vertices),
    weights: Float64Array.from(weights),
    offsets: Float64Array.from(offsets),
    scales,
    hidden: Uint32Array.from(hidden),
  };
}

/** Numbers and ranges `first - last` (both included). */
function indexRanges(fields: string[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < fields.length; i++)
    if (fields[i] === "-") for (let v = out[out.length - 1] + 1; v <= Number(fields[i + 1]); v++) out.push(v);
    else if (fields[i - 1] !== "-") out.push(Number(fields[i]));
  return out;
}

/**
 * Where a part's vertices are on a morphed base mesh: w₀P₀ + w₁P₁ + w₂P₂ + offset · scale.
 * @param base x, y, z of all 19158 base-mesh vertices, helpers included
 */
export function fitPart<T extends Float32Array | Float64Array = Float64Array>(
  fitting: Fitting,
  base: Float64Array,
  out: T = new Float64Array(3 * fitting.vertexCount) as T,
): T {
  const { vertices, weights, offsets, scales } = fitting;
  for (let axis = 0; axis < 3; axis++) {
    const { from, to, distance } = scales[axis];
    const scale = Math.abs(base[3 * from + axis] - base[3 * to + axis]) / distance;
    for (let i = 0; i < fitting.vertexCount; i++)
      out[3 * i + axis] =
        weights[3 * i] * base[3 * vertices[3 * i] + axis] +
        weights[3 * i + 1] * base[3 * vertices[3 * i + 1] + axis] +
        weights[3 * i + 2] * base[3 * vertices[3 * i + 2] + axis] +
        offsets[3 * i + axis] * scale;
  }
  return out;
}
