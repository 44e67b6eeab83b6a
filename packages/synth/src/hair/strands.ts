import { clamp, noise, smooth } from "../noise.ts";
import type { Part } from "../part.ts";
import type { Random } from "../random.ts";
import { createPath, createRibbons, type LockStyle, layLock, maxPoints, type Path, partOfRibbons } from "./ribbons.ts";
import { centreY, createRoot, distanceAlong, drawRoot, type Root, type Scalp, whorl } from "./scalp.ts";
import type { HairColour, StrandLayer } from "./spec.ts";

/** Of one layer. */
const mostTriangles = 18000;

/** Where shoulders and chest are, for hair that lies on them: ellipsoids, model space, mm. */
const trunk = [
  { y: -262, z: -18, rx: 215, ry: 72, rz: 92 },
  { y: -430, z: -22, rx: 190, ry: 220, rz: 112 },
] as const;

/** Grows the locks of a layer from the roots of a scalp. */
export function growStrands(
  scalp: Scalp,
  density: Float32Array,
  layer: StrandLayer,
  colour: HairColour,
  random: Random,
): Part | null {
  const step = layer.curl > 0.5 ? clamp(layer.wave / 6, 3.5, 14) : 14;
  const longest = Math.max(layer.top, layer.sides, layer.back, layer.fringe ? 60 : 0) * 1.3;
  const pointsPerLock = Math.min(maxPoints, Math.max(5, Math.ceil(longest / step) + 2));
  // Long curls need many points: then fewer, wider locks.
  const locks = Math.min(layer.locks, Math.floor(mostTriangles / (2 * pointsPerLock - 2)));
  const width = layer.width * Math.sqrt(layer.locks / locks);
  const ribbons = createRibbons(locks * pointsPerLock);
  const path = createPath();
  const root = createRoot();
  const style: LockStyle = { width: 1, rootShare: 0.7, tipShare: 0.5, turn: 0, tone: 1, streak: 0, before: 0 };
  for (let lock = 0; lock < locks; lock++) {
    if (!drawRoot(scalp, density, random, root)) break;
    if (layer.half !== 0 && layer.half * root.x < 0) continue;
    if (layer.sides > 40 && isSideburn(root)) continue;
    const level = random.uniform();
    const flies = random.chance(layer.flyaway);
    const overForehead = growPath(scalp, layer, root, level, flies, step, random, path);
    const thin = flies ? 0.35 : 1;
    // Wide locks below close the surface, fine ones above draw it.
    style.width = width * thin * random.range(0.7, 1.3) * (2 - 1.1 * level) * (overForehead ? 1.35 : 1);
    style.turn = random.range(-0.6, 0.6) * (layer.tie || overForehead ? 0.4 : 1);
    style.tone = Math.max(0.4, 1 + colour.variation * random.normal()) * (0.8 + 0.2 * level);
    style.streak = random.chance(colour.streakShare * 2 * noise(root.x * 0.05 + 3, root.z * 0.05, 9))
      ? random.range(0.1, 0.6)
      : 0;
    layLock(ribbons, path, style, colour, random);
  }
  return partOfRibbons(ribbons);
}

/** Hair in front of the ears: it stays short, whatever the rest does. */
const isSideburn = ({ azimuth, meanY }: Root): boolean => meanY < 10 && Math.abs(azimuth) < 1.62;

/** Length of the hair by where it grows: top, sides and back blend into each other. */
function lengthAt(layer: StrandLayer, { meanY, meanZ }: Root): number {
  const up = smooth((meanY - 42) / 34);
  const behind = smooth((-meanZ - 25) / 40);
  return layer.top * up + (1 - up) * (layer.back * behind + layer.sides * (1 - behind));
}

/**
 * One lock: from its root it follows the comb, bends under its weight as far as it is soft, lies on head and shoulders at the
 * height of its level, keeps out of the face unless it belongs to the fringe, and is cut where the layer says.
 * @returns whether it belongs to the fringe
 */
function growPath(
  scalp: Scalp,
  layer: StrandLayer,
  root: Root,
  level: number,
  flies: boolean,
  step: number,
  random: Random,
  path: Path,
): boolean {
  const { comb, fringe } = layer;
  const { scale, eyeY, chinY } = scalp;
  const isFringe =
    fringe !== null && root.toFace < fringe.depth && Math.abs(root.azimuth) < 1.05 && random.chance(0.93);
  const length = isFringe
    ? 150
    : Math.max(4, lengthAt(layer, root) * (1 + layer.uneven * random.normal()) * (flies ? 1.1 : 1));
  const sideburn = isSideburn(root);

  const way = sideburn ? Math.min(length, 9) : length;
  const steps = Math.min(maxPoints - 1, Math.max(3, Math.ceil(way / step)));
  const h = way / steps;
  const soft = 1 - Math.exp(-h / layer.stiffness);
  // Roots left of the parting fall left.
  const from = root.meanZ > -40 ? layer.parting : layer.parting * 0.3;
  const fallSide = Math.tanh((root.x - from) / 3);
  const fringeSide = fringe ? fringe.side : 0;
  const fringeEnd = fringe
    ? eyeY + fringe.level * scale + fringe.slope * root.x + layer.uneven * 26 * random.normal()
    : 0;
  const cutAt = layer.cut === null ? -Infinity : layer.cut + layer.uneven * 22 * random.normal();
  const lift = flies ? Math.min(1, layer.lift + 0.35) : layer.lift;
  const thickness = (flies ? 1.4 : 1) * layer.volume * level;
  const gravity = flies ? 0.4 * layer.gravity : layer.gravity;
  // A wave needs a few points, or it would draw a zigzag.
  const waves = layer.curl > 0.5 ? (2 * Math.PI) / Math.max(layer.wave, 5 * h) : 0;
  const own = random.uniform();
  const phase =
    2 *
    Math.PI *
    (3 * noise(root.x * 0.03, root.y * 0.03, root.z * 0.03 + 50) * (1 - layer.disorder) + own * layer.disorder);
  const curl = layer.curl * random.range(0.6, 1.25);
  const wander = layer.frizz * 0.06;
  const { points } = path;
  let { x, y, z } = root;
  let dx = 0;
  let dy = 0;
  let dz = 0;
  let count = 0;
  let cheekSide = 0;
  let nearest = Infinity;
  const inFront = !layer.tie && random.chance(layer.front[root.x > 0 ? 0 : 1]) && root.meanZ > -75;
  for (let i = 0; i <= steps; i++) {
    const s = i * h;
    let ox = x;
    let oy = y - centreY;
    let oz = z;
    const away = Math.sqrt(ox * ox + oy * oy + oz * oz) || 1;
    ox /= away;
    oy /= away;
    oz /= away;
    // Where the comb wants it to go.
    let cx = 0;
    let cy = 0;
    let cz = 0;
    if (layer.tie) {
      cx = layer.tie[0] * 108 - x;
      cy = layer.tie[1] * 108 + centreY - y;
      cz = layer.tie[2] * 108 - z;
      const left = Math.sqrt(cx * cx + cy * cy + cz * cz);
      if (left < Math.max(16, 1.3 * h) || (i > 2 && left > nearest)) break;
      nearest = left;
      cx /= left;
      cy /= left;
      cz /= left;
    } else if (isFringe) {
      cx = 1.3 * fringeSide;
      cy = -0.35;
      cz = 1 - 0.5 * Math.abs(fringeSide);
    } else {
      const wx = x - whorl[0];
      const wy = y - whorl[1];
      const wz = z - whorl[2];
      const w = Math.sqrt(wx * wx + wy * wy + wz * wz) + 1e-3;
      cx = (comb.whorl * wx) / w + comb.parted * fallSide + comb.side;
      cy = (comb.whorl * wy) / w - 0.35 * comb.parted;
      cz = (comb.whorl * wz) / w - 0.4 * comb.parted - comb.back;
    }
    // Along the head, then off it.
    const drop = cx * ox + cy * oy + cz * oz;
    const rise = layer.tie || isFringe ? 0.05 : comb.up;
    cx += (rise - drop) * ox;
    cy += (rise - drop) * oy + (layer.tie || isFringe ? 0 : 0.4 * comb.up);
    cz += (rise - drop) * oz;
    const norm = Math.sqrt(cx * cx + cy * cy + cz * cz) + 1e-6;
    const held = layer.tie ? 1 : Math.exp(-s / layer.hold) / norm;
    cx *= held;
    cy *= held;
    cz *= held;
    if (i === 0) {
      dx = cx * norm * (1 - lift) + lift * root.nx;
      dy = cy * norm * (1 - lift) + lift * root.ny;
      dz = cz * norm * (1 - lift) + lift * root.nz;
    } else {
      const weight = layer.tie ? 0 : gravity * Math.min(1, s / 40);
      let gx = cx - 0.0006 * x;
      let gy = cy - weight;
      let gz = cz + (inFront && y < chinY + 30 ? 0.35 * weight : 0);
      const g = Math.sqrt(gx * gx + gy * gy + gz * gz) + 1e-6;
      gx /= g;
      gy /= g;
      gz /= g;
      dx += soft * (gx - dx) + wander * (random.uniform() - 0.5);
      dy += soft * (gy - dy) + wander * (random.uniform() - 0.5);
      dz += soft * (gz - dz) + wander * (random.uniform() - 0.5);
    }
    const d = Math.sqrt(dx * dx + dy * dy + dz * dz) || 1;
    dx /= d;
    dy /= d;
    dz /= d;

    // This point, waved about the path.
    let px = x;
    let py = y;
    let pz = z;
    if (waves > 0) {
      const amount = curl * smooth(s / (0.6 * layer.wave + 12));
      const c = amount * Math.cos(phase + waves * s);
      const sn = 0.7 * amount * Math.sin(phase + waves * s);
      px += c * (dy * oz - dz * oy) + sn * ox;
      py += c * (dz * ox - dx * oz) + sn * oy;
      pz += c * (dx * oy - dy * ox) + sn * oz;
      const r = Math.sqrt(px * px + (py - centreY) * (py - centreY) + pz * pz);
      const least = distanceAlong(scalp.skin, px, py - centreY, pz) + 0.8;
      if (r < least) {
        const k = least / r;
        px *= k;
        py = centreY + (py - centreY) * k;
        pz *= k;
      }
    }
    points[3 * count] = px;
    points[3 * count + 1] = py;
    points[3 * count + 2] = pz;
    count++;
    if (i > 1 && isFringe && y < fringeEnd && z > 20) break;
    if (i > 1 && y < cutAt) break;

    x += h * dx;
    y += h * dy;
    z += h * dz;

    // Out of the face.
    if (!isFringe && !layer.tie && z > 12 * scale && y < eyeY + 62 * scale && y > chinY - 60) {
      if (cheekSide === 0) cheekSide = Math.abs(x) > 6 ? Math.sign(x) : fallSide < 0 ? -1 : 1;
      const cover = layer.cheeks[cheekSide > 0 ? 0 : 1];
      const narrow = 1 - 0.22 * clamp((eyeY - y) / (eyeY - chinY)) - 0.35 * clamp((y - eyeY - 20) / 50);
      const edge = scalp.halfWidth * narrow - cover + 8 * (own - 0.5);
      const missing = edge - cheekSide * x;
      if (missing > 0) {
        x += cheekSide * Math.min(missing, 0.8 * h);
        dx += 0.35 * cheekSide;
        dz -= 0.1;
      }
    }
    // Behind the ear, or over it.
    const earSide = x > 0 ? 0 : 1;
    const behindEar = own < layer.tucked[earSide] && !sideburn;
    if (
      behindEar &&
      Math.abs(x) > 0.75 * scalp.halfWidth &&
      y < eyeY + 30 &&
      y > eyeY - 90 &&
      z > -26 - 0.25 * (eyeY + 12 - y)
    ) {
      const back = Math.min(0.8 * h, z + 26);
      if (back > 0) z -= back;
    }
    // On the head.
    const distance = Math.sqrt(x * x + (y - centreY) * (y - centreY) + z * z) || 1;
    const onEars = behindEar || sideburn ? scalp.skin : scalp.withEars;
    const clearance =
      distanceAlong(onEars, x, y - centreY, z) +
      1 +
      (isFringe ? Math.min(thickness, 7 + 0.3 * thickness) : thickness) * smooth((s + h) / 38);
    // Tied hair lies on the head all the way.
    if ((distance < clearance || layer.tie) && y > -190) {
      const k = clearance / distance;
      x *= k;
      y = centreY + (y - centreY) * k;
      z *= k;
      const inward = (dx * x + dy * (y - centreY) + dz * z) / (clearance * clearance);
      if (inward < 0) {
        dx -= inward * x;
        dy -= inward * (y - centreY);
        dz -= inward * z;
      }
    }
    // On shoulders and chest, before or behind them.
    for (const body of trunk) {
      const sx = x / body.rx;
      const sy = (y - body.y) / body.ry;
      const sz = (z - body.z) / (body.rz + 8 * level);
      const inside = sx * sx + sy * sy + sz * sz;
      if (inside >= 1) continue;
      z += (inFront || z > body.z + 40 ? 1 : -1) * 0.9 * h * (1 - inside);
      y += 0.3 * h;
    }
  }
  path.count = count;
  return isFringe;
}
