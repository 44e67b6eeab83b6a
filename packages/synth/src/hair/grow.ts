import type { Assets } from "../assets.ts";
import type { BareHead, Part, Stubble } from "../part.ts";
import { random } from "../random.ts";
import { growGathered } from "./gathered.ts";
import { hairDensity, measureScalp } from "./scalp.ts";
import { growShell } from "./shell.ts";
import type { HairSpec } from "./spec.ts";
import { growStrands } from "./strands.ts";
import { growStyle } from "./style.ts";

/** What grows on a head: surfaces, and what is painted on the skin below them. */
export interface Growth {
  readonly parts: Part[];
  readonly stubble: Stubble | null;
}

/**
 * Grows the hair of a head: the same for the same spec on every machine.
 * @throws if the spec names a style that the assets do not have
 */
export function growHair(assets: Assets, head: BareHead, spec: HairSpec): Growth {
  const { seed, colour, hairline, layers } = spec;
  if (hairline.density <= 0) return { parts: [], stubble: null };
  const scalp = measureScalp(head);
  const density = hairDensity(scalp, hairline, seed);
  const parts: Part[] = [];
  layers.forEach((layer, i) => {
    const source = random(seed, "hair", i);
    if (layer.type === "shell") parts.push(...growShell(scalp, density, layer, colour, source.integer(1e6)));
    else {
      const part =
        layer.type === "style"
          ? growStyle(assets, scalp, layer, colour, source.integer(1e6))
          : layer.type === "strands"
            ? growStrands(scalp, density, layer, colour, source)
            : growGathered(scalp, layer, colour, source);
      if (part) parts.push(part);
    }
  });
  // Seen between the hairs, roots lie in their shade.
  const shade = layers.length > 0 ? 0.55 : 1;
  const [r, g, b] = colour.rootLength > 8 ? colour.roots : colour.base;
  return { parts, stubble: { density, colour: [r * shade, g * shade, b * shade] } };
}
