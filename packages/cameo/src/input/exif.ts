import { readIfd } from "./tiff.ts";

// Tags of Exif 3.0.
const EXIF_IFD = 0x8769;
const PIXEL_X_DIMENSION = 0xa002;
const PIXEL_Y_DIMENSION = 0xa003;
const FOCAL_LENGTH_IN_35MM_FILM = 0xa405;

/** The focal lengths a lens can have, mm (35 mm equivalent); anything else is a mistake in the file. */
const LENSES = [5, 3000];
/** How far, relatively, the shape of a picture may be from the one the camera made before it counts as cropped. */
const SHAPE_TOLERANCE = 0.02;

/** What EXIF data tell about the lens. */
export interface Lens {
  /** 35 mm equivalent of the focal length, mm. */
  readonly focal35?: number;
  /** Set where a stated focal length does not hold for these pixels. */
  readonly note?: string;
}

/**
 * The 35 mm equivalent of the focal length from EXIF data. It holds for the whole picture the camera took, so it is
 * left out where the sides of the picture no longer have the proportion that the EXIF data state. Damaged or missing
 * data give an empty answer.
 * @param exif bytes from the TIFF header on
 * @param width, height of the picture, either way round
 */
export function readLens(exif: Uint8Array, width: number, height: number): Lens {
  const pointer = readIfd(exif).get(EXIF_IFD);
  if (pointer === undefined) return {};
  const tags = readIfd(exif, pointer);
  const focal35 = tags.get(FOCAL_LENGTH_IN_35MM_FILM) ?? 0;
  if (focal35 < LENSES[0] || focal35 > LENSES[1]) return {};
  const taken = proportion(tags.get(PIXEL_X_DIMENSION) ?? 0, tags.get(PIXEL_Y_DIMENSION) ?? 0);
  const cropped = taken > 0 && Math.abs(proportion(width, height) / taken - 1) > SHAPE_TOLERANCE;
  if (cropped)
    return {
      note: `The focal length in the file (${focal35} mm) is not used: the picture was cropped after it was taken.`,
    };
  return { focal35 };
}

/** The longer side over the shorter; 0 where unknown. */
const proportion = (a: number, b: number): number => (a > 0 && b > 0 ? Math.max(a, b) / Math.min(a, b) : 0);
