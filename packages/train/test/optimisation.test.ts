import { readFileSync } from "node:fs";
import * as t from "@cameo/train";
import { describe, expect, it } from "vitest";
import { noise } from "./finite-differences.ts";

const stored = t.decodeSafeTensors(readFileSync(new URL("./reference/operators.safetensors", import.meta.url))).tensors;
const get = (key: string) => stored.get(key)!.values as Float32Array;

describe("Adam agrees with PyTorch", () => {
  const kinds: Record<string, t.AdamOptions> = {
    adam: { beta1: 0.9, beta2: 0.99, weightDecay: 0.1 },
    adamw: { beta1: 0.5, beta2: 0.999, weightDecay: 0.1, decoupled: true },
  };
  for (const [name, options] of Object.entries(kinds))
    it(name, () => {
      const weight = Float32Array.from(get(`${name}/start`));
      const moments = { first: new Float32Array(6), second: new Float32Array(6) };
      for (let i = 0; i < 5; i++) {
        t.adamStep(weight, get(`${name}/gradient${i}`), moments, 0.01, i + 1, 1, options);
        weight.forEach((w, k) => {
          expect(w).toBeCloseTo(get(`${name}/weight${i}`)[k], 6);
        });
      }
    });

  it("and so does clipping of gradients", () => {
    const gradients = [get("clipping/gradient0"), get("clipping/gradient1")];
    const norm = t.gradientNorm(gradients);
    expect(norm).toBeCloseTo(get("clipping/norm")[0], 5);
    const factor = t.clipFactor(norm, 1.5);
    gradients.forEach((g, i) => {
      g.forEach((value, k) => {
        expect(value * factor).toBeCloseTo(get(`clipping/clipped${i}`)[k], 6);
      });
    });
    expect(t.clipFactor(1, 1.5)).toBe(1);
  });
});

describe("learning-rate schedules", () => {
  const schedule =
    (kind: t.Schedule["kind"], more = {}) =>
    (step: number) =>
      t.learningRate(1, { kind, ...more }, step, 100);
  it("rise and fall", () => {
    expect([0, 50, 99].map(schedule("constant"))).toEqual([1, 1, 1]);
    expect([0, 4, 9, 10].map(schedule("constant", { warmup: 10 }))).toEqual([0.1, 0.5, 1, 1]);
    expect(schedule("cosine")(0)).toBe(1);
    expect(schedule("cosine")(50)).toBeCloseTo(0.5);
    expect(schedule("cosine", { final: 0.2 })(100)).toBeCloseTo(0.2);
    expect([0, 50, 75].map(schedule("linear", { from: 0.5 }))).toEqual([1, 1, 0.5]);
    expect([0, 50, 95].map(schedule("steps", { at: [0.5, 0.9], factor: 0.1 })).map((r) => r.toPrecision(2))).toEqual([
      "1.0",
      "0.10",
      "0.010",
    ]);
  });
});

/** y = W x fitted to targets. */
function linearObjective(count: number) {
  const variables = new t.Variables(true);
  const weight = variables.weight("w", [2, 3], t.normal(1));
  const error = t.sub(t.linear(t.input("x", [count, 3]), weight), t.input("y", [count, 2]));
  return { variables, loss: t.mean(t.square(error)) };
}

describe("a learner", () => {
  const [x, y] = [noise(12, 1), noise(8, 2)];

  it("takes the same step on two half batches as on the whole one", async () => {
    const whole = await t.createLearner(linearObjective(4), { threads: 1 });
    const halves = await t.createLearner(linearObjective(2), { threads: 1 });
    const one = await whole.step([{ x, y }], 0.1);
    const two = await halves.step(
      [
        { x: x.slice(0, 6), y: y.slice(0, 4) },
        { x: x.slice(6), y: y.slice(4) },
      ],
      0.1,
    );
    expect(two.metrics.loss).toBeCloseTo(one.metrics.loss, 5);
    expect(two.metrics.gradient).toBeCloseTo(one.metrics.gradient, 5);
    const [a, b] = [whole.values.get("w")!, halves.values.get("w")!];
    a.forEach((w, i) => {
      expect(b[i]).toBeCloseTo(w, 5);
    });
  });

  it("averages weights", async () => {
    const learner = await t.createLearner(linearObjective(4), { threads: 1, average: 0.9 });
    const trace: number[] = [learner.values.get("w")![0]];
    for (let i = 0; i < 3; i++) {
      await learner.step([{ x, y }], 0.1);
      trace.push(learner.values.get("w")![0]);
    }
    let expected = trace[0];
    trace.slice(1).forEach((w, i) => {
      const decay = Math.min(0.9, (i + 1) / (i + 11));
      expected = decay * expected + (1 - decay) * w;
    });
    expect(learner.averaged.get("w")![0]).toBeCloseTo(expected, 5);
  });

  it("averages running statistics with the weights that they belong to, from a checkpoint without averages too", async () => {
    const objective = () => {
      const variables = new t.Variables(true);
      const input = t.input("x", [2]);
      const w = variables.weight("w", [2], t.fill(1));
      variables.statistic("mean", [2], 0);
      variables.update("mean", t.add(input, 0));
      return { variables, loss: t.mean(t.square(t.mul(w, input))) };
    };
    const plain = await t.createLearner(objective(), { threads: 1 });
    await plain.step([{ x: Float32Array.of(4, 8) }], 0);
    expect(plain.averaged.get("mean")).toEqual(Float32Array.of(4, 8));
    const learner = await t.createLearner(objective(), { threads: 1, average: 0.9 });
    learner.load(plain.save("a/"), "a/");
    expect(learner.averaged.get("mean")).toEqual(Float32Array.of(4, 8));
    await learner.step([{ x: Float32Array.of(5, 10) }], 0);
    const share = 1 - 2 / 12;
    expect(learner.averaged.get("mean")![0]).toBeCloseTo(4 + share, 5);
    expect(learner.values.get("mean")).toEqual(Float32Array.of(5, 10));
    expect(learner.save("b/").get("b/average/mean")?.values).toEqual(learner.averaged.get("mean"));
  });

  it("changes nothing when the loss is not a number", async () => {
    const learner = await t.createLearner(linearObjective(4), { threads: 1 });
    const before = Float32Array.from(learner.values.get("w")!);
    const bad = x.with(3, Number.NaN);
    await expect(learner.step([{ x: bad, y }], 0.1)).rejects.toThrow(t.NonFiniteError);
    expect(learner.values.get("w")).toEqual(before);
    expect(learner.time).toBe(0);
  });
});

describe("alternating steps", () => {
  it("bring a generator's numbers to the real ones", async () => {
    // Real numbers are about 3; the generator shifts noise; the discriminator is a small perceptron.
    const noiseInput = t.input("noise", [64, 1]);
    const perceptron = (v: t.Variables, value: t.Tensor) => {
      const hidden = t.tanh(t.linear(value, v.weight("w1", [8, 1], t.normal(1)), v.weight("b1", [8], t.normal(0.5))));
      return t.linear(hidden, v.weight("w2", [1, 8], t.normal(0.5)), v.weight("b2", [1], t.fill(0)));
    };
    const judged = (judgement: t.Tensor, wanted: number) => t.mean(t.square(t.sub(judgement, wanted)));
    const g = new t.Variables(true);
    const made = t.add(t.mul(noiseInput, 0.5), g.scope("g").weight("shift", [1], t.fill(0)));
    const generator = await t.createLearner(
      { variables: g, loss: judged(perceptron(new t.Variables(true).scope("d"), made), 1), outputs: { made } },
      { threads: 1, adam: { beta1: 0.5 } },
    );
    const d = new t.Variables(true);
    const critic = (value: t.Tensor) => perceptron(d.scope("d"), value);
    const loss = t.add(judged(critic(t.input("real", [64, 1])), 1), judged(critic(t.input("made", [64, 1])), 0));
    const discriminator = await t.createLearner({ variables: d, loss }, { threads: 1, adam: { beta1: 0.5 } });
    const rates = { generator: 0.02, discriminator: 0.02 };
    for (let i = 0; i < 500; i++) {
      const batch = { noise: noise(64, i), real: noise(64, i + 7000).map((v) => 3 + 0.5 * v) };
      await t.adversarialStep(generator, discriminator, batch, rates);
    }
    expect(Math.abs(generator.values.get("g.shift")![0] - 3)).toBeLessThan(0.5);
  });
});
