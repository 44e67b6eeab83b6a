import type { Camera } from "../../geometry/camera.ts";
import { NormalEquations } from "../../geometry/least-squares.ts";
import { anglesFromQuaternion, type Pose } from "../../geometry/pose.ts";
import type { Pyramid } from "../../resample.ts";
import { type Crop, type CropFrame, cutCrop } from "./crop.ts";

export { type Crop, cameraOfCrop, poseInCrop, poseInPhoto } from "./crop.ts";

/** Side of the crop about the face, pixels (paper section 4.1). */
export const FACE_CROP = 224;
/** Side of the crop about the head, pixels (paper section 4.2). */
export const HEAD_CROP = 256;

export interface AlignOptions {
  /** Turn the crop so that the head in it is upright. The authors only shift and scale. Default false. */
  readonly upright?: boolean;
}

/** Millimetres that a pixel of the face crop stands for, as in the authors' code (100 px a decimetre). */
const FACE_PIXEL = 1;
/** Millimetres that a pixel of the head crop stands for at the distance of the head's centre: 1.5 times the face crop's. */
const HEAD_PIXEL = 1.5;

/**
 * The ten of the 68 landmarks that the authors align by (temples, tip and base of the nose, outer corners of the eyes, corners of the
 * mouth) on an average face: x, y, z in mm, y up, z towards the camera, the middle of the face at the origin.
 */
const REFERENCE: readonly (readonly [landmark: number, x: number, y: number, z: number])[] = [
  [0, -68, 30, -51],
  [1, -68, 12, -54],
  [15, 68, 12, -54],
  [16, 68, 30, -51],
  [30, 0, -5, 21],
  [33, 0, -18, 11],
  [36, -44, 30, -11],
  [45, 44, 30, -11],
  [48, -25, -38, -5],
  [54, 25, -38, -5],
];

/**
 * The 224² crop about the face: one pixel a millimetre, the middle of the face at (112, 112).
 * @param landmarks68 68 × (x, y), photo pixels
 */
export function alignFace(photo: Pyramid, landmarks68: Float32Array, options: AlignOptions = {}): Crop {
  if (landmarks68.length !== 68 * 2) throw new RangeError("align: needs 68 landmarks");
  const frame = faceFrame(landmarks68);
  return cutCrop(photo, { ...frame, angle: options.upright ? frame.angle : 0 }, FACE_CROP);
}

/**
 * The 256² crop about the projected head centre, (128, 128); 1.5 mm a pixel at its distance.
 * @throws RangeError if the head centre is not in front of the camera
 */
export const alignHead = (photo: Pyramid, camera: Camera, pose: Pose, options: AlignOptions = {}): Crop =>
  cutCrop(photo, headFrame(camera, pose, HEAD_CROP, options), HEAD_CROP);

/**
 * Where the crop about the head lies.
 * @param side of the crop in pixels: crops of other sizes show the same square
 * @throws RangeError if the head centre is not in front of the camera
 */
export function headFrame(
  { fx, fy, cx, cy }: Camera,
  { rotation, translation: [x, y, z] }: Pose,
  side: number = HEAD_CROP,
  { upright = false }: AlignOptions = {},
): CropFrame {
  if (!(z > 0)) throw new RangeError("align: the head is not in front of the camera");
  const pixel = (HEAD_PIXEL * HEAD_CROP) / side;
  const angle = upright ? anglesFromQuaternion(rotation).roll : 0;
  return { x: (fx * x) / z + cx, y: (fy * y) / z + cy, scale: (pixel * fx) / z, angle };
}

/**
 * Where the upright crop about the face is: the affine map of the reference points to the landmarks with the least squared error, taken as a weak-perspective
 * view ("pose from orthography and scaling", DeMenthon and Davis 1995). So a turned face does not look smaller.
 * @param landmarks68 68 × (x, y), photo pixels
 * @returns about the image of the reference's origin, tilted as the face is; its scale is that of {@link FACE_CROP} pixels
 */
export function faceFrame(landmarks68: Float32Array): CropFrame {
  const [row, column] = [0, 1].map((axis) => {
    const equations = new NormalEquations(4);
    for (const [landmark, x, y, z] of REFERENCE) equations.addRow([x, y, z, 1], landmarks68[landmark * 2 + axis]);
    return equations.solve();
  });
  const scale = (Math.hypot(row[0], row[1], row[2]) + Math.hypot(column[0], column[1], column[2])) / 2;
  // The direction in which the face's up axis is seen; it is the sideways axis that yaw shortens.
  return { x: row[3], y: column[3], scale: scale * FACE_PIXEL, angle: Math.atan2(row[1], -column[1]) };
}
