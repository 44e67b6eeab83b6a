import { type Caster, castShadows, isLit, type Lighting, type LightSample } from "./light.ts";
import type { Material, Part, Scene } from "./scene.ts";
import type { Surface } from "./surface.ts";

/** The light that arrives at the vertices of a part, shadows included. */
export interface Received {
  /** Red, green, blue per vertex. */
  readonly irradiance: Float32Array;
  /** Per lamp and vertex (lamp-major): the share of the lamp that is seen. */
  readonly visibility: Float32Array;
  /** Share of the sky seen, weighted by the cosine. */
  readonly openness: Float32Array;
}

/** How far around a terminator light creeps: cosines are shifted by this much (0 none). */
const wrap: Record<Material, number> = {
  skin: 0,
  eye: 0.25,
  cornea: 0,
  teeth: 0.3,
  tongue: 0.1,
  cloth: 0.1,
  brow: 0.5,
  lash: 0.5,
  hair: 0.5,
  strand: 0.5,
};

/** How far a point must be behind something to be in its shadow, mm. */
const bias: Record<Material, number> = {
  skin: 1.2,
  eye: 0.6,
  cornea: 3,
  teeth: 0.8,
  tongue: 0.8,
  cloth: 2,
  brow: 2,
  lash: 2,
  hair: 3,
  strand: 3,
};

const shadowRadius = 270;
const shadowSize = 1280;

/** Gathers the light of all samples at the vertices of all parts. */
export function receiveLight(scene: Scene, lighting: Lighting, samples: readonly LightSample[]): Map<Part, Received> {
  const parts = [...scene.solids, ...scene.sheets];
  const lamps = lighting.lamps.length;
  const perSource = new Float64Array(lamps + 1);
  for (const { source } of samples) perSource[source]++;
  const received = new Map<Part, Received>(
    parts.map((part) => {
      const count = part.surface.positions.length / 3;
      return [
        part,
        {
          irradiance: new Float32Array(3 * count),
          visibility: new Float32Array(lamps * count),
          openness: new Float32Array(count),
        },
      ];
    }),
  );
  const [tx, ty, tz] = scene.pose.translation;
  const centre = [tx, ty + 30, tz] as const;
  const casters = parts.flatMap(casterOf);
  for (const light of samples) {
    const map = castShadows(casters, light.direction, centre, shadowRadius, shadowSize);
    const [lx, ly, lz] = light.direction;
    for (const part of parts) {
      const { irradiance, visibility, openness } = received.get(part)!;
      const { positions: p, normals: n } = part.surface;
      const count = p.length / 3;
      const w = wrap[part.material];
      const clear = bias[part.material];
      const facing = part.material === "hair" || part.material === "brow" || part.material === "lash";
      for (let v = 0, i = 0; v < count; v++, i += 3) {
        let cosine = n[i] * lx + n[i + 1] * ly + n[i + 2] * lz;
        if (facing) cosine = 0.5 * cosine + 0.35;
        const amount = (cosine + w) / (1 + w);
        if (amount <= 0) continue;
        if (!isLit(map, p[i] + 0.5 * n[i], p[i + 1] + 0.5 * n[i + 1], p[i + 2] + 0.5 * n[i + 2], clear)) continue;
        for (let k = 0; k < 3; k++) irradiance[i + k] += light.irradiance[k] * amount;
        if (light.source < lamps) visibility[light.source * count + v] += 1 / perSource[light.source];
        else openness[v] += (4 * amount) / perSource[lamps];
      }
    }
  }
  return received;
}

const casterOf = ({ material, surface, texture }: Part): Caster[] => {
  if (material === "cornea" || material === "brow") return [];
  if (material === "hair" || material === "lash") return [{ surface, cutout: texture, opacity: 0.9 }];
  return [{ surface }];
};

/**
 * Lets light spread under the surface: solves (1 − r² ∇²) out = in over the mesh for each channel by Gauss–Seidel. The
 * kernel of that equation, K₀(distance / r), falls off like the diffusion profile of skin.
 * @param radii r for red, green and blue, mm
 */
export function spreadUnderSurface(
  { positions: p, triangles }: Surface,
  values: Float32Array,
  radii: readonly number[],
) {
  const count = p.length / 3;
  const neighbours: Set<number>[] = Array.from({ length: count }, () => new Set());
  for (let t = 0; t < triangles.length; t += 3)
    for (let k = 0; k < 3; k++) {
      neighbours[triangles[t + k]].add(triangles[t + ((k + 1) % 3)]);
      neighbours[triangles[t + ((k + 1) % 3)]].add(triangles[t + k]);
    }
  const first = new Uint32Array(count + 1);
  for (let v = 0; v < count; v++) first[v + 1] = first[v] + neighbours[v].size;
  const other = new Uint32Array(first[count]);
  const weight = new Float32Array(first[count]);
  for (let v = 0; v < count; v++) {
    let k = first[v];
    for (const u of neighbours[v]) {
      const d2 = (p[3 * v] - p[3 * u]) ** 2 + (p[3 * v + 1] - p[3 * u + 1]) ** 2 + (p[3 * v + 2] - p[3 * u + 2]) ** 2;
      other[k] = u;
      // On a regular mesh of n neighbours at distance d, ∇²f ≈ 4 / (n d²) Σ (f' − f); short edges are bounded.
      weight[k++] = 4 / (neighbours[v].size * Math.max(d2, 0.01));
    }
  }
  const source = values.slice();
  for (let channel = 0; channel < 3; channel++) {
    const r2 = radii[channel] ** 2;
    for (let round = 0; round < 24; round++)
      for (let v = 0; v < count; v++) {
        let sum = source[3 * v + channel];
        let total = 1;
        for (let k = first[v]; k < first[v + 1]; k++) {
          sum += r2 * weight[k] * values[3 * other[k] + channel];
          total += r2 * weight[k];
        }
        values[3 * v + channel] = sum / total;
      }
  }
}
