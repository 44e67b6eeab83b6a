import {
  type Camera,
  type DepthMap,
  type Head,
  keepShortTriangles,
  Label,
  type LabelMap,
  labelsOfRegions,
  type MorphableModel,
  type Pose,
  pixelSpacing,
  project,
  rasterize,
  surfacePositions,
  synthesizeShape,
  transformToCamera,
  triangulateGrid,
} from "cameo";
import type { HeadGeometry } from "./distances.ts";
import { surroundDepth } from "./surround.ts";

/** Edges in the mesh of a depth map may be so many pixel spacings long, as in reconstruction. */
const LONGEST_EDGE = 6;

/** What was reconstructed. */
export function reconstructedGeometry(head: Head): HeadGeometry {
  const { camera, pose, mesh } = head;
  const triangles = mesh.triangles.filter((_, k) => mesh.labels[mesh.triangles[k - (k % 3)]] !== Label.background);
  return { camera, depth: head.depthMap(), surface: { positions: transformToCamera(mesh.positions, pose), triangles } };
}

/** The model's mean head, bald, at a pose: what knowing the pose alone gives. */
export function averageGeometry(
  model: MorphableModel,
  pose: Pose,
  camera: Camera,
  size: { readonly width: number; readonly height: number },
): HeadGeometry {
  const positions = transformToCamera(synthesizeShape(model, [], []), pose);
  const labels = labelsOfRegions(model.regions);
  const { width, height, depth, triangle } = rasterize(positions, model.triangles, camera, size);
  const seen = depth.map((z, p) => (triangle[p] >= 0 && labels[triangle[p]] !== Label.background ? z : 0));
  const triangles = model.triangles.filter((_, k) => labels[Math.floor(k / 3)] !== Label.background);
  return { camera, depth: { width, height, data: seen }, surface: { positions, triangles } };
}

/** A depth map with its mesh, cut where depth jumps. */
export function depthGeometry(depth: DepthMap, camera: Camera): HeadGeometry {
  const mesh = triangulateGrid(depth, camera);
  const kept = keepShortTriangles(mesh.positions, mesh.triangles, pixelSpacing(mesh.positions, camera), LONGEST_EDGE);
  const triangles = Uint32Array.from(
    { length: 3 * kept.length },
    (_, k) => mesh.triangles[3 * kept[Math.floor(k / 3)] + (k % 3)],
  );
  return { camera, depth, surface: { positions: mesh.positions, triangles } };
}

/** Where the face of the model is: what never comes from a depth map. */
const FACIAL: ReadonlySet<number> = new Set([Label.face, Label.innerMouth]);
/** The tip of the nose among the 68 landmarks. */
const NOSE_TIP = 30;

/** The heuristic depth about the reconstructed face, over what labels say is head: {@link surroundDepth}. */
export function surroundGeometry(
  model: MorphableModel,
  { camera, pose, coefficients }: Head,
  labels: LabelMap,
): HeadGeometry {
  const shape = synthesizeShape(model, coefficients.identity, coefficients.expression);
  const positions = transformToCamera(shape, pose);
  const regions = labelsOfRegions(model.regions);
  const { width, height, depth, triangle } = rasterize(positions, model.triangles, camera, labels);
  const face = depth.map((z, p) => (triangle[p] >= 0 && FACIAL.has(regions[triangle[p]]) ? z : 0));
  const tip = surfacePositions(model, positions, model.landmarks68).subarray(3 * NOSE_TIP, 3 * NOSE_TIP + 3);
  const [x, y] = project(tip, camera);
  return depthGeometry(surroundDepth({ width, height, data: face }, labels, [x, y, tip[2]]), camera);
}
