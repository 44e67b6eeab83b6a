import { blur, type Canvas, fillBox, fillCushion, fillEllipse, fillPolygon, type Paint, stroke } from "./canvas.ts";
import { leafColour, mixed, nearHair, scaled, varied } from "./palette.ts";
import type { HeadPlace, Painter, ShadowLayer } from "./scene.ts";
import { anywhere, box, texturePaint } from "./surfaces.ts";

/** What one leans on: the back of a chair, a head rest, a sofa, a pillow, a car seat with its belt. */
export const seat: Painter = (canvas, { palette, scale }, random, { head, hairColour }) => {
  const colour = random.chance(0.3) ? nearHair(hairColour, random) : palette[0];
  const cover: Paint = random.chance(0.4)
    ? { colour, slope: [random.range(-1, 1), random.range(-1, 1)] }
    : { ...texturePaint(random, colour, scale, 0.7) };
  const { x, y, radius: r } = head;
  const sx = x + 0.5 * r * random.normal();
  const shade: Paint = { colour: scaled(colour, 0.3), opacity: 0.8 };
  const gloss: Paint = { colour: [1.8, 1.8, 1.8], multiply: true, opacity: random.range(0.2, 1) };
  switch (random.pick(["rest", "chair", "sofa", "pillow"], [3, 4, 3, 3])) {
    case "rest": {
      const top = y - random.range(0, 1.2) * r;
      const w = random.range(1, 1.7) * r;
      for (const side of [-0.4, 0.4])
        stroke(canvas, [sx + side * w, top + r, sx + side * w, top + 3 * r], 0.12 * r, { colour: [0.3, 0.3, 0.3] });
      fillCushion(canvas, sx, top + 0.75 * r, w * 1.03, 0.9 * r, shade, { squareness: 3.5 });
      fillCushion(canvas, sx, top + 0.75 * r, w, 0.87 * r, cover, { squareness: 3.5 });
      fillEllipse(canvas, sx + random.range(-0.4, 0.4) * w, top + 0.4 * r, 0.8 * w, 0.4 * r, gloss, { softness: 1 });
      fillCushion(canvas, sx, top + 4 * r, random.range(1.8, 2.6) * r, 2.2 * r, cover, { squareness: 3.5 });
      break;
    }
    case "chair": {
      const top = y - random.range(-0.6, 1.6) * r;
      const w = random.range(1.2, 2.2) * r;
      fillCushion(canvas, sx, top + 2.5 * r, w + 0.08 * r, 2.58 * r, shade, { squareness: 5 });
      fillCushion(canvas, sx, top + 2.5 * r, w, 2.5 * r, cover, { squareness: 5 });
      fillEllipse(canvas, sx + random.range(-0.5, 0.5) * w, top + 0.6 * r, 0.8 * w, 0.6 * r, gloss, { softness: 1 });
      const slats = random.chance(0.4) ? 1 + random.integer(5) : 0;
      for (let k = 1; k <= slats; k++) {
        const at = sx - w + (2 * w * k) / (slats + 1);
        fillBox(canvas, at - 0.04 * r, top + 0.2 * r, at + 0.04 * r, 1.1, shade);
      }
      break;
    }
    case "sofa": {
      const top = y + random.range(-0.3, 1.2) * r;
      const tilt = 0.1 * random.normal();
      fillPolygon(canvas, [-0.1, top + tilt, 1.1, top - tilt, 1.1, 1.1, -0.1, 1.1], cover);
      fillPolygon(
        canvas,
        [-0.1, top + tilt, 1.1, top - tilt, 1.1, top - tilt + 0.08 * r, -0.1, top + tilt + 0.08 * r],
        { colour: scaled(colour, 1.6), opacity: 0.5 },
      );
      const seam = random.uniform();
      stroke(canvas, [seam, top, seam, 1.1], 0.05 * r, shade);
      break;
    }
    default:
      for (let k = 2 + random.integer(2); k > 0; k--) {
        const pale = random.chance(0.6) ? mixed(varied(colour, random, 0.3), [0.75, 0.74, 0.72], 0.7) : colour;
        const [px, py] = [x + r * random.normal(), y + 0.7 * r * random.normal()];
        const [rx, ry] = [r * random.range(1.6, 2.6), r * random.range(1, 1.7)];
        const angle = 0.5 * random.normal();
        fillCushion(
          canvas,
          px,
          py + 0.08 * r,
          rx,
          ry,
          { colour: scaled(pale, 0.4), opacity: 0.7 },
          { squareness: 3, angle },
        );
        fillCushion(
          canvas,
          px,
          py,
          rx,
          ry,
          {
            colour: pale,
            dark: scaled(pale, 0.55),
            tile: "cloud",
            repeats: random.range(0.3, 0.8),
            at: anywhere(random),
            slope: [random.range(-0.8, 0.8), 0],
          },
          { squareness: 3, angle },
        );
      }
  }
};

/** Fur, ropes, reeds, tassels, a wig on a stand: bundles of strands in the colour of hair, beside the head. */
export const strands: Painter = (canvas, { scale }, random, { head, hairColour }) => {
  for (let k = 1 + random.integer(3); k > 0; k--) {
    const colour = nearHair(hairColour, random);
    const side = random.pick([-1, 1]);
    const x = head.x + side * head.radius * random.range(0.8, 2);
    const y = head.y + head.radius * random.normal();
    const lean = 0.5 * random.normal();
    const length = head.radius * random.range(0.8, 3);
    const spread = head.radius * random.range(0.15, 0.7);
    const curl = random.normal();
    const paint: Paint = {
      colour: scaled(colour, 1.7),
      dark: scaled(colour, 0.25),
      tile: "strands",
      repeats: 1 / scale,
      angle: -lean,
      at: anywhere(random),
      ragged: true,
    };
    if (random.chance(0.6))
      fillEllipse(canvas, x + lean * length * 0.5, y + length * 0.5, spread, length * 0.55, paint, {
        angle: -lean,
        softness: 0.2,
      });
    const points = new Float64Array(14);
    for (let i = 25 + random.integer(60); i > 0; i--) {
      const a = spread * random.normal() * 0.8;
      const l = length * random.range(0.5, 1.1);
      const bend = l * curl * random.range(0.3, 0.9);
      for (let p = 0; p < 7; p++) {
        const t = p / 6;
        points[2 * p] = x + a * (1 + 0.4 * t) + lean * l * t + bend * t * (1 - t);
        points[2 * p + 1] = y + l * t;
      }
      stroke(canvas, points, random.range(0.0015, 0.006) * scale, { colour: scaled(colour, random.range(0.4, 2)) });
    }
  }
};

/** Areas of the hair's or the skin's colour, or black, right beside the head: doors, bags, screens, shadows, hands. */
export const patches: Painter = (canvas, { scale }, random, { head, hairColour, skinColour }) => {
  for (let k = 1 + random.integer(3); k > 0; k--) {
    const colour = random.chance(0.7) ? nearHair(hairColour, random) : varied(skinColour, random, 0.4);
    const paint: Paint = random.chance(0.5)
      ? { colour, slope: [random.range(-1, 1), random.range(-1, 1)] }
      : texturePaint(random, colour, scale, 0.8);
    const angle = random.range(0, 6.28);
    const reach = head.radius * random.range(1, 2);
    const x = head.x + reach * Math.cos(angle);
    const y = head.y - Math.abs(reach * Math.sin(angle)) * random.range(-0.3, 1.2);
    const rx = head.radius * random.range(0.2, 1.3);
    const ry = head.radius * random.range(0.2, 1.3);
    if (random.chance(0.4))
      fillEllipse(canvas, x, y, rx, ry, paint, { angle, softness: random.chance(0.4) ? random.uniform() : 0 });
    else if (random.chance(0.5)) fillPolygon(canvas, box(x, y, rx, ry, 0.1 * random.normal()), paint);
    else fillBox(canvas, x, -0.1, x + random.pick([-1, 1]) * rx * 2, 1.1, paint);
  }
};

/** Leaves and twigs of a plant beside the head. */
export const plant: Painter = (canvas, { scale }, random, { head }) => {
  const leaf = leafColour(random);
  const side = random.pick([-1, 1]);
  const x = head.x + side * head.radius * random.range(1.3, 2.6);
  const y = random.chance(0.7) ? random.range(0.6, 1.1) : -0.1;
  const up = y > 0.3 ? -1.57 : 1.57;
  for (let k = 12 + random.integer(40); k > 0; k--) {
    const angle = up + 0.7 * random.normal();
    const length = random.range(0.2, 0.7) * scale;
    const [ex, ey] = [x + length * Math.cos(angle), y + length * Math.sin(angle)];
    const colour = varied(leaf, random, 0.6);
    if (random.chance(0.4)) stroke(canvas, [x, y, ex, ey], 0.006 * scale, { colour: scaled(colour, 0.5) });
    const w = random.range(0.02, 0.07) * scale;
    fillEllipse(
      canvas,
      ex,
      ey,
      w,
      w * random.range(0.2, 0.6),
      { colour, dark: scaled(colour, 0.5), tile: "leaves", repeats: 1 },
      { angle: angle + 0.5 * random.normal() },
    );
  }
};

/** A post, a lamp, a door's edge, a pillar, cables, a fence, a microphone stand. */
export const post: Painter = (canvas, { palette, scale }, random) => {
  const count = random.pick([1, 2, 8], [4, 2, 1]);
  const width = random.range(0.01, 0.12) * scale * (count > 2 ? 0.4 : 1);
  const level = random.chance(0.25);
  const lean = 0.08 * random.normal();
  for (let k = 0; k < count; k++) {
    const at = count > 2 ? (k + 0.5) / count : random.uniform();
    const points = level ? [-0.1, at, 1.1, at + lean] : [at, -0.1, at + lean, 1.1];
    const [dx, dy] = level ? [0, width * 0.3] : [width * 0.3, 0];
    const colour = varied(palette[k % palette.length], random, 0.2);
    stroke(canvas, points, width, random.chance(0.5) ? { colour } : texturePaint(random, colour, scale, 0.6));
    const shifted = (sign: number) => points.map((v, i) => v + sign * (i % 2 ? dy : dx));
    stroke(canvas, shifted(1), width * 0.4, { colour: scaled(colour, 0.35), opacity: 0.6 });
    stroke(canvas, shifted(-1), width * 0.2, { colour: scaled(colour, 2), opacity: 0.4 });
  }
};

/** Black or white bars at the picture's edges, as of photos in another format. */
export const bars: Painter = (canvas, _layer, random) => {
  const colour = random.chance(0.75) ? ([0, 0, 0] as const) : ([1, 1, 1] as const);
  const [a, b] = [random.range(0, 0.18), random.chance(0.6) ? random.range(0, 0.18) : 0];
  if (random.chance(0.5)) {
    fillBox(canvas, -1, -1, a, 2, { colour });
    fillBox(canvas, 1 - b, -1, 2, 2, { colour });
  } else {
    fillBox(canvas, -1, -1, 2, a, { colour });
    fillBox(canvas, -1, 1 - b, 2, 2, { colour });
  }
};

/** Darkens the canvas by the head's shadow. Coverage: of head and body, size × size. */
export function castShadow(
  canvas: Canvas,
  shadow: ShadowLayer,
  coverage: Float32Array,
  size: number,
  head: HeadPlace,
): void {
  const n = canvas.size;
  const mask = new Float32Array(n * n);
  const step = size / n / shadow.grow;
  const x0 = size * (head.x - (head.x + shadow.shift[0]) / shadow.grow);
  const y0 = size * (head.y - (head.y + shadow.shift[1]) / shadow.grow);
  for (let y = 0, k = 0; y < n; y++) {
    const v = Math.min(size - 1, Math.max(0, Math.floor(y0 + (y + 0.5) * step)));
    for (let x = 0; x < n; x++, k++) {
      const u = Math.floor(x0 + (x + 0.5) * step);
      mask[k] = u < 0 || u >= size ? 0 : coverage[v * size + u];
    }
  }
  blur(mask, n, 1, shadow.softness * n);
  const { rgb } = canvas;
  for (let k = 0; k < n * n; k++) {
    const light = 1 - shadow.strength * mask[k];
    rgb[3 * k] *= light;
    rgb[3 * k + 1] *= light;
    rgb[3 * k + 2] *= light + 0.04 * shadow.strength * mask[k];
  }
}
