import { type MorphableModel, quaternionFromAngles, type RgbImage, synthesizeAlbedo, synthesizeShape } from "cameo";
import sharp from "sharp";
import { createRandom } from "./random.ts";
import { renderHead, studioLight } from "./render.ts";

/** Coefficients of one head on a sheet. */
interface Tile {
  readonly identity?: ArrayLike<number>;
  readonly expression?: ArrayLike<number>;
  readonly texture?: ArrayLike<number>;
  /** Degrees. */
  readonly yaw?: number;
}

const tileSize = 220;
const columns = 8;
/** Height of the picture at the head, mm. */
const extent = 290;
const distance = 1500;
const background = [0.25, 0.27, 0.3];

/**
 * Draws contact sheets: the mean and ±2σ of the first components of identity, texture and expression, the named
 * expressions, and random heads.
 * @returns the names of the files written
 */
export async function writeSheets(model: MorphableModel, prefix: string): Promise<string[]> {
  const random = createRandom(7);
  const normal = (count: number) => Float64Array.from({ length: count }, () => random.normal());
  const mean: Tile[] = [0, 30, 60, 90, 150].map((yaw) => ({ yaw: -yaw }));
  const blanks = Array<Tile>(columns - mean.length).fill({});
  const sheets: Record<string, Tile[]> = {
    identity: [...mean, ...blanks, ...pairs(20, (identity) => ({ identity, yaw: -30 }))],
    texture: pairs(20, (texture) => ({ texture, yaw: -20 })),
    expression: pairs(20, (expression) => ({ expression, yaw: -20 })),
    named: [...model.namedExpressions.values()].map((expression) => ({ expression, yaw: -15 })),
    random: Array.from({ length: 40 }, () => ({
      identity: normal(model.identity.count),
      texture: normal(model.texture.count),
      yaw: random.range(-50, 50),
    })),
  };
  const files: string[] = [];
  for (const [name, tiles] of Object.entries(sheets)) {
    const file = `${prefix}-${name}.png`;
    await writeSheet(model, tiles, file);
    files.push(file);
  }
  return files;
}

/** Two standard deviations down and up each of the first components. */
const pairs = (count: number, tile: (coefficients: Float64Array) => Tile): Tile[] =>
  Array.from({ length: 2 * count }, (_, i) => {
    const coefficients = new Float64Array(Math.floor(i / 2) + 1);
    coefficients[coefficients.length - 1] = i % 2 === 0 ? -2 : 2;
    return tile(coefficients);
  });

function drawTile(model: MorphableModel, { identity = [], expression = [], texture = [], yaw = 0 }: Tile): RgbImage {
  const f = (tileSize * distance) / extent;
  return renderHead(
    {
      shape: synthesizeShape(model, identity, expression),
      triangles: model.triangles,
      albedo: synthesizeAlbedo(model, texture),
      pose: {
        rotation: quaternionFromAngles({ yaw: (yaw * Math.PI) / 180, pitch: 0, roll: 0 }),
        translation: [0, -15, distance],
      },
      camera: { fx: f, fy: f, cx: tileSize / 2, cy: tileSize / 2 },
      light: studioLight,
      background,
    },
    tileSize,
    tileSize,
    2,
  ).image;
}

async function writeSheet(model: MorphableModel, tiles: readonly Tile[], file: string): Promise<void> {
  const rows = Math.ceil(tiles.length / columns);
  const width = columns * tileSize;
  const data = Buffer.alloc(width * rows * tileSize * 3);
  for (const [i, tile] of tiles.entries()) {
    const image = drawTile(model, tile);
    const left = (i % columns) * tileSize;
    const top = Math.floor(i / columns) * tileSize;
    for (let y = 0; y < tileSize; y++)
      data.set(image.data.subarray(3 * y * tileSize, 3 * (y + 1) * tileSize), 3 * ((top + y) * width + left));
  }
  await sharp(data, { raw: { width, height: rows * tileSize, channels: 3 } })
    .png()
    .toFile(file);
}
