import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeSafeTensors, listCheckpoints, parseConfig, runTrain, train } from "@cameo/train";
import { afterAll, describe, expect, it } from "vitest";

const root = mkdtempSync(join(tmpdir(), "cameo-train-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small = {
  task: "depth",
  seed: 7,
  data: { kind: "shapes", count: 64 },
  size: 32,
  batch: 2,
  steps: 30,
  rate: 1e-3,
  network: { width: 4 },
  average: 0.99,
  logEvery: 1,
  sampleEvery: 1000,
  checkpointEvery: 5,
  keep: 2,
  threads: 1,
  workers: 1,
};

let runs = 0;
function configFile(changes: Record<string, unknown>): { path: string; out: string } {
  const out = join(root, `run${runs++}`);
  const path = `${out}.json`;
  writeFileSync(path, JSON.stringify({ ...small, out, ...changes }));
  return { path, out };
}

const checkpoint = (out: string, name: string) => readFileSync(join(out, "checkpoints", name));

/** Starts the command as a process of its own; `shell` goes before it. */
function start(args: string[], shell = "") {
  const script = fileURLToPath(new URL("./command.ts", import.meta.url));
  const command = [process.execPath, "--import", "tsx", "--conditions=source", script, ...args];
  const child = spawn("bash", ["-c", `${shell} exec ${command.map((a) => `'${a}'`).join(" ")}`]);
  let text = "";
  const watchers: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      text += chunk;
      for (const w of watchers) w();
    });
  const ended = new Promise<{ code: number | null; text: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, text })),
  );
  const says = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.includes(wanted) && resolve();
      watchers.push(look);
      look();
      child.on("close", () => reject(new Error(`ended without "${wanted}": ${text}`)));
    });
  return { child, ended, says };
}

async function command(...args: string[]): Promise<{ code: number; text: string }> {
  let text = "";
  const sink = { write: (part: string) => (text += part) };
  return { code: await runTrain(args, sink, sink), text };
}

describe("a run", () => {
  it("that is killed and resumed ends with the same bits as one that is not", async () => {
    const whole = configFile({});
    expect((await command("depth", "--config", whole.path)).code).toBe(0);

    const broken = configFile({});
    const { child, ended, says } = start(["depth", "--config", broken.path]);
    await says("step 12 ");
    child.kill("SIGKILL");
    await ended;
    expect((await listCheckpoints(join(broken.out, "checkpoints"))).at(-1)).toBeLessThan(30);
    const resumed = await command("depth", "--config", broken.path, "--resume");
    expect(resumed.code, resumed.text).toBe(0);

    expect(checkpoint(broken.out, "step-00000030.safetensors")).toEqual(
      checkpoint(whole.out, "step-00000030.safetensors"),
    );
    const steps = readFileSync(join(broken.out, "metrics.jsonl"), "utf8").trim().split("\n");
    expect(steps.map((line) => JSON.parse(line).step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(readdirSync(join(broken.out, "checkpoints")).sort()).toEqual([
      "step-00000025.safetensors",
      "step-00000030.safetensors",
    ]);
    expect(readFileSync(join(broken.out, "curves.svg"), "utf8")).toContain("<polyline");
  }, 120_000);

  it("gives the same bits with 1, 2 and 4 threads and any number of reading threads", async () => {
    const results = [];
    for (const [threads, workers] of [
      [1, 0],
      [2, 1],
      [4, 2],
      [2, 1],
    ]) {
      const { path, out } = configFile({ threads, workers, steps: 5, size: 64, network: { width: 16 } });
      const { code, text } = await command("depth", "--config", path);
      expect(code, text).toBe(0);
      results.push(checkpoint(out, "step-00000005.safetensors"));
    }
    for (const other of results.slice(1)) expect(other.equals(results[0])).toBe(true);
  }, 120_000);

  it.each(["SIGINT", "SIGTERM"] as const)(
    "saves and leaves on %s",
    async (signal) => {
      const { path, out } = configFile({ steps: 100_000, checkpointEvery: 50_000 });
      const { child, ended, says } = start(["depth", "--config", path]);
      await says("step 3 ");
      child.kill(signal);
      const { code, text } = await ended;
      expect(code, text).toBe(130);
      expect(text).toContain("Stopped after step");
      expect(await listCheckpoints(join(out, "checkpoints"))).toHaveLength(1);
    },
    60_000,
  );

  it("keeps the best checkpoint on validation data", async () => {
    const validation = { kind: "shapes", count: 8, seed: 99 };
    const { path, out } = configFile({ steps: 10, validation, validationSamples: 8, sampleEvery: 5 });
    expect((await command("depth", "--config", path)).code).toBe(0);
    const lines = readFileSync(join(out, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l));
    const losses = lines.flatMap((l) => l["validation/loss"] ?? []);
    expect(losses).toHaveLength(2);
    const best = decodeSafeTensors(checkpoint(out, "best.safetensors"));
    expect(JSON.parse(best.metadata.progress).best).toBe(Math.min(...losses));
    expect(readdirSync(join(out, "samples"))).toEqual(["step-00000005.png", "step-00000010.png"]);
  });

  it("of every task takes steps and shows samples", async () => {
    const tasks = [
      { task: "parse", network: { labels: 5, channels: [8, 16] } },
      { task: "face", network: { body: "resnet18", width: 4, heads: { light: 4, rotation: 4, rest: 19 } } },
      {
        task: "refine",
        network: { filters: 4, halvings: 2, blocks: 1, discriminatorFilters: 4 },
        losses: { perceptual: 0 },
      },
    ];
    for (const task of tasks) {
      const { path, out } = configFile({ ...task, steps: 4, sampleEvery: 4, accumulate: task.task === "face" ? 2 : 1 });
      const { code, text } = await command(task.task, "--config", path);
      expect(code, text).toBe(0);
      expect(readdirSync(join(out, "samples"))).toEqual(["step-00000004.png"]);
    }
  });

  it("stops on a loss that is not a number, keeping the batch", async () => {
    const { path, out } = configFile({ rate: 1e20, schedule: { kind: "constant" } });
    const { code, text } = await command("depth", "--config", path);
    expect(code).toBe(1);
    expect(text).toMatch(/Step \d+: the norm of the gradients became|Step \d+: (loss|the metric) .*became/);
    const failed = readdirSync(out).find((name) => name.startsWith("failed-step-"))!;
    expect([...decodeSafeTensors(readFileSync(join(out, failed))).tensors.keys()]).toContain("0/image");
  });
});

describe("what can go wrong", () => {
  it("a full disk during a checkpoint loses nothing already saved", async () => {
    const { path, out } = configFile({ steps: 6, checkpointEvery: 5 });
    expect((await command("depth", "--config", path)).code).toBe(0);
    const before = checkpoint(out, "step-00000005.safetensors");
    rmSync(join(out, "checkpoints", "step-00000006.safetensors"));
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), steps: 7 }));
    // The process may not write files beyond 64 blocks of 1024 bytes: writing fails half-way, as on a full disk.
    const { code, text } = await start(["depth", "--config", path, "--resume"], "ulimit -f 64;").ended;
    expect(code, text).toBe(1);
    expect(text).toContain("The checkpoint of step 7 was not saved");
    expect(text).toContain("Earlier ones are untouched");
    expect(readdirSync(join(out, "checkpoints"))).toEqual(["step-00000005.safetensors"]);
    expect(checkpoint(out, "step-00000005.safetensors")).toEqual(before);
  }, 60_000);

  it("a checkpoint of another architecture is refused with the tensors that differ", async () => {
    const { path } = configFile({ steps: 1 });
    expect((await command("depth", "--config", path)).code).toBe(0);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), network: { width: 6 }, steps: 2 }));
    const { code, text } = await command("depth", "--config", path, "--resume");
    expect(code).toBe(1);
    expect(text).toContain("is of another architecture");
    expect(text).toContain("network/value/encoder.conv1.weight has shape [4, 5, 7, 7] instead of [6, 5, 7, 7]");
  });

  it("configuration errors name the field and what is allowed", () => {
    const wrong = (changes: object) => () => parseConfig({ ...small, out: "x", ...changes });
    expect(wrong({ provider: "gpu" })).toThrow('provider: Invalid option: expected one of "cpu"|"webgpu"|"cuda"');
    expect(wrong({ batch: 0 })).toThrow(/batch: Too small: expected number to be >0/);
    expect(wrong({ steps: "many" })).toThrow(/steps: Invalid input: expected number, received string/);
    expect(wrong({ data: { kind: "web" } })).toThrow(/data.kind/);
    expect(wrong({ task: "hair" })).toThrow(
      "task: Invalid discriminator value. Expected 'face' | 'depth' | 'refine' | 'parse'",
    );
    expect(wrong({ learningRate: 1 })).toThrow(/"learningRate"/);
    expect(wrong({ adam: { beta1: 1 } })).toThrow(/adam.beta1: Too big: expected number to be <1/);
  });

  it("the command explains itself and refuses what it does not know", async () => {
    expect((await command("--help")).text).toContain("cameo train <face|depth|refine|parse>");
    expect((await command("hair", "--config", "x")).code).toBe(2);
    expect((await command("depth")).code).toBe(2);
    expect((await command("depth", "--config", join(root, "absent.json"))).text).toContain("cannot be read");
    const { path, out } = configFile({ steps: 1 });
    expect((await command("parse", "--config", path)).text).toContain('is for "depth", not for "parse"');
    expect((await command("depth", "--config", path, "--resume")).text).toContain("holds no checkpoint");
    expect((await command("depth", "--config", path)).code).toBe(0);
    expect((await command("depth", "--config", path)).text).toContain(`${out} already holds a run`);
    const none = configFile({ data: { kind: "folder", path: join(root, "nothing") } });
    expect((await command("depth", "--config", none.path)).text).toContain('has no subfolder "image"');
  });

  it("the command takes other values of fields than the file's", async () => {
    const { path, out } = configFile({ steps: 5 });
    const set = (...changes: string[]) =>
      command("depth", "--config", path, ...changes.flatMap((change) => ["--set", change]));
    expect(await set("steps")).toEqual({ code: 2, text: '--set: expected FIELD=VALUE, not "steps".\n' });
    expect((await set("losses.hair=1")).text).toContain('losses: Unrecognized key: "hair"');
    const other = `${out}-other`;
    expect((await set("steps=0", "losses.layer=2.5", `out=${other}`)).text).toContain("Done after step 0");
    const kept = JSON.parse(readFileSync(join(other, "config.json"), "utf8"));
    expect([kept.steps, kept.losses.layer, kept.losses.face, kept.size]).toEqual([0, 2.5, 500, small.size]);
    expect(() => readdirSync(out)).toThrow();
    // The weights that a run begins with can be looked at as those of any other.
    expect(readdirSync(join(other, "checkpoints"))).toEqual(["step-00000000.safetensors"]);
  });

  it("a dry run says what a run would cost and saves nothing", async () => {
    const { path, out } = configFile({});
    const { code, text } = await command("depth", "--config", path, "--dry-run");
    expect(code).toBe(0);
    expect(text).toMatch(/network: 0\.06 M values .* graph of \d+ nodes/);
    expect(text).toMatch(/step: \d+ ms, [\d.]+ samples\/s/);
    expect(() => readdirSync(out)).toThrow();
  });
});

describe("learning", () => {
  it("a small depth network learns the shapes", async () => {
    const out = join(root, "learning");
    const config = parseConfig({
      ...small,
      out,
      size: 64,
      batch: 8,
      steps: 150,
      rate: 3e-3,
      network: { width: 8 },
      data: { kind: "shapes", count: 2000, seed: 1 },
      validation: { kind: "shapes", count: 64, seed: 2 },
      checkpointEvery: 75,
      threads: 2,
    });
    const errors: number[] = [];
    await train(config, { onStep: (_step, metrics) => errors.push(metrics.target) });
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    const lines = readFileSync(join(out, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l));
    const validation = lines.findLast((l) => l["validation/target"] !== undefined)["validation/target"];
    console.log(
      `depth error ${mean(errors.slice(0, 3)).toFixed(3)} → ${mean(errors.slice(-10)).toFixed(3)}, unseen ${validation.toFixed(3)}`,
    );
    expect(mean(errors.slice(0, 3))).toBeGreaterThan(0.5);
    expect(mean(errors.slice(-10))).toBeLessThan(0.08);
    expect(validation).toBeLessThan(0.1);
  }, 120_000);
});
