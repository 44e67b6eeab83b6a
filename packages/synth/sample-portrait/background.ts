import { smoothstep } from "cameo";
import { createRandom, noise } from "./random.ts";
import { linearColour } from "./texture.ts";

/** A painted backdrop, out of focus: linear RGB per pixel. */
export function paintBackdrop(
  width: number,
  height: number,
  [middle, rim]: readonly [string, string],
  seed: number,
): Float32Array {
  const inner = linearColour(middle);
  const outer = linearColour(rim);
  const random = createRandom(seed);
  const spots = Array.from({ length: 5 }, () => ({
    x: random(),
    y: random(),
    size: 0.15 + 0.25 * random(),
    strength: 0.3 * (random() - 0.4),
  }));
  const out = new Float32Array(3 * width * height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 3) {
      const u = (x + 0.5) / width;
      const v = (y + 0.5) / height;
      let t = smoothstep(0.1, 1.05, Math.hypot(1.1 * (u - 0.62), 0.85 * (v - 0.42)) * 1.35);
      t += 0.22 * (noise(3 * u + 10, 3.4 * v, seed) - 0.5) + 0.1 * (noise(8 * u, 9 * v + 5, seed) - 0.5);
      let lift = 1;
      for (const s of spots)
        lift += s.strength * (1 - smoothstep(0, 1, Math.hypot(u - s.x, (v - s.y) * (height / width)) / s.size));
      for (let k = 0; k < 3; k++) out[i + k] = (inner[k] + t * (outer[k] - inner[k])) * lift;
    }
  return out;
}
