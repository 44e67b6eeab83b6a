import type { Camera } from "../../geometry/camera.ts";
import type { Pose } from "../../geometry/pose.ts";
import { type Quaternion, toMatrix } from "../../geometry/quaternion.ts";
import type { Transform2d } from "../../geometry/transform2d.ts";
import type { Pyramid } from "../../resample.ts";
import { type Crop, type CropFrame, cameraOfCrop, cutCrop, frameToPhoto, poseInCrop } from "../align/crop.ts";

/**
 * What the parsing network sees: a square about the head, upright, large enough for long hair. `side`: pixels; `extent`: mm
 * that the side stands for at the distance of the head centre; `drop`: mm from the head centre down to the middle of the crop.
 */
export const PARSE_CROP = { side: 256, extent: 560, drop: 70 } as const;

/** How far the head's up axis is seen tilted clockwise, radians: the roll of a head that faces the camera. */
export function tiltOf(rotation: Quaternion): number {
  const m = toMatrix(rotation);
  return Math.atan2(m[1], m[4]);
}

/**
 * Where the parsing crop lies: turned so that the head's up axis points up, its middle `drop` mm below the head centre, `extent` mm wide.
 * @param side of the crop in pixels: networks of other sizes see the same square
 * @throws RangeError if the head centre is not in front of the camera
 */
export function parseFrame(
  { fx, fy, cx, cy }: Camera,
  { rotation, translation: [x, y, z] }: Pose,
  side: number = PARSE_CROP.side,
): CropFrame {
  if (!(z > 0)) throw new RangeError("parse: the head is not in front of the camera");
  const angle = tiltOf(rotation);
  const drop = (PARSE_CROP.drop * fx) / z;
  return {
    x: (fx * x) / z + cx - drop * Math.sin(angle),
    y: (fy * y) / z + cy + drop * Math.cos(angle),
    scale: ((PARSE_CROP.extent / side) * fx) / z,
    angle,
  };
}

/** The parsing crop of a photo; black where the photo ends. */
export const cutParseCrop = (photo: Pyramid, camera: Camera, pose: Pose, side?: number): Crop =>
  cutCrop(photo, parseFrame(camera, pose, side), side ?? PARSE_CROP.side);

/** The parsing crop as a view of its own: render the head in `pose` with `camera` to get just the crop. */
export function parseView(
  camera: Camera,
  pose: Pose,
  side: number = PARSE_CROP.side,
): { readonly camera: Camera; readonly pose: Pose; readonly toPhoto: Transform2d } {
  const toPhoto = frameToPhoto(parseFrame(camera, pose, side), side);
  return { camera: cameraOfCrop(camera, { toPhoto }), pose: poseInCrop(pose, { toPhoto }), toPhoto };
}
