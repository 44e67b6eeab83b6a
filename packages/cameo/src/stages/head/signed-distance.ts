/** Beyond this many pixels outside of what is inside, distances are not needed and come out as this. */
const REACH = 48;

/**
 * Signed distance of every pixel centre to the outline of a mask, in pixels: below 0 inside. The outline runs half-way
 * between pixels inside and outside. Exact (Felzenszwalb and Huttenlocher 2012), up to 48 pixels outside.
 * @param mask not 0 inside
 */
export function signedDistance(mask: Uint8Array, width: number, height: number): Float32Array {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0, p = 0; y < height; y++)
    for (let x = 0; x < width; x++, p++) {
      if (mask[p] === 0) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  const out = new Float32Array(width * height).fill(REACH);
  if (right < 0) return out;
  left = Math.max(0, left - REACH);
  top = Math.max(0, top - REACH);
  const w = Math.min(width, right + REACH + 1) - left;
  const h = Math.min(height, bottom + REACH + 1) - top;
  const part = new Uint8Array(w * h);
  for (let y = 0; y < h; y++) part.set(mask.subarray((top + y) * width + left, (top + y) * width + left + w), y * w);
  const outside = squaredDistance(part, w, h, true);
  const inside = squaredDistance(part, w, h, false);
  for (let y = 0, i = 0; y < h; y++)
    for (let p = (top + y) * width + left, end = p + w; p < end; p++, i++)
      out[p] = outside[i] > 0 ? Math.min(REACH, Math.sqrt(outside[i]) - 0.5) : 0.5 - Math.sqrt(inside[i]);
  return out;
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
