import type { Random } from "../random.ts";

/** A photo that ends inside the picture: beyond these straight edges it is black. Plain data. */
export interface EdgeSpec {
  /** Turn of the photo in the picture, clockwise, radians. */
  readonly angle: number;
  /** Distances from the picture's middle to the photo's left, top, right, bottom edge, shares of the side. */
  readonly distances: readonly [number, number, number, number];
}

/** The edges of a photo, as a crop about a head shows them that reaches beyond it; `share` of the crops do. */
export function sampleEdge(random: Random, share: number): EdgeSpec | null {
  if (!random.chance(share)) return null;
  // Above, heads often touch the edge; below, the chest does.
  const distance = (chance: number, least: number) => (random.chance(chance) ? random.range(least, 0.5) : 1);
  return {
    angle: random.chance(0.5) ? 0 : 0.15 * random.normal(),
    distances: [distance(0.3, 0.24), distance(0.4, 0.22), distance(0.3, 0.24), distance(0.35, 0.2)],
  };
}

/** 1 for pixels of the photo, 0 for those beyond its edges. */
export function edgeMask({ angle, distances: [left, top, right, bottom] }: EdgeSpec, size: number): Uint8Array {
  const mask = new Uint8Array(size * size);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  for (let y = 0, p = 0; y < size; y++)
    for (let x = 0; x < size; x++, p++) {
      const u = (x + 0.5) / size - 0.5;
      const v = (y + 0.5) / size - 0.5;
      const across = c * u + s * v;
      const down = c * v - s * u;
      if (across >= -left && across <= right && down >= -top && down <= bottom) mask[p] = 1;
    }
  return mask;
}
