import { noise } from "../noise.ts";
import type { Part } from "../part.ts";
import type { Random } from "../random.ts";
import { createPath, createRibbons, type LockStyle, layLock, maxPoints, type Path, partOfRibbons } from "./ribbons.ts";
import { centreY, distanceAlong, type Scalp } from "./scalp.ts";
import type { GatheredLayer, HairColour } from "./spec.ts";

/** A frame at the tie: origin on the skin, and three unit axes, the first straight out. */
interface Frame {
  readonly origin: readonly [number, number, number];
  readonly out: readonly [number, number, number];
  readonly u: readonly [number, number, number];
  readonly v: readonly [number, number, number];
}

function frameAt(scalp: Scalp, [x, y, z]: readonly [number, number, number]): Frame {
  const length = Math.hypot(x, y, z);
  const out = [x / length, y / length, z / length] as const;
  const r = distanceAlong(scalp.skin, x, y, z);
  const side = Math.hypot(out[1], out[2]) || 1;
  // u sideways, v along the head downwards.
  const u = [side, (-out[0] * out[1]) / side, (-out[0] * out[2]) / side] as const;
  const v = [out[1] * u[2] - out[2] * u[1], out[2] * u[0] - out[0] * u[2], out[0] * u[1] - out[1] * u[0]] as const;
  return { origin: [r * out[0], centreY + r * out[1], r * out[2]], out, u, v };
}

/** Lays what hangs or sits where the hair is drawn together. */
export function growGathered(scalp: Scalp, layer: GatheredLayer, colour: HairColour, random: Random): Part | null {
  const frame = frameAt(scalp, layer.at);
  const path = createPath();
  const style: LockStyle = { width: 6, rootShare: 0.9, tipShare: 0.5, turn: 0, tone: 1, streak: 0, before: 150 };
  const { locks } = layer;
  const points = layer.form === "puff" ? 8 : layer.form === "bun" ? 16 : 34;
  const ribbons = createRibbons(locks * points);
  const trunk = layer.form === "tail" || layer.form === "braid" ? trunkOf(scalp, frame, layer) : null;
  for (let lock = 0; lock < locks; lock++) {
    const level = Math.sqrt(random.uniform());
    style.tone = Math.max(0.4, 1 + colour.variation * random.normal()) * (0.55 + 0.45 * level);
    style.streak = random.chance(colour.streakShare) ? random.range(0.2, 0.9) : 0;
    style.turn = random.range(-0.5, 0.5);
    if (trunk && layer.form === "braid") braidPath(trunk, layer, lock, level, points, random, path, style);
    else if (trunk) tailPath(trunk, layer, level, points, random, path, style);
    else if (layer.form === "bun") bunPath(frame, layer, level, points, random, path, style);
    else puffPath(frame, layer, level, points, random, path, style);
    layLock(ribbons, path, style, colour, random);
  }
  return partOfRibbons(ribbons);
}

/** Middle line of a tail: out of the head, then down; outside head and back. Points every step, x, y, z. */
function trunkOf(scalp: Scalp, { origin, out }: Frame, { length, radius }: GatheredLayer): Float64Array {
  const points = new Float64Array(3 * maxPoints);
  const h = length / (maxPoints - 1);
  let [x, y, z] = origin;
  let [dx, dy, dz] = out;
  // What starts on top of the head falls backwards.
  const back = Math.min(0, 0.6 * out[2] - 0.5 * Math.max(0, out[1]));
  for (let i = 0; i < maxPoints; i++) {
    points.set([x, y, z], 3 * i);
    const soft = 1 - Math.exp(-h / 30);
    dx += soft * (0 - dx);
    dy += soft * (-1 - dy);
    dz += soft * (back - dz);
    const d = Math.sqrt(dx * dx + dy * dy + dz * dz);
    x += (h * dx) / d;
    y += (h * dy) / d;
    z += (h * dz) / d;
    const away = Math.sqrt(x * x + (y - centreY) * (y - centreY) + z * z);
    const least = distanceAlong(scalp.skin, x, y - centreY, z) + Math.min(0.7 * radius, 0.5 * i * h);
    if (away < least) {
      x *= least / away;
      y = centreY + ((y - centreY) * least) / away;
      z *= least / away;
    }
    // Behind the neck rather than in it.
    const r = Math.sqrt(x * x + (z + 20) * (z + 20));
    if (y < -20 && y > -230 && r < 78) {
      x *= 78 / r;
      z = -20 + ((z + 20) * 78) / r;
    }
  }
  return points;
}

function aim(path: Path, x: number, y: number, z: number): void {
  path.cx = x;
  path.cy = y;
  path.cz = z;
}

function tailPath(
  trunk: Float64Array,
  { radius, length, curl, wave, mess }: GatheredLayer,
  level: number,
  count: number,
  random: Random,
  path: Path,
  style: LockStyle,
): void {
  const angle = random.range(0, 2 * Math.PI);
  const reach = random.range(0.72, 1);
  const phase = random.range(0, 2 * Math.PI);
  const phaseShared = 2 * Math.PI * noise(angle * 0.6, 3, 1);
  style.width = random.range(6, 12);
  path.count = count;
  for (let i = 0; i < count; i++) {
    const t = (i / (count - 1)) * reach;
    const at = t * (maxPoints - 1);
    const k = Math.min(maxPoints - 2, Math.floor(at));
    const f = at - k;
    // Tight at the tie, full in the middle, thin at the end.
    const swell = 0.35 + 0.65 * Math.min(1, t * 5) - 0.45 * t * t;
    const r = radius * level * swell * (1 + mess * 0.5 * (noise(angle * 3, t * 4, phase) - 0.5));
    const s = t * length;
    const curled = curl * Math.min(1, s / 40);
    const w = (2 * Math.PI * s) / wave + phaseShared + mess * phase;
    for (let c = 0; c < 3; c++) {
      const middle = trunk[3 * k + c] + f * (trunk[3 * k + 3 + c] - trunk[3 * k + c]);
      const across = c === 0 ? Math.cos(angle) : c === 2 ? Math.sin(angle) : 0;
      const waved = c === 0 ? Math.cos(w) : c === 2 ? Math.sin(w) : 0;
      path.points[3 * i + c] = middle + across * r + curled * waved;
    }
  }
  const middle = Math.floor(maxPoints / 2) * 3;
  aim(path, trunk[middle], trunk[middle + 1], trunk[middle + 2]);
}

/** Three strands, each of many locks, that change places: seen along the braid they draw a lying eight. */
function braidPath(
  trunk: Float64Array,
  { radius, length, mess }: GatheredLayer,
  lock: number,
  level: number,
  count: number,
  random: Random,
  path: Path,
  style: LockStyle,
): void {
  const strand = lock % 3;
  const own = 0.52 * radius * level;
  const angle = random.range(0, 2 * Math.PI);
  const turns = length / (4.4 * radius);
  style.width = random.range(2.5, 5);
  path.count = count;
  for (let i = 0; i < count; i++) {
    const t = i / (count - 1);
    const at = t * (maxPoints - 1);
    const k = Math.min(maxPoints - 2, Math.floor(at));
    const f = at - k;
    const phase = 2 * Math.PI * (turns * t + strand / 3);
    const thin = 1 - 0.55 * t;
    const x = thin * radius * 0.75 * Math.sin(phase) + own * thin * Math.cos(angle) + mess * random.normal();
    const z = thin * radius * 0.4 * Math.sin(2 * phase) + own * thin * Math.sin(angle) + mess * random.normal();
    for (let c = 0; c < 3; c++)
      path.points[3 * i + c] =
        trunk[3 * k + c] + f * (trunk[3 * k + 3 + c] - trunk[3 * k + c]) + (c === 0 ? x : c === 2 ? z : 0);
  }
  const middle = Math.floor(maxPoints / 2) * 3;
  aim(path, trunk[middle], trunk[middle + 1], trunk[middle + 2]);
}

/** Locks wound around a flattened ball, each on its own circle. */
function bunPath(
  { origin, out, u, v }: Frame,
  { radius, mess }: GatheredLayer,
  level: number,
  count: number,
  random: Random,
  path: Path,
  style: LockStyle,
): void {
  // A circle about an axis near the outward one, shifted along it.
  const tiltU = 0.35 * random.normal() * (0.4 + mess);
  const tiltV = 0.35 * random.normal() * (0.4 + mess);
  const height = random.range(-0.75, 0.95);
  const ring = Math.sqrt(1 - Math.min(0.9, height * height)) * (0.75 + 0.25 * level);
  const start = random.range(0, 2 * Math.PI);
  const sweep = random.range(2, 4.5);
  style.width = random.range(5, 9);
  style.turn = random.range(-0.3, 0.3);
  path.count = count;
  const loose = random.chance(0.12 * (1 + mess)) ? random.range(1.05, 1.3 + 0.3 * mess) : 1;
  const middle = [0, 1, 2].map((k) => origin[k] + 0.72 * radius * out[k]);
  for (let i = 0; i < count; i++) {
    const t = i / (count - 1);
    const a = start + sweep * t;
    const grow = loose > 1 ? 1 + (loose - 1) * t : 1;
    const cu = ring * Math.cos(a) * grow;
    const cv = ring * Math.sin(a) * grow;
    const co = 0.78 * height * (0.75 + 0.25 * level) + tiltU * cu + tiltV * cv;
    for (let k = 0; k < 3; k++) path.points[3 * i + k] = middle[k] + radius * (cu * u[k] + cv * v[k] + co * out[k]);
  }
  aim(path, middle[0], middle[1], middle[2]);
}

/** Short curls that stand out of a ball. */
function puffPath(
  { origin, out, u, v }: Frame,
  { radius, curl, wave, mess }: GatheredLayer,
  level: number,
  count: number,
  random: Random,
  path: Path,
  style: LockStyle,
): void {
  const cosine = random.range(-1, 1);
  const sine = Math.sqrt(1 - cosine * cosine);
  const angle = random.range(0, 2 * Math.PI);
  const middle = [0, 1, 2].map((k) => origin[k] + 0.75 * radius * out[k]);
  const d = [0, 1, 2].map((k) => cosine * out[k] + sine * (Math.cos(angle) * u[k] + Math.sin(angle) * v[k]));
  const lump = 1 + 0.35 * mess * (noise(d[0] * 3, d[1] * 3, d[2] * 3 + radius) - 0.5);
  const phase = random.range(0, 2 * Math.PI);
  style.width = random.range(4, 9);
  style.turn = random.range(-1.5, 1.5);
  path.count = count;
  for (let i = 0; i < count; i++) {
    const t = i / (count - 1);
    const r = radius * lump * (0.25 + (0.45 + 0.3 * level) * t);
    const w = phase + (2 * Math.PI * r) / wave;
    for (let k = 0; k < 3; k++)
      path.points[3 * i + k] = middle[k] + r * d[k] + curl * (Math.cos(w) * u[k] + Math.sin(w) * v[k]) * t;
  }
  aim(path, middle[0], middle[1], middle[2]);
}
