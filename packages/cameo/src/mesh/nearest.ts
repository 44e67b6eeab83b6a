import type { SurfacePoints } from "../morphable/model.ts";

/** The nearest vertex to each query. */
export interface NearestVertices {
  readonly vertices: Uint32Array;
  readonly distances: Float32Array;
}

/** The nearest point of a surface to each query. */
export interface NearestSurface extends SurfacePoints {
  readonly distances: Float32Array;
}

/**
 * Finds the nearest vertex among many, in a tree of boxes.
 * Vertices that are not finite are never found. @throws RangeError if there are no others
 */
export class VertexTree {
  private readonly tree: BoxTree;

  /** @param positions x, y, z per vertex; kept, not copied */
  constructor(private readonly positions: Float32Array) {
    this.tree = buildTree(positions.length / 3, (v, axis, box) => {
      box[0] = positions[3 * v + axis];
      box[1] = box[0];
    });
  }

  /** @param queries x, y, z triples, all finite */
  nearest(queries: Float32Array): NearestVertices {
    const count = queries.length / 3;
    const found = { vertices: new Uint32Array(count), distances: new Float32Array(count) };
    const { positions } = this;
    const squared = (v: number, x: number, y: number, z: number) =>
      (positions[3 * v] - x) ** 2 + (positions[3 * v + 1] - y) ** 2 + (positions[3 * v + 2] - z) ** 2;
    search(this.tree, queries, squared, (query, vertex, distance) => {
      found.vertices[query] = vertex;
      found.distances[query] = distance;
    });
    return found;
  }
}

/**
 * Finds the nearest point on the triangles of a mesh, in a tree of boxes.
 * Triangles that are not finite are never found. @throws RangeError if there are no others
 */
export class SurfaceTree {
  private readonly tree: BoxTree;

  /**
   * @param positions x, y, z per vertex; kept, not copied
   * @param triangles three vertex indices per triangle; kept, not copied
   */
  constructor(
    private readonly positions: Float32Array,
    private readonly triangles: Uint32Array,
  ) {
    this.tree = buildTree(triangles.length / 3, (t, axis, box) => {
      const a = positions[3 * triangles[3 * t] + axis];
      const b = positions[3 * triangles[3 * t + 1] + axis];
      const c = positions[3 * triangles[3 * t + 2] + axis];
      box[0] = Math.min(a, b, c);
      box[1] = Math.max(a, b, c);
    });
  }

  /** @param queries x, y, z triples, all finite */
  nearest(queries: Float32Array): NearestSurface {
    const count = queries.length / 3;
    const found = {
      triangles: new Uint32Array(count),
      weights: new Float32Array(3 * count),
      distances: new Float32Array(count),
    };
    const weights = new Float64Array(3);
    const squared = (t: number, x: number, y: number, z: number) =>
      nearestOnTriangle(this.positions, this.triangles, t, x, y, z, weights);
    search(this.tree, queries, squared, (query, triangle, distance) => {
      squared(triangle, queries[3 * query], queries[3 * query + 1], queries[3 * query + 2]);
      found.triangles[query] = triangle;
      found.weights.set(weights, 3 * query);
      found.distances[query] = distance;
    });
    return found;
  }
}

/**
 * The point of triangle `t` nearest to (x, y, z).
 * @param weights receives its weights on the three corners: at least 0, they sum to 1
 * @returns the squared distance
 */
function nearestOnTriangle(
  positions: Float32Array,
  triangles: Uint32Array,
  t: number,
  x: number,
  y: number,
  z: number,
  weights: Float64Array,
): number {
  const a = 3 * triangles[3 * t];
  const b = 3 * triangles[3 * t + 1];
  const c = 3 * triangles[3 * t + 2];
  const ux = positions[b] - positions[a];
  const uy = positions[b + 1] - positions[a + 1];
  const uz = positions[b + 2] - positions[a + 2];
  const vx = positions[c] - positions[a];
  const vy = positions[c + 1] - positions[a + 1];
  const vz = positions[c + 2] - positions[a + 2];
  const px = x - positions[a];
  const py = y - positions[a + 1];
  const pz = z - positions[a + 2];
  const uu = ux * ux + uy * uy + uz * uz;
  const vv = vx * vx + vy * vy + vz * vz;
  const uv = ux * vx + uy * vy + uz * vz;
  const pu = px * ux + py * uy + pz * uz;
  const pv = px * vx + py * vy + pz * vz;

  // The foot of the perpendicular on the plane, if it lies within; else the nearest point of the three edges.
  const det = uu * vv - uv * uv;
  let s = (vv * pu - uv * pv) / det;
  let r = (uu * pv - uv * pu) / det;
  // The squared distance of s u + r v is pp − 2 s pu − 2 r pv + s² uu + 2 s r uv + r² vv.
  if (!(det > 0 && s >= 0 && r >= 0 && s + r <= 1)) {
    const onU = clamp(pu / uu);
    const onV = clamp(pv / vv);
    // From b towards c.
    const onW = clamp((pv - pu - uv + uu) / (uu - 2 * uv + vv));
    const toU = onU * (onU * uu - 2 * pu);
    const toV = onV * (onV * vv - 2 * pv);
    const toW = (1 - onW) * ((1 - onW) * uu - 2 * pu) + onW * (onW * vv - 2 * pv) + 2 * onW * (1 - onW) * uv;
    if (toU <= toV && toU <= toW) {
      s = onU;
      r = 0;
    } else if (toV <= toW) {
      s = 0;
      r = onV;
    } else {
      s = 1 - onW;
      r = onW;
    }
  }
  weights[0] = 1 - s - r;
  weights[1] = s;
  weights[2] = r;
  const dx = px - s * ux - r * vx;
  const dy = py - s * uy - r * vy;
  const dz = pz - s * uz - r * vz;
  return dx * dx + dy * dy + dz * dz;
}

/** Into [0, 1]; 0 for the 0 / 0 of an edge without length. */
const clamp = (x: number): number => (x > 0 ? Math.min(x, 1) : 0);

/** Boxes around boxes, in depth-first order: the first child of a node follows it. */
interface BoxTree {
  /** Items, leaf by leaf. */
  readonly order: Uint32Array;
  /** Least x, y, z and greatest x, y, z per node. */
  readonly boxes: Float64Array;
  /** Index of the second child; 0 for a leaf. */
  readonly second: Uint32Array;
  /** First item (in `order`) of each leaf, and number of items. */
  readonly start: Uint32Array;
  readonly size: Uint32Array;
}

const LEAF = 8;

/** @param extent writes the least and the greatest coordinate of an item along an axis */
function buildTree(count: number, extent: (item: number, axis: number, box: Float64Array) => void): BoxTree {
  const low = [0, 1, 2].map(() => new Float64Array(count));
  const high = [0, 1, 2].map(() => new Float64Array(count));
  const pair = new Float64Array(2);
  const finite: number[] = [];
  for (let item = 0; item < count; item++) {
    let sum = 0;
    for (let axis = 0; axis < 3; axis++) {
      extent(item, axis, pair);
      low[axis][item] = pair[0];
      high[axis][item] = pair[1];
      sum += pair[0] + pair[1];
    }
    if (Number.isFinite(sum)) finite.push(item);
  }
  if (finite.length === 0) throw new RangeError("nearest: there is nothing to find");

  const order = Uint32Array.from(finite);
  const nodes = 2 * Math.ceil((2 * order.length) / LEAF) + 1;
  const tree = {
    order,
    boxes: new Float64Array(6 * nodes),
    second: new Uint32Array(nodes),
    start: new Uint32Array(nodes),
    size: new Uint32Array(nodes),
  };
  const centre = new Float64Array(count);
  let used = 0;
  const build = (from: number, to: number): number => {
    const node = used++;
    let widest = 0;
    let width = -1;
    for (let axis = 0; axis < 3; axis++) {
      let least = Infinity;
      let greatest = -Infinity;
      for (let i = from; i < to; i++) {
        least = Math.min(least, low[axis][order[i]]);
        greatest = Math.max(greatest, high[axis][order[i]]);
      }
      tree.boxes[6 * node + axis] = least;
      tree.boxes[6 * node + 3 + axis] = greatest;
      if (greatest - least > width) {
        width = greatest - least;
        widest = axis;
      }
    }
    if (to - from <= LEAF) {
      tree.start[node] = from;
      tree.size[node] = to - from;
      return node;
    }
    const middle = (from + to) >> 1;
    for (let i = from; i < to; i++) centre[order[i]] = low[widest][order[i]] + high[widest][order[i]];
    selectMiddle(order, centre, from, to - 1, middle);
    build(from, middle);
    tree.second[node] = build(middle, to);
    return node;
  };
  build(0, order.length);
  return tree;
}

/** Reorders `order` from `first` to `last` so that no key before `middle` is greater, and none behind it less, than the one there (Hoare 1961). */
function selectMiddle(order: Uint32Array, key: Float64Array, first: number, last: number, middle: number): void {
  while (first < last) {
    const pivot = key[order[(first + last) >> 1]];
    let i = first;
    let j = last;
    while (i <= j) {
      while (key[order[i]] < pivot) i++;
      while (key[order[j]] > pivot) j--;
      if (i <= j) {
        const swapped = order[i];
        order[i++] = order[j];
        order[j--] = swapped;
      }
    }
    if (middle <= j) last = j;
    else if (middle >= i) first = i;
    else return;
  }
}

/** Calls `found` with the nearest item of each query and its distance; of equally near ones, the one with the lowest index. */
function search(
  { order, boxes, second, start, size }: BoxTree,
  queries: Float32Array,
  squaredDistance: (item: number, x: number, y: number, z: number) => number,
  found: (query: number, item: number, distance: number) => void,
): void {
  const stack = new Uint32Array(64);
  const boxDistance = (node: number, x: number, y: number, z: number): number => {
    const o = 6 * node;
    const dx = Math.max(boxes[o] - x, 0, x - boxes[o + 3]);
    const dy = Math.max(boxes[o + 1] - y, 0, y - boxes[o + 4]);
    const dz = Math.max(boxes[o + 2] - z, 0, z - boxes[o + 5]);
    return dx * dx + dy * dy + dz * dz;
  };
  for (let q = 0; 3 * q < queries.length; q++) {
    const x = queries[3 * q];
    const y = queries[3 * q + 1];
    const z = queries[3 * q + 2];
    if (!Number.isFinite(x + y + z)) throw new RangeError(`nearest: query ${q} is not finite: ${x}, ${y}, ${z}`);
    let best = Infinity;
    let nearest = 0;
    let depth = 0;
    stack[depth++] = 0;
    while (depth > 0) {
      const node = stack[--depth];
      if (boxDistance(node, x, y, z) > best) continue;
      if (second[node] === 0) {
        for (let i = start[node]; i < start[node] + size[node]; i++) {
          const d = squaredDistance(order[i], x, y, z);
          if (d < best || (d === best && order[i] < nearest)) {
            best = d;
            nearest = order[i];
          }
        }
        continue;
      }
      const firstIsNearer = boxDistance(node + 1, x, y, z) <= boxDistance(second[node], x, y, z);
      stack[depth++] = firstIsNearer ? second[node] : node + 1;
      stack[depth++] = firstIsNearer ? node + 1 : second[node];
    }
    found(q, nearest, Math.sqrt(best));
  }
}
