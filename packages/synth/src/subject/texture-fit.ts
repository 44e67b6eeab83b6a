import { linearOfSrgb, type MorphableModel } from "cameo";
import { projected } from "./projection.ts";
import type { SkinMesh } from "./skin-mesh.ts";
import type { PaintedSkin } from "./skin-paint.ts";

/** Finds the coefficients δ of a painted skin from some of its vertices. */
export interface TextureFit {
  /** Vertices of the skin mesh, and of the model. */
  readonly vertices: Uint32Array;
  readonly modelVertices: Uint32Array;
  /** Where the vertices are in the skin's texture, u right and v down. */
  readonly uvs: Float32Array;
  /** Rows that give δ of differences (linear r, g, b per vertex) from the mean albedo. */
  readonly rows: Float32Array;
}

/** Every so many vertices of the skin are looked at: enough for smooth colours. */
const step = 5;
/** What the model cannot paint, standard deviation of linear reflectance: spots, make-up, noise. */
const noise = 0.05;

export function buildTextureFit({ texture, meanAlbedo }: MorphableModel, mesh: SkinMesh): TextureFit {
  const uvOf = new Map<number, number>();
  for (const [k, v] of mesh.triangles.entries()) uvOf.set(v, mesh.uvTriangles[k]);
  const plain = new Set(mesh.plain);
  const { hair, lidMargins, upperLids, innerMouth } = mesh.zones;
  const suits = (v: number) =>
    mesh.modelVertices[v] >= 0 &&
    !plain.has(v) &&
    hair[v] + lidMargins[v] + innerMouth[v] + mesh.zones.brows[v] < 0.1 &&
    upperLids[v] < 0.5;
  const vertices = Uint32Array.from(uvOf.keys())
    .sort()
    .filter(suits)
    .filter((_, i) => i % step === 0);
  const modelVertices = vertices.map((v) => mesh.modelVertices[v]);
  const count = texture.count;
  const width = 3 * vertices.length;
  const a = new Float64Array(count * width);
  for (let k = 0; k < count; k++)
    for (let i = 0; i < width; i++)
      a[k * width + i] =
        texture.basis[k * meanAlbedo.length + 3 * modelVertices[Math.floor(i / 3)] + (i % 3)] * texture.deviations[k];
  // Normal equations of the likeliest δ under unit normal coefficients: (A Aᵀ + noise² I) δ = A difference.
  const gram = new Float64Array(count * count);
  for (let r = 0; r < count; r++)
    for (let c = 0; c <= r; c++) {
      let sum = r === c ? noise ** 2 : 0;
      for (let i = 0; i < width; i++) sum += a[r * width + i] * a[c * width + i];
      gram[r * count + c] = sum;
    }
  return {
    vertices,
    modelVertices,
    uvs: Float32Array.from([...vertices].flatMap((v) => [mesh.uvs[2 * uvOf.get(v)!], mesh.uvs[2 * uvOf.get(v)! + 1]])),
    rows: Float32Array.from(solve(gram, a, count, width)),
  };
}

/** X of G X = B, G symmetric positive (its lower half is given), by Cholesky's factors; B is overwritten by X. */
function solve(g: Float64Array, b: Float64Array, count: number, width: number): Float64Array {
  for (let r = 0; r < count; r++)
    for (let c = 0; c <= r; c++) {
      let sum = g[r * count + c];
      for (let k = 0; k < c; k++) sum -= g[r * count + k] * g[c * count + k];
      g[r * count + c] = r === c ? Math.sqrt(sum) : sum / g[c * count + c];
    }
  const subtract = (r: number, k: number, weight: number) => {
    for (let i = 0; i < width; i++) b[r * width + i] -= weight * b[k * width + i];
  };
  const divide = (r: number) => {
    for (let i = 0; i < width; i++) b[r * width + i] /= g[r * count + r];
  };
  for (let r = 0; r < count; r++) {
    for (let k = 0; k < r; k++) subtract(r, k, g[r * count + k]);
    divide(r);
  }
  for (let r = count - 1; r >= 0; r--) {
    for (let k = r + 1; k < count; k++) subtract(r, k, g[k * count + r]);
    divide(r);
  }
  return b;
}

/** δ of the model's albedo that comes nearest to a painted skin. */
export function textureCoefficients(
  { vertices, modelVertices, uvs, rows }: TextureFit,
  { meanAlbedo }: MorphableModel,
  { texture: { width, height, data }, colours }: PaintedSkin,
): Float32Array {
  const difference = new Float32Array(3 * vertices.length);
  for (let i = 0; i < vertices.length; i++) {
    const x = Math.min(width - 2, Math.max(1, Math.floor(uvs[2 * i] * width)));
    const y = Math.min(height - 2, Math.max(1, Math.floor(uvs[2 * i + 1] * height)));
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) sum += linearOfSrgb[data[4 * ((y + dy) * width + x + dx) + c]];
      difference[3 * i + c] = (sum / 9) * colours[3 * vertices[i] + c] - meanAlbedo[3 * modelVertices[i] + c];
    }
  }
  return projected(rows, difference);
}
