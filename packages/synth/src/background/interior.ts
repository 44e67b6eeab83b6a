import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { type Canvas, fillAll, type Paint } from "./canvas.ts";
import { paintSky } from "./nature.ts";
import { leafColour, mixed, scaled, surfaceColour, varied, woodColour } from "./palette.ts";
import { facing, fillOn, fillRect, type Plane, seen } from "./plane.ts";
import type { Painter } from "./scene.ts";
import { anywhere, sunPatches, texturePaint } from "./surfaces.ts";

/** A room in perspective: walls, floor, ceiling, and furniture against the walls. */
export const room: Painter = (canvas, { palette, scale }, random) => {
  const yaw = random.range(-0.7, 0.7);
  const pitch = random.range(-0.2, 0.2);
  const far = random.range(1.8, 4);
  const [left, right] = [-random.range(0.8, 2), random.range(0.8, 2)];
  const floor = random.range(0.6, 1.3);
  const ceiling = -random.range(0.6, 1.3);
  const look = (plane: Plane) => seen(plane, yaw, pitch);
  const back = look({ origin: [0, 0, far], across: [1, 0, 0], down: [0, 1, 0] });
  const leftWall = look({ origin: [left, 0, 0], across: [0, 0, 1], down: [0, 1, 0] });
  const rightWall = look({ origin: [right, 0, 0], across: [0, 0, 1], down: [0, 1, 0] });
  const floorPlane = look({ origin: [0, floor, 0], across: [1, 0, 0], down: [0, 0, 1] });
  const ceilingPlane = look({ origin: [0, ceiling, 0], across: [1, 0, 0], down: [0, 0, 1] });
  const wallPaint = (factor: number): Paint => ({
    colour: scaled(palette[0], factor),
    dark: scaled(palette[0], factor * 0.8),
    tile: "pink",
    repeats: 1,
    at: anywhere(random),
    slope: [0.3 * random.normal(), 0.3 * random.normal()],
  });
  const other = random.chance(0.3) ? palette[1] : palette[0];
  fillAll(canvas, wallPaint(0.8));
  fillRect(canvas, ceilingPlane, left, -1, right, far, {
    colour: scaled(mixed(palette[0], [0.8, 0.8, 0.78], 0.7), random.range(0.4, 1.2)),
  });
  const floorColour = random.chance(0.5) ? woodColour(random) : palette[2];
  fillRect(canvas, floorPlane, left, -1, right, far, {
    colour: floorColour,
    dark: scaled(floorColour, 0.5),
    tile: "pink",
    repeats: 1.5,
    at: anywhere(random),
  });
  const board = random.chance(0.6) ? random.range(0.08, 0.3) : 9;
  for (let s = left; s < right - board; s += board) {
    const tone = varied(floorColour, random, 0.25);
    fillRect(canvas, floorPlane, s, 0.3, s + board * 0.97, far, {
      colour: tone,
      dark: scaled(tone, 0.6),
      tile: "pink",
      repeats: 2,
      at: anywhere(random),
    });
  }
  fillRect(canvas, leftWall, -1, ceiling, far, floor, wallPaint(random.range(0.4, 1.2)));
  fillRect(canvas, rightWall, -1, ceiling, far, floor, { ...wallPaint(random.range(0.4, 1.2)), colour: other });
  fillRect(canvas, back, left, ceiling, right, floor, wallPaint(random.range(0.7, 1.2)));
  for (const [wall, from, to] of [
    [back, left, right],
    [leftWall, 0.3, far],
    [rightWall, 0.3, far],
  ] as const) {
    fillRect(canvas, wall, from, floor - 0.08, to, floor, { colour: scaled(other, 1.3) });
    const things = random.integer(4);
    for (let k = 0; k < things; k++) furnish(canvas, wall, random, random.range(from, to - 0.3), ceiling, floor, scale);
  }
  for (let k = random.integer(4); k > 0; k--) ceilingLight(canvas, ceilingPlane, random, left, right, far);
  sunPatches(canvas, random, 0.25);
};

/** Puts a door, window, shelf, picture, cupboard, curtain, lamp or plant on a wall from s on. */
function furnish(
  canvas: Canvas,
  wall: Plane,
  random: Random,
  s: number,
  ceiling: number,
  floor: number,
  scale: number,
): void {
  const colour = surfaceColour(random);
  const w = random.range(0.2, 0.8) * scale;
  const middle = random.range(ceiling * 0.6, floor * 0.4);
  switch (random.pick(["door", "window", "picture", "cupboard", "curtain", "lamp", "plant", "books", "sofa"])) {
    case "door":
      fillRect(canvas, wall, s, ceiling * 0.75, s + 0.5, floor, { colour: scaled(colour, 0.6) });
      fillRect(
        canvas,
        wall,
        s + 0.04,
        ceiling * 0.75 + 0.05,
        s + 0.46,
        floor,
        random.chance(0.4) ? { colour: scaled(colour, 0.08) } : { colour, slope: [0.4, 0] },
      );
      break;
    case "window":
      paneWindow(canvas, wall, random, s, ceiling * 0.8, s + w, floor * random.range(0.1, 0.6));
      break;
    case "picture":
      fillRect(canvas, wall, s, middle, s + 0.5 * w, middle + 0.4 * w, { colour: scaled(colour, 0.3) });
      fillRect(
        canvas,
        wall,
        s + 0.02,
        middle + 0.02,
        s + 0.5 * w - 0.02,
        middle + 0.4 * w - 0.02,
        texturePaint(random, surfaceColour(random), 0.6),
      );
      break;
    case "cupboard": {
      const wood = random.chance(0.5) ? woodColour(random) : colour;
      const top = random.range(ceiling * 0.6, floor * 0.6);
      fillRect(canvas, wall, s, top, s + w, floor, {
        colour: wood,
        dark: scaled(wood, 0.5),
        tile: "waves",
        repeats: 1.2,
        at: anywhere(random),
      });
      const doors = 1 + random.integer(4);
      for (let k = 1; k < doors; k++)
        fillRect(canvas, wall, s + (w * k) / doors - 0.006, top, s + (w * k) / doors + 0.006, floor, {
          colour: scaled(wood, 0.15),
        });
      break;
    }
    case "curtain":
      curtain(canvas, wall, random, s, ceiling * 0.95, s + w, floor, colour);
      break;
    case "lamp": {
      const [x, y] = [s + 0.1, middle];
      fillRect(canvas, wall, x - 0.01, y, x + 0.01, floor, { colour: scaled(colour, 0.3) });
      fillOn(canvas, wall, [x - 0.07, y - 0.16, x + 0.07, y - 0.16, x + 0.13, y, x - 0.13, y], {
        colour: random.chance(0.6) ? [2.5, 1.9, 1.2] : scaled(colour, 1.4),
      });
      break;
    }
    case "plant": {
      const leaf = leafColour(random);
      for (let k = 0; k < 24; k++) {
        const angle = random.range(-2.8, -0.3);
        const length = random.range(0.1, 0.35);
        const [dx, dy] = [Math.cos(angle) * length, Math.sin(angle) * length];
        const [nx, ny] = [-dy * 0.12, dx * 0.12];
        fillOn(
          canvas,
          wall,
          [
            s,
            floor * 0.5,
            s + dx * 0.5 + nx,
            floor * 0.5 + dy * 0.5 + ny,
            s + dx,
            floor * 0.5 + dy,
            s + dx * 0.5 - nx,
            floor * 0.5 + dy * 0.5 - ny,
          ],
          { colour: varied(leaf, random, 0.6) },
        );
      }
      fillOn(canvas, wall, [s - 0.1, floor * 0.5, s + 0.1, floor * 0.5, s + 0.07, floor, s - 0.07, floor], { colour });
      break;
    }
    case "books":
      bookcase(canvas, wall, random, s, ceiling * 0.8, s + w, floor, scale, 0.4);
      break;
    default: {
      const top = floor - random.range(0.25, 0.55);
      fillRect(canvas, wall, s, top, s + 1.6 * w, floor, texturePaint(random, colour, 1, 0.5));
      for (let k = 0; k < 3; k++)
        fillRect(
          canvas,
          wall,
          s + 0.5 * w * k,
          top - 0.05,
          s + 0.5 * w * k + 0.35 * w,
          top + 0.2,
          texturePaint(random, surfaceColour(random), 1, 0.5),
        );
    }
  }
}

function ceilingLight(canvas: Canvas, ceiling: Plane, random: Random, left: number, right: number, far: number): void {
  const s = random.range(left, right);
  const t = random.range(0.5, far);
  fillRect(canvas, ceiling, s, t, s + random.range(0.1, 0.5), t + random.range(0.1, 0.5), {
    colour: scaled([1, 0.96, 0.88], random.range(1.5, 4)),
  });
}

function paneWindow(canvas: Canvas, wall: Plane, random: Random, s0: number, t0: number, s1: number, t1: number): void {
  const frame = surfaceColour(random);
  const bright = random.range(0.3, 2.5);
  const light: Rgb = scaled([0.92, 0.97, 1.05], bright);
  fillRect(canvas, wall, s0 - 0.03, t0 - 0.03, s1 + 0.03, t1 + 0.03, { colour: frame });
  fillRect(canvas, wall, s0, t0, s1, t1, { colour: light, slope: [0, -0.5] });
  if (random.chance(0.6))
    fillRect(canvas, wall, s0, t0 + (t1 - t0) * random.range(0.4, 0.8), s1, t1, {
      colour: scaled(leafColour(random), bright * 1.5),
      dark: scaled(light, 0.3),
      tile: "leaves",
      repeats: 2,
      at: anywhere(random),
    });
  const columns = 1 + random.integer(3);
  const rows = 1 + random.integer(3);
  const bar = random.range(0.008, 0.025);
  for (let k = 1; k < columns; k++)
    fillRect(canvas, wall, s0 + ((s1 - s0) * k) / columns - bar, t0, s0 + ((s1 - s0) * k) / columns + bar, t1, {
      colour: scaled(frame, 0.6),
    });
  for (let k = 1; k < rows; k++)
    fillRect(canvas, wall, s0, t0 + ((t1 - t0) * k) / rows - bar, s1, t0 + ((t1 - t0) * k) / rows + bar, {
      colour: scaled(frame, 0.6),
    });
  if (random.chance(0.35)) {
    const slats = 8 + random.integer(25);
    const slat = varied(random.chance(0.6) ? [0.7, 0.69, 0.65] : frame, random, 0.4);
    for (let k = 0; k < slats; k++) {
      const t = t0 + ((t1 - t0) * k) / slats;
      fillRect(canvas, wall, s0, t, s1, t + ((t1 - t0) / slats) * random.range(0.6, 0.75), {
        colour: scaled(slat, 0.6 + 0.4 * bright),
        opacity: 0.95,
      });
    }
  }
}

function curtain(
  canvas: Canvas,
  wall: Plane,
  random: Random,
  s0: number,
  t0: number,
  s1: number,
  t1: number,
  colour: Rgb,
): void {
  const sheer = random.chance(0.25) ? 0.6 : 1;
  let s = s0;
  let lit = random.uniform();
  while (s < s1) {
    const next = Math.min(s1, s + random.range(0.015, 0.08));
    lit = lit > 0.5 ? random.range(0, 0.45) : random.range(0.5, 1);
    const middle = (s + next) / 2;
    fillRect(canvas, wall, s, t0, next, t1, { colour: scaled(colour, 0.35 + 0.8 * lit), opacity: sheer });
    fillRect(canvas, wall, middle, t0, next, t1, { colour: scaled(colour, 0.25 + 0.7 * lit), opacity: sheer });
    s = next;
  }
}

/** Shelves with books, boxes and things, some gaps in them dark. */
function bookcase(
  canvas: Canvas,
  wall: Plane,
  random: Random,
  s0: number,
  t0: number,
  s1: number,
  t1: number,
  scale: number,
  fullness: number,
): void {
  const wood = random.chance(0.7) ? woodColour(random) : surfaceColour(random);
  const board = random.range(0.008, 0.025);
  const gap = random.range(0.14, 0.32) * scale;
  fillRect(canvas, wall, s0, t0, s1, t1, { colour: scaled(wood, random.range(0.08, 0.5)), slope: [0, 0.4] });
  const bookWidth = random.range(0.012, 0.045) * scale;
  const theme = surfaceColour(random);
  const unity = random.uniform();
  for (let t = t0; t < t1 - 0.5 * gap; t += gap) {
    const bottom = Math.min(t1, t + gap);
    let s = s0 + board;
    while (s < s1 - board) {
      const width = bookWidth * random.range(0.5, 1.8);
      const end = Math.min(s1 - board, s + width);
      if (random.chance(0.06)) {
        s += random.range(0.05, 0.25);
        continue;
      }
      const colour = random.chance(unity) ? varied(theme, random, 0.5) : surfaceColour(random);
      const top = bottom - gap * random.range(fullness, 0.93);
      if (random.chance(0.05)) {
        // A box or a vase in place of books.
        const wide = Math.min(s1 - board, s + random.range(0.08, 0.2) * scale);
        fillRect(canvas, wall, s, top, wide, bottom, texturePaint(random, colour, scale));
        s = wide + 0.01;
        continue;
      }
      const lean = random.chance(0.05) ? 0.03 : 0;
      fillOn(canvas, wall, [s + lean, top, end + lean, top, end, bottom, s, bottom], { colour });
      fillRect(canvas, wall, s + 0.7 * width, top, end, bottom, { colour: [0, 0, 0], opacity: 0.3 });
      if (random.chance(0.4))
        fillRect(canvas, wall, s, top + 0.2 * gap, end, top + random.range(0.24, 0.4) * gap, {
          colour: surfaceColour(random),
          opacity: 0.8,
        });
      s = end + 0.002;
    }
    fillRect(canvas, wall, s0, bottom - board, s1, bottom, { colour: wood });
    fillRect(canvas, wall, s0, bottom, s1, bottom + 1.5 * board, { colour: [0, 0, 0], opacity: 0.4 });
  }
  const uprights = 1 + random.integer(3);
  for (let k = 0; k <= uprights; k++) {
    const s = s0 + ((s1 - s0) * k) / uprights;
    fillRect(canvas, wall, s - board, t0, s + board, t1, { colour: scaled(wood, 0.8) });
  }
}

/** A wall of shelves. */
export const shelves: Painter = (canvas, { palette, scale }, random) => {
  const plane = seen(facing, random.range(-0.6, 0.6), random.range(-0.15, 0.15), 0.03 * random.normal());
  fillAll(canvas, texturePaint(random, palette[0], scale, 0.3));
  const s = random.chance(0.6) ? -1.3 : random.range(-0.4, 0.3);
  bookcase(
    canvas,
    plane,
    random,
    s,
    random.range(-1.2, -0.6),
    random.chance(0.6) ? 1.4 : s + random.range(0.4, 0.8),
    random.range(0.4, 1),
    scale,
    random.range(0.4, 0.8),
  );
};

/** Large windows, blinds and curtains behind the head, the light mostly from there. */
export const window: Painter = (canvas, { palette, scale }, random) => {
  const plane = seen(facing, random.range(-0.5, 0.5), random.range(-0.1, 0.1), 0.02 * random.normal());
  if (random.chance(0.4)) paintSky(canvas, random, 1.05);
  else fillAll(canvas, { colour: scaled(palette[0], 0.5), slope: [0.3 * random.normal(), 0.3] });
  let s = random.range(-1.2, -0.6);
  while (s < 1) {
    const width = random.range(0.25, 0.7) * scale;
    paneWindow(canvas, plane, random, s, random.range(-1, -0.4), s + width, random.range(0.1, 1));
    s += width + random.range(0.05, 0.3);
  }
  const cloth = random.chance(0.5) ? palette[1] : mixed(palette[1], [0.8, 0.78, 0.74], 0.7);
  for (let k = random.integer(4); k > 0; k--) {
    const from = random.range(-0.9, 0.6);
    curtain(canvas, plane, random, from, -1.2, from + random.range(0.1, 0.5) * scale, 1.2, cloth);
  }
};
