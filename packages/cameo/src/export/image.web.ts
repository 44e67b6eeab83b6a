import type { RgbaImage, RgbImage } from "../image.ts";
import { encodeGreyPng } from "./grey-png.ts";
import { type ImageFormatOptions, QUALITY } from "./image.ts";

/**
 * The bytes of an image file. A JPEG shows transparent parts on white. A canvas multiplies colours with alpha, so
 * nearly transparent colours come out rounded.
 * @throws Error where the browser cannot write the format or a canvas of this size
 */
export async function encodeImage(
  image: RgbImage | RgbaImage,
  { format, quality = QUALITY }: ImageFormatOptions,
): Promise<Uint8Array> {
  const { width, height } = image;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error(`encodeImage: the browser has no canvas of ${width} × ${height} pixels.`);
  context.putImageData(new ImageData(rgbaOf(image), width, height), 0, 0);
  if (format === "jpeg") {
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
  }
  const type = `image/${format}`;
  const blob = await canvas.convertToBlob({ type, quality: quality / 100 });
  if (blob.type !== type) throw new Error(`encodeImage: the browser cannot write ${type}.`);
  return new Uint8Array(await blob.arrayBuffer());
}

function rgbaOf({ width, height, data }: RgbImage | RgbaImage): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4);
  if (data.length === rgba.length) {
    rgba.set(data);
    return rgba;
  }
  for (let i = 0, j = 0; j < data.length; i += 4, j += 3) {
    rgba[i] = data[j];
    rgba[i + 1] = data[j + 1];
    rgba[i + 2] = data[j + 2];
    rgba[i + 3] = 255;
  }
  return rgba;
}

export { encodeGreyPng as encodeGrey };
