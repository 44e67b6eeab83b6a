import type { Pack } from "@cameo/synth";
import { addTarget, type Cage, placeCage } from "@cameo/synth";

/** Offsets of the cage points from the neutral face, mm: x, y, z per point. */
export type Offsets = Float64Array;

/** What expressions are built on: the reference head in the axes of the base mesh, mm. */
export interface Face {
  readonly pack: Pack;
  readonly cage: Cage;
  /** Cage points of the neutral face. */
  readonly points: Float64Array;
}

/** A number per cage point. */
type Mask = Float64Array;

export const smoothstep = (from: number, to: number, x: number): number => {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
};
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Σ weight · offsets. */
export function combine(...terms: readonly (readonly [number, Offsets])[]): Offsets {
  const out = new Float64Array(terms[0][1].length);
  for (const [weight, offsets] of terms) for (let i = 0; i < out.length; i++) out[i] += weight * offsets[i];
  return out;
}
const masked = (offsets: Offsets, mask: Mask): Offsets => offsets.map((x, i) => x * mask[Math.floor(i / 3)]);

/** All expressions by name: ARKit's 52, then further units of MakeHuman that they do not contain. */
export function buildExpressions(face: Face): Map<string, Offsets> {
  const unit = (name: string) => expressionUnit(face, name);
  const at = (name: string) => landmark(face, name);
  const left = sideMask(face, 1);
  const right = sideMask(face, -1);
  const sides = (name: string, offsets: Offsets): [string, Offsets][] => [
    [`${name}Left`, masked(offsets, left)],
    [`${name}Right`, masked(offsets, right)],
  ];
  const units = (name: string, unitName: (side: "left" | "right") => string, weight = 1): [string, Offsets][] => [
    [`${name}Left`, combine([weight, unit(unitName("left"))])],
    [`${name}Right`, combine([weight, unit(unitName("right"))])],
  ];

  const jaw = jawMask(face);
  const hinge = jawHinge(face);
  const open = openJaw(face, jaw, hinge);
  const lips = lipMasks(face, jaw);
  const smile = unit("mouth-corner-puller");
  const shift = combine([1, shapeTarget(face, "mouth/mouth-trans-in")]);
  const toLeft = shift[3 * lipPoint(face)] > 0 ? shift : shapeTarget(face, "mouth/mouth-trans-out");
  const mirrored = (offsets: Offsets) => mirrorOffsets(face.cage, offsets);
  const jawLeft = swingJaw(face, jaw, hinge, 6);
  const eyes = gazeExpressions(face);

  return new Map<string, Offsets>([
    ...units("browDown", (side) => `eyebrows-${side}-down`),
    ["browInnerUp", combine([1, unit("eyebrows-left-inner-up")], [1, unit("eyebrows-right-inner-up")])],
    ...units("browOuterUp", (side) => `eyebrows-${side}-extern-up`),
    ["cheekPuff", puffCheeks(face)],
    ...sides("cheekSquint", raiseCheeks(face)),
    ...units("eyeBlink", (side) => `eye-${side}-closure`, lidsShut),
    ...eyes,
    ...units("eyeSquint", (side) => `eye-${side}-slit`, 0.65),
    ...units("eyeWide", (side) => `eye-${side}-opened-up`),
    ["jawForward", translateJaw(jaw, [0, 0, 4.5])],
    ["jawLeft", jawLeft],
    ["jawOpen", open],
    ["jawRight", mirrored(jawLeft)],
    ["mouthClose", closeMouth(face, open, lips)],
    ...sides(
      "mouthDimple",
      combine([0.5, unit("mouth-compression")], [1, shapeTarget(face, "mouth/mouth-dimples-in")]),
    ),
    ...sides("mouthFrown", combine([0.8, unit("mouth-depression")])),
    ["mouthFunnel", combine([0.8, unit("mouth-protusion")])],
    ["mouthLeft", toLeft],
    ...sides("mouthLowerDown", masked(unit("mouth-depression-retraction"), lips.belowMouth)),
    ...sides("mouthPress", combine([0.5, unit("mouth-compression")], [0.6, rollLips(face, lips.both)])),
    ["mouthPucker", combine([0.9, unit("mouth-pursing")])],
    ["mouthRight", mirrored(toLeft)],
    ["mouthRollLower", rollLips(face, lips.lower)],
    ["mouthRollUpper", rollLips(face, lips.upper)],
    ["mouthShrugLower", combine([0.8, unit("mouth-eversion")])],
    ["mouthShrugUpper", masked(raiseLips(2, 2.5, lips.upper), lips.upper)],
    ...sides("mouthSmile", smile),
    ...sides("mouthStretch", unit("mouth-retraction")),
    ...sides("mouthUpperUp", combine([0.9, unit("mouth-elevation")])),
    ...units("noseSneer", (side) => `nose-${side}-elevation`),
    ["tongueOut", tongueOut(face, open, at("stomion_lower"))],

    ...sides("neckTense", unit("neck-platysma")),
    ["mouthPart", unit("mouth-parling")],
    ...sides("mouthSnarl", combine([0.8, unit("mouth-part-later")])),
    ...sides("mouthGrin", unit("mouth-upward-retraction")),
    ...units("browRaise", (side) => `eyebrows-${side}-up`),
    ...units("nostrilFlare", (side) => `nose-${side}-dilatation`),
    ["noseNarrow", unit("nose-compression")],
    ["noseDown", unit("nose-depression")],
  ]);
}

/** MakeHuman's closed lids just touch; a little further, and they stay shut seen from below. */
const lidsShut = 1.05;

/** Offsets of one expression unit, averaged over the three ancestries it exists for. */
function expressionUnit(face: Face, name: string): Offsets {
  return targetOffsets(
    face,
    ["african", "asian", "caucasian"].map((ancestry) => [`expression/units/${ancestry}/${name}`, 1 / 3]),
  );
}

const shapeTarget = (face: Face, name: string): Offsets => targetOffsets(face, [[name, 1]]);

function targetOffsets({ pack, cage, points }: Face, weights: readonly (readonly [string, number])[]): Offsets {
  const morphed = pack.reference.slice();
  for (const [name, weight] of weights) {
    const target = pack.targets.get(name);
    if (!target) throw new Error(`targetOffsets: there is no target "${name}"`);
    addTarget(morphed, target, weight);
  }
  return placeCage(pack, cage, morphed).map((x, i) => x - points[i]);
}

/** Offsets seen in the mirror. */
export function mirrorOffsets({ mirror }: Cage, offsets: Offsets): Offsets {
  const out = new Float64Array(offsets.length);
  for (let i = 0; i < mirror.length; i++) {
    out[3 * i] = -offsets[3 * mirror[i]];
    out[3 * i + 1] = offsets[3 * mirror[i] + 1];
    out[3 * i + 2] = offsets[3 * mirror[i] + 2];
  }
  return out;
}

/** Where a named landmark of the pack is, mm. */
function landmark({ pack, cage, points }: Face, name: string): number[] {
  const i = cage.ofBody[pack.landmarks.named[name]];
  return [...points.slice(3 * i, 3 * i + 3)];
}
const lipPoint = ({ pack, cage }: Face) => cage.ofBody[pack.landmarks.named.stomion_lower];

/** 1 on one side of the face, 0 on the other, and smooth over 24 mm between. */
const sideMask = ({ points }: Face, side: 1 | -1): Mask =>
  Float64Array.from({ length: points.length / 3 }, (_, i) => smoothstep(-12, 12, side * points[3 * i]));

/** The hinge of the jaw: the middle between the joints, which lie just before the ears, at the height of the tragus. */
function jawHinge(face: Face): number[] {
  const tragus = landmark(face, "tragus_left");
  return [0, tragus[1] - 2, tragus[2] + 6];
}

/**
 * How much each point goes along with the jaw: the motion of the unit "mouth-open" along that of a rotation about the
 * hinge, as a share of the chin's; teeth and tongue of the lower jaw go along fully.
 */
function jawMask(face: Face): Mask {
  const { points, cage, pack } = face;
  const [, hy, hz] = jawHinge(face);
  const offsets = expressionUnit(face, "mouth-open");
  const share = (i: number) => {
    const ry = points[3 * i + 1] - hy;
    const rz = points[3 * i + 2] - hz;
    return (-offsets[3 * i + 1] * rz + offsets[3 * i + 2] * ry) / (ry * ry + rz * rz + 100);
  };
  const chin = share(cage.ofBody[pack.landmarks.named.pogonion]);
  return Float64Array.from({ length: points.length / 3 }, (_, i) => {
    if (i >= cage.start.tongue && i < cage.start.upperTeeth) return 1;
    return i >= cage.start.upperTeeth ? 0 : Math.min(1, Math.max(0, share(i) / chin));
  });
}

/** Rotation of points about an axis through `centre`, by each point's share of the angle. */
function rotation(
  points: Float64Array,
  centre: readonly number[],
  axis: "x" | "y",
  angle: (point: number) => number,
): Offsets {
  const out = new Float64Array(points.length);
  const [u, v] = axis === "x" ? [1, 2] : [2, 0];
  for (let i = 0; i < points.length / 3; i++) {
    const a = angle(i);
    const p = points[3 * i + u] - centre[u];
    const q = points[3 * i + v] - centre[v];
    out[3 * i + u] = p * Math.cos(a) - q * Math.sin(a) - p;
    out[3 * i + v] = p * Math.sin(a) + q * Math.cos(a) - q;
  }
  return out;
}

/** How far the mouth opens: share of MakeHuman's unit, which goes to the limit of the joint. */
const opening = 0.75;

/** How far the tongue sinks below and behind the lower teeth when the mouth is open, mm. */
const lyingTongue = [0, 5, 5] as const;

/** The unit "mouth-open" for skin and mouth; teeth and tongue follow rigidly about the hinge, as far as the chin does. */
function openJaw(face: Face, jaw: Mask, hinge: readonly number[]): Offsets {
  const { points, cage, pack } = face;
  const skin = expressionUnit(face, "mouth-open").map((x) => opening * x);
  const chin = cage.ofBody[pack.landmarks.named.pogonion];
  const from = Math.atan2(points[3 * chin + 1] - hinge[1], points[3 * chin + 2] - hinge[2]);
  const to = Math.atan2(
    points[3 * chin + 1] + skin[3 * chin + 1] - hinge[1],
    points[3 * chin + 2] + skin[3 * chin + 2] - hinge[2],
  );
  const { tongue, lowerTeeth } = cage.start;
  const rigid = rotation(points, hinge, "x", (i) => (from - to) * jaw[i]);
  return skin.map((x, k) => {
    const i = Math.floor(k / 3);
    if (i < tongue) return x;
    // At rest the tongue fills the closed mouth; open, it lies down behind the lower teeth.
    return rigid[k] - (i < lowerTeeth ? lyingTongue[k % 3] : 0);
  });
}

/** The jaw swung towards the subject's left about the vertical through the hinge. */
const swingJaw = ({ points }: Face, jaw: Mask, hinge: readonly number[], angle: number): Offsets =>
  rotation(points, hinge, "y", (i) => radians(angle) * jaw[i]);

const translateJaw = (jaw: Mask, [x, y, z]: readonly number[]): Offsets =>
  Float64Array.from({ length: 3 * jaw.length }, (_, i) => [x, y, z][i % 3] * jaw[Math.floor(i / 3)]);

/** Soft masks about the edge of the lips. */
interface LipMasks {
  readonly upper: Mask;
  readonly lower: Mask;
  readonly both: Mask;
  /** Everything below the line of the mouth. */
  readonly belowMouth: Mask;
}

/** Reach of a lip from where the lips meet, mm. */
const lipReach = 9;

function lipMasks(face: Face, jaw: Mask): LipMasks {
  const { points, cage, pack } = face;
  const margin = pack.regions.loops.lip_inner_margin.map((v) => cage.ofBody[v]);
  const both = Float64Array.from({ length: points.length / 3 }, (_, i) => {
    if (i >= cage.start.tongue) return 0;
    const d = Math.min(...margin.map((m) => distance(points, i, m)));
    return Math.exp(-((d / lipReach) ** 2));
  });
  return {
    both,
    lower: both.map((w, i) => w * smoothstep(0.3, 0.7, jaw[i])),
    upper: both.map((w, i) => w * (1 - smoothstep(0.3, 0.7, jaw[i]))),
    belowMouth: jaw.map((w, i) => (i < cage.start.tongue ? smoothstep(0.2, 0.7, w) : 0)),
  };
}

const distance = (points: Float64Array, i: number, j: number) =>
  Math.hypot(
    points[3 * i] - points[3 * j],
    points[3 * i + 1] - points[3 * j + 1],
    points[3 * i + 2] - points[3 * j + 2],
  );

/** What brings the lips together while the jaw stays open: both lips meet half-way of the opening. */
function closeMouth({ points }: Face, open: Offsets, lips: LipMasks): Offsets {
  const lowest = Math.min(...lips.lower.map((w, i) => w * open[3 * i + 1]));
  return Float64Array.from({ length: points.length }, (_, k) => {
    const i = Math.floor(k / 3);
    const meet = k % 3 === 1 ? 0.45 * lowest * lips.upper[i] : 0;
    return meet - 0.55 * lips.lower[i] * open[k];
  });
}

/** Lips turned in over the teeth. */
function rollLips(face: Face, mask: Mask): Offsets {
  const middle = landmark(face, "stomion_lower")[1];
  return Float64Array.from({ length: face.points.length }, (_, k) => {
    const i = Math.floor(k / 3);
    if (k % 3 === 0) return 0;
    return mask[i] * (k % 3 === 2 ? -3.5 : -0.35 * (face.points[k] - middle));
  });
}

const raiseLips = (up: number, forward: number, mask: Mask): Offsets =>
  Float64Array.from({ length: 3 * mask.length }, (_, i) => [0, up, forward][i % 3]);

/** A soft ball of influence. */
const ball = (points: Float64Array, i: number, centre: readonly number[], radius: number) => {
  const d = Math.hypot(points[3 * i] - centre[0], points[3 * i + 1] - centre[1], points[3 * i + 2] - centre[2]);
  return Math.exp(-((d / radius) ** 2));
};

/** Both cheeks blown up beside the mouth; skin and inner side of the cheek move together. */
function puffCheeks(face: Face): Offsets {
  const { points, cage } = face;
  const corner = landmark(face, "cheilion_left");
  const out = new Float64Array(points.length);
  for (let i = 0; i < cage.start.tongue; i++)
    for (const side of [1, -1]) {
      const centre = [side * (corner[0] + 16), corner[1] + 2, corner[2] - 12];
      const w = ball(points, i, centre, 22);
      out[3 * i] += side * 9 * w;
      out[3 * i + 2] += 4.5 * w;
    }
  return out;
}

/** Both cheeks pushed up under the eyes. */
function raiseCheeks(face: Face): Offsets {
  const { points, cage } = face;
  const lid = landmark(face, "palpebrale_inferius_left");
  const out = new Float64Array(points.length);
  for (let i = 0; i < cage.start.tongue; i++)
    for (const side of [1, -1]) {
      const centre = [side * (lid[0] + 6), lid[1] - 16, lid[2] - 2];
      const w = ball(points, i, centre, 15) * smoothstep(lid[1] + 3, lid[1] - 8, points[3 * i + 1]);
      out[3 * i + 1] += 5 * w;
      out[3 * i + 2] += 2 * w;
    }
  return out;
}

/** Angles an eye turns at a full ARKit coefficient, degrees. */
const gaze = { up: 25, down: 30, in: 30, out: 30 } as const;

/** Turns one eyeball about its centre: `across` towards the subject's left, `up` upwards, degrees. */
export function turnEye({ cage, points }: Face, side: "eyeLeft" | "eyeRight", across: number, up: number): Offsets {
  const first = cage.start[side];
  const centre = [...points.slice(3 * first, 3 * first + 3)];
  const own = (i: number, angle: number) => (i >= first && i < first + 4 ? radians(angle) : 0);
  const lifted = rotation(points, centre, "x", (i) => own(i, -up));
  const moved = points.map((x, i) => x + lifted[i]);
  const swung = rotation(moved, centre, "y", (i) => own(i, across));
  return combine([1, lifted], [1, swung]);
}

/** How far the lids go along with the eyes: shares of the closed and of the wide-open eye. */
const lidFollow = { down: 0.45, up: 0.5 } as const;

function gazeExpressions(face: Face): [string, Offsets][] {
  return (["left", "right"] as const).flatMap((side) => {
    const Side = side === "left" ? "Left" : "Right";
    const outward = side === "left" ? 1 : -1;
    const eye = (across: number, up: number) => turnEye(face, `eye${Side}`, across, up);
    const upperLid = masked(expressionUnit(face, `eye-${side}-closure`), upperLidMask(face, side));
    return [
      [`eyeLookDown${Side}`, combine([1, eye(0, -gaze.down)], [lidFollow.down, upperLid])],
      [`eyeLookIn${Side}`, eye(-outward * gaze.in, 0)],
      [`eyeLookOut${Side}`, eye(outward * gaze.out, 0)],
      [
        `eyeLookUp${Side}`,
        combine([1, eye(0, gaze.up)], [lidFollow.up, expressionUnit(face, `eye-${side}-opened-up`)]),
      ],
    ] satisfies [string, Offsets][];
  });
}

/** 1 above the lower lid, 0 below it. */
function upperLidMask(face: Face, side: "left" | "right"): Mask {
  const low = landmark(face, `palpebrale_inferius_${side}`)[1];
  return Float64Array.from({ length: face.points.length / 3 }, (_, i) =>
    smoothstep(low - 1, low + 3, face.points[3 * i + 1]),
  );
}

/** The tongue stretched forward between the parted teeth. */
function tongueOut(face: Face, open: Offsets, lip: readonly number[]): Offsets {
  const { points, cage } = face;
  const out = combine([0.45, open]);
  const { tongue, lowerTeeth } = cage.start;
  let tip = -Infinity;
  let root = Infinity;
  for (let i = tongue; i < lowerTeeth; i++) {
    tip = Math.max(tip, points[3 * i + 2]);
    root = Math.min(root, points[3 * i + 2]);
  }
  const reach = lip[2] + 16 - tip;
  for (let i = tongue; i < lowerTeeth; i++) {
    const w = smoothstep(root, tip, points[3 * i + 2]);
    out[3 * i + 1] += 5 * w;
    out[3 * i + 2] += reach * w;
  }
  return out;
}
