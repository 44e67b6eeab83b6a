import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeShards } from "@cameo/synth";
import { createLoader, createTrainer, inferenceGraph, parseConfig, taskFields, toOnnx } from "@cameo/train";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = mkdtempSync(join(tmpdir(), "cameo-depth-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const size = 32;
const path = join(root, "pairs");
beforeAll(async () => {
  const maker = new URL("../../synth/test/set/toy-maker.ts", import.meta.url).href;
  const options = { size, frames: 2 };
  await writeShards({ folder: path, format: "png", assets: root, maker, seed: 3, count: 2, options, workers: 0 });
});

const config = (network: object, losses: object) =>
  parseConfig({
    task: "depth",
    out: join(root, "run"),
    data: { kind: "portraits", path },
    size,
    batch: 2,
    steps: 10,
    workers: 0,
    threads: 1,
    network: { width: 4, ...network },
    losses,
  });

/** The losses of the paper, with its weights. */
const paper = { colour: 0.4, gradient: 0.6, smooth: 100, face: 500, layer: 100, target: 0 };

describe("the depth task", () => {
  it("takes the inputs that it is told to", () => {
    const inputs = (network: object) =>
      [...toOnnx(inferenceGraph(config(network, {}), 1).outputs).inputs.keys()].filter((name) => !name.includes("."));
    expect(inputs({}).sort()).toEqual(["face", "image", "mask"]);
    expect(inputs({ mask: false }).sort()).toEqual(["face", "image"]);
    expect(inputs({ condition: "model" }).sort()).toEqual(["image", "mask", "model"]);
    expect(inputs({ condition: "none", mask: false })).toEqual(["image"]);
  });

  it("asks for pairs and known depth where the losses need them", () => {
    expect(Object.keys(taskFields(config({}, {})))).toEqual(["image", "label", "face", "mask", "depth"]);
    const fields = taskFields(config({ mask: false }, paper));
    expect(Object.keys(fields)).toEqual(["image", "label", "face", "mask", "camera", "centre", "motion"]);
    expect(fields.image).toEqual({ pair: "picture" });
  });

  it("learns from pairs by the paper's losses alone", async () => {
    const run = config({ mask: false }, paper);
    const loader = await createLoader({
      spec: run.data,
      fields: taskFields(run),
      size,
      batchSize: 2,
      seed: 0,
      workers: 0,
    });
    const batch = await loader.batch(0);
    const trainer = await createTrainer(run);
    const losses: number[] = [];
    for (let step = 0; step < 25; step++) losses.push((await trainer.step([batch], 3e-3)).metrics.loss);
    const { metrics, picture } = await trainer.evaluate(batch, true);
    await trainer.dispose();
    expect(Object.keys(metrics).sort()).toEqual(["colour", "face", "gradient", "layer", "loss", "smooth"]);
    for (const [name, value] of Object.entries(metrics)) expect(value, name).toBeGreaterThan(0);
    const total = Object.entries(paper).reduce((sum, [name, weight]) => sum + weight * (metrics[name] ?? 0), 0);
    expect(metrics.loss / total).toBeCloseTo(1, 4);
    expect(losses[24]).toBeLessThan(0.5 * losses[0]);
    expect([picture?.width, picture?.height]).toEqual([5 * size, 2 * size]);
  }, 60_000);
});
