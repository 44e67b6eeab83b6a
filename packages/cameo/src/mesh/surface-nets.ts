/** A field on a regular grid: its value at (i, j, k) is `data[i + width · (j + height · k)]`. Below 0 is inside. */
export interface Grid3 {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly data: Float32Array;
}

/** What `makeWellComposed` makes inside becomes just so. */
const INSIDE = -1e-3;

/**
 * Eight grid points form a cube; bit i + 2 j + 4 k of its mask is set where point (i, j, k) is inside. Per mask: the
 * points of which one should become inside, because on a face, or in the whole cube, the surface would touch itself
 * between two opposite corners; 0 where there is nothing to do.
 */
const CANDIDATES = Uint8Array.from({ length: 256 }, (_, mask) => {
  for (const axis of [1, 2, 4]) {
    const [b, c] = [1, 2, 4].filter((step) => step !== axis);
    for (const a of [0, axis]) {
      const [low, right, up, both] = [a, a + b, a + c, a + b + c].map((n) => 1 << n);
      const inside = mask & (low | right | up | both);
      if (inside === (low | both)) return right | up;
      if (inside === (right | up)) return low | both;
    }
  }
  for (let n = 0; n < 4; n++) {
    const ends = (1 << n) | (1 << (7 - n));
    if (mask === ends) return 0xff & ~ends;
    if (mask === (0xff & ~ends)) return ends;
  }
  return 0;
});

/**
 * Makes more grid points inside until the surface touches itself nowhere (a "well-composed" set: Latecki, Eckhardt and
 * Rosenfeld 1995): then the mesh of {@link surfaceNet} has two triangles at every edge and one fan of them at every
 * vertex. Of the points that would do, the one nearest to being inside is taken.
 */
export function makeWellComposed({ width, height, depth, data }: Grid3): void {
  const layer = width * height;
  const offsets = Uint32Array.from({ length: 8 }, (_, n) => (n & 1) + (n & 2 ? width : 0) + (n & 4 ? layer : 0));
  const added: number[] = [];
  const mend = (corner: number): void => {
    for (;;) {
      let mask = 0;
      for (let n = 0; n < 8; n++) if (data[corner + offsets[n]] < 0) mask |= 1 << n;
      const candidates = CANDIDATES[mask];
      if (candidates === 0) return;
      let best = -1;
      for (let n = 0; n < 8; n++) {
        const p = corner + offsets[n];
        if (candidates & (1 << n) && (best < 0 || data[p] < data[best])) best = p;
      }
      data[best] = INSIDE;
      added.push(best);
    }
  };
  const last = layer * (depth - 1) - width - 1;
  for (let k = 0; k + 1 < depth; k++)
    for (let j = 0; j + 1 < height; j++)
      for (let p = width * (j + height * k), end = p + width - 1; p < end; p++) mend(p);
  for (let p = added.pop(); p !== undefined; p = added.pop())
    for (let n = 0; n < 8; n++) {
      const corner = p - offsets[n];
      if (corner >= 0 && corner < last) mend(corner);
    }
}

/** The surface where a field is 0. */
export interface NetMesh {
  /** i, j, k per vertex, in steps of the grid. */
  readonly positions: Float32Array;
  /** Three vertex indices per triangle, counter-clockwise seen from outside where i, j, k are right-handed axes. */
  readonly triangles: Uint32Array;
}

/**
 * Surface nets (Gibson 1998): a vertex in each cube that the surface passes through, at the mean of its crossings with
 * the cube's edges; a quad, cut along its shorter diagonal, around each grid edge that crosses the surface.
 * The mesh is closed if the outermost grid points are outside.
 */
export function surfaceNet({ width, height, depth, data }: Grid3): NetMesh {
  const layer = width * height;
  const steps = [1, width, layer];
  const vertexOf = new Int32Array(data.length).fill(-1);
  // Each edge that crosses the surface lies in four cubes.
  let crossings = 0;
  for (let p = 0; p + layer < data.length; p++) {
    const inside = data[p] < 0;
    for (let axis = 0; axis < 3; axis++) if (data[p + steps[axis]] < 0 !== inside) crossings++;
  }
  const positions = new Float32Array(3 * 4 * crossings);
  let vertexCount = 0;
  const point = new Float64Array(3);
  for (let k = 0; k + 1 < depth; k++)
    for (let j = 0; j + 1 < height; j++)
      for (let i = 0, p = width * (j + height * k); i + 1 < width; i++, p++) {
        const inside = data[p] < 0;
        if (
          data[p + 1] < 0 === inside &&
          data[p + width] < 0 === inside &&
          data[p + width + 1] < 0 === inside &&
          data[p + layer] < 0 === inside &&
          data[p + layer + 1] < 0 === inside &&
          data[p + layer + width] < 0 === inside &&
          data[p + layer + width + 1] < 0 === inside
        )
          continue;
        meanCrossing(data, p, steps, point);
        positions[3 * vertexCount] = i + point[0];
        positions[3 * vertexCount + 1] = j + point[1];
        positions[3 * vertexCount + 2] = k + point[2];
        vertexOf[p] = vertexCount++;
      }

  const triangles = new Uint32Array(6 * crossings);
  let used = 0;
  const add = (a: number, b: number, c: number): void => {
    triangles[used++] = a;
    triangles[used++] = b;
    triangles[used++] = c;
  };
  const squared = (a: number, b: number): number =>
    (positions[3 * a] - positions[3 * b]) ** 2 +
    (positions[3 * a + 1] - positions[3 * b + 1]) ** 2 +
    (positions[3 * a + 2] - positions[3 * b + 2]) ** 2;
  for (let p = layer + width + 1; p + layer < data.length; p++) {
    const inside = data[p] < 0;
    for (let axis = 0; axis < 3; axis++) {
      if (data[p + steps[axis]] < 0 === inside) continue;
      const u = steps[(axis + 1) % 3];
      const v = steps[(axis + 2) % 3];
      const a = vertexOf[p - u - v];
      const b = vertexOf[inside ? p - v : p - u];
      const c = vertexOf[p];
      const d = vertexOf[inside ? p - u : p - v];
      if (squared(a, c) <= squared(b, d)) {
        add(a, b, c);
        add(a, c, d);
      } else {
        add(a, b, d);
        add(b, c, d);
      }
    }
  }
  return { positions: positions.slice(0, 3 * vertexCount), triangles: triangles.slice(0, used) };
}

/** The mean of the points where the edges of a cube cross the surface, from its first corner. */
function meanCrossing(data: Float32Array, corner: number, steps: readonly number[], out: Float64Array): void {
  out.fill(0);
  let count = 0;
  for (let axis = 0; axis < 3; axis++) {
    const u = (axis + 1) % 3;
    const v = (axis + 2) % 3;
    for (let side = 0; side < 4; side++) {
      const p = corner + (side & 1 ? steps[u] : 0) + (side & 2 ? steps[v] : 0);
      const from = data[p];
      const to = data[p + steps[axis]];
      if (from < 0 === to < 0) continue;
      out[axis] += from / (from - to);
      out[u] += side & 1;
      out[v] += side >> 1;
      count++;
    }
  }
  for (let k = 0; k < 3; k++) out[k] /= count;
}
