import type { RgbImage } from "../image.ts";
import { InputError } from "./error.ts";
import { readLens } from "./exif.ts";
import { abortable, damaged, notAPicture, notesOf, type OpenedFile, openBytes, undecodable } from "./open.ts";
import type { DecodeOptions, ImageSource, Photo } from "./photo.ts";
import { isRawPixels, photoOfPixels } from "./pixels.ts";

/**
 * A photo of anything a user hands in: the bytes of an image file, a Blob or File, or raw pixels such as `ImageData`.
 * Files may be JPEG, PNG, WebP, GIF, and AVIF or HEIC where the browser reads them. The picture comes out upright, in
 * sRGB, with transparent parts laid on white; of an animation the first frame is used.
 * @throws {@link InputError} with one sentence that says what is wrong and what to do
 */
export async function decodeImage(source: ImageSource, options: DecodeOptions = {}): Promise<Photo> {
  options.signal?.throwIfAborted();
  if (isRawPixels(source)) return photoOfPixels(source, options);
  return abortable(open(source, options).then(decode), options.signal);
}

async function open(source: Exclude<ImageSource, { width: number }>, options: DecodeOptions): Promise<OpenedFile> {
  if (typeof source === "string" || source instanceof URL)
    throw new InputError("invalid", "A browser cannot read paths; pass a File or Blob, its bytes, or raw pixels.");
  if (source instanceof Uint8Array || source instanceof ArrayBuffer || source instanceof Blob)
    return openBytes(source, options);
  throw notAPicture(source);
}

async function decode(file: OpenedFile): Promise<Photo> {
  const { bytes, container, what, name } = file;
  if (container.format === "tiff")
    throw new InputError("unsupported", `${what} is a TIFF picture, which browsers cannot read; save it as PNG first.`);
  const blob = new Blob([bytes as BlobPart], { type: `image/${container.format}` });
  const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" }).catch((cause) => {
    throw undecodable(file, cause);
  });
  try {
    const image = readPixels(bitmap, what);
    const lens = container.exif ? readLens(container.exif, image.width, image.height) : {};
    return { image, focal35: lens.focal35, notes: [...notesOf(file), ...(lens.note ? [lens.note] : [])], name };
  } finally {
    bitmap.close();
  }
}

/** Side of the squares a bitmap is read in: browsers limit the size of a canvas, some to 16 megapixels. */
const TILE = 2048;

/** The pixels of a bitmap on white. */
function readPixels(bitmap: ImageBitmap, what: string): RgbImage {
  const { width, height } = bitmap;
  const data = new Uint8Array(width * height * 3);
  const canvas = new OffscreenCanvas(Math.min(TILE, width), Math.min(TILE, height));
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (!context) throw damaged(what);
  context.imageSmoothingEnabled = false;
  context.fillStyle = "white";
  for (let top = 0; top < height; top += TILE) {
    for (let left = 0; left < width; left += TILE) {
      const w = Math.min(TILE, width - left);
      const h = Math.min(TILE, height - top);
      context.fillRect(0, 0, w, h);
      context.drawImage(bitmap, left, top, w, h, 0, 0, w, h);
      const rgba = context.getImageData(0, 0, w, h).data;
      for (let y = 0, i = 0; y < h; y++) {
        for (let x = 0, j = ((top + y) * width + left) * 3; x < w; x++, i += 4, j += 3) {
          data[j] = rgba[i];
          data[j + 1] = rgba[i + 1];
          data[j + 2] = rgba[i + 2];
        }
      }
    }
  }
  return { width, height, data };
}
