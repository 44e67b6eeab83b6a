import type { Camera } from "./geometry/camera.ts";
import type { RgbImage } from "./image.ts";

/** A picture and the camera that took it. */
export interface View {
  readonly image: RgbImage;
  readonly camera: Camera;
}
