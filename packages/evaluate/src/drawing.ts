import {
  type Angles,
  type Camera,
  compose,
  createPyramid,
  cropCamera,
  type Head,
  type LabelMap,
  type Mesh,
  projectedBounds,
  quaternionFromAngles,
  type RgbImage,
  rasterize,
  resample,
  shade,
  shadeTextured,
  shadeVertexColors,
  supersample,
  transformToCamera,
  transformToModel,
  type Vec3,
  vertexNormals,
} from "cameo";
import { tintLabels } from "./overlay.ts";

/** Side of the square panels that figures are made of, pixels. */
const PANEL = 176;
const SUPERSAMPLING = 3;
/** The square shown, in multiples of what the head takes. */
const MARGIN = 1.4;
const BACKGROUND = [255, 255, 255] as const;
/** Grey light from above and from the left of the viewer, in spherical harmonics. */
const CLAY_LIGHT = [1.3, 0.5, 1.2, -0.45, 0, 0, 0, 0, 0];

/** The part of a photo that a panel shows. */
export interface Frame {
  /** Top left corner and side of a square, photo pixels. */
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** The square about a head. @param surface in the space of the camera, mm */
export function frameOf(surface: Mesh, camera: Camera): Frame {
  const { left, top, right, bottom } = projectedBounds(
    surface.positions,
    camera,
    Uint32Array.from(new Set(surface.triangles)),
  );
  const side = MARGIN * Math.max(right - left, bottom - top);
  return { x: (left + right - side) / 2, y: (top + bottom - side) / 2, side };
}

const cameraOf = (camera: Camera, { x, y, side }: Frame): Camera => cropCamera(camera, x, y, PANEL / side);
const square = { width: PANEL, height: PANEL };

/** A part of a photo; white where the photo ends. @param labels of the photo, to be laid over it */
export function drawPhoto(image: RgbImage, { x, y, side }: Frame, labels?: LabelMap): RgbImage {
  const step = side / PANEL;
  const picture = { ...square, data: new Uint8ClampedArray(3 * PANEL * PANEL) };
  resample(createPyramid(image), [step, 0, x, 0, step, y], PANEL, PANEL, picture.data);
  if (labels) tintLabels(picture, labels, { x, y, step });
  for (let p = 0; p < PANEL * PANEL; p++) {
    const u = x + ((p % PANEL) + 0.5) * step;
    const v = y + (Math.floor(p / PANEL) + 0.5) * step;
    if (u < 0 || v < 0 || u >= image.width || v >= image.height) picture.data.set(BACKGROUND, 3 * p);
  }
  return picture;
}

/** A surface that a camera looks at, and the point that it is turned about. */
export interface Sight {
  readonly camera: Camera;
  /** Camera space, mm. */
  readonly centre: Vec3;
  readonly frame: Frame;
}

/** The surface with vertices of one position made one, so that it is smooth where a texture has seams. */
export function weld({ positions, triangles }: Mesh): Mesh {
  const first = new Map<string, number>();
  const same = Uint32Array.from({ length: positions.length / 3 }, (_, v) => {
    const place = positions.subarray(3 * v, 3 * v + 3).join();
    if (!first.has(place)) first.set(place, v);
    return first.get(place)!;
  });
  return { positions, triangles: triangles.map((v) => same[v]) };
}

/** A surface as clay, turned by angles (radians) from how the photo shows it. @param surface camera space, mm */
export function drawClay(surface: Mesh, { camera, centre, frame }: Sight, angles: Partial<Angles> = {}): RgbImage {
  const { triangles } = surface;
  const positions = turn(surface.positions, centre, angles);
  const normals = vertexNormals(positions, triangles).map((n, i) => (i % 3 === 0 ? n : -n));
  const grey = shade(normals, CLAY_LIGHT);
  const colors = Float32Array.from({ length: positions.length }, (_, i) => 0.75 * grey[Math.floor(i / 3)]);
  return compose(
    supersample(cameraOf(camera, frame), square, SUPERSAMPLING, (view, size) =>
      shadeVertexColors(rasterize(positions, triangles, view, size), colors, triangles),
    ),
    BACKGROUND,
  );
}

/** A reconstructed head with its colours, turned likewise. */
export function drawTextured(head: Head, { camera, centre, frame }: Sight, angles: Partial<Angles> = {}): RgbImage {
  const { triangles, uvs } = head.mesh;
  const positions = turn(transformToCamera(head.mesh.positions, head.pose), centre, angles);
  return compose(
    supersample(cameraOf(camera, frame), square, SUPERSAMPLING, (view, size) =>
      shadeTextured(rasterize(positions, triangles, view, size), head.texture, uvs, triangles, {
        view: { positions, triangles, camera: view },
      }),
    ),
    BACKGROUND,
  );
}

/** Camera-space points turned about one of them, in the viewer's axes. */
function turn(points: Float32Array, centre: Vec3, angles: Partial<Angles>): Float32Array {
  const rotation = quaternionFromAngles({ yaw: 0, pitch: 0, roll: 0, ...angles });
  const upright = transformToModel(points, { rotation: [0, 0, 0, 1], translation: centre });
  return transformToCamera(upright, { rotation, translation: centre });
}

/** Rows of panels as one picture. */
export function sheetOf(rows: readonly (readonly RgbImage[])[]): RgbImage {
  const width = PANEL * Math.max(...rows.map((row) => row.length));
  const height = PANEL * rows.length;
  const data = new Uint8Array(3 * width * height).fill(255);
  rows.forEach((row, r) => {
    row.forEach((panel, c) => {
      for (let y = 0; y < PANEL; y++)
        data.set(panel.data.subarray(3 * PANEL * y, 3 * PANEL * (y + 1)), 3 * ((r * PANEL + y) * width + c * PANEL));
    });
  });
  return { width, height, data };
}
