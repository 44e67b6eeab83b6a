import type { DepthResult } from "./depth-stage.ts";
import type { PhotoFigures, PhotoResult } from "./photos.ts";
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

export type Evaluation = PhotoEvaluation | SyntheticEvaluation | DepthEvaluation;
