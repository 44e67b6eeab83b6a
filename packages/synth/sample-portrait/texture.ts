import { linearOfSrgb } from "cameo";
import sharp from "sharp";
import type { Texture } from "../src/texture.ts";

export async function readTexture(file: string): Promise<Texture> {
  const { data, info } = await sharp(file)
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Linear RGB of a #rrggbb colour. */
export const linearColour = (hex: string): [number, number, number] => {
  const n = Number.parseInt(hex.slice(1), 16);
  return [linearOfSrgb[n >> 16], linearOfSrgb[(n >> 8) & 255], linearOfSrgb[n & 255]];
};

/** Mean linear colour of the pixels, weighted by alpha. */
export function meanColour({ data }: Texture): [number, number, number] {
  let r = 0;
  let g = 0;
  let b = 0;
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) {
    const a = data[i + 3];
    r += a * linearOfSrgb[data[i]];
    g += a * linearOfSrgb[data[i + 1]];
    b += a * linearOfSrgb[data[i + 2]];
    sum += a;
  }
  return [r / sum, g / sum, b / sum];
}
