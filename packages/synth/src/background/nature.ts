import type { Rgb } from "../part.ts";
import type { Random } from "../random.ts";
import { type Canvas, fillAll, fillBox, fillEllipse, fillPolygon, type Paint, stroke } from "./canvas.ts";
import { colourOf, leafColour, mixed, scaled, varied } from "./palette.ts";
import type { Painter } from "./scene.ts";
import { anywhere } from "./surfaces.ts";

/** Clear, hazy, cloudy or evening sky: the colours at the horizon and overhead. */
export function skyColours(random: Random): { horizon: Rgb; zenith: Rgb; cloud: Rgb } {
  switch (random.pick(["clear", "hazy", "overcast", "evening", "night"], [4, 3, 4, 2, 1])) {
    case "clear":
      return {
        horizon: colourOf(0.58, 0.35, random.range(0.4, 0.8)),
        zenith: colourOf(0.6, random.range(0.6, 0.85), random.range(0.12, 0.35)),
        cloud: [0.95, 0.95, 0.97],
      };
    case "hazy":
      return {
        horizon: colourOf(0.1, 0.1, random.range(0.6, 0.95)),
        zenith: colourOf(0.58, random.range(0.15, 0.4), random.range(0.4, 0.7)),
        cloud: [0.9, 0.9, 0.9],
      };
    case "overcast": {
      const light = random.range(0.35, 1.1);
      return {
        horizon: [light, light, light * 1.02],
        zenith: scaled([0.95, 0.97, 1], light * random.range(0.5, 1)),
        cloud: scaled([0.9, 0.93, 1], light * 0.7),
      };
    }
    case "evening":
      return {
        horizon: colourOf(random.range(0.03, 0.12), random.range(0.5, 0.9), random.range(0.3, 0.9)),
        zenith: colourOf(random.range(0.58, 0.75), 0.5, random.range(0.05, 0.3)),
        cloud: colourOf(random.range(0.95, 1.08), 0.4, random.range(0.1, 0.5)),
      };
    default:
      return { horizon: colourOf(0.62, 0.6, 0.03), zenith: colourOf(0.63, 0.7, 0.008), cloud: [0.02, 0.02, 0.03] };
  }
}

/** Sky from the top of the picture down to y. */
export function paintSky(canvas: Canvas, random: Random, y: number): void {
  const { horizon, zenith, cloud } = skyColours(random);
  const bands = 24;
  for (let k = 0; k < bands; k++) {
    fillBox(canvas, -0.1, (y * k) / bands - (k ? 0.004 : 0.1), 1.1, (y * (k + 1)) / bands + 0.004, {
      colour: mixed(zenith, horizon, (k + 0.5) / bands),
    });
  }
  const cover = random.range(-0.3, 1);
  if (cover > 0) {
    // Clouds are flatter than wide; a second, shifted layer shades them from below.
    const tile = {
      tile: "cloud",
      repeats: random.range(0.25, 0.9),
      at: anywhere(random),
      stretch: random.range(0.3, 0.7),
      contrast: random.range(2, 5),
    } as const;
    const shade: Paint = { ...tile, colour: cloud, dark: mixed(zenith, horizon, 0.5) };
    fillPolygon(canvas, [-0.1, -0.1, 1.1, -0.1, 1.1, y, -0.1, y], { ...shade, opacity: cover });
    if (random.chance(0.5))
      fillPolygon(canvas, [-0.1, -0.1, 1.1, -0.1, 1.1, y, -0.1, y], {
        ...shade,
        colour: scaled(cloud, 0.5),
        at: [tile.at[0], tile.at[1] + 0.05],
        opacity: 0.4 * cover,
      });
  }
}

/** Everything below a wavy line at about y, in thin columns. */
function ridge(canvas: Canvas, random: Random, y: number, height: number, rough: number, paint: Paint): void {
  const n = 48;
  const phases = Array.from({ length: 6 }, () => random.range(0, 6.28));
  const line = (x: number) => {
    let h = 0;
    for (let k = 0; k < 6; k++) h += rough ** k * Math.sin(phases[k] + x * 3 * 2.1 ** k);
    return y - height * h * 0.5;
  };
  for (let k = 0; k < n; k++) {
    const x0 = -0.02 + (1.04 * k) / n;
    const x1 = -0.02 + (1.04 * (k + 1)) / n + 0.002;
    fillPolygon(canvas, [x0, line(x0), x1, line(x1), x1, 1.1, x0, 1.1], paint);
  }
}

/** The ground from y down. */
function ground(canvas: Canvas, random: Random, y: number, scale: number): void {
  const kind = random.pick(["grass", "sand", "water", "road", "field"], [4, 2, 3, 2, 2]);
  const colour =
    kind === "grass"
      ? leafColour(random)
      : kind === "sand"
        ? colourOf(0.1, 0.35, random.range(0.2, 0.55))
        : kind === "water"
          ? colourOf(random.range(0.48, 0.6), random.range(0.3, 0.8), random.range(0.05, 0.3))
          : kind === "road"
            ? colourOf(0.6, 0.05, random.range(0.06, 0.3))
            : colourOf(random.range(0.08, 0.2), 0.6, random.range(0.05, 0.3));
  const bands = 7;
  for (let k = 0; k < bands; k++) {
    // Nearer strips show a coarser texture.
    const top = y + (1.02 - y) * (k / bands) ** 1.6;
    const bottom = y + (1.02 - y) * ((k + 1) / bands) ** 1.6 + 0.005;
    const repeats = 5 / (1 + k) / scale;
    fillBox(canvas, -0.1, top, 1.1, bottom, {
      colour: scaled(colour, 1.3),
      dark: scaled(colour, 0.45),
      tile: kind === "grass" ? "leaves" : kind === "water" ? "strands" : "pink",
      angle: kind === "water" ? Math.PI / 2 : 0,
      repeats,
      stretch: kind === "water" ? 1 : 0.5,
      at: anywhere(random),
    });
  }
}

/** Sky over a horizon with hills, sea, trees, far houses. */
export const landscape: Painter = (canvas, { scale, palette }, random) => {
  const y = random.range(0.1, 1.1);
  paintSky(canvas, random, Math.min(1.05, y + 0.1));
  const haze = colourOf(0.58, 0.2, random.range(0.2, 0.6));
  const ridges = random.integer(4);
  for (let k = 0; k < ridges; k++) {
    const near = (k + 1) / (ridges + 1);
    const colour = mixed(haze, leafColour(random), 0.3 + 0.7 * near);
    ridge(canvas, random, y - 0.15 * (1 - near) + 0.02, random.range(0.03, 0.25), random.range(0.3, 0.75), {
      colour,
      dark: scaled(colour, 0.4),
      tile: random.pick(["leaves", "pink", "cloud"]),
      repeats: (1.5 + 2 * (1 - near)) / scale,
      at: anywhere(random),
    });
  }
  ground(canvas, random, y, scale);
  const far = random.chance(0.4) ? 4 + random.integer(14) : 0;
  for (let k = 0; k < far; k++) {
    const x = random.range(-0.1, 1.1);
    const h = random.range(0.01, 0.09) * scale;
    if (random.chance(0.5)) tree(canvas, random, x, y + 0.01, h * 2, scale);
    else
      fillBox(canvas, x, y - h, x + random.range(0.02, 0.12), y + 0.01, {
        colour: varied(palette[k % palette.length], random),
      });
  }
  const near = random.integer(3);
  for (let k = 0; k < near; k++)
    tree(canvas, random, random.range(-0.1, 1.1), y + random.range(0, 0.1), random.range(0.2, 0.9) * scale, scale);
  if (random.chance(0.15))
    fillEllipse(
      canvas,
      random.uniform(),
      y - random.range(0.1, 0.8),
      0.5,
      0.5,
      { colour: [3, 2.6, 1.9], opacity: 0.8 },
      { softness: 1 },
    );
};

function tree(canvas: Canvas, random: Random, x: number, y: number, height: number, scale: number): void {
  const bark = colourOf(0.07, 0.4, random.range(0.02, 0.12));
  stroke(canvas, [x, y, x + 0.03 * random.normal() * height, y - 0.7 * height], 0.07 * height, {
    colour: bark,
    dark: scaled(bark, 0.4),
    tile: "strands",
    repeats: 3,
  });
  const leaf = leafColour(random);
  for (let k = 0; k < 14; k++) {
    const r = height * random.range(0.12, 0.26);
    const up = random.uniform();
    fillEllipse(
      canvas,
      x + 0.2 * height * random.normal() * (1.1 - up),
      y - height * (0.4 + 0.6 * up),
      r,
      r * 0.8,
      {
        colour: scaled(leaf, 0.6 + 0.7 * up),
        dark: scaled(leaf, 0.12),
        tile: "leaves",
        ragged: true,
        repeats: 2.5 / scale,
        at: anywhere(random),
      },
      { softness: 0.6 },
    );
  }
}

/** A hedge, a wood, a garden: leaves at several distances, light or dark between them, stems, flowers. */
export const foliage: Painter = (canvas, { scale, blur }, random) => {
  const leaf = leafColour(random);
  const deep = scaled(leaf, random.range(0.03, 0.3));
  const backlit = random.chance(0.35);
  const behind: Rgb = backlit ? scaled(mixed([0.9, 0.95, 1], leaf, 0.3), random.range(0.4, 1.5)) : deep;
  const sky = { tile: "cloud", repeats: random.range(0.4, 1.5), at: anywhere(random) } as const;
  fillAll(canvas, { ...sky, colour: behind, dark: backlit ? scaled(behind, 0.5) : deep });
  if (!backlit) {
    fillAll(canvas, {
      colour: scaled(leaf, random.range(0.3, 0.8)),
      dark: deep,
      tile: "leaves",
      repeats: random.range(1.5, 3) / scale,
      at: anywhere(random),
      opacity: 0.8,
    });
  }
  const trunks = random.chance(0.45) ? 1 + random.integer(6) : 0;
  for (let k = 0; k < trunks; k++) {
    const x = random.range(-0.05, 1.05);
    const bark = colourOf(0.07, random.range(0.1, 0.5), random.range(0.01, 0.2));
    stroke(
      canvas,
      [x, 1.1, x + 0.08 * random.normal(), 0.5, x + 0.12 * random.normal(), -0.1],
      random.range(0.01, 0.13) * scale,
      { colour: bark, dark: scaled(bark, 0.25), tile: "strands", repeats: 2.5, at: anywhere(random) },
    );
  }
  const layers = 2 + random.integer(3);
  for (let k = 0; k < layers; k++) {
    const colour = scaled(varied(leaf, random, 0.3), 0.5 + (0.9 * (k + 1)) / layers);
    const repeats = (2.6 - (1.6 * k) / layers) / scale;
    const at = anywhere(random);
    const angle = random.range(0, 6.28);
    // Leaves come in clumps.
    const clumps = 6 + random.integer(12);
    for (let c = 0; c < clumps; c++) {
      const r = random.range(0.05, 0.22) * scale;
      fillEllipse(
        canvas,
        random.range(-0.1, 1.1),
        random.range(-0.1, 1.1),
        r,
        r * random.range(0.5, 1),
        {
          colour,
          dark: scaled(deep, 0.5),
          tile: "leaves",
          ragged: true,
          repeats,
          angle,
          at,
          contrast: random.range(1, 1.8),
        },
        { softness: 0.8, angle: random.range(0, 3) },
      );
    }
  }
  if (random.chance(0.5)) {
    // Sunlit spots, as large as the defocus makes them.
    const gain = random.range(1.5, 4);
    for (let k = 10 + random.integer(40); k > 0; k--) {
      const r = Math.max(0.003, 1.5 * blur) * random.range(0.6, 1.3);
      fillEllipse(canvas, random.uniform(), random.uniform(), r, r, {
        colour: backlit ? scaled([0.9, 0.95, 1], gain) : scaled(mixed(leaf, [0.5, 0.5, 0.4], 0.6), gain),
        opacity: random.range(0.3, 1),
      });
    }
  }
  if (random.chance(0.25)) {
    const flower = colourOf(random.pick([0.95, 0.13, 0.8, 0, 0.16]), random.range(0, 0.9), random.range(0.2, 0.7));
    for (let k = 10 + random.integer(40); k > 0; k--) {
      const r = random.range(0.006, 0.03) * scale;
      fillEllipse(canvas, random.uniform(), random.uniform(), r, r * 0.8, { colour: varied(flower, random, 0.3) });
    }
  }
  if (random.chance(0.25)) ground(canvas, random, random.range(0.5, 0.95), scale);
};
