import {
  contactSheet,
  defaultPortraitOptions,
  factsMarkdown,
  type PortraitSample,
  type PortraitTruth,
  sheetTile,
  Tally,
} from "@cameo/synth";
import { describe, expect, it } from "vitest";
import { makeToys } from "./toy-maker.ts";

const toy = async (size: number): Promise<PortraitSample> =>
  (await makeToys(1, 0, { ...defaultPortraitOptions, size }))[0];

describe("statistics", () => {
  /** Light from one direction: its linear harmonics are in the order y, z, x. */
  const truth = (yaw: number, facts: PortraitTruth["facts"], [x, y, z]: number[], base: PortraitTruth) => ({
    ...base,
    angles: { yaw, pitch: 0, roll: 0 },
    illumination: [1, y, z, x, 0, 0, 0, 0, 0].flatMap((v) => [v, v, v]),
    facts,
  });

  it("share out words by frequency, numbers by intervals, few numbers one by one", async () => {
    const base = (await toy(8)).truth;
    const tally = new Tally();
    for (let i = 0; i < 100; i++) {
      const hair = i % 4 === 0 ? "bald" : "bob";
      tally.add(truth(i - 60, { hair, glasses: i % 10 === 0 ? 1 : 0 }, [0, 1, 0], base));
    }
    const tables = new Map(tally.tables().map(({ name, rows }) => [name, rows]));
    expect(tables.get("hair")).toEqual([
      { value: "bob", share: 0.75 },
      { value: "bald", share: 0.25 },
    ]);
    expect(tables.get("glasses")).toEqual([
      { value: "0", share: 0.9 },
      { value: "1", share: 0.1 },
    ]);
    const yaw = tables.get("yaw")!;
    expect(yaw).toHaveLength(10);
    expect(yaw[0]).toEqual({ value: "−60 to −50", share: 0.1 });
    expect(yaw[9]).toEqual({ value: "30 to 40", share: 0.1 });
    expect(tables.get("roll")).toEqual([{ value: "0", share: 1 }]);
    expect(factsMarkdown([{ name: "hair", rows: tables.get("hair")! }])).toBe(
      "| fact | pictures with each value, % |\n|---|---|\n| hair | bob: 75.0 · bald: 25.0 |\n",
    );
  });

  it.each([
    [[1, 0, 0], 90, 0],
    [[-1, 0, 1], -45, 0],
    [[0, 1, 0], 0, 90],
    [[0, 0, -1], 180, 0],
  ])("say where light from %j comes from", async (direction, azimuth, elevation) => {
    const tally = new Tally();
    tally.add(truth(0, {}, direction, (await toy(8)).truth));
    const value = (name: string) => Number(tally.tables().find((table) => table.name === name)!.rows[0].value);
    expect(value("light azimuth")).toBeCloseTo(azimuth, 6);
    expect(value("light elevation")).toBeCloseTo(elevation, 6);
  });
});

describe("a contact sheet", () => {
  it("shows pictures as they are, labels in colours, near depth bright and background black", async () => {
    const sample = await toy(8);
    const tile = sheetTile(sample, ["image", "labels", "depth"]);
    expect([tile.width, tile.height]).toEqual([24, 8]);
    const pixel = (x: number, y: number) => [...tile.data.subarray(3 * (24 * y + x), 3 * (24 * y + x) + 3)];
    const nearest = sample.depth.reduce(
      (best, z, i) => (z > 0 && z < sample.depth[best] ? i : best),
      sample.depth.findIndex((z) => z > 0),
    );
    for (let i = 0; i < 64; i++) {
      const [x, y] = [i % 8, i >> 3];
      expect(pixel(x, y)).toEqual([...sample.image.subarray(3 * i, 3 * i + 3)]);
      const same = sample.labels.indexOf(sample.labels[i]);
      expect(pixel(8 + x, y)).toEqual(pixel(8 + (same % 8), same >> 3));
      const [depth] = pixel(16 + x, y);
      if (sample.depth[i] === 0) expect(depth).toBe(0);
      else expect(depth).toBeGreaterThanOrEqual(40);
      if (i === nearest) expect(depth).toBe(255);
    }
  });

  it("reduces large pictures, and puts tiles in rows", async () => {
    const sample = await toy(600);
    const grey = { ...sample, image: new Uint8Array(3 * 600 * 600).fill(90) };
    const tile = sheetTile(grey);
    expect([tile.width, tile.height]).toEqual([200, 200]);
    expect(tile.data.every((v) => v === 90)).toBe(true);
    const black = { ...tile, data: new Uint8Array(tile.data.length) };
    const sheet = contactSheet([tile, black, tile, black, tile]);
    expect([sheet.width, sheet.height]).toEqual([400, 600]);
    const at = (x: number, y: number) => sheet.data[3 * (y * 400 + x)];
    expect([at(0, 0), at(399, 0), at(0, 200), at(200, 200), at(0, 599), at(399, 599)]).toEqual([90, 0, 90, 0, 90, 0]);
  });
});
