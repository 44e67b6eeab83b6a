import { extname } from "node:path";
import { encodeImage, OutputError, type RgbaImage, writeFileWhole } from "cameo";
import { type Command, InvalidArgumentError } from "commander";

/** Options of every command that writes new views. */
export interface ViewOptions {
  output: string;
  size?: number;
  mark: boolean;
}

const PICTURES = { ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp" } as const;

/** Extensions of the pictures that can be written. */
export const pictureExtensions = Object.keys(PICTURES).map((extension) => extension.slice(1));

const formatOf = (path: string) => PICTURES[extname(path).toLowerCase() as keyof typeof PICTURES];

export const isPicture = (path: string): boolean => formatOf(path) !== undefined;

export const addMarkOption = (command: Command): Command =>
  command.option("--no-mark", "do not say in the file's metadata that it is synthesised");

/** Writes a view as the picture that its name says. */
export async function writePicture(
  path: string,
  picture: RgbaImage,
  { mark, signal }: { mark: boolean; signal: AbortSignal },
): Promise<void> {
  const format = formatOf(path);
  if (!format) throw new OutputError("unwritable", `${path} must end in ${endings(pictureExtensions)}.`);
  await writeFileWhole(path, await encodeImage(picture, { format, mark }), { signal });
}

/** Turns from the photo up to which results hold, degrees: beyond, hair and sides of the head are seen that the photo does not show. */
export const RANGE = { yaw: 20, pitch: 15, roll: 20 } as const;

/** What to tell the user about a turn, in degrees from the photo's pose; nothing within the range. */
export function rangeWarning(turn: { yaw: number; pitch: number; roll: number }): string[] {
  const beyond = (["yaw", "pitch", "roll"] as const).filter((name) => Math.abs(turn[name]) > RANGE[name] + 1e-6);
  if (beyond.length === 0) return [];
  const list = beyond.map((name) => `${name} ${turn[name].toFixed()}°`).join(", ");
  return [
    `the head turns by ${list} from the photo, and results hold up to ${RANGE.yaw}° of yaw, ${RANGE.pitch}° of pitch and ${RANGE.roll}° of roll`,
  ];
}

/** Parses "smile=0.7,jawOpen=0.3". */
export function expressionList(text: string): Record<string, number> {
  const wanted: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [name, value = "", ...rest] = part.split("=").map((word) => word.trim());
    const strength = value === "" ? Number.NaN : Number(value);
    if (name === "" || rest.length > 0 || !(strength >= -2 && strength <= 2))
      throw new InvalidArgumentError("It must be names with strengths from -2 to 2, such as smile=0.7,jawOpen=0.3.");
    wanted[name] = strength;
  }
  return wanted;
}

export const radians = (degrees: number): number => (degrees * Math.PI) / 180;
export const degrees = (radians: number): number => (radians * 180) / Math.PI;

/** Endings of file names, as messages name them. */
export const endings = (extensions: readonly string[]): string =>
  extensions.map((extension) => `.${extension}`).join(", ");
