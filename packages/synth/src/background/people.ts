import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { type Canvas, fillAll, fillCushion, fillEllipse, fillPolygon, type Paint, stroke } from "./canvas.ts";
import { paintSky } from "./nature.ts";
import { colourOf, hairLike, mixed, scaled, skinLike, surfaceColour } from "./palette.ts";
import type { Painter } from "./scene.ts";
import { anywhere, texturePaint } from "./surfaces.ts";

/** Somebody seen from the front, aside or behind: head of half-width r at x, y, hair, neck and shoulders. */
function bystander(canvas: Canvas, random: Random, x: number, y: number, r: number, detail: boolean): void {
  const skin = skinLike(random);
  const hair = hairLike(random);
  const cloth = surfaceColour(random);
  const turn = random.range(-1, 1);
  const light = random.range(-0.8, 0.8) / Math.max(r * 4, 0.3);
  const slope: [number, number] = [light, -0.3];
  const hairPaint: Paint = {
    colour: scaled(hair, 1.6),
    dark: scaled(hair, 0.3),
    tile: "strands",
    repeats: 0.35 / r,
    at: anywhere(random),
    angle: 0.4 * random.normal(),
  };
  const long = random.chance(0.45);
  if (long) fillCushion(canvas, x, y + 0.4 * r, 1.25 * r, 1.9 * r, hairPaint, { squareness: 2.6 });
  const body: Paint = random.chance(0.5) ? { colour: cloth, slope } : texturePaint(random, cloth, 2 * r + 0.3, 0.6);
  fillCushion(canvas, x, y + 3.6 * r, random.range(2, 2.7) * r, 2.1 * r, body, { squareness: 3 });
  if (random.chance(0.4))
    fillPolygon(canvas, [x - 0.5 * r, y + 1.5 * r, x + 0.5 * r, y + 1.5 * r, x, y + 3 * r], {
      colour: random.chance(0.5) ? [0.8, 0.8, 0.8] : skin,
    });
  fillPolygon(
    canvas,
    [x - 0.5 * r, y + 0.6 * r, x + 0.5 * r, y + 0.6 * r, x + 0.6 * r, y + 1.8 * r, x - 0.6 * r, y + 1.8 * r],
    { colour: scaled(skin, 0.65) },
  );
  const behind = random.chance(0.2);
  const bald = !behind && random.chance(0.12);
  if (!bald) fillEllipse(canvas, x - 0.1 * turn * r, y - 0.2 * r, 1.1 * r, 1.25 * r, hairPaint);
  if (behind) return;
  const fx = x + 0.25 * turn * r;
  fillEllipse(canvas, fx, y + (bald ? 0 : 0.2 * r), (bald ? 1 : 0.85) * r, (bald ? 1.35 : 1.12) * r, {
    colour: skin,
    dark: scaled(skin, 0.8),
    tile: "cloud",
    repeats: 0.5,
    slope,
  });
  if (!bald && random.chance(0.5))
    fillEllipse(canvas, fx + 0.3 * r * turn, y - 0.75 * r, 0.9 * r, 0.42 * r, hairPaint, { angle: 0.4 * turn });
  if (!detail) return;
  // The side away from the light, and under the chin.
  const away = light > 0 ? -1 : 1;
  const shade: Paint = { colour: [0.4, 0.33, 0.3], multiply: true, opacity: random.range(0.3, 0.9) };
  fillEllipse(canvas, fx + 0.75 * away * r, y + 0.25 * r, 0.7 * r, 1.3 * r, shade, { softness: 1 });
  fillEllipse(canvas, fx, y + 1.35 * r, 0.8 * r, 0.35 * r, shade, { softness: 1 });
  const dark: Paint = { colour: mixed(hair, skin, 0.3), opacity: 0.65 };
  for (const side of [-1, 1]) {
    const ex = fx + 0.22 * turn * r + side * 0.36 * r;
    fillEllipse(
      canvas,
      ex,
      y + 0.1 * r,
      0.2 * r,
      0.11 * r,
      { colour: scaled(skin, 0.45), opacity: 0.7 },
      { softness: 0.6 },
    );
    fillEllipse(canvas, ex, y + 0.12 * r, 0.09 * r, 0.07 * r, { colour: [0.015, 0.012, 0.01] });
    stroke(canvas, [ex - 0.2 * r, y - 0.1 * r, ex + 0.2 * r, y - 0.1 * r - 0.03 * side * r], 0.05 * r, dark);
  }
  const nx = fx + 0.3 * turn * r;
  fillEllipse(
    canvas,
    nx,
    y + 0.55 * r,
    0.16 * r,
    0.1 * r,
    { colour: scaled(skin, 0.5), opacity: 0.6 },
    { softness: 0.8 },
  );
  fillEllipse(canvas, nx, y + 0.82 * r, 0.3 * r, 0.07 * r, {
    colour: random.chance(0.3) ? [0.6, 0.55, 0.5] : mixed(skin, [0.3, 0.04, 0.04], 0.4),
  });
  if (random.chance(0.2))
    fillEllipse(canvas, nx, y + 0.95 * r, 0.6 * r, 0.4 * r, { ...hairPaint, opacity: 0.7 }, { softness: 0.4 });
}

/** Many people: an audience in rows, passers-by, a sports ground's stand. */
export const crowd: Painter = (canvas, { palette, scale }, random) => {
  const stand = random.chance(0.4);
  if (!stand && random.chance(0.4)) paintSky(canvas, random, 1.05);
  else fillAll(canvas, texturePaint(random, scaled(palette[0], random.range(0.1, 1)), scale));
  const nearest = (stand ? random.range(0.02, 0.06) : random.range(0.05, 0.16)) * scale;
  const farthest = nearest * (stand ? 0.8 : random.range(0.25, 0.8));
  const rows = Math.round(stand ? 0.35 / nearest : 2 + random.integer(5));
  const top = stand ? random.range(-0.1, 0.3) : random.range(0.2, 0.6);
  for (let row = 0; row < rows; row++) {
    const near = (row + 1) / rows;
    const r = farthest + (nearest - farthest) * near;
    const step = r * random.range(2.2, 4.5);
    for (let x = random.range(-0.2, 0); x < 1.1; x += step * random.range(0.6, 1.5)) {
      bystander(
        canvas,
        random,
        x,
        top + (1 - top) * near * 0.9 + 0.4 * r * random.normal(),
        r * random.range(0.85, 1.15),
        r > 0.045,
      );
    }
  }
  if (stand && random.chance(0.5)) {
    for (let y = top; y < 1; y += 0.3)
      stroke(canvas, [-0.1, y, 1.1, y + 0.05], 0.012 * scale, { colour: surfaceColour(random) });
  }
};

/** Another person beside the head, partly behind it. */
export const person: Painter = (canvas, { scale }, random, { head }) => {
  const side = random.pick([-1, 1]);
  const r = head.radius * random.range(0.5, 1.15) * Math.sqrt(scale);
  bystander(
    canvas,
    random,
    head.x + side * (head.radius * random.range(1.1, 2.2) + 0.6 * r),
    head.y + 0.5 * head.radius * random.normal(),
    r,
    true,
  );
};

/** Night, a stage or a stadium: lamps out of focus as discs, beams, lit windows, a dark ground. */
export const lights: Painter = (canvas, { palette, scale }, random) => {
  const dark = scaled(palette[0], random.range(0.01, 0.3));
  fillAll(canvas, { ...texturePaint(random, dark, scale), slope: [0.5 * random.normal(), 0.5 * random.normal()] });
  const hues = [random.uniform(), 0.09 + 0.03 * random.normal(), random.uniform()];
  const lamp = (): Rgb =>
    random.chance(0.4) ? [1, 0.82, 0.55] : colourOf(random.pick(hues), random.range(0.2, 1), random.range(0.2, 1));
  if (random.chance(0.6)) {
    for (let k = 0; k < 6; k++)
      fillPolygon(
        canvas,
        [
          random.uniform(),
          random.uniform(),
          random.uniform(),
          random.uniform(),
          random.uniform(),
          random.uniform(),
          random.uniform(),
          random.uniform(),
        ].map((v) => 1.4 * v - 0.2),
        { colour: scaled(random.chance(0.3) ? lamp() : dark, random.range(0.3, 1.5)), opacity: 0.6 },
      );
  }
  if (random.chance(0.35)) {
    // Beams of stage lamps through haze.
    for (let k = 2 + random.integer(5); k > 0; k--) {
      const x = random.uniform();
      const y = random.range(-0.3, 0.2);
      const lean = random.range(-0.8, 0.8);
      const spread = random.range(0.03, 0.2);
      const colour = lamp();
      for (let i = 0; i < 4; i++) {
        const half = spread * (1 - i / 4);
        fillPolygon(canvas, [x - 0.01, y, x + 0.01, y, x + lean + half, 1.2, x + lean - half, 1.2], {
          colour: scaled(colour, 1.2),
          opacity: 0.1,
        });
      }
      fillEllipse(canvas, x, y, 0.06, 0.06, { colour: scaled(colour, 3) }, { softness: 0.8 });
    }
  }
  const radius = random.range(0.006, 0.06) * scale;
  const squareness = random.chance(0.15) ? 3 : 2;
  const inRow = random.chance(0.3);
  const bright = random.range(0.4, 3);
  const count = 15 + random.integer(90);
  for (let k = 0; k < count; k++) {
    const x = inRow ? (k % 12) / 11 + 0.01 * random.normal() : random.range(-0.1, 1.1);
    const y = inRow ? Math.floor(k / 12) / 8 + 0.02 * random.normal() : random.range(-0.1, 1.1);
    const r = radius * random.range(0.7, 1.3);
    const colour = scaled(lamp(), bright * random.range(0.3, 1.5));
    // A disc with a slightly brighter rim, as lenses draw it.
    fillCushion(canvas, x, y, r, r, { colour, opacity: random.range(0.2, 0.8) }, { squareness });
    fillCushion(canvas, x, y, 0.85 * r, 0.85 * r, { colour: scaled(colour, 0.8), opacity: 0.5 }, { squareness });
  }
};
