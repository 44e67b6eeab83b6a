import type { Person } from "../makehuman/macro.ts";

/** Who a portrait shows: everything about head and skin that does not change from picture to picture. */
export interface SubjectSpec {
  readonly person: Person;
  /** Weights of the pack's shape targets on top of the person's, such as `nose/nose-hump-incr`. */
  readonly shape: Readonly<Record<string, number>>;
  /** Whether the head is the nearest one in the span of the morphable model rather than MakeHuman's own. */
  readonly spanned: boolean;
}

/** What a face does. */
export interface ExpressionSpec {
  /** Weights in [0, 1] of the model's named expressions, such as `jawOpen`. */
  readonly named: Readonly<Record<string, number>>;
  /** Weights of MakeHuman's expression units, such as `mouth-parling`, which the model's span does not hold exactly. */
  readonly units: Readonly<Record<string, number>>;
  /** Where the eyes look from the head: degrees towards the subject's left, and up. */
  readonly gaze: readonly [across: number, up: number];
}
