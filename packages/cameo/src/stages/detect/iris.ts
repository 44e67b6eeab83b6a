import { apply2d, compose2d, type Transform2d } from "../../geometry/transform2d.ts";
import { type Pyramid, resample } from "../../resample.ts";
import type { Session } from "../../runtime/runtime.ts";
import { type Region, regionToPhoto } from "./region.ts";

const resolution = 64;
/** The network looks at a square of this many eye widths. */
const margin = 2.3;
/** Points of the eye and its surroundings, and of the iris, in the network's output; x, y, z each. */
const contourPoints = 71;
const irisPoints = 5;
const valuesPerEye = (contourPoints + irisPoints) * 3;

/**
 * The rim of an eye: the mesh points that the network's first 16 contour points are. First the lower lid from the outer to the inner
 * corner, then the upper lid between them.
 */
const rims = [
  [33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173],
  [263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398],
] as const;
/** Places of the corners in a rim. */
const [outer, inner] = [0, 8];

/** Iris contours: centre, then four points on its border; x, y pairs in photo pixels. */
export interface Eyes {
  readonly pictureLeft: Float32Array;
  readonly pictureRight: Float32Array;
}

/**
 * Refines both eyes of a mesh: the rims of the eyes in `points` are replaced by what the iris network sees, and the irises are found.
 * The network knows eyes at picture left; it gets the other one mirrored.
 */
export async function refineEyes(session: Session, pyramid: Pyramid, points: Float32Array): Promise<Eyes> {
  const view = new Float32Array(resolution * resolution * 3);
  const input = new Float32Array(rims.length * view.length);
  const views = rims.map((rim, eye) => eyeToPhoto(points, rim, eye === 1));
  for (const [eye, toPhoto] of views.entries()) {
    // The sampler knows no mirror images: read it straight, then turn the rows around.
    resample(pyramid, eye === 1 ? compose2d(toPhoto, mirror) : toPhoto, resolution, resolution, view, {
      gain: 1 / 255,
    });
    if (eye === 1) mirrorRows(view);
    input.set(view, eye * view.length);
  }
  const outputs = await session.run({ input_1: { data: input, dims: [2, resolution, resolution, 3] } });
  const values = outputs.Identity.data;
  const [pictureLeft, pictureRight] = views.map((toPhoto, eye) => {
    const from = eye * valuesPerEye;
    for (const [k, point] of rims[eye].entries()) {
      const [x, y] = apply2d(toPhoto, values[from + k * 3], values[from + k * 3 + 1]);
      points[point * 3] = x;
      points[point * 3 + 1] = y;
    }
    const iris = new Float32Array(irisPoints * 2);
    for (let k = 0; k < irisPoints; k++) {
      const at = from + (contourPoints + k) * 3;
      iris.set(apply2d(toPhoto, values[at], values[at + 1]), k * 2);
    }
    return iris;
  });
  return { pictureLeft, pictureRight };
}

/** (u, v) → (64 − u, v). */
const mirror: Transform2d = [-1, 0, resolution, 0, 1, 0];

/** Maps the network's picture of an eye to the photo; upright by the eye's corners. */
function eyeToPhoto(points: Float32Array, rim: readonly number[], mirrored: boolean): Transform2d {
  const [a, b] = [rim[outer] * 3, rim[inner] * 3];
  const [dx, dy] = [points[b] - points[a], points[b + 1] - points[a + 1]];
  const region: Region = {
    x: points[a] + dx / 2,
    y: points[a + 1] + dy / 2,
    size: margin * Math.hypot(dx, dy),
    angle: mirrored ? Math.atan2(-dy, -dx) : Math.atan2(dy, dx),
  };
  const toPhoto = regionToPhoto(region, resolution);
  return mirrored ? compose2d(toPhoto, mirror) : toPhoto;
}

function mirrorRows(picture: Float32Array): void {
  const stride = resolution * 3;
  for (let row = 0; row < picture.length; row += stride)
    for (let left = row, right = row + stride - 3; left < right; left += 3, right -= 3)
      for (let c = 0; c < 3; c++) [picture[left + c], picture[right + c]] = [picture[right + c], picture[left + c]];
}
