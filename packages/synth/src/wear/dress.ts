import type { Assets } from "../assets.ts";
import { type BareHead, Extra, type Part, type Rgb } from "../part.ts";
import type { Texture } from "../texture.ts";
import { type CollarSpec, createNecklace, shapeCollar, shapeTie } from "./collars.ts";
import { type FabricSpec, fabricUvs, paintFabric } from "./fabric.ts";
import { createGlasses } from "./glasses.ts";
import { type Covering, createHeadwear } from "./headwear.ts";
import { createEarphones, createEarrings, createHairFlower, earPoints } from "./jewellery.ts";
import { createOccluder } from "./occluders.ts";
import type { WearSpec } from "./sample.ts";
import { createPart, type Sheet } from "./shapes.ts";
import { createSkullGrid } from "./skull.ts";
import { fitShirt, type Garment, hiddenUnder, neckRootOf } from "./tops.ts";
import { createTrunkGrid } from "./trunk.ts";

/** Clothes and all that lies on or in front of a head. */
export interface Dressed {
  readonly parts: readonly Part[];
  /** Base-mesh vertices that clothes hide: faces between them need not be drawn, and must not poke through. */
  readonly hidden: Uint32Array;
  /** What headwear does to hair; null where there is none that does anything. */
  readonly covering: Covering | null;
}

/** How far a jacket is worn off the shirt, mm. */
const jacketLift = 7;

/** Fits everything that somebody wears to a head. */
export function dress(assets: Assets, head: BareHead, spec: WearSpec): Dressed {
  const root = neckRootOf(head);
  const trunk = createTrunkGrid(assets, head.base);
  const { jacket, collar } = spec;
  const collarPart = (worn: CollarSpec, fabric: FabricSpec, lift: number): Part => {
    const sheet = shapeCollar(worn, trunk, lift);
    const own = worn.colour ?? fabric.colours[0];
    return clothPart(sheet, fabricUvs(sheet.positions, root), worn.colour ? undefined : paintFabric(fabric), own);
  };
  const parts: Part[] = [garment(fitShirt(assets, head, spec.cut, 0, spec.seed), spec.fabric)];
  if (collar) parts.push(collarPart(collar, spec.fabric, jacket && collar.colour ? jacketLift : 2));
  if (collar?.tie) parts.push(clothPart(shapeTie(trunk, collar.seed), undefined, undefined, collar.tie));
  if (jacket) {
    parts.push(garment(fitShirt(assets, head, jacket.cut, jacketLift, spec.seed + 1), jacket.fabric));
    if (jacket.collar) parts.push(collarPart(jacket.collar, jacket.fabric, jacketLift + 1));
  }
  if (spec.necklace) parts.push(createNecklace(spec.necklace, trunk, spec.cut.shape === "crew"));

  const { headwear, glasses, occluder, earrings, headphones, flower } = spec;
  let covering: Covering | null = null;
  if (headwear || glasses || occluder || headphones || flower) {
    const skull = createSkullGrid(head);
    const tragi = earPoints(assets, head, "tragus");
    if (headwear) {
      const worn = createHeadwear(headwear, skull, trunk);
      parts.push(...worn.parts);
      covering = worn.covering;
    }
    if (glasses) parts.push(...createGlasses(glasses, head, skull));
    if (headphones) parts.push(...createEarphones(headphones, skull, tragi));
    if (flower) parts.push(...createHairFlower(flower, skull));
    if (occluder) parts.push(...createOccluder(occluder, head, skull, tragi));
  }
  if (earrings) parts.push(createEarrings(earrings, earPoints(assets, head, "ear_lobe_bottom")));
  return { parts, hidden: hiddenUnder(assets, spec.cut), covering };
}

const garment = ({ sheet, rest }: Garment, fabric: FabricSpec): Part =>
  clothPart(sheet, fabricUvs(rest, [0, 0, 0]), paintFabric(fabric), fabric.colours[0]);

const clothPart = (sheet: Sheet, uvs = sheet.uvs, texture: Texture | undefined, colour: Rgb): Part =>
  createPart({ ...sheet, uvs }, "cloth", texture ? [1, 1, 1] : colour, Extra.clothes, {
    follows: "neck",
    doubleSided: true,
    ...(texture ? { texture } : {}),
  });
