export { linearOfSrgb, toSrgb } from "../../packages/cameo/src/color.ts";
export type { Camera } from "../../packages/cameo/src/geometry/camera.ts";
export {
  type Angles,
  type Pose,
  quaternionFromAngles,
  transformToCamera,
} from "../../packages/cameo/src/geometry/pose.ts";
export { toMatrix } from "../../packages/cameo/src/geometry/quaternion.ts";
export { applySimilarity, fitRigid } from "../../packages/cameo/src/geometry/similarity.ts";
export { shade } from "../../packages/cameo/src/geometry/spherical-harmonics.ts";
export type { RgbImage } from "../../packages/cameo/src/image.ts";
export { SurfaceTree } from "../../packages/cameo/src/mesh/nearest.ts";
export { vertexNormals } from "../../packages/cameo/src/mesh/normals.ts";
export * from "../../packages/cameo/src/mesh/sparse.ts";
export * from "../../packages/cameo/src/mesh/subdivide.ts";
export { eyelids468, faceOval468, lips468 } from "../../packages/cameo/src/morphable/facemesh.ts";
export * from "../../packages/cameo/src/morphable/file.ts";
export * from "../../packages/cameo/src/morphable/model.ts";
export * from "../../packages/cameo/src/morphable/synthesize.ts";
export { createRaster, type Raster } from "../../packages/cameo/src/raster/raster.ts";
export { rasterize } from "../../packages/cameo/src/raster/rasterize.ts";
export { createPyramid } from "../../packages/cameo/src/resample.ts";
export { nodeRuntime } from "../../packages/cameo/src/runtime/ort.node.ts";
export { meshPoints, regionOfMesh, runFaceMesh } from "../../packages/cameo/src/stages/detect/facemesh.ts";
