/**
 * Times every stage of a reconstruction, and what is made of it, cold and warm.
 *
 *   npm run bench [-- --photo FILE --runs N --processes N --threads N --json]
 *
 * Cold: the first reconstruction in a fresh process, models loaded from disk; warm: those after the first.
 * `ratio` is the median against that of the whole reconstruction, which compares between machines.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Cameo, type Head } from "cameo";

/** Milliseconds by what was done. */
type Times = Record<string, number>;

interface Statistics {
  median: number;
  least: number;
  most: number;
  /** Median against the median of `reconstruct`. */
  ratio: number;
}

const { values } = parseArgs({
  options: {
    photo: { type: "string", default: fileURLToPath(new URL("../examples/portrait.jpg", import.meta.url)) },
    runs: { type: "string", default: "10" },
    processes: { type: "string", default: "3" },
    threads: { type: "string" },
    json: { type: "boolean", default: false },
    cold: { type: "boolean", default: false },
  },
});
const threads = values.threads === undefined ? undefined : Number(values.threads);

if (values.cold) console.log(JSON.stringify(await cold()));
else {
  const coldRuns = Array.from({ length: Number(values.processes) }, () => inFreshProcess());
  const { head, runs } = await warm(Number(values.runs));
  const result = {
    photo: values.photo,
    pixels: [head.image.width, head.image.height],
    runs: runs.length,
    cold: summarize(coldRuns),
    warm: summarize(runs),
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else {
    console.log(`${result.photo}, ${result.pixels.join(" × ")} pixels, ${threads ?? "default"} threads; milliseconds`);
    console.log(`cold, ${coldRuns.length} processes`);
    console.table(result.cold);
    console.log(`warm, ${runs.length} runs`);
    console.table(result.warm);
    console.log(`peak memory ${result.peakMemoryMB} MB`);
  }
}

/** Loads the models and reconstructs once, as the first thing in this process. */
async function cold(): Promise<Times> {
  const start = performance.now();
  const cameo = await Cameo.load({ threads });
  const loaded = performance.now();
  const head = await cameo.reconstruct(values.photo);
  const end = performance.now();
  await cameo.dispose();
  return { load: loaded - start, ...head.timings, reconstruct: end - loaded };
}

function inFreshProcess(): Times {
  const args = [fileURLToPath(import.meta.url), "--cold", "--photo", values.photo];
  if (values.threads !== undefined) args.push("--threads", values.threads);
  return JSON.parse(execFileSync(process.execPath, [...process.execArgv, ...args], { encoding: "utf8" }));
}

async function warm(count: number): Promise<{ head: Head; runs: Times[] }> {
  const cameo = await Cameo.load({ threads });
  let head = await cameo.reconstruct(values.photo);
  const runs: Times[] = [];
  for (let i = 0; i < count; i++) {
    const times: Times = {};
    const time = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await work();
      times[name] = performance.now() - start;
      return result;
    };
    const reconstructed = await time("reconstruct", () => cameo.reconstruct(values.photo));
    head = reconstructed;
    await time("toGLB", () => reconstructed.toGLB());
    await time("preview", () => reconstructed.preview());
    await time("render", () => reconstructed.render({ angles: { yaw: 0.3 }, background: "photo" }));
    await time("depthMap", () => reconstructed.depthMap());
    const { reconstruct, ...rest } = times;
    runs.push({ ...head.timings, reconstruct, ...rest });
  }
  await cameo.dispose();
  return { head, runs };
}

function summarize(runs: Times[]): Record<string, Statistics> {
  const whole = median(runs.map(({ reconstruct }) => reconstruct));
  return Object.fromEntries(
    Object.keys(runs[0]).map((name) => {
      const times = runs.map((run) => run[name]);
      return [
        name,
        {
          median: round(median(times), 1),
          least: round(Math.min(...times), 1),
          most: round(Math.max(...times), 1),
          ratio: round(median(times) / whole, 3),
        },
      ];
    }),
  );
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function round(x: number, digits: number): number {
  return Number(x.toFixed(digits));
}
