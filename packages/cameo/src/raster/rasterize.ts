import type { Camera } from "../geometry/camera.ts";
import { createRaster, type Raster } from "./raster.ts";

export interface RasterizeOptions {
  readonly width: number;
  readonly height: number;
  /** Surface nearer than this (z, mm, > 0) is cut away. Default 1. */
  readonly near?: number;
  /** `back` (default) leaves out triangles seen from inside; `none` draws both sides. */
  readonly cull?: "back" | "none";
  /**
   * Decides whether a triangle is there at all at a pixel where it would be the nearest: false leaves a hole, through which what is
   * behind is seen. For surfaces that a texture cuts out. It must not depend on the order of the calls.
   * @param weights of the triangle's first and second corner (as {@link Raster.barycentrics}); one array for all calls
   */
  readonly accept?: (triangle: number, weights: Float64Array, pixel: number) => boolean;
}

/**
 * Finds the nearest triangle at every pixel centre.
 *
 * The exact sample point of a pixel is its centre. A centre on an edge shared by two triangles belongs to just one of
 * them (the top-left rule), so closed surfaces have neither holes nor pixels drawn twice. At equal depth the triangle
 * with the lower index wins. Triangles with a vertex that is not finite, and those without area, draw nothing.
 *
 * Method: vertices are projected and rounded to the finest grid (2⁻¹⁶ pixel in a 256² picture) on which edge functions
 * are whole numbers below 2⁵³, so stepping them from pixel to pixel in float64 is exact. Triangles that cross the near
 * plane, or reach far outside the picture, are clipped first (Sutherland and Hodgman 1974). Barycentrics follow from
 * edge functions over vertex depths (Heckbert and Moreton 1991).
 *
 * @param positions camera-space x, y, z per vertex, mm (x right, y down, z forward)
 * @param triangles three vertex indices per triangle, counter-clockwise from outside
 * @param out receives the result, of the same width and height; made when absent
 * @throws RangeError if a size, the near plane, the camera or a vertex index is out of range
 */
export function rasterize(
  positions: Float32Array,
  triangles: Uint32Array,
  camera: Camera,
  { width, height, near = 1, cull = "back", accept }: RasterizeOptions,
  out: Raster = createRaster(width, height),
): Raster {
  if (out.width !== width || out.height !== height) {
    throw new RangeError(`rasterize: the raster is ${out.width}×${out.height}, not ${width}×${height}`);
  }
  if (!(near > 0 && near < Infinity)) throw new RangeError(`rasterize: near must be above 0, not ${near}`);
  const { fx, fy, cx, cy } = camera;
  if (!(fx > 0 && fy > 0 && Number.isFinite(fx + fy + cx + cy))) {
    throw new RangeError(`rasterize: not a camera: fx ${fx}, fy ${fy}, cx ${cx}, cy ${cy}`);
  }
  const vertexCount = Math.floor(positions.length / 3);
  checkIndices(triangles, vertexCount);

  out.depth.fill(0);
  out.triangle.fill(-1);
  out.barycentrics.fill(0);

  const bits = Math.ceil(Math.log2(Math.max(width, height))) + 1;
  const guard = 2 ** bits - 1;
  const grid = 2 ** (25 - bits);
  const frame: Frame = { fx, fy, cx, cy, near, guard, grid, cullBack: cull === "back", accept };
  projectVertices(positions, vertexCount, frame);

  const flags = vertexFlags;
  const points = screen;
  // As `fill` does; here it costs no call. Areas are whole numbers.
  const facing = cull === "back" ? -1 : Infinity;
  for (let t = 0, k = 0; k + 2 < triangles.length; t++, k += 3) {
    const a = triangles[k];
    const b = triangles[k + 1];
    const c = triangles[k + 2];
    const any = flags[a] | flags[b] | flags[c];
    if (any === 0) {
      const x = points[3 * a];
      const y = points[3 * a + 1];
      const ux = points[3 * b] - x;
      const uy = points[3 * b + 1] - y;
      const wx = points[3 * c] - x;
      const wy = points[3 * c + 1] - y;
      if (ux * wy - uy * wx <= facing) fill(out, t, a, b, c, frame, false);
    } else if (any < invalid && (flags[a] & flags[b] & flags[c] & behind) === 0) {
      fillClipped(out, t, positions, a, b, c, frame, vertexCount);
    }
  }
  return out;
}

/** Camera and grid of the picture being drawn. */
interface Frame extends Camera {
  readonly near: number;
  /** Vertices farther than this from the origin of the picture, in pixels, are clipped. */
  readonly guard: number;
  /** Grid steps per pixel. */
  readonly grid: number;
  readonly cullBack: boolean;
  readonly accept: RasterizeOptions["accept"];
}

// What keeps a vertex from being drawn as it is.
const behind = 1;
const outside = 2;
const invalid = 4;

/** A triangle cut by the near plane and the four guard planes has at most eight corners. */
const maxCorners = 8;

// Scratch memory, reused from call to call: on-grid x, on-grid y and 1 / z per vertex, then per corner of the clipped polygon.
let screen = new Float64Array(3 * maxCorners);
let vertexFlags = new Uint8Array(0);
// x, y, z and the barycentrics in the original triangle, per corner of the polygon before and after a clipping plane.
const cornerSize = 6;
let polygon = new Float64Array(maxCorners * cornerSize);
let clipped = new Float64Array(maxCorners * cornerSize);
/** Handed to `accept`: numbers passed one by one would each be allocated. */
const accepted = new Float64Array(2);
/** Barycentrics of the three corners of the piece being filled. */
const pieceWeights = new Float64Array(9);

function checkIndices(triangles: Uint32Array, vertexCount: number): void {
  for (let k = 0; k < triangles.length; k++) {
    if (triangles[k] >= vertexCount) {
      throw new RangeError(
        `rasterize: triangle ${Math.floor(k / 3)} refers to vertex ${triangles[k]}, but there are ${vertexCount}`,
      );
    }
  }
}

function projectVertices(positions: Float32Array, vertexCount: number, frame: Frame): void {
  if (vertexFlags.length < vertexCount) {
    vertexFlags = new Uint8Array(vertexCount);
    screen = new Float64Array(3 * (vertexCount + maxCorners));
  }
  const { fx, fy, cx, cy, near, guard, grid } = frame;
  const limit = guard * grid;
  for (let v = 0, i = 0; v < vertexCount; v++, i += 3) {
    const x = positions[i];
    const y = positions[i + 1];
    const z = positions[i + 2];
    const sum = x + y + z;
    if (sum - sum !== 0) {
      vertexFlags[v] = invalid;
    } else if (z < near) {
      vertexFlags[v] = behind;
    } else {
      const w = 1 / z;
      const u = Math.floor((fx * x * w + cx) * grid + 0.5);
      const s = Math.floor((fy * y * w + cy) * grid + 0.5);
      screen[i] = u;
      screen[i + 1] = s;
      screen[i + 2] = w;
      vertexFlags[v] = Math.abs(u) <= limit && Math.abs(s) <= limit ? 0 : outside;
    }
  }
}

/**
 * Draws the triangle whose projected corners are `a`, `b`, `c` in `screen`, as triangle `id`. It is a `piece` of that
 * triangle when clipping cut it out; then `pieceWeights` relate its corners to those of the whole.
 */
function fill(out: Raster, id: number, a: number, b: number, c: number, frame: Frame, piece: boolean): void {
  const x0 = screen[3 * a];
  const y0 = screen[3 * a + 1];
  const x1 = screen[3 * b];
  const y1 = screen[3 * b + 1];
  const x2 = screen[3 * c];
  const y2 = screen[3 * c + 1];

  // With y down, counter-clockwise to the eye is a negative area.
  const area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0);
  if (area === 0 || (area > 0 && frame.cullBack)) return;

  // Pixel i has its centre at (i + ½) · grid. Bounds are whole numbers, but the engine only knows so from `| 0`.
  const { grid, accept } = frame;
  const { width, height, depth, triangle, barycentrics } = out;
  const half = grid / 2;
  const perGrid = 1 / grid;
  const left = Math.max(0, Math.ceil((Math.min(x0, x1, x2) - half) * perGrid)) | 0;
  const right = Math.min(width - 1, Math.floor((Math.max(x0, x1, x2) - half) * perGrid)) | 0;
  if (left > right) return;
  const top = Math.max(0, Math.ceil((Math.min(y0, y1, y2) - half) * perGrid)) | 0;
  const bottom = Math.min(height - 1, Math.floor((Math.max(y0, y1, y2) - half) * perGrid)) | 0;
  if (top > bottom) return;

  // Edge functions, positive inside; the one with index i is zero on the edge opposite corner i, and they sum to |area|.
  const sign = area > 0 ? 1 : -1;
  const ax = sign * (y1 - y2);
  const ay = sign * (x2 - x1);
  const bx = sign * (y2 - y0);
  const by = sign * (x0 - x2);
  const cx = sign * (y0 - y1);
  const cy = sign * (x1 - x0);
  // They are whole numbers, so "inside, or on a top or left edge" is "at least 0", and "inside" is "at least 1".
  const aMin = ax > 0 || (ax === 0 && ay > 0) ? 0 : 1;
  const bMin = bx > 0 || (bx === 0 && by > 0) ? 0 : 1;
  const cMin = cx > 0 || (cx === 0 && cy > 0) ? 0 : 1;

  const startX = left * grid + half;
  const startY = top * grid + half;
  let rowA = ax * (startX - x1) + ay * (startY - y1);
  let rowB = bx * (startX - x2) + by * (startY - y2);
  let rowC = cx * (startX - x0) + cy * (startY - y0);
  const w0 = screen[3 * a + 2];
  const w1 = screen[3 * b + 2];
  const w2 = screen[3 * c + 2];
  const size = Math.abs(area);
  // What is farther than this, before division, is hidden however depths are rounded.
  const hidden = size * (1 - 1e-6);
  const stepA = ax * grid;
  const stepB = bx * grid;
  const stepC = cx * grid;
  const downA = ay * grid;
  const downB = by * grid;
  const downC = cy * grid;
  const columns = (right - left) | 0;

  for (let row = top, line = (top * width + left) | 0; row <= bottom; row++, line = (line + width) | 0) {
    let ea = rowA;
    let eb = rowB;
    let ec = rowC;
    rowA += downA;
    rowB += downB;
    rowC += downC;
    let p = line;
    const end = (line + columns) | 0;
    if (columns > 7) {
      // Go to the first pixel that can be inside: a quotient rounded down is never beyond it.
      let skip = 0;
      if (ea < aMin) {
        if (stepA <= 0) continue;
        skip = (aMin - ea) / stepA;
      }
      if (eb < bMin) {
        if (stepB <= 0) continue;
        skip = Math.max(skip, (bMin - eb) / stepB);
      }
      if (ec < cMin) {
        if (stepC <= 0) continue;
        skip = Math.max(skip, (cMin - ec) / stepC);
      }
      if (skip > columns) continue;
      skip = Math.floor(skip);
      p = (p + skip) | 0;
      ea += skip * stepA;
      eb += skip * stepB;
      ec += skip * stepC;
    }
    while (p <= end && (ea < aMin || eb < bMin || ec < cMin)) {
      p++;
      ea += stepA;
      eb += stepB;
      ec += stepC;
    }
    for (; p <= end && ea >= aMin && eb >= bMin && ec >= cMin; p++, ea += stepA, eb += stepB, ec += stepC) {
      const n0 = ea * w0;
      const n1 = eb * w1;
      const n2 = ec * w2;
      const sum = n0 + n1 + n2;
      const old = depth[p];
      if (old !== 0 && sum * old < hidden) continue;
      const r = 1 / sum;
      const z = Math.fround(size * r);
      if (old !== 0 && old <= z) continue;
      let weightA = n0 * r;
      let weightB = n1 * r;
      if (piece) {
        const q = pieceWeights;
        weightA = (n0 * q[0] + n1 * q[3] + n2 * q[6]) * r;
        weightB = (n0 * q[1] + n1 * q[4] + n2 * q[7]) * r;
      }
      if (accept !== undefined) {
        accepted[0] = weightA;
        accepted[1] = weightB;
        if (!accept(id, accepted, p)) continue;
      }
      depth[p] = z;
      triangle[p] = id;
      barycentrics[2 * p] = weightA;
      barycentrics[2 * p + 1] = weightB;
    }
  }
}

/** Draws what is left of a triangle inside the near plane and the guard planes. */
function fillClipped(
  out: Raster,
  id: number,
  positions: Float32Array,
  a: number,
  b: number,
  c: number,
  frame: Frame,
  firstFree: number,
): void {
  for (let i = 0; i < 3; i++) {
    const v = i === 0 ? a : i === 1 ? b : c;
    const o = i * cornerSize;
    for (let k = 0; k < 3; k++) {
      polygon[o + k] = positions[3 * v + k];
      polygon[o + 3 + k] = i === k ? 1 : 0;
    }
  }
  const { fx, fy, cx, cy, near, guard, grid } = frame;
  let count = clip(3, 0, 0, 1, -near);
  count = clip(count, fx, 0, cx + guard, 0);
  count = clip(count, -fx, 0, guard - cx, 0);
  count = clip(count, 0, fy, cy + guard, 0);
  count = clip(count, 0, -fy, guard - cy, 0);

  for (let i = 0; i < count; i++) {
    const o = i * cornerSize;
    const s = 3 * (firstFree + i);
    const w = 1 / polygon[o + 2];
    // The same expression as in projectVertices: corners that were not cut land on the same grid point.
    screen[s] = Math.floor((fx * polygon[o] * w + cx) * grid + 0.5);
    screen[s + 1] = Math.floor((fy * polygon[o + 1] * w + cy) * grid + 0.5);
    screen[s + 2] = w;
  }
  for (let i = 1; i + 1 < count; i++) {
    for (let k = 0; k < 3; k++) {
      pieceWeights[k] = polygon[3 + k];
      pieceWeights[3 + k] = polygon[i * cornerSize + 3 + k];
      pieceWeights[6 + k] = polygon[(i + 1) * cornerSize + 3 + k];
    }
    fill(out, id, firstFree, firstFree + i, firstFree + i + 1, frame, true);
  }
}

/**
 * Cuts away from `polygon` (of `count` corners) what lies where nx · x + ny · y + nz · z + d < 0.
 * The cut of an edge is always computed from its inner to its outer end, so neighbours get the very same point.
 * @returns the new number of corners
 */
function clip(count: number, nx: number, ny: number, nz: number, d: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const from = i * cornerSize;
    const to = ((i + 1) % count) * cornerSize;
    const atFrom = nx * polygon[from] + ny * polygon[from + 1] + nz * polygon[from + 2] + d;
    const atTo = nx * polygon[to] + ny * polygon[to + 1] + nz * polygon[to + 2] + d;
    if (atFrom >= 0) {
      for (let k = 0; k < cornerSize; k++) clipped[kept * cornerSize + k] = polygon[from + k];
      kept++;
    }
    if (atFrom >= 0 !== atTo >= 0) {
      const inner = atFrom >= 0 ? from : to;
      const outer = atFrom >= 0 ? to : from;
      const t = atFrom >= 0 ? atFrom / (atFrom - atTo) : atTo / (atTo - atFrom);
      for (let k = 0; k < cornerSize; k++) {
        clipped[kept * cornerSize + k] = polygon[inner + k] + t * (polygon[outer + k] - polygon[inner + k]);
      }
      kept++;
    }
  }
  const previous = polygon;
  polygon = clipped;
  clipped = previous;
  return kept;
}
