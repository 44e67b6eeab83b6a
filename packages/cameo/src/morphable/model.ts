/** Points on the model's surface: weights on the three corners of a triangle. */
export interface SurfacePoints {
  /** One index into the model's triangles per point. */
  readonly triangles: Uint32Array;
  /** Three weights per point, on the corners of its triangle in order; they sum to 1. */
  readonly weights: Float32Array;
}

/** A sparse matrix by rows: row r holds entries `offsets[r] … offsets[r + 1] − 1`. */
export interface SparseMatrix {
  readonly offsets: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** A linear space of offsets from a mean. A coefficient counts standard deviations: offset = Σ cₖ · deviationₖ · basisₖ. */
export interface LinearSpace {
  readonly count: number;
  /** `count` rows, orthonormal once refined to the full surface. */
  readonly basis: Float32Array;
  /** One standard deviation per row: mm (root of the summed squares over all vertices), or linear reflectance for albedo. */
  readonly deviations: Float32Array;
}

/** What part of the head a triangle belongs to. `face` is the paper's 𝓕: skin from brows to chin, with the lips. Left and right are the subject's. */
export const Region = {
  face: 0,
  scalp: 1,
  earLeft: 2,
  earRight: 3,
  neck: 4,
  eyeLeft: 5,
  eyeRight: 6,
  eyeSocket: 7,
  innerMouth: 8,
  teeth: 9,
  tongue: 10,
} as const;
export type Region = (typeof Region)[keyof typeof Region];

/**
 * A 3D morphable model of the head (paper Eq. 1): F = F̄ + B_id α + B_exp β, T = T̄ + B_t δ.
 *
 * Shape lives on a control cage of C points and is refined to V ≥ C surface vertices by a fixed linear map
 * (a Catmull–Clark step for our own model; absent for models that are stored at full resolution, where C = V).
 * Model space: mm, right-handed, y up, face along +z, origin at the head centre.
 */
export interface MorphableModel {
  readonly name: string;
  readonly vertexCount: number;
  /** Three vertex indices per triangle, counter-clockwise from outside. */
  readonly triangles: Uint32Array;
  /** One {@link Region} per triangle. */
  readonly regions: Uint8Array;
  /** Positions in the texture atlas, u right, v down, both in [0, 1]; vertices on a seam have several. */
  readonly uvs: Float32Array;
  /** Three indices into `uvs` (pairs) per triangle. */
  readonly uvTriangles: Uint32Array;
  /** V rows of C columns; null when the shape is stored per vertex. */
  readonly refinement: SparseMatrix | null;
  /** 3·C coordinates, mm. */
  readonly meanShape: Float32Array;
  /** α: rows of 3·C. */
  readonly identity: LinearSpace;
  /** β: rows of 3·C. */
  readonly expression: LinearSpace;
  /** 3·V linear reflectances in [0, 1]. */
  readonly meanAlbedo: Float32Array;
  /** δ: rows of 3·V. */
  readonly texture: LinearSpace;
  /** The usual 68 points, in the usual order (picture left = subject's right first). */
  readonly landmarks68: SurfacePoints;
  /** The 468 points of FaceMesh, in its order. */
  readonly landmarks468: SurfacePoints;
  /** How far the detector's point strays about each of `landmarks468` from head to head: root mean square, mm. */
  readonly landmarkSpread468: Float32Array;
  /** Expression coefficients by name (ARKit's names where they exist). */
  readonly namedExpressions: ReadonlyMap<string, Float32Array>;
}
