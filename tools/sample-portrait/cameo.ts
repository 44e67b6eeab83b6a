export { type Camera, focalFromFocal35, project } from "../../packages/cameo/src/geometry/camera.ts";
export { type Angles, type Pose, quaternionFromAngles } from "../../packages/cameo/src/geometry/pose.ts";
export {
  normalize as normalizeQuaternion,
  type Quaternion,
  toMatrix,
} from "../../packages/cameo/src/geometry/quaternion.ts";
export { applySparse } from "../../packages/cameo/src/mesh/sparse.ts";
export { subdivide, trianglesOfFaces } from "../../packages/cameo/src/mesh/subdivide.ts";
export { createRaster, type Raster } from "../../packages/cameo/src/raster/raster.ts";
export { rasterize } from "../../packages/cameo/src/raster/rasterize.ts";
