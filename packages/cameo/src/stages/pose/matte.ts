import { smoothstep } from "../../geometry/smoothstep.ts";
import { Label, type RgbImage } from "../../image.ts";
import { guidedModels } from "../parse/guided.ts";
import { distancesTo } from "./distance.ts";

/** Strands reach so far beyond the hair's outline, mm, and gaps so far into it. */
const OUTSIDE = 12;
const INSIDE = 9;
/** Traces of skin, such as its shadow, reach so far beyond its outline, mm. */
const TRACES = 2;
/** Models of colour hold for cells of this side, mm, and are fitted in windows of 2 · RADIUS + 1 cells. */
const CELL = 1.6;
const RADIUS = 4;
/** Colour variance below which a window counts as even. */
const EPSILON = 5e-4;
/** Shares that the models give below the first are none, above the second all. */
const CERTAIN = [0.12, 0.88] as const;

/** How much of each pixel is head, from 0 to 255, and how much of it is strands at the outline of hair. */
export interface Matte {
  readonly alpha: Uint8Array;
  readonly strands: Uint8Array;
}

/**
 * Finds how much of each pixel is head. At the outline of hair that is found from colours: what is known of hair and
 * surroundings near by is continued by linear models of colour (guided filter as a matte: He, Sun and Tang, PAMI 2013,
 * section 4.4). Elsewhere it ends a little beyond the outline.
 * @param labels of the picture's pixels
 * @param pixelsPerMm at the head's distance
 */
export function headMatte(picture: RgbImage, labels: Uint8Array, pixelsPerMm: number): Matte {
  const { width, height, data } = picture;
  const cell = Math.max(1, Math.round(CELL * pixelsPerMm));
  const [w, h] = [Math.ceil(width / cell), Math.ceil(height / cell)];
  const coarse = coarseMaps(picture, labels, cell, w, h);
  const isHead = labels.map((label) => (label === Label.background ? 0 : 1));
  const outside = distancesTo(isHead, width, height);
  const inside = distancesTo(
    isHead.map((value) => 1 - value),
    width,
    height,
  );
  const wanted = hairOutline(coarse.hair, coarse.head, w, h, cell / pixelsPerMm);
  const models = guidedModels(
    { guide: coarse.guide, planes: [coarse.head], valid: new Uint8Array(w * h).fill(1), wanted },
    { radius: RADIUS, epsilon: EPSILON },
  );

  const perMm = 5 * pixelsPerMm;
  const alpha = new Uint8Array(labels.length);
  const strands = new Uint8Array(labels.length);
  for (let y = 0, p = 0; y < height; y++) {
    const v = Math.min(h - 1, Math.max(0, (y + 0.5) / cell - 0.5));
    const row = Math.min(h - 2, v | 0);
    for (let x = 0; x < width; x++, p++) {
      alpha[p] = Math.round(255 * (1 - smoothstep(0, TRACES, outside[p] / perMm)));
      if (!wanted[Math.floor(y / cell) * w + Math.floor(x / cell)]) continue;
      if (outside[p] > OUTSIDE * perMm || inside[p] > INSIDE * perMm) continue;
      const u = Math.min(w - 1, Math.max(0, (x + 0.5) / cell - 0.5));
      const column = Math.min(w - 2, u | 0);
      const [fu, fv] = [u - column, v - row];
      let [value, total] = [0, 0];
      for (let t = 0; t < 4; t++) {
        const c = (row + (t >> 1)) * w + column + (t & 1);
        if (!wanted[c]) continue;
        const near = (t & 1 ? fu : 1 - fu) * (t >> 1 ? fv : 1 - fv);
        const m = 4 * c;
        total += near;
        value +=
          near *
          (models[m] * data[3 * p] + models[m + 1] * data[3 * p + 1] + models[m + 2] * data[3 * p + 2] + models[m + 3]);
      }
      if (total === 0) continue;
      const share = Math.min(1, Math.max(0, (value / total - CERTAIN[0]) / (CERTAIN[1] - CERTAIN[0])));
      const lost = isHead[p]
        ? (1 - share) * (1 - smoothstep(INSIDE / 2, INSIDE, inside[p] / perMm))
        : 1 - share * (1 - smoothstep(OUTSIDE / 2, OUTSIDE, outside[p] / perMm));
      alpha[p] = Math.round(255 * (1 - lost));
      strands[p] = alpha[p];
    }
  }
  return { alpha, strands };
}

/** Mean colours of square cells, and the shares of head and of hair in them. */
function coarseMaps({ width, height, data }: RgbImage, labels: Uint8Array, cell: number, w: number, h: number) {
  const guide = new Uint8Array(3 * w * h);
  const head = new Float32Array(w * h);
  const hair = new Float32Array(w * h);
  for (let row = 0, c = 0; row < h; row++) {
    for (let column = 0; column < w; column++, c++) {
      const right = Math.min(width, (column + 1) * cell);
      const bottom = Math.min(height, (row + 1) * cell);
      let [red, green, blue, count] = [0, 0, 0, 0];
      for (let y = row * cell; y < bottom; y++) {
        for (let x = column * cell, p = y * width + x; x < right; x++, p++) {
          red += data[3 * p];
          green += data[3 * p + 1];
          blue += data[3 * p + 2];
          count++;
          if (labels[p] !== Label.background) head[c]++;
          if (labels[p] === Label.hair) hair[c]++;
        }
      }
      guide.set([red / count, green / count, blue / count], 3 * c);
      head[c] /= count;
      hair[c] /= count;
    }
  }
  return { guide: { width: w, height: h, data: guide }, head, hair };
}

/** 1 for cells near the outline of the head where that is hair's. */
function hairOutline(hair: Float32Array, head: Float32Array, w: number, h: number, mm: number): Uint8Array {
  const toHair = distancesTo(
    Uint8Array.from(hair, (share) => (share > 0 ? 1 : 0)),
    w,
    h,
  );
  const toSkin = distancesTo(
    Uint8Array.from(head, (share, c) => (share > hair[c] ? 1 : 0)),
    w,
    h,
  );
  const toOutside = distancesTo(
    Uint8Array.from(head, (share) => (share < 1 ? 1 : 0)),
    w,
    h,
  );
  return Uint8Array.from(toHair, (d, c) =>
    d <= toSkin[c] && mm * d <= 5 * (OUTSIDE + 2 * CELL) && mm * toOutside[c] <= 5 * (INSIDE + 2 * CELL) ? 1 : 0,
  );
}
