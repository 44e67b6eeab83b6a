import type { Rgb } from "../part.ts";

/** Along x, y and z. */
type Triple = readonly [number, number, number];

/** How hair is coloured from root to tip and from lock to lock. */
export interface HairColour {
  /** Of the natural or dyed tone, for statistics. */
  readonly name: string;
  readonly base: Rgb;
  /** Colour at the skin, and how far it reaches, mm. */
  readonly roots: Rgb;
  readonly rootLength: number;
  readonly tips: Rgb;
  /** Colour of some locks, and the share of them. */
  readonly streaks: Rgb;
  readonly streakShare: number;
  /** Standard deviation of the brightness from lock to lock, as a share. */
  readonly variation: number;
}

/**
 * Where hair grows. Lengths in mm on the mean head, along the skin; 0 is the border of the model's scalp, positive moves hair
 * back, off the skin.
 */
export interface Hairline {
  readonly forehead: number;
  /** Extra at the temples: the corners of an M. */
  readonly temples: number;
  /** Widow's peak: how far hair reaches down in the middle. */
  readonly peak: number;
  readonly sideburns: number;
  readonly nape: number;
  /** Ragged borders. */
  readonly roughness: number;
  /** Over how many mm hair gets dense. */
  readonly softness: number;
  /** Radius of the bare or thin spot at the whorl, and how bare it is, 0 to 1. */
  readonly spot: number;
  readonly bareness: number;
  /** Hair grows only below this height, y in mm; null everywhere. */
  readonly wreath: number | null;
  /** Greatest density, 0 to 1: how much skin the roots hide. */
  readonly density: number;
}

/** One of the card styles of the MakeHuman pack, changed. */
export interface StyleLayer {
  readonly type: "style";
  readonly name: string;
  /** Per axis, about the head centre. */
  readonly scale: Triple;
  readonly mirrored: boolean;
  /** Displacement by smooth noise: its size, and the size of its waves, mm. */
  readonly warp: number;
  readonly wave: number;
  /** Sideways and forward shift that grows with the distance from the whorl, share of that distance. */
  readonly sweep: readonly [number, number];
  /** Factor on the distance from the scalp. */
  readonly volume: number;
  /** Nothing below this height, y in mm. */
  readonly cut: number | null;
  /** What is farther than this from the skin is pressed down to it, mm. */
  readonly reach: number | null;
  /** How far above the eyes hair over the face ends, mm; null where it hangs as it is. */
  readonly fringe: number | null;
  /** How uneven the cut is, mm. */
  readonly roughness: number;
}

/** Locks as ribbons that grow from the scalp. Lengths in mm. */
export interface StrandLayer {
  readonly type: "strands";
  readonly locks: number;
  readonly width: number;
  /** Lengths by where the root is. */
  readonly top: number;
  readonly sides: number;
  readonly back: number;
  /** Standard deviation of the length, as a share. */
  readonly uneven: number;
  /** Weights of the directions hair is combed in. */
  readonly comb: {
    /** Away from the whorl. */
    readonly whorl: number;
    /** To the sides of the parting. */
    readonly parted: number;
    /** Backwards, or forwards below 0. */
    readonly back: number;
    /** To the subject's left, or right below 0. */
    readonly side: number;
    /** Upwards, off the head. */
    readonly up: number;
  };
  /** x of the parting. */
  readonly parting: number;
  /** How long the comb's influence lasts along a strand. */
  readonly hold: number;
  /** How strongly weight draws, against a comb of 1. */
  readonly gravity: number;
  /** Length over which a strand can bend. */
  readonly stiffness: number;
  /** How far hair starts off the skin: 0 along it, 1 straight out. */
  readonly lift: number;
  /** Thickness of the hair on the head. */
  readonly volume: number;
  /** Radius and length of waves; 0 for straight hair. */
  readonly curl: number;
  readonly wave: number;
  /** How differently neighbouring locks wave, 0 to 1. */
  readonly disorder: number;
  /** Random walk of each lock. */
  readonly frizz: number;
  /** Hair over the forehead: where its ends are above the eyes, which way it runs (−1 to 1), and how deep its roots reach. */
  readonly fringe: {
    readonly level: number;
    readonly side: number;
    readonly depth: number;
    readonly slope: number;
  } | null;
  /** How far hair covers the cheek: subject's left, right. */
  readonly cheeks: readonly [number, number];
  /** Share of the locks that fall before the shoulder on each side instead of behind it: subject's left, right. */
  readonly front: readonly [number, number];
  /** Share of the locks that go behind the ear instead of over it: subject's left, right. */
  readonly tucked: readonly [number, number];
  /** Ends are cut at this height, y. */
  readonly cut: number | null;
  /** Share of locks that fly away. */
  readonly flyaway: number;
  /** Where the hair is drawn together, a direction from the head centre; null for loose hair. */
  readonly tie: Triple | null;
  /** Only roots on the subject's left (1) or right (-1); 0 all. */
  readonly half: -1 | 0 | 1;
}

/** The scalp displaced in several perforated layers. */
export interface ShellLayer {
  readonly type: "shell";
  readonly texture: "coils" | "tufts" | "fuzz";
  readonly layers: number;
  /** Thickness on top, at the sides and at the back, mm. */
  readonly top: number;
  readonly sides: number;
  readonly back: number;
  /** Lumps: height as a share of the thickness, and size in mm. */
  readonly lumps: number;
  readonly lumpSize: number;
}

/** Hair drawn together: it hangs or sits at a point of the head. */
export interface GatheredLayer {
  readonly type: "gathered";
  readonly form: "bun" | "tail" | "braid" | "puff";
  readonly locks: number;
  /** Direction from the head centre. */
  readonly at: Triple;
  /** mm. */
  readonly radius: number;
  readonly length: number;
  readonly curl: number;
  readonly wave: number;
  readonly mess: number;
}

export type HairLayer = StyleLayer | StrandLayer | ShellLayer | GatheredLayer;

/** Everything that decides the hair of a head. Plain data. */
export interface HairSpec {
  readonly seed: number;
  /** What it is, for statistics. */
  readonly kind: HairKind;
  readonly colour: HairColour;
  readonly hairline: Hairline;
  readonly layers: readonly HairLayer[];
}

export const hairKinds = ["style", "strands", "mixed", "gathered", "shell", "buzz", "balding", "bald"] as const;
export type HairKind = (typeof hairKinds)[number];

/** Which parts of the lower face a beard covers: density from 0 to 1 each. */
export interface BeardSpec {
  readonly seed: number;
  readonly kind: BeardKind;
  readonly colour: HairColour;
  readonly moustache: number;
  readonly chin: number;
  readonly jaw: number;
  readonly cheeks: number;
  /** How far it goes down the throat, mm. */
  readonly throat: number;
  /** How patchy it is, 0 to 1. */
  readonly patchy: number;
  /** Length of the hairs, mm; 0 for a shaven beard. */
  readonly length: number;
  readonly moustacheLength: number;
  readonly curl: number;
  /** How much of the skin the roots hide. */
  readonly density: number;
}

export const beardKinds = ["none", "shadow", "stubble", "moustache", "goatee", "short", "full", "long"] as const;
export type BeardKind = (typeof beardKinds)[number];
