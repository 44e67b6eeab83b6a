import { describe, expect, it } from "vitest";
import { transformToCamera } from "../../src/geometry/pose.ts";
import { Label } from "../../src/image.ts";
import { Region } from "../../src/morphable/model.ts";
import { keepAttached } from "../../src/stages/head/hair/attached.ts";
import { coveredEars, flattenEars } from "../../src/stages/head/hair/cover-ears.ts";
import { beforeEars, hang } from "../../src/stages/head/hair/hang.ts";
import { halved, type Voxels } from "../../src/stages/head/hair/voxels.ts";
import { layersOf, refineCropLabels } from "../../src/stages/head/layers.ts";
import { headTemplate } from "../../src/stages/head/template.ts";
import { headInput } from "../support/head-input.ts";
import { loadModel, syntheticPortrait } from "../support/synthetic.ts";

const template = headTemplate(await loadModel());

/** A grid of columns about the middle of a camera's picture, 2 mm a step at 1000 mm. */
const [width, height, depth] = [24, 30, 20];
const voxels: Voxels = {
  camera: { fx: 1000, fy: 1000, cx: 0, cy: 0 },
  left: -0.5,
  top: -0.5,
  step: 2,
  near: 1000,
  spacing: 2,
  width,
  height,
  depth,
};
const index = (i: number, j: number, k: number) => i + width * (j + height * k);

describe("keepAttached", () => {
  /** Least and greatest i, j, k. */
  type Box = [number[], number[]];
  /** 1 everywhere but in boxes, there −1. */
  const field = (...boxes: Box[]) => {
    const data = new Float32Array(width * height * depth).fill(1);
    for (const [from, to] of boxes)
      for (let k = from[2]; k <= to[2]; k++)
        for (let j = from[1]; j <= to[1]; j++) for (let i = from[0]; i <= to[0]; i++) data[index(i, j, k)] = -1;
    return data;
  };
  const coarse = halved(voxels);
  const inside = new Uint8Array(coarse.width * coarse.height * coarse.depth);
  inside[2 + coarse.width * (2 + coarse.height * 2)] = 1; // points 4 and 5 each way

  it("keeps what touches the head, however it winds, and drops the rest", () => {
    const winding: Box[] = [
      [
        [4, 4, 4],
        [12, 5, 5],
      ],
      [
        [12, 5, 5],
        [12, 20, 5],
      ],
      [
        [3, 20, 5],
        [12, 20, 15],
      ],
      [
        [3, 10, 15],
        [3, 20, 15],
      ],
    ];
    const data = field(...winding, [
      [18, 4, 4],
      [20, 8, 8],
    ]);
    keepAttached(data, voxels, inside, coarse);
    expect(data).toEqual(field(...winding));
  });

  it("fills holes that are closed all around, and leaves those that are open", () => {
    const data = field([
      [3, 3, 3],
      [12, 12, 12],
    ]);
    data[index(7, 7, 7)] = 1;
    for (let i = 9; i < width; i++) data[index(i, 9, 9)] = 1;
    keepAttached(data, voxels, inside, coarse);
    expect(data[index(7, 7, 7)]).toBeLessThan(0);
    expect(data[index(9, 9, 9)]).toBe(1);
  });
});

describe("hang", () => {
  it("lets hair fall down to a row, a little narrower, behind a plane only", () => {
    const data = new Float32Array(width * height * depth).fill(9);
    for (const k of [3, 15])
      for (let dk = -2; dk <= 2; dk++)
        for (let i = 6; i <= 18; i++)
          data[index(i, 4, k + dk)] = Math.max(Math.abs(i - 12) - 6, Math.abs(dk) - 2) * 2 - 1;
    const lowest = 40; // row 20 of the grid
    // Below 0 farther away than 1020 mm.
    hang(data, voxels, lowest, [0, 0, -1, 1020]);
    const widthAt = (j: number, k: number) =>
      Array.from({ length: width }, (_, i) => data[index(i, j, k)]).filter((d) => d < 0).length;
    expect(widthAt(18, 15)).toBeGreaterThan(5);
    expect(widthAt(18, 15)).toBeLessThan(widthAt(4, 15));
    expect(widthAt(27, 15)).toBe(0);
    expect(widthAt(18, 3)).toBe(0);
  });
});

describe("ears", () => {
  const input = headInput(template, syntheticPortrait(template.model, { seed: 6, yaw: 0.1 }));
  /** The same portrait with hair in place of the ear at one side of the picture, or of both. */
  const withHairOver = (...ears: number[]) => {
    const labels = {
      ...input.labels,
      data: input.labels.data.map((label) => (ears.includes(label) ? Label.hair : label)),
    };
    return layersOf({ ...input, labels, fineLabels: refineCropLabels(labels, undefined, [1, 0, 0, 0, 1, 0]) });
  };

  it("are covered where the photo shows hair in their place", () => {
    expect(coveredEars(template, input.raster, withHairOver())).toEqual([]);
    // The ear at the right of the picture is the subject's left one.
    expect(coveredEars(template, input.raster, withHairOver(Label.earRight))).toEqual([Region.earLeft]);
    expect(coveredEars(template, input.raster, withHairOver(Label.earLeft, Label.earRight))).toHaveLength(2);
  });

  it("that are not seen are as the other one", () => {
    const turned = headInput(template, syntheticPortrait(template.model, { seed: 6, yaw: 1 }));
    const labels = {
      ...turned.labels,
      data: turned.labels.data.map((label) =>
        label === Label.earLeft || label === Label.earRight ? Label.hair : label,
      ),
    };
    const layers = layersOf({ ...turned, labels, fineLabels: refineCropLabels(labels, undefined, [1, 0, 0, 0, 1, 0]) });
    expect(coveredEars(template, turned.raster, layers)).toHaveLength(2);
  });

  it("are flattened, and nothing else is moved", () => {
    const posed = transformToCamera(input.shape, input.pose);
    const flat = flattenEars(template, posed, [Region.earLeft]);
    const moved: number[] = [];
    for (let v = 0; v < template.regions.length; v++) {
      const distance = Math.hypot(...[0, 1, 2].map((k) => flat[3 * v + k] - posed[3 * v + k]));
      if (template.regions[v] === Region.earLeft) moved.push(distance);
      else expect(distance).toBe(0);
    }
    expect(Math.max(...moved)).toBeGreaterThan(8);
  });

  it("lie in a plane that the face is before", () => {
    const posed = transformToCamera(input.shape, input.pose);
    const [a, b, c, d] = beforeEars(template, posed, input.pose);
    const meanOf = (regions: readonly number[]) => {
      const vertices = [...template.regions.keys()].filter((v) => regions.includes(template.regions[v]));
      const before = (v: number) => a * posed[3 * v] + b * posed[3 * v + 1] + c * posed[3 * v + 2] + d;
      return vertices.reduce((sum, v) => sum + before(v), 0) / vertices.length;
    };
    expect(meanOf([Region.earLeft, Region.earRight])).toBeCloseTo(0, 1);
    expect(meanOf([Region.face])).toBeGreaterThan(40);
  });
});
