import { join } from "node:path";
import sharp from "sharp";

/** Size of one picture on the sheet. */
const width = 320;
const height = 400;

/** JPEG bytes of the portraits side by side. */
export async function contactSheet(folder: string, names: readonly string[]): Promise<Buffer> {
  const tiles = await Promise.all(
    names.map(async (name, i) => ({
      input: await sharp(join(folder, `${name}.jpg`))
        .resize(width, height)
        .toBuffer(),
      left: i * (width + 4),
      top: 0,
    })),
  );
  return sharp({ create: { width: names.length * (width + 4) - 4, height, channels: 3, background: "#ffffff" } })
    .composite(tiles)
    .jpeg({ quality: 90 })
    .toBuffer();
}
