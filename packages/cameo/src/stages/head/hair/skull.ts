import { Region } from "../../../morphable/model.ts";
import type { HeadTemplate } from "../template.ts";

/** Points on the skin that hair is measured from. */
export interface SkinPoints {
  /** x, y, z, camera space, mm. */
  readonly positions: Float32Array;
  /** How far hair stands off there, mm. */
  readonly thickness: Float32Array;
}

/**
 * Points on face, scalp, neck and covered ears some 3 mm apart: vertices, middles of edges, middles of triangles. Not on
 * ears that show, whose folds would make hair about them uneven.
 *
 * @param hairy regions that hair can grow on or lie over
 */
export function skinPoints(
  { model, regions }: HeadTemplate,
  positions: Float32Array,
  thickness: Float32Array,
  hairy: ReadonlySet<number>,
): SkinPoints {
  const out = { positions: [] as number[], thickness: [] as number[] };
  const add = (corners: readonly number[]): void => {
    const share = 1 / corners.length;
    for (let k = 0; k < 3; k++) out.positions.push(corners.reduce((sum, v) => sum + share * positions[3 * v + k], 0));
    out.thickness.push(corners.reduce((sum, v) => sum + share * thickness[v], 0));
  };
  for (let v = 0; v < model.vertexCount; v++) if (regions[v] === Region.face || hairy.has(regions[v])) add([v]);
  for (let t = 0; t < model.regions.length; t++) {
    if (!hairy.has(model.regions[t])) continue;
    const [a, b, c] = model.triangles.subarray(3 * t, 3 * t + 3);
    add([a, b, c]);
    if (a < b) add([a, b]);
    if (b < c) add([b, c]);
    if (c < a) add([c, a]);
  }
  return {
    positions: Float32Array.from(out.positions),
    thickness: Float32Array.from(out.thickness),
  };
}
