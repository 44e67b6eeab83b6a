import { describe, expect, it } from "vitest";
import {
  type DepthEvaluation,
  type FaceEvaluation,
  markdownTable,
  type PhotoEvaluation,
  resultsDocument,
  type SyntheticEvaluation,
  syntheticSpreads,
} from "../src/index.ts";

const circumstances = { command: "cameo eval …", date: "2026-11-23", machine: "2 cores" };
const photos: PhotoEvaluation = {
  ...circumstances,
  evaluation: "photos",
  command: "cameo eval photos faces",
  mean: {} as PhotoEvaluation["mean"],
  photos: [{ name: "a|b", parse: "network", landmarks: { all: 3.456 }, yaw: 0, parseTime: 0 }],
  failures: [{ name: "c", error: { code: "no-face", message: "none" } }],
} as unknown as PhotoEvaluation;
const region = {
  coverage: 0.987,
  mean: 7.654,
  median: 6,
  nearestMean: 5,
  nearestMedian: 4,
  nearestOfAll: 3,
};
const depth: DepthEvaluation = {
  ...circumstances,
  evaluation: "depth",
  seed: 1,
  portraits: [
    { index: 0, style: "none", distances: { full: { face: region, nonFace: region } } },
    { index: 1, style: "bob02", distances: { full: { face: { ...region, mean: 1 }, nonFace: undefined } } },
  ],
  failures: [],
};
const errors = { facePoints: 3, pose: { yaw: 2, pitch: 4, roll: 1 }, landmarks: 5, photometric: undefined };
const face: FaceEvaluation = {
  ...circumstances,
  evaluation: "face",
  seed: 1,
  portraits: [
    { index: 0, networks: { all: errors } },
    { index: 1, networks: { all: { ...errors, pose: { yaw: 5, pitch: 5, roll: 2 }, photometric: 30 } } },
  ],
  failures: [{ index: 2, error: { code: "no-face", message: "none" } }],
};
const synthetic: SyntheticEvaluation = {
  ...circumstances,
  evaluation: "synthetic",
  seed: 1,
  spreads: syntheticSpreads([]),
  portraits: [],
  failures: [{ index: 0, error: { code: "no-face", message: "none" } }],
};

describe("the document of results", () => {
  it("holds what was measured, with its command, date and machine", () => {
    const text = resultsDocument([photos, depth, face], { heads: "images/heads.webp" });
    expect(text).toContain("`cameo eval photos faces`, 2026-11-23, 2 cores");
    expect(text).toContain("**1 of 2 photos**");
    expect(text).toContain("| a\\|b | network | 3.46 |");
    expect(text).toContain("| full | 4.33 |");
    expect(text).toContain("**Faces as networks see them, 2 of 3 portraits**");
    expect(text).toContain("| all | 3.00 | 3.50 | 4.50 | 1.50 | 5.00 | 30.00 |");
    expect(text).toMatch(/style never trained on, 1 portraits\*\*\n\n.*\n.*\n\| full \| 1\.00 /);
    expect(text).toContain("](images/heads.webp)");
    expect(text).not.toContain("undefined");
  });

  it("has no section for what was not evaluated", () => {
    const text = resultsDocument([depth]);
    expect(text.match(/^## /gm)).toHaveLength(1);
    expect(text).not.toContain("![");
    expect(resultsDocument([synthetic])).toContain("**0 of 1 portraits");
  });

  it("has tables that Markdown understands", () => {
    expect(
      markdownTable([
        ["name", "mm"],
        ["x", "1"],
      ]),
    ).toBe("| name | mm |\n|---|---:|\n| x | 1 |");
  });
});
