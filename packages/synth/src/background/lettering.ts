import type { Random } from "../random.ts";
import type { Canvas, Paint } from "./canvas.ts";
import { type Plane, strokeOn } from "./plane.ts";

/** Strokes of each letter as x, y digits on a grid 3 wide and 5 high. */
const strokes: Readonly<Record<string, string>> = {
  A: "0401102124 0222",
  B: "040010211202 12231404",
  C: "211001031423",
  D: "04001021231404",
  E: "20000424 0212",
  F: "200004 0212",
  G: "2110010314232212",
  H: "0004 2024 0222",
  I: "1014",
  J: "20231403",
  K: "0004 200224",
  L: "000424",
  M: "0400122024",
  N: "04002420",
  O: "10010314232110",
  P: "040010211202",
  Q: "10010314232110 1324",
  R: "040010211202 1224",
  S: "21100112231403",
  T: "0020 1014",
  U: "0003142320",
  V: "001420",
  W: "0004122420",
  X: "0024 2004",
  Y: "001220 1214",
  Z: "00200424",
  "2": "0110210424",
  "3": "002012231403",
  "4": "24200323",
  "5": "20000212231403",
  "7": "002014",
};
const letters = Object.keys(strokes);
const points = Object.fromEntries(
  Object.entries(strokes).map(([letter, lines]) => [letter, lines.split(" ").map((line) => Array.from(line, Number))]),
);

export const randomWord = (random: Random, length: number): string =>
  Array.from({ length }, () => random.pick(letters)).join("");

/** Width of text of height 1. */
export const textWidth = (text: string, wide = 0.5): number => text.length * wide * 1.45 - 0.45 * wide;

/**
 * Draws capital letters on a plane with the top left corner at s, t: `height` high, each `wide` times as wide, strokes of `bold`
 * times the height, leaning by `slant`.
 */
export function write(
  canvas: Canvas,
  plane: Plane,
  text: string,
  s: number,
  t: number,
  height: number,
  paint: Paint,
  { wide = 0.5, bold = 0.16, slant = 0 } = {},
): void {
  const line: number[] = [];
  for (let k = 0; k < text.length; k++) {
    for (const stroke of points[text[k]] ?? []) {
      line.length = 0;
      for (let i = 0; i < stroke.length; i += 2) {
        const y = stroke[i + 1] / 4;
        line.push(s + height * (wide * (k * 1.45 + stroke[i] / 2) + slant * (1 - y)), t + height * y);
      }
      strokeOn(canvas, plane, line, bold * height, paint);
    }
  }
}
