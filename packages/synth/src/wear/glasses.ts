import { type MorphableModel, Region, surfacePositions } from "cameo";
import { type BareHead, Extra, type Part, type Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { createPart, lerp, loft, mergeSheets, type Point, type Sheet, tube } from "./shapes.ts";
import type { SkullGrid } from "./skull.ts";

const shapes = ["round", "oval", "rectangle", "square", "aviator", "catEye", "wayfarer"] as const;

export interface GlassesSpec {
  readonly shape: (typeof shapes)[number];
  readonly rim: "full" | "half" | "none";
  readonly metal: boolean;
  readonly colour: Rgb;
  /** Half the thickness of the frame, mm. */
  readonly thickness: number;
  /** Lens width as a share of what the face is wide for, about 1. */
  readonly size: number;
  /** How far down the nose they sit, mm. */
  readonly slip: number;
  readonly lens: Rgb;
  /** Below one half the lenses are clear glass, which keeps the labels of what is behind; sunglasses have 1. */
  readonly opacity: number;
}

export function sampleGlasses(random: Random): GlassesSpec {
  const isSun = random.chance(0.28);
  const shape = random.pick(shapes, isSun ? [1.5, 1, 1.5, 2, 3, 1.5, 3] : [2.5, 2, 4, 2, 1, 1.5, 2]);
  const metal = shape === "aviator" || random.chance(0.35);
  const metals: Rgb[] = [
    [0.55, 0.55, 0.57],
    [0.65, 0.48, 0.2],
    [0.08, 0.08, 0.09],
    [0.35, 0.22, 0.14],
  ];
  const plastics: Rgb[] = [
    [0.012, 0.012, 0.014],
    [0.09, 0.035, 0.015],
    [0.03, 0.04, 0.09],
    [0.35, 0.03, 0.04],
    [0.6, 0.5, 0.38],
    [0.7, 0.7, 0.7],
  ];
  const tints: Rgb[] = [
    [0.012, 0.012, 0.013],
    [0.035, 0.022, 0.012],
    [0.015, 0.025, 0.015],
    [0.05, 0.03, 0.08],
    [0.12, 0.1, 0.02],
  ];
  return {
    shape,
    rim: isSun ? "full" : random.pick(["full", "half", "none"] as const, [7, 2, 0.8]),
    metal,
    colour: metal ? random.pick(metals, [3, 2, 4, 1]) : random.pick(plastics, [6, 3, 1, 0.7, 0.7, 0.6]),
    thickness: metal ? random.range(0.7, 1.2) : random.range(1.3, 3.2),
    size: random.range(0.84, 1.02) * (isSun ? 1.06 : 1),
    slip: random.range(0, 7) * random.uniform(),
    lens: isSun ? random.pick(tints, [5, 3, 2, 0.5, 0.5]) : [0.75, 0.8, 0.82],
    opacity: isSun ? 1 : random.range(0.03, 0.12),
  };
}

/** Half height of the lens relative to its half width, and the exponent of its outline (2 is an ellipse). */
const outlines: Record<GlassesSpec["shape"], { aspect: number; power: number }> = {
  round: { aspect: 0.94, power: 2 },
  oval: { aspect: 0.7, power: 2.2 },
  rectangle: { aspect: 0.62, power: 4 },
  square: { aspect: 0.82, power: 4 },
  aviator: { aspect: 0.88, power: 2.4 },
  catEye: { aspect: 0.72, power: 2.6 },
  wayfarer: { aspect: 0.78, power: 3.2 },
};

/** Outline of a lens at an angle (0 towards the temple, counter-clockwise for the left lens), in half widths. */
function outline(shape: GlassesSpec["shape"], t: number): [number, number] {
  const { aspect, power } = outlines[shape];
  const [c, s] = [Math.cos(t), Math.sin(t)];
  const r = (Math.abs(c) ** power + Math.abs(s) ** power) ** (-1 / power);
  let x = r * c;
  let y = r * s * aspect;
  if (shape === "aviator") {
    // Lower, and drawn out towards the cheek.
    if (y < 0) y *= 1.25;
    x += 0.1 * x * (y / aspect);
  } else if (shape === "catEye") y += 0.22 * Math.max(0, x) ** 2 * (y > 0 ? 1 : 0.3);
  else if (shape === "wayfarer") x *= 1 + 0.12 * (y / aspect);
  return [x, y];
}

const earRoots = new WeakMap<MorphableModel, readonly [number, number]>();

/** Where temples rest: the model's vertices of left and right ear that are high and close to the skull. */
function earRootsOf(model: MorphableModel, shape: Float32Array): readonly [number, number] {
  let roots = earRoots.get(model);
  if (!roots) {
    const best = [Region.earLeft, Region.earRight].map((ear) => {
      let least = Infinity;
      let root = 0;
      for (let i = 0; i < model.triangles.length; i++) {
        if (model.regions[Math.floor(i / 3)] !== ear) continue;
        const v = model.triangles[i];
        const cost = Math.abs(shape[3 * v]) - shape[3 * v + 1];
        if (cost < least) {
          least = cost;
          root = v;
        }
      }
      return root;
    });
    roots = [best[0], best[1]];
    earRoots.set(model, roots);
  }
  return roots;
}

const meanOf = (points: Float32Array, from: number, to: number): Point => {
  const mean: Point = [0, 0, 0];
  for (let p = from; p < to; p++) for (let k = 0; k < 3; k++) mean[k] += points[3 * p + k] / (to - from);
  return mean;
};

/** Frame, lenses and temples fitted to nose, eyes and ears. */
export function createGlasses(spec: GlassesSpec, { model, shape }: BareHead, skull: SkullGrid): Part[] {
  const points = surfacePositions(model, shape, model.landmarks68);
  const right = meanOf(points, 36, 42);
  const left = meanOf(points, 42, 48);
  const middle = lerp(left, right, 0.5);
  const bridge: Point = [points[81], points[82], points[83]];
  const [earLeft, earRight] = earRootsOf(model, shape).map(
    (v): Point => [shape[3 * v], shape[3 * v + 1], shape[3 * v + 2]],
  );
  const gap = 9 + 1.5 * spec.thickness;
  const faceHalf = (earLeft[0] - earRight[0]) / 2;
  const half = (spec.size * (0.97 * faceHalf - gap)) / 2;
  const lensX = Math.max((left[0] - right[0]) / 2, gap + half) * 0.5 + 0.5 * (gap + half);
  const lensY = middle[1] - 3 - spec.slip;
  const plane = (x: number, y: number) => -(x * x) / 520 + 0.1 * (y - lensY);
  // As near as the lids, brows and cheeks let it.
  let z = bridge[2] + spec.thickness - plane(0, bridge[1]) - 2;
  for (let i = 0; i < shape.length; i += 3) {
    const x = Math.abs(shape[i] - middle[0]);
    const y = shape[i + 1] - lensY;
    if (shape[i + 2] < 30 || x < gap + 3 || x > lensX + half || Math.abs(y) > half) continue;
    z = Math.max(z, shape[i + 2] + clearance - plane(x, shape[i + 1]));
  }
  const at = (side: number, x: number, y: number): Point => [
    middle[0] + side * (lensX + x),
    lensY + y,
    z + plane(lensX + x, lensY + y),
  ];
  const steps = 32;
  const frame: Sheet[] = [];
  const lenses: Sheet[] = [];
  for (const side of [1, -1]) {
    const edge = (t: number, scale = half): Point => {
      const [x, y] = outline(spec.shape, t);
      return at(side, scale * x, scale * y);
    };
    const arc = (from: number, to: number) =>
      Array.from({ length: steps + 1 }, (_, i) => edge(from + ((to - from) * i) / steps));
    if (spec.rim === "full") frame.push(tube(arc(0, 2 * Math.PI), spec.thickness, 6));
    else if (spec.rim === "half") frame.push(tube(arc(-0.1, Math.PI + 0.1), spec.thickness, 6));
    lenses.push(
      loft(steps + 1, 4, (u, v, out) => {
        const p = edge(side * 2 * Math.PI * u, half * (1 - 0.98 * v));
        out[0] = p[0];
        out[1] = p[1];
        // Lenses bulge.
        out[2] = p[2] + 2.5 * (1 - (1 - v) ** 2);
      }),
    );
    const hinge = edge(spec.shape === "round" || spec.shape === "oval" ? 0.25 : 0.42);
    const ear = side > 0 ? earLeft : earRight;
    frame.push(
      tube(
        templePath(hinge, [ear[0], ear[1] + 1.5, ear[2]], side, skull),
        (t) => [Math.min(1.5, spec.thickness), spec.metal ? spec.thickness : 1.6 * spec.thickness * (1 - 0.3 * t)],
        6,
      ),
    );
  }
  const inner = (side: number, t: number): Point => {
    const [x, y] = outline(spec.shape, t);
    return at(side, half * x, half * y);
  };
  const [a, b] = [inner(1, 2.7), inner(-1, 2.7)];
  const top: Point = [middle[0], (a[1] + b[1]) / 2 + 2.5, Math.max(bridge[2] + spec.thickness + 0.5, a[2] + 1)];
  frame.push(
    tube(
      [
        a,
        lerp(lerp(a, top, 0.65), [a[0], top[1], top[2]], 0.2),
        top,
        lerp(lerp(b, top, 0.65), [b[0], top[1], top[2]], 0.2),
        b,
      ],
      spec.thickness,
      6,
    ),
  );
  if (spec.shape === "aviator") frame.push(tube([inner(1, 2.1), inner(-1, 2.1)], spec.thickness, 6));
  return [
    createPart(mergeSheets(frame), spec.metal ? "metal" : "plastic", spec.colour, Extra.glasses, { doubleSided: true }),
    createPart(mergeSheets(lenses), "glass", spec.lens, Extra.glasses, { doubleSided: true, opacity: spec.opacity }),
  ];
}

/** Least distance of lenses from the skin, mm. */
const clearance = 2.5;

/** From the hinge along the side of the head, not through it, to the ear and behind it, where it hides. */
function templePath(hinge: Point, ear: Point, side: number, skull: SkullGrid): Point[] {
  const [cx, cy, cz] = skull.centre;
  const path: Point[] = [hinge, [hinge[0] + side * 2.5, hinge[1], hinge[2] - 3]];
  const outer = path[1];
  for (let i = 1; i <= 5; i++) {
    const p = lerp(outer, ear, i / 6);
    const angle = Math.atan2(p[0] - cx, p[2] - cz);
    const tilt = Math.atan2(Math.hypot(p[0] - cx, p[2] - cz), p[1] - cy);
    const out = (skull.radius(angle, tilt) + 2) / Math.hypot(p[0] - cx, p[1] - cy, p[2] - cz);
    // Outwards only: pushed up or forward the temple would wave.
    if (out > 1) p[0] = cx + (p[0] - cx) * out;
    path.push(p);
  }
  path.push(ear, [ear[0] - side * 2, ear[1] + 1, ear[2] - 6], [ear[0] - side * 4, ear[1] - 2, ear[2] - 14]);
  return path;
}
