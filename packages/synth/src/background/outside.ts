import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { type Canvas, fillAll, fillCushion, fillEllipse, type Paint } from "./canvas.ts";
import { randomWord, textWidth, write } from "./lettering.ts";
import { paintSky } from "./nature.ts";
import { colourOf, mixed, scaled, surfaceColour, varied } from "./palette.ts";
import { facing, fillOn, fillRect, type Plane, seen } from "./plane.ts";
import type { Painter } from "./scene.ts";
import { anywhere, sunPatches, texturePaint } from "./surfaces.ts";

/** The front of a house: storeys of windows with sills, frames, reflections, some lit or curtained. */
function facade(
  canvas: Canvas,
  plane: Plane,
  random: Random,
  s0: number,
  t0: number,
  s1: number,
  t1: number,
  colour: Rgb,
  scale: number,
): void {
  fillRect(canvas, plane, s0, t0, s1, t1, {
    colour,
    dark: scaled(colour, 0.6),
    tile: random.pick(["pink", "grain", "cloud"]),
    repeats: random.range(1, 3) / scale,
    at: anywhere(random),
  });
  const storey = random.range(0.18, 0.5) * scale;
  const bay = storey * random.range(0.4, 1.3);
  const wide = random.range(0.35, 0.85);
  const high = random.range(0.45, 0.85);
  const trim = random.chance(0.5) ? varied(colour, random, 1) : ([0.7, 0.69, 0.66] as Rgb);
  const glass = colourOf(0.58, random.range(0.1, 0.5), random.range(0.01, 0.35));
  const lit = random.range(0, 0.4) ** 2;
  const frame = random.range(0.015, 0.06);
  const panes = random.integer(3);
  for (let t = t0; t < t1 - 0.6 * storey; t += storey) {
    if (random.chance(0.3)) fillRect(canvas, plane, s0, t, s1, t + 0.05 * storey, { colour: scaled(trim, 0.9) });
    for (let s = s0 + 0.1 * bay; s < s1 - bay * wide; s += bay) {
      const [a, b] = [s + 0.5 * bay * (1 - wide), t + 0.5 * storey * (1 - high)];
      const [c, d] = [a + bay * wide, b + storey * high];
      fillRect(canvas, plane, a - frame * storey, b - frame * storey, c + frame * storey, d + 2 * frame * storey, {
        colour: trim,
      });
      const pane: Paint = random.chance(lit)
        ? { colour: scaled([1, 0.75, 0.42], random.range(0.5, 2)) }
        : { colour: varied(glass, random, 0.7) };
      fillRect(canvas, plane, a, b, c, d, pane);
      if (random.chance(0.3))
        fillRect(canvas, plane, a, b, c, b + (d - b) * random.uniform(), { colour: [0.5, 0.48, 0.44], opacity: 0.6 });
      if (random.chance(0.2))
        fillOn(canvas, plane, [a, b, c, b, a, d], { colour: scaled([0.7, 0.8, 0.95], 0.6), opacity: 0.6 });
      for (let k = 1; k <= panes; k++) {
        const x = a + ((c - a) * k) / (panes + 1);
        fillRect(canvas, plane, x - 0.3 * frame * storey, b, x + 0.3 * frame * storey, d, { colour: trim });
      }
      if (panes)
        fillRect(canvas, plane, a, (b + d) / 2 - 0.3 * frame * storey, c, (b + d) / 2 + 0.3 * frame * storey, {
          colour: trim,
        });
    }
  }
}

/** One house front seen square or aslant, or a street between two rows of houses. */
export const building: Painter = (canvas, { palette, scale }, random) => {
  const yaw = random.range(-0.8, 0.8);
  const pitch = random.range(-0.25, 0.35);
  const look = (plane: Plane) => seen(plane, yaw * 0.6, pitch);
  paintSky(canvas, random, 1.05);
  if (random.chance(0.5)) {
    facade(
      canvas,
      seen(facing, yaw, pitch),
      random,
      -2.2,
      random.chance(0.6) ? -2 : random.range(-0.7, 0),
      2.2,
      1.8,
      palette[0],
      scale,
    );
    sunPatches(canvas, random, 0.2);
    return;
  }
  const half = random.range(0.5, 1.4);
  const eye = random.range(0.4, 0.9);
  fillRect(canvas, look({ origin: [0, eye, 0], across: [1, 0, 0], down: [0, 0, 1] }), -3, -1, 3, 14, {
    colour: colourOf(0.1, 0.1, random.range(0.08, 0.4)),
    tile: "pink",
    repeats: 2,
  });
  for (const side of [-1, 1]) {
    const row = look({ origin: [side * half, 0, 0], across: [0, 0, 1], down: [0, 1, 0] });
    const lit = random.range(0.4, 1.3);
    for (let s = 7; s > 0; ) {
      const length = random.range(0.8, 2.5);
      facade(
        canvas,
        row,
        random,
        s - length,
        eye - random.range(1, 3.5),
        s,
        eye,
        scaled(varied(palette[random.integer(3)], random, 0.7), lit),
        scale * 1.6,
      );
      if (random.chance(0.5)) {
        const colour = surfaceColour(random);
        fillRect(canvas, row, s - length, eye - 0.5, s, eye - 0.35, { colour });
        write(canvas, row, randomWord(random, 5), s - length + 0.05, eye - 0.46, 0.07, {
          colour: surfaceColour(random),
        });
      }
      s -= length;
    }
  }
  for (let k = random.integer(5); k > 0; k--)
    vehicle(canvas, random, 0.5 + 0.3 * random.normal(), random.range(0.6, 0.95), random.range(0.05, 0.2));
};

function vehicle(canvas: Canvas, random: Random, x: number, y: number, size: number): void {
  const colour = surfaceColour(random);
  fillCushion(canvas, x, y, size, 0.45 * size, { colour, slope: [0, -1] }, { squareness: 4 });
  fillCushion(canvas, x, y - 0.4 * size, 0.7 * size, 0.35 * size, { colour: [0.03, 0.035, 0.04] }, { squareness: 4 });
  for (const side of [-1, 1]) {
    fillEllipse(canvas, x + side * 0.7 * size, y, 0.12 * size, 0.08 * size, {
      colour: random.chance(0.5) ? [2, 1.8, 1.5] : [0.8, 0.05, 0.03],
    });
    fillEllipse(canvas, x + side * 0.7 * size, y + 0.45 * size, 0.15 * size, 0.18 * size, {
      colour: [0.01, 0.01, 0.01],
    });
  }
}

/** A passage that runs away from the viewer: a corridor, an arcade, a subway, an aisle between shelves. */
export const corridor: Painter = (canvas, { palette, scale }, random) => {
  const yaw = random.range(-0.5, 0.5);
  const pitch = random.range(-0.15, 0.15);
  const half = random.range(0.5, 1.1);
  const top = -random.range(0.4, 1);
  const floor = random.range(0.4, 1);
  const far = random.range(4, 12);
  const look = (plane: Plane) => seen(plane, yaw, pitch);
  const end = look({ origin: [0, 0, far], across: [1, 0, 0], down: [0, 1, 0] });
  fillAll(canvas, { colour: scaled(palette[0], 0.3) });
  fillRect(canvas, end, -half, top, half, floor, {
    colour: random.chance(0.5) ? scaled([0.9, 0.95, 1], random.range(0.3, 2.5)) : scaled(palette[0], 0.3),
  });
  const step = random.range(0.3, 1.2) * scale;
  const style = random.pick(["doors", "pillars", "panels", "goods"]);
  const lamp = scaled([1, 0.97, 0.9], random.range(1, 4));
  const dim = random.range(0.85, 1);
  const surfaces: [Plane, number, number, Rgb][] = [
    [look({ origin: [0, top, 0], across: [1, 0, 0], down: [0, 0, 1] }), -half, half, scaled(palette[1], 0.9)],
    [look({ origin: [0, floor, 0], across: [1, 0, 0], down: [0, 0, 1] }), -half, half, scaled(palette[2], 0.7)],
    [look({ origin: [-half, 0, 0], across: [0, 1, 0], down: [0, 0, 1] }), top, floor, palette[0]],
    [
      look({ origin: [half, 0, 0], across: [0, 1, 0], down: [0, 0, 1] }),
      top,
      floor,
      scaled(palette[0], random.range(0.4, 1)),
    ],
  ];
  for (const [index, [plane, from, to, colour]] of surfaces.entries()) {
    for (let z = far; z > 0; z -= step) {
      const tone = scaled(colour, dim ** (z / step) * random.range(0.8, 1.1));
      fillRect(canvas, plane, from, z - step, to, z, {
        colour: tone,
        dark: scaled(tone, 0.7),
        tile: "pink",
        repeats: 1,
        at: anywhere(random),
      });
      if (index === 0) {
        if (random.chance(0.8))
          fillRect(canvas, plane, -0.15 * half, z - 0.7 * step, 0.15 * half, z - 0.3 * step, { colour: lamp });
      } else if (index === 1) {
        fillRect(canvas, plane, from, z - 0.03 * step, to, z, { colour: scaled(tone, 0.6) });
      } else if (style === "doors") {
        if (random.chance(0.6))
          fillRect(canvas, plane, top * 0.5, z - 0.8 * step, floor, z - 0.3 * step, {
            colour: varied(palette[3], random, 0.3),
          });
      } else if (style === "pillars") {
        fillRect(canvas, plane, from, z - 0.3 * step, to, z, { colour: scaled(tone, 1.5) });
      } else if (style === "panels") {
        fillRect(canvas, plane, from, z - 0.04 * step, to, z, { colour: scaled(tone, 0.3) });
      } else {
        for (let y = top; y < floor; y += 0.2 * scale) {
          for (let k = 0; k < 3; k++)
            fillRect(
              canvas,
              plane,
              y + 0.05 * scale,
              z - (step * (k + 0.9)) / 3,
              y + 0.18 * scale,
              z - (step * k) / 3,
              { colour: surfaceColour(random) },
            );
        }
      }
    }
  }
};

/** A wall of logos and names for the press, a poster, a shop sign, a blackboard: letters, emblems and blocks of colour. */
export const press: Painter = (canvas, { palette, scale }, random) => {
  const [ground, first, second, third] = palette;
  const plane = seen(
    facing,
    random.range(-0.5, 0.5) * random.uniform(),
    random.range(-0.12, 0.12),
    0.04 * random.normal(),
  );
  const shiny = random.chance(0.3) ? 0.5 : 0.15;
  fillAll(canvas, { colour: ground, slope: [shiny * random.normal(), shiny * random.normal()] });
  if (random.chance(0.3)) fillAll(canvas, { ...texturePaint(random, ground, scale, 0.4), opacity: 0.5 });
  // Letters must show against the ground.
  const contrasting = (colour: Rgb): Rgb => {
    const [a, b] = [colour[0] + colour[1] + colour[2], ground[0] + ground[1] + ground[2]];
    return Math.abs(Math.log2((a + 0.02) / (b + 0.02))) > 1.5
      ? colour
      : b > 0.5
        ? scaled(colour, 0.15)
        : mixed(colour, [0.9, 0.9, 0.9], 0.8);
  };
  const inks = [contrasting(first), contrasting(second), contrasting(third)];
  if (random.chance(0.55)) {
    const height = random.range(0.04, 0.14) * scale;
    const words = [0, 1, 2].map(() => ({
      text: randomWord(random, 2 + random.integer(7)),
      style: lettering(random),
      ink: random.pick(inks),
      emblem: random.chance(0.4),
      seed: random.integer(1e9),
      height: height * random.range(0.6, 1.5),
    }));
    const gapX = random.range(0.4, 1.2) * height * 4;
    let row = random.integer(3);
    for (let t = -0.9; t < 0.9; t += height * random.range(2.2, 2.6), row++) {
      let s = -1.1 + (row % 2) * 0.5 * gapX;
      for (let k = row; s < 1; k++) {
        const word = words[k % 3];
        if (word.emblem) {
          emblem(canvas, plane, s + word.height, t + word.height / 2, word.height * 0.8, inks, word.seed, random);
          s += 2 * word.height;
        }
        write(canvas, plane, word.text, s, t, word.height, { colour: word.ink }, word.style);
        s += word.height * textWidth(word.text, word.style.wide) + gapX;
      }
    }
  } else {
    // Large things: panels, one or two huge words, small print, a big emblem.
    for (let k = random.integer(4); k > 0; k--) {
      const s = random.range(-0.9, 0.6);
      const t = random.range(-0.8, 0.6);
      fillRect(
        canvas,
        plane,
        s,
        t,
        s + random.range(0.1, 1),
        t + random.range(0.1, 0.8),
        random.chance(0.5) ? { colour: random.pick(palette) } : texturePaint(random, random.pick(palette), scale),
      );
    }
    for (let k = random.integer(3); k > 0; k--)
      emblem(
        canvas,
        plane,
        random.range(-0.6, 0.6),
        random.range(-0.6, 0.5),
        random.range(0.1, 0.4) * scale,
        inks,
        random.integer(1e9),
        random,
      );
    let t = random.range(-0.6, 0);
    for (let k = 1 + random.integer(5); k > 0; k--) {
      const height = random.pick([random.range(0.02, 0.06), random.range(0.08, 0.3)], [2, 1]) * scale;
      const style = lettering(random);
      const ink = random.pick(inks);
      const s = random.range(-0.8, 0.3);
      if (random.chance(0.3))
        write(canvas, plane, "HELLO", s + 0.015, t + 0.015, height, { colour: [0, 0, 0], opacity: 0.4 }, style);
      write(canvas, plane, randomWord(random, 3 + random.integer(12)), s, t, height, { colour: ink }, style);
      t += height * random.range(1.3, 2.5);
    }
  }
};

const lettering = (random: Random) => ({
  wide: random.range(0.35, 0.8),
  bold: random.range(0.08, 0.26),
  slant: random.chance(0.3) ? 0.25 : 0,
});

/** A badge: disc, shield, bars, star or ring, with a letter. */
function emblem(
  canvas: Canvas,
  plane: Plane,
  s: number,
  t: number,
  radius: number,
  inks: readonly Rgb[],
  seed: number,
  random: Random,
): void {
  const ink = inks[seed % inks.length];
  const other = inks[(seed >> 3) % inks.length];
  const ring = (r: number, corners: number, turn: number, paint: Paint) =>
    fillOn(
      canvas,
      plane,
      Array.from({ length: 2 * corners }, (_, i) => {
        const a = turn + (6.2832 * (i >> 1)) / corners;
        return i % 2 ? t + r * Math.sin(a) : s + r * Math.cos(a);
      }),
      paint,
    );
  const corners = [24, 24, 4, 6, 5, 3][(seed >> 6) % 6];
  ring(radius, corners, (seed % 7) * 0.1, { colour: ink });
  if (seed & 16) ring(radius * 0.8, corners, (seed % 7) * 0.1, { colour: other });
  if (seed & 32)
    for (let k = 0; k < 3; k++)
      fillRect(
        canvas,
        plane,
        s - radius * 0.7,
        t - radius * 0.5 + 0.4 * k * radius,
        s + radius * 0.7,
        t - radius * 0.3 + 0.4 * k * radius,
        { colour: other },
      );
  else
    write(
      canvas,
      plane,
      "KMRSBAXO"[seed % 8],
      s - radius * 0.35,
      t - radius * 0.5,
      radius,
      { colour: scaled(other, seed & 16 ? 0.2 : 1) },
      { bold: 0.2, wide: 0.6 },
    );
  if (random.chance(0.02)) ring(radius * 0.3, 24, 0, { colour: ink });
}
