import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import type { Canvas } from "./canvas.ts";

/** What can fill a whole picture behind a head. */
export const sceneKinds = [
  "studio",
  "wall",
  "texture",
  "clutter",
  "fabric",
  "masonry",
  "foliage",
  "landscape",
  "room",
  "shelves",
  "window",
  "building",
  "corridor",
  "press",
  "crowd",
  "lights",
] as const;
export type SceneKind = (typeof sceneKinds)[number];

/** What can stand between the scene and the head, leaving most of the scene visible. */
export const objectKinds = ["person", "seat", "strands", "patches", "plant", "post", "bars"] as const;
export type ObjectKind = (typeof objectKinds)[number];

/** One thing to draw over what is farther away. */
export interface Layer {
  readonly kind: SceneKind | ObjectKind;
  /** Fixes all details. */
  readonly seed: number;
  /** Linear reflectances, the most used one first; at least four. */
  readonly palette: readonly Rgb[];
  /** Size of its details against their usual size, ½ to 2. */
  readonly scale: number;
  /** Standard deviation of the defocus blur as a fraction of the picture's width. */
  readonly blur: number;
  /** Draws it on one side of a line only: x and y of a point on the line, and the direction to the side drawn, radians. */
  readonly beyond?: readonly [number, number, number];
}

/** The shadow that the head throws on a wall behind it. */
export interface ShadowLayer {
  readonly kind: "shadow";
  /** Where it lies against the head, in picture widths: right, down. */
  readonly shift: readonly [number, number];
  /** Its size against that of the head in the picture. */
  readonly grow: number;
  /** Standard deviation of its blurred edge, picture widths. */
  readonly softness: number;
  /** 0 none to 1 black. */
  readonly strength: number;
}

/** Where the head is in the picture, in picture widths. */
export interface HeadPlace {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** What objects know about the person in front of them. */
export interface Surroundings {
  readonly head: HeadPlace;
  readonly hairColour: Rgb;
  readonly skinColour: Rgb;
}

export type Painter = (canvas: Canvas, layer: Layer, random: Random, around: Surroundings) => void;
