import { linearOfSrgb } from "../../color.ts";
import type { Camera } from "../../geometry/camera.ts";
import { NormalEquations } from "../../geometry/least-squares.ts";
import { gemanMcClure } from "../../geometry/robust.ts";
import { ambientSh, shBasis, shCount } from "../../geometry/spherical-harmonics.ts";
import type { RgbImage } from "../../image.ts";
import { type MorphableModel, Region } from "../../morphable/model.ts";
import type { Raster } from "../../raster/raster.ts";
import { sampleBilinear } from "../../sample.ts";

/** Albedo and light of one face: δ of paper Eq. 1 and γ. */
export interface Appearance {
  /** δ, in standard deviations. */
  readonly texture: Float32Array;
  /** γ: 9 spherical-harmonics coefficients × 3 channels, as `shade` takes them. */
  readonly illumination: Float32Array;
}

/** The posed model in a crop of the photo. */
export interface PosedView {
  readonly image: RgbImage;
  readonly camera: Camera;
  /** Camera space, 3 per vertex, mm. */
  readonly positions: Float32Array;
  /** Unit normals per vertex in the frame of the light: x right, y up, z to the viewer. */
  readonly normals: Float32Array;
  /** The posed model as `camera` sees it. */
  readonly raster: Raster;
}

/** Vertices that take part; more do not change the answer. */
const MAX_SAMPLES = 1000;
/** Alternations between light and albedo. */
const ROUNDS = 3;
/** Standard deviation of a pixel about the model where the model holds, linear light relative to the face's mean. */
const NOISE = 0.12;
/** Prior precision of the light's coefficients: band 1 is about as strong as 1, band 2 half of that, brightness can be anything. */
const LIGHT_PRIOR = [0.05, 1, 1, 1, 4, 4, 4, 4, 4];
/** The light that shows every albedo as it is. */
const NEUTRAL_LIGHT = ambientSh([1, 1, 1]);
/** Hair, glasses and highlights are off by several deviations. */
const robust = gemanMcClure(3);
/** Neighbouring samples err alike: so many count as one. */
const DEPENDENCE = 8;
/** A vertex counts as seen when the raster's surface is at most this far in front of it, mm. */
const TOLERANCE = 2;

/**
 * Texture coefficients and illumination by least squares on the face's visible skin: photo = albedo × irradiance in
 * linear light, alternating between the two, which are each linear given the other. Geman–McClure weights let hair,
 * glasses and highlights drop out.
 *
 * Of brightness, photo alone cannot say whether skin or light has it: the model's prior on δ decides.
 */
export function fitAppearance(model: MorphableModel, view: PosedView): Appearance {
  const { count, basis, deviations } = model.texture;
  const stride = 3 * model.vertexCount;
  const samples = collectSamples(model, view);
  const n = samples.vertices.length;
  const texture = new Float32Array(count);
  const illumination = NEUTRAL_LIGHT.slice();

  // The rows of the albedo basis at the samples, gathered once: count values for each channel of each sample.
  const rows = new Float64Array(n * 3 * count);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < n; i++) {
      const source = k * stride + 3 * samples.vertices[i];
      for (let c = 0; c < 3; c++) rows[(3 * i + c) * count + k] = basis[source + c] * deviations[k];
    }
  }
  const weights = new Float64Array(n).fill(1);
  const albedo = new Float64Array(3 * n);
  const light = new NormalEquations(9);
  const skin = new NormalEquations(count);
  const row = new Float64Array(Math.max(9, count));
  const variance = (NOISE * meanOf(samples.colors)) ** 2;

  for (let round = 0; round < ROUNDS; round++) {
    albedoAt(model, samples.vertices, rows, texture, albedo);
    for (let c = 0; c < 3; c++) {
      light.clear();
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < 9; k++) row[k] = albedo[3 * i + c] * samples.irradiance[9 * i + k];
        light.addRow(row, samples.colors[3 * i + c], weights[i] / (variance * DEPENDENCE));
      }
      for (let k = 0; k < shCount; k++) light.addDiagonal(k, NEUTRAL_LIGHT[3 * k + c], LIGHT_PRIOR[k]);
      light.solve().forEach((gamma, k) => {
        illumination[3 * k + c] = gamma;
      });
    }
    skin.clear();
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < 3; c++) {
        const light = shadeAt(samples.irradiance, i, illumination, c);
        const mean = model.meanAlbedo[3 * samples.vertices[i] + c];
        const source = (3 * i + c) * count;
        for (let k = 0; k < count; k++) row[k] = light * rows[source + k];
        skin.addRow(row, samples.colors[3 * i + c] - light * mean, weights[i] / (variance * DEPENDENCE));
      }
    }
    for (let k = 0; k < count; k++) skin.addDiagonal(k, 0, 1);
    texture.set(skin.solve());
    albedoAt(model, samples.vertices, rows, texture, albedo);
    for (let i = 0; i < n; i++) {
      let squared = 0;
      for (let c = 0; c < 3; c++) {
        squared +=
          (samples.colors[3 * i + c] - albedo[3 * i + c] * shadeAt(samples.irradiance, i, illumination, c)) ** 2;
      }
      weights[i] = robust.weight(Math.sqrt(squared / variance));
    }
  }
  return { texture, illumination };
}

interface Samples {
  /** Model vertices that are seen. */
  readonly vertices: Uint32Array;
  /** Linear light of the photo, 3 per sample. */
  readonly colors: Float64Array;
  /** The nine spherical harmonics at each sample's normal. */
  readonly irradiance: Float32Array;
}

/** The face's visible skin vertices, thinned evenly. */
function collectSamples(model: MorphableModel, { image, camera, positions, normals, raster }: PosedView): Samples {
  const isFace = new Uint8Array(model.vertexCount);
  for (let t = 0; t < model.regions.length; t++) {
    if (model.regions[t] === Region.face) for (let k = 0; k < 3; k++) isFace[model.triangles[3 * t + k]] = 1;
  }
  const seen: number[] = [];
  for (let v = 0; v < model.vertexCount; v++) {
    if (isFace[v] && normals[3 * v + 2] > 0.2 && isSeen(positions, v, camera, raster)) seen.push(v);
  }
  const step = Math.max(1, seen.length / MAX_SAMPLES);
  const n = Math.floor(seen.length / step);
  const vertices = Uint32Array.from({ length: n }, (_, i) => seen[Math.floor(i * step)]);
  const colors = new Float64Array(3 * n);
  const sampledNormals = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const v = vertices[i];
    const z = positions[3 * v + 2];
    const x = (camera.fx * positions[3 * v]) / z + camera.cx;
    const y = (camera.fy * positions[3 * v + 1]) / z + camera.cy;
    sampleBilinear(image, x, y, colors, 3 * i);
    for (let c = 0; c < 3; c++) colors[3 * i + c] = linearOfSrgb[Math.round(colors[3 * i + c])];
    sampledNormals.set(normals.subarray(3 * v, 3 * v + 3), 3 * i);
  }
  return { vertices, colors, irradiance: shBasis(sampledNormals) };
}

function isSeen(positions: Float32Array, v: number, camera: Camera, { width, height, depth }: Raster): boolean {
  const z = positions[3 * v + 2];
  const x = Math.floor((camera.fx * positions[3 * v]) / z + camera.cx);
  const y = Math.floor((camera.fy * positions[3 * v + 1]) / z + camera.cy);
  return x >= 0 && y >= 0 && x < width && y < height && z < depth[y * width + x] + TOLERANCE;
}

/** Albedo of the samples for given texture coefficients, 3 per sample. */
function albedoAt(
  model: MorphableModel,
  vertices: Uint32Array,
  rows: Float64Array,
  texture: Float32Array,
  out: Float64Array,
): void {
  const count = texture.length;
  for (let j = 0; j < out.length; j++) {
    let value = model.meanAlbedo[3 * vertices[(j / 3) | 0] + (j % 3)];
    for (let k = 0; k < count; k++) value += rows[j * count + k] * texture[k];
    out[j] = Math.max(0.005, value);
  }
}

function shadeAt(harmonics: Float32Array, sample: number, illumination: Float32Array, channel: number): number {
  let sum = 0;
  for (let k = 0; k < shCount; k++) sum += harmonics[shCount * sample + k] * illumination[3 * k + channel];
  return Math.max(0, sum);
}

const meanOf = (values: Float64Array): number => values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
