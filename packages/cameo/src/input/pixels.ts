import { InputError } from "./error.ts";
import { type DecodeOptions, MAX_ASPECT, MAX_PIXELS, MIN_SIDE, type Photo, type RawPixels } from "./photo.ts";

/** @throws {@link InputError} `too-large` or `too-small` where a picture of this size is not worth decoding */
export function checkSize(width: number, height: number, what: string, maxPixels = MAX_PIXELS): void {
  const size = `${width} × ${height}`;
  if (width * height > maxPixels) {
    const count = (width * height).toLocaleString("en-US");
    const limit = maxPixels.toLocaleString("en-US");
    throw new InputError(
      "too-large",
      `${what} has ${count} pixels (${size}), over the limit of ${limit}; make it smaller first.`,
    );
  }
  const [short, long] = width < height ? [width, height] : [height, width];
  if (short < MIN_SIDE)
    throw new InputError("too-small", `${what} is ${size} pixels; each side must have at least ${MIN_SIDE}.`);
  if (long > short * MAX_ASPECT)
    throw new InputError(
      "too-small",
      `${what} is ${size} pixels, too narrow a strip to show a head; use the whole photo.`,
    );
}

/** Whether a value has the shape of {@link RawPixels}. */
export const isRawPixels = (source: unknown): source is RawPixels =>
  typeof source === "object" && source !== null && "width" in source && "height" in source && "data" in source;

/**
 * A photo of raw pixels, copied; alpha is laid on white.
 * @throws {@link InputError} where the pixels do not fit the stated size
 */
export function photoOfPixels(source: RawPixels, { maxPixels }: DecodeOptions = {}): Photo {
  const what = "The picture given as raw pixels";
  const { width, height, data } = source;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 0 || height < 0)
    throw new InputError("invalid", `${what} has no whole width and height, but ${width} × ${height}.`);
  checkSize(width, height, what, maxPixels);
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray))
    throw new InputError("invalid", `${what} must hold 8 bits a channel in a Uint8Array or Uint8ClampedArray.`);
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4)
    throw new InputError(
      "invalid",
      `${what} holds ${data.length} bytes, but ${width} × ${height} needs ${width * height * 3} for RGB or ${width * height * 4} for RGBA.`,
    );
  const colorSpace = (source as { colorSpace?: string }).colorSpace ?? "srgb";
  if (colorSpace !== "srgb")
    throw new InputError("invalid", `${what} is in the colour space ${colorSpace}; ask for ImageData in "srgb".`);
  const rgb = channels === 3 ? Uint8Array.from(data) : flattenOnWhite(data);
  return { image: { width, height, data: rgb }, notes: [] };
}

function flattenOnWhite(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0, j = 0; i < rgba.length; i += 4, j += 3) {
    const alpha = rgba[i + 3];
    const white = (255 - alpha) * 255;
    rgb[j] = Math.round((rgba[i] * alpha + white) / 255);
    rgb[j + 1] = Math.round((rgba[i + 1] * alpha + white) / 255);
    rgb[j + 2] = Math.round((rgba[i + 2] * alpha + white) / 255);
  }
  return rgb;
}
