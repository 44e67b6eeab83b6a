/** Triangles in 3D. Seen from outside the corners of a triangle run counter-clockwise. */
export interface Mesh {
  /** x, y, z per vertex, mm. */
  readonly positions: Float32Array;
  /** Three vertex indices per triangle. */
  readonly triangles: Uint32Array;
}
