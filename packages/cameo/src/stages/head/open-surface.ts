import type { Camera } from "../../geometry/camera.ts";
import { transformToModel } from "../../geometry/pose.ts";
import { type DepthMap, Label, type LabelMap } from "../../image.ts";
import { type Border, borders, pathLength } from "../../mesh/border.ts";
import { gather } from "../../mesh/compact.ts";
import { distance } from "../../mesh/distance.ts";
import { type GridMesh, triangulateGrid } from "../../mesh/grid.ts";
import { keepShortTriangles, pixelSpacing } from "../../mesh/long-triangles.ts";
import { vertexNormals } from "../../mesh/normals.ts";
import { stitch } from "../../mesh/stitch.ts";
import type { HeadSurface, SurfaceInput } from "./surface.ts";

/** Edges of the depth mesh may be so many pixel spacings long: surfaces turned away by up to 80° pass. */
const LONGEST_EDGE = 6;
/** Face and depth map show the same surface where they differ by no more than this, mm. */
const SAME_SURFACE = 5;
/** No triangle of the seam is longer than this, mm. */
const LONGEST_STITCH = 12;

/**
 * What the photo shows, as in paper section 4: the model's face, and the depth map of the remaining head region
 * 𝓗 = 𝓢 − (𝓢ᶠ ∩ 𝓕) as a regular grid without long triangles, stitched to the face's border. Hair over the face is a
 * layer of its own.
 */
export function openSurface(input: SurfaceInput): HeadSurface {
  const {
    template,
    shape,
    pose,
    crop: { camera },
    labels,
    depth,
  } = input;
  const { model, facial, faceBorder } = template;
  const grid = depthMesh(depth, labels, camera, facePixels(input));
  const { vertexCount } = model;
  const kept = [...model.regions.keys()].filter((t) => facial[t]);
  const positions = new Float32Array(shape.length + grid.positions.length);
  positions.set(shape);
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
  normals.set(vertexNormals(shape, model.triangles));
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

/** 1 where the face mesh shows: 𝓢ᶠ ∩ 𝓕. */
function facePixels({ template: { facial }, raster, labels }: SurfaceInput): Uint8Array {
  return labels.data.map((label, i) => {
    const isFace = label === Label.face || label === Label.innerMouth;
    return isFace && raster.triangle[i] >= 0 ? facial[raster.triangle[i]] : 0;
  });
}

/** The mesh of the depth map over 𝓗, in camera space. */
function depthMesh(
  depth: DepthMap,
  labels: LabelMap,
  camera: Camera,
  face: Uint8Array,
): GridMesh & { face: Uint8Array } {
  const mask = labels.data.map((label, i) => (label !== Label.background && !face[i] ? 1 : 0));
  const mesh = triangulateGrid(depth, camera, mask);
  const kept = keepShortTriangles(mesh.positions, mesh.triangles, pixelSpacing(mesh.positions, camera), LONGEST_EDGE);
  return { ...mesh, triangles: gather(mesh.triangles, 3, kept), face };
}

/** Triangles that close the gap of about a pixel between the border of the face and that of the depth mesh. */
function stitchToFace(
  positions: Float32Array,
  gridTriangles: Uint32Array,
  faceBorder: Border,
  grid: GridMesh & { readonly face: Uint8Array },
  firstGridVertex: number,
  { depth, raster }: SurfaceInput,
): Uint32Array {
  const { width } = depth;
  // A vertex of the depth mesh lies at the face where a neighbouring pixel shows the face at about the same depth.
  const atFace = (v: number): boolean => {
    const p = grid.pixels[v - firstGridVertex];
    for (let dy = -width; dy <= width; dy += width) {
      for (let dx = -1; dx <= 1; dx++) {
        const q = p + dy + dx;
        if (grid.face[q] && Math.abs(raster.depth[q] - depth.data[p]) < SAME_SURFACE) return true;
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
