import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Detector, MorphableModel } from "cameo";
import { drawSubject, type Studio, type Truth } from "./subjects.ts";

/** What is known of a subject, and what the detector saw of it. */
export interface Sitting {
  readonly seed: number;
  readonly truth: Truth;
  /** 468 × (x, y, z); null where no face was found. */
  readonly landmarks: Float32Array | null;
}

/**
 * Draws and detects the subjects of the given seeds, or reads what an earlier run kept.
 * @param open called once, and only if something must be drawn
 */
export async function sit(
  seeds: readonly number[],
  model: MorphableModel,
  cache: string,
  open: () => Promise<{ studio: Studio; detector: Detector }>,
  progress: (done: number) => void,
): Promise<Sitting[]> {
  // Heads are aligned to the model's mean, so another model makes other truths.
  const key = createHash("sha256").update(model.meanShape).digest("hex").slice(0, 12);
  const folder = join(cache, key);
  mkdirSync(folder, { recursive: true });
  let tools: ReturnType<typeof open> | undefined;
  const sittings: Sitting[] = [];
  for (const seed of seeds) {
    const file = join(folder, `${seed}.json`);
    if (!existsSync(file)) {
      tools ??= open();
      const { studio, detector } = await tools;
      const { truth, image } = drawSubject(studio, seed);
      const [face] = await detector.detect(image);
      const kept = { seed, truth, landmarks: face?.landmarks468 ?? null };
      writeFileSync(
        `${file}.part`,
        JSON.stringify(kept, (_, x) => (x instanceof Float32Array ? pack(x) : x)),
      );
      renameSync(`${file}.part`, file);
    }
    sittings.push(JSON.parse(readFileSync(file, "utf8"), (_, x) => (x?.float32 === undefined ? x : unpack(x))));
    progress(sittings.length);
  }
  await (await tools)?.detector.dispose();
  return sittings;
}

const pack = (x: Float32Array) => ({
  float32: Buffer.from(x.buffer, x.byteOffset, x.byteLength).toString("base64"),
});

const unpack = ({ float32 }: { float32: string }): Float32Array =>
  new Float32Array(new Uint8Array(Buffer.from(float32, "base64")).buffer);
