import {
  createProgram,
  div,
  type FeatureColours,
  type FeatureNetwork,
  faceFeatures,
  featureNetwork,
  input,
  norm2,
  type Program,
  square,
  sub,
  sum,
  type Tensor,
  toOnnx,
} from "@cameo/train";
import { HEAD_CROP, type ModelBundle, PARSE_MODEL, type RgbImage } from "cameo";
import { DESCRIPTOR_MODEL } from "./identity.ts";
import { meanOf } from "./mean.ts";

/** How far apart two pictures are by the features of a network; holds the network. */
export interface FeatureDistance {
  /** @returns for each resolution the distance at each place, in [0, 4] */
  compare(a: RgbImage, b: RgbImage): Promise<readonly DistanceMap[]>;
  dispose(): Promise<void>;
}

/** Colours in [0, 1]. */
const AS_THEY_ARE: FeatureColours = { mean: [0, 0, 0], deviation: [1, 1, 1] };

/** Distances at each place of a square picture, rows from the top. */
export interface DistanceMap {
  readonly side: number;
  readonly data: Float32Array;
}

/**
 * The distance of LPIPS (Zhang et al. 2018) without its learned weights: at each place the squared distance of the unit vectors
 * of features, by resolution.
 * @param side of the square pictures, pixels
 */
export async function createFeatureDistance(
  features: FeatureNetwork,
  side: number,
  { threads }: { threads?: number } = {},
): Promise<FeatureDistance> {
  const dims = [1, 3, side, side];
  const [first, second] = [features(input("a", dims)), features(input("b", dims))];
  const maps = Object.fromEntries(
    first.map((map, i) => [`map${i}`, sum(square(sub(unit(map), unit(second[i]))), { axes: 1, keep: true })]),
  );
  const program: Program = await createProgram(toOnnx(maps), { threads, inference: true });
  return {
    async compare(a, b) {
      const outputs = await program.run({ a: planes(a, side), b: planes(b, side) });
      return Object.keys(maps).map((name) => {
        const data = outputs[name] as Float32Array;
        return { side: Math.sqrt(data.length), data };
      });
    },
    dispose: () => program.dispose(),
  };
}

/** Distances by the networks of a bundle that have features of faces, by name. */
export async function openFeatureDistances(
  bundle: ModelBundle,
  options: { threads?: number } = {},
): Promise<Map<string, FeatureDistance>> {
  const features = new Map([["face descriptor", faceFeatures(await bundle.read(DESCRIPTOR_MODEL))]]);
  if (bundle.models.some(({ name }) => name === PARSE_MODEL))
    features.set("parsing network", featureNetwork(await bundle.read(PARSE_MODEL), AS_THEY_ARE));
  const distances = new Map<string, FeatureDistance>();
  for (const [name, network] of features) distances.set(name, await createFeatureDistance(network, HEAD_CROP, options));
  return distances;
}

/** Features at each place as a unit vector; 0 where there are none. */
const unit = (map: Tensor): Tensor => div(map, norm2(map, { axes: 1, keep: true, epsilon: 1e-10 }));

/** A picture in [−1, 1], [3, side, side]. */
function planes({ width, height, data }: RgbImage, side: number): Float32Array {
  if (width !== side || height !== side)
    throw new RangeError(`feature distance: a picture of ${width} × ${height} instead of ${side} × ${side} pixels`);
  const n = side * side;
  const out = new Float32Array(3 * n);
  for (let p = 0; p < n; p++) for (let k = 0; k < 3; k++) out[k * n + p] = data[3 * p + k] / 127.5 - 1;
  return out;
}

/**
 * The mean over resolutions of the mean distance in a region; undefined for an empty one.
 * @param region weight of each pixel of the square pictures, in [0, 1]
 */
export function distanceIn(maps: readonly DistanceMap[], region: Float32Array): number | undefined {
  const side = Math.sqrt(region.length);
  const means = maps.map((map) => {
    let [total, weights] = [0, 0];
    const shares = reduced(region, side, map.side);
    map.data.forEach((distance, i) => {
      total += shares[i] * distance;
      weights += shares[i];
    });
    return weights > 0 ? total / weights : undefined;
  });
  return meanOf(means);
}

/** Sums over the pixels that fall into each place of a coarser grid. */
function reduced(region: Float32Array, side: number, places: number): Float32Array {
  const out = new Float32Array(places * places);
  for (let y = 0, p = 0; y < side; y++)
    for (let x = 0; x < side; x++, p++)
      out[Math.floor((y * places) / side) * places + Math.floor((x * places) / side)] += region[p];
  return out;
}
