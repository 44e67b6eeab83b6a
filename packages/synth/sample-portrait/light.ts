import { type Camera, rasterize, smoothstep } from "cameo";
import { hash } from "../src/noise.ts";
import { sampleColour, type Texture } from "../src/texture.ts";
import { createRandom } from "./random.ts";
import type { Surface } from "./surface.ts";

/** A lamp far away: a soft-edged ellipse on the sky. Directions are camera space (x right, y down, z away), pointing to the lamp. */
export interface Lamp {
  readonly direction: readonly [number, number, number];
  /** Angular radii, radians, across and up. */
  readonly radius: readonly [number, number];
  /** Irradiance on a surface that faces it. */
  readonly irradiance: readonly [number, number, number];
}

/** Everything that shines: lamps, and a sky that blends from floor over horizon to ceiling (radiance). */
export interface Lighting {
  readonly lamps: readonly Lamp[];
  readonly ceiling: readonly [number, number, number];
  readonly horizon: readonly [number, number, number];
  readonly floor: readonly [number, number, number];
}

/** The direction at `azimuth` to the viewer's right of the camera's back and `elevation` above, degrees. */
export function toward(azimuth: number, elevation: number): [number, number, number] {
  const a = (azimuth * Math.PI) / 180;
  const e = (elevation * Math.PI) / 180;
  return [Math.sin(a) * Math.cos(e), -Math.sin(e), -Math.cos(a) * Math.cos(e)];
}

/** Radiance of the sky without lamps. */
export function skyRadiance(lighting: Lighting, y: number, out: Float64Array): void {
  const up = -y;
  const t = up > 0 ? Math.sqrt(up) : -Math.sqrt(-up);
  const end = t > 0 ? lighting.ceiling : lighting.floor;
  for (let k = 0; k < 3; k++) out[k] = lighting.horizon[k] + Math.abs(t) * (end[k] - lighting.horizon[k]);
}

/** Radiance seen in a direction: the sky and the lamps in front of it, as a mirror shows them. */
export function radiance(lighting: Lighting, x: number, y: number, z: number, out: Float64Array): void {
  skyRadiance(lighting, y, out);
  for (const lamp of lighting.lamps) {
    const { direction: d, radius } = lamp;
    if (x * d[0] + y * d[1] + z * d[2] <= 0) continue;
    const [ax, up] = lampAxes(lamp);
    const h = (x * ax[0] + y * ax[1] + z * ax[2]) / radius[0];
    const v = (x * up[0] + y * up[1] + z * up[2]) / radius[1];
    // A rounded square: the usual softbox.
    const shape = 1 - smoothstep(0.8, 1.05, (h ** 4 + v ** 4) ** 0.25);
    const area = Math.PI * radius[0] * radius[1];
    for (let k = 0; k < 3; k++) out[k] += (shape * lamp.irradiance[k]) / area;
  }
}

type Axis = readonly [number, number, number];
const axesOfLamp = new WeakMap<Lamp, [Axis, Axis]>();
function lampAxes(lamp: Lamp): [Axis, Axis] {
  let axes = axesOfLamp.get(lamp);
  if (!axes) {
    axes = frameOf(lamp.direction);
    axesOfLamp.set(lamp, axes);
  }
  return axes;
}

/** Two unit vectors square to `d` and to each other: horizontal, and the rest; (horizontal, other, −d) is right-handed. */
function frameOf([x, y, z]: Axis): [Axis, Axis] {
  const l = Math.hypot(x, z);
  const right: Axis = l > 1e-6 ? [-z / l, 0, x / l] : [1, 0, 0];
  return [right, [-(y * right[2] - z * right[1]), -(z * right[0] - x * right[2]), -(x * right[1] - y * right[0])]];
}

/** One ray bundle of a light. */
export interface LightSample {
  readonly direction: readonly [number, number, number];
  readonly irradiance: readonly [number, number, number];
  /** Index of the lamp, or `lamps.length` for the sky. */
  readonly source: number;
}

/** Parallel light bundles that stand for the lighting: `perLamp` of each lamp, and `ofSky` spread over the sphere. */
export function sampleLighting(lighting: Lighting, perLamp: number, ofSky: number, seed: number): LightSample[] {
  const random = createRandom(seed);
  const samples: LightSample[] = [];
  lighting.lamps.forEach((lamp, source) => {
    const [right, up] = lampAxes(lamp);
    for (let i = 0; i < perLamp; i++) {
      // Vogel's spiral covers the disc evenly.
      const r = Math.sqrt((i + random()) / perLamp);
      const a = i * 2.399963;
      const h = r * Math.cos(a) * lamp.radius[0];
      const v = r * Math.sin(a) * lamp.radius[1];
      const d = lamp.direction.map((c, k) => c + h * right[k] + v * up[k]);
      const l = Math.hypot(...d);
      samples.push({
        direction: [d[0] / l, d[1] / l, d[2] / l],
        irradiance: lamp.irradiance.map((c) => c / perLamp) as [number, number, number],
        source,
      });
    }
  });
  const out = new Float64Array(3);
  for (let i = 0; i < ofSky; i++) {
    const y = 1 - (2 * (i + 0.5)) / ofSky;
    const r = Math.sqrt(1 - y * y);
    const a = i * 2.399963;
    skyRadiance(lighting, y, out);
    const solid = (4 * Math.PI) / ofSky;
    samples.push({
      direction: [r * Math.cos(a), y, r * Math.sin(a)],
      irradiance: [out[0] * solid, out[1] * solid, out[2] * solid],
      source: lighting.lamps.length,
    });
  }
  return samples;
}

/** What stops light: a surface, and the texture whose alpha it has where it is not solid. */
export interface Caster {
  readonly surface: Surface;
  readonly cutout?: Texture;
  /** Scales the alpha of the cutout. */
  readonly opacity?: number;
}

/** How far from the light each point of a picture taken along a light's direction is. */
export interface ShadowMap {
  readonly size: number;
  readonly depth: Float32Array;
  /** Rows: right, down, away of the light's frame. */
  readonly frame: Float64Array;
  readonly camera: Camera;
  readonly centre: readonly [number, number, number];
}

/** So far away that its rays are as good as parallel, mm. */
const lampDistance = 20000;

/** A picture of the casters seen from far away along `direction`, `radius` mm about `centre`. */
export function castShadows(
  casters: readonly Caster[],
  direction: Axis,
  centre: Axis,
  radius: number,
  size: number,
): ShadowMap {
  const [right, up] = frameOf(direction);
  // Right, down, away must be right-handed.
  const frame = Float64Array.of(...right, ...up, -direction[0], -direction[1], -direction[2]);
  const determinant =
    frame[0] * (frame[4] * frame[8] - frame[5] * frame[7]) -
    frame[1] * (frame[3] * frame[8] - frame[5] * frame[6]) +
    frame[2] * (frame[3] * frame[7] - frame[4] * frame[6]);
  if (determinant < 0) for (let k = 3; k < 6; k++) frame[k] = -frame[k];
  const f = (size / 2 / radius) * lampDistance;
  const camera: Camera = { fx: f, fy: f, cx: size / 2, cy: size / 2 };
  const depth = new Float32Array(size * size).fill(Infinity);
  const map: ShadowMap = { size, depth, frame, camera, centre };
  for (const caster of casters) drawCaster(caster, map);
  return map;
}

function drawCaster({ surface, cutout, opacity = 1 }: Caster, map: ShadowMap): void {
  const { size, depth, frame, camera, centre } = map;
  const { positions: p, triangles, uvs } = surface;
  const seen = new Float32Array(p.length);
  let left = size;
  let right = 0;
  let top = size;
  let bottom = 0;
  for (let i = 0; i < p.length; i += 3) {
    const x = p[i] - centre[0];
    const y = p[i + 1] - centre[1];
    const z = p[i + 2] - centre[2];
    const a = frame[0] * x + frame[1] * y + frame[2] * z;
    const b = frame[3] * x + frame[4] * y + frame[5] * z;
    const c = frame[6] * x + frame[7] * y + frame[8] * z + lampDistance;
    seen[i] = a;
    seen[i + 1] = b;
    seen[i + 2] = c;
    const u = (camera.fx * a) / c + camera.cx;
    const v = (camera.fy * b) / c + camera.cy;
    left = Math.min(left, u);
    right = Math.max(right, u);
    top = Math.min(top, v);
    bottom = Math.max(bottom, v);
  }
  const x0 = Math.max(0, Math.floor(left));
  const y0 = Math.max(0, Math.floor(top));
  const width = Math.min(size, Math.ceil(right)) - x0;
  const height = Math.min(size, Math.ceil(bottom)) - y0;
  if (width < 1 || height < 1) return;
  const window = { ...camera, cx: camera.cx - x0, cy: camera.cy - y0 };
  const raster = rasterize(seen, triangles, window, { width, height, cull: "none" });
  const texel = new Float64Array(4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const z = raster.depth[i];
      const at = (y + y0) * size + x + x0;
      if (z === 0 || z >= depth[at]) continue;
      if (cutout) {
        const t = 6 * raster.triangle[i];
        const wa = raster.barycentrics[2 * i];
        const wb = raster.barycentrics[2 * i + 1];
        const wc = 1 - wa - wb;
        sampleColour(
          cutout,
          wa * uvs[t] + wb * uvs[t + 2] + wc * uvs[t + 4],
          wa * uvs[t + 1] + wb * uvs[t + 3] + wc * uvs[t + 5],
          texel,
        );
        if (texel[3] * opacity < hash(x + x0, y + y0, triangles.length)) continue;
      }
      depth[at] = z;
    }
}

/** Whether light along the map's direction reaches a point, which is kept clear of its own surface by `bias` mm. */
export function isLit(map: ShadowMap, px: number, py: number, pz: number, bias: number): boolean {
  const { size, frame, camera, centre } = map;
  const x = px - centre[0];
  const y = py - centre[1];
  const z = pz - centre[2];
  const c = frame[6] * x + frame[7] * y + frame[8] * z + lampDistance;
  const u = Math.floor((camera.fx * (frame[0] * x + frame[1] * y + frame[2] * z)) / c + camera.cx);
  const v = Math.floor((camera.fy * (frame[3] * x + frame[4] * y + frame[5] * z)) / c + camera.cy);
  if (u < 0 || v < 0 || u >= size || v >= size) return true;
  return map.depth[v * size + u] >= c - bias;
}
