import type { Label, MorphableModel } from "cameo";
import type { Fitting } from "./makehuman/mhclo.ts";
import type { Texture } from "./texture.ts";

/** Linear red, green, blue: a reflectance, or factors on one. */
export type Rgb = readonly [number, number, number];

/** What a surface is made of: decides how light leaves it. */
export type Material =
  | "skin"
  | "eye"
  | "cornea"
  | "teeth"
  | "tongue"
  | "brow"
  | "lash"
  | "hair"
  | "cloth"
  | "metal"
  | "plastic"
  | "glass";

/** What a pixel shows beyond its {@link Label}: parts that count as background there, and what lies on the head. */
export const Extra = {
  none: 0,
  neck: 1,
  clothes: 2,
  /** A hand, a microphone, a cup … in front of the head. */
  occluder: 3,
  headwear: 4,
  glasses: 5,
  jewellery: 6,
} as const;
export type Extra = (typeof Extra)[keyof typeof Extra];

/** How a part moves with the pose: rigidly with the head, or smoothly from the head's motion to that of the trunk. */
export type Follows = "head" | "neck";

/**
 * Something to draw: a triangle mesh in model space (mm, x to the subject's left, y up, face along +z, origin at the
 * head centre).
 */
export interface Part {
  readonly material: Material;
  readonly follows: Follows;
  /** x, y, z per vertex. */
  readonly positions: Float32Array;
  /** Three vertices per triangle, counter-clockwise from outside. */
  readonly triangles: Uint32Array;
  /** Unit normals per vertex; computed from the triangles when absent. */
  readonly normals?: Float32Array;
  /** Unit directions of the hairs per vertex, root to tip; hair, brows and lashes have them. */
  readonly tangents?: Float32Array;
  /** u right, v down, both in [0, 1], per texture corner. */
  readonly uvs?: Float32Array;
  /** Three texture corners per triangle; the vertices themselves when absent. */
  readonly uvTriangles?: Uint32Array;
  /** Multiplied with the colours; its alpha cuts the surface out. */
  readonly texture?: Texture;
  /** Linear reflectance r, g, b of the whole part; multiplied with texture and `colours`. */
  readonly colour: Rgb;
  /** Linear factors r, g, b per vertex. */
  readonly colours?: Float32Array;
  /**
   * Alpha of the whole part, multiplied with that of the texture. Default 1. Glass of less than one half is clear: what is
   * behind it keeps its label, extra, depth and normal.
   */
  readonly opacity?: number;
  /** Seen from both sides, with the normal turned to the eye. */
  readonly doubleSided: boolean;
  /** One label for all triangles, or one per triangle. */
  readonly labels: Label | Uint8Array;
  /** Likewise. */
  readonly extras: Extra | Uint8Array;
}

/** A head without hair, as what grows and sits on it needs it. All in model space, mm. */
export interface BareHead {
  readonly model: MorphableModel;
  /** x, y, z of the model's vertices. */
  readonly shape: Float32Array;
  /** Unit normals of the model's vertices. */
  readonly normals: Float32Array;
  /** x, y, z of all 19158 vertices of MakeHuman's base mesh, helpers included: what `.mhclo` files bind to. */
  readonly base: Float64Array;
  /** Where the vertices of a part bound to the base mesh are. */
  fit(fitting: Fitting): Float32Array;
}

/**
 * Short hair that is painted on the skin: a shaved head, the shadow of a beard, the roots of thin hair. Per model
 * vertex how much of the skin it covers, 0 to 1; from one half on a pixel of the scalp counts as hair.
 */
export interface Stubble {
  readonly density: Float32Array;
  /** Linear r, g, b. */
  readonly colour: Rgb;
}
