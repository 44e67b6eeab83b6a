import { Label } from "cameo";
import { noise, smooth } from "../noise.ts";
import { Extra, type Part } from "../part.ts";
import { centreY, type Scalp, whorl } from "./scalp.ts";
import type { HairColour, ShellLayer } from "./spec.ts";
import { shellSteps, shellTexture } from "./textures.ts";

/** The direction of the whorl from the head centre. */
const axis = Math.hypot(whorl[1] - centreY, whorl[2]);
const ay = (whorl[1] - centreY) / axis;
const az = whorl[2] / axis;

/** Where on the shell textures a mean-head position is: distance from the whorl and direction about it keep their sizes there. */
function writeShellUv(x: number, y: number, z: number, out: Float32Array, at: number): void {
  const length = Math.sqrt(x * x + (y - centreY) * (y - centreY) + z * z);
  const cosine = ((y - centreY) * ay + z * az) / length;
  const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  // Across the axis: x, and what is left of forwards.
  const forward = (z * ay - (y - centreY) * az) / length;
  const sine = Math.sqrt((x / length) ** 2 + forward * forward) || 1;
  const reach = (0.5 * angle) / 2.6;
  out[at] = 0.5 + (reach * x) / length / sine;
  out[at + 1] = 0.5 + (reach * forward) / sine;
}

/** Grows the layers of a shell, the innermost first. */
export function growShell(
  scalp: Scalp,
  density: Float32Array,
  layer: ShellLayer,
  colour: HairColour,
  seed: number,
): Part[] {
  const { head, map } = scalp;
  const { shape, normals, model } = head;
  const { mean, toFace, toEars, toNeck } = map;
  const rename = new Int32Array(model.vertexCount).fill(-1);
  const used: number[] = [];
  const corners: number[] = [];
  const shift = (seed % 997) * 0.73;
  for (let t = 0; t < map.triangles.length; t += 3) {
    const [a, b, c] = [map.triangles[t], map.triangles[t + 1], map.triangles[t + 2]];
    const rough = 0.24 * (noise(mean[3 * a] * 0.35 + shift, mean[3 * a + 1] * 0.35, mean[3 * a + 2] * 0.35) - 0.5);
    if ((density[a] + density[b] + density[c]) / 3 < 0.42 + rough) continue;
    for (const v of [a, b, c]) {
      if (rename[v] < 0) {
        rename[v] = used.length;
        used.push(v);
      }
      corners.push(rename[v]);
    }
  }
  if (corners.length === 0) return [];
  const count = used.length;
  const triangles = Uint32Array.from(corners);
  const uvs = new Float32Array(2 * count);
  const thickness = new Float32Array(count);
  const outward = new Float32Array(3 * count);
  const tangents = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const v = used[i];
    const x = mean[3 * v];
    const y = mean[3 * v + 1];
    const z = mean[3 * v + 2];
    writeShellUv(x, y, z, uvs, 2 * i);
    const up = smooth((y - 30) / 45);
    const behind = smooth((-z - 25) / 40);
    const full = layer.top * up + (1 - up) * (layer.back * behind + layer.sides * (1 - behind));
    const rim = Math.min(toFace[v] + 8, toEars[v], toNeck[v] + 4);
    const grown = smooth((rim + 4) / (6 + 0.45 * full)) * smooth((density[v] - 0.2) / 0.6);
    const lump =
      layer.lumps > 0
        ? 1 + layer.lumps * 2 * (noise(x / layer.lumpSize + shift, y / layer.lumpSize, z / layer.lumpSize) - 0.5)
        : 1;
    thickness[i] = full * grown * lump;
    const px = shape[3 * v];
    const py = shape[3 * v + 1] - centreY;
    const pz = shape[3 * v + 2];
    const far = Math.sqrt(px * px + py * py + pz * pz);
    let ox = normals[3 * v] + px / far;
    let oy = normals[3 * v + 1] + py / far;
    let oz = normals[3 * v + 2] + pz / far;
    const length = Math.sqrt(ox * ox + oy * oy + oz * oz);
    ox /= length;
    oy /= length;
    oz /= length;
    outward[3 * i] = ox;
    outward[3 * i + 1] = oy;
    outward[3 * i + 2] = oz;
    // Away from the whorl, along the head.
    const wx = x - whorl[0];
    const wy = y - whorl[1];
    const wz = z - whorl[2] + 1e-3;
    const drop = wx * ox + wy * oy + wz * oz;
    const tx = wx - drop * ox;
    const ty = wy - drop * oy;
    const tz = wz - drop * oz;
    const along = Math.sqrt(tx * tx + ty * ty + tz * tz) || 1;
    tangents[3 * i] = tx / along;
    tangents[3 * i + 1] = ty / along;
    tangents[3 * i + 2] = tz / along;
  }
  const parts: Part[] = [];
  for (let step = 0; step < layer.layers; step++) {
    const share = layer.layers === 1 ? 0 : step / (layer.layers - 1);
    // Few layers stay dense: nothing lies below the gaps but skin.
    const texture = shellTexture(layer.texture, Math.round(share * Math.min(layer.layers, shellSteps - 1)));
    const positions = new Float32Array(3 * count);
    const shifted = new Float32Array(2 * count);
    const height = layer.layers === 1 ? 0.6 : 0.45 + 0.55 * share;
    for (let i = 0; i < count; i++) {
      const v = used[i];
      for (let k = 0; k < 3; k++)
        positions[3 * i + k] = shape[3 * v + k] + outward[3 * i + k] * (0.5 + 0.2 * step + height * thickness[i]);
      // Layers do not show the same holes.
      shifted[2 * i] = uvs[2 * i] + 0.008 * step * Math.cos(seed + 2 * step);
      shifted[2 * i + 1] = uvs[2 * i + 1] + 0.008 * step * Math.sin(seed + 2 * step);
    }
    const shade = (0.62 + 0.38 * share) / texture.mean;
    parts.push({
      material: "hair",
      follows: "head",
      positions,
      triangles,
      normals: outward,
      tangents,
      uvs: shifted,
      texture,
      colour: [colour.base[0] * shade, colour.base[1] * shade, colour.base[2] * shade],
      doubleSided: true,
      labels: Label.hair,
      extras: Extra.none,
    });
  }
  return parts;
}
