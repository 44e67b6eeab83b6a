import { gather } from "../../mesh/compact.ts";
import { VertexTree } from "../../mesh/nearest.ts";
import type { MorphableModel } from "../../morphable/model.ts";
import { synthesizeShape } from "../../morphable/synthesize.ts";
import type { SplitMesh } from "./split.ts";

/** Vertices of the depth map follow the model's nearest vertex less and less up to this distance, mm. */
const REACH = 15;

/**
 * The model's named expressions as offsets of a split mesh, mm. Vertices made of the depth map move with the model's
 * nearest vertex, so that the skin around the face gives way; hair far from it stays.
 */
export function expressionTargets(model: MorphableModel, { mesh, sources }: SplitMesh): Map<string, Float32Array> {
  const count = sources.length;
  const follows = new Uint32Array(count);
  const share = new Float32Array(count);
  const modelCopies: number[] = [];
  for (let v = 0; v < count; v++) if (sources[v] < model.vertexCount) modelCopies.push(v);
  const tree = new VertexTree(gather(mesh.positions, 3, modelCopies));
  for (let v = 0; v < count; v++) {
    follows[v] = sources[v];
    share[v] = 1;
    if (sources[v] < model.vertexCount) continue;
    const { vertices, distances } = tree.nearest(mesh.positions.subarray(3 * v, 3 * v + 3));
    follows[v] = sources[modelCopies[vertices[0]]];
    share[v] = Math.max(0, 1 - distances[0] / REACH);
  }

  const neutral = synthesizeShape(model, [], []);
  const shape = new Float32Array(neutral.length);
  const targets = new Map<string, Float32Array>();
  for (const [name, coefficients] of model.namedExpressions) {
    synthesizeShape(model, [], coefficients, shape);
    const offsets = new Float32Array(3 * count);
    for (let v = 0; v < count; v++) {
      const i = 3 * follows[v];
      for (let k = 0; k < 3; k++) offsets[3 * v + k] = share[v] * (shape[i + k] - neutral[i + k]);
    }
    targets.set(name, offsets);
  }
  return targets;
}
