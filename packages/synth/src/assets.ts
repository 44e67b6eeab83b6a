import type { MorphableModel } from "cameo";
import type { Cage } from "./makehuman/cage.ts";
import type { BoundPart } from "./makehuman/pack.ts";
import type { Pack } from "./makehuman/reference.ts";
import type { Texture } from "./texture.ts";

/** Everything that portraits are made of, read once: afterwards nothing touches the disk. */
export interface Assets {
  readonly model: MorphableModel;
  readonly pack: Pack;
  readonly cage: Cage;
  /** What is bound to the base mesh, by its path in the pack without extension, such as `hair/bob01/bob01`. */
  readonly parts: ReadonlyMap<string, BoundPart>;
  /** Pictures by their path in the pack with extension, such as `hair/bob01/bob01_diffuse.png`, reduced to what portraits need. */
  readonly textures: ReadonlyMap<string, Texture>;
}
