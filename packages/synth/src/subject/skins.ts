import { linearOfSrgb, toSrgb } from "cameo";
import sharp from "sharp";
import { readPicture, skinNames } from "../makehuman/files.ts";
import { mix } from "../noise.ts";
import type { Rgb } from "../part.ts";
import { plainRows, type SkinMesh, skinCrop, skinSide } from "./skin-mesh.ts";

/** A skin of the pack: what a head shows of it, without painted hair. */
export interface SkinPicture {
  /** Such as `young_asian_female`. */
  readonly name: string;
  /** sRGB r, g, b of the texels of {@link skinCrop}. */
  readonly data: Uint8Array;
  /** sRGB r, g, b of the vertices that no texture colours, see `SkinMesh.plain`. */
  readonly plain: Uint8Array;
  /** Mean colour of the middle of the face, sRGB. */
  readonly mean: readonly [number, number, number];
  /** The same, linear. */
  readonly linear: Rgb;
}

export interface Skins {
  readonly pictures: readonly SkinPicture[];
  /** First used texel of each row, and one past the last. */
  readonly spans: Uint16Array;
  /** Texels that a freckle may sit on, each listed the more often the likelier it is. */
  readonly sunTexels: Uint32Array;
  /** All texels of the face. */
  readonly faceTexels: Uint32Array;
}

/** Whole skins, decoded: sRGB r, g, b. */
export async function decodeSkins(folder: string): Promise<Map<string, Uint8Array>> {
  const decoded = await Promise.all(
    skinNames.map(async (name): Promise<[string, Uint8Array]> => {
      const image = sharp(await readPicture(folder, `skins/${name}.jpg`))
        .resize(skinSide, skinSide)
        .removeAlpha();
      return [name, await image.raw().toBuffer()];
    }),
  );
  return new Map(decoded);
}

export function prepareSkins(decoded: ReadonlyMap<string, Uint8Array>, mesh: SkinMesh): Skins {
  const { hair, sun, middle } = mesh.zones;
  const zone = paintTexels(mesh, hair);
  spread(zone);
  const sunlit = paintTexels(mesh, sun);
  const inMiddle = paintTexels(mesh, middle);
  const sunTexels: number[] = [];
  const faceTexels: number[] = [];
  for (let i = 0; i < sunlit.length; i++) {
    for (let n = Math.round(4 * sunlit[i]); n > 0; n--) sunTexels.push(i);
    if (sunlit[i] > 0 || inMiddle[i] > 0.5) faceTexels.push(i);
  }
  return {
    pictures: [...decoded].map(([name, whole]) => prepareSkin(name, whole, mesh, zone, inMiddle)),
    spans: usedSpans(zone),
    sunTexels: Uint32Array.from(sunTexels),
    faceTexels: Uint32Array.from(faceTexels),
  };
}

function usedSpans(mask: Float32Array): Uint16Array {
  const { width, height } = skinCrop;
  const out = new Uint16Array(2 * height);
  for (let y = 0; y < height; y++) {
    const row = mask.subarray(y * width, (y + 1) * width);
    const first = row.findIndex((x) => x >= 0);
    if (first < 0) continue;
    out[2 * y] = first;
    out[2 * y + 1] = 1 + row.findLastIndex((x) => x >= 0);
  }
  return out;
}

function prepareSkin(
  name: string,
  whole: Uint8Array,
  { plain, plainUvs }: SkinMesh,
  zone: Float32Array,
  inMiddle: Float32Array,
): SkinPicture {
  const { left, top, width, height } = skinCrop;
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * skinSide + left);
    data.set(whole.subarray(from, from + 3 * width), 3 * y * width);
  }
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < inMiddle.length; i++) {
    if (!(inMiddle[i] > 0.5)) continue;
    for (let c = 0; c < 3; c++) sums[c] += linearOfSrgb[data[3 * i + c]];
    sums[3]++;
  }
  const mean = [0, 1, 2].map((c) => toSrgb(sums[c] / sums[3])) as [number, number, number];
  shave(data, zone, mean);
  const colours = new Uint8Array(3 * plain.length);
  for (let i = 0; i < plain.length; i++) {
    const x = Math.min(skinSide - 1, Math.floor(plainUvs[2 * i] * skinSide));
    const y = Math.min(skinSide - 1, Math.floor(plainUvs[2 * i + 1] * skinSide));
    for (let c = 0; c < 3; c++) colours[3 * i + c] = whole[3 * (y * skinSide + x) + c];
  }
  return { name, data, plain: colours, mean, linear: [sums[0] / sums[3], sums[1] / sums[3], sums[2] / sums[3]] };
}

/** Side of the cells whose mean is the coarse colour of a skin, texels. */
const cell = 16;

/** Replaces the coarse colour by that of the face where hair is painted, and keeps little of the fine pattern. */
function shave(data: Uint8Array, zone: Float32Array, mean: readonly number[]): void {
  const { width, height } = skinCrop;
  const columns = Math.ceil(width / cell);
  const rows = Math.ceil(height / cell);
  const coarse = new Float32Array(3 * columns * rows);
  const counts = new Float32Array(columns * rows);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (Number.isNaN(zone[y * width + x])) continue;
      const at = Math.floor(y / cell) * columns + Math.floor(x / cell);
      counts[at]++;
      for (let c = 0; c < 3; c++) coarse[3 * at + c] += data[3 * (y * width + x) + c];
    }
  for (let i = 0; i < coarse.length; i++)
    coarse[i] = counts[Math.floor(i / 3)] > 0 ? coarse[i] / counts[Math.floor(i / 3)] : mean[i % 3];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const w = zone[i];
      if (w === 0) continue;
      if (Number.isNaN(w)) {
        // Between the halves of the island, where reading may stray.
        data.set(mean, 3 * i);
        continue;
      }
      const gx = Math.min(columns - 1, Math.max(0, (x + 0.5) / cell - 0.5));
      const gy = Math.min(rows - 1, Math.max(0, (y + 0.5) / cell - 0.5));
      const x0 = Math.min(columns - 2, Math.floor(gx));
      const y0 = Math.min(rows - 2, Math.floor(gy));
      for (let c = 0; c < 3; c++) {
        const at = 3 * (y0 * columns + x0) + c;
        const low = mix(
          mix(coarse[at], coarse[at + 3], gx - x0),
          mix(coarse[at + 3 * columns], coarse[at + 3 * columns + 3], gx - x0),
          gy - y0,
        );
        const own = data[3 * i + c];
        const detail = Math.min(1.04, Math.max(0.96, (own + 8) / (low + 8)));
        data[3 * i + c] = Math.min(255, mix(own, mean[c] * detail, w));
      }
    }
}

/** A mask of the skin's vertices in its texture; NaN where the texture is not used. */
function paintTexels({ triangles, uvs, uvTriangles }: SkinMesh, mask: Float32Array): Float32Array {
  const { width, height } = skinCrop;
  const out = new Float32Array(width * height).fill(Number.NaN);
  const x = [0, 0, 0];
  const y = [0, 0, 0];
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      x[k] = uvs[2 * uvTriangles[t + k]] * width - 0.5;
      y[k] = uvs[2 * uvTriangles[t + k] + 1] * uvScale - 0.5;
    }
    const area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
    if (area === 0) continue;
    // Half a texel more on all sides, so that no texel between triangles stays out.
    const reach = 0.7 / Math.sqrt(Math.abs(area));
    for (let j = Math.max(0, Math.floor(Math.min(...y))); j <= Math.min(height - 1, Math.ceil(Math.max(...y))); j++)
      for (let i = Math.max(0, Math.floor(Math.min(...x))); i <= Math.min(width - 1, Math.ceil(Math.max(...x))); i++) {
        const b = ((i - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (j - y[0])) / area;
        const c = ((x[1] - x[0]) * (j - y[0]) - (i - x[0]) * (y[1] - y[0])) / area;
        const a = 1 - b - c;
        if (a < -reach || b < -reach || c < -reach) continue;
        const value = a * mask[triangles[t]] + b * mask[triangles[t + 1]] + c * mask[triangles[t + 2]];
        out[j * width + i] = Math.min(1, Math.max(0, value));
      }
  }
  return out;
}

/** Texture heights count the plain rows. */
const uvScale = skinCrop.height + plainRows;

/** How far masks reach beyond the border of the island, texels: what bilinear reading and coarse cells see. */
const rim = 6;

/** Lets what is known of a mask grow over its borders. */
function spread(mask: Float32Array): void {
  const { width, height } = skinCrop;
  for (let round = 0; round < rim; round++) {
    const before = mask.slice();
    for (let y = 1; y < height - 1; y++)
      for (let x = 1; x < width - 1; x++) {
        const i = y * width + x;
        if (!Number.isNaN(before[i])) continue;
        for (const j of [i - 1, i + 1, i - width, i + width]) if (!Number.isNaN(before[j])) mask[i] = before[j];
      }
  }
}
