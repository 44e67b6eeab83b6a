import type { Camera } from "../../geometry/camera.ts";
import type { Pose } from "../../geometry/pose.ts";
import { multiply, normalize, type Quaternion, rotate } from "../../geometry/quaternion.ts";
import { rotateSh } from "../../geometry/spherical-harmonics.ts";
import { add, cross, dot, normalize as normalizeVector, subtract, type Vec3 } from "../../geometry/vec3.ts";

/** The middle of the face, on which crops about the face are centred: between the eyes and the mouth, model space, mm. */
export const FACE_MIDDLE: Vec3 = [0, -32, 80];

/** The camera to which the face network's pose refers, as in the authors' code: 1015 pixels for a crop of 224. */
export const faceCamera = (side: number): Camera => {
  const focal = (1015 / 224) * side;
  return { fx: focal, fy: focal, cx: side / 2, cy: side / 2 };
};

/** A pose and the light (γ, see {@link rotateSh}) as one camera has them. */
export interface LitPose {
  readonly pose: Pose;
  readonly illumination: ArrayLike<number>;
}

/**
 * What another camera sees as this one does: the middle of the face at the same pixel and as large, the head turned and lit alike
 * against the line of sight there. A crop shows no more than this of the pose when its camera is not known. Swapping the cameras
 * undoes it.
 */
export function seenFrom({ pose, illumination }: LitPose, from: Camera, to: Camera): LitPose {
  const { rotation, translation } = pose;
  const middle = add(flip(rotate(rotation, FACE_MIDDLE)), translation);
  const [u, v] = [(from.fx * middle[0]) / middle[2] + from.cx, (from.fy * middle[1]) / middle[2] + from.cy];
  const z = (middle[2] * to.fx) / from.fx;
  const moved: Vec3 = [((u - to.cx) / to.fx) * z, ((v - to.cy) / to.fy) * z, z];
  // The turn from one line of sight to the other, in the axes of the light.
  const turn = shortestTurn(normalizeVector(flip(middle)), normalizeVector(flip(moved)));
  const turned = multiply(turn, rotation);
  const arm = flip(rotate(turned, FACE_MIDDLE));
  return {
    pose: { rotation: turned, translation: subtract(moved, arm) },
    illumination: rotateSh(illumination, turn),
  };
}

/** Between camera axes and those of model and light. */
const flip = ([x, y, z]: Vec3): Vec3 => [x, -y, -z];

/** The rotation by the smallest angle that takes unit vector a to b, which is not opposite. */
function shortestTurn(a: Vec3, b: Vec3): Quaternion {
  return normalize([...cross(a, b), 1 + dot(a, b)] as Quaternion);
}
