import { transformToCamera, transformToModel } from "../../geometry/pose.ts";
import { Label } from "../../image.ts";
import { mergeMeshes } from "../../mesh/compact.ts";
import { vertexNormals } from "../../mesh/normals.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { fitModel } from "./fit-model.ts";
import { coveredEars, flattenEars } from "./hair/cover-ears.ts";
import { hairSolid } from "./hair/solid.ts";
import type { Layers } from "./layers.ts";
import type { HeadSurface, SurfaceInput } from "./surface.ts";

/**
 * The whole head: the closed model, moved to where the photo shows scalp, ears and neck, and the hair as a closed surface
 * of its own that reaches into it.
 */
export function closedSurface({ template, shape, pose, crop, raster }: SurfaceInput, layers: Layers): HeadSurface {
  const { model, triangles } = template;
  const posed = transformToCamera(shape, pose);
  const fitted = fitModel(template, posed, vertexNormals(posed, model.triangles), raster, layers);
  const covered = coveredEars(template, rasterize(fitted, model.triangles, crop.camera, raster), layers);
  const flat = flattenEars(template, fitted, covered);
  const seen = rasterize(flat, model.triangles, crop.camera, raster);
  const hair = hairSolid(template, flat, vertexNormals(flat, model.triangles), seen, layers, pose, covered);

  const head = { positions: flat, triangles };
  const merged = hair ? mergeMeshes([head, hair]) : head;
  const positions = transformToModel(merged.positions, pose);
  const ofModel = triangles.length / 3;
  const count = merged.triangles.length / 3;
  return {
    positions,
    normals: vertexNormals(positions, merged.triangles),
    triangles: merged.triangles,
    modelTriangles: Int32Array.from({ length: count }, (_, t) => (t < ofModel ? t : -1)),
    labels: Uint8Array.from({ length: count }, (_, t) => (t < ofModel ? template.labels[t] : Label.hair)),
  };
}
