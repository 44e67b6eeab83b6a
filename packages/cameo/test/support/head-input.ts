import { transformToCamera } from "../../src/geometry/pose.ts";
import { rasterize } from "../../src/raster/rasterize.ts";
import { createPyramid } from "../../src/resample.ts";
import { alignHead, cameraOfCrop } from "../../src/stages/align/align.ts";
import { depthPrior } from "../../src/stages/depth/prior.ts";
import type { HeadInput } from "../../src/stages/head/build.ts";
import { refineCropLabels } from "../../src/stages/head/layers.ts";
import type { HeadTemplate } from "../../src/stages/head/template.ts";
import { parsePrior } from "../../src/stages/parse/prior.ts";
import type { SyntheticPortrait } from "./synthetic.ts";

/** What the earlier stages would give for a portrait if they made no error. */
export function headInput(template: HeadTemplate, portrait: SyntheticPortrait): HeadInput {
  const { image, camera, pose, shape, texture, illumination } = portrait;
  const crop = alignHead(createPyramid(image), camera, pose);
  const cropCamera = cameraOfCrop(camera, crop);
  const raster = rasterize(transformToCamera(shape, pose), template.model.triangles, cropCamera, crop.image);
  const labels = parsePrior(raster, template.labels);
  return {
    template,
    shape,
    pose,
    appearance: { texture, illumination },
    photo: { image, camera },
    crop: { image: crop.image, camera: cropCamera },
    raster,
    labels,
    fineLabels: refineCropLabels(labels, undefined, crop.toPhoto),
    depth: depthPrior(raster, labels, template.labels),
    open: false,
  };
}
