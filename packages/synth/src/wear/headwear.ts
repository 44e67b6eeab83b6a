import { smoothstep } from "cameo";
import { clamp, hash } from "../noise.ts";
import { Extra, type Part, type Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { sampleClothColour } from "./fabric.ts";
import {
  createPart,
  ellipsoid,
  loft,
  mergeSheets,
  type Point,
  ringNoise,
  roundedBox,
  type Sheet,
  tube,
} from "./shapes.ts";
import type { SkullGrid } from "./skull.ts";
import type { TrunkGrid } from "./trunk.ts";

const kinds = [
  "cap",
  "beanie",
  "brim",
  "sweatband",
  "hairBand",
  "scarf",
  "turban",
  "hijab",
  "hoodUp",
  "helmet",
  "flowers",
] as const;

export interface HeadwearSpec {
  readonly kind: (typeof kinds)[number];
  readonly colours: readonly [Rgb, Rgb];
  /** Angles from the crown down to the lower edge at the front, the sides and behind, degrees. */
  readonly rim: readonly [front: number, side: number, back: number];
  /** About 1: how far it stands off. */
  readonly size: number;
  /** Turned about the upright axis, degrees: 180 is a cap worn backwards. */
  readonly turn: number;
  readonly seed: number;
}

export function sampleHeadwear(random: Random): HeadwearSpec {
  const kind = random.pick(kinds, [5, 4, 3, 1.2, 1.2, 1.2, 0.7, 2, 1.2, 1, 0.8]);
  const near = (angle: number, spread = 4) => angle + spread * (2 * random.uniform() - 1);
  const rims: Record<HeadwearSpec["kind"], [number, number, number]> = {
    cap: [near(71), near(80), near(98)],
    beanie: [near(70, 7), near(86, 10), near(106, 6)],
    brim: [near(70), near(78), near(96)],
    sweatband: [near(70), near(76), near(94)],
    hairBand: [0, 0, 0],
    scarf: [near(62), near(80), near(112)],
    turban: [near(68), near(82), near(104)],
    hijab: [near(66), near(110), near(135)],
    hoodUp: [near(54, 6), near(110), near(135)],
    helmet: [near(68), near(80), near(100)],
    flowers: [near(58, 6), near(64), near(76)],
  };
  const turned = kind === "cap" ? (random.chance(0.25) ? 180 : 0) + 12 * random.normal() : 0;
  return {
    kind,
    colours: [sampleClothColour(random), sampleClothColour(random)],
    rim: rims[kind],
    size: random.range(0.8, 1.25),
    turn: turned,
    seed: random.integer(2 ** 30),
  };
}

/** What headwear does to the hair under it. */
export interface Covering {
  /** No hair shows at all: grow none. */
  readonly hidesHair: boolean;
  /** Whether a point (mm, model space) lies in a direction that the headwear covers, at any height: hair there is under it. */
  inside(x: number, y: number, z: number): boolean;
  /** Presses hair (x, y, z per vertex, mm; changed in place) under the headwear, and gradually less beyond its edge. */
  press(positions: Float32Array): void;
}

const radians = Math.PI / 180;
const behind = (angle: number) => (1 - Math.cos(angle)) / 2;

/** Angle from the crown of the lower edge. */
function rimAt([front, side, back]: HeadwearSpec["rim"], angle: number): number {
  const t = behind(angle);
  // The quadratic that passes through all three.
  return radians * (front * (1 - t) * (1 - 2 * t) + side * 4 * t * (1 - t) + back * t * (2 * t - 1));
}

/** Room between skull and the shell of a hat for flattened hair, mm. */
const room = 5;

/** How far the shell stands off the skin where `share` of the way from crown to rim has been gone. */
function liftAt({ kind, size, seed }: HeadwearSpec, angle: number, share: number): number {
  const crown = 1 - share;
  switch (kind) {
    case "cap":
      return room + size * (3 + 15 * Math.sin(Math.PI * clamp(crown * 0.9)) * (1 - 0.6 * behind(angle)) + 5 * crown);
    case "beanie":
      return (
        room +
        size * (2 + 3 * (seed & 3) * crown ** 0.8 * (0.4 + behind(angle))) +
        2.5 * ringNoise(angle, 2.5, share * 4, seed)
      );
    case "helmet":
      return room + 20 * size + 6 * crown;
    case "turban":
      return (
        room + size * (9 + 12 * Math.sin(Math.PI * Math.min(1, share * 1.1)) + 3.5 * Math.sin(share * 24 + angle * 2))
      );
    case "hoodUp":
      return room + 6 + size * (6 + 14 * crown * behind(angle)) + 5 * (ringNoise(angle, 2, share * 3, seed) - 0.5);
    case "hijab":
      return room + size * 3 + 5 * ringNoise(angle, 4, share * 5, seed);
    default:
      return room + 1 + 3 * ringNoise(angle, 3, share * 4, seed);
  }
}

/** How far what is drawn over an ear stands off for it. */
const overEar = (angle: number, tilt: number): number =>
  17 * Math.exp(-(((Math.abs(Math.sin(angle / 2)) - 0.76) / 0.12) ** 2) - ((tilt - 1.75) / 0.3) ** 2);

/** A shell from the rim to the crown. */
function shell(spec: HeadwearSpec, skull: SkullGrid, columns = 41, rows = 15): Sheet {
  return loft(columns, rows, (u, v, out) => {
    const angle = 2 * Math.PI * u;
    const share = 1 - v;
    const tilt = share * rimAt(spec.rim, angle);
    skull.at(angle, tilt, liftAt(spec, angle, share) + (spec.kind === "beanie" ? overEar(angle, tilt) : 0), out);
  });
}

/** A band about the head between two angles from the crown, relative to the rim. */
const band = (spec: HeadwearSpec, skull: SkullGrid, width: number, lift: number, bulge: number): Sheet =>
  loft(49, 6, (u, v, out) => {
    const angle = 2 * Math.PI * u;
    const tilt = rimAt(spec.rim, angle) - v * width;
    skull.at(angle, tilt, lift + bulge * Math.sin(Math.PI * v), out);
  });

export interface Worn {
  readonly parts: readonly Part[];
  readonly covering: Covering | null;
}

export function createHeadwear(spec: HeadwearSpec, skull: SkullGrid, trunk: TrunkGrid): Worn {
  const { kind, size, seed } = spec;
  const [first, second] = spec.colours;
  const cloth = (sheet: Sheet, colour: Rgb, colours?: Float32Array) =>
    createPart(sheet, "cloth", colour, Extra.headwear, { doubleSided: true, ...(colours ? { colours } : {}) });
  const covered = coveringOf(spec, skull);
  switch (kind) {
    case "cap":
      return {
        parts: [
          cloth(shell(spec, skull), first, panels(seed, 41, 15)),
          cloth(visor(spec, skull), seed & 1 ? first : second),
          cloth(badge(spec, skull), second),
        ],
        covering: covered,
      };
    case "beanie": {
      const ribs = (columns: number, rows: number) =>
        shades(
          columns,
          rows,
          (u, v) => 0.82 + 0.18 * Math.sin(u * 2 * Math.PI * 36) + (seed & 4 && v > 0.4 && v < 0.5 ? 0.5 : 0),
        );
      const parts = [cloth(shell(spec, skull, 73), first, ribs(73, 15))];
      if (seed & 1) parts.push(cloth(cuff(spec, skull), first, ribs(73, 6)));
      if (seed & 8) {
        const top: Point = [0, 0, 0];
        skull.at(0, 0, liftAt(spec, 0, 0) + 18, top);
        parts.push(cloth(fluff(top, 22 * size, seed), second));
      }
      return { parts, covering: covered };
    }
    case "brim":
      return {
        parts: [cloth(mergeSheets(brimmed(spec, skull)), first), cloth(ribbon(spec, skull), second)],
        covering: covered,
      };
    case "sweatband":
      return { parts: [cloth(band(spec, skull, 0.34 * size, room + 3, 3), first)], covering: covered };
    case "hairBand":
      return {
        parts: [
          createPart(arch(spec, skull, 9), seed & 1 ? "plastic" : "cloth", first, Extra.headwear, {
            doubleSided: true,
          }),
        ],
        covering: covered,
      };
    case "scarf": {
      const knot: Point = [0, 0, 0];
      skull.at(Math.PI, rimAt(spec.rim, Math.PI), 12, knot);
      const ends = [-1, 1].map((s) =>
        tube(
          [knot, [knot[0] + s * 18, knot[1] - 25, knot[2] - 12], [knot[0] + s * 26, knot[1] - 70, knot[2] - 4]],
          (t) => [8 + 10 * t, 2.5],
          8,
        ),
      );
      return {
        parts: [
          cloth(
            shell(spec, skull, 57),
            first,
            shades(57, 15, (u, v) => (hash(Math.floor(u * 28), Math.floor(v * 9), seed) < 0.3 ? 1.6 : 1)),
          ),
          cloth(mergeSheets([ellipsoid(knot, [13, 0, 0], [0, 10, 0], [0, 0, 9]), ...ends]), first),
        ],
        covering: covered,
      };
    }
    case "turban":
      return {
        parts: [
          cloth(
            shell(spec, skull, 49, 41),
            first,
            shades(49, 41, (u, v) => 0.9 + 0.14 * Math.sin(v * 40 + 4 * Math.PI * u)),
          ),
        ],
        covering: covered,
      };
    case "hijab":
      return {
        parts: [cloth(veil(spec, skull), first), { ...cloth(drape(spec, trunk), first), follows: "neck" }],
        covering: covered,
      };
    case "hoodUp":
      return {
        parts: [cloth(veil(spec, skull), first), { ...cloth(throat(spec, trunk), first), follows: "neck" }],
        covering: covered,
      };
    case "helmet": {
      const straps = [-1, 1].map((s) =>
        tube(
          Array.from({ length: 8 }, (_, i) => {
            const p: Point = [0, 0, 0];
            skull.at(s * (80 - 6 * i) * radians, (80 + 9 * i) * radians, 4, p);
            return p;
          }),
          () => [1.2, 7],
        ),
      );
      const hard = (sheet: Sheet, colour: Rgb) =>
        createPart(sheet, "plastic", colour, Extra.headwear, { doubleSided: true });
      const parts = [
        createPart(shell(spec, skull), "plastic", first, Extra.headwear, {
          doubleSided: true,
          colours: shades(41, 15, (u) => (seed & 2 && (u * 12) % 1 < 0.3 ? 0.1 : 1)),
        }),
        hard(mergeSheets(straps), [0.03, 0.03, 0.03]),
      ];
      if (seed & 1) parts.push(hard(visor({ ...spec, size: 0.5 }, skull), first));
      return { parts, covering: covered };
    }
    default: {
      const flowers = Array.from({ length: 15 }, (_, i) => {
        const angle = (2 * Math.PI * (i + 0.3 * hash(i, 1, seed))) / 15;
        const at: Point = [0, 0, 0];
        skull.at(angle, rimAt(spec.rim, angle), 14, at);
        const colour: Rgb = hash(i, 2, seed) < 0.5 ? first : second;
        return createFlower(
          at,
          [at[0] - skull.centre[0], at[1] - skull.centre[1], at[2] - skull.centre[2]],
          (10 + 8 * hash(i, 3, seed)) * size,
          colour,
          i + seed,
          Extra.headwear,
        );
      });
      return {
        parts: [cloth(band(spec, skull, 0.1, 11, 4), [0.06, 0.14, 0.04]), ...flowers.flat()],
        covering: covered,
      };
    }
  }
}

/** How much each vertex of a loft is lighter or darker. */
function shades(columns: number, rows: number, at: (u: number, v: number) => number): Float32Array {
  const colours = new Float32Array(3 * columns * rows);
  for (let r = 0, i = 0; r < rows; r++)
    for (let c = 0; c < columns; c++, i += 3) colours.fill(at(c / (columns - 1), r / (rows - 1)), i, i + 3);
  return colours;
}

/** Six panels with darker seams; on some caps the front is bright. */
const panels = (seed: number, columns: number, rows: number): Float32Array =>
  shades(columns, rows, (u) => {
    const seam = Math.abs(((u * 6 + 0.5) % 1) - 0.5) < 0.04 ? 0.75 : 1;
    const front = u < 1 / 6 || u > 5 / 6;
    return seam * (seed & 2 && front ? 1.7 : 1);
  });

/** Half the angle that a visor spans. */
const visorHalf = 58 * radians;

function visor(spec: HeadwearSpec, skull: SkullGrid): Sheet {
  const turn = spec.turn * radians;
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  const length = 68 * spec.size;
  return loft(21, 7, (u, v, out) => {
    const a = (2 * u - 1) * visorHalf;
    const angle = turn + a;
    skull.at(angle, rimAt(spec.rim, angle), liftAt(spec, angle, 1) - 0.5, out);
    const reach = v * length * Math.sqrt(Math.max(0, 1 - (a / visorHalf) ** 2)) ** 0.8;
    out[0] += sin * reach;
    out[2] += cos * reach;
    const aside = Math.sin(a);
    out[1] -= 0.22 * reach + (12 * v + 4) * aside * aside;
  });
}

function badge(spec: HeadwearSpec, skull: SkullGrid): Sheet {
  const wide = 0.16 + 0.16 * hash(spec.seed, 1, 0);
  const high = 0.1 + 0.12 * hash(spec.seed, 2, 0);
  return loft(9, 5, (u, v, out) => {
    const angle = spec.turn * radians + (2 * u - 1) * wide;
    const rim = rimAt(spec.rim, angle);
    const tilt = rim - 0.3 - (2 * v - 1) * high * -1;
    skull.at(angle, tilt, liftAt(spec, angle, tilt / rim) + 0.8, out);
  });
}

function cuff(spec: HeadwearSpec, skull: SkullGrid): Sheet {
  const width = 0.3 + 0.2 * hash(spec.seed, 3, 0);
  return loft(73, 6, (u, v, out) => {
    const angle = 2 * Math.PI * u;
    const rim = rimAt(spec.rim, angle);
    const tilt = rim + 0.02 - v * width;
    skull.at(
      angle,
      tilt,
      liftAt(spec, angle, Math.min(1, tilt / rim)) + 1 + 4 * Math.sin(Math.PI * (0.1 + 0.8 * v)),
      out,
    );
  });
}

function fluff(centre: Point, radius: number, seed: number): Sheet {
  return loft(15, 10, (u, v, out) => {
    const a = 2 * Math.PI * u;
    const b = Math.PI * (v - 0.5);
    const r = radius * (0.8 + 0.4 * hash(Math.round(u * 14) % 14, Math.round(v * 9), seed));
    out[0] = centre[0] + r * Math.cos(b) * Math.cos(a);
    out[1] = centre[1] + r * Math.sin(b);
    out[2] = centre[2] - r * Math.cos(b) * Math.sin(a);
  });
}

/** Crown and brim of a hat: a cylinder on the rim, narrower and dented at the top, and a brim that bends. */
function brimmed(spec: HeadwearSpec, skull: SkullGrid): Sheet[] {
  const { seed, size } = spec;
  const dent = 20 * hash(seed, 4, 0);
  const bowl = hash(seed, 5, 0);
  const width = (22 + 70 * hash(seed, 6, 0) ** 1.5) * size;
  const bend = -14 + 30 * hash(seed, 7, 0);
  const top: Point = [0, 0, 0];
  skull.at(0, 0, room + 10 + 26 * (size - 0.8), top);
  const ring: Point = [0, 0, 0];
  const crown = loft(41, 14, (u, v, out) => {
    const angle = 2 * Math.PI * u;
    skull.at(angle, rimAt(spec.rim, angle), room + 2, ring);
    const side = Math.min(1, v / 0.65);
    const inward = clamp((v - 0.6) / 0.4);
    // Straight walls for felt hats, a dome for others.
    const wall = 1 - (0.06 + 0.12 * bowl) * side ** 2;
    const level = wall * Math.sqrt(Math.max(0, 1 - inward ** (2 + 3 * (1 - bowl))));
    out[0] = ring[0] * level;
    out[2] = skull.centre[2] + (ring[2] - skull.centre[2]) * level;
    const rise = side * (0.88 - 0.2 * bowl) + inward * (0.12 + 0.2 * bowl);
    out[1] =
      ring[1] +
      (top[1] + 6 - ring[1]) * Math.min(1, rise * 1.05) -
      dent * smoothstep(0.75, 1, v) * (0.4 + 0.6 * Math.abs(Math.cos(angle)));
  });
  const brim = loft(41, 5, (u, v, out) => {
    const angle = 2 * Math.PI * u;
    skull.at(angle, rimAt(spec.rim, angle), room + 1, out);
    const w = (1 - v) * width;
    out[0] += w * Math.sin(angle);
    out[2] += w * Math.cos(angle);
    // The sides bend up or down.
    out[1] += bend * (w / 70) * (w / width) * (0.3 + Math.sin(angle) ** 2) - 0.12 * w;
  });
  return [crown, brim];
}

const ribbon = (spec: HeadwearSpec, skull: SkullGrid): Sheet =>
  loft(41, 3, (u, v, out) => {
    const angle = 2 * Math.PI * u;
    skull.at(angle, rimAt(spec.rim, angle), room + 4.5, out);
    out[1] += 1 + v * 22;
  });

/** Half a ring over the head from ear to ear. */
const arch = ({ seed }: HeadwearSpec, skull: SkullGrid, lift: number): Sheet => {
  const half = 3 + 8 * hash(seed, 1, 0);
  const forward = 0.1 + 0.35 * hash(seed, 2, 0);
  return loft(7, 33, (u, v, out) => {
    const a = (2 * v - 1) * 88 * radians;
    // Directions in the upright plane through the ears, leaned forward, with some width.
    const lean = forward * Math.cos(a) + ((2 * u - 1) * half) / 90;
    const x = Math.sin(a);
    const y = Math.cos(a) * Math.cos(lean);
    const z = Math.sin(lean);
    skull.at(Math.atan2(x, z), Math.atan2(Math.hypot(x, z), y), lift + 2 * (1 - (2 * u - 1) ** 2), out);
  });
};

/** Cloth about head and cheeks that leaves the face open: its edge runs over the forehead, beside the cheeks and under the chin. */
function veil(spec: HeadwearSpec, skull: SkullGrid): Sheet {
  const isHood = spec.kind === "hoodUp";
  const front = spec.rim[0] * radians;
  const lowest = 154 * radians;
  const open = (isHood ? 64 : 54) * radians;
  return loft(57, 27, (u, v, out) => {
    // Columns start and end on the edge of the opening; above the forehead they meet.
    const tilt = (1 - v) * lowest;
    const height = clamp((tilt - front) / (148 * radians - front));
    const gap = open * Math.sqrt(1 - (2 * height - 1) ** 2) * (isHood ? 1 : 1 - 0.12 * height);
    const angle = gap + u * (2 * Math.PI - 2 * gap);
    const edge = smoothstep(0.1, 0, Math.min(u, 1 - u)) * (height > 0 ? 1 : 0);
    const below = smoothstep(95 * radians, lowest, tilt);
    skull.at(
      angle,
      tilt,
      liftAt(spec, angle, tilt / lowest) + (isHood ? 9 : 2) * edge + (isHood ? 30 : 8) * below * behind(angle),
      out,
    );
  });
}

/** The part of a head scarf below the chin and over the shoulders. */
const drape = ({ seed, size }: HeadwearSpec, trunk: TrunkGrid): Sheet =>
  loft(57, 20, (u, v, out) => {
    const angle = -2 * Math.PI * u;
    const n = ringNoise(angle, 2.2, v * 4, seed + 9);
    const off = smoothstep(0, 0.35, v);
    trunk.onCloth(angle, -80 + v * (170 + 60 * size), 9 + 2 * off + 14 * n * off, out);
  });

/** Where a hood that is up goes over into the jacket. */
const throat = ({ seed, size }: HeadwearSpec, trunk: TrunkGrid): Sheet =>
  loft(49, 9, (u, v, out) => {
    const gap = 12 * radians;
    const angle = -gap - u * (2 * Math.PI - 2 * gap);
    const n = ringNoise(angle, 3, v * 3, seed);
    trunk.onCloth(
      angle,
      -64 + 100 * v,
      12 + 26 * size * Math.sin(Math.PI * (0.15 + 0.8 * v)) * (0.45 + 0.55 * behind(angle)) + 5 * n,
      out,
    );
  });

/** A flower that looks along `out`. */
export function createFlower(
  at: Point,
  out: Point,
  radius: number,
  colour: Rgb,
  seed: number,
  extra: Part["extras"] & number,
): Part[] {
  const length = Math.hypot(...out);
  const n: Point = [out[0] / length, out[1] / length, out[2] / length];
  const a: Point =
    Math.abs(n[1]) > 0.9 ? [1, 0, 0] : [n[2] / Math.hypot(n[0], n[2]), 0, -n[0] / Math.hypot(n[0], n[2])];
  const b: Point = [n[1] * a[2] - n[2] * a[1], n[2] * a[0] - n[0] * a[2], n[0] * a[1] - n[1] * a[0]];
  const count = 5 + (seed % 3);
  const petals = Array.from({ length: count }, (_, i) => {
    const t = (2 * Math.PI * i) / count;
    const along = [0, 1, 2].map((k) => Math.cos(t) * a[k] + Math.sin(t) * b[k] + 0.25 * n[k]) as Point;
    const side = [0, 1, 2].map((k) => 0.42 * radius * (Math.cos(t) * b[k] - Math.sin(t) * a[k])) as Point;
    const middle = [0, 1, 2].map((k) => at[k] + 0.6 * radius * along[k]) as Point;
    return ellipsoid(middle, along.map((x) => 0.55 * radius * x) as Point, side, n.map((x) => 1.6 * x) as Point, 8, 5);
  });
  const eye = ellipsoid(
    at,
    a.map((x) => 0.28 * radius * x) as Point,
    b.map((x) => 0.28 * radius * x) as Point,
    n.map((x) => 0.2 * radius * x) as Point,
    8,
    5,
  );
  return [
    createPart(mergeSheets(petals), "cloth", colour, extra as Extra, { doubleSided: true }),
    createPart(eye, "cloth", [0.55, 0.38, 0.04], extra as Extra),
  ];
}

/** A band over the head with a cushion on each ear. */
export function createHeadphones(
  colour: Rgb,
  size: number,
  seed: number,
  skull: SkullGrid,
  ears: readonly [Point, Point],
): Part[] {
  const cushions = ears.map((ear, i) => {
    const s = i === 0 ? 1 : -1;
    return roundedBox(
      [ear[0] + s * 14, ear[1], ear[2] - 6],
      [0, 0, 27 * size],
      [0, 34 * size, 0],
      [s * -15, 0, 0].map((x) => (s > 0 ? x : x)) as Point,
      0.7,
    );
  });
  const spec = { seed } as HeadwearSpec;
  const bow = arch({ ...spec, rim: [0, 0, 0] } as HeadwearSpec, skull, 13);
  return [
    createPart(bow, "plastic", colour, Extra.jewellery, { doubleSided: true }),
    createPart(mergeSheets(cushions), "plastic", colour.map((x) => 0.7 * x) as unknown as Rgb, Extra.jewellery, {
      doubleSided: true,
    }),
  ];
}

/** Beyond the edge of headwear hair rises to this height, mm, over this angle. */
const springHeight = 70;
const springAngle = 0.55;

function coveringOf(spec: HeadwearSpec, skull: SkullGrid): Covering | null {
  const { kind } = spec;
  if (kind === "hairBand" || kind === "flowers") return null;
  const [cx, cy, cz] = skull.centre;
  // Sweatbands leave the crown free.
  const width = kind === "sweatband" ? 0.34 * spec.size : Infinity;
  const angleOf = (x: number, z: number) => Math.atan2(x - cx, z - cz);
  const tiltOf = (x: number, y: number, z: number) => Math.atan2(Math.hypot(x - cx, z - cz), y - cy);
  return {
    hidesHair: kind === "hijab" || kind === "hoodUp",
    inside: (x, y, z) => {
      const below = rimAt(spec.rim, angleOf(x, z)) - tiltOf(x, y, z);
      return below > 0 && below < width;
    },
    press: (positions) => {
      for (let i = 0; i < positions.length; i += 3) {
        const dx = positions[i] - cx;
        const dy = positions[i + 1] - cy;
        const dz = positions[i + 2] - cz;
        const angle = Math.atan2(dx, dz);
        const tilt = Math.atan2(Math.hypot(dx, dz), dy);
        const below = rimAt(spec.rim, angle) - tilt;
        const off = below < 0 ? -below : below > width ? below - width : 0;
        if (off > springAngle) continue;
        const most = skull.radius(angle, tilt) + room - 2 + springHeight * (off / springAngle) ** 1.5;
        const radius = Math.hypot(dx, dy, dz);
        if (radius <= most) continue;
        const scale = most / radius;
        positions[i] = cx + scale * dx;
        positions[i + 1] = cy + scale * dy;
        positions[i + 2] = cz + scale * dz;
      }
    },
  };
}
