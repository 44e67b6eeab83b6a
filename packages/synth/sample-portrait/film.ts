import sharp from "sharp";
import { clamp, hash } from "../src/noise.ts";

/** Linear light to display values in [0, 1]: straight to the knee, then a shoulder that never clips. */
function shoulder(x: number): number {
  const knee = 0.6;
  return x <= knee ? x : knee + (1 - knee) * (1 - Math.exp(-(x - knee) / (1 - knee)));
}

const encode = (x: number) => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);

/** A slight S-curve about the middle. */
const contrast = (x: number) => x + 0.25 * x * (1 - x) * (2 * x - 1) * 2 * 0.5;

/** Develops linear RGB into 8-bit sRGB: exposure, glow, vignette, tone curve, grain. */
export function develop(
  light: Float32Array,
  width: number,
  height: number,
  { exposure, seed }: { exposure: number; seed: number },
): Uint8Array {
  const out = new Uint8Array(3 * width * height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 3) {
      const r = Math.hypot(x / width - 0.5, y / height - 0.5);
      const vignette = exposure * (1 - 0.35 * r * r);
      const grain = (hash(x, y, seed) + hash(y, x, seed + 1) - 1) * 0.012;
      for (let k = 0; k < 3; k++) {
        const value = contrast(encode(shoulder(light[i + k] * vignette)));
        out[i + k] = Math.round(255 * clamp(value + grain * (0.4 + 0.6 * (1 - value))));
      }
    }
  return out;
}

/** JPEG bytes, at most 300 kB wanted; `focal35` goes into the EXIF block. */
export function encodeJpeg(data: Uint8Array, width: number, height: number, focal35: number | null): Promise<Buffer> {
  const picture = sharp(data, { raw: { width, height, channels: 3 } });
  if (focal35 !== null)
    picture.withExif({
      IFD0: { ImageDescription: "Rendered portrait of a person who does not exist", Software: "Cameo sample-portrait" },
      IFD2: { FocalLengthIn35mmFilm: String(focal35), FocalLength: `${focal35}/1` },
    });
  return picture.jpeg({ quality: 92 }).toBuffer();
}
