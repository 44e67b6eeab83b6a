/**
 * Fills a picture where it is unknown by push–pull (Gortler et al. 1996, "The Lumigraph", section 3.3.2):
 * known colours are averaged into ever coarser pictures, and unknown ones taken from the finest that knows them.
 * Runs in place, in time proportional to the number of pixels.
 *
 * @param data three interleaved channels, any scale
 * @param weight one value per pixel in [0, 1]: how far the pixel is known; fractions blend with the filling
 */
export function pushPull(data: Float32Array, weight: Float32Array, width: number, height: number): void {
  if (width === 1 && height === 1) return;
  const w = (width + 1) >> 1;
  const h = (height + 1) >> 1;
  const coarse = new Float32Array(3 * w * h);
  const coarseWeight = new Float32Array(w * h);
  for (let y = 0, i = 0; y < height; y++) {
    const row = (y >> 1) * w;
    for (let x = 0; x < width; x++, i++) {
      const a = weight[i];
      if (a === 0) continue;
      const j = row + (x >> 1);
      coarseWeight[j] += a;
      coarse[3 * j] += a * data[3 * i];
      coarse[3 * j + 1] += a * data[3 * i + 1];
      coarse[3 * j + 2] += a * data[3 * i + 2];
    }
  }
  for (let j = 0; j < w * h; j++) {
    const a = coarseWeight[j];
    if (a === 0) continue;
    coarse[3 * j] /= a;
    coarse[3 * j + 1] /= a;
    coarse[3 * j + 2] /= a;
    coarseWeight[j] = Math.min(1, a);
  }
  pushPull(coarse, coarseWeight, w, h);

  for (let y = 0, i = 0; y < height; y++) {
    // Bilinear: the coarse pixel it lies in, and the neighbour on the nearer side.
    const y0 = y >> 1;
    const y1 = Math.max(0, Math.min(h - 1, y0 + (y & 1 ? 1 : -1)));
    for (let x = 0; x < width; x++, i++) {
      const a = weight[i];
      if (a >= 1) continue;
      const x0 = x >> 1;
      const x1 = Math.max(0, Math.min(w - 1, x0 + (x & 1 ? 1 : -1)));
      const near = 3 * (y0 * w + x0);
      const beside = 3 * (y0 * w + x1);
      const below = 3 * (y1 * w + x0);
      const across = 3 * (y1 * w + x1);
      for (let c = 0; c < 3; c++) {
        const filling =
          0.5625 * coarse[near + c] + 0.1875 * (coarse[beside + c] + coarse[below + c]) + 0.0625 * coarse[across + c];
        data[3 * i + c] = a * data[3 * i + c] + (1 - a) * filling;
      }
    }
  }
}
