import sharp from "sharp";

/** A picture to be read in linear light; RGB is straight (not multiplied by alpha). */
export interface Texture {
  readonly width: number;
  readonly height: number;
  /** sRGB-encoded red, green, blue and linear alpha, 0 to 255. */
  readonly data: Uint8Array;
}

export async function readTexture(file: string): Promise<Texture> {
  const { data, info } = await sharp(file)
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Linear light of an sRGB byte. */
export const linearOfByte = Float32Array.from({ length: 256 }, (_, i) => {
  const c = i / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
});

/** Linear RGB of a #rrggbb colour. */
export const linearColour = (hex: string): [number, number, number] => {
  const n = Number.parseInt(hex.slice(1), 16);
  return [linearOfByte[n >> 16], linearOfByte[(n >> 8) & 255], linearOfByte[n & 255]];
};

/** Writes linear red, green, blue and alpha (0 to 1) at u right, v down in [0, 1], bilinear, edges held. */
export function sample({ width, height, data }: Texture, u: number, v: number, out: Float64Array): void {
  const x = Math.min(width - 1, Math.max(0, u * width - 0.5));
  const y = Math.min(height - 1, Math.max(0, v * height - 0.5));
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const a = 4 * (y0 * width + x0);
  const b = x0 + 1 < width ? a + 4 : a;
  const down = y0 + 1 < height ? 4 * width : 0;
  const wa = (1 - fx) * (1 - fy);
  const wb = fx * (1 - fy);
  const wc = (1 - fx) * fy;
  const wd = fx * fy;
  for (let k = 0; k < 3; k++) {
    out[k] =
      wa * linearOfByte[data[a + k]] +
      wb * linearOfByte[data[b + k]] +
      wc * linearOfByte[data[a + down + k]] +
      wd * linearOfByte[data[b + down + k]];
  }
  out[3] = (wa * data[a + 3] + wb * data[b + 3] + wc * data[a + down + 3] + wd * data[b + down + 3]) / 255;
}

/** Mean linear colour of the pixels, weighted by alpha. */
export function meanColour({ data }: Texture): [number, number, number] {
  let r = 0;
  let g = 0;
  let b = 0;
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) {
    const a = data[i + 3];
    r += a * linearOfByte[data[i]];
    g += a * linearOfByte[data[i + 1]];
    b += a * linearOfByte[data[i + 2]];
    sum += a;
  }
  return [r / sum, g / sum, b / sum];
}
