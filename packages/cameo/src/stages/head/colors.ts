import { linearOfSrgb, toSrgb } from "../../color.ts";
import { cropCamera } from "../../geometry/camera.ts";
import { type Pose, rotateNormals, transformToCamera } from "../../geometry/pose.ts";
import { tukey } from "../../geometry/robust.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import { rasterize } from "../../raster/rasterize.ts";
import { sampleBilinear } from "../../sample.ts";
import type { View } from "../../view.ts";
import { believeOwnLayer, photoConfidence } from "./confidence.ts";
import { adjacency, diffuse } from "./diffuse.ts";
import { FINE, inPhoto, type Layers, sampleMap } from "./layers.ts";
import type { HeadSurface } from "./surface.ts";
import { type HeadTemplate, Material } from "./template.ts";

/** The colour of every model vertex as if the photo did not show it, and how far the photo is believed instead. */
export interface VertexColors {
  /** sRGB, 0 to 255, 3 per vertex of the model. */
  readonly hidden: Float32Array;
  /** In [0, 1], per vertex of the surface. */
  readonly confidence: Float32Array;
}

/** Visibility is found in a picture so many times larger than the head crop. */
const OVERSAMPLING = 2;
/** Added before taking ratios, so that dark pixels do not give wild ones; linear light. */
const FLOOR = 0.01;
/** How strongly hidden ratios return to the mean of their material, against one neighbour. */
const PULL = 0.02;
const SWEEPS = 16;
/** Skin seen at a cosine above the first is taken as it is; below the second it has to look like the rest of the skin. */
const FRONTAL = 0.75;
const OBLIQUE = 0.45;
/** Hair of which the mean is taken is seen with this confidence. */
const BELIEVED = 0.9;
const IS_SKIN = new Set<number>([Material.skin, Material.lid, Material.neck]);
/** By how much one person's skin differs from the model in brightness and in hue: standard deviations of the logarithm. */
const SKIN_BRIGHTNESS = 0.4;
const SKIN_HUE = 0.15;
/** Colours off by more than three deviations belong to something else. */
const strange = tukey(3);
/** Over so many crop pixels within the outline of the head hair may let through what is behind. */
const RIM = 16;
/** Fewer vertices of hair tell nothing about its colour. */
const LEAST_HAIR = 100;

/**
 * What the photo hides gets the model's albedo under the estimated light, times how much lighter, darker or otherwise
 * coloured the photo is than that where it can be seen, extended smoothly over the mesh. So hidden parts continue the
 * skin or hair they adjoin.
 *
 * @param lit linear light of the model under the estimated light, 3 per vertex
 */
export function vertexColors(
  { model, materials, regions, bareness, edges: modelEdges }: HeadTemplate,
  surface: HeadSurface,
  pose: Pose,
  lit: Float32Array,
  crop: View,
  photo: View,
  layers: Layers,
): VertexColors {
  const positions = transformToCamera(surface.positions, pose);
  const normals = rotateNormals(surface.normals, pose);
  // From the frame of the light (y up, z to the viewer) to camera space.
  for (let i = 0; i < normals.length; i += 3) {
    normals[i + 1] = -normals[i + 1];
    normals[i + 2] = -normals[i + 2];
  }
  const view = cropCamera(crop.camera, 0, 0, OVERSAMPLING);
  const raster = rasterize(positions, surface.triangles, view, {
    width: crop.image.width * OVERSAMPLING,
    height: crop.image.height * OVERSAMPLING,
  });
  const edges = adjacency(surface.triangles, positions.length / 3);
  const { confidence, cosines } = photoConfidence(positions, normals, raster, view, inPhoto(view, photo), edges);
  believeOwnLayer(confidence, positions, regions, layers);
  believeHairColors(confidence, positions, model.vertexCount, crop, layers);

  const ratios = new Float32Array(lit.length);
  const color = new Float32Array(3);
  for (let v = 0; v < model.vertexCount; v++) {
    if (confidence[v] === 0) continue;
    const z = positions[3 * v + 2];
    const { fx, fy, cx, cy } = crop.camera;
    sampleBilinear(crop.image, (fx * positions[3 * v]) / z + cx, (fy * positions[3 * v + 1]) / z + cy, color);
    for (let k = 0; k < 3; k++) {
      const seen = linearOfSrgb[Math.round(color[k])];
      ratios[3 * v + k] = Math.log((seen + FLOOR) / (lit[3 * v + k] + FLOOR));
    }
  }
  const likeness = skinLikeness(materials, ratios, confidence, cosines);
  const hair = meanHair(positions, confidence, model.vertexCount, crop);
  const known = new Float32Array(model.vertexCount);
  for (let v = 0; v < model.vertexCount; v++) {
    // The middle of the face is spared, as beards, brows and glasses belong to it.
    const spared =
      materials[v] === Material.skin || materials[v] === Material.lid ? smoothstep(OBLIQUE, FRONTAL, cosines[v]) : 0;
    confidence[v] *= bareness[v] * (spared + (1 - spared) * likeness[v]);
    // What lids hide while open is skin, not lashes.
    known[v] = materials[v] === Material.lid ? confidence[v] * likeness[v] : confidence[v];
  }
  // The means are those of what is seen squarely: towards its outline hair lets the background through.
  const square = known.map((weight, v) => weight * Math.max(0, cosines[v]) ** 4);
  const fallback = meanByMaterial(materials, ratios, square);
  // What of the scalp lies under hair has its colour, to its edge.
  if (hair)
    for (let v = 0; v < materials.length; v++) {
      if (materials[v] !== Material.hair) continue;
      for (let k = 0; k < 3; k++) fallback[3 * v + k] = Math.log((hair[k] + FLOOR) / (lit[3 * v + k] + FLOOR));
      if (confidence[v] > 0) continue;
      known[v] = 1;
      ratios.set(fallback.subarray(3 * v, 3 * v + 3), 3 * v);
    }
  // What is carried on is how each differs from the mean of its own material: hair must not colour the skin beside it.
  const differences = ratios.map((ratio, i) => ratio - fallback[i]);
  diffuse(differences, known, modelEdges, new Float32Array(lit.length), PULL, SWEEPS);
  const hidden = differences.map((difference, i) =>
    toSrgb((lit[i] + FLOOR) * Math.exp(fallback[i] + difference) - FLOOR),
  );
  return { hidden, confidence };
}

/**
 * How far the photo shows, at each vertex that should be skin, a colour that could be this person's skin, in [0, 1]; what
 * could not is the background beside a cheek, or clothes over the neck. 1 for all that is not skin.
 */
function skinLikeness(
  materials: Uint8Array,
  ratios: Float32Array,
  confidence: Float32Array,
  cosines: Float32Array,
): Float32Array {
  const likeness = new Float32Array(materials.length).fill(1);
  const mean = [0, 0, 0];
  let count = 0;
  for (let v = 0; v < materials.length; v++) {
    if (materials[v] !== Material.skin || cosines[v] < FRONTAL || confidence[v] < 0.9) continue;
    count++;
    for (let k = 0; k < 3; k++) mean[k] += ratios[3 * v + k];
  }
  if (count === 0) return likeness;
  for (let v = 0; v < materials.length; v++) {
    if (!IS_SKIN.has(materials[v])) continue;
    const offset = mean.map((sum, k) => ratios[3 * v + k] - sum / count);
    const brightness = (offset[0] + offset[1] + offset[2]) / 3;
    const hue = Math.hypot(...offset.map((o) => o - brightness));
    likeness[v] = strange.weight(Math.hypot(brightness / SKIN_BRIGHTNESS, hue / SKIN_HUE));
  }
  return likeness;
}

/**
 * Lowers the confidence of hair near the outline of the head whose colour is strange against that farther within: it lets
 * through what is behind.
 *
 * @param first vertex of the hair
 */
function believeHairColors(
  confidence: Float32Array,
  positions: Float32Array,
  first: number,
  { image, camera: { fx, fy, cx, cy } }: View,
  { head, labels }: Layers,
): void {
  const count = confidence.length - first;
  const logs = new Float32Array(3 * count);
  const depths = new Float32Array(count);
  const color = new Float32Array(3);
  const sums = new Float64Array(3);
  const squares = new Float64Array(2);
  let within = 0;
  for (let n = 0; n < count; n++) {
    const v = first + n;
    if (confidence[v] === 0) continue;
    const z = positions[3 * v + 2];
    const x = (fx * positions[3 * v]) / z + cx;
    const y = (fy * positions[3 * v + 1]) / z + cy;
    sampleBilinear(image, x, y, color);
    for (let k = 0; k < 3; k++) logs[3 * n + k] = Math.log(linearOfSrgb[Math.round(color[k])] + FLOOR);
    depths[n] = -sampleMap(head, labels.width, labels.height, FINE * x, FINE * y);
    if (depths[n] < RIM) continue;
    within++;
    for (let k = 0; k < 3; k++) sums[k] += logs[3 * n + k];
  }
  if (within < LEAST_HAIR) return;
  const offsets = (n: number): readonly [brightness: number, hue: number] => {
    const [r, g, b] = [0, 1, 2].map((k) => logs[3 * n + k] - sums[k] / within);
    const brightness = (r + g + b) / 3;
    return [brightness, Math.hypot(r - brightness, g - brightness, b - brightness)];
  };
  for (let n = 0; n < count; n++) {
    if (depths[n] < RIM) continue;
    const [brightness, hue] = offsets(n);
    squares[0] += brightness ** 2;
    squares[1] += hue ** 2;
  }
  const deviations = Array.from(squares, (sum) => Math.sqrt(sum / within));
  for (let n = 0; n < count; n++) {
    if (confidence[first + n] === 0 || depths[n] >= RIM) continue;
    const [brightness, hue] = offsets(n);
    const distance = Math.hypot(brightness / deviations[0], hue / deviations[1]);
    const spared = smoothstep(0, RIM, depths[n]);
    confidence[first + n] *= spared + (1 - spared) * strange.weight(distance);
  }
}

/** The mean colour of the hair that lies over the model, linear light; undefined where there is none or it is not seen. */
function meanHair(
  positions: Float32Array,
  confidence: Float32Array,
  first: number,
  { image, camera: { fx, fy, cx, cy } }: View,
): readonly number[] | undefined {
  const sums = [0, 0, 0];
  let total = 0;
  const color = new Float32Array(3);
  for (let v = first; v < confidence.length; v++) {
    if (confidence[v] < BELIEVED) continue;
    const z = positions[3 * v + 2];
    sampleBilinear(image, (fx * positions[3 * v]) / z + cx, (fy * positions[3 * v + 1]) / z + cy, color);
    for (let k = 0; k < 3; k++) sums[k] += linearOfSrgb[Math.round(color[k])];
    total++;
  }
  return total > 0 ? sums.map((sum) => sum / total) : undefined;
}

/** The mean of what is known of each vertex's material; of skin where nothing is known of it, and for all that is neither. */
function meanByMaterial(materials: Uint8Array, values: Float32Array, weights: Float32Array): Float32Array {
  const mean = (material: number): number[] | undefined => {
    const sums = [0, 0, 0];
    let total = 0;
    for (let v = 0; v < materials.length; v++) {
      if (materials[v] !== material) continue;
      total += weights[v];
      for (let k = 0; k < 3; k++) sums[k] += weights[v] * values[3 * v + k];
    }
    return total > 0 ? sums.map((sum) => sum / total) : undefined;
  };
  const skin = mean(Material.skin) ?? [0, 0, 0];
  const hair = mean(Material.hair) ?? skin;
  const out = new Float32Array(values.length);
  for (let v = 0; v < materials.length; v++) out.set(materials[v] === Material.hair ? hair : skin, 3 * v);
  return out;
}
