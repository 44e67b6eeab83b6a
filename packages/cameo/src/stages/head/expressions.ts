import { gather } from "../../mesh/compact.ts";
import { VertexTree } from "../../mesh/nearest.ts";
import type { MorphableModel } from "../../morphable/model.ts";
import { synthesizeShape } from "../../morphable/synthesize.ts";
import type { SplitMesh } from "./split.ts";

/** Vertices of the depth map follow the model's nearest vertex less and less up to this distance, mm. */
const REACH = 15;

/** How a head's expression can change: offsets of its vertices, three each, mm. */
export interface HeadExpressions {
  /** The named ones, at full strength. */
  named(): ReadonlyMap<string, Float32Array>;
  /** From the photo's expression to that of other coefficients β. */
  changeTo(coefficients: Float32Array): Float32Array;
}

/** @param shown coefficients of the photo's expression */
export function headExpressions(model: MorphableModel, head: SplitMesh, shown: Float32Array): HeadExpressions {
  let follower: Follower | undefined;
  let targets: ReadonlyMap<string, Float32Array> | undefined;
  const follow = (ofModel: Float32Array) => {
    follower ??= modelFollower(model, head);
    return follower(ofModel);
  };
  return {
    named() {
      targets ??= new Map([...modelOffsets(model)].map(([name, offsets]) => [name, follow(offsets)]));
      return targets;
    },
    changeTo: (coefficients) => follow(expressionChange(model, shown, coefficients)),
  };
}

/** Carries offsets of the model's own vertices over to a head made with it; both three per vertex, mm. */
type Follower = (ofModel: Float32Array) => Float32Array;

/**
 * How the vertices of a split mesh follow the model's. Vertices made of the depth map move with the model's nearest
 * vertex, so that the skin around the face gives way; hair far from it stays.
 */
function modelFollower(model: MorphableModel, { mesh, sources }: SplitMesh): Follower {
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
  return (ofModel) => {
    const out = new Float32Array(3 * count);
    for (let v = 0; v < count; v++) {
      const i = 3 * follows[v];
      for (let k = 0; k < 3; k++) out[3 * v + k] = share[v] * ofModel[i + k];
    }
    return out;
  };
}

/** What a change of the expression coefficients β does to the model's own vertices, mm. */
function expressionChange(model: MorphableModel, from: Float32Array, to: Float32Array): Float32Array {
  const before = synthesizeShape(model, [], from);
  const after = synthesizeShape(model, [], to);
  for (let i = 0; i < after.length; i++) after[i] -= before[i];
  return after;
}

/** Made when the first head of a model needs them: they take longer than the rest. */
const offsetsOf = new WeakMap<MorphableModel, ReadonlyMap<string, Float32Array>>();

/** How each named expression moves the model's own vertices, mm. */
function modelOffsets(model: MorphableModel): ReadonlyMap<string, Float32Array> {
  let offsets = offsetsOf.get(model);
  if (!offsets) {
    const neutral = new Float32Array(model.expression.count);
    offsets = new Map(
      [...model.namedExpressions].map(([name, coefficients]) => [name, expressionChange(model, neutral, coefficients)]),
    );
    offsetsOf.set(model, offsets);
  }
  return offsets;
}
