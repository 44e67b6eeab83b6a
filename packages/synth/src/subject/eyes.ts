import { Label, linearOfSrgb, type MorphableModel, Region, smoothstep, toSrgb } from "cameo";
import type { Assets } from "../assets.ts";
import { clamp, mix } from "../noise.ts";
import { Extra, type Part } from "../part.ts";
import type { Texture } from "../texture.ts";
import type { Head } from "./head.ts";
import type { EyeSpec } from "./spec.ts";

/** One eyeball of the model. */
export interface EyeMesh {
  /** Model vertices. */
  readonly vertices: Uint32Array;
  readonly triangles: Uint32Array;
  /** Angle from the axis of sight per vertex, radians. */
  readonly angles: Float32Array;
  /** In the texture of {@link paintEye}. */
  readonly uvs: Float32Array;
  /** First of the eye's four cage points. */
  readonly control: number;
  /** Base-mesh vertices along the edges of the lids, from right to left. */
  readonly upperLid: readonly number[];
  readonly lowerLid: readonly number[];
}

/** The model's eyeballs reach this far from the axis of sight, radians; the texture only shows the front. */
const wholeAngle = (96 / 180) * Math.PI;
const shownAngle = (60 / 180) * Math.PI;
/** Edge of the iris. */
const irisAngle = (26.2 / 180) * Math.PI;

export function buildEyes(
  { regions, triangles, uvs, uvTriangles }: MorphableModel,
  { pack, cage }: Pick<Assets, "pack" | "cage">,
): EyeMesh[] {
  return (["left", "right"] as const).map((side) => {
    const region = side === "left" ? Region.eyeLeft : Region.eyeRight;
    const uvOf = new Map<number, number>();
    const own: number[] = [];
    for (let t = 0; t < regions.length; t++)
      if (regions[t] === region)
        for (let k = 3 * t; k < 3 * t + 3; k++) {
          own.push(triangles[k]);
          uvOf.set(triangles[k], uvTriangles[k]);
        }
    const vertices = Uint32Array.from(uvOf.keys()).sort();
    const index = new Map([...vertices].map((v, i) => [v, i]));
    const at = [...vertices].map((v) => [uvs[2 * uvOf.get(v)!], uvs[2 * uvOf.get(v)! + 1]]);
    const bounds = [0, 1].map((axis) => {
      const all = at.map((p) => p[axis]);
      return [Math.min(...all), Math.max(...all)];
    });
    const local = at.map((p) =>
      [0, 1].map((axis) => (2 * (p[axis] - bounds[axis][0])) / (bounds[axis][1] - bounds[axis][0]) - 1),
    );
    const margin = side === "left" ? pack.regions.loops.eyelid_margin_left : pack.regions.loops.eyelid_margin_right;
    const { upper, lower } = splitLids(pack.reference, margin);
    return {
      vertices,
      triangles: Uint32Array.from(own, (v) => index.get(v)!),
      angles: Float32Array.from(local, ([x, y]) => wholeAngle * Math.hypot(x, y)),
      uvs: Float32Array.from(local.flatMap((p) => p.map((x) => 0.5 + (0.5 * x * wholeAngle) / shownAngle))),
      control: side === "left" ? cage.start.eyeLeft : cage.start.eyeRight,
      upperLid: upper,
      lowerLid: lower,
    };
  });
}

/** The halves of the loop around an eye between its corners, both with ascending x. */
function splitLids(positions: Float64Array, margin: readonly number[]): { upper: number[]; lower: number[] } {
  const x = (v: number) => positions[3 * v];
  const y = (v: number) => positions[3 * v + 1];
  const left = margin.reduce((a, b) => (x(b) < x(a) ? b : a));
  const right = margin.reduce((a, b) => (x(b) > x(a) ? b : a));
  const from = margin.indexOf(left);
  const round = margin.map((_, i) => margin[(from + i) % margin.length]);
  const turn = round.indexOf(right);
  const halves = [round.slice(0, turn + 1), [...round.slice(turn), left].reverse()];
  const height = (half: number[]) => half.reduce((s, v) => s + y(v), 0) / half.length;
  const [upper, lower] = height(halves[0]) > height(halves[1]) ? halves : [halves[1], halves[0]];
  return { upper, lower };
}

/** Where the pack's eye pictures show an iris: middle and radius as shares of the picture, v down. */
const picturedIris = { u: 0.291, v: 1 - 0.291, radius: 0.117 } as const;
/** Share of the pictured iris that its pupil takes. */
const picturedPupil = 0.33;
const side = 96;

/** Per pixel of an eye's picture the distance from its middle, in radii of the iris, and the direction. */
const polar = Float32Array.from({ length: 3 * side * side }, (_, i) => {
  const pixel = Math.floor(i / 3);
  const dx = (2 * ((pixel % side) + 0.5)) / side - 1;
  const dy = (2 * (Math.floor(pixel / side) + 0.5)) / side - 1;
  const length = Math.hypot(dx, dy);
  return [length / (irisAngle / shownAngle), dx / length, dy / length][i % 3];
});

/** The front of an eyeball, seen along its axis; distance from the middle of the picture is the angle from the axis. */
export function paintEye({ textures }: Pick<Assets, "textures">, spec: EyeSpec): Texture {
  const picture = textures.get(`eyes/textures/${spec.iris}.png`);
  if (!picture) throw new Error(`paintEye: the pack has no iris "${spec.iris}"`);
  const { saturation, limbus, redness } = spec;
  const data = new Uint8Array(4 * side * side);
  for (let i = 0; i < side * side; i++) {
    const r = polar[3 * i];
    // The ring of the iris is stretched so that its pupil gets the wanted size.
    const ring =
      r < spec.pupil
        ? (r / spec.pupil) * picturedPupil
        : picturedPupil + ((r - spec.pupil) / (1 - spec.pupil)) * (1 - picturedPupil);
    const from = Math.min(r > 1 ? r : ring, 1.55) * picturedIris.radius;
    const px = Math.floor(clamp(picturedIris.u + from * polar[3 * i + 1], 0, 0.999) * picture.width);
    const py = Math.floor(clamp(picturedIris.v + from * polar[3 * i + 2], 0, 0.999) * picture.height);
    const at = 4 * (py * picture.width + px);
    const grey =
      0.2126 * linearOfSrgb[picture.data[at]] +
      0.7152 * linearOfSrgb[picture.data[at + 1]] +
      0.0722 * linearOfSrgb[picture.data[at + 2]];
    const iris = 1 - smoothstep(0.92, 1.06, r);
    const pupil = 1 - smoothstep(spec.pupil - 0.09, spec.pupil + 0.07, r);
    const rim = 1 - limbus * smoothstep(0.62, 0.98, r);
    // Blood vessels towards the corners: the picture's pattern about its mean, redder with the angle.
    const bloodshot = redness * smoothstep(1.1, 2.2, r);
    const vein = clamp(grey / 0.6, 0.75, 1.1);
    for (let c = 0; c < 3; c++) {
      const own = mix(grey, linearOfSrgb[picture.data[at + c]], saturation);
      const inside = mix(irisGain * own * spec.tint[c] * rim, blackPupil, pupil);
      const white = spec.white[c] * vein * (1 - bloodshot * veinAbsorbs[c]);
      data[4 * i + c] = toSrgb(clamp(mix(white, inside, iris)));
    }
    data[4 * i + 3] = 255;
  }
  return { width: side, height: side, data };
}

const irisGain = 0.95;
const blackPupil = 0.004;
/** Shares of red, green and blue that blood in the white takes. */
const veinAbsorbs = [0.06, 0.34, 0.32] as const;

/** Both eyeballs and the clear shells before them. */
export function eyeParts(assets: Assets, spec: EyeSpec, head: Head): Part[] {
  const texture = paintEye(assets, spec);
  return assets.eyes.flatMap((mesh) => [eyeball(mesh, head, texture), cornea(mesh, head)]);
}

const common = { follows: "head", doubleSided: false, labels: Label.face, extras: Extra.none } as const;

function eyeball(mesh: EyeMesh, head: Head, texture: Texture): Part {
  const positions = taken(head.shape, mesh.vertices);
  return {
    ...common,
    material: "eye",
    positions,
    normals: taken(head.normals, mesh.vertices),
    triangles: mesh.triangles,
    uvs: mesh.uvs,
    texture,
    colour: [1, 1, 1],
    colours: lidShade(mesh, head, positions),
  };
}

/** Where lids and lashes keep light off an eyeball: how dark at the edge, and how far the shade reaches, mm. */
const shades = { upper: { dark: 0.45, reach: 4 }, lower: { dark: 0.25, reach: 2.2 } } as const;

function lidShade({ upperLid, lowerLid }: EyeMesh, { base }: Head, positions: Float32Array): Float32Array {
  const out = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const below = heightAt(base, upperLid, positions[i]) - positions[i + 1];
    const above = positions[i + 1] - heightAt(base, lowerLid, positions[i]);
    const light =
      (1 - shades.upper.dark * (1 - smoothstep(0, shades.upper.reach, below))) *
      (1 - shades.lower.dark * (1 - smoothstep(0, shades.lower.reach, above)));
    out.fill(light, i, i + 3);
  }
  return out;
}

/** Height at x of a line of vertices that run from right to left. */
function heightAt(positions: Float64Array, line: readonly number[], x: number): number {
  let k = 1;
  while (k < line.length - 1 && positions[3 * line[k]] < x) k++;
  const a = 3 * line[k - 1];
  const b = 3 * line[k];
  const t = clamp((x - positions[a]) / (positions[b] - positions[a] || 1));
  return mix(positions[a + 1], positions[b + 1], t);
}

/** The cornea is steeper than the eyeball: its normals turn this much faster with the angle. */
const steeper = 0.45;
/** How far before the eyeball the shell lies, share of its radius: just enough not to touch. */
const before = 0.006;

function cornea(mesh: EyeMesh, head: Head): Part {
  const positions = taken(head.shape, mesh.vertices);
  const normals = new Float32Array(positions.length);
  const { cage } = head;
  const c = 3 * mesh.control;
  // The first vertex is where the axis of sight leaves the eyeball.
  const axis = direction(cage, c, c + 9);
  for (let v = 0; v < mesh.vertices.length; v++) {
    const i = 3 * v;
    const x = positions[i] - cage[c];
    const y = positions[i + 1] - cage[c + 1];
    const z = positions[i + 2] - cage[c + 2];
    const along = x * axis[0] + y * axis[1] + z * axis[2];
    const sx = x - along * axis[0];
    const sy = y - along * axis[1];
    const sz = z - along * axis[2];
    const across = Math.hypot(sx, sy, sz) || 1;
    const angle = mesh.angles[v] * (1 + steeper * (1 - smoothstep(0.85 * irisAngle, 1.3 * irisAngle, mesh.angles[v])));
    const [cos, sin] = [Math.cos(angle), Math.sin(angle) / across];
    normals[i] = cos * axis[0] + sin * sx;
    normals[i + 1] = cos * axis[1] + sin * sy;
    normals[i + 2] = cos * axis[2] + sin * sz;
    positions[i] += before * x;
    positions[i + 1] += before * y;
    positions[i + 2] += before * z;
  }
  return {
    ...common,
    material: "cornea",
    positions,
    normals,
    triangles: mesh.triangles,
    colour: [1, 1, 1],
    opacity: 0,
  };
}

function direction(points: Float32Array, from: number, to: number): [number, number, number] {
  const d = [0, 1, 2].map((k) => points[to + k] - points[from + k]);
  const length = Math.hypot(...d);
  return [d[0] / length, d[1] / length, d[2] / length];
}

/** x, y, z of some vertices. */
export function taken(values: Float32Array, vertices: Uint32Array): Float32Array {
  const out = new Float32Array(3 * vertices.length);
  for (let i = 0; i < vertices.length; i++) for (let k = 0; k < 3; k++) out[3 * i + k] = values[3 * vertices[i] + k];
  return out;
}
