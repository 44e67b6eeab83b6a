import { rotateNormals, transformToCamera } from "../../geometry/pose.ts";
import { shade } from "../../geometry/spherical-harmonics.ts";
import { vertexNormals } from "../../mesh/normals.ts";
import { synthesizeAlbedo } from "../../morphable/synthesize.ts";
import type { Appearance } from "../face/appearance.ts";
import { closedSurface } from "./closed-surface.ts";
import { vertexColors } from "./colors.ts";
import { layersOf } from "./layers.ts";
import { openSurface } from "./open-surface.ts";
import { type SplitMesh, splitVertices } from "./split.ts";
import type { SurfaceInput } from "./surface.ts";
import { Material } from "./template.ts";
import { bakeTexture } from "./texture.ts";

/** Linear reflectance that unseen hair starts from; the photo's hair then scales it. */
const HAIR_ALBEDO = 0.1;
/** Normals with a larger z face the camera. */
const FACING = 0.3;
/** Unseen parts are lit by no less and no more than this, against the mean of what faces the camera. */
const LIGHT_RANGE = [0.7, 1.3] as const;
/** The part of the light that reaches the inside of the mouth; lips colour it. Red, green, blue. */
const MOUTH_LIGHT = [0.62, 0.52, 0.46] as const;

export interface HeadInput extends SurfaceInput {
  readonly appearance: Appearance;
  /** Only what the photo shows (the paper's surface), or the whole head, closed. */
  readonly open: boolean;
}

/** The textured head in model space: surface, then colours of what the photo hides, then one texture of both. */
export function buildHead(input: HeadInput): SplitMesh {
  const { template, shape, pose, appearance, photo, crop, open } = input;
  const layers = layersOf(input);
  const surface = open ? openSurface(input) : closedSurface(input, layers);
  const normals = rotateNormals(vertexNormals(shape, template.model.triangles), pose);
  const albedo = unseenAlbedo(synthesizeAlbedo(template.model, appearance.texture), template.materials);
  const light = unseenLight(appearance.illumination, normals);
  greyInMouth(light, template.materials);
  const lit = albedo.map((reflectance, i) => reflectance * light[i]);
  const colors = vertexColors(template, surface, pose, lit, crop, photo, layers);
  const texture = bakeTexture(template, surface, transformToCamera(surface.positions, pose), colors, photo, { open });
  return splitVertices(surface, texture);
}

/**
 * Light to colour unseen parts with, 3 per vertex. What lights the far side cannot be told from the near one, and nine
 * harmonics swing widely there: so it gets the mean colour of the light on what faces the camera, and is brighter or
 * darker than that within limits only.
 */
function unseenLight(illumination: Float32Array, normals: Float32Array): Float32Array {
  const light = shade(normals, illumination);
  const mean = [0, 0, 0];
  for (let i = 0; i < light.length; i += 3) {
    if (normals[i + 2] > FACING) for (let k = 0; k < 3; k++) mean[k] += Math.max(0, light[i + k]);
  }
  const [darkest, brightest] = LIGHT_RANGE;
  const total = mean[0] + mean[1] + mean[2];
  const count = total > 0 ? normals.reduce((sum, z, i) => (i % 3 === 2 && z > FACING ? sum + 1 : sum), 0) : 0;
  for (let i = 0; i < light.length; i += 3) {
    const relative = count > 0 ? ((light[i] + light[i + 1] + light[i + 2]) * count) / total : 1;
    const limited = Math.min(brightest, Math.max(darkest, relative));
    for (let k = 0; k < 3; k++) light[i + k] = count > 0 ? (limited * mean[k]) / count : 1;
  }
  return light;
}

/**
 * Makes the light in the mouth grey. What is estimated holds the difference between this skin's colour and the model's too,
 * and would make teeth blue.
 */
function greyInMouth(light: Float32Array, materials: Uint8Array): void {
  for (let v = 0; v < materials.length; v++) {
    if (materials[v] !== Material.mouth) continue;
    light.fill((light[3 * v] + light[3 * v + 1] + light[3 * v + 2]) / 3, 3 * v, 3 * v + 3);
  }
}

/**
 * Albedo to colour unseen parts with. The model's scalp is a shaven one: hair gets one albedo, so that the photo's hair
 * continues without its pattern. The inside of the mouth lies in the shadow of the lips.
 */
function unseenAlbedo(albedo: Float32Array, materials: Uint8Array): Float32Array {
  for (let v = 0; v < materials.length; v++) {
    if (materials[v] === Material.hair) albedo.fill(HAIR_ALBEDO, 3 * v, 3 * v + 3);
    if (materials[v] === Material.mouth) for (let k = 0; k < 3; k++) albedo[3 * v + k] *= MOUTH_LIGHT[k];
  }
  return albedo;
}
