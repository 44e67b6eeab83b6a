import type { Person } from "@cameo/synth";
import type { Angles } from "cameo";
import type { Comb } from "./comb.ts";
import { type Lighting, toward } from "./light.ts";
import type { Stroke } from "./scene.ts";

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
  /** Factors on the skin's red, green and blue, as a linear #rrggbb would be. */
  readonly complexion: readonly [number, number, number];
  readonly hair: string;
  /** #rrggbb of the hair in plain light. */
  readonly hairColour: string;
  readonly brush: readonly Stroke[];
  readonly comb: Comb;
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
    { direction: toward(-38, 32), radius: [0.22, 0.28], irradiance: [2.75, 2.6, 2.4] },
    { direction: toward(50, 8), radius: [0.35, 0.4], irradiance: [0.5, 0.54, 0.6] },
    { direction: toward(148, 30), radius: [0.18, 0.3], irradiance: [1.5, 1.5, 1.6] },
  ],
  ceiling: [0.24, 0.24, 0.25],
  horizon: [0.19, 0.195, 0.2],
  floor: [0.14, 0.13, 0.12],
};

const window: Lighting = {
  lamps: [
    { direction: toward(52, 22), radius: [0.32, 0.45], irradiance: [2.5, 2.6, 2.75] },
    { direction: toward(-60, 5), radius: [0.4, 0.4], irradiance: [0.45, 0.42, 0.38] },
    { direction: toward(-140, 25), radius: [0.2, 0.3], irradiance: [1.1, 1, 0.85] },
  ],
  ceiling: [0.24, 0.235, 0.23],
  horizon: [0.19, 0.19, 0.19],
  floor: [0.16, 0.14, 0.12],
};

const base = {
  lashes: "eyelashes01",
  complexion: [1, 1, 1],
  brush: [],
  comb: { density: 14, length: 160, width: 0.28, lift: 2, frizz: 2 },
  distance: 1020,
  focal35: 85,
  aperture: 14,
  width: 1024,
  height: 1280,
  framing: [0.5, 0.47],
  lighting: softbox,
  exposure: 1.15,
  exif: false,
} as const;

const degrees = (yaw: number, pitch: number, roll: number): Angles => ({ yaw, pitch, roll });

export const portraits: readonly Portrait[] = [
  {
    ...base,
    name: "portrait",
    seed: 1,
    person: { age: 27, male: 0, african: 0, asian: 0.1, caucasian: 0.9, muscle: 0.5, weight: 0.45 },
    shape: { "head/head-oval": 0.4, "eyes/l-eye-scale-incr": 0.3, "eyes/r-eye-scale-incr": 0.3 },
    expression: { "mouth-corner-puller": 0.4, "eye-left-slit": 0.12, "eye-right-slit": 0.12 },
    skin: "young_caucasian_female2",
    hair: "braid01",
    hairColour: "#4f392b",
    brush: [{ at: [-38, 45, 90], by: [-12, 20, 6], radius: 70 }],
    brows: "eyebrow001",
    browColour: "#37261c",
    eyes: "brownlight_eye",
    cloth: "#46586b",
    head: degrees(11, -2, 2),
    body: 22,
    gaze: [0, 0],
    backdrop: ["#8c959c", "#3f474e"],
    exif: true,
  },
  {
    ...base,
    name: "samuel",
    seed: 2,
    person: { age: 34, male: 1, african: 1, asian: 0, caucasian: 0, muscle: 0.6, weight: 0.5 },
    shape: {},
    expression: { "mouth-corner-puller": 0.35, "eye-left-slit": 0.2, "eye-right-slit": 0.2 },
    skin: "young_african_male",
    hair: "afro01",
    hairColour: "#3f3029",
    comb: { density: 0, length: 30, width: 0.28, lift: 3, frizz: 4 },
    brows: "eyebrow008",
    browColour: "#17110e",
    eyes: "brown_eye",
    cloth: "#b9b3a6",
    head: degrees(-14, 0, -2),
    body: -24,
    gaze: [0, 0],
    lighting: window,
    exposure: 1.4,
    complexion: [1.15, 1.1, 1.05],
    backdrop: ["#8d7a66", "#40372f"],
  },
  {
    ...base,
    name: "mei",
    seed: 3,
    person: { age: 27, male: 0, african: 0, asian: 0.85, caucasian: 0.15, muscle: 0.5, weight: 0.4 },
    shape: { "head/head-oval": 0.4, "head/head-scale-horiz-decr": 0.25, "nose/nose-scale-horiz-decr": 0.2 },
    expression: { "mouth-corner-puller": 0.3 },
    skin: "young_asian_female",
    hair: "long01",
    hairColour: "#2a201c",
    brows: "eyebrow001",
    browColour: "#1d1512",
    eyes: "brown_eye",
    cloth: "#7c3f3c",
    head: degrees(-12, -2, -1),
    body: -20,
    gaze: [0, 0],
    backdrop: ["#9aa29a", "#4d564f"],
  },
  {
    ...base,
    name: "amara",
    seed: 5,
    person: { age: 45, male: 0, african: 0.9, asian: 0, caucasian: 0.1, muscle: 0.5, weight: 0.5 },
    shape: {},
    expression: { "mouth-corner-puller": 0.35, "eye-left-slit": 0.3, "eye-right-slit": 0.3 },
    skin: "middleage_african_female",
    complexion: [0.95, 1.1, 1.18],
    exposure: 1.3,
    hair: "ponytail01",
    hairColour: "#2a211d",
    brows: "eyebrow002",
    browColour: "#17110e",
    eyes: "brown_eye",
    cloth: "#75644c",
    head: degrees(-13, 0, -2),
    body: -22,
    gaze: [0, 0],
    backdrop: ["#7f8f8c", "#34403f"],
  },
  {
    ...base,
    name: "viktor",
    seed: 4,
    person: { age: 66, male: 1, african: 0, asian: 0, caucasian: 1, muscle: 0.5, weight: 0.6 },
    shape: {},
    expression: { "mouth-corner-puller": 0.25, "eye-left-slit": 0.3, "eye-right-slit": 0.3 },
    skin: "old_caucasian_male",
    complexion: [0.93, 1, 1.12],
    hair: "short04",
    hairColour: "#9a948c",
    brows: "eyebrow012",
    browColour: "#4a423b",
    eyes: "blue_eye",
    cloth: "#39424f",
    head: degrees(16, 0, 1),
    body: 26,
    gaze: [0, 0],
    lighting: window,
    backdrop: ["#7f8791", "#333a44"],
  },
];
