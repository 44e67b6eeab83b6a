import type { Camera } from "../../geometry/camera.ts";
import { type Pose, transformToCamera, transformToModel } from "../../geometry/pose.ts";
import { type DepthMap, Label, type LabelMap } from "../../image.ts";
import { type Border, borders, pathLength } from "../../mesh/border.ts";
import { gather } from "../../mesh/compact.ts";
import { distance } from "../../mesh/distance.ts";
import { type GridMesh, triangulateGrid } from "../../mesh/grid.ts";
import { keepShortTriangles, pixelSpacing } from "../../mesh/long-triangles.ts";
import { vertexNormals } from "../../mesh/normals.ts";
import { stitch } from "../../mesh/stitch.ts";
import { Region } from "../../morphable/model.ts";
import type { Raster } from "../../raster/raster.ts";
import type { View } from "../../view.ts";
import type { HeadTemplate } from "./template.ts";

/** The head as one mesh: the model's vertices first, then those of the depth map. */
export interface HeadSurface {
  /** Model space, mm. */
  readonly positions: Float32Array;
  /** Unit length, model space. */
  readonly normals: Float32Array;
  readonly triangles: Uint32Array;
  /** Of each triangle: the model's triangle it is; −1 for those made of the depth map. */
  readonly modelTriangles: Int32Array;
  /** One {@link Label} per triangle. */
  readonly labels: Uint8Array;
}

/** A posed model and what the estimation stages found in the head crop. */
export interface SurfaceInput {
  readonly template: HeadTemplate;
  /** The model's surface, model space, mm. */
  readonly shape: Float32Array;
  readonly pose: Pose;
  readonly photo: View;
  /** The head crop that labels and depth were estimated in. */
  readonly crop: View;
  /** The posed model as that camera sees it. */
  readonly raster: Raster;
  readonly labels: LabelMap;
  /** The same labels, finer: {@link FINE} times as many pixels in each direction. */
  readonly fineLabels: LabelMap;
  readonly depth: DepthMap;
}

/** Edges of the depth mesh may be so many pixel spacings long: surfaces turned away by up to 80° pass. */
const LONGEST_EDGE = 6;
/** Model and depth map show the same surface where they differ by no more than this, mm. */
const SAME_SURFACE = 5;
/** Where the model continues below the depth mesh it lies this much deeper, mm, so that the two do not flicker. */
const INSET = 0.8;
/** No triangle of the seam is longer than this, mm. */
const LONGEST_STITCH = 12;

/**
 * Joins the two layers of paper section 4 into one mesh: the model's face, and the depth map of the remaining head
 * region 𝓗 = 𝓢 − (𝓢ᶠ ∩ 𝓕) as a regular grid without long triangles, stitched to the face's border. What the photo
 * does not show of ears, scalp and neck is the model's.
 */
export function buildSurface(input: SurfaceInput): HeadSurface {
  const {
    template,
    shape,
    pose,
    crop: { camera },
    labels,
    depth,
  } = input;
  const { model, facial, faceBorder } = template;
  const grid = depthMesh(depth, labels, camera, modelPixels(input));
  const { vertexCount } = model;

  const posed = transformToCamera(shape, pose);
  const modelNormals = vertexNormals(shape, model.triangles);
  const covered = coveredVertices(posed, vertexNormals(posed, model.triangles), grid, depth, camera);
  const kept: number[] = [];
  const inset = new Uint8Array(vertexCount);
  for (let t = 0; t < model.regions.length; t++) {
    const corners = model.triangles.subarray(3 * t, 3 * t + 3);
    if (facial[t]) kept.push(t);
    else if (!corners.every((v) => covered[v])) {
      kept.push(t);
      for (const v of corners) inset[v] = covered[v];
    }
  }
  for (const v of faceBorder.vertices) inset[v] = 0;

  const positions = new Float32Array(shape.length + grid.positions.length);
  positions.set(shape);
  for (let v = 0; v < vertexCount; v++) {
    if (inset[v]) for (let k = 0; k < 3; k++) positions[3 * v + k] -= INSET * modelNormals[3 * v + k];
  }
  positions.set(transformToModel(grid.positions, pose), shape.length);

  const gridTriangles = grid.triangles.map((v) => v + vertexCount);
  const seam = stitchToFace(positions, gridTriangles, faceBorder, grid, vertexCount, input);
  const modelPart = gather(model.triangles, 3, kept);
  const depthPart = concat(gridTriangles, seam);

  const depthLabels = Uint8Array.from({ length: depthPart.length / 3 }, (_, t) => {
    const v = depthPart.subarray(3 * t, 3 * t + 3).find((corner) => corner >= vertexCount)!;
    return labels.data[grid.pixels[v - vertexCount]];
  });
  // The model's own normals where it has a surface, those of the depth mesh elsewhere.
  const normals = vertexNormals(positions, depthPart);
  normals.set(modelNormals);
  return {
    positions,
    normals,
    triangles: concat(modelPart, depthPart),
    modelTriangles: Int32Array.from({ length: kept.length + depthLabels.length }, (_, t) => kept[t] ?? -1),
    labels: concat(gather(template.labels, 1, kept), depthLabels),
  };
}

function concat<T extends Uint32Array | Uint8Array>(a: T, b: T): T {
  const out = new (a.constructor as new (length: number) => T)(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/**
 * 1 where the model's own mesh shows: the face, 𝓢ᶠ ∩ 𝓕, and ears that the depth map has where the model has them, as
 * their relief is finer than its pixels.
 */
function modelPixels({ template, raster, labels, depth }: SurfaceInput): Uint8Array {
  const { facial, model } = template;
  return labels.data.map((label, i) => {
    const t = raster.triangle[i];
    if (t < 0) return 0;
    if (label === Label.face || label === Label.innerMouth) return facial[t];
    const isEar = label === Label.earLeft || label === Label.earRight;
    const modelEar = model.regions[t] === Region.earLeft || model.regions[t] === Region.earRight;
    return isEar && modelEar && Math.abs(raster.depth[i] - depth.data[i]) < SAME_SURFACE ? 1 : 0;
  });
}

/** The mesh of the depth map over 𝓗, in camera space. */
function depthMesh(
  depth: DepthMap,
  labels: LabelMap,
  camera: Camera,
  model: Uint8Array,
): GridMesh & { model: Uint8Array } {
  const mask = labels.data.map((label, i) => (label !== Label.background && !model[i] ? 1 : 0));
  const mesh = triangulateGrid(depth, camera, mask);
  const kept = keepShortTriangles(mesh.positions, mesh.triangles, pixelSpacing(mesh.positions, camera), LONGEST_EDGE);
  return { ...mesh, triangles: gather(mesh.triangles, 3, kept), model };
}

/** 1 for the model's vertices that the depth mesh stands for. */
function coveredVertices(
  positions: Float32Array,
  normals: Float32Array,
  grid: GridMesh,
  { width, height, data }: DepthMap,
  camera: Camera,
): Uint8Array {
  const inGrid = new Uint8Array(width * height);
  for (const v of grid.triangles) inGrid[grid.pixels[v]] = 1;
  const covered = new Uint8Array(positions.length / 3);
  for (let v = 0; v < covered.length; v++) {
    const x = positions[3 * v];
    const y = positions[3 * v + 1];
    const z = positions[3 * v + 2];
    if (x * normals[3 * v] + y * normals[3 * v + 1] + z * normals[3 * v + 2] >= 0) continue;
    const px = Math.floor((camera.fx * x) / z + camera.cx);
    const py = Math.floor((camera.fy * y) / z + camera.cy);
    if (px < 1 || py < 1 || px >= width - 1 || py >= height - 1) continue;
    const p = py * width + px;
    let whole = Math.abs(data[p] - z) < SAME_SURFACE;
    for (let dy = -width; dy <= width && whole; dy += width) {
      for (let dx = -1; dx <= 1; dx++) if (!inGrid[p + dy + dx]) whole = false;
    }
    if (whole) covered[v] = 1;
  }
  return covered;
}

/** Triangles that close the gap of about a pixel between the border of the face and that of the depth mesh. */
function stitchToFace(
  positions: Float32Array,
  gridTriangles: Uint32Array,
  faceBorder: Border,
  grid: GridMesh & { readonly model: Uint8Array },
  firstGridVertex: number,
  { template, depth, raster }: SurfaceInput,
): Uint32Array {
  const { width } = depth;
  // A vertex of the depth mesh lies at the face where a neighbouring pixel shows the face at about the same depth.
  const atFace = (v: number): boolean => {
    const p = grid.pixels[v - firstGridVertex];
    for (let dy = -width; dy <= width; dy += width) {
      for (let dx = -1; dx <= 1; dx++) {
        const q = p + dy + dx;
        if (
          grid.model[q] &&
          template.facial[raster.triangle[q]] &&
          Math.abs(raster.depth[q] - depth.data[p]) < SAME_SURFACE
        )
          return true;
      }
    }
    return false;
  };
  const out: number[] = [];
  for (const chain of borders(gridTriangles, (from, to) => atFace(from) && atFace(to))) {
    if (chain.vertices.length < 4) continue;
    const opposite = chain.closed ? faceBorder : oppositePart(positions, faceBorder, chain);
    // A part much longer than the chain runs around the wrong way, or the chain does not follow the face.
    if (opposite.vertices.length < 2 || pathLength(positions, opposite) > 2 * pathLength(positions, chain)) continue;
    const strip = stitch(positions, chain, opposite);
    for (let t = 0; t < strip.length; t += 3) {
      const [a, b, c] = strip.subarray(t, t + 3);
      const longest = Math.max(distance(positions, a, b), distance(positions, b, c), distance(positions, c, a));
      if (longest < LONGEST_STITCH) out.push(a, b, c);
    }
  }
  return Uint32Array.from(out);
}

/** The part of a loop that runs along a chain, the other way: from the chain's end to its start. */
function oppositePart(positions: Float32Array, loop: Border, chain: Border): Border {
  const nearest = (v: number): number => {
    let best = 0;
    for (let i = 1; i < loop.vertices.length; i++) {
      if (distance(positions, loop.vertices[i], v) < distance(positions, loop.vertices[best], v)) best = i;
    }
    return best;
  };
  const n = loop.vertices.length;
  const from = nearest(chain.vertices[chain.vertices.length - 1]);
  const to = nearest(chain.vertices[0]);
  const count = ((to - from + n) % n) + 1;
  const vertices = Uint32Array.from({ length: count }, (_, i) => loop.vertices[(from + i) % n]);
  return { vertices, closed: false };
}
