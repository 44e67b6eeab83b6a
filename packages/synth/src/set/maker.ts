import { decodeMorphableModel, openNodeBundle } from "cameo";
import { type Assets, openAssets } from "../assets.ts";
import { describePortrait, makePortraits } from "../portrait.ts";
import type { PortraitOptions } from "../sample.ts";
import { samplePortrait } from "../spec.ts";
import type { OpenMaker, StreamOptions } from "./stream.ts";

/** Makes portraits of MakeHuman heads. @throws CameoError "assets" or "models" if something is missing or damaged */
export const openMaker: OpenMaker = async (from) => {
  const assets = await openInstalled(from);
  return (seed, index, options) => makePortraits(assets, seed, index, options);
};

/**
 * What the first picture of each subject will be like, without making it: thousands a second.
 * @throws as {@link openMaker}
 */
export async function describePortraits(
  from: Pick<StreamOptions, "assets" | "models">,
): Promise<(seed: number, index: number, options: Pick<PortraitOptions, "framing" | "styles">) => Described> {
  const assets = await openInstalled(from);
  return (seed, index, { framing, styles }) => describePortrait(samplePortrait(assets, seed, index, framing, styles));
}

export type Described = ReturnType<typeof describePortrait>;

async function openInstalled({ assets, models }: Pick<StreamOptions, "assets" | "models">): Promise<Assets> {
  const bundle = await openNodeBundle(models);
  return openAssets(assets, await decodeMorphableModel(await bundle.read("head")));
}
