import { alignHead, coefficientsOf, refinedMetric } from "@cameo/synth";
import { applySparse, type MorphableModel, Region, synthesizeShape } from "cameo";
import { drawHead, type Workshop } from "./model.ts";
import { createRandom } from "./random.ts";

const seed = 99;
const headCount = 200;
const counts = [0, 5, 10, 20, 40, 60, 80];

/** Mean and 95th percentile, over vertices of heads, of the distance to the reconstructed vertex, mm. */
interface ErrorRow {
  readonly components: number;
  readonly face: { readonly mean: number; readonly p95: number };
  readonly head: { readonly mean: number; readonly p95: number };
}

/**
 * How well the first components reconstruct heads that the model was not made from: each head is aligned on the skull,
 * projected onto the components, and compared vertex by vertex on the refined surface (face; face, scalp, ears and neck).
 */
export function reconstructionErrors(shop: Workshop, model: MorphableModel): ErrorRow[] {
  const { refinement, triangles, regions, meanShape, identity } = model;
  if (!refinement) throw new Error("reconstructionErrors: the model has no cage");
  const metric = refinedMetric(refinement, meanShape.length / 3);
  const random = createRandom(seed);
  const verticesOf = (wanted: readonly Region[]) => {
    const chosen = new Set<number>();
    for (const [i, v] of triangles.entries()) if (wanted.includes(regions[Math.floor(i / 3)] as Region)) chosen.add(v);
    return [...chosen];
  };
  const face = verticesOf([Region.face]);
  const head = verticesOf([Region.face, Region.scalp, Region.earLeft, Region.earRight, Region.neck]);
  const distances = counts.map(() => ({ face: [] as number[], head: [] as number[] }));
  for (let h = 0; h < headCount; h++) {
    const cage: Float32Array = alignHead(shop.skull, drawHead(shop, random), meanShape);
    const truth = applySparse(refinement, cage, 3);
    const coefficients = coefficientsOf(
      identity,
      Float64Array.from(cage, (x, i) => x - meanShape[i]),
      metric,
    );
    for (const [c, count] of counts.entries()) {
      const made = synthesizeShape(model, coefficients.subarray(0, count), []);
      const distance = (v: number) =>
        Math.hypot(made[3 * v] - truth[3 * v], made[3 * v + 1] - truth[3 * v + 1], made[3 * v + 2] - truth[3 * v + 2]);
      for (const v of face) distances[c].face.push(distance(v));
      for (const v of head) distances[c].head.push(distance(v));
    }
  }
  return counts.map((components, c) => ({
    components,
    face: summary(distances[c].face),
    head: summary(distances[c].head),
  }));
}

function summary(values: number[]): { mean: number; p95: number } {
  const sorted = Float64Array.from(values).sort();
  return {
    mean: sorted.reduce((s, x) => s + x, 0) / sorted.length,
    p95: sorted[Math.floor(0.95 * sorted.length)],
  };
}

/** The errors as a table in Markdown. */
export function reconstructionReport(shop: Workshop, model: MorphableModel): string {
  const rows = reconstructionErrors(shop, model).map(({ components, face, head }) => {
    const cells = [face.mean, face.p95, head.mean, head.p95].map((x) => x.toFixed(2));
    return `| ${components} | ${cells.join(" | ")} |`;
  });
  return [
    `Reconstruction error of ${headCount} held-out heads, mm:`,
    "",
    "| components | face mean | face p95 | head mean | head p95 |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}
