import type { RgbImage } from "cameo";
import type { PortraitSample } from "../sample.ts";

/** What a contact sheet shows of each picture, side by side. */
export type Shown = "image" | "labels" | "depth";

/** Longest side of a picture on a contact sheet, pixels. */
const TILE = 256;

/** One place of a contact sheet: what is shown of a picture, side by side, reduced to 256 pixels where it is larger. */
export function sheetTile(sample: PortraitSample, shown: readonly Shown[] = ["image"]): RgbImage {
  const step = Math.ceil(sample.size / TILE);
  const side = Math.floor(sample.size / step);
  const width = side * shown.length;
  const data = new Uint8Array(3 * width * side);
  shown.forEach((what, k) => {
    const pixels = painters[what](sample);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const [from, to] = [3 * (y * step * sample.size + x * step), 3 * (y * width + k * side + x)];
        for (let c = 0; c < 3; c++) data[to + c] = blockMean(pixels, from + c, step, sample.size);
      }
  });
  return { width, height: side, data };
}

/** Mean of step × step values of one channel. */
function blockMean(pixels: Uint8Array, at: number, step: number, width: number): number {
  let sum = 0;
  for (let y = 0; y < step; y++) for (let x = 0; x < step; x++) sum += pixels[at + 3 * (y * width + x)];
  return Math.round(sum / (step * step));
}

/** Tiles of one size in rows, about square in all. */
export function contactSheet(tiles: readonly RgbImage[]): RgbImage {
  const { width, height } = tiles[0];
  const columns = Math.max(1, Math.min(tiles.length, Math.round(Math.sqrt((tiles.length * height) / width))));
  const sheet = { width: columns * width, height: Math.ceil(tiles.length / columns) * height };
  const data = new Uint8Array(3 * sheet.width * sheet.height);
  tiles.forEach((tile, i) => {
    const corner = Math.floor(i / columns) * height * sheet.width + (i % columns) * width;
    for (let y = 0; y < height; y++)
      data.set(tile.data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * (corner + y * sheet.width));
  });
  return { ...sheet, data };
}

const painters: Record<Shown, (sample: PortraitSample) => Uint8Array> = {
  image: ({ image }) => image,
  labels: ({ size, labels }) => {
    const out = new Uint8Array(3 * size * size);
    for (let i = 0; i < labels.length; i++) out.set(labelColours[labels[i]], 3 * i);
    return out;
  },
  depth: ({ size, depth }) => {
    let [near, far] = [Infinity, 0];
    for (const z of depth)
      if (z > 0) {
        near = Math.min(near, z);
        far = Math.max(far, z);
      }
    const out = new Uint8Array(3 * size * size);
    // Near is bright; the farthest point is still told from the background.
    const scale = 215 / Math.max(1e-3, far - near);
    for (let i = 0; i < depth.length; i++)
      if (depth[i] > 0) out.fill(255 - scale * (depth[i] - near), 3 * i, 3 * i + 3);
    return out;
  },
};

/** Colours of background, face, hair, left and right ear, inner mouth. */
const labelColours = [
  [24, 24, 28],
  [232, 168, 140],
  [120, 72, 40],
  [80, 200, 120],
  [80, 140, 240],
  [220, 60, 80],
];
