import type { Pack } from "@cameo/synth";
import {
  alignHead,
  buildCage,
  type Cage,
  coefficientsOf,
  type HeadSlider,
  headSliders,
  lipCloser,
  type Metric,
  morph,
  placeCage,
  randomHead,
  refinedMetric,
  skullPoints,
} from "@cameo/synth";
import type { LinearSpace, MorphableModel } from "cameo";
import { randomAlbedo, readPalette } from "./albedo.ts";
import { buildExpressions, type Face, type Offsets } from "./expressions.ts";
import { buildPatches } from "./patches.ts";
import {
  type Components,
  mergeComponents,
  mixtureComponents,
  plainMetric,
  principalComponents,
  splitSymmetry,
} from "./pca.ts";
import { createRandom, type Random } from "./random.ts";
import { joinPatches, mirrorSurface, type Surface } from "./surface.ts";

/** Sizes of the model and of the samples it is made from. */
export const sizes = {
  identity: 80,
  expression: 64,
  texture: 80,
  /** Heads; each counts together with its mirror image. */
  heads: 1200,
  faces: 2000,
  skins: 600,
} as const;

/** One seed for each kind of sample, so that more of one does not change the others. */
const seeds = { heads: 20, faces: 21, skins: 22 } as const;

/** The parts that all stages of the build share. */
export interface Workshop {
  readonly pack: Pack;
  readonly cage: Cage;
  readonly surface: Surface;
  readonly face: Face;
  readonly sliders: readonly HeadSlider[];
  readonly closeLips: (points: Float64Array) => void;
  /** 1 at the cage points that rigid alignment looks at: skull and upper face, but neither jaw, ears nor neck. */
  readonly skull: Float32Array;
}

export function openWorkshop(pack: Pack): Workshop {
  const cage = buildCage(pack);
  const surface = joinPatches(buildPatches(pack, cage));
  const face: Face = { pack, cage, points: placeCage(pack, cage, pack.reference) };
  return {
    pack,
    cage,
    surface,
    face,
    sliders: headSliders(pack.targets),
    closeLips: lipCloser(pack, cage, face.points, surface.refinement),
    skull: skullPoints(pack, cage, face.points),
  };
}

/** Cage points of one random head, mm, lips closed, in the axes of the base mesh. */
export function drawHead({ pack, cage, sliders, closeLips }: Workshop, random: Random): Float32Array {
  const points = placeCage(pack, cage, morph(pack.base.positions, pack.targets, randomHead(random, sliders)));
  closeLips(points);
  return Float32Array.from(points);
}

/** The mean head in model space, and the aligned heads as offsets from it. */
interface Heads {
  readonly mean: Float32Array;
  readonly symmetric: readonly Float32Array[];
  readonly antisymmetric: readonly Float32Array[];
}

/** Draws heads, aligns them rigidly on the skull, and splits them into what is and is not mirror-symmetric. */
function sampleHeads(shop: Workshop): Heads {
  const random = createRandom(seeds.heads);
  const heads = Array.from({ length: sizes.heads }, () => drawHead(shop, random));
  const mean = meanHead(shop, heads);
  const parts = heads.map((head) => {
    const offsets = alignHead(shop.skull, head, mean).map((x, i) => x - mean[i]);
    return splitSymmetry(offsets, shop.cage.mirror, true);
  });
  return {
    mean,
    symmetric: parts.map((p) => p.symmetric),
    antisymmetric: parts.map((p) => p.antisymmetric),
  };
}

/** Rounds of aligning the heads to their mean; the second changes it by micrometres. */
const alignmentRounds = 2;

/**
 * The symmetric mean of heads aligned to it, in model space: the origin lies in the plane of symmetry, half-way between
 * crown and chin and half-way between glabella and the back of the head.
 */
function meanHead(shop: Workshop, heads: readonly Float32Array[]): Float32Array {
  let mean = heads[0];
  for (let round = 0; round < alignmentRounds; round++) {
    const sum = new Float64Array(mean.length);
    for (const head of heads) {
      const aligned = alignHead(shop.skull, head, mean);
      for (let i = 0; i < sum.length; i++) sum[i] += aligned[i] / heads.length;
    }
    mean = Float32Array.from(centred(symmetrized(sum, shop.cage), shop.pack, shop.cage));
  }
  return mean;
}

function symmetrized(points: Float64Array, { mirror }: Cage): Float64Array {
  const out = new Float64Array(points.length);
  for (let i = 0; i < mirror.length; i++)
    for (let axis = 0; axis < 3; axis++)
      out[3 * i + axis] = (points[3 * i + axis] + (axis === 0 ? -1 : 1) * points[3 * mirror[i] + axis]) / 2;
  return out;
}

function centred(points: Float64Array, pack: Pack, { ofBody }: Cage): Float64Array {
  const at = (name: string, axis: number) => points[3 * ofBody[pack.landmarks.named[name]] + axis];
  const origin = [0, (at("vertex_crown", 1) + at("menton", 1)) / 2, (at("glabella", 2) + at("opisthocranion", 2)) / 2];
  return points.map((x, i) => x - origin[i % 3]);
}

/** Components of mirror-symmetric and antisymmetric samples together. */
function components(
  symmetric: readonly Float32Array[],
  antisymmetric: readonly Float32Array[],
  width: number,
  count: number,
  metric: Metric,
): Components {
  const divisor = symmetric.length;
  return mergeComponents(
    [symmetric, antisymmetric].map((samples) => principalComponents(samples, width, count, metric, divisor)),
    width,
    count,
  );
}

const toSpace = ({ basis, deviations }: Components): LinearSpace => ({
  count: deviations.length,
  basis: Float32Array.from(basis),
  deviations: Float32Array.from(deviations),
});

/** Named expressions that act together in a random face, and how often they do. */
interface ExpressionGroup {
  readonly names: readonly string[];
  readonly chance: number;
  /** Whether one of them may also act alone. */
  readonly oneSided: boolean;
}

/** How often a group takes part where that is not the usual chance, by the name's beginning. */
const chances: readonly (readonly [RegExp, number])[] = [
  [/^jawOpen/, 0.45],
  [/^mouthSmile/, 0.35],
  [/^eyeBlink|^eyeSquint|^browInnerUp|^browDown|^browOuterUp|^cheekSquint|^mouthPart/, 0.2],
  [/^neckTense|^mouthSnarl|^tongueOut|^mouthRoll|^nose/, 0.05],
];
const usualChance = 0.11;

/** Left and right act together; both eyes look the same way. */
export function expressionGroups(names: Iterable<string>): ExpressionGroup[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    if (name.startsWith("eyeLook")) continue;
    const stem = name.replace(/(Left|Right)$/, "");
    const key = /^(jaw|mouth)$/.test(stem) ? name : stem;
    const group = groups.get(key);
    if (group) group.push(name);
    else groups.set(key, [name]);
  }
  const chanceOf = (name: string) => chances.find(([pattern]) => pattern.test(name))?.[1] ?? usualChance;
  const gaze = [
    ["eyeLookOutLeft", "eyeLookInRight"],
    ["eyeLookInLeft", "eyeLookOutRight"],
    ["eyeLookUpLeft", "eyeLookUpRight"],
    ["eyeLookDownLeft", "eyeLookDownRight"],
  ];
  return [
    ...[...groups.values()].map((group) => ({ names: group, chance: chanceOf(group[0]), oneSided: group.length > 1 })),
    ...gaze.map((group) => ({ names: group, chance: 0.25, oneSided: false })),
  ];
}

/**
 * Draws how strongly each named expression takes part in one random face: a few at once, each from 0 to 1, both sides
 * alike more often than not.
 */
export function drawExpression(
  random: Random,
  groups: readonly ExpressionGroup[],
  names: readonly string[],
): Float64Array {
  const weights = new Float64Array(names.length);
  for (const group of groups) {
    if (random.uniform() > group.chance) continue;
    const strength = random.uniform();
    const oneSided = group.oneSided && random.uniform() < 0.25;
    const side = random.index(group.names.length);
    for (const [i, name] of group.names.entries())
      weights[names.indexOf(name)] = strength * (oneSided && i !== side ? random.range(0, 0.3) : random.range(0.85, 1));
  }
  return weights;
}

export type Progress = (what: string) => void;

/** Components of random mixtures of the named expressions, about the neutral face. */
function expressionComponents({ cage }: Workshop, named: ReadonlyMap<string, Offsets>, metric: Metric): Components {
  const names = [...named.keys()];
  const groups = expressionGroups(names);
  const random = createRandom(seeds.faces);
  const mixtures = Array.from({ length: sizes.faces }, () => drawExpression(random, groups, names));
  const parts = [...named.values()].map((offsets) => splitSymmetry(offsets, cage.mirror, true));
  return mergeComponents(
    (["symmetric", "antisymmetric"] as const).map((part) =>
      mixtureComponents(
        parts.map((p) => p[part]),
        mixtures,
        sizes.expression,
        metric,
      ),
    ),
    3 * cage.start.count,
    sizes.expression,
  );
}

/** The whole model except the dense landmarks, which need it rendered. */
export async function buildModel(
  shop: Workshop,
  progress: Progress,
): Promise<Omit<MorphableModel, "landmarks68" | "landmarks468" | "landmarkSpread468">> {
  const { cage, surface, pack } = shop;
  const width = 3 * cage.start.count;
  const metric = refinedMetric(surface.refinement, cage.start.count);

  progress("sampling heads");
  const heads = sampleHeads(shop);
  progress("components of identity");
  const identity = components(heads.symmetric, heads.antisymmetric, width, sizes.identity, metric);

  progress("components of expression");
  const named = buildExpressions(shop.face);
  const expression = expressionComponents(shop, named, metric);

  progress("reading skins");
  const palette = await readPalette(pack, cage, surface);
  const twin = mirrorSurface(surface, cage, heads.mean);
  progress("sampling skins");
  const skinRandom = createRandom(seeds.skins);
  const skins = Array.from({ length: sizes.skins }, () => randomAlbedo(skinRandom, palette, surface));
  const meanAlbedo = new Float64Array(3 * surface.vertexCount);
  for (const skin of skins)
    for (let v = 0; v < twin.length; v++)
      for (let c = 0; c < 3; c++)
        meanAlbedo[3 * v + c] += (skin[3 * v + c] + skin[3 * twin[v] + c]) / (2 * skins.length);
  const skinParts = skins.map((skin) =>
    splitSymmetry(
      skin.map((x, i) => x - meanAlbedo[i]),
      twin,
      false,
    ),
  );
  progress("components of texture");
  const texture = components(
    skinParts.map((s) => s.symmetric),
    skinParts.map((s) => s.antisymmetric),
    meanAlbedo.length,
    sizes.texture,
    plainMetric,
  );

  return {
    name: "Cameo head 1",
    vertexCount: surface.vertexCount,
    triangles: surface.triangles,
    regions: surface.regions,
    uvs: surface.uvs,
    uvTriangles: surface.uvTriangles,
    refinement: surface.refinement,
    meanShape: heads.mean,
    identity: toSpace(identity),
    expression: toSpace(expression),
    meanAlbedo: Float32Array.from(meanAlbedo),
    texture: toSpace(texture),
    namedExpressions: new Map([...named].map(([name, offsets]) => [name, coefficientsOf(expression, offsets, metric)])),
  };
}
