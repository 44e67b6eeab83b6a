import { type Camera, type DepthMap, type Matrix3, type Raster, rasterize, triangulateGrid, type Vec3 } from "cameo";

/** What each pixel of a picture sees: inputs of a graph, for one sample. */
export interface Visibility {
  /** Vertex numbers of the corners of the triangle seen, three per pixel; 0 where there is none. */
  readonly corners: Int32Array;
  /** 1 where a triangle is seen, else 0. */
  readonly covered: Float32Array;
}

/** A rigid motion: point ↦ rotation · point + translation (mm), rotation row-major. */
export interface Motion {
  readonly rotation: Matrix3;
  readonly translation: Vec3;
}

function visibilityOf({ triangle }: Raster, triangles: Uint32Array, vertexNumbers?: Uint32Array): Visibility {
  const corners = new Int32Array(3 * triangle.length);
  const covered = new Float32Array(triangle.length);
  for (let p = 0; p < triangle.length; p++) {
    if (triangle[p] < 0) continue;
    covered[p] = 1;
    for (let k = 0; k < 3; k++) {
      const vertex = triangles[3 * triangle[p] + k];
      corners[3 * p + k] = vertexNumbers ? vertexNumbers[vertex] : vertex;
    }
  }
  return { corners, covered };
}

/** Which triangle of a camera-space mesh (mm) each pixel sees. Not differentiable: the rest of rendering is. */
export function meshVisibility(
  positions: Float32Array,
  triangles: Uint32Array,
  camera: Camera,
  width: number,
  height: number,
): Visibility {
  return visibilityOf(rasterize(positions, triangles, camera, { width, height }), triangles);
}

/**
 * What a second camera sees of the mesh over a masked depth map (paper section 4.2): the pixels of the mask are
 * triangulated, moved, and rasterised. Vertices are numbered by their pixel in the depth map.
 */
export function warpVisibility(
  depth: DepthMap,
  mask: Uint8Array,
  from: Camera,
  to: Camera,
  motion: Motion,
): Visibility {
  const { positions, triangles, pixels } = triangulateGrid(depth, from, mask);
  const { rotation: r, translation: t } = motion;
  const moved = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [positions[i], positions[i + 1], positions[i + 2]];
    for (let k = 0; k < 3; k++) moved[i + k] = r[3 * k] * x + r[3 * k + 1] * y + r[3 * k + 2] * z + t[k];
  }
  const { width, height } = depth;
  // Seen from the other camera a stretched part of the mesh may turn its back; it hides nothing then.
  return visibilityOf(rasterize(moved, triangles, to, { width, height }), triangles, pixels);
}
