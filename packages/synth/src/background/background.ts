import { clamp, fbm2 } from "../noise.ts";
import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { random as randomOf } from "../random.ts";
import { blur, type Canvas, createCanvas, resized } from "./canvas.ts";
import { room, shelves, window } from "./interior.ts";
import { foliage, landscape } from "./nature.ts";
import { bars, castShadow, patches, plant, post, seat, strands } from "./objects.ts";
import { building, corridor, press } from "./outside.ts";
import { mixed, surfacePalette } from "./palette.ts";
import { crowd, lights, person } from "./people.ts";
import {
  type HeadPlace,
  type Layer,
  type ObjectKind,
  objectKinds,
  type Painter,
  type SceneKind,
  type ShadowLayer,
  type Surroundings,
  sceneKinds,
} from "./scene.ts";
import { clutter, fabric, masonry, studio, texture, wall } from "./surfaces.ts";

/** What is behind a head: plain data that fixes the picture. */
export interface BackgroundSpec {
  /** From far to near; the first one fills the picture. */
  readonly layers: readonly (Layer | ShadowLayer)[];
  /** Factor of the light on it against that on the head. */
  readonly brightness: number;
  /** How unevenly it is lit, 0 to 1, and the seed of where. */
  readonly unevenness: number;
  readonly seed: number;
}

/** What is known about the picture before its background is chosen. */
export interface BackgroundHints {
  /** In the open, or inside; either when absent. */
  readonly outdoors?: boolean;
  /** Lit by a flash on the camera: hard shadows close to the head. */
  readonly flash?: boolean;
}

export interface BackgroundContext {
  /** Pixels a side. */
  readonly size: number;
  /** How much of each pixel the person covers, 0 to 1, rows from the top. */
  readonly coverage: Float32Array;
  /** Linear reflectances of the person. */
  readonly hairColour: Rgb;
  readonly skinColour: Rgb;
  /** Colour of the light on the background; luminance about 1. */
  readonly lightColour: Rgb;
  /** Standard deviation of the blur that the camera's focus adds to all layers, picture widths. */
  readonly blur: number;
}

const painters: Readonly<Record<SceneKind | ObjectKind, Painter>> = {
  studio,
  wall,
  texture,
  clutter,
  fabric,
  masonry,
  foliage,
  landscape,
  room,
  shelves,
  window,
  building,
  corridor,
  press,
  crowd,
  lights,
  person,
  seat,
  strands,
  patches,
  plant,
  post,
  bars,
};

/** How often each scene is drawn: inside, outside. */
const frequency: Readonly<Record<SceneKind, readonly [number, number]>> = {
  studio: [8, 0],
  wall: [12, 3],
  texture: [6, 6],
  clutter: [8, 8],
  fabric: [6, 2],
  masonry: [4, 6],
  foliage: [1, 14],
  landscape: [0, 12],
  room: [12, 0],
  shelves: [7, 0],
  window: [6, 0],
  building: [0, 12],
  corridor: [4, 3],
  press: [9, 6],
  crowd: [5, 8],
  lights: [6, 5],
};

/** Whether one could throw a shadow on it. */
const flat: ReadonlySet<SceneKind> = new Set(["studio", "wall", "fabric", "masonry", "press", "texture", "shelves"]);

/** Whether it is often painted white. */
const painted: ReadonlySet<SceneKind | ObjectKind> = new Set(["studio", "wall", "room", "press", "corridor"]);

const seedOf = (random: Random) => random.integer(2 ** 31);

/** Chooses what is behind a head. */
export function sampleBackground(
  random: Random,
  { outdoors = random.chance(0.45), flash = random.chance(0.2) }: BackgroundHints = {},
): BackgroundSpec {
  const sceneWeights = sceneKinds.map((kind) => frequency[kind][outdoors ? 1 : 0]);
  const layer = (kind: SceneKind | ObjectKind, blurred: number): Layer => ({
    kind,
    seed: seedOf(random),
    palette: surfacePalette(random, 5, painted.has(kind) && random.chance(0.35)),
    scale: 2 ** (0.45 * random.normal()),
    blur: blurred,
  });
  const choose = () => random.pick(sceneKinds, sceneWeights);
  const scene = choose();
  const depth = flat.has(scene)
    ? random.pick([0, random.range(0, 0.01), random.range(0.01, 0.04)], [5, 3, 2])
    : random.pick([0, random.range(0.001, 0.008), random.range(0.008, 0.06)], [3, 4, 4]);
  const layers: (Layer | ShadowLayer)[] = [layer(scene, depth)];
  if (random.chance(0.15)) {
    // Something else on one side: through a door, beyond a partition, the next wall.
    const upright = random.pick([0, Math.PI]) + 0.06 * random.normal();
    const angle = random.chance(0.75) ? upright : random.range(0, 2 * Math.PI);
    layers.push({ ...layer(choose(), depth), beyond: [random.range(0.2, 0.8), random.range(0.2, 0.8), angle] });
  }
  const objects = random.pick([0, 1, 2], [5, 4, 2]);
  for (let k = 0; k < objects; k++) {
    const kind = random.pick(objectKinds, [4, outdoors ? 1 : 5, 3, 4, 2, 2, 0]);
    // A drawn face passes for one only out of focus.
    layers.push(layer(kind, kind === "person" ? Math.max(depth, 0.004) : depth * random.uniform()));
  }
  if (flat.has(scene) && depth < 0.01 && random.chance(flash ? 0.9 : 0.5)) {
    const side = random.range(-1, 1);
    // A flash is beside or above the lens: its shadow is close and sharp. Lamps throw theirs farther and softer.
    layers.push(
      flash
        ? {
            kind: "shadow",
            shift: [0.12 * side, random.range(0, 0.06)],
            grow: random.range(0.98, 1.08),
            softness: random.range(0, 0.012),
            strength: random.range(0.4, 0.92),
          }
        : {
            kind: "shadow",
            shift: [0.4 * side, random.range(-0.05, 0.25)],
            grow: random.range(1, 1.5),
            softness: random.range(0.005, 0.08),
            strength: random.range(0.15, 0.8),
          },
    );
  }
  if (random.chance(0.025)) layers.push(layer("bars", 0));
  return {
    layers: inOrder(layers),
    brightness: 2 ** (flash ? random.range(-3, 0.2) : outdoors ? random.range(-1.2, 1.2) : random.range(-1.7, 0.8)),
    unevenness: random.range(0, 0.9),
    seed: seedOf(random),
  };
}

/** Farther things are more out of focus. Scenes come first, then the shadow on them. */
function inOrder([scene, ...rest]: (Layer | ShadowLayer)[]): (Layer | ShadowLayer)[] {
  const depth = (layer: Layer | ShadowLayer) => (layer.kind === "shadow" ? 1 : layer.beyond ? 2 : layer.blur);
  return [scene, ...rest.sort((a, b) => depth(b) - depth(a))];
}

/**
 * Paints what is behind a head: linear red, green, blue of size × size pixels. Radiance of a white surface in the light is about
 * the spec's brightness; lamps and windows reach several times that.
 */
export function paintBackground(spec: BackgroundSpec, context: BackgroundContext): Float32Array {
  const { size, coverage } = context;
  const head = headPlace(coverage, size);
  const around = { head, hairColour: context.hairColour, skinColour: context.skinColour };
  const blurs = spec.layers.map((layer) => (layer.kind === "shadow" ? 0 : Math.hypot(layer.blur, context.blur)));
  // A shadow is as blurred as what it lies on.
  for (const [k, layer] of spec.layers.entries()) if (layer.kind === "shadow") blurs[k] = blurs[k - 1] ?? 0;
  let canvas = createCanvas(workingSize(size, blurs[0]));
  for (const [k, layer] of spec.layers.entries()) {
    if (layer.kind === "shadow") castShadow(canvas, layer, coverage, size, head);
    else paintLayer(canvas, layer, around);
    // What is nearer is sharper: blur so far as the next layer is not.
    const next = blurs[k + 1] ?? 0;
    blur(canvas.rgb, canvas.size, 3, Math.sqrt(Math.max(0, blurs[k] ** 2 - next ** 2)) * canvas.size);
    const finer = k + 1 < spec.layers.length ? workingSize(size, next) : size;
    if (finer > canvas.size) canvas = resized(canvas, finer);
  }
  illuminate(canvas, spec, context.lightColour);
  return canvas.rgb;
}

function paintLayer(canvas: Canvas, layer: Layer, around: Surroundings): void {
  const { size, rgb } = canvas;
  const before = layer.beyond && rgb.slice();
  painters[layer.kind](canvas, layer, randomOf(layer.seed, "background", layer.kind), around);
  if (!layer.beyond || !before) return;
  const [px, py, angle] = layer.beyond;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  for (let y = 0, k = 0; y < size; y++) {
    for (let x = 0; x < size; x++, k += 3) {
      const kept = clamp(0.5 - c * (x + 0.5 - px * size) - s * (y + 0.5 - py * size));
      if (kept > 0) for (let i = k; i < k + 3; i++) rgb[i] += kept * (before[i] - rgb[i]);
    }
  }
}

/** Multiplies everything by light that changes slowly from place to place: interpolated between 9 × 9 points. */
function illuminate({ size, rgb }: Canvas, { brightness, unevenness, seed }: BackgroundSpec, lightColour: Rgb): void {
  const random = randomOf(seed, "light");
  const [x0, y0, frequency] = [random.range(0, 200), random.range(0, 200), random.range(0.1, 0.4)];
  const [slopeX, slopeY] = [random.normal(), random.normal()];
  const cells = 8;
  const grid = new Float32Array((cells + 1) ** 2);
  for (let i = 0, k = 0; i <= cells; i++) {
    for (let j = 0; j <= cells; j++, k++) {
      const slope = 0.3 * (slopeX * (j / cells - 0.5) + slopeY * (i / cells - 0.5));
      grid[k] = brightness * 2 ** (3 * unevenness * (fbm2(x0 + frequency * j, y0 + frequency * i, 2) - 0.5 + slope));
    }
  }
  const [r, g, b] = mixed([1, 1, 1], lightColour, 0.6);
  for (let y = 0, k = 0; y < size; y++) {
    const v = ((y + 0.5) / size) * cells;
    const row = (cells + 1) * Math.floor(v);
    const f = v - Math.floor(v);
    for (let j = 0, x = 0; j < cells; j++) {
      const left = grid[row + j] + f * (grid[row + cells + 1 + j] - grid[row + j]);
      const right = grid[row + j + 1] + f * (grid[row + cells + 2 + j] - grid[row + j + 1]);
      const end = Math.floor(((j + 1) * size) / cells);
      const step = ((right - left) * cells) / size;
      let light = left + step * (x + 0.5 - (j * size) / cells);
      for (; x < end; x++, k += 3, light += step) {
        rgb[k] *= light * r;
        rgb[k + 1] *= light * g;
        rgb[k + 2] *= light * b;
      }
    }
  }
}

/** The coarsest canvas on which a blur of this many picture widths hides the pixels. */
function workingSize(size: number, blurred: number): number {
  const sigma = blurred * size;
  return sigma > 3 ? Math.ceil(size / 4) : sigma > 0.8 ? Math.ceil(size / 2) : size;
}

/** Finds the head in the coverage: it is what is on top. */
function headPlace(coverage: Float32Array, size: number): HeadPlace {
  let top = -1;
  let left = size;
  let right = 0;
  for (let y = 0; y < size; y += 2) {
    for (let x = 0; x < size; x += 2) {
      if (coverage[y * size + x] < 0.5) continue;
      if (top < 0) top = y;
      if (y > top + 0.4 * size) break;
      if (y > top + 0.12 * size && y < top + 0.3 * size) {
        if (x < left) left = x;
        if (x > right) right = x;
      }
    }
  }
  if (top < 0 || right <= left) return { x: 0.5, y: 0.45, radius: 0.25 };
  const radius = (right - left) / 2 / size;
  return { x: (left + right) / 2 / size, y: Math.min(0.9, top / size + 1.25 * radius), radius };
}
