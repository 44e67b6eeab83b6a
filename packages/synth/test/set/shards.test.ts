import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  defaultPortraitOptions,
  openShards,
  type PortraitSample,
  type WriteShardsOptions,
  writeShards,
} from "@cameo/synth";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { makeToys } from "./toy-maker.ts";

const root = mkdtempSync(join(tmpdir(), "cameo-shards-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let assets: string;
let folder: string;
beforeEach(() => {
  assets = mkdtempSync(join(root, "assets-"));
  folder = join(root, `${Math.max(0, ...readdirSync(root).map((name) => Number.parseInt(name, 10) || 0)) + 1}`);
});

const maker = new URL("./toy-maker.ts", import.meta.url).href;
const options = { size: 16, frames: 2 };
const write = (more: Partial<WriteShardsOptions> = {}) =>
  writeShards({ folder, format: "png", assets, maker, seed: 3, count: 5, shardSize: 4, options, workers: 0, ...more });
const toys = (index: number) => makeToys(3, index, { ...defaultPortraitOptions, ...options });
const shards = () => readdirSync(folder).filter((name) => name.includes("portraits-"));

/** Depth as it is stored: whole tenths of a millimetre. */
const rounded = (sample: PortraitSample) => ({
  ...sample,
  depth: sample.depth.map((z) => Math.fround(Math.round(z * 10) / 10)),
});

describe("shards of portraits", () => {
  it("give everything back exactly, depth within 0.05 mm", async () => {
    expect(await write()).toMatchObject({ kept: 0, made: 5 });
    expect(readdirSync(folder)).toEqual([
      "portraits-00000000-00000003.tar",
      "portraits-00000004-00000004.tar",
      "set.json",
    ]);
    const set = await openShards(folder);
    expect(set.count).toBe(10);
    expect(set.description.options).toEqual({ ...defaultPortraitOptions, ...options });
    for (const number of [9, 0, 3, 7, 8]) {
      const made = (await toys(number >> 1))[number & 1];
      const read = await set.sample(number);
      expect(read).toEqual(rounded(made));
      read.depth.forEach((z, i) => {
        expect(Math.abs(z - made.depth[i])).toBeLessThanOrEqual(0.0501);
      });
    }
    await expect(set.sample(10)).rejects.toThrow("there is no picture 10, only 0 to 9");
  });

  it("are read map by map", async () => {
    await write({ count: 1 });
    const [made] = await toys(0);
    const read = await (await openShards(folder)).sample(0, ["labels"]);
    expect(read.labels).toEqual(made.labels);
    expect(read.image).toHaveLength(0);
    expect(read.truth).toEqual(made.truth);
  });

  it.each(["webp", "jpeg"] as const)("hold pictures near the original as %s", async (format) => {
    await write({ count: 1, format });
    const [made] = await toys(0);
    const { image, labels } = await (await openShards(folder)).sample(0);
    expect(labels).toEqual(made.labels);
    const error = image.reduce((sum, value, i) => sum + Math.abs(value - made.image[i]), 0) / image.length;
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(25);
  });

  it("can be unpacked with tar, and have the size that was said", async () => {
    const { bytes } = await write();
    expect(shards().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)).toBe(bytes);
    const { execFileSync } = await import("node:child_process");
    const names = execFileSync("tar", ["-tf", join(folder, shards()[1])], { encoding: "utf8" })
      .trim()
      .split("\n");
    expect(names).toHaveLength(13);
    expect(names.slice(0, 3)).toEqual(["00000004-0.image.png", "00000004-0.labels.png", "00000004-0.extras.png"]);
    expect(names[12]).toBe("truths.bin");
  });

  it("that are there are kept, and the rest is made", async () => {
    await write({ count: 3 });
    await write({ first: 9, count: 2 });
    const before = shards().map((name) => statSync(join(folder, name)).mtimeMs);
    expect(before).toHaveLength(2);
    rmSync(assets, { recursive: true });
    expect(await write({ first: 0, count: 3 })).toEqual({ kept: 3, made: 0, bytes: 0 });
    assets = mkdtempSync(join(root, "assets-"));
    const seen: number[] = [];
    let present = -1;
    const onStart = (count: number) => {
      present = count;
    };
    const result = await write({ count: 12, onStart, onPortrait: ([{ truth }]) => seen.push(truth.index) });
    expect(result).toMatchObject({ kept: 5, made: 7 });
    expect(present).toBe(5);
    expect(seen).toEqual([3, 4, 5, 6, 7, 8, 11]);
    expect(shards()).toEqual([
      "portraits-00000000-00000002.tar",
      "portraits-00000003-00000003.tar",
      "portraits-00000004-00000007.tar",
      "portraits-00000008-00000008.tar",
      "portraits-00000009-00000010.tar",
      "portraits-00000011-00000011.tar",
    ]);
    const set = await openShards(folder);
    expect(set.count).toBe(24);
    for (const number of [6, 17, 23]) expect((await set.sample(number)).truth.index).toBe(number >> 1);
  });

  it("of another set are refused", async () => {
    await write({ count: 1 });
    await expect(write({ seed: 4 })).rejects.toThrow(/holds portraits with seed 3, not 4; choose another folder/);
    await expect(write({ format: "webp" })).rejects.toThrow("format png, not webp");
    await expect(write({ options: { ...options, size: 32 } })).rejects.toThrow("size 16, not 32");
    expect(shards()).toHaveLength(1);
  });

  it("appear whole or not at all", async () => {
    await expect(write({ first: 8, count: 8 })).rejects.toThrow("Portrait 13 of seed 3: unlucky");
    expect(shards()).toEqual(["portraits-00000008-00000011.tar"]);
    const stop = new AbortController();
    const stopping = write({
      first: 20,
      count: 100,
      shardSize: 50,
      signal: stop.signal,
      onPortrait: () => stop.abort(new Error("stop")),
    });
    await expect(stopping).rejects.toThrow("stop");
    expect(shards()).toEqual(["portraits-00000008-00000011.tar"]);
  });

  it("that are cut off or foreign are refused by name", async () => {
    await write();
    const [first, second] = shards().map((name) => join(folder, name));
    const whole = readFileSync(first);
    const read = async (number: number) => (await openShards(folder)).sample(number);
    truncateSync(first, whole.length - 2000);
    await expect(read(0)).rejects.toThrow(`${first} is cut off.`);
    writeFileSync(second, "nothing of the kind".repeat(100));
    await expect(read(8)).rejects.toThrow(`${second} is not a tar archive, or is damaged.`);

    const broken = Buffer.from(whole);
    broken[broken.indexOf("CAMEOSET")] = 0x58;
    writeFileSync(first, broken);
    await expect(read(0)).rejects.toThrow(`${first}: truths.bin is not a record of portraits.`);
    whole.copy(broken);
    broken[broken.indexOf("CAMEOSET") + 8] = 9;
    writeFileSync(first, broken);
    await expect(read(0)).rejects.toThrow("has version 9; this program reads version 1");
    whole.copy(broken);
    broken.fill(0, 600, 700);
    writeFileSync(first, broken);
    await expect(read(0)).rejects.toThrow("00000000-0.image.png cannot be read");

    await expect(openShards(assets)).rejects.toThrow("holds no portraits");
    writeFileSync(join(assets, "set.json"), "{}");
    await expect(openShards(assets)).rejects.toThrow("does not describe portraits that this version can read");
  });
});
