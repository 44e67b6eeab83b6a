/**
 * Training steps and inference beside PyTorch on the same machine, taking turns.
 *
 *     npx tsx --conditions=source bench/train.ts [--json] [--rounds 5] [--threads N] [name …]
 *
 * PyTorch is run by $PYTHON, else by the first of python3 and /usr/bin/python3 that can import torch; without one only
 * our own times are given. Every case has a fresh process on either side, so that peak memory is its own.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  createLearner,
  createProgram,
  depthNetwork,
  elementCount,
  inferenceModel,
  input,
  mean,
  resnet18,
  resnet50,
  square,
  type Tensor,
  Variables,
} from "@cameo/train";

interface Command {
  readonly name: string;
  readonly mode: "train" | "infer";
  readonly batch: number;
  readonly size: number;
  readonly threads: number;
  readonly runs: number;
}

interface Answer {
  readonly ms: number[];
  readonly peak_mb: number;
}

const networks: Record<string, { channels: number; build: (v: Variables, x: Tensor) => Tensor }> = {
  depth: { channels: 5, build: (v, x) => depthNetwork(v, x) },
  resnet18: { channels: 3, build: (v, x) => resnet18(v, x).layer4 },
  resnet50: { channels: 3, build: (v, x) => resnet50(v, x).layer4 },
};

const cases: Omit<Command, "threads" | "runs">[] = [
  { name: "depth", mode: "train", batch: 4, size: 256 },
  { name: "resnet18", mode: "train", batch: 8, size: 224 },
  { name: "resnet50", mode: "train", batch: 8, size: 224 },
  { name: "depth", mode: "infer", batch: 1, size: 256 },
  { name: "resnet18", mode: "infer", batch: 1, size: 224 },
  { name: "resnet50", mode: "infer", batch: 1, size: 224 },
];

/** One side of the comparison as its own process that answers a line of JSON with one. */
class Side {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: string[], cwd?: string) {
    this.#child = spawn(command, args, { cwd, stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async ask(command: Command): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`The process for ${command.name} ended early.`);
    return JSON.parse(value) as Answer;
  }

  close(): void {
    this.#child.stdin!.end();
  }
}

/** Our side: prepares a case once and runs it as often as asked. */
async function serve(): Promise<void> {
  let run: (() => Promise<unknown>) | null = null;
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as Command;
    run ??= await prepare(command);
    const ms: number[] = [];
    for (let i = 0; i < command.runs; i++) {
      const start = performance.now();
      await run();
      ms.push(performance.now() - start);
    }
    const answer: Answer = { ms, peak_mb: process.resourceUsage().maxRSS / 1024 };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

async function prepare({ name, mode, batch, size, threads }: Command): Promise<() => Promise<unknown>> {
  const { channels, build } = networks[name];
  const x = input("x", [batch, channels, size, size]);
  const pictures = new Float32Array(elementCount(x.shape)).map(() => Math.random());
  const variables = new Variables(mode === "train");
  const y = build(variables, x);
  if (mode === "train") {
    const learner = await createLearner({ variables, loss: mean(square(y)) }, { threads });
    return () => learner.step([{ x: pictures }], 1e-4);
  }
  const model = inferenceModel({ learner: name, variables, outputs: { y } }, variables.initialize(0));
  const program = await createProgram(model, { threads, inference: true });
  return () => program.run({ x: pictures });
}

function findPython(): string | null {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ["python3", "/usr/bin/python3"];
  return candidates.find((python) => spawnSync(python, ["-c", "import torch"]).status === 0) ?? null;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      rounds: { type: "string", default: "5" },
      threads: { type: "string", default: String(availableParallelism()) },
    },
  });
  const [rounds, threads] = [Number(values.rounds), Number(values.threads)];
  const python = findPython();
  if (!values.json) {
    console.log(
      `${cpus()[0].model}, ${threads} threads, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
    );
    console.log(python ? `PyTorch: ${python}` : "No Python with PyTorch was found: our own times only.");
    console.log("case                            ours ms  torch ms  ratio   ours MB  torch MB  ratio");
  }
  for (const one of cases) {
    const label = `${one.name} ${one.mode} ${one.batch}×${one.size}²`;
    if (positionals.length > 0 && !positionals.includes(one.name)) continue;
    const ours = new Side(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), "--serve"]);
    const reference = fileURLToPath(new URL("../tools/torch-reference", import.meta.url));
    const torch = python ? new Side(python, ["-B", "bench.py"], reference) : null;
    const runs = one.mode === "train" ? 1 : 10;
    const times: { ours: number[]; torch: number[] } = { ours: [], torch: [] };
    let [ourPeak, torchPeak] = [0, 0];
    // The first round warms up: graphs are built, kernels chosen, memory touched.
    for (let i = 0; i <= rounds; i++) {
      const a = await ours.ask({ ...one, threads, runs });
      const b = await torch?.ask({ ...one, threads, runs });
      ourPeak = a.peak_mb;
      torchPeak = b?.peak_mb ?? 0;
      if (i === 0) continue;
      times.ours.push(...a.ms);
      times.torch.push(...(b?.ms ?? []));
    }
    ours.close();
    torch?.close();
    const result = {
      name: label,
      ours_ms: round(median(times.ours)),
      torch_ms: torch ? round(median(times.torch)) : null,
      ratio: torch ? round(median(times.ours) / median(times.torch), 3) : null,
      ours_mb: Math.round(ourPeak),
      torch_mb: torch ? Math.round(torchPeak) : null,
      memory_ratio: torch ? round(ourPeak / torchPeak, 3) : null,
    };
    if (values.json) console.log(JSON.stringify(result));
    else {
      const cell = (value: number | null, width: number) => String(value ?? "-").padStart(width);
      const left = `${label.padEnd(30)} ${cell(result.ours_ms, 8)} ${cell(result.torch_ms, 9)} ${cell(result.ratio, 6)}`;
      console.log(`${left} ${cell(result.ours_mb, 9)} ${cell(result.torch_mb, 9)} ${cell(result.memory_ratio, 6)}`);
    }
  }
}

await (process.argv.includes("--serve") ? serve() : main());
