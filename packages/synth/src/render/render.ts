import { type Camera, createRaster, Label, projectedBounds, type Raster, rasterize, toSrgb } from "cameo";
import { illuminate } from "../light/illuminate.ts";
import type { LightingSpec } from "../light/lighting.ts";
import { hash } from "../noise.ts";
import type { Part } from "../part.ts";
import { alphaAt } from "../texture.ts";
import { isClear, isCutOut, placeParts, type Scene, type ScenePart } from "../view/place.ts";
import { cameraOf, poseOf, type ViewSpec } from "../view/view.ts";
import { addToHit, aim, createStage, type Hit, mirrorHit, type Stage, shadeHit, startHit } from "./shade.ts";

export interface RenderOptions {
  readonly parts: readonly Part[];
  readonly view: ViewSpec;
  readonly lighting: LightingSpec;
  /** Side of the picture, pixels. */
  readonly size: number;
  /** Visibility is found at `samples` × `samples` points of each pixel. Default 2. */
  readonly samples?: number;
  /** Of the skin: 0 dry to 1 wet. Default 0.4. */
  readonly oiliness?: number;
}

/** What a camera sees, and what it is. All maps have `size` × `size` pixels, rows from the top. */
export interface Rendering {
  readonly size: number;
  /** Linear red, green, blue, laid over the background. */
  readonly linear: Float32Array;
  /** Share of each pixel that head, clothes and what is with them cover, 0 to 1. */
  readonly coverage: Float32Array;
  /** One `Label` per pixel. */
  readonly labels: Uint8Array;
  /** One `Extra` per pixel. */
  readonly extras: Uint8Array;
  /** Camera-space z at the pixel's centre of the surface that has most of the pixel, mm; 0 for background. */
  readonly depth: Float32Array;
  /** Its camera-space normal times 127; 0 for background. */
  readonly normals: Int8Array;
  /** Its reflectance, sRGB-encoded; 0 for background. */
  readonly albedo: Uint8Array;
}

/**
 * Draws parts as a camera sees them.
 * @param background given the coverage, the linear picture behind: three numbers per pixel
 */
export function renderPortrait(
  { parts, view, lighting, size, samples = 2, oiliness = 0.4 }: RenderOptions,
  background: (coverage: Float32Array) => Float32Array,
): Rendering {
  const pose = poseOf(view);
  const camera = cameraOf(view, size);
  const scene = placeParts(parts, pose, view);
  const raster = findVisible(scene, camera, size, samples);
  const vertices = illuminate(scene, lighting, pose.translation, visibleVertices(scene, raster));
  const stage = createStage(scene, vertices, lighting, oiliness);
  const rendering = resolve(stage, raster, camera, size, samples);
  for (const clear of scene.parts) if (isClear(clear.part)) layOver(stage, clear, raster, camera, samples, rendering);
  composite(rendering, background(rendering.coverage));
  return rendering;
}

let reused: Raster | undefined;

/** A clear surface may lie this far behind what it covers, mm: the eye under its cornea is steep at its sides. */
const clearance = 1.5;

/** What each sample sees of solid parts and of those cut out by a texture. */
function findVisible(scene: Scene, camera: Camera, size: number, samples: number): Raster {
  const side = size * samples;
  if (reused?.width !== side) reused = createRaster(side, side);
  const { parts, triangles } = scene;
  const firstClear = parts.find(({ part }) => isClear(part))?.triangles[0] ?? scene.triangleCount;
  const { fx, fy, cx, cy } = camera;
  return rasterize(
    scene.positions.subarray(0, 3 * scene.vertexCount),
    triangles.subarray(0, 3 * firstClear),
    { fx: fx * samples, fy: fy * samples, cx: cx * samples, cy: cy * samples },
    { width: side, height: side, accept: createAlphaTest(scene, side, samples) },
    reused,
  );
}

/**
 * Cuts out textures. Each of a pixel's samples has a threshold of its own, so that together they show alpha in steps; which has which
 * changes from pixel to pixel and surface to surface, so that surfaces over each other cover independently.
 */
function createAlphaTest({ parts, partOf, uvs, uvTriangles }: Scene, side: number, samples: number) {
  const firstCut = parts.find(({ part }) => isCutOut(part))?.triangles[0] ?? partOf.length;
  const count = samples * samples;
  return (triangle: number, weights: Float64Array, pixel: number): boolean => {
    if (triangle < firstCut) return true;
    const { texture, opacity } = parts[partOf[triangle]].part;
    const alpha = (opacity ?? 1) * (texture ? alphaAt(texture, uvs, uvTriangles, 3 * triangle, weights) / 255 : 1);
    if (alpha >= 1) return true;
    const column = pixel % side;
    const row = (pixel - column) / side;
    const sample = (row % samples) * samples + (column % samples);
    const x = Math.floor(column / samples);
    const y = Math.floor(row / samples);
    const turn = (sample + Math.floor(count * hash(x, y, triangle >> 1))) % count;
    return alpha > (turn + 0.5) / count;
  };
}

/** The vertices of what is visible, in ascending order; of clear parts all. */
function visibleVertices({ parts, vertexCount, triangles }: Scene, { triangle }: Raster): Uint32Array {
  const isVisible = new Uint8Array(vertexCount);
  let last = -1;
  for (let i = 0; i < triangle.length; i++) {
    const t = triangle[i];
    if (t === last) continue;
    last = t;
    if (t < 0) continue;
    isVisible[triangles[3 * t]] = 1;
    isVisible[triangles[3 * t + 1]] = 1;
    isVisible[triangles[3 * t + 2]] = 1;
  }
  for (const { part, vertices } of parts) if (isClear(part)) isVisible.fill(1, vertices[0], vertices[1]);
  const found = new Uint32Array(isVisible.length);
  let count = 0;
  for (let v = 0; v < isVisible.length; v++) if (isVisible[v]) found[count++] = v;
  return found.subarray(0, count);
}

/** Whether all samples of a pixel see the same part, which counts as the same. */
function isOneSurface(
  at: Int32Array,
  count: number,
  triangle: Int32Array,
  partOf: Uint8Array,
  kinds: Uint8Array,
): boolean {
  const first = triangle[at[0]];
  for (let s = 1; s < count; s++) {
    const t = triangle[at[s]];
    if (t !== first && (partOf[t] !== partOf[first] || kinds[t] !== kinds[first])) return false;
  }
  return true;
}

/** Keeps what a pixel shows. */
function note({ normal, albedo }: Hit, out: Rendering, pixel: number): void {
  const { normals, albedo: reflectances } = out;
  for (let k = 0; k < 3; k++) {
    normals[3 * pixel + k] = Math.round(127 * normal[k]);
    reflectances[3 * pixel + k] = toSrgb(albedo[k]);
  }
}

/** What each triangle counts as: label + 8 · extra. */
function kindsOf({ parts, triangleCount }: Scene): Uint8Array {
  const kinds = new Uint8Array(triangleCount);
  for (const { part, triangles } of parts) {
    const { labels, extras } = part;
    for (let t = triangles[0], i = 0; t < triangles[1]; t++, i++) {
      const label = typeof labels === "number" ? labels : labels[i];
      const extra = typeof extras === "number" ? extras : extras[i];
      kinds[t] = label | (extra << 3);
    }
  }
  return kinds;
}

/** Stands for "nothing there" beside the extras. */
const nothing = 7;

/** Samples whose depths differ by less than this many pixels' widths are of one surface. */
const steepest = 3;

/** Shades what is visible, each surface once a pixel, and decides what each pixel counts as. */
function resolve(stage: Stage, raster: Raster, camera: Camera, size: number, samples: number): Rendering {
  const { scene, hit } = stage;
  const { parts, partOf } = scene;
  const { triangle, barycentrics, depth: sampleDepth } = raster;
  const pixels = size * size;
  const out: Rendering = {
    size,
    linear: new Float32Array(3 * pixels),
    coverage: new Float32Array(pixels),
    labels: new Uint8Array(pixels),
    extras: new Uint8Array(pixels),
    depth: new Float32Array(pixels),
    normals: new Int8Array(3 * pixels),
    albedo: new Uint8Array(3 * pixels),
  };
  const { linear, coverage } = out;
  const kinds = kindsOf(scene);
  const hair = softened(countHair(kinds, raster, size, samples), size);
  const count = samples * samples;
  const mostlyHair = 8 * count;
  // Of a pixel's samples: where in the raster, what they see (label + 8 · extra), and whether they are shaded.
  const at = new Int32Array(count);
  const kind = new Uint8Array(count);
  const done = new Uint8Array(count);
  // Weights of a place between samples.
  const mean = new Float32Array(2);
  const side = size * samples;
  const reach = 1 + steepest / camera.fx;

  for (let y = 0, p = 0; y < size; y++) {
    for (let x = 0; x < size; x++, p++) {
      let covered = 0;
      for (let s = 0; s < count; s++) {
        const row = samples === 2 ? s >> 1 : Math.floor(s / samples);
        const i = (y * samples + row) * side + x * samples + s - row * samples;
        at[s] = i;
        const t = triangle[i];
        if (t < 0) {
          kind[s] = nothing << 3;
          done[s] = 1;
          continue;
        }
        covered++;
        done[s] = 0;
        kind[s] = kinds[t];
      }
      if (covered === 0) continue;
      coverage[p] = covered / count;
      aim(stage, camera, x + 0.5, y + 0.5);
      if (
        covered === count &&
        isOneSurface(at, count, triangle, partOf, kinds) &&
        !isCutOut(parts[partOf[triangle[at[0]]]].part)
      ) {
        // Most pixels show one surface: its first and last sample lie opposite each other, so their mean is the centre.
        const first = at[0];
        const last = at[count - 1];
        const t = triangle[first];
        const seen = parts[partOf[t]];
        let nearest = Infinity;
        let farthest = 0;
        let inverse = 0;
        for (let s = 0; s < count; s++) {
          const z = sampleDepth[at[s]];
          if (z < nearest) nearest = z;
          if (z > farthest) farthest = z;
          inverse += 1 / z;
        }
        if (farthest <= nearest * reach) {
          startHit(hit, seen.part);
          if (triangle[last] === t) {
            mean[0] = 0.5 * (barycentrics[2 * first] + barycentrics[2 * last]);
            mean[1] = 0.5 * (barycentrics[2 * first + 1] + barycentrics[2 * last + 1]);
            addToHit(stage, seen.vertices[0], t, mean, 0);
          } else {
            addToHit(stage, seen.vertices[0], t, barycentrics, first);
            addToHit(stage, seen.vertices[0], triangle[last], barycentrics, last);
          }
          shadeHit(stage);
          for (let k = 0; k < 3; k++) linear[3 * p + k] = hit.colour[k];
          note(hit, out, p);
          out.labels[p] = kinds[t] & 7;
          out.extras[p] = kinds[t] >> 3;
          out.depth[p] = count / inverse;
          continue;
        }
      }
      const chosen = choose(kind, count, hair[p] >= mostlyHair);
      const isBackground = chosen >> 3 === nothing;
      if (!isBackground) {
        out.labels[p] = chosen & 7;
        out.extras[p] = chosen >> 3;
        out.depth[p] = depthOfKind(kind, at, count, chosen, sampleDepth, reach);
      }

      let mostShown = 0;
      for (let s = 0; s < count; s++) {
        if (done[s]) continue;
        const first = triangle[at[s]];
        const seen = parts[partOf[first]];
        const isHair = seen.part.material === "hair";
        startHit(hit, seen.part);
        // Members: samples of the same part, of hair of the same triangle.
        let members = 0;
        let shown = 0;
        let isOne = true;
        let a = 0;
        let b = 0;
        for (let m = s; m < count; m++) {
          if (done[m]) continue;
          const i = at[m];
          const t = triangle[i];
          if (t !== first) {
            if (isHair || partOf[t] !== partOf[first]) continue;
            isOne = false;
          }
          members++;
          if (kind[m] === chosen) shown++;
          done[m] = 2;
          a += barycentrics[2 * i];
          b += barycentrics[2 * i + 1];
        }
        const start = seen.vertices[0];
        if (isOne) {
          mean[0] = a / members;
          mean[1] = b / members;
          addToHit(stage, start, first, mean, 0);
        }
        // A full pixel's first and last sample lie opposite each other: their mean is the centre.
        for (let m = s; m < count; m++) {
          if (done[m] !== 2) continue;
          done[m] = 1;
          if (isOne || (members === count && m !== 0 && m !== count - 1)) continue;
          addToHit(stage, start, triangle[at[m]], barycentrics, at[m]);
        }
        shadeHit(stage);
        const share = members / count;
        for (let k = 0; k < 3; k++) linear[3 * p + k] += share * hit.colour[k];
        if (shown > mostShown && !isBackground) {
          mostShown = shown;
          note(hit, out, p);
        }
      }
    }
  }
  return out;
}

/** How many of each pixel's samples see hair. */
function countHair(kinds: Uint8Array, { triangle }: Raster, size: number, samples: number): Uint16Array {
  const counts = new Uint16Array(size * size);
  const side = size * samples;
  for (let i = 0, row = 0; row < side; row++) {
    const line = Math.floor(row / samples) * size;
    for (let column = 0; column < side; column++, i++) {
      const t = triangle[i];
      if (t >= 0 && (kinds[t] & 7) === Label.hair)
        counts[line + (samples === 2 ? column >> 1 : Math.floor(column / samples))]++;
    }
  }
  return counts;
}

/** Sixteen times the mean of each value's neighbourhood, weights 1 2 1 along both axes, edges held. */
function softened(map: Uint16Array, size: number): Uint16Array {
  const rows = new Uint16Array(map.length);
  const out = new Uint16Array(map.length);
  for (let y = 0, p = 0; y < size; y++) {
    let before = map[p];
    let here = before;
    for (let x = 1; x < size; x++, p++) {
      const next = map[p + 1];
      rows[p] = before + 2 * here + next;
      before = here;
      here = next;
    }
    rows[p++] = before + 3 * here;
  }
  for (let y = 0, p = 0; y < size; y++) {
    const up = y > 0 ? size : 0;
    const down = y + 1 < size ? size : 0;
    for (let x = 0; x < size; x++, p++) out[p] = rows[p - up] + 2 * rows[p] + rows[p + down];
  }
  return out;
}

/** The kind that a pixel counts as: hair where there is mostly hair about it, else the most frequent of the others. */
function choose(kind: Uint8Array, count: number, mostlyHair: boolean): number {
  let isOne = true;
  for (let s = 1; s < count; s++) isOne &&= kind[s] === kind[0];
  if (isOne) return kind[0];
  let best = -1;
  let most = 0;
  for (let s = 0; s < count; s++) {
    const isHair = (kind[s] & 7) === Label.hair;
    if (isHair && mostlyHair) return kind[s];
    let same = 0;
    for (let m = 0; m < count; m++) if (kind[m] === kind[s]) same++;
    // Hair only where there is nothing else.
    if (isHair) same = 0.5;
    if (same > most) {
      most = same;
      best = kind[s];
    }
  }
  return best;
}

/** Depth at the pixel's centre of its samples of a kind: 1 / z is linear over the picture. */
function depthOfKind(
  kind: Uint8Array,
  at: Int32Array,
  count: number,
  chosen: number,
  depth: Float32Array,
  reach: number,
): number {
  let nearest = Infinity;
  for (let s = 0; s < count; s++) if (kind[s] === chosen && depth[at[s]] < nearest) nearest = depth[at[s]];
  let inverse = 0;
  let members = 0;
  for (let s = 0; s < count; s++) {
    const z = depth[at[s]];
    if (kind[s] !== chosen || z > nearest * reach) continue;
    inverse += 1 / z;
    members++;
  }
  return members / inverse;
}

/** Adds what a clear part mirrors, and takes away what glass absorbs (its opacity, of what is not its colour), where it is in front. */
function layOver(
  stage: Stage,
  { part, vertices, triangles }: ScenePart,
  { depth: solid }: Raster,
  camera: Camera,
  samples: number,
  { size, linear }: Rendering,
): void {
  const { scene, hit } = stage;
  const positions = scene.positions.subarray(3 * vertices[0], 3 * vertices[1]);
  const bounds = projectedBounds(positions, camera);
  const left = Math.max(0, Math.floor(bounds.left));
  const top = Math.max(0, Math.floor(bounds.top));
  const width = Math.min(size, Math.ceil(bounds.right)) - left;
  const height = Math.min(size, Math.ceil(bounds.bottom)) - top;
  if (!(width > 0 && height > 0)) return;
  const corners = scene.triangles.subarray(3 * triangles[0], 3 * triangles[1]).map((v) => v - vertices[0]);
  const window = { ...camera, cx: camera.cx - left, cy: camera.cy - top };
  const raster = rasterize(positions, corners, window, { width, height });
  const held = part.material === "glass" ? (part.opacity ?? 0.1) : 0;
  const side = size * samples;
  for (let row = 0, i = 0; row < height; row++)
    for (let column = 0; column < width; column++, i++) {
      if (raster.triangle[i] < 0) continue;
      const z = raster.depth[i];
      let over = 0;
      for (let s = 0; s < samples; s++)
        for (let t = 0; t < samples; t++) {
          const behind = solid[((top + row) * samples + s) * side + (left + column) * samples + t];
          if (behind === 0 || behind > z - clearance) over++;
        }
      if (over === 0) continue;
      over /= samples * samples;
      aim(stage, camera, left + column + 0.5, top + row + 0.5);
      startHit(hit, part);
      addToHit(stage, vertices[0], raster.triangle[i] + triangles[0], raster.barycentrics, i);
      mirrorHit(stage);
      const p = 3 * ((top + row) * size + left + column);
      for (let k = 0; k < 3; k++) linear[p + k] += over * (hit.colour[k] - held * (1 - part.colour[k]) * linear[p + k]);
    }
}

/** Lays the picture, whose colours are multiplied by the coverage, over another. */
function composite({ linear, coverage }: Rendering, background: Float32Array): void {
  if (background.length !== linear.length)
    throw new RangeError(`render: the background has ${background.length} numbers, not ${linear.length}`);
  for (let p = 0; p < coverage.length; p++) {
    const through = 1 - coverage[p];
    if (through > 0) for (let k = 0; k < 3; k++) linear[3 * p + k] += through * background[3 * p + k];
  }
}
