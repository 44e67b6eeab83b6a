import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Maker, OpenMaker, PortraitSample } from "@cameo/synth";
// Not from the whole package: threads start faster.
import { random } from "../../src/random.ts";

/**
 * A generator of its own for tests: noise in the shape of portraits. The "assets" are a folder where it leaves a file
 * `made-<index>` for each subject. Subject 13 fails.
 */
export const openMaker: OpenMaker =
  async ({ assets }) =>
  async (seed, index, options) => {
    writeFileSync(join(assets, `made-${index}`), "");
    return makeToys(seed, index, options);
  };

export const makeToys: Maker = async (seed, index, options) => {
  if (index === 13) throw new Error("unlucky");
  return Array.from({ length: options.frames }, (_, frame) => toy(seed, index, frame, options.size));
};

function toy(seed: number, index: number, frame: number, size: number): PortraitSample {
  const r = random(seed, "toy", index, frame);
  const pixels = size * size;
  const focal = r.range(300, 900);
  const labels = Uint8Array.from({ length: pixels }, () => r.integer(6));
  const numbers = (count: number) => Array.from({ length: count }, () => Math.fround(r.normal()));
  const points = (count: number) => ({
    points: numbers(3 * count).map((x, i) => (i % 3 === 2 ? Math.fround(900 + x) : x)),
    visible: numbers(count).map((x) => Number(x > 0)),
  });
  return {
    size,
    image: Uint8Array.from({ length: 3 * pixels }, (_, i) => (i + r.integer(40)) & 255),
    labels,
    extras: Uint8Array.from({ length: pixels }, () => r.integer(7)),
    depth: Float32Array.from(labels, (label) => (label === 0 ? 0 : r.range(300, 2500))),
    normals: Int8Array.from({ length: 3 * pixels }, (_, i) => (labels[Math.floor(i / 3)] ? r.integer(255) - 127 : 0)),
    albedo: Uint8Array.from({ length: 3 * pixels }, () => r.integer(256)),
    truth: {
      seed,
      index,
      frame,
      camera: { fx: focal, fy: focal, cx: size / 2, cy: size / 3 },
      pose: { rotation: [0, Math.sin(0.1), 0, Math.cos(0.1)], translation: [r.normal(), 2 / 3, 900.125] },
      angles: { yaw: r.range(-60, 60), pitch: r.normal(), roll: 0.1 },
      identity: numbers(80),
      expression: numbers(64),
      texture: numbers(80),
      illumination: numbers(27),
      landmarks68: points(68),
      landmarks468: points(468),
      facts: { hair: r.pick(["bob", "bald", "größer"]), age: r.range(8, 90), glasses: r.integer(2) },
    },
  };
}
