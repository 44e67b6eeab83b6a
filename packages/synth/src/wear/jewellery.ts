import type { Assets } from "../assets.ts";
import { type BareHead, Extra, type Part, type Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { sampleClothColour } from "./fabric.ts";
import { createFlower, createHeadphones } from "./headwear.ts";
import { ball, createPart, ellipsoid, mergeSheets, type Point, type Sheet, tube } from "./shapes.ts";
import type { SkullGrid } from "./skull.ts";

export interface EarringSpec {
  readonly kind: "stud" | "hoop" | "drop";
  readonly colour: Rgb;
  /** Radius of a stud or hoop, or length of a drop, mm. */
  readonly size: number;
  /** 1 left, −1 right, 0 both. */
  readonly side: number;
}
export interface HeadphonesSpec {
  readonly kind: "overEar" | "inEar";
  readonly colour: Rgb;
  readonly size: number;
  readonly seed: number;
}
export interface FlowerSpec {
  readonly colour: Rgb;
  /** Angle about the upright axis and from the crown, degrees. */
  readonly at: readonly [number, number];
  readonly radius: number;
  readonly seed: number;
}

const metals: readonly Rgb[] = [
  [0.8, 0.6, 0.22],
  [0.72, 0.72, 0.74],
  [0.75, 0.5, 0.4],
];
export const sampleMetal = (random: Random): Rgb => random.pick(metals, [3, 3, 1]);

export function sampleEarrings(random: Random): EarringSpec {
  const kind = random.pick(["stud", "hoop", "drop"] as const, [4, 3, 3]);
  return {
    kind,
    colour: random.chance(0.7) ? sampleMetal(random) : sampleClothColour(random),
    size:
      kind === "stud"
        ? random.range(1.8, 4.5)
        : kind === "hoop"
          ? random.range(5, 30) * (0.5 + 0.5 * random.uniform())
          : random.range(12, 55),
    side: random.chance(0.12) ? random.pick([-1, 1]) : 0,
  };
}

export const sampleHeadphones = (random: Random): HeadphonesSpec => ({
  kind: random.pick(["overEar", "inEar"] as const, [1, 1.3]),
  colour: sampleClothColour(random),
  size: random.range(0.85, 1.15),
  seed: random.integer(2 ** 30),
});

export const sampleFlower = (random: Random): FlowerSpec => ({
  colour: random.pick<Rgb>([
    [0.7, 0.1, 0.2],
    [0.8, 0.78, 0.7],
    [0.75, 0.3, 0.5],
    [0.8, 0.5, 0.05],
    [0.4, 0.15, 0.6],
  ]),
  at: [random.pick([-1, 1]) * random.range(45, 85), random.range(50, 74)],
  radius: random.range(14, 34),
  seed: random.integer(2 ** 30),
});

/** Points of left and right ear by their names in the pack. */
export function earPoints(
  { pack }: Assets,
  { base }: BareHead,
  name: "tragus" | "ear_lobe_bottom",
): readonly [Point, Point] {
  const at = (side: string): Point => {
    const v = pack.landmarks.named[`${name}_${side}`];
    return [base[3 * v], base[3 * v + 1], base[3 * v + 2]];
  };
  return [at("left"), at("right")];
}

export function createEarrings({ kind, colour, size, side }: EarringSpec, lobes: readonly [Point, Point]): Part {
  const sheets = lobes.flatMap(([x, y, z], i): Sheet[] => {
    const s = i === 0 ? 1 : -1;
    if (side !== 0 && side !== s) return [];
    const hole: Point = [x + s * 2.5, y + 4.5, z + 1.5];
    if (kind === "stud") return [ball(hole, size, 8, 6)];
    if (kind === "hoop") {
      const ring = Array.from({ length: 25 }, (_, k): Point => {
        const t = (2 * Math.PI * k) / 24;
        return [
          hole[0] + s * size * 0.25 * (1 - Math.cos(t)) * 0.5,
          hole[1] - size + size * Math.cos(t),
          hole[2] + size * Math.sin(t),
        ];
      });
      return [tube(ring, 0.7 + 0.04 * size, 6)];
    }
    const end: Point = [hole[0] + s, hole[1] - size, hole[2]];
    const bead = 2.5 + 0.09 * size;
    return [
      ball(hole, 1.8, 6, 4),
      tube([hole, end], 0.7, 5),
      ellipsoid(end, [bead * 0.7, 0, 0], [0, bead * 1.7, 0], [0, 0, bead * 0.7], 8, 6),
    ];
  });
  return createPart(mergeSheets(sheets), "metal", colour, Extra.jewellery, { doubleSided: true });
}

export function createEarphones(
  { kind, colour, size, seed }: HeadphonesSpec,
  skull: SkullGrid,
  tragi: readonly [Point, Point],
): Part[] {
  if (kind === "overEar") return createHeadphones(colour, size, seed, skull, tragi);
  const sheets = tragi.flatMap(([x, y, z], i): Sheet[] => {
    const s = i === 0 ? 1 : -1;
    const bud: Point = [x + s * 2, y - 2, z - 5];
    const stem: Point = [bud[0] + s * 2, bud[1] - 22, bud[2] + 5];
    const cable: Point[] = [
      stem,
      [stem[0] * 0.9, stem[1] - 60, stem[2] + 22],
      [stem[0] * 0.5, stem[1] - 140, stem[2] + 52],
      [0, stem[1] - 230, stem[2] + 75],
    ];
    return [ball(bud, 7, 8, 6), tube([bud, stem], 2.4, 6), ...(seed & 1 ? [tube(cable, 1.1, 5)] : [])];
  });
  return [createPart(mergeSheets(sheets), "plastic", colour, Extra.jewellery, { doubleSided: true })];
}

export function createHairFlower({ colour, at, radius, seed }: FlowerSpec, skull: SkullGrid): Part[] {
  const centre: Point = [0, 0, 0];
  skull.at((at[0] * Math.PI) / 180, (at[1] * Math.PI) / 180, 20, centre);
  const out: Point = [centre[0] - skull.centre[0], centre[1] - skull.centre[1], centre[2] - skull.centre[2] + 30];
  return createFlower(centre, out, radius, colour, seed, Extra.jewellery);
}
