import { apply2d } from "../../geometry/transform2d.ts";
import { type Pyramid, resample } from "../../resample.ts";
import type { Session } from "../../runtime/runtime.ts";
import { type Region, regionToPhoto } from "./region.ts";

/** Points of FaceMesh. */
export const meshPoints = 468;

const resolution = 192;
/** The mesh's own region: its bounding box, enlarged. */
const margin = 1.5;
/** Outer corners of the eyes at picture left and right, of an upright face. */
const outerCorners = [33, 263] as const;

/** What FaceMesh sees in a region. */
export interface MeshResult {
  /** How sure it is to see a face, 0 … 1. */
  readonly score: number;
  /** 468 × (x, y, z): photo pixels, z of the same scale with larger values further away. */
  readonly points: Float32Array;
}

/** Fits the 468 points to the face in a region. */
export async function runFaceMesh(session: Session, pyramid: Pyramid, region: Region): Promise<MeshResult> {
  const input = new Float32Array(resolution * resolution * 3);
  const toPhoto = regionToPhoto(region, resolution);
  resample(pyramid, toPhoto, resolution, resolution, input, { gain: 1 / 255 });
  const outputs = await session.run({ input_1: { data: input, dims: [1, resolution, resolution, 3] } });
  const mesh = outputs.output_mesh.data;
  const points = new Float32Array(meshPoints * 3);
  const scale = region.size / resolution;
  for (let i = 0; i < points.length; i += 3) {
    const [x, y] = apply2d(toPhoto, mesh[i], mesh[i + 1]);
    points[i] = x;
    points[i + 1] = y;
    points[i + 2] = mesh[i + 2] * scale;
  }
  return { score: outputs.output_faceflag.data[0], points };
}

/** The region that a mesh itself asks for: upright by the eyes, its bounding box in the middle. */
export function regionOfMesh(points: Float32Array): Region {
  const [left, right] = outerCorners.map((i) => i * 3);
  const angle = Math.atan2(points[right + 1] - points[left + 1], points[right] - points[left]);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 3) {
    const x = c * points[i] + s * points[i + 1];
    const y = -s * points[i] + c * points[i + 1];
    minX = Math.min(minX, x);
    maxX = Math.max(maxX, x);
    minY = Math.min(minY, y);
    maxY = Math.max(maxY, y);
  }
  const [x, y] = [(minX + maxX) / 2, (minY + maxY) / 2];
  return { x: c * x - s * y, y: s * x + c * y, size: margin * Math.max(maxX - minX, maxY - minY), angle };
}
