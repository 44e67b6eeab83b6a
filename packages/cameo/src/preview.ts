import { type Camera, cropCamera, projectedBounds } from "./geometry/camera.ts";
import { rotateNormals, transformToCamera } from "./geometry/pose.ts";
import { shade } from "./geometry/spherical-harmonics.ts";
import type { RgbImage } from "./image.ts";
import { rasterize } from "./raster/rasterize.ts";
import { compose } from "./raster/rendering.ts";
import { shadeVertexColors } from "./raster/shade.ts";
import type { Texture } from "./raster/texture.ts";
import { createPyramid, resample } from "./resample.ts";
import { renderMesh, turned } from "./stages/pose/render.ts";
import type { PosedHead } from "./stages/pose/turn.ts";

/** Side of a panel, pixels. */
const PANEL = 400;
/** The square shown, in multiples of the head's height in the photo. */
const MARGIN = 1.35;
/** The three turned views, radians. */
const VIEWS = [{ yaw: -0.6 }, { yaw: 0.6 }, { yaw: 0.25, pitch: 0.3 }] as const;
const BACKGROUND = [44, 46, 52] as const;
/** Grey light, brighter from above and from the viewer's left (see geometry/spherical-harmonics.ts). */
const CLAY_LIGHT = [1.5, 1.4, 1.7, -0.9, 0, 0, 0, 0, 0];
/** How much of the photo the mesh overlay hides. */
const OVERLAY = 0.7;

/** What is found of a photo at a glance: photo, mesh overlay, depth and three turned views, side by side. */
export function drawPreview(head: PosedHead, texture: Texture): RgbImage {
  const { image, mesh, pose } = head;
  const size = { width: PANEL, height: PANEL };
  const positions = transformToCamera(mesh.positions, pose);
  const square = squareAbout(positions, head.camera);
  const scale = PANEL / square.side;
  const camera = cropCamera(head.camera, square.x, square.y, scale);

  const photo = cutSquare(image, square);
  const raster = rasterize(positions, mesh.triangles, camera, size);
  const clay = shadeVertexColors(raster, clayColors(head), mesh.triangles);
  const overlay = compose({ ...size, data: clay.data.map((value) => value * OVERLAY) }, photo);
  const views = VIEWS.map((angles) => {
    const view = transformToCamera(mesh.positions, turned(pose, angles));
    return compose(renderMesh(view, mesh, texture, mesh.triangles, camera, size), BACKGROUND);
  });
  return sideBySide([photo, overlay, drawDepth(raster.depth), ...views]);
}

/** A square of the photo at the size of a panel; the background colour where the photo ends. */
function cutSquare(image: RgbImage, { x, y, side }: { readonly x: number; readonly y: number; readonly side: number }) {
  const data = new Uint8ClampedArray(3 * PANEL * PANEL);
  const step = side / PANEL;
  resample(createPyramid(image), [step, 0, x, 0, step, y], PANEL, PANEL, data);
  for (let i = 0; i < PANEL * PANEL; i++) {
    const u = x + ((i % PANEL) + 0.5) * step;
    const v = y + (Math.floor(i / PANEL) + 0.5) * step;
    if (u < 0 || v < 0 || u >= image.width || v >= image.height) data.set(BACKGROUND, 3 * i);
  }
  return { width: PANEL, height: PANEL, data };
}

/** The square of the photo about the projected head. */
function squareAbout(positions: Float32Array, camera: Camera) {
  const { left, top, right, bottom } = projectedBounds(positions, camera);
  const side = MARGIN * Math.max(right - left, bottom - top);
  return { side, x: (left + right - side) / 2, y: (top + bottom - side) / 2 };
}

/** Grey under soft light from above, in linear light, per vertex. */
function clayColors({ mesh, pose }: PosedHead): Float32Array {
  const light = shade(rotateNormals(mesh.normals, pose), CLAY_LIGHT);
  return Float32Array.from({ length: mesh.normals.length }, (_, i) => 0.6 * Math.max(0, light[Math.floor(i / 3)]));
}

/** Near is light, far is dark, nothing is the background. */
function drawDepth(depth: Float32Array): RgbImage {
  let [near, far] = [Infinity, 0];
  for (const z of depth) {
    if (z === 0) continue;
    near = Math.min(near, z);
    far = Math.max(far, z);
  }
  const data = new Uint8Array(3 * depth.length);
  for (let i = 0; i < depth.length; i++) {
    const grey = 60 + (195 * (far - depth[i])) / Math.max(1, far - near);
    for (let k = 0; k < 3; k++) data[3 * i + k] = depth[i] === 0 ? BACKGROUND[k] : grey;
  }
  return { width: PANEL, height: PANEL, data };
}

function sideBySide(panels: readonly RgbImage[]): RgbImage {
  const width = PANEL * panels.length;
  const data = new Uint8Array(3 * width * PANEL);
  for (let y = 0; y < PANEL; y++) {
    panels.forEach((panel, i) => {
      data.set(panel.data.subarray(3 * y * PANEL, 3 * (y + 1) * PANEL), 3 * (y * width + i * PANEL));
    });
  }
  return { width, height: PANEL, data };
}
