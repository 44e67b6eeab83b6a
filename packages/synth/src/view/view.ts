import { type Angles, type Camera, focalFromFocal35, PARSE_CROP, type Pose, quaternionFromAngles } from "cameo";
import { clamp } from "../noise.ts";
import type { Random } from "../random.ts";
import type { PortraitOptions } from "../sample.ts";

type Pair = readonly [number, number];

/** Where head and camera are: plain data. */
export interface ViewSpec {
  /** Of the head, degrees. */
  readonly head: Angles;
  /** Of shoulders and chest, degrees. */
  readonly trunk: Angles;
  /** Focal length of the photo in 35 mm equivalents; the picture may be a part of that photo. */
  readonly focal35: number;
  /** Camera-space z of the head centre, mm. */
  readonly distance: number;
  /** Where the photo's optical axis misses the head centre: its camera-space x / z and y / z. */
  readonly axis: Pair;
  /** What a side of the picture spans at the distance of the head centre, mm. */
  readonly span: number;
  /** Where the picture shows the head centre: shares of its side from the top-left corner. */
  readonly centre: Pair;
}

/** What the library's crops about head and face span at their distance, mm: 256 pixels of 1.5 mm, 224 of 1 mm. */
const cropSpan = { head: 384, face: 224 };

/** The middle of the face, on which the crop about the face is centred; model space, mm. */
const faceMiddle = { y: -32, z: 80 };

const radians = ({ yaw, pitch, roll }: Angles): Angles => ({
  yaw: (yaw * Math.PI) / 180,
  pitch: (pitch * Math.PI) / 180,
  roll: (roll * Math.PI) / 180,
});

/** The rotation of angles in degrees. */
export const rotationOf = (degrees: Angles) => quaternionFromAngles(radians(degrees));

/** The camera of a square picture of `size` pixels a side. */
export function cameraOf({ distance, axis, span, centre }: ViewSpec, size: number): Camera {
  const f = (size * distance) / span;
  return { fx: f, fy: f, cx: size * centre[0] - f * axis[0], cy: size * centre[1] - f * axis[1] };
}

export const poseOf = ({ head, distance, axis }: ViewSpec): Pose => ({
  rotation: rotationOf(head),
  translation: [axis[0] * distance, axis[1] * distance, distance],
});

/** A view of a head. Most heads are near frontal; none is turned beyond 60°, lifted beyond 30° or tilted beyond 25°. */
export function sampleView(random: Random, framing: PortraitOptions["framing"]): ViewSpec {
  const head: Angles = {
    yaw: sampleAngle(random, [10, 30], 60),
    pitch: sampleAngle(random, [6, 14], 30),
    roll: sampleAngle(random, [4, 12], 25),
  };
  const trunk: Angles = {
    yaw: head.yaw * random.range(0.1, 0.8) + clamp(12 * random.normal(), -25, 25),
    // Looking up or down is often the camera's doing, which tilts the trunk as well.
    pitch: head.pitch * random.range(0, 0.7),
    roll: head.roll * random.range(0, 0.4) + 2 * random.normal(),
  };
  const focal35 = logRange(random, 24, 135);
  /** Distance per millimetre that the photo spans. */
  const reach = focalFromFocal35(focal35, 1, 1);
  if (framing === "photo") {
    // To the elbows at most: there clothes end.
    const span = logRange(random, Math.max(290, 400 / reach), Math.min(640, 2000 / reach));
    // So far that the face stays in the picture.
    const play = 0.5 - 105 / span;
    const centre: Pair = [
      0.5 + clamp(0.35 * play * random.normal(), -play, play),
      0.46 + clamp(0.3 * play * random.normal(), -play, play),
    ];
    return {
      head,
      trunk,
      focal35,
      distance: span * reach,
      axis: [(centre[0] - 0.5) / reach, (centre[1] - 0.5) / reach],
      span,
      centre,
    };
  }
  const distance = logRange(random, 400, 2000);
  const offAxis = () => clamp(0.15 * random.normal(), -0.4, 0.4) / reach;
  const view: ViewSpec = { head, trunk, focal35, distance, axis: [offAxis(), offAxis()], span: 1, centre: [0.5, 0.5] };
  if (framing === "head") return frameHead(view, random);
  return framing === "parse" ? frameParse(view, random) : frameFace(view, random);
}

/** As the crop about the head: about the head centre; a third of them badly placed. */
function frameHead(view: ViewSpec, random: Random): ViewSpec {
  const bad = random.chance(0.35);
  const zoom = bad ? logRange(random, 0.65, 1.5) : logRange(random, 0.87, 1.15);
  const shift = bad ? 0.2 : 0.07;
  return {
    ...view,
    span: cropSpan.head / zoom,
    centre: [0.5 + random.range(-shift, shift), 0.5 + random.range(-shift, shift)],
  };
}

/** As the crop that parsing gets: upright, the head above its middle, long hair in it; a third of them badly placed. */
function frameParse(view: ViewSpec, random: Random): ViewSpec {
  const bad = random.chance(0.35);
  const zoom = bad ? logRange(random, 0.8, 1.4) : logRange(random, 0.9, 1.12);
  const shift = bad ? 0.15 : 0.05;
  // The camera is turned with the head; what is left is the error of the pose.
  const roll = (bad ? 8 : 3.5) * random.normal();
  const { head, trunk } = view;
  return {
    ...view,
    head: { ...head, roll },
    trunk: { ...trunk, roll: trunk.roll - head.roll + roll },
    span: PARSE_CROP.extent / zoom,
    centre: [
      0.5 + random.range(-shift, shift),
      0.5 - (zoom * PARSE_CROP.drop) / PARSE_CROP.extent + random.range(-shift, shift),
    ],
  };
}

/** As the crop about the face: about the middle of the face, nearly where it belongs. */
function frameFace(view: ViewSpec, random: Random): ViewSpec {
  const { yaw, pitch, roll } = radians(view.head);
  // R · (0, y, z) with R = Ry(yaw) · Rx(−pitch) · Rz(−roll).
  const { y, z } = faceMiddle;
  const side = y * Math.sin(roll);
  const up = y * Math.cos(roll) * Math.cos(pitch) + z * Math.sin(pitch);
  const ahead = -y * Math.cos(roll) * Math.sin(pitch) + z * Math.cos(pitch);
  const [x, v, depth] = [
    Math.cos(yaw) * side + Math.sin(yaw) * ahead,
    -up,
    view.distance + Math.sin(yaw) * side - Math.cos(yaw) * ahead,
  ];
  const span = (cropSpan.face * random.range(0.9, 1.12) * view.distance) / depth;
  const at = (offset: number, axis: number) =>
    0.5 + random.range(-0.05, 0.05) - (view.distance / span) * ((axis * view.distance + offset) / depth - axis);
  return { ...view, span, centre: [at(x, view.axis[0]), at(v, view.axis[1])] };
}

/** Degrees within ± `limit`: of three, two near zero and one from the wider spread. */
function sampleAngle(random: Random, [near, wide]: Pair, limit: number): number {
  const spread = random.chance(0.65) ? near : wide;
  for (;;) {
    const angle = spread * random.normal();
    if (Math.abs(angle) <= limit) return angle;
  }
}

const logRange = (random: Random, low: number, high: number) => low * (high / low) ** random.uniform();
