import type { RgbImage } from "../image.ts";

/** Most pixels a picture may have: enough for a 108-megapixel phone, few enough that the memory needed stays under 1 GB. */
export const MAX_PIXELS = 120_000_000;
/** Most bytes a picture file may have. */
export const MAX_BYTES = 2 ** 29;
/** Fewest pixels a side of a picture may have. */
export const MIN_SIDE = 16;
/** Most times the longer side of a picture may hold the shorter. */
export const MAX_ASPECT = 32;

/** Endings of the picture files that can be read, in small letters. */
export const PHOTO_EXTENSIONS = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif"] as const;

/** A picture as a user handed it in, made upright and sRGB. */
export interface Photo {
  readonly image: RgbImage;
  /** 35 mm equivalent of the focal length, mm, where the file states one. */
  readonly focal35?: number;
  /** Sentences the user should know, such as that only the first frame of an animation was used. */
  readonly notes: readonly string[];
  /** Where the picture came from: the name of its file, without folders. */
  readonly name?: string;
}

/** Pixels without a file: `ImageData`, or interleaved RGB or RGBA of 8 bits a channel, sRGB, alpha not premultiplied, rows from the top. */
export interface RawPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** A picture as a caller may hand it in: the path or file URL of an image file (Node only), its bytes, or raw pixels. */
export type ImageSource = string | URL | Uint8Array | ArrayBuffer | Blob | RawPixels;

export interface DecodeOptions {
  /** Most pixels accepted; {@link MAX_PIXELS} unless given. */
  readonly maxPixels?: number;
  readonly signal?: AbortSignal;
}
