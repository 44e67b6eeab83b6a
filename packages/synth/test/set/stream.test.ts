import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { defaultPortraitOptions, type PortraitSample, type StreamOptions, streamPortraits } from "@cameo/synth";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { makeToys } from "./toy-maker.ts";

const root = mkdtempSync(join(tmpdir(), "cameo-stream-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let assets: string;
beforeEach(() => {
  assets = mkdtempSync(join(root, "assets-"));
});

const maker = new URL("./toy-maker.ts", import.meta.url).href;
const options = { size: 8, frames: 2 };
const toys = (more: Partial<StreamOptions> = {}) =>
  streamPortraits({ assets, maker, seed: 7, count: 12, options, workers: 1, ...more });

async function all(stream: AsyncIterable<PortraitSample[]>): Promise<PortraitSample[][]> {
  const found = [];
  for await (const frames of stream) found.push(frames);
  return found;
}

/** Threads of this process, by what keeps it alive. */
const threads = () => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;

describe("a stream of portraits", () => {
  it("has each subject in its place, the same from one thread, from two, and from this one", async () => {
    const expected = await Promise.all(
      Array.from({ length: 12 }, (_, i) => makeToys(7, i, { ...defaultPortraitOptions, ...options })),
    );
    expect(await all(toys())).toEqual(expected);
    expect(await all(toys({ workers: 2 }))).toEqual(expected);
    expect(await all(toys({ workers: 0, first: 3, count: 4 }))).toEqual(expected.slice(3, 7));
    expect(await all(toys({ count: 0 }))).toEqual([]);
  });

  it("gives an error where its turn is, with the number and seed, and ends its threads", async () => {
    const before = threads();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const [{ truth }] of toys({ workers: 2, first: 10, count: 20 })) seen.push(truth.index);
    })();
    await expect(reading).rejects.toThrow("Portrait 13 of seed 7: unlucky");
    expect(seen).toEqual([10, 11, 12]);
    expect(threads()).toBe(before);
  });

  it("says what keeps a thread from starting", async () => {
    await expect(all(toys({ assets: join(assets, "nowhere") }))).rejects.toThrow("nowhere");
    await expect(all(toys({ maker: `${maker}.missing`, workers: 0 }))).rejects.toThrow("toy-maker.ts.missing");
  });

  it("makes no more than `ahead` beyond what was read", async () => {
    const stream = toys({ workers: 2, first: 100, count: 50, ahead: 5 });
    await stream.next();
    await stream.next();
    // Time enough for all of them.
    await setTimeout(500);
    expect(readdirSync(assets)).toHaveLength(1 + 5);
    await stream.return();
  });

  it("ends its threads when the reader leaves or aborts", async () => {
    const before = threads();
    for await (const _ of toys()) break;
    expect(threads()).toBe(before);

    const stop = new AbortController();
    const stream = toys({ first: 20, count: 1000, signal: stop.signal });
    await stream.next();
    stop.abort(new Error("enough"));
    await expect(all(stream)).rejects.toThrow("enough");
    expect(threads()).toBe(before);
    await expect(all(toys({ signal: stop.signal }))).rejects.toThrow("enough");
  });

  it("aborts while it waits", async () => {
    const stop = new AbortController();
    const first = toys({ signal: stop.signal }).next();
    stop.abort(new Error("at once"));
    await expect(first).rejects.toThrow("at once");
  });
});
