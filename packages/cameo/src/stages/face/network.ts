import type { Camera } from "../../geometry/camera.ts";
import type { Pose } from "../../geometry/pose.ts";
import { fromAxisAngle, normalize, type Quaternion } from "../../geometry/quaternion.ts";
import { rotateSh, shCount } from "../../geometry/spherical-harmonics.ts";
import type { RgbImage } from "../../image.ts";
import type { MorphableModel } from "../../morphable/model.ts";
import type { Pyramid } from "../../resample.ts";
import { pictureSide, pictureTensor } from "../../runtime/picture.ts";
import type { CreateSession, Tensor } from "../../runtime/runtime.ts";
import { cameraOfCrop, FACE_CROP, faceFrame, poseInPhoto } from "../align/align.ts";
import { type Crop, cutCrop, turnOf } from "../align/crop.ts";
import { faceCamera, seenFrom } from "./camera.ts";

/** Name of the face network in the bundle, which need not have one. */
export const FACE_MODEL = "face";

/** What the face network reads off a photo: α, β, δ, γ and p of paper section 3. */
export interface FaceEstimate {
  readonly identity: Float32Array;
  readonly expression: Float32Array;
  readonly texture: Float32Array;
  /** γ of coloured light, 27 values. */
  readonly illumination: Float32Array;
  readonly camera: Camera;
  /** For that camera. */
  readonly pose: Pose;
}

/** Regresses faces; holds the network. */
export interface FaceRegressor {
  /**
   * @param landmarks68 68 × (x, y), photo pixels: where the face is
   * @param focal of the photo, pixels; unless given that with which the face is as far away as the network takes it to be
   */
  regress(photo: Pyramid, landmarks68: Float32Array, focal?: number): Promise<FaceEstimate>;
  dispose(): Promise<void>;
}

/**
 * @param network an ONNX model: the upright crop about the face, [1, 3, s, s] in [0, 1], to `identity`, `expression`, `texture`,
 *   `light` (27), `rotation` (a quaternion) and `translation` (dm, less 10 in z) as {@link faceCamera} sees the head
 * @throws Error if it is none, or one for another head model
 */
export async function createFaceRegressor(
  network: Uint8Array,
  model: MorphableModel,
  createSession: CreateSession,
): Promise<FaceRegressor> {
  const counts = {
    identity: model.identity.count,
    expression: model.expression.count,
    texture: model.texture.count,
    light: 3 * shCount,
    rotation: 4,
    translation: 3,
  };
  const session = await createSession(network);
  try {
    const side = pictureSide(session) ?? FACE_CROP;
    const missing = Object.keys(counts).filter((name) => !session.outputNames.includes(name));
    if (missing.length > 0) throw new Error(`The face network has no output "${missing[0]}".`);
    return {
      async regress(photo, landmarks68, focal) {
        const frame = faceFrame(landmarks68);
        const crop = cutCrop(photo, { ...frame, scale: (frame.scale * FACE_CROP) / side }, side);
        const outputs = await session.run({ [session.inputNames[0]]: pictureTensor(crop.image) });
        for (const [name, count] of Object.entries(counts)) {
          const { length } = outputs[name].data;
          if (length !== count) throw new Error(`The face network gives ${length} values of ${name}, not ${count}.`);
        }
        return inPhoto(outputs, crop, photo.image, focal);
      },
      dispose: () => session.dispose(),
    };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

/** Millimetres at which the network's translation is 0. */
const DISTANCE = 1000;

/** What the network says of the crop, for the camera and in the axes of the photo. */
function inPhoto(
  { identity, expression, texture, light, rotation, translation }: Record<string, Tensor>,
  crop: Crop,
  photo: RgbImage,
  focal: number | undefined,
): FaceEstimate {
  const network = faceCamera(crop.image.width);
  const [x, y, z] = translation.data;
  const scale = Math.hypot(crop.toPhoto[0], crop.toPhoto[3]);
  const f = focal ?? network.fx * scale;
  const camera = { fx: f, fy: f, cx: photo.width / 2, cy: photo.height / 2 };
  const [q0, q1, q2, q3] = rotation.data;
  const seen = seenFrom(
    {
      pose: {
        rotation: normalize([q0, q1, q2, q3] satisfies Quaternion),
        translation: [100 * x, 100 * y, DISTANCE + 100 * z],
      },
      illumination: light.data,
    },
    network,
    cameraOfCrop(camera, crop),
  );
  return {
    identity: identity.data,
    expression: expression.data,
    texture: texture.data,
    illumination: rotateSh(seen.illumination, fromAxisAngle([0, 0, 1], -turnOf(crop))),
    camera,
    pose: poseInPhoto(seen.pose, crop),
  };
}
