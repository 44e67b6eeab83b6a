import type { SparseMatrix } from "../morphable/model.ts";
import { sparseFromRows } from "./sparse.ts";

/** A coarse mesh of quads and triangles. */
export interface ControlMesh {
  readonly vertexCount: number;
  /** Four vertex indices per face, counter-clockwise from outside; a triangle repeats its third corner. */
  readonly faces: Uint32Array;
  /** The same corners as indices of texture positions; vertices on a seam have several. */
  readonly uvFaces?: Uint32Array;
  /** Number of texture positions; wanted with `uvFaces`. */
  readonly uvCount?: number;
}

/** A mesh after one step of subdivision. */
export interface Subdivision {
  /** C control vertices, then one vertex per edge, then one per face. */
  readonly vertexCount: number;
  /** Four vertex indices per face, winding as in the control mesh: (corner, edge, face, edge). */
  readonly faces: Uint32Array;
  /** Which control face each face comes from: a quad gives four in a row, a triangle three. */
  readonly parents: Uint32Array;
  /** `vertexCount` rows of C columns; the weights of a row sum to 1. */
  readonly stencils: SparseMatrix;
  /** The texture of `faces`: control texture positions come first. Null where the control mesh has none. */
  readonly uv: { readonly count: number; readonly faces: Uint32Array; readonly stencils: SparseMatrix } | null;
}

/**
 * One step of Catmull and Clark's subdivision (Computer-Aided Design 10, 1978), as a sparse matrix, so that it refines
 * positions, bases of a morphable model and colours alike. Call it again on the result for a second step
 * (`multiplySparse` joins the stencils).
 *
 * - A face vertex is the mean of the face's corners.
 * - An edge vertex is the mean of the edge's ends and the two face vertices beside it; on a border, the middle.
 * - A control vertex with n faces goes to (Q + 2 R + (n − 3) S) / n: Q the mean of its face vertices, R the mean of the
 *   middles of its edges, S itself. On a border it is 3/4 S plus 1/8 of each neighbour along the border. Where borders
 *   touch in a vertex, and without faces, it stays.
 *
 * Texture positions are interpolated within each face (corner, middle of edge, mean), so islands keep their outline and
 * both sides of a seam stay together.
 *
 * @throws RangeError if an index is out of range, a face has fewer than three different corners, an edge has more than
 *   two faces, or uvFaces does not fit faces
 */
export function subdivide({ vertexCount, faces, uvFaces, uvCount = 0 }: ControlMesh): Subdivision {
  const topology = connect(faces, vertexCount, "vertex");
  const rows = catmullClarkRows(topology, vertexCount);
  return {
    vertexCount: rows.length,
    faces: refineFaces(topology, vertexCount),
    parents: Uint32Array.from(topology.corners.flatMap((corners, face) => corners.map(() => face))),
    stencils: sparseFromRows(rows),
    uv: uvFaces === undefined ? null : subdivideUvs(topology, uvFaces, uvCount),
  };
}

/** Two triangles per quad, cut from its first to its third corner; one for a face that repeats its third corner. */
export function trianglesOfFaces(faces: Uint32Array): Uint32Array {
  const triangles: number[] = [];
  for (let f = 0; f < faces.length; f += 4) {
    const [a, b, c, d] = faces.subarray(f, f + 4);
    triangles.push(a, b, c);
    if (d !== c) triangles.push(a, c, d);
  }
  return Uint32Array.from(triangles);
}

interface Topology {
  /** Vertices of each face in order. */
  readonly corners: number[][];
  /** Edges of each face in order: the i-th runs from corner i to the next. */
  readonly edges: number[][];
  /** Two vertices per edge. */
  readonly ends: [number, number][];
  /** Faces of each edge. */
  readonly edgeFaces: number[][];
}

function connect(faces: Uint32Array, count: number, what: string): Topology {
  if (faces.length % 4 !== 0) throw new RangeError("subdivide: faces must hold four indices each");
  const corners: number[][] = [];
  const edges: number[][] = [];
  const ends: [number, number][] = [];
  const edgeFaces: number[][] = [];
  const known = new Map<number, number>();
  for (let f = 0; f < faces.length / 4; f++) {
    const quad = Array.from(faces.subarray(4 * f, 4 * f + 4));
    const polygon = quad[3] === quad[2] ? quad.slice(0, 3) : quad;
    if (new Set(polygon).size !== polygon.length) {
      throw new RangeError(`subdivide: face ${f} has a ${what} twice: ${quad.join(", ")}`);
    }
    const wrong = polygon.find((v) => v >= count);
    if (wrong !== undefined) {
      throw new RangeError(`subdivide: face ${f} refers to ${what} ${wrong}, but there are ${count}`);
    }
    corners.push(polygon);
    edges.push(
      polygon.map((a, i) => {
        const b = polygon[(i + 1) % polygon.length];
        const key = Math.min(a, b) * count + Math.max(a, b);
        let edge = known.get(key);
        if (edge === undefined) {
          edge = ends.length;
          known.set(key, edge);
          ends.push([a, b]);
          edgeFaces.push([]);
        }
        edgeFaces[edge].push(f);
        return edge;
      }),
    );
  }
  return { corners, edges, ends, edgeFaces };
}

function catmullClarkRows({ corners, ends, edgeFaces }: Topology, count: number): Map<number, number>[] {
  const facesOf: number[][] = Array.from({ length: count }, () => []);
  const edgesOf: number[][] = Array.from({ length: count }, () => []);
  for (const [f, polygon] of corners.entries()) for (const v of polygon) facesOf[v].push(f);
  for (const [e, [a, b]] of ends.entries()) {
    if (edgeFaces[e].length > 2) {
      throw new RangeError(`subdivide: the edge from ${a} to ${b} belongs to ${edgeFaces[e].length} faces`);
    }
    edgesOf[a].push(e);
    edgesOf[b].push(e);
  }

  const rows: Map<number, number>[] = [];
  for (let v = 0; v < count; v++) {
    const row = new Map<number, number>();
    const border = edgesOf[v].filter((e) => edgeFaces[e].length === 1);
    const n = facesOf[v].length;
    if (n > 0 && border.length === 0 && edgesOf[v].length === n) {
      add(row, v, (n - 3) / n);
      for (const f of facesOf[v]) for (const c of corners[f]) add(row, c, 1 / (n * n * corners[f].length));
      for (const e of edgesOf[v]) for (const c of ends[e]) add(row, c, 1 / (n * n));
    } else if (border.length === 2) {
      add(row, v, 6 / 8);
      for (const e of border) add(row, ends[e][0] === v ? ends[e][1] : ends[e][0], 1 / 8);
    } else {
      add(row, v, 1);
    }
    rows.push(row);
  }
  for (const [e, pair] of ends.entries()) {
    const row = new Map<number, number>();
    const inner = edgeFaces[e].length === 2;
    for (const c of pair) add(row, c, inner ? 1 / 4 : 1 / 2);
    if (inner) for (const f of edgeFaces[e]) for (const c of corners[f]) add(row, c, 1 / (4 * corners[f].length));
    rows.push(row);
  }
  for (const polygon of corners) rows.push(new Map(polygon.map((c) => [c, 1 / polygon.length])));
  return rows;
}

function add(row: Map<number, number>, column: number, weight: number): void {
  row.set(column, (row.get(column) ?? 0) + weight);
}

function refineFaces({ corners, edges, ends }: Topology, count: number): Uint32Array {
  const quads: number[] = [];
  for (const [f, polygon] of corners.entries()) {
    const n = polygon.length;
    for (let i = 0; i < n; i++) {
      quads.push(polygon[i], count + edges[f][i], count + ends.length + f, count + edges[f][(i + n - 1) % n]);
    }
  }
  return Uint32Array.from(quads);
}

function subdivideUvs({ corners }: Topology, uvFaces: Uint32Array, uvCount: number): Subdivision["uv"] {
  const topology = connect(uvFaces, uvCount, "texture position");
  if (topology.corners.length !== corners.length || topology.corners.some((p, f) => p.length !== corners[f].length)) {
    throw new RangeError("subdivide: uvFaces must have the corners of faces");
  }
  const rows = [
    ...Array.from({ length: uvCount }, (_, i) => new Map([[i, 1]])),
    ...topology.ends.map(([a, b]) => new Map([a, b].map((c) => [c, 1 / 2]))),
    ...topology.corners.map((polygon) => new Map(polygon.map((c) => [c, 1 / polygon.length]))),
  ];
  return { count: rows.length, faces: refineFaces(topology, uvCount), stencils: sparseFromRows(rows) };
}
