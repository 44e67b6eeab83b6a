import type { Person } from "../makehuman/macro.ts";
import type { Angles } from "./cameo.ts";
import { type Lighting, toward } from "./light.ts";

/** Everything that decides one picture. Angles in degrees. */
export interface Portrait {
  readonly name: string;
  readonly seed: number;
  readonly person: Person;
  /** Weights of shape targets on top of the macro targets. */
  readonly shape: Readonly<Record<string, number>>;
  /** Weights of `expression/units` targets. */
  readonly expression: Readonly<Record<string, number>>;
  readonly skin: string;
  readonly hair: string;
  /** #rrggbb of the hair in plain light. */
  readonly hairColour: string;
  readonly brows: string;
  readonly browColour: string;
  readonly lashes: string;
  readonly eyes: string;
  readonly cloth: string;
  readonly head: Angles;
  /** Yaw of the shoulders. */
  readonly body: number;
  /** Where the eyes look: to the viewer's right and up. */
  readonly gaze: readonly [number, number];
  /** From the camera to the middle of the head, mm. */
  readonly distance: number;
  /** 35 mm equivalent focal length. */
  readonly focal35: number;
  /** Diameter of the lens opening, mm. */
  readonly aperture: number;
  readonly width: number;
  readonly height: number;
  /** Where the head centre is in the picture, as shares of width and height. */
  readonly framing: readonly [number, number];
  readonly lighting: Lighting;
  readonly exposure: number;
  /** Colours of the backdrop: middle and rim. */
  readonly backdrop: readonly [string, string];
  /** Whether the file tells the focal length. */
  readonly exif: boolean;
}

const softbox: Lighting = {
  lamps: [
    { direction: toward(-38, 32), radius: [0.22, 0.28], irradiance: [2.3, 2.2, 2.05] },
    { direction: toward(50, 8), radius: [0.35, 0.4], irradiance: [0.42, 0.46, 0.52] },
    { direction: toward(148, 30), radius: [0.18, 0.3], irradiance: [1.5, 1.5, 1.6] },
  ],
  ceiling: [0.2, 0.2, 0.21],
  horizon: [0.16, 0.165, 0.17],
  floor: [0.12, 0.11, 0.1],
};

const base = {
  lashes: "eyelashes01",
  distance: 1250,
  focal35: 85,
  aperture: 14,
  width: 1024,
  height: 1280,
  framing: [0.5, 0.45],
  lighting: softbox,
  exposure: 1,
  exif: false,
} as const;

const degrees = (yaw: number, pitch: number, roll: number): Angles => ({ yaw, pitch, roll });

export const portraits: readonly Portrait[] = [
  {
    ...base,
    name: "portrait",
    seed: 1,
    person: { age: 27, male: 0, african: 0, asian: 0.1, caucasian: 0.9, muscle: 0.5, weight: 0.45 },
    shape: { "head/head-oval": 0.4 },
    expression: { "mouth-corner-puller": 0.35 },
    skin: "young_caucasian_female2",
    hair: "long01",
    hairColour: "#4e3424",
    brows: "eyebrow001",
    browColour: "#4a3426",
    eyes: "bluegreen_eye",
    cloth: "#46586b",
    head: degrees(12, 1, 2),
    body: 22,
    gaze: [-10, 0],
    backdrop: ["#8c959c", "#3f474e"],
    exif: true,
  },
];
