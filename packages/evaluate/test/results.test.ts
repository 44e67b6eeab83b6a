import { describe, expect, it } from "vitest";
import {
  type DepthEvaluation,
  type FaceEvaluation,
  markdownTable,
  type PhotoEvaluation,
  resultsDocument,
  type SimilarityEvaluation,
  type SyntheticEvaluation,
  syntheticSpreads,
  type ViewEvaluation,
  type ViewFigures,
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

const similarity: SimilarityEvaluation = {
  ...circumstances,
  evaluation: "similarity",
  network: "faceres",
  filling: "push–pull",
  photos: [
    { name: "a", turns: [-20, 20].map((yaw) => ({ yaw, pitch: 0, similarity: yaw > 0 ? 0.9 : undefined })) },
    { name: "b", turns: [-20, 20].map((yaw) => ({ yaw, pitch: 0, similarity: 0.8 })) },
  ],
  strangers: { mean: 0.4, least: 0.4, most: 0.4, count: 1 },
  failures: [],
};
const figures = (colour: number): ViewFigures => ({
  crop: { colour, ssim: 0.5, features: { net: 0.125 } },
  holes: { colour: 2 * colour, ssim: undefined, features: { net: undefined } },
  identity: 0.75,
});
const views: ViewEvaluation = {
  ...circumstances,
  evaluation: "views",
  seed: 1,
  rotation: [10, 20],
  pairs: [1, 3].map((colour) => ({
    index: colour,
    style: colour === 1 ? "bob02" : "none",
    rotation: 12,
    missing: colour / 100,
    views: { filled: figures(colour) },
  })),
  failures: [],
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

  it("says how alike turned faces are by the size of the turn, and different people", () => {
    const text = resultsDocument([similarity]);
    expect(text).toContain("2 of 2 photos; features of faceres, holes filled by push–pull");
    expect(text).toContain("| yaw ±20° | 0.833 | 0.800 | 0.900 | 3 | 1 |");
    expect(text).toContain("| different photos, not turned | 0.400 | 0.400 | 0.400 | 1 |  |");
    expect(text).toContain("| photo | yaw −20° | yaw +20° | mean |");
    expect(text).toContain("| a | - | 0.900 | 0.900 |");
    expect(text).toContain("| mean | 0.800 | 0.850 |  |");
  });

  it("says how far second views are off, in all and in the holes", () => {
    const text = resultsDocument([views], { views: "images/views.webp" });
    expect(text).toContain("2 of 2 pairs, heads turned by 10° to 20°");
    expect(text).toContain("| filled | 2.00 | 0.5000 | 0.1250 | 0.750 |");
    expect(text).toContain("on average 2.0 % of the crop");
    expect(text).toMatch(/never trained on, 1 pairs\*\*\n\n.*\n.*\n\| filled \| 2\.00 \| - \| - \|/);
    expect(text).toContain("](images/views.webp)");
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
