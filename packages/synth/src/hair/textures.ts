import { linearOfSrgb } from "cameo";
import { clamp, noise } from "../noise.ts";
import { random } from "../random.ts";
import type { Texture } from "../texture.ts";

/** A texture and the mean linear brightness of what is opaque in it: colours are divided by it. */
export interface TonedTexture extends Texture {
  readonly mean: number;
}

/** Different locks side by side in the texture of {@link lockTexture}. */
export const lockColumns = 4;
const columnWidth = 32;
const lockHeight = 128;

let locks: TonedTexture | undefined;

/** Locks of fine strands, root at the top; each column is another lock. */
export function lockTexture(): TonedTexture {
  if (locks) return locks;
  const width = lockColumns * columnWidth;
  const data = new Uint8Array(4 * width * lockHeight);
  const source = random(1, "lock texture");
  for (let column = 0; column < lockColumns; column++) {
    const strands = Array.from({ length: 17 }, (_, i) => ({
      at: (i + 0.5) / 17 + 0.022 * source.normal(),
      width: source.range(0.035, 0.06),
      tone: source.range(0.55, 0.95),
      end: i < 2 || i > 14 ? source.range(0.45, 0.95) : source.range(0.78, 1.04),
      phase: source.range(0, 100),
    }));
    for (let row = 0; row < lockHeight; row++) {
      const v = (row + 0.5) / lockHeight;
      for (let x = 0; x < columnWidth; x++) {
        const u = (x + 0.5) / columnWidth;
        let alpha = 0;
        let tone = 0.5;
        for (const strand of strands) {
          // Strands wander and draw together towards the tip.
          const at = 0.5 + (strand.at - 0.5) * (1 - 0.25 * v) + 0.09 * (noise(strand.phase, v * 4, 0) - 0.5);
          const left = clamp((strand.end - v) / 0.25);
          const cover = clamp(1.6 - Math.abs(u - at) / (strand.width * (0.35 + 0.65 * left))) * (left > 0 ? 1 : 0);
          if (cover > alpha) {
            alpha = cover;
            tone = strand.tone * (0.85 + 0.3 * noise(strand.phase, v * 9, 5));
          }
        }
        const rim = clamp(Math.min(u, 1 - u) * columnWidth - 0.5);
        writeGrey(data, row * width + column * columnWidth + x, tone, Math.min(1, alpha * 1.3) * rim);
      }
    }
  }
  locks = { width, height: lockHeight, data, mean: meanBrightness(data) };
  return locks;
}

/** Layers of hair that stands on the scalp, laid out around the crown: see `shellUv`. */
const shellSize = 384;
/** Kinds of layer, from the dense one at the skin to the sparse one outside. */
export const shellSteps = 5;

const shells = new Map<string, TonedTexture>();

export function shellTexture(kind: "coils" | "tufts" | "fuzz", step: number): TonedTexture {
  const key = `${kind}/${step}`;
  let texture = shells.get(key);
  if (!texture) {
    texture = drawShell(kind, step / (shellSteps - 1));
    shells.set(key, texture);
  }
  return texture;
}

function drawShell(kind: "coils" | "tufts" | "fuzz", height: number): TonedTexture {
  const data = new Uint8Array(4 * shellSize * shellSize);
  const darkest = kind === "fuzz" ? 0.72 : 0.5;
  for (let row = 0; row < shellSize; row++)
    for (let column = 0; column < shellSize; column++) {
      const x = (column + 0.5) / shellSize - 0.5;
      const y = (row + 0.5) / shellSize - 0.5;
      const around = Math.atan2(y, x);
      const out = Math.hypot(x, y);
      let value: number;
      if (kind === "coils") {
        // Small rings, lumped.
        const lump = noise(x * 22, y * 22, 3 + height);
        const ring = Math.abs(noise(x * 62, y * 62, 7 + 0.6 * height) - 0.5) * 2;
        const fine = noise(x * 130, y * 130, 11);
        value = 0.45 * lump + 0.3 * (1 - ring) + 0.25 * fine;
      } else if (kind === "tufts") {
        // Points on the unit circle instead of the angle: no seam.
        const cx = Math.cos(around) * 7;
        const cy = Math.sin(around) * 7;
        value = 0.55 * noise(cx * 2.2, cy * 2.2, out * 26) + 0.45 * noise(cx * 6.5, cy * 6.5, out * 30 + 40);
      } else value = 0.3 * noise(x * 60, y * 60, 0) + 0.7 * noise(x * 190, y * 190, 9);
      const threshold = -0.1 + 0.72 * height ** 0.8;
      const alpha = clamp((value - threshold) * 9 + 0.5);
      writeGrey(data, row * shellSize + column, darkest + (1 - darkest) * clamp((value - 0.25) * 1.7), alpha);
    }
  return { width: shellSize, height: shellSize, data, mean: meanBrightness(data) };
}

function writeGrey(data: Uint8Array, pixel: number, tone: number, alpha: number): void {
  data[4 * pixel] = data[4 * pixel + 1] = data[4 * pixel + 2] = Math.round(255 * clamp(tone));
  data[4 * pixel + 3] = Math.round(255 * clamp(alpha));
}

export function meanBrightness(data: Uint8Array): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] > 127) {
      sum += (linearOfSrgb[data[i]] + linearOfSrgb[data[i + 1]] + linearOfSrgb[data[i + 2]]) / 3;
      count++;
    }
  return count > 0 ? sum / count : 1;
}
