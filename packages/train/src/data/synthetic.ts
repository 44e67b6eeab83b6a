import { findAssets, type Maker, openMaker, type PortraitOptions } from "@cameo/synth";
import { mapsOf, portraitFields } from "./portraits.ts";
import type { Fields, Source } from "./source.ts";

export interface SyntheticSpec {
  readonly kind: "synthetic";
  readonly assets?: string;
  readonly seed: number;
  readonly count: number;
  readonly framing: PortraitOptions["framing"];
}

/**
 * Portraits made when they are asked for, one of each subject; nothing is stored. The assets are opened by the thread
 * that makes the first one. Fields are those of portraits.ts.
 */
export async function openSynthetic(spec: SyntheticSpec, fields: Fields, size: number): Promise<Source> {
  mapsOf(fields);
  const { seed, count, framing } = spec;
  const assets = findAssets(spec.assets);
  const options: PortraitOptions = { size, framing, frames: 1, rotation: [0, 0], styles: "training" };
  let maker: Promise<Maker> | null = null;
  return {
    count,
    unrelated: true,
    async sample(index) {
      maker ??= openMaker({ assets });
      const [portrait] = await (await maker)(seed, index, options);
      return portraitFields(portrait, fields);
    },
  };
}
