import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RgbImage } from "cameo";
import sharp, { type Sharp } from "sharp";
import { storedAs } from "../../cameo/test/input/pictures.ts";
import { cameo, portrait, temporaryFolder } from "./run.ts";

/** The sample portrait, upright, at most `side` pixels wide and high. */
export const portraitOf = (side: number): Sharp => sharp(portrait).autoOrient().resize(side, side, { fit: "inside" });

export async function saved(folder: string, name: string, picture: Sharp | Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  const bytes = typeof picture === "string" || picture instanceof Uint8Array ? picture : await picture.toBuffer();
  await writeFile(path, bytes);
  return path;
}

export async function pixelsOf(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** The picture as a camera stores it that was held this way (EXIF orientation 1–8). */
export async function asHeld(picture: Sharp, orientation: number): Promise<Sharp> {
  const { width, height, data } = storedAs(orientation, await pixelsOf(picture));
  return sharp(data, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .jpeg({ quality: 97, chromaSubsampling: "4:4:4" });
}

/** A picture without any face: smooth colours. */
export function landscape(width = 320, height = 240): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 3) data.set([60 + (y * 120) / height, 120, 220 - (x * 150) / width], i);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

export const truncated = async (path: string): Promise<Uint8Array> => {
  const bytes = await readFile(path);
  return bytes.subarray(0, bytes.length / 2);
};

/** A PNG of the portrait on a plain wall, so small that its face has about `side` pixels a side. */
export async function faceOfSize(side: number): Promise<Buffer> {
  const folder = await temporaryFolder();
  await cameo("reconstruct", portrait, "-o", folder);
  const { box, image } = JSON.parse(await readFile(join(folder, "portrait.json"), "utf8"));
  const scale = side / Math.max(box.width, box.height);
  const small = portraitOf(Math.round(Math.max(image.width, image.height) * scale));
  return landscape(512, 512)
    .composite([{ input: await small.png().toBuffer() }])
    .png()
    .toBuffer();
}
