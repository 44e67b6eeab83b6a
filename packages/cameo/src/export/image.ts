/** How to store a colour picture: PNG without loss, or JPEG or WebP with a quality of 1–100 (90 unless given). */
export interface ImageFormatOptions {
  readonly format: "png" | "jpeg" | "webp";
  readonly quality?: number;
  /** Whether the file says of itself, in its XMP data, that it is synthesised. Default false. */
  readonly mark?: boolean;
}

export const QUALITY = 90;
