import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { type Canvas, fillAll, fillEllipse, fillPolygon, type Paint, stroke } from "./canvas.ts";
import { mixed, scaled, surfaceColour, varied, woodColour } from "./palette.ts";
import { facing, fillOn, fillRect, seen } from "./plane.ts";
import type { Painter } from "./scene.ts";
import type { TileName } from "./tiles.ts";

/** A place on a tile, anywhere. */
export const anywhere = (random: Random): readonly [number, number] => [random.uniform(), random.uniform()];

/** The ways a surface can be textured: what the tile is, how often it repeats, and how strong it is. */
export function texturePaint(random: Random, colour: Rgb, scale: number, strength = 1): Paint {
  const name = random.pick<TileName>(
    ["cloud", "pink", "grain", "strands", "waves", "cells", "weave", "leaves"],
    [5, 5, 3, 2, 2, 2, 2, 1],
  );
  return {
    colour,
    tile: name,
    repeats: random.range(0.5, 2.5) / scale,
    angle: random.range(0, 6.28),
    at: anywhere(random),
    contrast: random.range(0.5, 2),
    dark: scaled(colour, 1 - strength * random.range(0.2, 0.9)),
  };
}

/** A paper or cloth backdrop as in studios: plain, with a pool of light, dark corners, or a painted mottle. */
export const studio: Painter = (canvas, { palette, scale }, random) => {
  const colour = palette[0];
  fillAll(canvas, { colour, slope: [random.range(-0.7, 0.7), random.range(-0.7, 0.7)] });
  if (random.chance(0.35)) {
    const mottle = { tile: "cloud", repeats: random.range(0.3, 1) / scale, at: anywhere(random) } as const;
    fillAll(canvas, {
      ...mottle,
      colour: scaled(colour, 1.5),
      dark: mixed(scaled(colour, 0.4), palette[1], 0.2),
      opacity: random.range(0.2, 0.9),
      contrast: random.range(0.7, 1.6),
    });
  }
  if (random.chance(0.6)) {
    const bright = mixed(scaled(colour, random.range(1.3, 3)), palette[1], 0.1);
    fillEllipse(
      canvas,
      random.range(0.1, 0.9),
      random.range(0.1, 0.9),
      random.range(0.4, 1),
      random.range(0.4, 1),
      { colour: bright, opacity: random.range(0.2, 0.8) },
      { softness: 1 },
    );
  }
  // Folds of a hanging cloth.
  if (random.chance(0.2))
    fillAll(canvas, {
      colour: scaled(colour, 1.4),
      dark: scaled(colour, 0.5),
      tile: "strands",
      repeats: random.range(0.15, 0.4) / scale,
      at: anywhere(random),
      opacity: random.range(0.2, 0.8),
    });
};

/** A wall in a home or office, with what hangs, leans or is let into it. */
export const wall: Painter = (canvas, { palette, scale }, random) => {
  const colour = palette[0];
  fillAll(canvas, { colour, slope: [random.range(-0.8, 0.8), random.range(-0.5, 0.5)] });
  const roughness = random.range(0, 1) ** 2;
  fillAll(canvas, {
    colour: scaled(colour, 1.2),
    dark: scaled(colour, 0.6),
    tile: random.pick<TileName>(["pink", "grain", "cloud", "weave"]),
    repeats: random.range(0.5, 3) / scale,
    at: anywhere(random),
    opacity: 0.1 + 0.7 * roughness,
  });
  const plane = seen(
    facing,
    random.range(-0.6, 0.6) * random.uniform(),
    random.range(-0.15, 0.15),
    0.08 * random.normal(),
  );
  if (random.chance(0.25)) panelling(canvas, plane, random, colour, scale);
  // The next wall, or a broad pillar, or the leaf of a door.
  if (random.chance(0.35)) {
    const s = random.range(-0.6, 0.6);
    const far = random.chance(0.5) ? 3 : s + random.range(0.1, 0.5);
    fillRect(canvas, plane, s, -3, far, 3, {
      ...texturePaint(random, random.chance(0.6) ? varied(colour, random, 0.5) : palette[1], scale, 0.4),
      opacity: 1,
    });
    const trim = random.range(0.005, 0.05) * scale;
    if (random.chance(0.6))
      for (const at of [s, far])
        fillRect(canvas, plane, at - trim, -3, at + trim, 3, { colour: varied(palette[2], random, 0.3) });
  }
  const pictures = random.pick([0, 1, 2, 4], [4, 3, 2, 1]);
  for (let k = 0; k < pictures; k++) framedPicture(canvas, plane, random, scale);
  if (random.chance(0.15))
    fillRect(canvas, plane, -3, random.range(0.1, 0.5), 3, 3, { ...texturePaint(random, palette[3], scale, 0.5) });
  sunPatches(canvas, random, 0.2);
};

function panelling(canvas: Canvas, plane: typeof facing, random: Random, colour: Rgb, scale: number): void {
  const width = random.range(0.12, 0.6) * scale;
  const line = random.range(0.004, 0.02);
  const gap = scaled(colour, random.range(0.3, 0.8));
  for (let s = random.range(-3, -2); s < 2.5; s += width) {
    fillRect(canvas, plane, s, -3, s + line, 3, { colour: gap });
    fillRect(canvas, plane, s + line, -3, s + 2 * line, 3, { colour: scaled(colour, 1.4), opacity: 0.7 });
  }
  if (random.chance(0.4))
    fillRect(canvas, plane, -3, random.range(-0.4, 0.4), 3, random.range(0.4, 0.5), { colour: scaled(colour, 1.2) });
}

/** A picture, poster, board or screen. */
function framedPicture(canvas: Canvas, plane: typeof facing, random: Random, scale: number): void {
  const s = random.range(-0.8, 0.6);
  const t = random.range(-0.7, 0.4);
  const w = random.range(0.12, 0.6) * scale;
  const h = w * random.range(0.6, 1.6);
  const frame = random.range(0.005, 0.05);
  const box = (grow: number, paint: Paint, shift = 0) =>
    fillRect(canvas, plane, s - grow + shift, t - grow + shift, s + w + grow + shift, t + h + grow + shift, paint);
  box(frame + 0.01, { colour: [0, 0, 0], opacity: 0.35 }, 0.012);
  box(frame, { colour: surfaceColour(random), slope: [0.3, 0.3] });
  const inside = surfaceColour(random);
  box(-0.004, { colour: inside });
  const mat = random.chance(0.4) ? 0.06 * w : 0;
  box(-mat - 0.004, texturePaint(random, surfaceColour(random), scale));
  for (let k = random.integer(6); k > 0; k--) {
    const x = s + random.range(0.1, 0.6) * w;
    const y = t + random.range(0.1, 0.6) * h;
    fillRect(
      canvas,
      plane,
      x,
      y,
      x + 0.3 * random.uniform() * w,
      y + 0.3 * random.uniform() * h,
      texturePaint(random, surfaceColour(random), scale),
    );
  }
  if (random.chance(0.3))
    fillOn(canvas, plane, [s, t, s + 0.6 * w, t, s + 0.2 * w, t + h, s, t + h], { colour: [1, 1, 1], opacity: 0.12 });
}

/** Light through a window or a blind that falls on whatever is there, with sharp or soft edges. */
export function sunPatches(canvas: Canvas, random: Random, probability: number): void {
  if (!random.chance(probability)) return;
  const gain = random.range(1.5, 4);
  const paint: Paint = { colour: [gain, gain * 0.94, gain * 0.82], multiply: true };
  const lean = random.range(-0.6, 0.6);
  const x0 = random.range(-0.3, 0.8);
  const y0 = random.range(-0.3, 0.6);
  const width = random.range(0.1, 0.6);
  const rows = random.pick([1, 2, 12]);
  const pitch = random.range(0.6, 1.2) / rows;
  for (let k = 0; k < rows; k++) {
    const y = y0 + k * pitch;
    const h = pitch * (rows > 4 ? 0.55 : 0.88);
    fillPolygon(
      canvas,
      [
        x0 + lean * y,
        y,
        x0 + width + lean * y,
        y + 0.1,
        x0 + width + lean * (y + h),
        y + h + 0.1,
        x0 + lean * (y + h),
        y + h,
      ],
      paint,
    );
  }
}

/** Noise as photos have it: a few layers of 1/f texture in related colours, with soft or hard borders between them. */
export const texture: Painter = (canvas, { palette, scale }, random) => {
  fillAll(canvas, texturePaint(random, palette[0], scale));
  const layers = 1 + random.integer(3);
  for (let k = 0; k < layers; k++) {
    fillAll(canvas, {
      ...texturePaint(random, palette[1 + (k % (palette.length - 1))], scale),
      contrast: random.range(1, 8),
      opacity: random.range(0.2, 0.8),
    });
  }
  fillAll(canvas, {
    colour: [2, 2, 2],
    dark: [0.3, 0.3, 0.3],
    tile: "cloud",
    repeats: random.range(0.15, 0.5),
    at: anywhere(random),
    multiply: true,
    opacity: random.range(0.3, 1),
  });
};

/**
 * Shapes of all sizes that hide one another: the dead-leaves model of natural images, with as many shapes of a size as the
 * inverse cube of the size. (Lee, Mumford and Huang, IJCV 2001)
 */
export const clutter: Painter = (canvas, { palette, scale }, random) => {
  fillAll(canvas, texturePaint(random, palette[0], scale));
  const count = 60 + random.integer(200);
  const least = random.range(0.012, 0.05) * scale;
  const round = random.uniform() ** 2;
  const upright = random.chance(0.6);
  const textured = random.uniform();
  for (let k = 0; k < count; k++) {
    const radius = Math.min(0.5, least / Math.sqrt(1 - random.uniform() + 1e-3));
    const x = random.range(-0.1, 1.1);
    const y = random.range(-0.1, 1.1);
    const colour = varied(random.pick(palette), random, 0.8);
    const slope: [number, number] = [(0.3 / radius) * random.normal(), (0.3 / radius) * random.normal()];
    const centred: [number, number] = [Math.max(-1, Math.min(1, slope[0])), Math.max(-1, Math.min(1, slope[1]))];
    const paint = random.chance(textured) ? texturePaint(random, colour, scale) : { colour, slope: centred };
    const angle = upright ? 0.1 * random.normal() : random.range(0, 3.14);
    const aspect = random.range(0.3, 1);
    if (random.chance(round)) fillEllipse(canvas, x, y, radius, radius * aspect, paint, { angle });
    else
      fillPolygon(
        canvas,
        box(
          x,
          y,
          radius * random.pick([1, aspect]),
          radius * aspect,
          angle,
          random.chance(0.3) ? 0.4 * random.normal() : 0,
        ),
        paint,
      );
  }
  sunPatches(canvas, random, 0.15);
};

/** Corners of a rectangle about (x, y), turned and sheared. */
export function box(x: number, y: number, rx: number, ry: number, angle: number, shear = 0): number[] {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  return [-1, -1, 1, -1, 1, 1, -1, 1].flatMap((_, i, signs) => {
    if (i % 2) return [];
    const px = rx * (signs[i] + shear * signs[i + 1]);
    const py = ry * signs[i + 1];
    return [x + c * px - s * py, y + s * px + c * py];
  });
}

/** Cloth and the like: stripes, checks, dots, knitted, furry, quilted, crumpled. */
export const fabric: Painter = (canvas, { palette, scale }, random) => {
  const [ground, second, third] = palette;
  const angle = random.pick([0, 0.3 * random.normal(), random.range(0, 3.14)]);
  const base: Paint = {
    colour: ground,
    dark: scaled(ground, random.range(0.2, 0.8)),
    tile: random.pick<TileName>(["weave", "strands", "grain", "cloud"]),
    repeats: random.range(1, 4) / scale,
    angle,
    at: anywhere(random),
  };
  fillAll(canvas, base);
  const step = random.range(0.03, 0.25) * scale;
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const band = (at: number, width: number, across: boolean, paint: Paint) => {
    const [dx, dy] = across ? [c, s] : [-s, c];
    const x = 0.5 + at * -dy;
    const y = 0.5 + at * dx;
    stroke(canvas, [x - 1.2 * dx, y - 1.2 * dy, x + 1.2 * dx, y + 1.2 * dy], width, paint);
  };
  const pattern = random.pick(["stripes", "checks", "dots", "fur", "plain", "flowers"], [4, 3, 2, 4, 3, 2]);
  if (pattern === "stripes" || pattern === "checks") {
    const width = step * random.range(0.2, 0.7);
    const thin = random.chance(0.5);
    for (let at = -1; at < 1; at += step) {
      band(at, width, false, { ...base, colour: second, dark: scaled(second, 0.5), opacity: 0.9 });
      if (thin) band(at + 0.4 * step, 0.12 * step, false, { colour: third });
      if (pattern === "checks")
        band(at, width, true, { ...base, colour: second, dark: scaled(second, 0.5), opacity: 0.5 });
    }
  } else if (pattern === "dots" || pattern === "flowers") {
    const size = step * random.range(0.15, 0.45);
    const pitch = Math.max(step, 0.07);
    const reach = Math.ceil(0.8 / pitch);
    for (let i = -reach; i <= reach; i++) {
      for (let j = -reach; j <= reach; j++) {
        const a = (i + 0.5 * (j & 1)) * pitch;
        const b = j * pitch;
        const x = 0.5 + c * a - s * b;
        const y = 0.5 + s * a + c * b;
        if (x < -0.1 || x > 1.1 || y < -0.1 || y > 1.1) continue;
        if (pattern === "dots") fillEllipse(canvas, x, y, size, size, { ...base, colour: second });
        else
          for (let p = 0; p < 5; p++)
            fillEllipse(
              canvas,
              x + size * Math.cos(p * 1.257 + i),
              y + size * Math.sin(p * 1.257 + i),
              size * 0.8,
              size * 0.5,
              { colour: varied(second, random, 0.3) },
              { angle: p * 1.257 + i },
            );
      }
    }
  } else if (pattern === "fur") {
    for (let k = 0; k < 3; k++)
      fillAll(canvas, {
        colour: scaled(ground, 1.5),
        dark: scaled(ground, 0.15),
        tile: "strands",
        repeats: random.range(0.7, 2.5) / scale,
        angle: angle + 0.5 * random.normal(),
        at: anywhere(random),
        opacity: 0.55,
        contrast: 1.6,
        stretch: random.range(0.3, 1),
      });
  }
  // Folds.
  const folds = random.range(0, 1);
  fillAll(canvas, {
    colour: [1.5, 1.5, 1.5],
    dark: [0.35, 0.35, 0.35],
    tile: random.pick<TileName>(["cloud", "waves", "strands"]),
    repeats: random.range(0.2, 0.7),
    angle: random.range(0, 6.28),
    at: anywhere(random),
    multiply: true,
    opacity: folds,
  });
};

/** Bricks, tiles, blocks of stone, planks and boards. */
export const masonry: Painter = (canvas, { palette, scale }, random) => {
  const style = random.pick(["brick", "tile", "stone", "planks", "boards"], [4, 3, 3, 4, 2]);
  const plane = seen(
    facing,
    random.range(-0.7, 0.7) * random.uniform(),
    random.range(-0.25, 0.25),
    0.05 * random.normal(),
  );
  const wood = style === "planks" || style === "boards";
  const colour =
    wood && random.chance(0.7)
      ? woodColour(random)
      : style === "brick" && random.chance(0.6)
        ? varied([0.32, 0.11, 0.06], random, 0.7)
        : palette[0];
  const height =
    scale *
    (style === "brick"
      ? random.range(0.035, 0.09)
      : style === "tile"
        ? random.range(0.08, 0.3)
        : random.range(0.07, 0.25));
  const width =
    height *
    (style === "brick"
      ? random.range(2, 4)
      : style === "tile"
        ? random.pick([1, 1, 2])
        : wood
          ? random.range(8, 30)
          : random.range(1, 3));
  const joint = height * (wood ? random.range(0.01, 0.05) : random.range(0.03, 0.16));
  const uneven = style === "stone" ? 0.3 : 0;
  const mortar = wood
    ? scaled(colour, 0.15)
    : random.chance(0.5)
      ? scaled(colour, random.range(0.2, 0.6))
      : mixed(palette[1], [0.5, 0.48, 0.45], 0.6);
  const upright = wood && random.chance(0.6);
  const differ = random.range(0.05, 0.5);
  const bond = style === "tile" && random.chance(0.7) ? 0 : 0.5;
  fillAll(canvas, { colour: mortar, tile: "grain", repeats: 2, dark: scaled(mortar, 0.6) });
  const rough: TileName = wood
    ? random.pick<TileName>(["waves", "strands"])
    : style === "tile"
      ? "cloud"
      : random.pick<TileName>(["pink", "grain"]);
  const repeats = random.range(0.5, 2) / scale;
  const depth = random.range(0.1, 0.8);
  const reach = 1.5;
  for (let j = -Math.ceil(reach / height); j < reach / height; j++) {
    const shift = bond * (j & 1) * width + (wood ? random.uniform() * width : 0);
    for (let i = -Math.ceil(reach / width) - 1; i < reach / width + 1; i++) {
      const tone = random.chance(0.06) ? varied(palette[2], random, 0.3) : varied(colour, random, differ);
      const [a, b] = [uneven * height * random.normal() * 0.4, uneven * height * random.normal() * 0.4];
      const s0 = i * width + shift + joint / 2 + a;
      const t0 = j * height + joint / 2;
      const s1 = (i + 1) * width + shift - joint / 2 + b;
      const t1 = (j + 1) * height - joint / 2;
      const paint: Paint = {
        colour: tone,
        dark: scaled(tone, 1 - depth),
        tile: rough,
        repeats,
        angle: upright ? 0 : wood ? Math.PI / 2 : 0,
        at: anywhere(random),
      };
      if (upright) fillRect(canvas, plane, t0, s0, t1, s1, paint);
      else fillRect(canvas, plane, s0, t0, s1, t1, paint);
    }
  }
  sunPatches(canvas, random, 0.15);
};
