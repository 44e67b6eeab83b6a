import { readFileSync } from "node:fs";
import { random } from "@cameo/synth";
import * as t from "@cameo/train";
import { type Camera, Label, type Pose } from "cameo";
import { describe, expect, it } from "vitest";

async function measure(loss: t.Tensor): Promise<number> {
  const program = await t.createProgram(t.toOnnx({ loss }), { threads: 1 });
  const { loss: value } = await program.run({});
  await program.dispose();
  return Number(value[0]);
}

const even = (value: number, shape: readonly number[]) =>
  t.constant(new Float32Array(t.elementCount(shape)).fill(value), shape);

describe("the refinement network's losses", () => {
  const shape = [2, 3, 4, 4];
  const left = t.constant(
    Float32Array.from({ length: 32 }, (_, i) => (i % 4 < 2 ? 1 : 0)),
    [2, 1, 4, 4],
  );

  it("colour: the mean of ‖G(x) − y‖₁ over a region (Eq. 10)", async () => {
    const wanted = t.constant(
      Float32Array.from({ length: 96 }, (_, i) => (i % 4 < 2 ? 0.1 : -0.9)),
      shape,
    );
    // Three channels, each 0.2 off at the left and 0.8 off at the right.
    expect(await measure(t.regeneratedColourError(even(-0.1, shape), wanted, left))).toBeCloseTo(0.6, 4);
    expect(await measure(t.regeneratedColourError(even(-0.1, shape), wanted, even(1, [2, 1, 4, 4])))).toBeCloseTo(
      1.5,
      4,
    );
  });

  // Judgements of two scales, 0.5 and −1; of maps before the last nothing counts.
  const judged = [
    [even(9, [1, 8, 4, 4]), even(0.5, [1, 1, 4, 4])],
    [even(9, [1, 8, 2, 2]), even(-1, [1, 1, 2, 2])],
  ];

  it("adversarial of the generator: ½ E[(D − 1)²] (Eq. 11)", async () => {
    expect(await measure(t.generatorError(judged))).toBeCloseTo(0.5 * 0.5 * (0.25 + 4), 5);
  });

  it("adversarial of the discriminator: ½ E[D²] of what is made, and E[(D − 1)²] of what is real over two turns (Eq. 12)", async () => {
    const real = [[even(0.9, [1, 1, 4, 4])], [even(0.7, [1, 1, 2, 2])]];
    const fake = 0.5 * 0.5 * (0.25 + 1);
    expect(await measure(t.discriminatorError(judged, real))).toBeCloseTo(fake + 0.5 * 0.5 * (0.01 + 0.09), 5);
    const blind = [[even(1, [1, 1, 4, 4])], [even(1, [1, 1, 2, 2])]];
    const turn = await measure(t.discriminatorError(blind, blind));
    // An all-believing D over a paired and an unpaired turn: ½ + ½ + 0.
    expect(2 * turn).toBeCloseTo(1, 5);
  });

  it("features: Σ ‖φᵢ(G(R)) − φᵢ(R̂)‖₁ / Nᵢ (Eq. 13)", async () => {
    const features = (x: t.Tensor) => [x, t.mul(t.avgPool2d(x, 4), 10)];
    expect(await measure(t.featureError(even(0.1, shape), even(-0.2, shape), features))).toBeCloseTo(0.3 + 3, 4);
  });
});

const side = 64;
const disc = (radius: number, x0 = side / 2, y0 = side / 2) =>
  Uint8Array.from({ length: side * side }, (_, i) =>
    Math.hypot((i % side) + 0.5 - x0, Math.floor(i / side) + 0.5 - y0) < radius ? Label.hair : Label.background,
  );

describe("holes along the head's border", () => {
  it("lie beside it, on both sides, in bands of varying width", () => {
    const labels = disc(18);
    const counts = { outside: 0, inside: 0 };
    const widths = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const holes = t.borderHoles(labels, side, random(seed, "holes"));
      let [touches, outside] = [0, 0];
      holes.forEach((hole, i) => {
        if (hole === 0) return;
        const distance = Math.hypot((i % side) + 0.5 - side / 2, Math.floor(i / side) + 0.5 - side / 2) - 18;
        expect(distance).toBeGreaterThan(-6);
        expect(distance).toBeLessThan(9);
        if (labels[i] === Label.background) {
          outside++;
          if (distance < 1) touches++;
        } else counts.inside++;
      });
      counts.outside += outside;
      if (outside > 0) expect(touches).toBeGreaterThan(0);
      widths.add(outside);
    }
    expect(counts.outside).toBeGreaterThan(40 * 50);
    expect(counts.inside).toBeGreaterThan(40);
    expect(widths.size).toBeGreaterThan(30);
  });

  it("are none where there is no head, and the same for the same seed", () => {
    expect(t.borderHoles(disc(0), side, random(1, "a"))).toEqual(new Float32Array(side * side));
    const [a, b] = [0, 0].map(() => t.borderHoles(disc(20), side, random(1, "a")));
    expect(a).toEqual(b);
  });
});

describe("coarse views", () => {
  const camera: Camera = { fx: 150, fy: 150, cx: side / 2, cy: side / 2 };
  const pose: Pose = { rotation: [0, 0, 0, 1], translation: [0, 0, 600] };
  // A ball of 80 mm before a wall whose red and green say where it is; the ball is blue.
  const depth = Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [((i % side) + 0.5 - side / 2) / 150, (Math.floor(i / side) + 0.5 - side / 2) / 150];
    const [a, b, c] = [x * x + y * y + 1, -600, 600 ** 2 - 80 ** 2];
    return b * b - a * c > 0 ? (-b - Math.sqrt(b * b - a * c)) / a : 0;
  });
  const labels = Uint8Array.from(depth, (z) => (z > 0 ? Label.face : Label.background));
  const image = Uint8Array.from({ length: 3 * side * side }, (_, i) => {
    const p = Math.floor(i / 3);
    return [labels[p] ? 0 : 2 * (p % side), labels[p] ? 0 : 2 * Math.floor(p / side), labels[p] ? 255 : 0][i % 3];
  });
  const views = Array.from({ length: 12 }, (_, seed) =>
    t.coarseView({ size: side, image, labels, depth, camera, pose }, random(seed, "view")),
  );

  it("leave the background as it was, and know nothing of what the head covered", () => {
    const isAt = (seen: Uint8Array, p: number, [r, g, b]: readonly number[]) =>
      seen[3 * p] === r && seen[3 * p + 1] === g && seen[3 * p + 2] === b;
    for (const { image: seen, holes } of views) {
      const wrong = Array.from(holes.keys()).filter((p) => {
        if (holes[p] === 1) return !isAt(seen, p, [0, 0, 0]);
        const wall = labels[p] === Label.background && isAt(seen, p, [...image.subarray(3 * p, 3 * p + 3)]);
        return !wall && !isAt(seen, p, [0, 0, 255]);
      });
      expect(wrong).toEqual([]);
    }
  });

  it("uncover a band beside a turned ball, at least on one side", () => {
    // Less than half of the ball is seen: turned, it shows its missing back at one side.
    const missing = views.map(({ holes }) => holes.reduce((a, b) => a + b, 0));
    expect(missing.filter((n) => n > 10).length).toBeGreaterThan(6);
    expect(Math.max(...missing)).toBeLessThan(labels.reduce((n, l) => n + (l ? 1 : 0), 0));
  });
});

const small = {
  task: "refine",
  out: "unused",
  data: { kind: "shapes" },
  size: 32,
  batch: 4,
  steps: 1,
  threads: 1,
  network: { filters: 4, halvings: 2, blocks: 1, discriminatorFilters: 4, scales: 1 },
  losses: { perceptual: 0 },
};

async function batches(config: t.TrainConfig, seed: number) {
  const fields = t.taskFields(config);
  const loader = await t.createLoader({
    spec: { kind: "shapes", count: 256, seed },
    fields,
    size: config.size,
    batchSize: config.batch,
    seed,
    workers: 0,
  });
  return (number: number) => loader.batch(number);
}

describe("push–pull", () => {
  const size = 32;
  const known = Float32Array.from({ length: size * size }, (_, i) =>
    ((i % size) - 16) ** 2 + ((i >> 5) - 16) ** 2 > 60 ? 1 : 0,
  );
  async function filled(picture: (x: number, y: number) => number): Promise<Float32Array> {
    const given = known.map((k, i) => k * picture(i % size, i >> 5));
    const shape = [1, 1, size, size];
    const y = t.pushPull(t.constant(given, shape), t.constant(known, shape));
    const program = await t.createProgram(t.toOnnx({ y }), { threads: 1 });
    const result = await program.run({});
    await program.dispose();
    return result.y as Float32Array;
  }

  it("keeps what is known", async () => {
    const picture = (x: number, y: number) => Math.sin(x * y);
    for (const [i, value] of (await filled(picture)).entries())
      if (known[i]) expect(value).toBeCloseTo(picture(i % size, i >> 5), 5);
  });

  it("fills holes with what is around them", async () => {
    for (const value of await filled(() => 0.7)) expect(value).toBeCloseTo(0.7, 3);
    // A slope goes on through the hole.
    const slope = await filled((x) => x / size);
    expect(slope[16 * size + 10]).toBeLessThan(slope[16 * size + 22] - 0.1);
    expect(slope[16 * size + 16]).toBeGreaterThan(0.35);
    expect(slope[16 * size + 16]).toBeLessThan(0.65);
  });
});

describe("training", () => {
  it("takes turns, and fills holes better after a few steps", async () => {
    const config = t.parseConfig(small);
    const trainer = await t.createTrainer(config);
    const [train, validation] = [await batches(config, 1), await batches(config, 2)];
    const first = await trainer.step([await train(0)], 0);
    expect(Object.keys(first.metrics)).toContain("paired/generator/colour");
    expect(Object.keys(first.metrics)).not.toContain("unpaired/generator/colour");
    const second = await trainer.step([await train(1)], 0);
    expect(Object.keys(second.metrics)).toContain("unpaired/generator/colour");

    const before = await trainer.evaluate(await validation(0), true);
    for (let i = 0; i < 40; i++) await trainer.step([await train(i)], 5e-3);
    const { metrics } = await trainer.evaluate(await validation(0), false);
    expect(metrics.filled).toBeLessThan(0.85 * before.metrics.filled);
    expect(metrics.kept).toBeLessThan(0.85 * before.metrics.kept);
    expect(before.picture).toMatchObject({ width: 5 * 32, height: 4 * 32 });
    await trainer.dispose();
  }, 120_000);

  it("without unpaired data, adversary or mask needs less", async () => {
    const config = t.parseConfig({
      ...small,
      unpaired: false,
      network: { ...small.network, mask: false, skips: false, fill: false },
      losses: { perceptual: 0, adversarial: 0 },
    });
    expect(Object.keys(t.taskFields(config))).toEqual(["image", "holes"]);
    const trainer = await t.createTrainer(config);
    const train = await batches(config, 1);
    for (let i = 0; i < 2; i++) {
      const { metrics } = await trainer.step([await train(i)], 1e-3);
      expect(Object.keys(metrics)).not.toContain("paired/generator/adversarial");
      expect(metrics["unpaired/generator/colour"]).toBeUndefined();
    }
    await trainer.dispose();
  }, 30_000);
});

describe("the exported network", () => {
  it.each([
    ["refine-128", 1_970_975],
    ["refine", 1_970_975],
    ["refine-paper", 182_443_267],
  ])("of the preset %s has %i parameters", (preset, parameters) => {
    const text = readFileSync(new URL(`../presets/${preset}.json`, import.meta.url), "utf8");
    const { variables } = t.inferenceGraph(t.parseConfig(JSON.parse(text)), 1);
    expect(variables.all.reduce((n, { tensor }) => n + t.elementCount(tensor.shape), 0)).toBe(parameters);
  });

  const picture = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => (i % 101) / 100);
  const missing = Float32Array.from({ length: 32 * 32 }, (_, i) => (i % 32 < 8 ? 1 : 0));

  async function made(changes: object, input = picture): Promise<Float32Array> {
    const graph = t.inferenceGraph(t.parseConfig({ ...small, network: { ...small.network, ...changes } }), 1);
    const model = t.inferenceModel(graph, graph.variables.initialize(1));
    const program = await t.createProgram(model, { threads: 1 });
    const result = await program.run({ picture: input, missing });
    await program.dispose();
    return result.made as Float32Array;
  }

  it("does not look into the holes, and regenerates the whole picture in [0, 1]", async () => {
    const scribbled = picture.map((v, i) => (missing[i % 1024] ? 1 - v : v));
    const out = await made({});
    expect(await made({}, scribbled)).toEqual(out);
    expect(Math.min(...out)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...out)).toBeLessThanOrEqual(1);
    expect(out.some((v, i) => missing[i % 1024] === 0 && Math.abs(v - picture[i]) > 0.05)).toBe(true);
  });

  it("J′ = M ⊙ G(J) + (1 − M) ⊙ J where only holes are to be made", async () => {
    const [whole, holes] = [await made({}), await made({ output: "holes" })];
    for (let i = 0; i < holes.length; i++) {
      const expected = missing[i % 1024] ? whole[i] : picture[i];
      expect(Math.abs(holes[i] - expected)).toBeLessThan(1e-6);
    }
  });
});
