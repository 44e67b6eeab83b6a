import type { LinearSpace, MorphableModel, SurfacePoints } from "../../src/morphable/model.ts";

/** Numbers in [0, 1) from a seed (linear congruential). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** A model of a few triangles with random contents; `refined` puts a cage of three points under its five vertices. */
export function smallModel(refined: boolean, seed = 1): MorphableModel {
  const random = numbers(seed);
  const array = (length: number, size = 1) => Float32Array.from({ length }, () => size * (random() - 0.5));
  const vertexCount = 5;
  const controls = refined ? 3 : vertexCount;
  const space = (count: number, width: number): LinearSpace => ({
    count,
    basis: array(count * width),
    deviations: Float32Array.from({ length: count }, () => 1 + random()),
  });
  const points = (count: number): SurfacePoints => ({
    triangles: Uint32Array.from({ length: count }, () => Math.floor(2 * random())),
    weights: Float32Array.from({ length: 3 * count }, (_, i) => [0.5, 0.25, 0.25][i % 3]),
  });
  return {
    name: "small",
    vertexCount,
    triangles: Uint32Array.of(0, 1, 2, 2, 3, 4),
    regions: Uint8Array.of(0, 4),
    uvs: Float32Array.from({ length: 8 }, () => random()),
    uvTriangles: Uint32Array.of(0, 1, 2, 2, 3, 0),
    refinement: refined
      ? {
          offsets: Uint32Array.of(0, 1, 3, 4, 6, 9),
          columns: Uint32Array.of(0, 0, 1, 2, 1, 2, 0, 1, 2),
          values: Float32Array.of(1, 0.5, 0.5, 1, 0.25, 0.75, 0.5, 0.25, 0.25),
        }
      : null,
    meanShape: array(3 * controls, 100),
    identity: space(3, 3 * controls),
    expression: space(2, 3 * controls),
    meanAlbedo: Float32Array.from({ length: 3 * vertexCount }, () => random()),
    texture: space(2, 3 * vertexCount),
    landmarks68: points(68),
    landmarks468: points(468),
    landmarkSpread468: Float32Array.from({ length: 468 }, () => random()),
    namedExpressions: new Map([
      ["jawOpen", array(2)],
      ["eyeBlinkLeft", array(2)],
    ]),
  };
}
