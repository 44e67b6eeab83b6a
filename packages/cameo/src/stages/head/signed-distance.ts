/**
 * Signed distance of every pixel centre to the outline of a mask, in pixels: below 0 inside. The outline runs half-way
 * between pixels inside and outside. Exact (Felzenszwalb and Huttenlocher 2012).
 * @param mask not 0 inside
 */
export function signedDistance(mask: Uint8Array, width: number, height: number): Float32Array {
  const outside = squaredDistance(mask, width, height, true);
  const inside = squaredDistance(mask, width, height, false);
  return outside.map((d, i) => (d > 0 ? Math.sqrt(d) - 0.5 : 0.5 - Math.sqrt(inside[i])));
}

/** Far enough to be farther than any pixel, near enough to keep whole numbers exact. */
const FAR = 1e9;

/** Squared distance to the nearest pixel that is inside the mask (or outside of it). */
function squaredDistance(mask: Uint8Array, width: number, height: number, toInside: boolean): Float32Array {
  const out = new Float32Array(width * height);
  const longest = Math.max(width, height);
  const line = new Float64Array(longest);
  const apex = new Int32Array(longest);
  const bound = new Float64Array(longest + 1);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) line[y] = (mask[y * width + x] !== 0) === toInside ? 0 : FAR;
    envelope(line, height, apex, bound, out, x, width);
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) line[x] = out[y * width + x];
    envelope(line, width, apex, bound, out, y * width, 1);
  }
  return out;
}

/** The lower envelope of the parabolas f(q) + (p − q)², at every p of a line. */
function envelope(
  f: Float64Array,
  count: number,
  apex: Int32Array,
  bound: Float64Array,
  out: Float32Array,
  first: number,
  step: number,
): void {
  let last = 0;
  apex[0] = 0;
  bound[0] = -Infinity;
  bound[1] = Infinity;
  for (let q = 1; q < count; q++) {
    let crossing = 0;
    for (;;) {
      const r = apex[last];
      crossing = (f[q] + q * q - f[r] - r * r) / (2 * (q - r));
      if (crossing > bound[last]) break;
      last--;
    }
    apex[++last] = q;
    bound[last] = crossing;
    bound[last + 1] = Infinity;
  }
  for (let p = 0, k = 0; p < count; p++) {
    while (bound[k + 1] < p) k++;
    out[first + p * step] = f[apex[k]] + (p - apex[k]) ** 2;
  }
}
