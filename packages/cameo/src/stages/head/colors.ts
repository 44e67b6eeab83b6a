import { linearOfSrgb } from "../../color.ts";
import { cropCamera } from "../../geometry/camera.ts";
import { type Pose, rotateNormals, transformToCamera } from "../../geometry/pose.ts";
import { type MorphableModel, Region } from "../../morphable/model.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { sampleBilinear } from "../../sample.ts";
import type { View } from "./build.ts";
import { photoConfidence } from "./confidence.ts";
import { adjacency, diffuse } from "./diffuse.ts";
import type { HeadSurface } from "./surface.ts";
import type { HeadTemplate } from "./template.ts";

/** The colour of every model vertex as if the photo did not show it, and how far the photo is believed instead. */
export interface VertexColors {
  /** Linear light, 3 per vertex of the model. */
  readonly hidden: Float32Array;
  /** In [0, 1], per vertex of the surface. */
  readonly confidence: Float32Array;
}

/** Visibility is found in a picture so many times larger than the head crop. */
const OVERSAMPLING = 2;
/** Added before taking ratios, so that dark pixels do not give wild ones; linear light. */
const FLOOR = 0.01;
/** How strongly hidden ratios return to the mean of the face, against one neighbour. */
const PULL = 0.002;
const SWEEPS = 40;

/**
 * What the photo hides gets the model's albedo under the estimated light, times how much lighter, darker or otherwise
 * coloured the photo is than that where it can be seen, extended smoothly over the mesh. So hidden parts continue the
 * skin or hair they adjoin.
 *
 * @param lit linear light of the model under the estimated light, 3 per vertex
 */
export function vertexColors(
  { model, edges: modelEdges }: HeadTemplate,
  surface: HeadSurface,
  pose: Pose,
  lit: Float32Array,
  crop: View,
  photo: View,
): VertexColors {
  const positions = transformToCamera(surface.positions, pose);
  const normals = rotateNormals(surface.normals, pose);
  // From the frame of the light (y up, z to the viewer) to camera space.
  for (let i = 0; i < normals.length; i += 3) {
    normals[i + 1] = -normals[i + 1];
    normals[i + 2] = -normals[i + 2];
  }
  const view = cropCamera(crop.camera, 0, 0, OVERSAMPLING);
  const raster = rasterize(positions, surface.triangles, view, {
    width: crop.image.width * OVERSAMPLING,
    height: crop.image.height * OVERSAMPLING,
  });
  const toPhoto = photo.camera.fx / view.fx;
  const inPhoto = (u: number, v: number): boolean => {
    const x = (u - view.cx) * toPhoto + photo.camera.cx;
    const y = (v - view.cy) * toPhoto + photo.camera.cy;
    return x >= 1 && y >= 1 && x <= photo.image.width - 1 && y <= photo.image.height - 1;
  };
  const edges = adjacency(surface.triangles, positions.length / 3);
  const confidence = photoConfidence(positions, normals, raster, view, inPhoto, edges);

  const ratios = new Float32Array(lit.length);
  const color = new Float32Array(3);
  for (let v = 0; v < model.vertexCount; v++) {
    if (confidence[v] === 0) continue;
    const z = positions[3 * v + 2];
    const { fx, fy, cx, cy } = crop.camera;
    sampleBilinear(crop.image, (fx * positions[3 * v]) / z + cx, (fy * positions[3 * v + 1]) / z + cy, color);
    for (let k = 0; k < 3; k++) {
      const seen = linearOfSrgb[Math.round(color[k])];
      ratios[3 * v + k] = Math.log((seen + FLOOR) / (lit[3 * v + k] + FLOOR));
    }
  }
  const known = confidence.subarray(0, model.vertexCount);
  diffuse(ratios, known, modelEdges, 3, meanOverFace(model, ratios, known), PULL, SWEEPS);
  const hidden = ratios.map((ratio, i) => Math.max(0, (lit[i] + FLOOR) * Math.exp(ratio) - FLOOR));
  return { hidden, confidence };
}

/** Mean per channel over the face's vertices, weighted. */
function meanOverFace(model: MorphableModel, values: Float32Array, weights: Float32Array): number[] {
  const sums = [0, 0, 0];
  let total = 0;
  for (let k = 0; k < model.triangles.length; k++) {
    if (model.regions[Math.floor(k / 3)] !== Region.face) continue;
    const v = model.triangles[k];
    total += weights[v];
    for (let c = 0; c < 3; c++) sums[c] += weights[v] * values[3 * v + c];
  }
  return sums.map((sum) => (total > 0 ? sum / total : 0));
}
