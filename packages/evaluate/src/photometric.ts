import {
  type Head,
  Label,
  type LabelMap,
  labelsOfRegions,
  type MorphableModel,
  rasterize,
  rotateNormals,
  shade,
  shadeVertexColors,
  synthesizeAlbedo,
  synthesizeShape,
  toSrgb,
  transformToCamera,
  vertexNormals,
} from "cameo";

/**
 * How far the colours of the fitted face (shape, albedo and light of its coefficients: paper Eq. 1 and section 3) are from the
 * photo's: the mean absolute difference of red, green and blue, sRGB, in levels of 255, over the pixels where the model's
 * face is seen and the labels say face. Undefined where there are none.
 */
export function photometricError(
  model: MorphableModel,
  { image, camera, pose, coefficients }: Pick<Head, "image" | "camera" | "pose" | "coefficients">,
  labels: LabelMap,
): number | undefined {
  const { identity, expression, texture, illumination } = coefficients;
  const shape = synthesizeShape(model, identity, expression);
  const light = shade(rotateNormals(vertexNormals(shape, model.triangles), pose), illumination);
  const colors = synthesizeAlbedo(model, texture).map((reflectance, i) => reflectance * light[i]);
  const raster = rasterize(transformToCamera(shape, pose), model.triangles, camera, image);
  const { data } = shadeVertexColors(raster, colors, model.triangles);
  const regions = labelsOfRegions(model.regions);
  let [sum, count] = [0, 0];
  for (let p = 0; p < raster.triangle.length; p++) {
    const t = raster.triangle[p];
    if (t < 0 || regions[t] !== Label.face || labels.data[p] !== Label.face) continue;
    for (let k = 0; k < 3; k++) sum += Math.abs(toSrgb(data[4 * p + k]) - image.data[3 * p + k]);
    count += 3;
  }
  return count > 0 ? sum / count : undefined;
}
