import type { Angles, Camera, Pose } from "cameo";
import type { StyleSet } from "./hair/sample.ts";

/** What portraits are made like. */
export interface PortraitOptions {
  /** Side of the square picture, pixels. */
  readonly size: number;
  /**
   * What the picture shows: a photo as people take them, or the crop that a network gets (about the head, the face, or for parsing),
   * placed as badly as detectors place it at worst.
   */
  readonly framing: "photo" | "head" | "face" | "parse";
  /** Pictures of each subject: 1, or a sequence whose head turns a little from one to the next. */
  readonly frames: number;
  /** Least and greatest relative rotation between consecutive frames, degrees. */
  readonly rotation: readonly [number, number];
  /** Which styles of the pack hair may have: those for training, or those kept to evaluate what was trained. */
  readonly styles: StyleSet;
}

export const defaultPortraitOptions: PortraitOptions = {
  size: 256,
  framing: "head",
  frames: 1,
  rotation: [5, 15],
  styles: "training",
};

/** One picture with everything that is known about it. All maps have `size` × `size` pixels, rows from the top. */
export interface PortraitSample {
  readonly size: number;
  /** sRGB, interleaved, 8 bits: what a camera gave. */
  readonly image: Uint8Array;
  /** One `Label` per pixel. */
  readonly labels: Uint8Array;
  /** One `Extra` per pixel. */
  readonly extras: Uint8Array;
  /** Camera-space z of the visible surface of head, neck, clothes and what is in front of them, mm; 0 for background. */
  readonly depth: Float32Array;
  /** Camera-space unit normals times 127, three per pixel; 0 for background. */
  readonly normals: Int8Array;
  /** Reflectance as sRGB-encoded bytes, three per pixel; 0 for background. */
  readonly albedo: Uint8Array;
  readonly truth: PortraitTruth;
}

/** What is known about a picture besides its maps: plain data. */
export interface PortraitTruth {
  readonly seed: number;
  /** Number of the subject in the set, and of the picture of that subject. */
  readonly index: number;
  readonly frame: number;
  readonly camera: Camera;
  readonly pose: Pose;
  /** Degrees. */
  readonly angles: Angles;
  /** Coefficients α, β, δ of the default morphable model nearest to the head. */
  readonly identity: readonly number[];
  readonly expression: readonly number[];
  readonly texture: readonly number[];
  /** γ: nine spherical-harmonics coefficients of the light for each of r, g, b, coefficient by coefficient (3k + c). */
  readonly illumination: readonly number[];
  readonly landmarks68: PortraitLandmarks;
  readonly landmarks468: PortraitLandmarks;
  /** Named facts for statistics: hair style, hair colour, age, background … */
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface PortraitLandmarks {
  /** Camera-space x, y, z per point, mm; the camera projects them into the picture. */
  readonly points: readonly number[];
  /** 1 where nothing is in front of the point and it is in the picture, else 0. */
  readonly visible: readonly number[];
}
