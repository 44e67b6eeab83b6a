import { smoothstep } from "cameo";
import { hash } from "../noise.ts";
import { Extra, type Part, type Rgb } from "../part.ts";
import { ball, createPart, ellipsoid, loft, mergeSheets, type Point, ringNoise, type Sheet, tube } from "./shapes.ts";
import type { TrunkGrid } from "./trunk.ts";

const collarKinds = ["shirt", "lapels", "turtleneck", "hood", "scarf", "fur", "shawl"] as const;

/** What is worn about the neck above the shirt. */
export interface CollarSpec {
  readonly kind: (typeof collarKinds)[number];
  /** Null for collars of the cloth of what they belong to. */
  readonly colour: Rgb | null;
  /** 0 closed at the throat, 1 wide open. */
  readonly open: number;
  /** Of lapels, scarves, hoods and fur: how large, about 1. */
  readonly size: number;
  /** A tie of this colour; of shirts that are closed. */
  readonly tie: Rgb | null;
  readonly seed: number;
}

const degrees = Math.PI / 180;

/**
 * A collar as sheets of cloth, without colour.
 * @param lift how thick the clothes under a shirt's collar are, mm
 */
export function shapeCollar(collar: CollarSpec, trunk: TrunkGrid, lift: number): Sheet {
  switch (collar.kind) {
    case "shirt":
      return shirtCollar(collar, trunk, lift);
    case "lapels":
      return lapels(collar, trunk, lift);
    case "turtleneck":
      return turtleneck(collar, trunk);
    case "hood":
      return hood(collar, trunk);
    case "scarf":
      return scarf(collar, trunk);
    case "fur":
      return roll(collar, trunk, 26 * collar.size, 10);
    default:
      return shawl(collar, trunk);
  }
}

/** Angle of an open band: u 0 to 1 runs about the back from the left of the throat to its right, `gap` from the middle. */
const around = (u: number, gap: number) => gap + u * (2 * Math.PI - 2 * gap);
/** 0 at the throat, 1 behind. */
const behind = (angle: number) => (1 - Math.cos(angle)) / 2;

/** A stand about the neck, and the leaf that falls from its edge, longer towards its points. */
function shirtCollar({ open, size }: CollarSpec, trunk: TrunkGrid, lift: number): Sheet {
  const gap = (3 + 30 * open) * degrees;
  const stand = 22 + 8 * size;
  const tip = 34 + 20 * size;
  // Open collars lie lower at the throat.
  const sink = (angle: number) => 26 * open * (1 - behind(angle)) ** 3;
  // Its outside is seen below the leaf, its inside above the throat.
  const band = (height: number) =>
    loft(41, 4, (u, v, out) => {
      const a = around(u, gap);
      trunk.onCloth(a, sink(a) + 6 - v * (26 + stand * (0.75 + 0.25 * behind(a))), (lift + 3.5) * v + height, out);
    });
  const edge: Point = [0, 0, 0];
  const end: Point = [0, 0, 0];
  const leaf = loft(41, 6, (u, v, out) => {
    const a = around(u, gap);
    const point = smoothstep(70 * degrees, 0, Math.min(a, 2 * Math.PI - a) - gap);
    const top = sink(a) - 20 - stand * (0.75 + 0.25 * behind(a));
    // Points spread to the sides.
    const spread = point * 12 * degrees * (a < Math.PI ? 1 : -1);
    trunk.onCloth(a, top, lift + 3.5, edge);
    trunk.onCloth(a + spread, top + stand + 8 + tip * point, lift + 6, end);
    // Straight from the fold to the end, bulging over what is between.
    trunk.onCloth(a + v * spread, top + v * (stand + 8 + tip * point), lift + 5, out);
    const bulge = 5 * Math.sin(Math.PI * Math.min(1, v + 0.1));
    const reach = Math.hypot(end[0], end[2]) || 1;
    const straight: Point = [
      edge[0] + v * (end[0] - edge[0]) + (bulge * end[0]) / reach,
      edge[1] + v * (end[1] - edge[1]) + 0.5 * bulge,
      edge[2] + v * (end[2] - edge[2]) + (bulge * end[2]) / reach,
    ];
    for (let k = 0; k < 3; k++) out[k] = 0.35 * out[k] + 0.65 * straight[k];
  });
  return mergeSheets([band(-0.5), flip(band(-1.5)), flip(leaf)]);
}

/** From the nape over the shoulders down the edges of the jacket, with a notch. */
function lapels({ open, size }: CollarSpec, trunk: TrunkGrid, lift: number): Sheet {
  const end = 150 + 120 * open;
  const side = (sign: number) =>
    loft(30, 5, (u, v, out) => {
      // Down the edge: first about the neck, then down the chest.
      const neck = Math.min(1, u / 0.4);
      const chest = Math.max(0, (u - 0.4) / 0.6);
      const angle = (180 - 115 * neck - 62 * chest ** 0.8) * degrees;
      const edge = -6 - 6 * (1 - neck) + 14 * neck + chest ** 1.25 * end;
      const notch = u > 0.5 && u < 0.58 ? 0.55 : 1;
      const width =
        size *
        notch *
        (30 + 42 * smoothstep(0.42, 0.62, u) * (1 - smoothstep(0.62, 1, u)) - 22 * smoothstep(0.9, 1, u));
      const outward = neck < 1 ? 0 : 0.35 * smoothstep(0, 0.15, chest);
      const turned = angle + (v * width * outward) / 95;
      trunk.onCloth(
        sign * turned,
        edge + v * width * (1 - 0.6 * smoothstep(0, 0.5, chest)),
        lift + 6 - 4 * v + 3 * Math.sin(Math.PI * v),
        out,
      );
    });
  return mergeSheets([side(1), flip(side(-1))]);
}

function turtleneck({ size, open }: CollarSpec, trunk: TrunkGrid): Sheet {
  const height = 46 + 20 * size;
  return flip(
    loft(49, 11, (u, v, out) => {
      const a = around(u, 0);
      const rise = height * (0.82 + 0.18 * behind(a));
      // Up inside, and folded down outside.
      const fold = v < 0.5 ? 1 - 2 * v : 2 * v - 1;
      const inner = v < 0.5;
      const down = inner ? -10 - (rise - 10) * (1 - fold) : -rise + fold * rise * (0.7 + 0.4 * (1 - open));
      const bulge = Math.sin(Math.PI * fold);
      trunk.onCloth(a, down, (inner ? 4 + 2 * bulge : 8 + 4 * bulge) + 2.5 * Math.sin(3 * a + fold * 4), out);
    }),
  );
}

/** A hood that lies behind the neck, its edges coming down to the throat. */
function hood({ open, size, seed }: CollarSpec, trunk: TrunkGrid): Sheet {
  return mergeSheets([
    roll({ open: 0.2 + 0.5 * open, seed }, trunk, 15 * size, 3, 1.9),
    ...[-1, 1].map((sign) =>
      tube(
        Array.from({ length: 8 }, (_, i) => {
          const p: Point = [0, 0, 0];
          trunk.onCloth(sign * (14 + 3 * Math.sin(i)) * degrees, 26 + i * 14, 14, p);
          return p;
        }),
        2.2,
      ),
    ),
  ]);
}

/** A roll of cloth or fur about the neck: thicker behind by `rear`. */
function roll(
  { open, seed }: Pick<CollarSpec, "open" | "seed">,
  trunk: TrunkGrid,
  radius: number,
  rough: number,
  rear = 1.15,
): Sheet {
  const gap = (6 + 40 * open) * degrees;
  return loft(81, 15, (u, v, out) => {
    const a = around(u, gap);
    const back = behind(a);
    const turn = 2 * Math.PI * v;
    const ends = Math.sqrt(Math.min(1, 12 * Math.min(u, 1 - u)) + 0.02);
    const r = radius * (0.75 + back * (rear - 0.75)) * ends;
    const n =
      rough > 5
        ? 0.4 * ringNoise(a, 9, 2 * Math.cos(turn), seed) +
          0.6 * hash(Math.round(80 * u), Math.round(14 * v) % 14, seed) -
          0.5
        : ringNoise(a, 5, Math.cos(turn), seed) - 0.5;
    const rr = r + rough * n * 2;
    trunk.onCloth(
      a,
      16 + 34 * (1 - back) ** 2 * (0.4 + open) + rr * Math.cos(turn) * 1.15,
      6 + r * 0.8 + rr * Math.sin(turn) * 0.9,
      out,
    );
  });
}

function scarf({ size, seed, open }: CollarSpec, trunk: TrunkGrid): Sheet {
  const wraps = 2 + (seed % 2);
  const sheets = Array.from({ length: wraps }, (_, w) =>
    loft(49, 11, (u, v, out) => {
      const a = around(u, 0);
      const turn = 2 * Math.PI * v;
      const n = ringNoise(a, 3.5, Math.cos(turn), seed + w) - 0.5;
      const sag = (1 - behind(a)) * (6 + 24 * open);
      const r = (15 + 5 * n) * size;
      const wave = 6 * Math.sin(a * 2 + w * 2 + (seed & 7));
      trunk.onCloth(
        a,
        -50 + w * 21 * size + sag + wave + r * Math.cos(turn) * 1.1,
        9 + 4 * w + 0.7 * r + r * 0.8 * Math.sin(turn) + 4 * n,
        out,
      );
    }),
  );
  const sign = seed & 1 ? 1 : -1;
  const end = loft(8, 14, (u, v, out) => {
    trunk.onCloth(
      sign * (10 + 8 * v + (u - 0.5) * (26 + 16 * v)) * degrees,
      20 + v * 260,
      20 + 6 * Math.sin(u * 9 + (seed & 7)) + 3 * Math.sin(v * 7),
      out,
    );
  });
  return mergeSheets([...sheets, sign > 0 ? flip(end) : end]);
}

/** A broad cloth over the shoulders. */
function shawl({ seed, size, open }: CollarSpec, trunk: TrunkGrid): Sheet {
  return flip(
    loft(57, 12, (u, v, out) => {
      const a = around(u, (2 + 14 * open) * degrees);
      const n = ringNoise(a, 5, v * 3, seed) - 0.5;
      trunk.onCloth(
        a,
        -8 + 20 * open * (1 - behind(a)) + v * 120 * size,
        9 + 12 * Math.sin(Math.PI * Math.min(1, v + 0.1)) + 12 * n,
        out,
      );
    }),
  );
}

/** The same sheet seen from its other side. */
function flip({ positions, triangles, uvs }: Sheet): Sheet {
  const turned = triangles.slice();
  for (let t = 0; t < turned.length; t += 3) {
    turned[t + 1] = triangles[t + 2];
    turned[t + 2] = triangles[t + 1];
  }
  return { positions, triangles: turned, uvs };
}

/** Knot and blade of a tie down the middle of the chest. */
export function shapeTie(trunk: TrunkGrid, seed: number): Sheet {
  const knot: Point = [0, 0, 0];
  trunk.onCloth(0, 10, 12, knot);
  const half = 13 + 4 * hash(seed, 5, 0);
  const blade = loft(5, 20, (u, v, out) => {
    const width = (half - 4) * (0.45 + 1.4 * v);
    trunk.onCloth(0, 18 + v * 290, 13, out);
    out[0] += (u - 0.5) * 2 * width;
    out[2] += 3 * (1 - (2 * u - 1) ** 2);
  });
  return mergeSheets([flip(blade), ellipsoid(knot, [half, 0, 0], [0, 15, 0], [0, 0, 9], 10, 7)]);
}

/** What hangs about the neck. */
export interface NecklaceSpec {
  readonly kind: "chain" | "pearls" | "pendant" | "lanyard";
  readonly colour: Rgb;
  /** How far down the chest it reaches, mm. */
  readonly drop: number;
  readonly thickness: number;
}

export function createNecklace(
  { kind, colour, drop, thickness }: NecklaceSpec,
  trunk: TrunkGrid,
  onCloth: boolean,
): Part {
  const at = (angle: number): Point => {
    const p: Point = [0, 0, 0];
    trunk[onCloth ? "onCloth" : "onSkin"](
      angle,
      4 + drop * ((1 + Math.cos(angle)) / 2) ** (1 + drop / 60),
      thickness + (onCloth ? 4 : 1),
      p,
    );
    return p;
  };
  const turn = (i: number, n: number) => (2 * Math.PI * i) / n;
  const sheets =
    kind === "pearls"
      ? Array.from({ length: 44 }, (_, i) => ball(at(turn(i, 44)), thickness * 2.4, 6, 4))
      : [
          tube(
            Array.from({ length: 41 }, (_, i) => at(turn(i, 40))),
            () => (kind === "lanyard" ? [6, 1] : [thickness, thickness]),
            5,
          ),
        ];
  const low = at(0);
  if (kind === "pendant")
    sheets.push(ellipsoid([low[0], low[1] - 8, low[2] + 1], [6, 0, 0], [0, 9, 0], [0, 0, 2.5], 8, 6));
  return createPart(
    mergeSheets(sheets),
    kind === "chain" || kind === "pendant" ? "metal" : "plastic",
    colour,
    Extra.jewellery,
    {
      follows: "neck",
      doubleSided: true,
    },
  );
}
