import { defaultPortraitOptions, findAssets, type Maker, openMaker, type PortraitOptions, random } from "@cameo/synth";
import { mapsOf, openFitted, portraitFields } from "./portraits.ts";
import { type Fields, type Source, viewsOf } from "./source.ts";

export interface SyntheticSpec {
  readonly kind: "synthetic";
  readonly assets?: string;
  readonly seed: number;
  readonly count: number;
  readonly framing: PortraitOptions["framing"];
}

/**
 * Portraits made when they are asked for, one of each subject or a pair; nothing is stored. The assets are opened by the thread
 * that makes the first one. Fields are those of portraits.ts.
 */
export async function openSynthetic(spec: SyntheticSpec, fields: Fields, size: number): Promise<Source> {
  mapsOf(fields);
  const { seed, count, framing } = spec;
  const assets = findAssets(spec.assets);
  const makeFitted = await openFitted(fields, size);
  const options: PortraitOptions = { ...defaultPortraitOptions, size, framing, frames: viewsOf(fields) };
  let maker: Promise<Maker> | null = null;
  return {
    count,
    unrelated: true,
    async sample(index) {
      maker ??= openMaker({ assets });
      const portraits = await (await maker)(seed, index, options);
      if (makeFitted) return makeFitted(portraits, random(0, "misfit", index));
      return portraitFields(portraits[0], fields, random(0, "portrait", index));
    },
  };
}
