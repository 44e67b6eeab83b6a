import type { Camera } from "../../geometry/camera.ts";
import type { Pose } from "../../geometry/pose.ts";
import { fromAxisAngle, multiply } from "../../geometry/quaternion.ts";
import { apply2d, invert2d, similarity2d, type Transform2d } from "../../geometry/transform2d.ts";
import type { RgbImage } from "../../image.ts";
import { type Pyramid, resample } from "../../resample.ts";

/** A square picture taken out of a photo. */
export interface Crop {
  readonly image: RgbImage;
  /** Maps positions in the crop to positions in the photo: a similarity; `invert2d` gives the way back. */
  readonly toPhoto: Transform2d;
}

/** What a crop shows. */
export interface CropFrame {
  /** Middle of the crop, photo pixels. */
  readonly x: number;
  readonly y: number;
  /** Photo pixels per crop pixel. */
  readonly scale: number;
  /** Clockwise turn of the crop in the photo, radians. */
  readonly angle: number;
}

/**
 * The map from a square crop of `side` × `side` pixels to the photo.
 * @throws RangeError if the frame is not finite, or its scale is not above 0
 */
export function frameToPhoto({ x, y, scale, angle }: CropFrame, side: number): Transform2d {
  if (!(scale > 0) || ![x, y, scale, angle].every(Number.isFinite))
    throw new RangeError(`align: nothing can be cut out at (${x}, ${y}) with scale ${scale} and angle ${angle}`);
  const [dx, dy] = apply2d(similarity2d(scale, angle, 0, 0), side / 2, side / 2);
  return similarity2d(scale, angle, x - dx, y - dy);
}

/**
 * Cuts a square of `side` × `side` pixels out of a photo; what lies outside the photo is black.
 * @throws RangeError if the frame is not finite, or its scale is not above 0
 */
export function cutCrop(photo: Pyramid, frame: CropFrame, side: number): Crop {
  const toPhoto = frameToPhoto(frame, side);
  const data = new Uint8ClampedArray(side * side * 3);
  resample(photo, toPhoto, side, side, data);
  return { image: { width: side, height: side, data }, toPhoto };
}

/**
 * The camera of a crop, given the photo's: the point seen at `toPhoto(u, v)` in the photo is seen at (u, v). In a turned crop the pose
 * is another one too: {@link poseInCrop}.
 * @throws RangeError for a turned crop of a photo whose pixels are not square
 */
export function cameraOfCrop(camera: Camera, { toPhoto }: Pick<Crop, "toPhoto">): Camera {
  const scale = Math.hypot(toPhoto[0], toPhoto[3]);
  if (toPhoto[3] !== 0 && camera.fx !== camera.fy) throw new RangeError("align: a turned crop needs square pixels");
  const [cx, cy] = apply2d(invert2d(toPhoto), camera.cx, camera.cy);
  return { fx: camera.fx / scale, fy: camera.fy / scale, cx, cy };
}

/** Clockwise turn of a crop in the photo, radians. */
export const turnOf = ({ toPhoto }: Pick<Crop, "toPhoto">): number => Math.atan2(toPhoto[3], toPhoto[0]);

/** A pose as the camera of a crop sees it: camera space turned back by the turn of the crop. The same for a crop that is not turned. */
export function poseInCrop(pose: Pose, { toPhoto }: Pick<Crop, "toPhoto">): Pose {
  return turnCamera(pose, -turnOf({ toPhoto }));
}

/** The inverse of {@link poseInCrop}. */
export function poseInPhoto(pose: Pose, { toPhoto }: Pick<Crop, "toPhoto">): Pose {
  return turnCamera(pose, turnOf({ toPhoto }));
}

/** Camera space turned clockwise about the line of sight. Model space has y and z the other way round, so there the turn is reversed. */
function turnCamera({ rotation, translation: [x, y, z] }: Pose, angle: number): Pose {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return {
    rotation: multiply(fromAxisAngle([0, 0, 1], -angle), rotation),
    translation: [c * x - s * y, s * x + c * y, z],
  };
}
