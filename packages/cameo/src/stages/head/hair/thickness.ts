import { Label } from "../../../image.ts";
import { Region } from "../../../morphable/model.ts";
import type { Raster } from "../../../raster/raster.ts";
import { diffuse } from "../diffuse.ts";
import { FINE, type Layers, labelAt, sampleDepth, sampleMap } from "../layers.ts";
import type { HeadTemplate } from "../template.ts";

/** Stands for no hair, mm: what lies between hair and none ends below the skin. */
const NO_HAIR = -12;
/** Below bare skin the hair's surface lies so many times deeper: it cuts short through the head from hairline to hairline. */
const DEEPER = 5;
/** Hair that stands off farther than this, mm, is not measured. */
const LONGEST = 90;
/** Steps of the search for the end of the hair, mm. */
const STEP = 2;
/** Skin this far in front of a vertex, mm, hides it. */
const HIDING = 8;
/** Cosines between normal and view: above the first the photo shows what stands off, down to the second its outline does. */
const FACING = 0.2;
const LIMB = -0.25;
/** Unseen hair stands off the scalp by at least this, mm. */
const STUBBLE = 2;
/** Over ears unseen hair is at least so thick, mm, and over the back of the neck, as low as hair hangs; */
const CURTAIN = 10;
/** there it weighs so much against what is about it, and so does that there is none. */
const CURTAIN_WEIGHT = 0.3;
const PULL = 0.0015;
const SWEEPS = 40;

/** What the photo says about a point in space. */
const Found = { hair: 0, empty: 1, hidden: 2, unknown: 3 } as const;

/**
 * How far hair stands off the head at each vertex of the model along its normal, mm; below 0 for bare skin.
 * Measured where the photo shows hair before the head or beside it; smoothly continued over the rest of scalp and neck.
 *
 * @param positions of the model's vertices, camera space, mm
 * @param normals camera space, unit length
 * @param raster the model as the crop's camera sees it
 * @param hairy regions that hair can grow on or lie over
 * @param lowest row of the crop in which hair is seen to hang
 */
export function hairThickness(
  template: HeadTemplate,
  positions: Float32Array,
  normals: Float32Array,
  raster: Raster,
  layers: Layers,
  hairy: ReadonlySet<number>,
  lowest: number,
): Float32Array {
  const count = positions.length / 3;
  const thickness = new Float32Array(count);
  const weight = new Float32Array(count);
  const { camera } = layers;
  const look = (x: number, y: number, z: number): number => {
    const u = (camera.fx * x) / z + camera.cx;
    const v = (camera.fy * y) / z + camera.cy;
    const label = labelAt(layers, u, v);
    if (label === Label.hair) return z >= sampleDepth(layers.hairDepth, u, v) - 1 ? Found.hair : Found.empty;
    const px = Math.floor(u);
    const py = Math.floor(v);
    if (!(px >= 0 && py >= 0 && px < raster.width && py < raster.height)) return Found.unknown;
    if (layers.unknown[py * raster.width + px]) return Found.unknown;
    const skin = raster.depth[py * raster.width + px] || layers.skinDepth.data[py * raster.width + px];
    return skin > 0 && z > skin + HIDING ? Found.hidden : Found.empty;
  };
  const beyond = (x: number, y: number, z: number): number => {
    const u = (camera.fx * x) / z + camera.cx;
    const v = (camera.fy * y) / z + camera.cy;
    return (-sampleMap(layers.head, layers.labels.width, layers.labels.height, u * FINE, v * FINE) * z) / camera.fx;
  };
  for (let v = 0; v < count; v++) {
    const region = template.regions[v];
    if (!hairy.has(region)) {
      // Ears follow what is about them, and the face has none.
      thickness[v] = NO_HAIR;
      weight[v] = region === Region.earLeft || region === Region.earRight ? 0 : 1;
      continue;
    }
    const x = positions[3 * v];
    const y = positions[3 * v + 1];
    const z = positions[3 * v + 2];
    const nx = normals[3 * v];
    const ny = normals[3 * v + 1];
    const nz = normals[3 * v + 2];
    const facing = -(x * nx + y * ny + z * nz) / Math.hypot(x, y, z);
    if (facing < LIMB) {
      if (region !== Region.neck) continue;
      thickness[v] = (camera.fy * y) / z + camera.cy <= lowest ? CURTAIN : NO_HAIR;
      weight[v] = CURTAIN_WEIGHT;
      continue;
    }
    let t = 0;
    let found = look(x + 2 * nx, y + 2 * ny, z + 2 * nz);
    const atSkin = found;
    while (found === Found.hair && t < LONGEST) {
      t += STEP;
      found = look(x + t * nx, y + t * ny, z + t * nz);
    }
    if (atSkin === Found.hidden || atSkin === Found.unknown || (t > 0 && found === Found.hidden)) continue;
    // At the limb hair reaches as far as its outline is away, whatever lies along the normal.
    const shown = facing > FACING ? t : Math.min(t, beyond(x, y, z));
    thickness[v] = atSkin === Found.empty ? NO_HAIR : Math.max(0, shown - STEP / 2);
    // Where the photo ends in hair, there is at least so much.
    weight[v] = facing > FACING && found !== Found.unknown ? 1 : 0.5;
  }
  const fallback = new Float32Array(count).fill(NO_HAIR);
  const usual = median(thickness, (v) => weight[v] > 0 && template.regions[v] === Region.scalp);
  for (let v = 0; v < count; v++) {
    const region = template.regions[v];
    if (region === Region.scalp) fallback[v] = usual;
    else if (region !== Region.neck && hairy.has(region) && weight[v] === 0) {
      thickness[v] = Math.max(usual, CURTAIN);
      weight[v] = 1;
    }
  }
  diffuse(thickness, weight, template.edges, fallback, PULL, SWEEPS);
  return thickness.map((t, v) => {
    // What of the scalp is not seen has hair to its edge.
    if (weight[v] === 0 && template.regions[v] === Region.scalp && t > NO_HAIR / 2) return Math.max(STUBBLE, t);
    return t < 0 ? DEEPER * t : t;
  });
}

function median(values: Float32Array, counts: (index: number) => boolean): number {
  const sorted = values.filter((_, i) => counts(i)).sort();
  return sorted.length > 0 ? sorted[sorted.length >> 1] : NO_HAIR;
}
