/**
 * How fast synthetic portraits are made, and where the time goes.
 *
 *   npx tsx --conditions=source bench/synth.ts --assets FOLDER [--count N] [--size N] [--threads N] [--json]
 *
 * FOLDER is the MakeHuman head pack (default: the variable CAMEO_ASSETS, else ../shared/makehuman). Pictures a second with
 * 1, 2, 4 … threads, after each thread has warmed up; then the time of one picture in one thread by part of the program,
 * as Node's profiler samples it.
 */
import { existsSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { defaultPortraitOptions, openMaker, streamPortraits } from "@cameo/synth";

const { values } = parseArgs({
  options: {
    assets: { type: "string", default: process.env.CAMEO_ASSETS ?? "../shared/makehuman" },
    count: { type: "string", default: "100" },
    size: { type: "string", default: "256" },
    threads: { type: "string", default: String(availableParallelism()) },
    json: { type: "boolean", default: false },
  },
});
const { assets } = values;
const [count, size, threads] = [values.count, values.size, values.threads].map(Number);
/** Pictures that each thread makes before the clock starts. */
const warmUp = 20;
const seed = 1;

if (!existsSync(assets)) {
  const reason = `${assets} does not exist; name the MakeHuman head pack: bench/synth.ts --assets FOLDER`;
  console.log(values.json ? JSON.stringify({ skipped: reason }) : `Skipped: ${reason}`);
} else {
  const speeds = [];
  for (let workers = 1; workers <= threads; workers *= 2) speeds.push({ threads: workers, ...(await speed(workers)) });
  const parts = await profile();
  if (values.json) console.log(JSON.stringify({ size, count, speeds, parts }, null, 2));
  else {
    console.log(`Portraits of ${size} × ${size} pixels, ${count} per thread:`);
    console.table(speeds);
    console.log("One picture in one thread, ms by part of the program:");
    console.table(parts);
  }
}

/** Memory is that of the whole process; the processor's time says more than the clock where others use it too. */
async function speed(workers: number): Promise<{ perSecond: number; cpuMs: number; megabytes: number }> {
  const stream = { assets, seed, count: (count + warmUp) * workers, options: { size }, workers };
  let [made, start, memory] = [0, 0, 0];
  let used = process.cpuUsage();
  for await (const _ of streamPortraits(stream)) {
    if (++made === warmUp * workers) {
      start = performance.now();
      used = process.cpuUsage();
    }
    if (made % 10 === 0) memory = Math.max(memory, process.memoryUsage.rss());
  }
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  return {
    perSecond: round((count * workers) / seconds),
    cpuMs: round((user + system) / 1000 / (count * workers)),
    megabytes: Math.round(memory / 1e6),
  };
}

/** Milliseconds of one picture by folder or file of packages/synth/src, and what lies outside. */
async function profile(): Promise<Record<string, number>> {
  const make = await openMaker({ assets });
  const options = { ...defaultPortraitOptions, size };
  for (let i = 0; i < warmUp; i++) await make(seed, i, options);
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 500 });
  await session.post("Profiler.start");
  for (let i = 0; i < count; i++) await make(seed, warmUp + i, options);
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  const partOf = new Map(profile.nodes.map(({ id, callFrame }) => [id, part(callFrame.url, callFrame.functionName)]));
  const times: Record<string, number> = {};
  profile.samples!.forEach((id, i) => {
    const name = partOf.get(id)!;
    times[name] = (times[name] ?? 0) + profile.timeDeltas![i] / 1000 / count;
  });
  return Object.fromEntries(
    Object.entries(times)
      .filter(([name, ms]) => name !== "(idle)" && ms >= 0.05)
      .sort(([, a], [, b]) => b - a)
      .map(([name, ms]) => [name, round(ms)]),
  );
}

function part(url: string, name: string): string {
  const [, inside] = /packages\/synth\/src\/([^/?]+)/.exec(url) ?? [];
  if (inside) return inside;
  if (url.includes("packages/cameo/src")) return "cameo";
  // "(garbage collector)", "(program)", "(idle)": what has no address.
  return url === "" && name.startsWith("(") ? name : "other";
}

function round(x: number): number {
  return Number(x.toFixed(2));
}
