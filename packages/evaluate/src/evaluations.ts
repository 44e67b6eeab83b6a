import type { DepthResult } from "./depth-stage.ts";
import type { FaceResult } from "./face-stage.ts";
import type { PhotoFigures, PhotoResult } from "./photos.ts";
import type { ViewResult } from "./second-view.ts";
import type { Similarities, SimilarityResult } from "./similarity.ts";
import type { Spread, SyntheticResult } from "./synthetic.ts";

/** What the figures of an evaluation are to be read with. */
export interface Circumstances {
  /** That gave them. */
  readonly command: string;
  /** Year-month-day. */
  readonly date: string;
  readonly machine: string;
}

/** Something that could not be evaluated. */
export interface Failed {
  readonly error: { readonly code: string; readonly message: string };
}

/** What `cameo eval photos --json` prints. */
export interface PhotoEvaluation extends Circumstances {
  readonly evaluation: "photos";
  readonly mean: PhotoFigures;
  readonly photos: readonly PhotoResult[];
  readonly failures: readonly (Failed & { readonly name: string })[];
}

/** What `cameo eval synthetic --json` prints. */
export interface SyntheticEvaluation extends Circumstances {
  readonly evaluation: "synthetic";
  readonly seed: number;
  readonly spreads: Readonly<Record<string, Spread>>;
  readonly portraits: readonly SyntheticResult[];
  /** Portraits in which no face was found that could be reconstructed. */
  readonly failures: readonly (Failed & { readonly index: number })[];
}

/** What `cameo eval depth --json` prints. */
export interface DepthEvaluation extends Circumstances {
  readonly evaluation: "depth";
  readonly seed: number;
  readonly portraits: readonly DepthResult[];
  /** Portraits that show no face to align by. */
  readonly failures: readonly (Failed & { readonly index: number })[];
}

/** What `cameo eval face --json` prints. */
export interface FaceEvaluation extends Circumstances {
  readonly evaluation: "face";
  readonly seed: number;
  readonly portraits: readonly FaceResult[];
  /** Portraits in which no face was found. */
  readonly failures: readonly (Failed & { readonly index: number })[];
}

/** What made that in a turned photo which the photo does not show. */
export type Filling = "the refinement network" | "push–pull";

/** What `cameo eval similarity --json` prints. */
export interface SimilarityEvaluation extends Circumstances {
  readonly evaluation: "similarity";
  /** Name of the face recognition network. */
  readonly network: string;
  readonly filling: Filling;
  readonly photos: readonly SimilarityResult[];
  /** Each photo with each other one. */
  readonly strangers: Similarities;
  readonly failures: readonly (Failed & { readonly name: string })[];
}

/** What `cameo eval views --json` prints. */
export interface ViewEvaluation extends Circumstances {
  readonly evaluation: "views";
  readonly seed: number;
  /** Least and greatest turn of the head between the pictures of a pair, degrees. */
  readonly rotation: readonly [number, number];
  readonly pairs: readonly ViewResult[];
  /** Pairs in whose first picture no face was found that could be reconstructed. */
  readonly failures: readonly (Failed & { readonly index: number })[];
}

export type Evaluation =
  | PhotoEvaluation
  | SyntheticEvaluation
  | DepthEvaluation
  | FaceEvaluation
  | SimilarityEvaluation
  | ViewEvaluation;
