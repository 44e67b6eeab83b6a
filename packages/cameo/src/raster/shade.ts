import type { Camera } from "../geometry/camera.ts";
import type { Raster } from "./raster.ts";
import { createRendering, type Rendering } from "./rendering.ts";
import { sampleTexture, type Texture } from "./texture.ts";

/**
 * Colours given per vertex.
 * @param colors red, green, blue per vertex, linear light
 * @param triangles three indices into `colors` per triangle
 * @param out receives the picture, of the raster's size
 */
export function shadeVertexColors(
  raster: Raster,
  colors: Float32Array,
  triangles: Uint32Array,
  out: Rendering = createRendering(raster.width, raster.height),
): Rendering {
  const { triangle, barycentrics } = raster;
  const data = out.data.fill(0);
  for (let p = 0; p < triangle.length; p++) {
    const t = 3 * triangle[p];
    if (t < 0) continue;
    const a = barycentrics[2 * p];
    const b = barycentrics[2 * p + 1];
    const c = 1 - a - b;
    const i = 3 * triangles[t];
    const j = 3 * triangles[t + 1];
    const l = 3 * triangles[t + 2];
    for (let k = 0; k < 3; k++) data[4 * p + k] = a * colors[i + k] + b * colors[j + k] + c * colors[l + k];
    data[4 * p + 3] = 1;
  }
  return out;
}

export interface ShadeTexturedOptions {
  /**
   * What was rasterised. With it, a texture that is finer than the pixels is looked up in its smaller copies
   * (trilinear; one level of detail per triangle, by the longer side of a pixel's footprint as in OpenGL).
   * Without it, the full texture is looked up everywhere.
   */
  readonly view?: { readonly positions: Float32Array; readonly triangles: Uint32Array; readonly camera: Camera };
}

/**
 * The colours of a texture.
 * @param uvs texture positions, u right, v down, in [0, 1] (pairs)
 * @param uvTriangles three indices into `uvs` per triangle
 * @param out receives the picture, of the raster's size
 */
export function shadeTextured(
  raster: Raster,
  texture: Texture,
  uvs: Float32Array,
  uvTriangles: Uint32Array,
  { view }: ShadeTexturedOptions = {},
  out: Rendering = createRendering(raster.width, raster.height),
): Rendering {
  const { triangle, barycentrics } = raster;
  const data = out.data.fill(0);
  const { levels } = texture;
  const [full] = levels;
  // Level of detail per triangle, found when the triangle is first seen.
  const details = view && new Float32Array(view.triangles.length / 3).fill(-1);
  const coarser = new Float32Array(3);
  for (let p = 0; p < triangle.length; p++) {
    const t = triangle[p];
    if (t < 0) continue;
    const a = barycentrics[2 * p];
    const b = barycentrics[2 * p + 1];
    const c = 1 - a - b;
    const i = 2 * uvTriangles[3 * t];
    const j = 2 * uvTriangles[3 * t + 1];
    const k = 2 * uvTriangles[3 * t + 2];
    const u = a * uvs[i] + b * uvs[j] + c * uvs[k];
    const v = a * uvs[i + 1] + b * uvs[j + 1] + c * uvs[k + 1];

    let detail = 0;
    if (details) {
      if (details[t] < 0) {
        details[t] = levelOfDetail(view, t, uvs, i, j, k, full.width, full.height, levels.length - 1);
      }
      detail = details[t];
    }
    const level = Math.floor(detail);
    const blend = detail - level;
    sampleTexture(levels[level], u, v, data, 4 * p);
    if (blend > 0) {
      sampleTexture(levels[level + 1], u, v, coarser, 0);
      for (let n = 0; n < 3; n++) data[4 * p + n] += blend * (coarser[n] - data[4 * p + n]);
    }
    data[4 * p + 3] = 1;
  }
  return out;
}

/** log₂ of how many texels a step of one pixel goes, in the direction where it is most; from 0 to `max`. */
function levelOfDetail(
  { positions, triangles, camera }: NonNullable<ShadeTexturedOptions["view"]>,
  t: number,
  uvs: Float32Array,
  i: number,
  j: number,
  k: number,
  width: number,
  height: number,
  max: number,
): number {
  const a = 3 * triangles[3 * t];
  const b = 3 * triangles[3 * t + 1];
  const c = 3 * triangles[3 * t + 2];
  const xa = (camera.fx * positions[a]) / positions[a + 2];
  const ya = (camera.fy * positions[a + 1]) / positions[a + 2];
  const x1 = (camera.fx * positions[b]) / positions[b + 2] - xa;
  const y1 = (camera.fy * positions[b + 1]) / positions[b + 2] - ya;
  const x2 = (camera.fx * positions[c]) / positions[c + 2] - xa;
  const y2 = (camera.fy * positions[c + 1]) / positions[c + 2] - ya;
  const u1 = (uvs[j] - uvs[i]) * width;
  const v1 = (uvs[j + 1] - uvs[i + 1]) * height;
  const u2 = (uvs[k] - uvs[i]) * width;
  const v2 = (uvs[k + 1] - uvs[i + 1]) * height;
  // The affine map from pixels to texels that the corners fix: texels = T · P⁻¹ · pixels.
  const area = x1 * y2 - x2 * y1;
  const right = Math.hypot(u1 * y2 - u2 * y1, v1 * y2 - v2 * y1);
  const down = Math.hypot(u2 * x1 - u1 * x2, v2 * x1 - v1 * x2);
  const detail = Math.log2(Math.max(right, down) / Math.abs(area));
  return detail > 0 ? Math.min(detail, max) : 0;
}
