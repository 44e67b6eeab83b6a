import {
  type Camera,
  createRaster,
  type Pose,
  quaternion,
  type Raster,
  type RgbImage,
  rasterize,
  shade,
  toSrgb,
  transformToCamera,
  vertexNormals,
} from "cameo";

/** A head as it is drawn. */
export interface Scene {
  /** Model space, x, y, z per vertex, mm. */
  readonly shape: Float32Array;
  readonly triangles: Uint32Array;
  /** Linear r, g, b per vertex. */
  readonly albedo: Float32Array;
  readonly pose: Pose;
  readonly camera: Camera;
  /** Nine spherical-harmonics coefficients of grey light. */
  readonly light: Float32Array;
  /** Linear r, g, b. */
  readonly background: readonly number[];
}

/** Light from above the camera with a soft fill, bright enough to show albedo as it is where it falls square. */
export const studioLight = Float32Array.of(2.5, 0.75, 1.0, 0.35, 0, 0, 0, 0, 0);

export interface Rendered {
  readonly image: RgbImage;
  readonly raster: Raster;
}

/**
 * Draws a head with matt skin, without shadows.
 * @param samples rays per pixel along each side; the raster returned has that resolution
 */
export function renderHead(scene: Scene, width: number, height: number, samples = 1): Rendered {
  const positions = transformToCamera(scene.shape, scene.pose);
  const shading = shade(viewNormals(scene), scene.light);
  const { camera } = scene;
  const fine = {
    fx: camera.fx * samples,
    fy: camera.fy * samples,
    cx: camera.cx * samples,
    cy: camera.cy * samples,
  };
  const size = { width: width * samples, height: height * samples };
  const raster = rasterize(positions, scene.triangles, fine, size, createRaster(size.width, size.height));
  const sums = new Float32Array(3 * width * height);
  for (let p = 0; p < raster.triangle.length; p++) {
    const x = Math.floor((p % size.width) / samples);
    const y = Math.floor(Math.floor(p / size.width) / samples);
    const out = 3 * (y * width + x);
    const t = raster.triangle[p];
    if (t < 0) {
      for (let c = 0; c < 3; c++) sums[out + c] += scene.background[c];
      continue;
    }
    const a = raster.barycentrics[2 * p];
    const b = raster.barycentrics[2 * p + 1];
    const weights = [a, b, 1 - a - b];
    let light = 0;
    for (let k = 0; k < 3; k++) light += weights[k] * shading[scene.triangles[3 * t + k]];
    for (let c = 0; c < 3; c++) {
      let albedo = 0;
      for (let k = 0; k < 3; k++) albedo += weights[k] * scene.albedo[3 * scene.triangles[3 * t + k] + c];
      sums[out + c] += albedo * Math.max(0, light);
    }
  }
  return {
    image: { width, height, data: Uint8Array.from(sums, (x) => toSrgb(x / samples ** 2)) },
    raster,
  };
}

/** Normals of the posed head in the frame of the light. */
function viewNormals({ shape, triangles, pose }: Scene): Float32Array {
  const normals = vertexNormals(shape, triangles);
  const m = quaternion.toMatrix(pose.rotation);
  for (let i = 0; i < normals.length; i += 3) {
    const [x, y, z] = [normals[i], normals[i + 1], normals[i + 2]];
    for (let r = 0; r < 3; r++) normals[i + r] = m[3 * r] * x + m[3 * r + 1] * y + m[3 * r + 2] * z;
  }
  return normals;
}
