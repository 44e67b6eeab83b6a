import { linearOfSrgb, toSrgb } from "../color.ts";
import { type Camera, cropCamera } from "../geometry/camera.ts";
import type { RgbImage } from "../image.ts";

/**
 * A picture of a mesh in linear light. Four numbers per pixel: red, green, blue, each times the coverage, and the
 * coverage (0 to 1, the part of the pixel that shows the mesh). So pixels may be averaged, and laid over others.
 */
export interface Rendering {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export const createRendering = (width: number, height: number): Rendering => ({
  width,
  height,
  data: new Float32Array(4 * width * height),
});

/**
 * Each pixel the mean of `factor` × `factor` pixels: the coverage of what was rendered larger becomes fine-grained.
 * @throws RangeError if the factor is not a whole number that divides both sides
 */
export function downsample({ width, height, data }: Rendering, factor: number): Rendering {
  if (!Number.isInteger(factor) || factor < 1 || width % factor !== 0 || height % factor !== 0) {
    throw new RangeError(`downsample: ${width}×${height} cannot be divided by ${factor}`);
  }
  const small = createRendering(width / factor, height / factor);
  const share = 1 / (factor * factor);
  for (let y = 0; y < height; y++) {
    const row = 4 * small.width * Math.floor(y / factor);
    for (let x = 0; x < width; x++) {
      const o = row + 4 * Math.floor(x / factor);
      const i = 4 * (y * width + x);
      for (let k = 0; k < 4; k++) small.data[o + k] += share * data[i + k];
    }
  }
  return small;
}

/**
 * Renders `factor` times larger and averages: smooth outlines, and fine texture without flicker.
 * @param render draws the picture for a camera and size
 */
export const supersample = (
  camera: Camera,
  { width, height }: { readonly width: number; readonly height: number },
  factor: number,
  render: (camera: Camera, size: { readonly width: number; readonly height: number }) => Rendering,
): Rendering =>
  downsample(render(cropCamera(camera, 0, 0, factor), { width: factor * width, height: factor * height }), factor);

/**
 * The rendering laid over a background, sRGB-encoded; light outside [0, 1] is clamped.
 * @param background a picture of the same size, or one sRGB colour (three numbers, 0 to 255)
 * @throws RangeError if the sizes differ
 */
export function compose(
  { width, height, data }: Rendering,
  background: RgbImage | readonly [number, number, number],
): RgbImage {
  const picture = "data" in background ? background : null;
  if (picture !== null && (picture.width !== width || picture.height !== height)) {
    throw new RangeError(
      `compose: the background is ${picture.width}×${picture.height}, the rendering ${width}×${height}`,
    );
  }
  const source = picture === null ? (background as readonly number[]) : picture.data;
  const step = picture === null ? 0 : 3;
  const out = new Uint8Array(3 * width * height);
  for (let p = 0; p < width * height; p++) {
    const behind = 1 - data[4 * p + 3];
    for (let k = 0; k < 3; k++) {
      const under = source[step * p + k];
      out[3 * p + k] = behind === 1 ? under : toSrgb(data[4 * p + k] + behind * linearOfSrgb[under]);
    }
  }
  return { width, height, data: out };
}
