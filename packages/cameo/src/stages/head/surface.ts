import type { Pose } from "../../geometry/pose.ts";
import type { DepthMap, LabelMap } from "../../image.ts";
import type { Raster } from "../../raster/raster.ts";
import type { View } from "../../view.ts";
import type { HeadTemplate } from "./template.ts";

/** The head as one mesh: the model's vertices first, then those of the hair or of the depth map. */
export interface HeadSurface {
  /** Model space, mm. */
  readonly positions: Float32Array;
  /** Unit length, model space. */
  readonly normals: Float32Array;
  readonly triangles: Uint32Array;
  /** Of each triangle: the model's triangle it is; −1 for those of hair or depth map. */
  readonly modelTriangles: Int32Array;
  /** One {@link Label} per triangle. */
  readonly labels: Uint8Array;
}

/** A posed model and what the estimation stages found in the head crop. */
export interface SurfaceInput {
  readonly template: HeadTemplate;
  /** The model's surface, model space, mm. */
  readonly shape: Float32Array;
  readonly pose: Pose;
  readonly photo: View;
  /** The head crop that labels and depth were estimated in. */
  readonly crop: View;
  /** The posed model as that camera sees it. */
  readonly raster: Raster;
  readonly labels: LabelMap;
  /** The same labels, finer: {@link FINE} times as many pixels in each direction. */
  readonly fineLabels: LabelMap;
  readonly depth: DepthMap;
}
