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
import { type HeadGeometry, isFace } from "./distances.ts";
import { surroundDepth } from "./surround.ts";

/** Edges in the mesh of an estimated depth map may be so many pixel spacings long, as in reconstruction. */
const LONGEST_EDGE = 6;

/** What was reconstructed. */
export function reconstructedGeometry(head: Head): HeadGeometry {
  const { camera, pose, mesh } = head;
  const triangles = mesh.triangles.filter((_, k) => mesh.labels[mesh.triangles[k - (k % 3)]] !== Label.background);
  return { camera, depth: head.depthMap(), surface: { positions: transformToCamera(mesh.positions, pose), triangles } };
}

/** A head of the morphable model as a camera sees it. */
export interface FittedHead {
  readonly camera: Camera;
  readonly pose: Pose;
  /** α and β; missing ones are 0. */
  readonly coefficients: { readonly identity: ArrayLike<number>; readonly expression: ArrayLike<number> };
}

/** The mean head at a pose: what knowing the pose alone gives. */
export const averageHead = (camera: Camera, pose: Pose): FittedHead => ({
  camera,
  pose,
  coefficients: { identity: [], expression: [] },
});

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The head of the model alone, which is bald. */
export function modelGeometry(model: MorphableModel, fitted: FittedHead, size: Size): HeadGeometry {
  const { positions, depth } = seenModel(model, fitted, size, (label) => label !== Label.background);
  const labels = labelsOfRegions(model.regions);
  const triangles = model.triangles.filter((_, k) => labels[Math.floor(k / 3)] !== Label.background);
  return { camera: fitted.camera, depth, surface: { positions, triangles } };
}

/** The model's vertices in camera space, and depth where the camera sees a part with one of certain labels. */
function seenModel(
  model: MorphableModel,
  { camera, pose, coefficients }: FittedHead,
  size: Size,
  counts: (label: number) => boolean,
): { readonly positions: Float32Array; readonly depth: DepthMap } {
  const shape = synthesizeShape(model, coefficients.identity, coefficients.expression);
  const positions = transformToCamera(shape, pose);
  const labels = labelsOfRegions(model.regions);
  const { width, height, depth, triangle } = rasterize(positions, model.triangles, camera, size);
  const data = depth.map((z, p) => (triangle[p] >= 0 && counts(labels[triangle[p]]) ? z : 0));
  return { positions, depth: { width, height, data } };
}

/**
 * A depth map with its mesh.
 * @param longestEdge in pixel spacings: triangles with longer ones span a gap and are left out
 */
export function depthGeometry(depth: DepthMap, camera: Camera, longestEdge = LONGEST_EDGE): HeadGeometry {
  const { positions, triangles } = triangulateGrid(depth, camera);
  const kept = keepShortTriangles(positions, triangles, pixelSpacing(positions, camera), longestEdge);
  const short = Uint32Array.from(
    { length: 3 * kept.length },
    (_, k) => triangles[3 * kept[Math.floor(k / 3)] + (k % 3)],
  );
  return { camera, depth, surface: { positions, triangles: short } };
}

/** The tip of the nose among the 68 landmarks. */
const NOSE_TIP = 30;

/** The heuristic depth about the face of a fitted head, over what labels say is head, in one piece: {@link surroundDepth}. */
export function surroundGeometry(model: MorphableModel, fitted: FittedHead, labels: LabelMap): HeadGeometry {
  const { camera } = fitted;
  const { positions, depth } = seenModel(model, fitted, labels, isFace);
  const tip = surfacePositions(model, positions, model.landmarks68).subarray(3 * NOSE_TIP, 3 * NOSE_TIP + 3);
  const [x, y] = project(tip, camera);
  return depthGeometry(surroundDepth(depth, labels, [x, y, tip[2]]), camera, Infinity);
}
