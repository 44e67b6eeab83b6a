import { type MorphableModel, Region } from "cameo";
import { describe, expect, it } from "vitest";
import { facePointDistance, spreadOf, syntheticSpreads } from "../src/index.ts";

describe("face points", () => {
  // A tetrahedron of face, and a vertex of scalp.
  const model = {
    triangles: Uint32Array.of(0, 1, 2, 0, 2, 3, 2, 3, 4),
    regions: Uint8Array.of(Region.face, Region.face, Region.scalp),
  } as MorphableModel;
  const shape = Float32Array.of(0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 10, 50, 50, 50);

  it("do not mind where the head is, how it is turned or how large it is, nor the rest of the head", () => {
    const moved = new Float32Array(15);
    for (let i = 0; i < 15; i += 3) {
      moved[i] = -1.2 * shape[i + 1] + 5;
      moved[i + 1] = 1.2 * shape[i] - 7;
      moved[i + 2] = 1.2 * shape[i + 2] + 100;
    }
    moved[12] += 30;
    expect(facePointDistance(model, moved, shape)).toBeCloseTo(0, 4);
  });

  it("are off by what one vertex is, at most, when it moves", () => {
    const other = shape.slice();
    other[5] += 2;
    const distance = facePointDistance(model, other, shape);
    expect(distance).toBeGreaterThan(0.1);
    expect(distance).toBeLessThan(2 / 2);
  });
});

describe("spreads", () => {
  it("give the worst tenth from the side that is worse", () => {
    const values = Array.from({ length: 10 }, (_, i) => i);
    expect(spreadOf(values, false)).toEqual({ mean: 4.5, median: 5, tenthWorst: 9, count: 10 });
    expect(spreadOf([...values, undefined], true)).toEqual({ mean: 4.5, median: 4, tenthWorst: 0, count: 10 });
    expect(spreadOf([], true)).toEqual({ mean: undefined, median: undefined, tenthWorst: undefined, count: 0 });
  });

  it("are made of all figures", () => {
    const spreads = syntheticSpreads([
      {
        index: 0,
        style: "none",
        face: "landmarks",
        parse: "model",
        depth: "model",
        overlaps: { head: 0.9, hair: 0.8, face: 0.7, ears: undefined, innerMouth: 0 },
        labels: { both: [], either: [] },
        landmarks: { all: 3 },
        pose: { yaw: 1, pitch: 2, roll: 3 },
        focal: 20,
        facePoints: 2.5,
        photometric: 11,
        distances: {},
      },
    ]);
    expect(Object.entries(spreads).map(([name, { mean }]) => [name, mean])).toEqual([
      ["head IoU", 0.9],
      ["hair IoU", 0.8],
      ["face IoU", 0.7],
      ["ears IoU", undefined],
      ["inner mouth IoU", 0],
      ["landmarks %", 3],
      ["yaw °", 1],
      ["pitch °", 2],
      ["roll °", 3],
      ["focal length %", 20],
      ["face points mm", 2.5],
      ["photometric /255", 11],
    ]);
  });
});
