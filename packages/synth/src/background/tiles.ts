import { fbm2, noise2 } from "../noise.ts";

/** A square texture that repeats without a seam: numbers in [0, 1], and the same at half, quarter … size for reading it shrunk. */
export interface Tile {
  readonly levels: readonly Float32Array[];
}

/** Side of the finest level, texels. */
export const tileSize = 512;

/** The textures of all surfaces. */
export type TileName = "cloud" | "pink" | "grain" | "strands" | "waves" | "cells" | "weave" | "leaves";

/**
 * Values of the tile of a name, made when first asked for:
 * cloud, pink and grain are noise whose amplitude falls with frequency steeply, as in photos, and hardly;
 * strands run along v in bundles; waves are rings and veins as in wood and marble; cells are pebbles with dark gaps;
 * weave is cloth; leaves are overlapping blades, light on one side.
 */
export function tile(name: TileName): Tile {
  let made = tiles.get(name);
  if (!made) {
    const finest = new Float32Array(tileSize * tileSize);
    makers[name](finest);
    equalise(finest);
    made = { levels: halvings(finest) };
    tiles.set(name, made);
  }
  return made;
}

const tiles = new Map<TileName, Tile>();

/** Calls f at x, y in [0, 1) and stores the result; seams are blended away over an eighth of the side. */
function fill(out: Float32Array, f: (x: number, y: number) => number): void {
  const n = tileSize;
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) out[row * n + column] = f(column / n, row / n);
  }
  const margin = n / 8;
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < margin; i++) {
      const t = 1 - i / margin;
      const k = row * n + i;
      out[k] += t * (f(1 + i / n, row / n) - out[k]);
    }
  }
  for (let i = 0; i < margin; i++) {
    const t = 1 - i / margin;
    for (let column = 0; column < n; column++) {
      const k = i * n + column;
      out[k] += t * (f(column / n, 1 + i / n) - out[k]);
    }
  }
}

/** Stretches the values to mean 1/2 and standard deviation 1/5, within [0, 1]. */
function equalise(values: Float32Array): void {
  let sum = 0;
  let squares = 0;
  for (const v of values) {
    sum += v;
    squares += v * v;
  }
  const mean = sum / values.length;
  const deviation = Math.sqrt(squares / values.length - mean * mean);
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(1, Math.max(0, 0.5 + (0.2 * (values[i] - mean)) / deviation));
  }
}

function halvings(finest: Float32Array): Float32Array[] {
  const levels = [finest];
  for (let n = tileSize / 2; n >= 8; n /= 2) {
    const from = levels[levels.length - 1];
    const to = new Float32Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const k = 4 * i * n + 2 * j;
        to[i * n + j] = 0.25 * (from[k] + from[k + 1] + from[k + 2 * n] + from[k + 2 * n + 1]);
      }
    }
    levels.push(to);
  }
  return levels;
}

const makers: Readonly<Record<TileName, (out: Float32Array) => void>> = {
  cloud: (out) => fill(out, (x, y) => fbm2(6 * x + fbm2(4 * x + 9, 4 * y, 2), 6 * y, 6, 0.45)),
  pink: (out) => fill(out, (x, y) => fbm2(8 * x, 8 * y + 50, 7, 0.72)),
  grain: (out) => fill(out, (x, y) => fbm2(64 * x, 64 * y + 90, 4, 1)),
  strands: (out) =>
    fill(out, (x, y) => {
      const across = x + 0.02 * noise2(5 * x, 3 * y + 40) + 0.006 * noise2(30 * x, 8 * y);
      return (
        noise2(10 * across, 1.5 * y + 7) +
        0.9 * noise2(35 * across, 2.5 * y + 31) +
        0.8 * noise2(110 * across, 4 * y + 77) +
        0.5 * noise2(220 * across, 9 * y)
      );
    }),
  waves: (out) =>
    fill(out, (x, y) => {
      const t = 9 * x + 2.2 * fbm2(3 * x + 5, 0.9 * y, 3);
      const ring = t - Math.floor(t);
      return ring * ring * (3 - 2 * ring) * 0.7 + 0.6 * fbm2(60 * x, 3 * y + 12, 3, 0.8);
    }),
  cells: (out) => fill(out, cells),
  weave: (out) =>
    fill(out, (x, y) => {
      const u = 64 * x + 0.4 * noise2(20 * x, 20 * y);
      const v = 64 * y + 0.4 * noise2(20 * x + 60, 20 * y);
      const over = (Math.floor(u) + Math.floor(v)) & 1;
      const a = u - Math.floor(u) - 0.5;
      const b = v - Math.floor(v) - 0.5;
      return (over ? 1 - 3 * a * a - b * b : 1 - a * a - 3 * b * b) + 0.5 * fbm2(8 * x, 8 * y, 4, 0.6);
    }),
  leaves,
};

/** Distance to the nearest against that to the second nearest of jittered points: bright cells, dark gaps. */
function cells(x: number, y: number): number {
  const u = 14 * x;
  const v = 14 * y;
  const i = Math.floor(u);
  const j = Math.floor(v);
  let first = 9;
  let second = 9;
  let shade = 0;
  for (let di = -1; di <= 1; di++) {
    for (let dj = -1; dj <= 1; dj++) {
      const [a, b] = [i + di, j + dj];
      const px = a + noise2(a + 0.5 * b + 0.31, 3.7 * b) - u;
      const py = b + noise2(3.3 * a, b + 0.71 + 20.5 * a) - v;
      const d = Math.hypot(px, py);
      if (d < first) {
        second = first;
        first = d;
        shade = noise2(7.1 * a, 5.3 * b);
      } else if (d < second) second = d;
    }
  }
  return Math.min(1, 4 * (second - first)) * (0.4 + 0.8 * shade) + 0.3 * fbm2(40 * x, 40 * y, 2) - 0.2 * first;
}

/** Some thousand pointed blades, later ones above earlier and mostly lighter. */
function leaves(out: Float32Array): void {
  const n = tileSize;
  const mask = n - 1;
  out.fill(0.05);
  for (let k = 0; k < 2600; k++) {
    const cx = n * noise2(k * 1.37, 3.1) * 7;
    const cy = n * noise2(k * 2.11, 9.7) * 7;
    const angle = 7 * noise2(k * 0.83, 21.3) + 0.8;
    const length = 12 + 22 * noise2(k * 3.3, 2.9);
    const width = length * (0.2 + 0.4 * noise2(5.1, k * 1.9));
    const tone = 0.15 + 0.4 * (k / 2600) + 0.6 * (noise2(k * 7.7, 6.6) - 0.3);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    for (let y = Math.floor(cy - length); y <= cy + length; y++) {
      for (let x = Math.floor(cx - length); x <= cx + length; x++) {
        const a = (c * (x - cx) + s * (y - cy)) / length;
        const b = (c * (y - cy) - s * (x - cx)) / width;
        const edge = 1 - a * a - Math.abs(b);
        if (edge < 0) continue;
        // One half of a leaf faces the light more than the other, and its rim is darker.
        out[(y & mask) * n + (x & mask)] = tone * (b > 0 ? 1 : 0.78) * (0.75 + 0.25 * Math.min(1, 3 * edge));
      }
    }
  }
}
