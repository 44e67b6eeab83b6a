import type { RgbImage } from "../../image.ts";

export interface GuidedOptions {
  /** Of the square windows, pixels: they are 2 · radius + 1 wide. */
  readonly radius: number;
  /** Colour variance (of values in [0, 1]) below which a window counts as even. */
  readonly epsilon: number;
}

/** What a guided filter works on; all maps are of the guide's size. */
export interface GuidedInput {
  readonly guide: RgbImage;
  /** What is to be filtered. */
  readonly planes: readonly Float32Array[];
  /** 0 for pixels that must not count. */
  readonly valid: Uint8Array;
  /** Not 0 for pixels whose models are wanted. */
  readonly wanted: Uint8Array;
}

/**
 * The linear models of the guided filter with a colour guide (He, Sun and Tang, PAMI 2013, eq. 14, 15 and 21), averaged over
 * the windows about each pixel: plane p is about r · m₀ + g · m₁ + b · m₂ + m₃ there, r, g and b in 0 … 255. As in the fast
 * guided filter (He and Sun 2015) they are found at a low resolution; interpolated, they hold for the picture's full one.
 *
 * Boundaries take up little of a picture, so each window is summed for itself, and only where it is needed.
 *
 * @returns four numbers per plane and pixel: those of pixel i and plane p begin at 4 · (i · planes + p); 0 where not wanted
 */
export function guidedModels(input: GuidedInput, options: GuidedOptions): Float32Array {
  const { guide, planes, valid, wanted } = input;
  const { width, height } = guide;
  const size = 4 * planes.length;
  const near = dilated(wanted, width, height, options.radius);
  const windows = new Float32Array(width * height * size);
  const fit = createWindowFit(input, options);
  for (let i = 0; i < near.length; i++) if (near[i] && valid[i]) fit(i, windows);

  const models = new Float32Array(windows.length);
  for (let y = 0, i = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - options.radius), Math.min(height - 1, y + options.radius)];
    for (let x = 0; x < width; x++, i++) {
      if (!wanted[i]) continue;
      const left = Math.max(0, x - options.radius);
      const right = Math.min(width - 1, x + options.radius);
      const o = i * size;
      let count = 0;
      for (let v = top; v <= bottom; v++) {
        for (let j = v * width + left; j <= v * width + right; j++) {
          if (!valid[j]) continue;
          count++;
          for (let k = 0, w = j * size; k < size; k++, w++) models[o + k] += windows[w];
        }
      }
      if (count > 0) for (let k = 0; k < size; k++) models[o + k] /= count;
    }
  }
  return models;
}

/** A function that writes the models of the window about a pixel. */
function createWindowFit({ guide, planes, valid }: GuidedInput, { radius, epsilon }: GuidedOptions) {
  const { width, height, data } = guide;
  const count = planes.length;
  /** Of each plane p: Σ p r, Σ p g, Σ p b, Σ p. */
  const sums = new Float64Array(4 * count);
  return (pixel: number, out: Float32Array): void => {
    const x = pixel % width;
    const y = (pixel - x) / width;
    const left = Math.max(0, x - radius);
    const right = Math.min(width - 1, x + radius);
    const bottom = Math.min(height - 1, y + radius);
    let [n, sr, sg, sb, srr, srg, srb, sgg, sgb, sbb] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    sums.fill(0);
    for (let v = Math.max(0, y - radius); v <= bottom; v++) {
      for (let i = v * width + left; i <= v * width + right; i++) {
        if (!valid[i]) continue;
        const r = data[3 * i] / 255;
        const g = data[3 * i + 1] / 255;
        const b = data[3 * i + 2] / 255;
        n++;
        sr += r;
        sg += g;
        sb += b;
        srr += r * r;
        srg += r * g;
        srb += r * b;
        sgg += g * g;
        sgb += g * b;
        sbb += b * b;
        for (let p = 0, k = 0; p < count; p++, k += 4) {
          const value = planes[p][i];
          sums[k] += value * r;
          sums[k + 1] += value * g;
          sums[k + 2] += value * b;
          sums[k + 3] += value;
        }
      }
    }
    const [r, g, b] = [sr / n, sg / n, sb / n];
    // The covariance matrix of the colours and its inverse.
    const a00 = srr / n - r * r + epsilon;
    const a01 = srg / n - r * g;
    const a02 = srb / n - r * b;
    const a11 = sgg / n - g * g + epsilon;
    const a12 = sgb / n - g * b;
    const a22 = sbb / n - b * b + epsilon;
    const c00 = a11 * a22 - a12 * a12;
    const c01 = a02 * a12 - a01 * a22;
    const c02 = a01 * a12 - a02 * a11;
    const d = 1 / (a00 * c00 + a01 * c01 + a02 * c02);
    const c11 = a00 * a22 - a02 * a02;
    const c12 = a01 * a02 - a00 * a12;
    const c22 = a00 * a11 - a01 * a01;
    for (let p = 0, k = 0, o = pixel * 4 * count; p < count; p++, k += 4, o += 4) {
      const mean = sums[k + 3] / n;
      const vr = sums[k] / n - r * mean;
      const vg = sums[k + 1] / n - g * mean;
      const vb = sums[k + 2] / n - b * mean;
      const kr = (c00 * vr + c01 * vg + c02 * vb) * d;
      const kg = (c01 * vr + c11 * vg + c12 * vb) * d;
      const kb = (c02 * vr + c12 * vg + c22 * vb) * d;
      out[o] = kr / 255;
      out[o + 1] = kg / 255;
      out[o + 2] = kb / 255;
      out[o + 3] = mean - kr * r - kg * g - kb * b;
    }
  };
}

/** Not 0 within `radius` pixels (along both axes) of pixels that are not 0. */
function dilated(mask: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const out = new Uint8Array(mask.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!mask[i]) continue;
      const [left, right] = [Math.max(0, x - radius), Math.min(width, x + radius + 1)];
      for (let v = Math.max(0, y - radius); v <= Math.min(height - 1, y + radius); v++)
        out.fill(1, v * width + left, v * width + right);
    }
  }
  return out;
}
