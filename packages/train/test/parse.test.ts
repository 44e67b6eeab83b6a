import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTrainer, decodeSafeTensors, parseConfig, taskFields, train } from "@cameo/train";
import { afterAll, describe, expect, it } from "vitest";

const root = mkdtempSync(join(tmpdir(), "cameo-parse-"));
afterAll(() => rmSync(root, { recursive: true }));

const config = (out: string, size: number, more: object = {}) =>
  parseConfig({
    task: "parse",
    out: join(root, out),
    data: { kind: "shapes", count: 16, seed: 1 },
    size,
    batch: 2,
    steps: 3,
    rate: 1e-3,
    workers: 0,
    network: { channels: [4, 8] },
    ...more,
  });

describe("the parsing task", () => {
  it("adds cross-entropy and Dice by their weights", async () => {
    const losses = { crossEntropy: 2, dice: 3 };
    const trainer = await createTrainer(config("weights", 16, { losses }));
    const batch = { image: new Float32Array(2 * 3 * 16 * 16).fill(0.5), label: new Int32Array(2 * 16 * 16).fill(1) };
    const { metrics } = await trainer.evaluate(batch, false);
    await trainer.dispose();
    expect(metrics.loss).toBeCloseTo(2 * metrics.crossEntropy + 3 * metrics.dice, 5);
    // One label everywhere: Dice = 2p / (p + 1) of its mean probability p, up to its variance over pixels.
    const p = Math.exp(-metrics.crossEntropy);
    expect(metrics.dice).toBeCloseTo(1 - (2 * p) / (p + 1), 2);
  });

  it("goes on at another picture size from a checkpoint", async () => {
    expect(Object.keys(taskFields(config("small", 16)))).toEqual(["image", "label"]);
    const { checkpoint } = await train(config("small", 16));
    const next = await train(config("large", 32, { from: checkpoint, steps: 1, rate: 1e-12 }));
    expect(next.step).toBe(1);
    const weights = (path: string) => decodeSafeTensors(readFileSync(path)).tensors.get("network/value/labels.weight")!;
    expect(weights(next.checkpoint).values).toEqual(weights(checkpoint).values);
    await expect(train(config("other", 32, { from: checkpoint, network: { channels: [4, 4] } }))).rejects.toThrow(
      "another architecture",
    );
  });
});
