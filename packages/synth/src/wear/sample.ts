import { ancestryShares, type Person } from "../makehuman/macro.ts";
import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import type { CollarSpec, NecklaceSpec } from "./collars.ts";
import { type FabricSpec, sampleClothColour, sampleFabric } from "./fabric.ts";
import { type GlassesSpec, sampleGlasses } from "./glasses.ts";
import { type HeadwearSpec, sampleHeadwear } from "./headwear.ts";
import {
  type EarringSpec,
  type FlowerSpec,
  type HeadphonesSpec,
  sampleEarrings,
  sampleFlower,
  sampleHeadphones,
  sampleMetal,
} from "./jewellery.ts";
import { type OccluderSpec, sampleOccluder } from "./occluders.ts";
import type { CutSpec } from "./tops.ts";

/** What somebody wears, and what is in front of them: plain data. */
export interface WearSpec {
  readonly cut: CutSpec;
  readonly fabric: FabricSpec;
  readonly seed: number;
  /** Worn over the first layer, open at the front. */
  readonly jacket: { readonly cut: CutSpec; readonly fabric: FabricSpec; readonly collar: CollarSpec | null } | null;
  readonly collar: CollarSpec | null;
  readonly necklace: NecklaceSpec | null;
  readonly headwear: HeadwearSpec | null;
  readonly glasses: GlassesSpec | null;
  readonly occluder: OccluderSpec | null;
  readonly earrings: EarringSpec | null;
  readonly headphones: HeadphonesSpec | null;
  readonly flower: FlowerSpec | null;
}

const outfits = [
  "tee",
  "vNeck",
  "scoop",
  "tank",
  "strapless",
  "shirt",
  "suit",
  "jacket",
  "turtleneck",
  "hoodie",
  "scarf",
  "fur",
  "shawl",
] as const;

type Outfit = (typeof outfits)[number];

/** Draws what a person wears: 10 % headwear, 12 % glasses (more of the old), 8 % something in front of the face. */
export function sampleWear(random: Random, person: Person): WearSpec {
  const woman = 1 - person.male;
  const adult = person.age > 16 ? 1 : 0.2;
  const outfit = random.pick(outfits, [
    5,
    1.6 + woman,
    0.4 + 2 * woman,
    0.6 + 0.9 * woman,
    woman * adult * 0.9,
    3,
    (0.6 + 1.6 * person.male) * adult,
    1.4,
    1.2,
    2,
    1,
    0.35,
    0.4 * woman + 0.1,
  ]);
  const depth = random.uniform();
  const crew: CutSpec = { shape: "crew", depth: 0, half: 0 };
  const cuts: Partial<Record<Outfit, CutSpec>> = {
    vNeck: { shape: "vNeck", depth: 25 + 85 * depth, half: random.range(74, 96) },
    scoop: { shape: "scoop", depth: 15 + 65 * depth, half: random.range(78, 118) },
    tank: { shape: "tank", depth: 20 + 60 * depth, half: random.range(66, 84) },
    strapless: { shape: "strapless", depth: 85 + 50 * depth, half: 0 },
    shirt: random.chance(0.5) ? { shape: "vNeck", depth: 20 + 90 * depth * depth, half: 74 } : crew,
    jacket: random.chance(0.4) ? { shape: "vNeck", depth: 30 + 60 * depth, half: 78 } : crew,
  };
  const cut = cuts[outfit] ?? crew;
  const fabric = sampleFabric(random, outfit === "suit" ? 0.8 : 0.45);
  const collarOf = (kind: CollarSpec["kind"], colour: Rgb | null): CollarSpec => ({
    kind,
    colour,
    open: cut.shape === "crew" ? 0.15 * random.uniform() : random.range(0.5, 1),
    size: random.range(0.75, 1.25),
    tie:
      kind === "shirt" && cut.shape === "crew" && random.chance(outfit === "suit" ? 0.7 : 0.12)
        ? sampleClothColour(random)
        : null,
    seed: random.integer(2 ** 30),
  });
  const own: Partial<Record<Outfit, CollarSpec["kind"]>> = { scarf: "scarf", fur: "fur", shawl: "shawl" };
  const shirts: Partial<Record<Outfit, CollarSpec["kind"]>> = {
    shirt: "shirt",
    suit: "shirt",
    turtleneck: "turtleneck",
  };
  const isOver =
    outfit === "suit" || outfit === "jacket" || ((outfit in own || outfit === "hoodie") && random.chance(0.5));
  const jacketKind = outfit === "hoodie" ? "hood" : outfit === "suit" || random.chance(0.5) ? "lapels" : "shirt";
  const jacket: WearSpec["jacket"] = isOver
    ? {
        cut: { shape: "vNeck", depth: random.range(170, 420), half: random.range(84, 96) },
        fabric: sampleFabric(random, 0.65),
        collar: outfit in own ? null : { ...collarOf(jacketKind, null), open: random.range(0.4, 1), tie: null },
      }
    : null;
  const ownKind = own[outfit];
  const shirtKind = shirts[outfit] ?? (outfit === "hoodie" && !isOver ? "hood" : undefined);
  const collar = ownKind ? collarOf(ownKind, sampleClothColour(random)) : shirtKind ? collarOf(shirtKind, null) : null;
  const skin = skinOf(person, random);
  const headwear = random.chance(0.1) ? sampleHeadwear(random) : null;
  const old = Math.max(0, Math.min(1, (person.age - 35) / 40));
  // Head scarves fall over whatever else is about the neck.
  const veiled = headwear?.kind === "hijab" || headwear?.kind === "hoodUp";
  return {
    cut: veiled ? crew : cut,
    fabric,
    seed: random.integer(2 ** 30),
    jacket: veiled ? null : jacket,
    collar: veiled ? null : collar,
    necklace: random.chance(0.05 + 0.22 * woman)
      ? {
          kind: random.pick(["chain", "pearls", "pendant", "lanyard"] as const, [3, 1, 3, 0.7]),
          colour: random.chance(0.75) ? sampleMetal(random) : sampleClothColour(random),
          drop: random.range(8, 95),
          thickness: random.range(0.7, 2),
        }
      : null,
    headwear,
    glasses: random.chance(0.09 + 0.1 * old) ? sampleGlasses(random) : null,
    occluder: random.chance(0.08) ? sampleOccluder(random, skin) : null,
    earrings: random.chance(0.04 + 0.32 * woman * adult) ? sampleEarrings(random) : null,
    headphones: random.chance(0.025) ? sampleHeadphones(random) : null,
    flower: headwear === null && random.chance(0.02 * woman) ? sampleFlower(random) : null,
  };
}

/** Reflectance of skin that people of these ancestries have, for hands. */
function skinOf(person: Person, random: Random): Rgb {
  const tones: Record<string, Rgb> = {
    african: [0.17, 0.085, 0.05],
    asian: [0.5, 0.31, 0.21],
    caucasian: [0.58, 0.36, 0.27],
  };
  const mixed = [0, 0, 0];
  for (const [ancestry, share] of ancestryShares(person))
    for (let k = 0; k < 3; k++) mixed[k] += share * tones[ancestry][k];
  const tone = random.range(0.8, 1.15);
  return [mixed[0] * tone, mixed[1] * tone, mixed[2] * tone];
}
