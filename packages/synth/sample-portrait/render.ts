import { type Camera, createRaster, type Raster, rasterize } from "cameo";
import type { LightSample } from "./light.ts";
import { alphaAt, createHit, interpolate, type LitPart, type PassLights, shaders } from "./shade.ts";

export interface View {
  readonly width: number;
  readonly height: number;
  readonly camera: Camera;
  /** Where the lens is sharp, mm. */
  readonly focus: number;
  /** Diameter of the lens opening, mm. */
  readonly aperture: number;
}

/**
 * Takes the picture: the mean of `passes` exposures, each through its own point of the pixels and of the lens, under
 * its own point of each lamp. So edges, depth of field and highlights become soft together.
 * @param lampSamples per lamp its light samples
 * @returns linear RGB per pixel
 */
export function takePicture(
  solids: readonly LitPart[],
  sheets: readonly LitPart[],
  lights: Omit<PassLights, "lamps">,
  lampSamples: readonly (readonly LightSample[])[],
  backdrop: Float32Array,
  view: View,
  passes: number,
): Float32Array {
  const { width, height, camera, focus, aperture } = view;
  const merged = mergeSolids(solids);
  const raster = createRaster(width, height);
  const light = new Float32Array(3 * width * height);
  const hit = createHit(lampSamples.length);
  const out = new Float64Array(4);
  for (let pass = 0; pass < passes; pass++) {
    const passLights: PassLights = {
      ...lights,
      lamps: lampSamples.map((samples) => {
        const { direction, irradiance, source } = samples[(pass * 7) % samples.length];
        const [r, g, b] = irradiance.map((c) => c * samples.length);
        return { direction, source, irradiance: [r, g, b] };
      }),
    };
    // The R2 sequence (Roberts 2018) for the pixel, a tent one pixel wide; Vogel's spiral for the lens.
    const jx = tent((0.5 + pass * 0.7548776662) % 1);
    const jy = tent((0.5 + pass * 0.5698402909) % 1);
    const r = (aperture / 2) * Math.sqrt((pass + 0.5) / passes);
    const lensX = r * Math.cos(pass * 2.399963);
    const lensY = r * Math.sin(pass * 2.399963);
    const eye: Camera = {
      ...camera,
      cx: camera.cx + jx + (camera.fx * lensX) / focus,
      cy: camera.cy + jy + (camera.fy * lensY) / focus,
    };
    rasterize(shifted(merged.positions, lensX, lensY), merged.triangles, eye, { width, height, cull: "none" }, raster);
    const fragments = collectFragments(sheets, eye, lensX, lensY, raster, hit);
    for (let i = 0; i < width * height; i++) {
      let through = 1;
      // Nearest first, until nothing shines through.
      for (const f of fragments.sorted(i)) {
        const part = sheets[fragments.part[f]];
        interpolate(part, fragments.triangle[f], fragments.wa[f], fragments.wb[f], hit);
        shaders[part.material](part, hit, passLights, out);
        const share = part.material === "cornea" ? through : through * out[3];
        for (let k = 0; k < 3; k++) light[3 * i + k] += share * out[k];
        through *= 1 - out[3];
        if (through < 0.004) break;
      }
      if (through < 0.004) continue;
      const t = raster.triangle[i];
      if (t < 0) {
        for (let k = 0; k < 3; k++) light[3 * i + k] += through * backdrop[3 * i + k];
      } else {
        const owner = merged.owner[t];
        const part = solids[owner];
        const own = t - merged.firstTriangle[owner];
        interpolate(part, own, raster.barycentrics[2 * i], raster.barycentrics[2 * i + 1], hit);
        shaders[part.material](part, hit, passLights, out);
        for (let k = 0; k < 3; k++) light[3 * i + k] += through * out[k];
      }
    }
  }
  for (let i = 0; i < light.length; i++) light[i] /= passes;
  return light;
}

const tent = (u: number) => (u < 0.5 ? Math.sqrt(2 * u) - 1 : 1 - Math.sqrt(2 - 2 * u));

function shifted(positions: Float32Array, x: number, y: number): Float32Array {
  const out = positions.slice();
  for (let i = 0; i < out.length; i += 3) {
    out[i] -= x;
    out[i + 1] -= y;
  }
  return out;
}

/** All solid parts as one mesh. */
function mergeSolids(solids: readonly LitPart[]) {
  const count = (length: (part: LitPart) => number) => solids.reduce((sum, part) => sum + length(part), 0);
  const positions = new Float32Array(count((p) => p.surface.positions.length));
  const triangles = new Uint32Array(count((p) => p.surface.triangles.length));
  const owner = new Uint8Array(triangles.length / 3);
  const firstTriangle: number[] = [];
  let at = 0;
  let corner = 0;
  solids.forEach(({ surface }, part) => {
    firstTriangle.push(corner / 3);
    positions.set(surface.positions, at);
    owner.fill(part, corner / 3, (corner + surface.triangles.length) / 3);
    for (const v of surface.triangles) triangles[corner++] = v + at / 3;
    at += surface.positions.length;
  });
  return { positions, triangles, owner, firstTriangle };
}

/** What of the sheets is seen before the solid parts: per pixel a list of fragments. */
interface Fragments {
  part: Uint16Array;
  triangle: Uint32Array;
  wa: Float32Array;
  wb: Float32Array;
  /** Indices of the fragments of a pixel, nearest first. The array is reused by the next call. */
  sorted(pixel: number): readonly number[];
}

let capacity = 1 << 20;
let store = createStore(capacity);

function createStore(size: number) {
  return {
    part: new Uint16Array(size),
    triangle: new Uint32Array(size),
    wa: new Float32Array(size),
    wb: new Float32Array(size),
    depth: new Float32Array(size),
    next: new Int32Array(size),
  };
}

function collectFragments(
  sheets: readonly LitPart[],
  eye: Camera,
  lensX: number,
  lensY: number,
  solid: Raster,
  hit: ReturnType<typeof createHit>,
): Fragments {
  const { width, height } = solid;
  const head = new Int32Array(width * height).fill(-1);
  let used = 0;
  sheets.forEach((sheet, index) => {
    const positions = shifted(sheet.surface.positions, lensX, lensY);
    const box = boundsOf(positions, eye, width, height);
    if (!box) return;
    const window = { ...eye, cx: eye.cx - box.x, cy: eye.cy - box.y };
    const { triangles } = sheet.surface;
    // Each sheet may lie over itself once: what faces the eye and what does not are layers of their own.
    for (const side of [triangles, reversed(triangles)]) {
      const raster = rasterize(positions, side, window, { width: box.width, height: box.height });
      for (let y = 0, i = 0; y < box.height; y++)
        for (let x = 0; x < box.width; x++, i++) {
          const t = raster.triangle[i];
          if (t < 0) continue;
          const pixel = (y + box.y) * width + x + box.x;
          const before = solid.depth[pixel];
          if (before !== 0 && raster.depth[i] > before + 0.3) continue;
          const wa = raster.barycentrics[2 * i];
          let wb = raster.barycentrics[2 * i + 1];
          if (side !== triangles) wb = 1 - wa - wb;
          if (sheet.material !== "cornea" && alphaAt(sheet, t, wa, wb, hit) < 0.004) continue;
          if (used === capacity) grow();
          store.part[used] = index;
          store.triangle[used] = t;
          store.wa[used] = wa;
          store.wb[used] = wb;
          store.depth[used] = raster.depth[i];
          store.next[used] = head[pixel];
          head[pixel] = used++;
        }
    }
  });
  const list: number[] = [];
  const { part, triangle, wa, wb, depth, next } = store;
  return {
    part,
    triangle,
    wa,
    wb,
    sorted(pixel) {
      list.length = 0;
      for (let f = head[pixel]; f >= 0; f = next[f]) {
        let at = list.length;
        while (at > 0 && depth[list[at - 1]] > depth[f]) at--;
        list.splice(at, 0, f);
      }
      return list;
    },
  };
}

function grow(): void {
  const old = store;
  capacity *= 2;
  store = createStore(capacity);
  for (const key of ["part", "triangle", "wa", "wb", "depth", "next"] as const) store[key].set(old[key]);
}

const reversedOf = new WeakMap<Uint32Array, Uint32Array>();
/** The same triangles seen from the other side: second and third corner swapped. */
function reversed(triangles: Uint32Array): Uint32Array {
  let out = reversedOf.get(triangles);
  if (!out) {
    out = triangles.slice();
    for (let t = 0; t < out.length; t += 3) {
      out[t + 1] = triangles[t + 2];
      out[t + 2] = triangles[t + 1];
    }
    reversedOf.set(triangles, out);
  }
  return out;
}

function boundsOf(p: Float32Array, camera: Camera, width: number, height: number) {
  let left = width;
  let right = 0;
  let top = height;
  let bottom = 0;
  for (let i = 0; i < p.length; i += 3) {
    const u = (camera.fx * p[i]) / p[i + 2] + camera.cx;
    const v = (camera.fy * p[i + 1]) / p[i + 2] + camera.cy;
    left = Math.min(left, u);
    right = Math.max(right, u);
    top = Math.min(top, v);
    bottom = Math.max(bottom, v);
  }
  const x = Math.max(0, Math.floor(left));
  const y = Math.max(0, Math.floor(top));
  const box = { x, y, width: Math.min(width, Math.ceil(right)) - x, height: Math.min(height, Math.ceil(bottom)) - y };
  return box.width > 0 && box.height > 0 ? box : null;
}
