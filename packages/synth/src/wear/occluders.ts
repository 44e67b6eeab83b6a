import { surfacePositions } from "cameo";
import { type BareHead, Extra, type Part, type Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { sampleClothColour } from "./fabric.ts";
import {
  across,
  add,
  ball,
  createPart,
  cross,
  ellipsoid,
  lerp,
  loft,
  type Point,
  roundedBox,
  type Sheet,
  tube,
  unit,
} from "./shapes.ts";
import type { SkullGrid } from "./skull.ts";

const kinds = ["hand", "phone", "microphone", "cup", "lollipop", "shoulder"] as const;

export interface OccluderSpec {
  readonly kind: (typeof kinds)[number];
  /** 1 on the subject's left, −1 on the right. */
  readonly side: number;
  /** Where a hand lies: angles about the upright axis (0 front) towards `side`, and from the crown, degrees. */
  readonly at: readonly [angle: number, tilt: number];
  /** Where its fingers point: 0 up, towards the middle of the face above 0, degrees. */
  readonly turn: number;
  /** How much the fingers bend, 0 to 1, and how far they are spread. */
  readonly bend: number;
  readonly spread: number;
  /** Distance from the skin, mm. */
  readonly distance: number;
  readonly size: number;
  /** Colour of hands; of the subject's own if they are theirs. */
  readonly skin: Rgb;
  readonly colours: readonly [Rgb, Rgb];
}

/** Where hands lie: chin, cheek, mouth, forehead, hair, ear; with the direction of their fingers. */
const places: readonly { at: readonly [number, number]; turn: number }[] = [
  { at: [14, 138], turn: 25 },
  { at: [48, 122], turn: 5 },
  { at: [6, 118], turn: 70 },
  { at: [20, 66], turn: 60 },
  { at: [55, 45], turn: 20 },
  { at: [82, 96], turn: -5 },
];

export function sampleOccluder(random: Random, skin: Rgb): OccluderSpec {
  const kind = random.pick(kinds, [6, 1.2, 1.5, 1.3, 0.6, 1.4]);
  const place = random.pick(places, [3, 4, 2, 1.3, 1.5, 1.2]);
  return {
    kind,
    side: random.chance(0.5) ? 1 : -1,
    at: [place.at[0] + 6 * random.normal(), place.at[1] + 5 * random.normal()],
    turn: place.turn + 20 * random.normal(),
    bend: random.range(0.05, 0.8),
    spread: random.range(0, 0.3),
    distance: kind === "hand" ? random.range(1, 8) : random.range(0, 60) * random.uniform(),
    size: random.range(0.88, 1.1),
    skin,
    colours: [sampleClothColour(random), sampleClothColour(random)],
  };
}

/** A place on the head and the directions about it: outwards, and up along the skin. */
interface Spot {
  readonly at: Point;
  readonly out: Point;
  readonly up: Point;
}

function spotOn(skull: SkullGrid, angle: number, tilt: number, height: number): Spot {
  const at: Point = [0, 0, 0];
  const left: Point = [0, 0, 0];
  const above: Point = [0, 0, 0];
  skull.at(angle, tilt, height, at);
  skull.at(angle + 0.2, tilt, height, left);
  skull.at(angle, tilt - 0.2, height, above);
  const up = unit(add(above, at, -1));
  return { at, out: unit(cross(add(left, at, -1), up)), up };
}

const degrees = Math.PI / 180;

export function createOccluder(
  spec: OccluderSpec,
  head: BareHead,
  skull: SkullGrid,
  ears: readonly [Point, Point],
): Part[] {
  const { side, size, skin, colours, distance } = spec;
  const solid = (sheet: Sheet, material: Part["material"], colour: Rgb) =>
    createPart(sheet, material, colour, Extra.occluder, { doubleSided: true });
  const mouth = meanOf(surfacePositions(head.model, head.shape, head.model.landmarks68), 60, 68);
  switch (spec.kind) {
    case "hand": {
      const { at, out, up } = spotOn(skull, side * spec.at[0] * degrees, spec.at[1] * degrees, 13 + distance);
      return hand(spec, at, out, up, side).map((sheet) => solid(sheet, "skin", skin));
    }
    case "phone": {
      const ear = ears[side > 0 ? 0 : 1];
      const centre: Point = [ear[0] + side * 12, ear[1] - 22, ear[2] + 22];
      const out = unit([side * 0.93, 0, 0.36]);
      const up = unit([side * 0.14, 0.86, -0.48]);
      const across = cross(up, out);
      const body = roundedBox(centre, scaled(across, 37), scaled(up, 76), scaled(out, 4.5), 0.3);
      const grip = hand(
        { ...spec, bend: 0.95, turn: 75, spread: 0 },
        add(add(centre, out, 18), up, -22),
        out,
        up,
        side,
      );
      return [solid(body, "plastic", colours[0]), ...grip.map((sheet) => solid(sheet, "skin", skin))];
    }
    case "microphone": {
      const tip: Point = [mouth[0] + side * 12, mouth[1] - 14, mouth[2] + 40 + distance];
      const end: Point = [tip[0] + side * 45, tip[1] - 190, tip[2] + 55];
      const along = unit(add(end, tip, -1));
      const stick = tube([add(tip, along, 20), add(tip, along, 30), end], (t) => [15 - 3 * t, 15 - 3 * t], 10);
      const grip = hand(
        { ...spec, bend: 1, turn: 80, spread: 0 },
        add(add(tip, along, 110), [0, 0, 1], 24),
        [0, 0, 1],
        [0, 1, 0],
        side,
      );
      return [
        solid(ball(tip, 25 * size, 14, 9), "metal", spec.turn > 45 ? [0.25, 0.25, 0.26] : [0.02, 0.02, 0.02]),
        solid(stick, "metal", [0.02, 0.02, 0.022]),
        ...grip.map((sheet) => solid(sheet, "skin", skin)),
      ];
    }
    case "cup": {
      const centre: Point = [mouth[0] + side * 4, mouth[1] - 48, mouth[2] + 44 + distance];
      const radius = 36 * size;
      const lean = 0.3 * spec.bend;
      const cup = loft(25, 8, (u, v, out) => {
        const a = -2 * Math.PI * u;
        const [outer, y] = v < 0.1 ? [0, 0] : v > 0.9 ? [0.3, 0.82] : [0.78 + 0.22 * v, (v - 0.1) / 0.8];
        out[0] = centre[0] + radius * outer * Math.cos(a);
        out[1] = centre[1] - 45 + 92 * y;
        out[2] = centre[2] + radius * outer * Math.sin(a) - lean * 92 * (y - 0.5);
      });
      const sleeve = loft(25, 3, (u, v, out) => {
        const a = -2 * Math.PI * u;
        const y = 0.25 + 0.4 * v;
        out[0] = centre[0] + radius * (0.815 + 0.17 * y) * Math.cos(a);
        out[1] = centre[1] - 45 + 92 * y;
        out[2] = centre[2] + radius * (0.815 + 0.17 * y) * Math.sin(a) - lean * 92 * (y - 0.5);
      });
      const grip = hand(
        { ...spec, bend: 0.85, turn: 85, spread: 0.05 },
        [centre[0] + side * 22, centre[1] - 8, centre[2] + radius + 4],
        [side * 0.45, 0, 0.9],
        [0, 1, 0],
        side,
      );
      return [
        solid(cup, "plastic", colours[0]),
        solid(sleeve, "cloth", colours[1]),
        ...grip.map((sheet) => solid(sheet, "skin", skin)),
      ];
    }
    case "lollipop": {
      const centre: Point = [mouth[0] + side * 6, mouth[1] - 2, mouth[2] + 14 * size + 4];
      return [
        solid(ball(centre, 15 * size, 12, 8), "plastic", [0.6, 0.05 + 0.4 * spec.bend, 0.08]),
        solid(
          tube([centre, [centre[0] + side * 30, centre[1] - 85, centre[2] + 30]], 1.8),
          "plastic",
          [0.8, 0.8, 0.78],
        ),
      ];
    }
    default: {
      // Somebody nearer to the camera: a shoulder, and above it, mostly out of the picture, a head.
      const x = side * (120 + 50 * spec.bend);
      const shoulder = ellipsoid([x, -235 + 1.2 * distance, 190], [130, 0, 0], [0, 135, 0], [0, 0, 70], 24, 14);
      const nape = tube(
        [
          [x + side * 60, -150, 185],
          [x + side * 75, -30, 180],
        ],
        (t) => [48 - 6 * t, 50],
        12,
      );
      const head = ellipsoid([x + side * 85, 40 + distance, 185], [72, 0, 0], [0, 105, 0], [0, 0, 85], 20, 14);
      return [
        solid(shoulder, "cloth", colours[0]),
        solid(nape, "skin", skin),
        solid(head, "cloth", colours[1].map((c) => 0.15 * c) as unknown as Rgb),
      ];
    }
  }
}

const scaled = (a: Point, s: number): Point => [a[0] * s, a[1] * s, a[2] * s];

function meanOf(points: Float32Array, from: number, to: number): Point {
  const mean: Point = [0, 0, 0];
  for (let p = from; p < to; p++) for (let k = 0; k < 3; k++) mean[k] += points[3 * p + k] / (to - from);
  return mean;
}

/** Bones of index to little finger: lengths and half widths at the root, mm. */
const fingers = [
  { bones: [42, 25, 21], half: 8.4, reach: 44 },
  { bones: [46, 29, 23], half: 8.6, reach: 46 },
  { bones: [43, 27, 22], half: 8.1, reach: 44 },
  { bones: [34, 20, 19], half: 7, reach: 39 },
] as const;

/**
 * A hand whose palm lies towards the head.
 * @param at middle of the palm
 * @param out unit direction from the palm to the back of the hand
 * @param up direction along the skin that fingers point to at turn 0
 */
function hand({ turn, bend, spread, size }: OccluderSpec, at: Point, out: Point, up: Point, side: number): Sheet[] {
  const [sin, cos] = [Math.sin(turn * degrees), Math.cos(turn * degrees)];
  const level = unit(cross(up, out));
  const upright = cross(out, level);
  // `level` points to the subject's left seen from the front: towards the middle of the face is away from `side`.
  const along = unit(add(scaled(upright, cos), level, -side * sin));
  // From the little finger to the index finger.
  const thumbward = scaled(unit(cross(along, out)), -side);
  const place = (forward: number, aside: number, off: number): Point =>
    add(add(add(at, along, size * forward), thumbward, size * aside), out, size * off);
  const s = (x: number) => size * x;
  const palm = roundedBox(at, scaled(thumbward, s(side * 41)), scaled(along, s(46)), scaled(out, s(-13)), 0.55);
  const sheets = [palm];
  for (const [i, { bones, half, reach }] of fingers.entries()) {
    const aside = 29 - 19 * i;
    let p = place(reach - 6, aside, 1);
    const path = [p];
    const fan = spread * (1.4 - i) * 0.5;
    const outward = unit(add(scaled(along, Math.cos(fan)), thumbward, Math.sin(fan)));
    let angle = 0.05;
    for (const [k, bone] of bones.entries()) {
      angle += bend * [0.45, 0.8, 0.5][k] * (1 + 0.12 * i);
      const direction = add(scaled(outward, Math.cos(angle)), out, -Math.sin(angle));
      // A point within each bone rounds the joints.
      path.push(add(p, direction, s(0.55 * bone)));
      p = add(p, direction, s(bone));
      path.push(p);
    }
    sheets.push(
      tube(
        path,
        (t) => (t > 0.99 ? [s(half * 0.5), s(half * 0.45)] : [s(half * (1 - 0.22 * t)), s(half * (0.95 - 0.25 * t))]),
        9,
      ),
    );
    sheets.push(nailOf(path, out, s(half * 0.6)));
  }
  const root = place(-22, 32, -4);
  const knuckle = place(8, 52, -10 - 10 * bend);
  const tip = place(38 - 8 * bend, 56 - 14 * bend, -14 - 12 * bend);
  sheets.push(
    tube(
      [root, lerp(root, knuckle, 0.6), knuckle, lerp(knuckle, tip, 0.7), tip],
      (t) => (t > 0.99 ? [s(6), s(5)] : [s(15 - 6 * t), s(13 - 5 * t)]),
      9,
    ),
  );
  const wrist = place(-44, 0, 2);
  const elbow = add(add(wrist, along, -150), [0, -1, 0.25], 110);
  sheets.push(
    tube([place(-20, 0, 0), wrist, lerp(wrist, elbow, 0.35), elbow], (t) => [s(27 + 14 * t), s(20 + 18 * t)], 12),
  );
  return sheets;
}

/** A nail on the back of a fingertip. */
function nailOf(path: readonly Point[], out: Point, half: number): Sheet {
  const tip = path[path.length - 1];
  const before = path[path.length - 2];
  const along = unit(add(tip, before, -1));
  const [first] = across(along);
  const back = unit(add(out, along, -(out[0] * along[0] + out[1] * along[1] + out[2] * along[2])));
  const side =
    Math.abs(first[0] * back[0] + first[1] * back[1] + first[2] * back[2]) > 0.99 ? first : cross(along, back);
  return ellipsoid(
    add(lerp(before, tip, 0.75), back, half * 0.75),
    scaled(side, half),
    scaled(along, half * 1.3),
    scaled(back, half * 0.35),
    8,
    5,
  );
}
