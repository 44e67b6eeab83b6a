import { describe, expect, it } from "vitest";
import { Label } from "../../src/image.ts";
import type { CreateSession, Tensor } from "../../src/runtime/runtime.ts";
import { depthInputs, depthOfNearness, nearness } from "../../src/stages/depth/inputs.ts";
import { createDepthEstimator } from "../../src/stages/depth/network.ts";

const side = 256;
const pixels = side * side;
const centre = 900;
/** Of the model's three triangles. */
const modelLabels = Uint8Array.of(Label.face, Label.hair, Label.background);

/** Columns of the model: face, scalp, neck, nothing; in rows of each label. */
const raster = {
  width: side,
  height: side,
  depth: Float32Array.from({ length: pixels }, (_, p) => (columnOf(p) < 3 ? 850 + 50 * columnOf(p) : 0)),
  triangle: Int32Array.from({ length: pixels }, (_, p) => (columnOf(p) < 3 ? columnOf(p) : -1)),
  barycentrics: new Float32Array(2 * pixels),
};
const labels = {
  width: side,
  height: side,
  data: Uint8Array.from({ length: pixels }, (_, p) => Math.floor((6 * Math.floor(p / side)) / side)),
};
const image = { width: side, height: side, data: new Uint8Array(3 * pixels).fill(51) };
function columnOf(p: number): number {
  return Math.floor((4 * (p % side)) / side);
}
/** A pixel of a column of the model and of a label. */
const at = (column: number, label: number): number => Math.floor((side * (label + 0.5)) / 6) * side + 64 * column + 9;

/** Stands in for a network: says what it is told, a centimetre nearer than one of its inputs. */
const network =
  (
    inputs: Record<string, readonly (number | undefined)[]>,
    told: string,
    seen?: Record<string, Tensor>[],
  ): CreateSession =>
  async () => ({
    inputNames: Object.keys(inputs),
    outputNames: ["depth"],
    inputShapes: inputs,
    run: async (feeds) => {
      seen?.push(feeds);
      const { data, dims } = feeds[told];
      return { depth: { data: data.map((n) => n + 0.1), dims } };
    },
    dispose: async () => {},
  });
const map = [1, 1, side, side];
const shapes = { image: [1, 3, side, side], face: map, model: map, mask: map };
const context = { image, raster, labels, modelLabels, centre };

describe("the depth stage", () => {
  it("counts nearness in decimetres from the head's centre, and back", () => {
    expect(nearness(centre, centre)).toBe(2);
    expect(nearness(850, centre)).toBeCloseTo(2.5, 6);
    expect(depthOfNearness(nearness(987, centre), centre)).toBeCloseTo(987, 4);
    // What is far behind is still known.
    expect(nearness(2000, centre)).toBeGreaterThan(0);
  });

  it("tells the fitted face under hair too, the whole model, and the region beside the face", () => {
    const { face, model, mask } = depthInputs(raster, labels, modelLabels, centre);
    for (const label of Object.values(Label)) {
      expect(face[at(0, label)]).toBeCloseTo(2.5, 6);
      expect([1, 2, 3].map((column) => face[at(column, label)])).toEqual([0, 0, 0]);
      expect([0, 1, 2, 3].map((column) => Math.round(10 * model[at(column, label)]))).toEqual([25, 20, 15, 0]);
      const isBare = label === Label.face || label === Label.innerMouth;
      const isHead = label === Label.background ? 0 : 1;
      expect([0, 1, 2, 3].map((column) => mask[at(column, label)])).toEqual([
        isBare ? 0 : isHead,
        isHead,
        isHead,
        isHead,
      ]);
    }
  });

  it("gives depth in mm where the labels show the head, from the inputs that the network asks for", async () => {
    const seen: Record<string, Tensor>[] = [];
    const { image: picture, model } = shapes;
    const estimator = await createDepthEstimator(new Uint8Array(), network({ image: picture, model }, "model", seen));
    const { data } = await estimator.estimate(context);
    expect(data[at(0, Label.hair)]).toBeCloseTo(840, 3);
    expect(data[at(2, Label.earLeft)]).toBeCloseTo(940, 3);
    expect(data[at(1, Label.face)]).toBeCloseTo(890, 3);
    // The fitted face stays.
    expect([Label.face, Label.innerMouth].map((label) => data[at(0, label)])).toEqual([850, 850]);
    expect([0, 1, 2, 3].map((column) => data[at(column, Label.background)])).toEqual([0, 0, 0, 0]);
    expect(Object.keys(seen[0])).toEqual(["image", "model"]);
    expect(seen[0].image.dims).toEqual([1, 3, side, side]);
    expect(seen[0].image.data[7]).toBeCloseTo(0.2, 6);

    const other = await createDepthEstimator(new Uint8Array(), network(shapes, "mask", seen));
    await other.estimate(context);
    expect(Object.keys(seen[1]).sort()).toEqual(["face", "image", "mask", "model"]);
  });

  it("refuses what is no depth network", async () => {
    const create = (inputs: Record<string, readonly number[]>) =>
      createDepthEstimator(new Uint8Array(), network(inputs, "image"));
    await expect(create({ image: [1, 3, 128, 128] })).rejects.toThrow(/of 256² pixels, not "image" \[1, 3, 128, 128\]/);
    await expect(create({ image: shapes.image, hair: map })).rejects.toThrow(/not "hair"/);
    await expect(create({ model: map })).rejects.toThrow("takes an image");
    const wrong = await create({ image: shapes.image });
    await expect(wrong.estimate(context)).rejects.toThrow("gives [1, 3, 256, 256] instead of [1, 1, 256, 256]");
  });
});
