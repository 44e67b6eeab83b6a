import {
  createPyramid,
  cropCamera,
  type Head,
  Label,
  type LabelMap,
  type RgbImage,
  rasterize,
  resample,
  transformToCamera,
} from "cameo";
import type { Point } from "./landmarks.ts";

/** Longest side of an overlay, pixels. */
const LONGEST = 1280;

type Color = readonly [red: number, green: number, blue: number];

/** Colour of each label; the photo shows through. */
export const LABEL_COLORS: Readonly<Record<number, Color>> = {
  [Label.face]: [240, 160, 120],
  [Label.hair]: [90, 60, 230],
  [Label.earLeft]: [40, 210, 90],
  [Label.earRight]: [235, 220, 40],
  [Label.innerMouth]: [225, 30, 60],
};
const OPACITY = 0.45;
const OUTLINE: Color = [255, 255, 255];
const FOUND: Color = [0, 255, 255];
const REFERENCE: Color = [255, 0, 0];

/**
 * What was found of a head, drawn over its photo: labels in colour, the outline of the reconstructed face in white, its
 * landmarks in cyan, reference points in red.
 * @param reference photo pixels, pixel centres at +0.5
 */
export function drawOverlay(head: Head, reference: readonly Point[] = []): RgbImage {
  const scale = Math.min(1, LONGEST / Math.max(head.image.width, head.image.height));
  const width = Math.max(1, Math.round(head.image.width * scale));
  const height = Math.max(1, Math.round(head.image.height * scale));
  const data = new Uint8ClampedArray(3 * width * height);
  resample(createPyramid(head.image), [1 / scale, 0, 0, 0, 1 / scale, 0], width, height, data, { outside: "nearest" });
  const picture = { width, height, data };
  tintLabels(picture, head.labelMap(), { x: 0, y: 0, step: 1 / scale });

  const face = rasterize(
    transformToCamera(head.mesh.positions, head.pose),
    head.mesh.triangles,
    cropCamera(head.camera, 0, 0, scale),
    picture,
  );
  const { labels, triangles } = head.mesh;
  const facial = Uint8Array.from(face.triangle, (t) => {
    const label = t < 0 ? Label.background : labels[triangles[3 * t]];
    return label === Label.face || label === Label.innerMouth ? 1 : 0;
  });
  outline(picture, facial, OUTLINE);
  for (const [x, y] of reference) dot(picture, x * scale, y * scale, REFERENCE);
  for (let i = 0; i < head.landmarks.length; i += 2)
    dot(picture, head.landmarks[i] * scale, head.landmarks[i + 1] * scale, FOUND);
  return picture;
}

/**
 * Lays the colours of labels over a picture that shows a part of their photo.
 * @param part top left corner of the picture in the photo, and photo pixels per pixel of the picture
 */
export function tintLabels(
  { width, height, data }: RgbImage,
  labels: LabelMap,
  { x, y, step }: { readonly x: number; readonly y: number; readonly step: number },
): void {
  for (let row = 0, i = 0; row < height; row++) {
    const v = Math.min(labels.height - 1, Math.max(0, Math.floor(y + (row + 0.5) * step)));
    for (let column = 0; column < width; column++, i++) {
      const u = Math.min(labels.width - 1, Math.max(0, Math.floor(x + (column + 0.5) * step)));
      const color = LABEL_COLORS[labels.data[v * labels.width + u]];
      if (color) for (let k = 0; k < 3; k++) data[3 * i + k] += OPACITY * (color[k] - data[3 * i + k]);
    }
  }
}

/** Marks the pixels of a mask that have a neighbour outside it. */
function outline(picture: RgbImage, mask: Uint8Array, color: Color): void {
  const { width, height } = picture;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!mask[i]) continue;
      const inner =
        x > 0 &&
        y > 0 &&
        x < width - 1 &&
        y < height - 1 &&
        mask[i - 1] &&
        mask[i + 1] &&
        mask[i - width] &&
        mask[i + width];
      if (!inner) picture.data.set(color, 3 * i);
    }
  }
}

/** Three by three pixels. */
function dot({ width, height, data }: RgbImage, u: number, v: number, color: Color): void {
  const [px, py] = [Math.floor(u), Math.floor(v)];
  for (let y = Math.max(0, py - 1); y <= Math.min(height - 1, py + 1); y++)
    for (let x = Math.max(0, px - 1); x <= Math.min(width - 1, px + 1); x++) data.set(color, 3 * (y * width + x));
}
