import { describe, expect, it } from "vitest";
import {
  countLabels,
  type DistanceResults,
  distanceTable,
  pooledOverlaps,
  type RegionDistances,
  regionMeans,
} from "../src/index.ts";

const region = (mean: number | undefined, coverage: number): RegionDistances => ({
  coverage,
  mean,
  median: mean && mean / 2,
  nearestMean: mean && mean / 4,
  nearestMedian: mean && mean / 8,
  nearestOfAll: 3,
});

describe("the table of distances", () => {
  const results: DistanceResults = [
    {
      distances: { a: { face: region(2, 1), nonFace: region(6, 0.5) }, b: { face: region(4, 1), nonFace: undefined } },
    },
    { distances: { a: { face: region(4, 0.9), nonFace: region(undefined, 0) } } },
  ];

  it("averages over the portraits that show a region and have a prediction of it", () => {
    expect(regionMeans(results, "a", "face")).toMatchObject({
      mean: 3,
      median: 1.5,
      nearestMean: 0.75,
      coverage: 0.95,
    });
    expect(regionMeans(results, "a", "nonFace")).toMatchObject({ mean: 6, coverage: 0.25, nearestOfAll: 3 });
  });

  it("has a line per method, in their order", () => {
    expect(distanceTable(results)).toEqual([
      expect.arrayContaining(["face", "non-face", "coverage %"]),
      ["a", "3.00", "1.50", "0.75", "0.38", "3.00", "95.0", "6.00", "3.00", "1.50", "0.75", "3.00", "25.0"],
      ["b", "4.00", "2.00", "1.00", "0.50", "3.00", "100.0", "-", "-", "-", "-", "-", "-"],
    ]);
  });
});

describe("overlaps of many pictures", () => {
  it("count all pixels alike", () => {
    const map = (text: string) => ({ width: text.length, height: 1, data: Uint8Array.from(text, Number) });
    const pictures = [countLabels(map("1112"), map("1122")), countLabels(map("0012"), map("1112"))];
    expect(pictures[0]).toEqual({ both: [0, 2, 1, 0, 0, 0], either: [0, 3, 2, 0, 0, 0] });
    expect(pooledOverlaps(pictures)).toEqual([0, 3 / 6, 2 / 3, undefined, undefined, undefined]);
  });
});
