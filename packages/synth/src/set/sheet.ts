import type { RgbImage } from "cameo";
import type { PortraitSample } from "../sample.ts";

/** What a contact sheet shows of each picture, side by side. */
export type Shown = "image" | "labels" | "depth";

/** Pictures in rows and columns, about as many of each. All must be of one size. */
export function contactSheet(samples: readonly PortraitSample[], shown: readonly Shown[] = ["image"]): RgbImage {
  const { size } = samples[0];
  const columns = Math.ceil(Math.sqrt(samples.length / shown.length));
  const rows = Math.ceil(samples.length / columns);
  const width = columns * shown.length * size;
  const data = new Uint8Array(width * rows * size * 3);
  samples.forEach((sample, i) => {
    shown.forEach((what, k) => {
      const tile = tiles[what](sample);
      const left = ((i % columns) * shown.length + k) * size;
      const top = Math.floor(i / columns) * size;
      for (let y = 0; y < size; y++)
        data.set(tile.subarray(3 * y * size, 3 * (y + 1) * size), 3 * ((top + y) * width + left));
    });
  });
  return { width, height: rows * size, data };
}

const tiles: Record<Shown, (sample: PortraitSample) => Uint8Array> = {
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
