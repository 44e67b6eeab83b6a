/**
 * Fills a picture where it is unknown by push–pull (Gortler et al. 1996, "The Lumigraph", section 3.3.2):
 * known colours are averaged into ever coarser pictures, and unknown ones taken from the finest that knows them.
 * Runs in place, in time proportional to the number of pixels.
 *
 * @param data interleaved channels, any scale
 * @param weight one value per pixel in [0, 1]: how far the pixel is known; fractions blend with the filling
 */
export function pushPull(
  data: Float32Array,
  weight: Float32Array,
  width: number,
  height: number,
  channels: number,
): void {
  if (width === 1 && height === 1) return;
  const w = (width + 1) >> 1;
  const h = (height + 1) >> 1;
  const coarse = new Float32Array(w * h * channels);
  const coarseWeight = new Float32Array(w * h);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const a = weight[i];
      if (a === 0) continue;
      const j = (y >> 1) * w + (x >> 1);
      coarseWeight[j] += a;
      for (let c = 0; c < channels; c++) coarse[j * channels + c] += a * data[i * channels + c];
    }
  }
  for (let j = 0; j < w * h; j++) {
    const a = coarseWeight[j];
    if (a === 0) continue;
    for (let c = 0; c < channels; c++) coarse[j * channels + c] /= a;
    coarseWeight[j] = Math.min(1, a);
  }
  pushPull(coarse, coarseWeight, w, h, channels);

  for (let y = 0; y < height; y++) {
    // Bilinear: the coarse pixel it lies in, and the neighbour on the nearer side.
    const y0 = y >> 1;
    const y1 = Math.max(0, Math.min(h - 1, y0 + (y & 1 ? 1 : -1)));
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const a = weight[i];
      if (a >= 1) continue;
      const x0 = x >> 1;
      const x1 = Math.max(0, Math.min(w - 1, x0 + (x & 1 ? 1 : -1)));
      for (let c = 0; c < channels; c++) {
        const near = 0.75 * coarse[(y0 * w + x0) * channels + c] + 0.25 * coarse[(y0 * w + x1) * channels + c];
        const far = 0.75 * coarse[(y1 * w + x0) * channels + c] + 0.25 * coarse[(y1 * w + x1) * channels + c];
        data[i * channels + c] = a * data[i * channels + c] + (1 - a) * (0.75 * near + 0.25 * far);
      }
    }
  }
}
