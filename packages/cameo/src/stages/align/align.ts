import { type Camera, cropCamera } from "../../geometry/camera.ts";
import type { Pose } from "../../geometry/pose.ts";
import type { RgbImage } from "../../image.ts";
import { type Pyramid, resample } from "../../resample.ts";

/** A square cut from a photo, scaled but not turned: its pixel (u, v) shows what the photo has at (u / scale + x, v / scale + y). */
export interface Crop {
  readonly image: RgbImage;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** The camera of a crop, given the photo's. */
export const cameraOfCrop = (camera: Camera, { x, y, scale }: Crop): Camera => cropCamera(camera, x, y, scale);

/** Side of the crop about the face, pixels (paper section 4.1). */
export const FACE_CROP = 224;
/** Side of the crop about the head, pixels (paper section 4.2). */
export const HEAD_CROP = 256;
/** The face crop is this many times as large as the bounds of the landmarks. */
const FACE_MARGIN = 1.3;
/** Side of the square, in mm at the distance of the head's centre, that the head crop shows: a head with hair to spare. */
const HEAD_SPAN = 380;

/** The crop about the face, by its 68 landmarks (x, y pairs). */
export function alignFace(photo: Pyramid, landmarks68: Float32Array): Crop {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < landmarks68.length; i += 2) {
    left = Math.min(left, landmarks68[i]);
    right = Math.max(right, landmarks68[i]);
    top = Math.min(top, landmarks68[i + 1]);
    bottom = Math.max(bottom, landmarks68[i + 1]);
  }
  const side = FACE_MARGIN * Math.max(right - left, bottom - top);
  return cropSquare(photo, (left + right) / 2, (top + bottom) / 2, side, FACE_CROP);
}

/** The crop about the projected head centre. */
export function alignHead(photo: Pyramid, { fx, fy, cx, cy }: Camera, { translation: [x, y, z] }: Pose): Crop {
  return cropSquare(photo, (fx * x) / z + cx, (fy * y) / z + cy, (HEAD_SPAN * fx) / z, HEAD_CROP);
}

function cropSquare(photo: Pyramid, centreX: number, centreY: number, side: number, pixels: number): Crop {
  const [x, y, scale] = [centreX - side / 2, centreY - side / 2, pixels / side];
  const data = new Uint8ClampedArray(3 * pixels * pixels);
  resample(photo, [1 / scale, 0, x, 0, 1 / scale, y], pixels, pixels, data);
  return { image: { width: pixels, height: pixels, data }, x, y, scale };
}
