import { smoothstep } from "../../geometry/smoothstep.ts";
import { type Border, borders, pathLength } from "../../mesh/border.ts";
import { fillLoop } from "../../mesh/fill-loop.ts";
import { nextHalfEdge } from "../../mesh/half-edges.ts";
import { labelsOfRegions } from "../../morphable/labels.ts";
import { type MorphableModel, Region } from "../../morphable/model.ts";
import { surfacePositions, synthesizeShape } from "../../morphable/synthesize.ts";
import type { Raster } from "../../raster/raster.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { type Adjacency, adjacency } from "./diffuse.ts";

/** What the head stage needs of a model whatever the photo: made once. */
export interface HeadTemplate {
  readonly model: MorphableModel;
  /** The model's triangles, then those that close it where it has borders: every edge is in two. */
  readonly triangles: Uint32Array;
  /** Three indices into the model's `uvs` per triangle. */
  readonly uvTriangles: Uint32Array;
  /** One {@link Label} per triangle. */
  readonly labels: Uint8Array;
  /** 1 for triangles of the face mesh: they move with expressions and are never replaced by the depth map. */
  readonly facial: Uint8Array;
  /** One {@link Region} per triangle. */
  readonly regionsOfTriangles: Uint8Array;
  /** One {@link Region} per vertex; where regions meet, that which comes first in the list. */
  readonly regions: Uint8Array;
  /** How far a photo can be expected to show each vertex's own skin, in [0, 1]: below the chin clothes begin. */
  readonly bareness: Float32Array;
  /** What each vertex is made of, as far as its colour is concerned: one {@link Material} per vertex. */
  readonly materials: Uint8Array;
  /** The outer border of the face mesh. */
  readonly faceBorder: Border;
  readonly edges: Adjacency;
  /** The surface laid out flat in its texture atlas. */
  readonly atlas: Raster;
}

/** Kinds of surface whose unseen parts are coloured in their own ways. */
export const Material = { lid: 0, skin: 1, neck: 2, hair: 3, mouth: 4, other: 5 } as const;

const MATERIAL: Record<number, number> = {
  [Region.face]: Material.skin,
  [Region.earLeft]: Material.skin,
  [Region.earRight]: Material.skin,
  [Region.neck]: Material.neck,
  [Region.scalp]: Material.hair,
  [Region.innerMouth]: Material.mouth,
  [Region.teeth]: Material.mouth,
  [Region.tongue]: Material.mouth,
};

const FACIAL = new Set<number>([
  Region.face,
  Region.eyeLeft,
  Region.eyeRight,
  Region.eyeSocket,
  Region.innerMouth,
  Region.teeth,
  Region.tongue,
]);

/** @param atlasSide of the square texture that holds the model's atlas, pixels */
export function headTemplate(model: MorphableModel, atlasSide = 768): HeadTemplate {
  const { triangles, uvTriangles, regionsOfTriangles } = closedModel(model);
  const facial = model.regions.map((region) => (FACIAL.has(region) ? 1 : 0));
  const materials = materialsOf(model);
  return {
    model,
    triangles,
    uvTriangles,
    labels: labelsOfRegions(regionsOfTriangles),
    regionsOfTriangles,
    regions: regionsOfVertices(model),
    facial,
    bareness: barenessOf(model, materials),
    materials,
    faceBorder: faceBorderOf(model, facial),
    edges: adjacency(model.triangles, model.vertexCount),
    atlas: layOut(model, atlasSide),
  };
}

/** The model's surface and the fillings of all its borders, each of which has the colour of a point of its border. */
function closedModel(model: MorphableModel): Pick<HeadTemplate, "triangles" | "uvTriangles" | "regionsOfTriangles"> {
  const mean = synthesizeShape(model, [], []);
  const edges = new Set<number>();
  const uvOf = new Uint32Array(model.vertexCount);
  const regionOf = new Uint8Array(model.vertexCount);
  const edge = (a: number, b: number) => Math.min(a, b) * model.vertexCount + Math.max(a, b);
  for (let k = 0; k < model.triangles.length; k++) {
    const v = model.triangles[k];
    uvOf[v] = model.uvTriangles[k];
    regionOf[v] = model.regions[Math.floor(k / 3)];
    edges.add(edge(v, model.triangles[nextHalfEdge(k)]));
  }
  const fillings = borders(model.triangles).map((border) => ({
    corners: fillLoop(mean, border, (a, b) => edges.has(edge(a, b))),
    first: border.vertices[0],
  }));
  return {
    triangles: Uint32Array.from([...model.triangles, ...fillings.flatMap(({ corners }) => [...corners])]),
    uvTriangles: Uint32Array.from([
      ...model.uvTriangles,
      ...fillings.flatMap(({ corners, first }) => Array.from(corners, () => uvOf[first])),
    ]),
    regionsOfTriangles: Uint8Array.from([
      ...model.regions,
      ...fillings.flatMap(({ corners, first }) => Array.from({ length: corners.length / 3 }, () => regionOf[first])),
    ]),
  };
}

function regionsOfVertices({ vertexCount, triangles, regions }: MorphableModel): Uint8Array {
  const out = new Uint8Array(vertexCount).fill(255);
  for (let k = 0; k < triangles.length; k++)
    out[triangles[k]] = Math.min(out[triangles[k]], regions[Math.floor(k / 3)]);
  return out;
}

/** The longest of the loops that the face mesh ends in; the others are inside the mouth. */
function faceBorderOf(model: MorphableModel, facial: Uint8Array): Border {
  const mean = synthesizeShape(model, [], []);
  const triangles = model.triangles.filter((_, k) => facial[Math.floor(k / 3)] === 1);
  const loops = borders(triangles).map((border) => ({ border, length: pathLength(mean, border) }));
  return loops.reduce((a, b) => (b.length > a.length ? b : a)).border;
}

/** So far below the chin, mm, clothes are to be expected. */
const COLLAR = 50;
/** The chin among the 68 landmarks. */
const CHIN = 8;

function barenessOf(model: MorphableModel, materials: Uint8Array): Float32Array {
  const mean = synthesizeShape(model, [], []);
  const chin = surfacePositions(model, mean, model.landmarks68)[3 * CHIN + 1];
  return Float32Array.from(materials, (material, v) =>
    material === Material.neck ? smoothstep(chin - COLLAR, chin, mean[3 * v + 1]) : 1,
  );
}

/** Skin so near to the centre of an eye, in multiples of the eyeball's radius, is lid. */
const LID_REACH = 1.7;

/** Where regions meet the vertex is skin rather than neck, and neck rather than hair. */
function materialsOf(model: MorphableModel): Uint8Array {
  const { vertexCount, triangles, regions } = model;
  const materials = new Uint8Array(vertexCount).fill(Material.other);
  for (let k = 0; k < triangles.length; k++) {
    const material = MATERIAL[regions[Math.floor(k / 3)]] ?? Material.other;
    materials[triangles[k]] = Math.min(materials[triangles[k]], material);
  }
  const mean = synthesizeShape(model, [], []);
  for (const eye of [Region.eyeLeft, Region.eyeRight]) {
    const { centre, radius } = ballOf(model, mean, eye);
    for (let v = 0; v < vertexCount; v++) {
      const distance = Math.hypot(mean[3 * v] - centre[0], mean[3 * v + 1] - centre[1], mean[3 * v + 2] - centre[2]);
      if (materials[v] === Material.skin && distance < LID_REACH * radius) materials[v] = Material.lid;
    }
  }
  return materials;
}

/** Centre and mean radius of a region's vertices. */
function ballOf({ triangles, regions }: MorphableModel, positions: Float32Array, region: number) {
  const vertices = [...new Set(triangles.filter((_, k) => regions[Math.floor(k / 3)] === region))];
  const centre = [0, 1, 2].map((k) => vertices.reduce((sum, v) => sum + positions[3 * v + k], 0) / vertices.length);
  const distances = vertices.map((v) => Math.hypot(...centre.map((c, k) => positions[3 * v + k] - c)));
  return { centre, radius: distances.reduce((a, b) => a + b, 0) / distances.length };
}

/** Rasterises the texture atlas: u and v as x and y at depth 1. */
function layOut({ uvs, uvTriangles }: MorphableModel, side: number): Raster {
  const flat = Float32Array.from({ length: (uvs.length / 2) * 3 }, (_, i) =>
    i % 3 === 2 ? 1 : uvs[2 * Math.floor(i / 3) + (i % 3)],
  );
  const camera = { fx: side, fy: side, cx: 0, cy: 0 };
  return rasterize(flat, uvTriangles, camera, { width: side, height: side, near: 0.5, cull: "none" });
}
