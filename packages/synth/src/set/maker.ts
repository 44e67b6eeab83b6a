import { decodeMorphableModel, openNodeBundle } from "cameo";
import { openAssets } from "../assets.ts";
import { makePortraits } from "../portrait.ts";
import type { OpenMaker } from "./stream.ts";

/** Makes portraits of MakeHuman heads. @throws CameoError "assets" or "models" if something is missing or damaged */
export const openMaker: OpenMaker = async ({ assets, models }) => {
  const bundle = await openNodeBundle(models);
  const opened = await openAssets(assets, await decodeMorphableModel(await bundle.read("head")));
  return (seed, index, options) => makePortraits(opened, seed, index, options);
};
