import sharp, { type Channels } from "sharp";
import type { RgbaImage, RgbImage } from "../image.ts";
import type { GreyImage } from "./grey.ts";
import { type ImageFormatOptions, QUALITY } from "./image.ts";
import { MARK_XMP } from "./mark.ts";

/** The bytes of an image file. A JPEG shows transparent parts on white. */
export async function encodeImage(
  { width, height, data }: RgbImage | RgbaImage,
  { format, quality = QUALITY, mark = false }: ImageFormatOptions,
): Promise<Uint8Array> {
  const channels = (data.length / (width * height)) as Channels;
  const raw = sharp(data, { raw: { width, height, channels } });
  const pixels = mark ? raw.withXmp(MARK_XMP) : raw;
  if (format === "png") return pixels.png().toBuffer();
  if (format === "webp") return pixels.webp({ quality }).toBuffer();
  return pixels.flatten({ background: "white" }).jpeg({ quality, chromaSubsampling: "4:4:4" }).toBuffer();
}

/** The bytes of a grey PNG file, 8 or 16 bits deep as the picture is, without loss. */
export async function encodeGrey({ width, height, data }: GreyImage): Promise<Uint8Array> {
  const pixels = sharp(data, { raw: { width, height, channels: 1 } });
  // Neighbouring depths differ little: filtered rows are a third of the size, and little is left to compress.
  if (data instanceof Uint16Array)
    return pixels.toColourspace("grey16").png({ adaptiveFiltering: true, compressionLevel: 3 }).toBuffer();
  return pixels.toColourspace("b-w").png().toBuffer();
}
