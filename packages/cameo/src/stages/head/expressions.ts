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
  const { vertices, distances } = tree.nearest(mesh.positions);
  for (let v = 0; v < count; v++) {
    const isModel = sources[v] < model.vertexCount;
    follows[v] = isModel ? sources[v] : sources[modelCopies[vertices[v]]];
    share[v] = isModel ? 1 : Math.max(0, 1 - distances[v] / REACH);
  }

  const targets = new Map<string, Float32Array>();
  for (const [name, offsets] of modelOffsets(model)) {
    const split = new Float32Array(3 * count);
    for (let v = 0; v < count; v++) {
      const i = 3 * follows[v];
      for (let k = 0; k < 3; k++) split[3 * v + k] = share[v] * offsets[i + k];
    }
    targets.set(name, split);
  }
  return targets;
}

/** Made when the first head of a model needs them: they take longer than the rest. */
const offsetsOf = new WeakMap<MorphableModel, ReadonlyMap<string, Float32Array>>();

/** How each named expression moves the model's own vertices, mm. */
function modelOffsets(model: MorphableModel): ReadonlyMap<string, Float32Array> {
  let offsets = offsetsOf.get(model);
  if (!offsets) {
    const neutral = synthesizeShape(model, [], []);
    const moved = (coefficients: Float32Array) => {
      const shape = synthesizeShape(model, [], coefficients);
      for (let i = 0; i < shape.length; i++) shape[i] -= neutral[i];
      return shape;
    };
    offsets = new Map([...model.namedExpressions].map(([name, coefficients]) => [name, moved(coefficients)]));
    offsetsOf.set(model, offsets);
  }
  return offsets;
}
