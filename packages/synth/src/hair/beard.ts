import { Label, type MorphableModel, Region, surfacePositions } from "cameo";
import type { Assets } from "../assets.ts";
import type { Person } from "../makehuman/macro.ts";
import { clamp, mix, noise, smooth } from "../noise.ts";
import type { BareHead, Rgb } from "../part.ts";
import { type Random, random } from "../random.ts";
import type { Growth } from "./grow.ts";
import { createPath, createRibbons, type LockStyle, layLock, partOfRibbons } from "./ribbons.ts";
import { centreY, distanceAlong, measureScalp, scalpMap } from "./scalp.ts";
import type { BeardKind, BeardSpec, HairColour, HairSpec } from "./spec.ts";

/** How often men have each kind, at 25 years and at 60. */
const kindWeights: Record<BeardKind, readonly [young: number, old: number]> = {
  none: [0.42, 0.45],
  shadow: [0.14, 0.1],
  stubble: [0.15, 0.1],
  moustache: [0.03, 0.06],
  goatee: [0.06, 0.07],
  short: [0.11, 0.09],
  full: [0.07, 0.08],
  long: [0.02, 0.05],
};

/** Draws a beard; women and children have none. The colour is near that of the hair. */
export function sampleBeard(random: Random, person: Person, hair: HairSpec): BeardSpec {
  const kinds = Object.keys(kindWeights) as BeardKind[];
  const old = clamp((person.age - 25) / 35);
  const grown = random.chance(clamp((person.age - 15) / 8) * clamp(2 * person.male - 0.9));
  const drawn = random.pick(
    kinds,
    kinds.map((k) => mix(...kindWeights[k], old)),
  );
  const kind = grown ? drawn : "none";
  const part = (share: number) => clamp(share + 0.15 * random.normal());
  const none = { moustache: 0, chin: 0, jaw: 0, cheeks: 0 };
  const all = { moustache: part(0.95), chin: 1, jaw: part(0.95), cheeks: part(0.6) };
  const areas: Record<BeardKind, typeof none> = {
    none,
    shadow: all,
    stubble: all,
    moustache: { ...none, moustache: 1 },
    goatee: { ...none, moustache: random.chance(0.75) ? 1 : 0, chin: 1, jaw: random.chance(0.3) ? part(0.2) : 0 },
    short: all,
    full: all,
    long: all,
  };
  const lengths: Record<BeardKind, readonly [number, number]> = {
    none: [0, 0],
    shadow: [0, 0],
    stubble: [0, 0],
    moustache: [5, 12],
    goatee: [4, 22],
    short: [3, 9],
    full: [10, 28],
    long: [30, 110],
  };
  const length = random.range(...lengths[kind]);
  const density: Record<BeardKind, number> = {
    none: 0,
    shadow: random.range(0.08, 0.3),
    stubble: random.range(0.25, 0.6),
    moustache: random.range(0.6, 0.9),
    goatee: random.range(0.6, 0.9),
    short: random.range(0.6, 0.92),
    full: 0.9,
    long: 0.9,
  };
  return {
    seed: random.integer(2 ** 31),
    kind,
    colour: beardColour(random, person, hair.colour),
    ...areas[kind],
    throat: random.range(2, 22),
    patchy: random.uniform() ** 2,
    length,
    moustacheLength: Math.min(length, random.range(5, 13)),
    curl: random.chance(0.3 + 0.5 * person.african) ? random.range(0.5, 2.5) : random.range(0, 0.6),
    density: density[kind],
  };
}

/** Of the hair's natural tone, often somewhat redder, greyer or darker. */
function beardColour(random: Random, person: Person, hair: HairColour): HairColour {
  const natural = hair.name.startsWith("dyed") ? hair.roots : hair.base;
  const k = Math.exp(0.25 * random.normal());
  const red = Math.exp(Math.abs(0.18 * random.normal()));
  const grey = clamp((person.age - 42) / 40) * random.uniform();
  const tone = (c: number) => clamp(mix(natural[c] * k * (c === 0 ? red : 1), 0.42, 0.8 * grey), 0.004, 0.8);
  const base: Rgb = [tone(0), tone(1), tone(2)];
  return {
    ...hair,
    base,
    tips: base,
    roots: base,
    rootLength: 0,
    streaks: [mix(base[0], 0.5, grey), mix(base[1], 0.49, grey), mix(base[2], 0.47, grey)],
    streakShare: 0.3 * grey,
  };
}

/** Where beards can grow, the same for all heads of a model. */
interface BeardMap {
  /** Vertices of the lower face and the throat. */
  readonly vertices: Uint32Array;
  /** Per model vertex, 0 to 1: how much it belongs to each part of the beard. */
  readonly moustache: Float32Array;
  readonly chin: Float32Array;
  readonly jaw: Float32Array;
  readonly cheeks: Float32Array;
  /** How far below the jaw, mm; negative above it. */
  readonly below: Float32Array;
  readonly triangles: Uint32Array;
  readonly areas: Float64Array;
}

const maps = new WeakMap<MorphableModel, BeardMap>();

function beardMap(model: MorphableModel): BeardMap {
  let map = maps.get(model);
  if (!map) {
    map = buildBeardMap(model);
    maps.set(model, map);
  }
  return map;
}

function buildBeardMap(model: MorphableModel): BeardMap {
  const { mean } = scalpMap(model);
  const points = surfacePositions(model, mean, model.landmarks68);
  const at = (i: number) => [points[3 * i], points[3 * i + 1], points[3 * i + 2]] as const;
  const lips = Array.from({ length: 12 }, (_, i) => at(48 + i));
  const [, noseY] = at(33);
  const [wingX] = at(35);
  const [cornerX, cornerY] = at(54);
  const [, , chinZ] = at(8);
  const [jointX, jointY, jointZ] = at(16);
  const jawline = Array.from({ length: 17 }, (_, i) => at(i));
  const count = model.vertexCount;
  const fields = {
    moustache: new Float32Array(count),
    chin: new Float32Array(count),
    jaw: new Float32Array(count),
    cheeks: new Float32Array(count),
  };
  const below = new Float32Array(count);
  const skin = new Uint8Array(count);
  for (let t = 0; t < model.regions.length; t++)
    if (model.regions[t] === Region.face || model.regions[t] === Region.neck || model.regions[t] === Region.scalp)
      for (let k = 0; k < 3; k++) skin[model.triangles[3 * t + k]] = 1;
  const vertices: number[] = [];
  for (let v = 0; v < count; v++) {
    const x = mean[3 * v];
    const y = mean[3 * v + 1];
    const z = mean[3 * v + 2];
    const side = Math.abs(x);
    if (!skin[v] || y > jointY + 22 || y < -150 || z < -8) continue;
    // The jaw's height at this place.
    let nearest = Infinity;
    let jawY = 0;
    for (const [jx, jy, jz] of jawline) {
      const d = (jx - x) ** 2 + (jz - z) ** 2;
      if (d < nearest) {
        nearest = d;
        jawY = jy;
      }
    }
    below[v] = jawY - y;
    const off = lipDistance(lips, x, y);
    const bare = z > 55 ? smooth((off - 1.2) / 2.5) : 1;
    const upper = y > cornerY - 2;
    // Between nose and lip, drooping beside the mouth.
    const reach = cornerX + 7 - 0.4 * Math.max(0, y - cornerY);
    if (upper || side > cornerX - 4)
      fields.moustache[v] =
        bare *
        smooth((reach - side) / 6) *
        smooth((noseY - 3 - y) / 4) *
        smooth((y - cornerY + 12) / 8) *
        (z > 55 ? 1 : 0);
    const ring = smooth((cornerX + 9 - side) / 8);
    fields.chin[v] = bare * ring * smooth((cornerY - 1 - y) / 6) * (z > chinZ - 35 ? 1 : 0);
    // From the sideburns along the jaw: below the line from the ear to the mouth's corner.
    const t = clamp((side - cornerX) / Math.max(1, jointX - cornerX));
    const line = mix(cornerY - 16, jointY + 16, t ** 1.2);
    fields.jaw[v] = bare * smooth((line - 10 - y + 14 * t) / 10) * smooth((z - jointZ + 26) / 8);
    const cheekLine = mix(cornerY + 14, jointY + 20, t);
    fields.cheeks[v] =
      bare * smooth((cheekLine - y) / 12) * smooth((side - wingX - 10) / 8) * smooth((z - jointZ + 26) / 8);
    vertices.push(v);
  }
  const member = new Uint8Array(count);
  for (const v of vertices) member[v] = 1;
  const triangles: number[] = [];
  const areas: number[] = [];
  let area = 0;
  for (let t = 0; 3 * t < model.triangles.length; t++) {
    const [a, b, c] = [model.triangles[3 * t], model.triangles[3 * t + 1], model.triangles[3 * t + 2]];
    if (!member[a] || !member[b] || !member[c] || model.regions[t] > Region.neck) continue;
    const u = [0, 1, 2].map((k) => mean[3 * b + k] - mean[3 * a + k]);
    const w = [0, 1, 2].map((k) => mean[3 * c + k] - mean[3 * a + k]);
    area += 0.5 * Math.hypot(u[1] * w[2] - u[2] * w[1], u[2] * w[0] - u[0] * w[2], u[0] * w[1] - u[1] * w[0]);
    triangles.push(a, b, c);
    areas.push(area);
  }
  return {
    vertices: Uint32Array.from(vertices),
    ...fields,
    below,
    triangles: Uint32Array.from(triangles),
    areas: Float64Array.from(areas),
  };
}

/** Distance from the outline of the lips in the picture plane, mm; negative on them. */
function lipDistance(lips: readonly (readonly [number, number, number])[], x: number, y: number): number {
  let inside = false;
  let least = Infinity;
  for (let i = 0, j = lips.length - 1; i < lips.length; j = i++) {
    const [ax, ay] = lips[i];
    const [bx, by] = lips[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    const t = clamp(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2 || 1));
    least = Math.min(least, Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)));
  }
  return inside ? -least : least;
}

/** Grows a beard: roots painted on the skin, and hairs when it is longer than stubble. Part of the face. */
export function growBeard(_assets: Assets, head: BareHead, spec: BeardSpec): Growth {
  if (spec.density <= 0) return { parts: [], stubble: null };
  const map = beardMap(head.model);
  const { mean } = scalpMap(head.model);
  const density = new Float32Array(head.model.vertexCount);
  const shift = (spec.seed % 1009) * 0.61;
  for (const v of map.vertices) {
    const rough = noise(mean[3 * v] * 0.09 + shift, mean[3 * v + 1] * 0.09, mean[3 * v + 2] * 0.09);
    const area = Math.max(
      spec.moustache * map.moustache[v],
      spec.chin * map.chin[v],
      spec.jaw * map.jaw[v],
      spec.cheeks * map.cheeks[v] * clamp(0.4 + 1.2 * rough),
    );
    const throat = smooth((spec.throat - map.below[v] + 6 * (rough - 0.5)) / 8 + 0.5);
    density[v] = area * throat * (1 - spec.patchy * clamp(1.6 - 2.6 * rough));
  }
  const parts = spec.length > 0 ? growBeardHairs(head, map, density, spec) : [];
  const roots = density.map((d) => d * spec.density);
  return { parts, stubble: { density: roots, colour: spec.colour.base } };
}

function growBeardHairs(head: BareHead, map: BeardMap, density: Float32Array, spec: BeardSpec): Growth["parts"] {
  const source = random(spec.seed, "beard");
  const scalp = measureScalp(head);
  const { shape, normals } = head;
  const { triangles, areas } = map;
  const long = spec.length > 16;
  let covered = 0;
  for (let t = 0; t < areas.length; t++) covered += (areas[t] - (t > 0 ? areas[t - 1] : 0)) * density[triangles[3 * t]];
  const locks = Math.min(2200, Math.round(covered * (long ? 0.11 : 0.2)));
  const points = long ? 9 : 4;
  const ribbons = createRibbons(locks * points);
  const path = createPath();
  const style: LockStyle = { width: 2, rootShare: 0.9, tipShare: 0.3, turn: 0, tone: 1, streak: 0, before: 0 };
  for (let lock = 0, attempt = 0; lock < locks && attempt < 12 * locks; attempt++) {
    const wanted = source.uniform() * areas[areas.length - 1];
    let low = 0;
    let high = areas.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (areas[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    const [a, b, c] = [triangles[3 * low], triangles[3 * low + 1], triangles[3 * low + 2]];
    if ((density[a] + density[b] + density[c]) / 3 < 0.15 + 0.85 * source.uniform()) continue;
    lock++;
    const s = Math.sqrt(source.uniform());
    const wa = 1 - s;
    const wb = s * source.uniform();
    const wc = s - wb;
    const blend = (from: Float32Array, k: number) => wa * from[3 * a + k] + wb * from[3 * b + k] + wc * from[3 * c + k];
    let [x, y, z] = [blend(shape, 0), blend(shape, 1), blend(shape, 2)];
    const [nx, ny, nz] = [blend(normals, 0), blend(normals, 1), blend(normals, 2)];
    const isMoustache = map.moustache[a] > map.chin[a] && map.moustache[a] > 0.3;
    // Long in the middle of the chin, short at the ears.
    const share = isMoustache ? 1 : 0.22 + 0.78 * Math.max(map.chin[a], smooth((z - 20) / 50) * map.jaw[a]);
    const length = (isMoustache ? spec.moustacheLength : spec.length * share) * source.range(0.6, 1.15);
    const h = length / (points - 1);
    const lift = source.range(0.03, long ? 0.6 : 0.08 + 0.025 * spec.length);
    let dx = lift * nx + (isMoustache ? 0.9 * Math.tanh(x / 5) : 0) + 0.25 * source.normal() * (0.4 + spec.curl);
    let dy = lift * ny - 0.75 + 0.2 * source.normal() * (0.4 + spec.curl);
    const dz = lift * nz + 0.25 * source.normal() * (0.4 + spec.curl);
    const phase = source.range(0, 6.3);
    path.count = points;
    for (let i = 0; i < points; i++) {
      const d = Math.sqrt(dx * dx + dy * dy + dz * dz) || 1;
      const w = spec.curl * Math.min(1, (i * h) / 6);
      path.points[3 * i] = x + w * Math.cos(phase + (i * h) / 1.8);
      path.points[3 * i + 1] = y;
      path.points[3 * i + 2] = z + w * Math.sin(phase + (i * h) / 1.8);
      x += (h * dx) / d;
      y += (h * dy) / d;
      z += (h * dz) / d;
      dy -= 0.024 * h;
      // Long beards come together below the chin.
      if (long && y < scalp.chinY) dx -= 0.004 * h * x;
      const r = Math.sqrt(x * x + (y - centreY) * (y - centreY) + z * z);
      const least = distanceAlong(scalp.skin, x, y - centreY, z) + 0.5;
      if (r < least) {
        x *= least / r;
        y = centreY + ((y - centreY) * least) / r;
        z *= least / r;
      }
    }
    style.width = (long ? source.range(2.5, 5) : source.range(0.9, 1.6) + 0.06 * spec.length) * (isMoustache ? 0.7 : 1);
    style.turn = source.range(-0.8, 0.8);
    style.tone = Math.max(0.4, 1 + spec.colour.variation * source.normal()) * source.range(0.75, 1);
    style.streak = source.chance(spec.colour.streakShare) ? source.range(0.2, 0.9) : 0;
    layLock(ribbons, path, style, spec.colour, source);
  }
  const part = partOfRibbons(ribbons, Label.face);
  return part ? [part] : [];
}
