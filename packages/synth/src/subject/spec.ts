import type { Person } from "../makehuman/macro.ts";
import type { Rgb } from "../part.ts";

/** Who a portrait shows: everything about head and skin that does not change from picture to picture. */
export interface SubjectSpec {
  readonly person: Person;
  /** Weights of the pack's shape targets on top of the person's, such as `nose/nose-hump-incr`. */
  readonly shape: Readonly<Record<string, number>>;
  /** Whether the head is the nearest one in the span of the morphable model rather than MakeHuman's own. */
  readonly spanned: boolean;
  readonly skin: SkinSpec;
  readonly eyes: EyeSpec;
  /** Natural colour of the hair, as it is now. */
  readonly hairColour: Rgb;
  readonly brows: { readonly style: string; readonly colour: Rgb; readonly opacity: number };
  readonly lashes: { readonly style: string; readonly colour: Rgb; readonly opacity: number };
  /** Factors on the colour of the teeth. */
  readonly teeth: Rgb;
}

export interface SkinSpec {
  /** Two skins of the pack, and the share of the first. */
  readonly pictures: readonly [string, string];
  readonly share: number;
  /** Mean colour of the middle of the face. */
  readonly tone: Rgb;
  /** Exponent on how the skins differ from their mean: 1 as they are. */
  readonly contrast: number;
  /** More or less blood than usual: natural logarithms of how much green light goes. */
  readonly blood: {
    readonly cheeks: number;
    readonly nose: number;
    readonly ears: number;
    readonly chin: number;
    readonly lips: number;
    readonly underEyes: number;
  };
  /** Spots: how many, and how dark the darkest are, 0 to 1. */
  readonly freckles: Spots;
  readonly moles: Spots;
  readonly blemishes: Spots;
  readonly ageSpots: Spots;
  /** What lies on the skin: linear reflectance, and how much of the skin it covers. */
  readonly lipstick: MakeUp | null;
  readonly eyeShadow: MakeUp | null;
  readonly blush: MakeUp | null;
  /** How dark the edges of the lids are drawn, 0 to 1. */
  readonly liner: number;
  /** How the skin shines: 0 dry to 1 wet. */
  readonly oiliness: number;
  /** Places the spots. */
  readonly seed: number;
}

export interface Spots {
  readonly count: number;
  readonly strength: number;
}

export interface MakeUp {
  readonly colour: Rgb;
  readonly cover: number;
}

export interface EyeSpec {
  /** One of the pack's iris pictures, such as `brown_eye`. */
  readonly iris: string;
  /** Factors on the colour of the iris. */
  readonly tint: Rgb;
  /** 0 grey to 1 as the picture. */
  readonly saturation: number;
  /** Radius of the pupil, share of the iris'. */
  readonly pupil: number;
  /** How dark the edge of the iris is, 0 to 1. */
  readonly limbus: number;
  /** Linear reflectance of the white. */
  readonly white: Rgb;
  /** How red the corners are, 0 to 1. */
  readonly redness: number;
}

/** What a face does. */
export interface ExpressionSpec {
  /** Weights in [0, 1] of the model's named expressions, such as `jawOpen`. */
  readonly named: Readonly<Record<string, number>>;
  /** Weights of MakeHuman's expression units, such as `mouth-parling`, which the model's span does not hold exactly. */
  readonly units: Readonly<Record<string, number>>;
  /** Where the eyes look from the head: degrees towards the subject's left, and up. Lids follow. */
  readonly gaze: readonly [across: number, up: number];
}
