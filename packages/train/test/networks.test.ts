import {
  depthNetwork,
  faceNetwork,
  input,
  parseNetwork,
  patchDiscriminators,
  refineGenerator,
  resnet18,
  resnet50,
  type Tensor,
  Variables,
} from "@cameo/train";
import { describe, expect, it } from "vitest";

function count(build: (v: Variables) => unknown): number {
  const v = new Variables(true);
  build(v);
  return v.parameterCount;
}

const picture = (size: number, channels = 3) => input("image", [1, channels, size, size]);

describe("published parameter counts", () => {
  // torchvision's totals less the classifiers (512 · 1000 + 1000 and 2048 · 1000 + 1000).
  it("ResNet-18 body", () => expect(count((v) => resnet18(v, picture(224)))).toBe(11_689_512 - 513_000));
  it("ResNet-50 body", () => expect(count((v) => resnet50(v, picture(224)))).toBe(25_557_032 - 2_049_000));

  it("depth network: 15.6 M", () => {
    const n = count((v) => depthNetwork(v, picture(256, 5)));
    expect(n / 1e6).toBeCloseTo(15.6, 1);
  });

  it("pix2pixHD global generator: 182 M", () => {
    expect(count((v) => refineGenerator(v, picture(256), { filters: 64, blocks: 9 }))).toBe(182_443_267);
  });

  it("pix2pixHD discriminators: 2.77 M at each scale for two pictures", () => {
    expect(count((v) => patchDiscriminators(v, picture(256, 6)))).toBe(2 * 2_767_809);
  });

  it("default refinement and parsing networks are small", () => {
    expect(count((v) => refineGenerator(v, picture(256)))).toBeLessThan(9e6);
    expect(count((v) => parseNetwork(v, picture(256)))).toBeLessThan(2e6);
  });
});

describe("shapes", () => {
  const v = () => new Variables(false);
  const shape = (x: Tensor) => x.shape;
  it("depth", () => expect(shape(depthNetwork(v(), picture(64, 5), { width: 8 }))).toEqual([1, 1, 64, 64]));
  it("refinement", () => expect(shape(refineGenerator(v(), picture(64), { filters: 4 }))).toEqual([1, 3, 64, 64]));
  it("parsing", () => expect(shape(parseNetwork(v(), picture(64)))).toEqual([1, 6, 64, 64]));
  it.each(["pooled", "landmarks"] as const)("face, %s features", (features) => {
    const { landmarks68, ...heads } = faceNetwork(v(), picture(64), { body: "resnet18", width: 8, features });
    expect(landmarks68?.shape).toEqual(features === "landmarks" ? [1, 68, 2] : undefined);
    expect(Object.entries(heads).map(([name, t]) => [name, ...t.shape])).toEqual([
      ["identity", 1, 80],
      ["expression", 1, 64],
      ["texture", 1, 80],
      ["light", 1, 9],
      ["rotation", 1, 4],
      ["translation", 1, 3],
    ]);
  });

  it("says which map does not fit a size", () => {
    expect(() => depthNetwork(v(), picture(40, 5))).toThrow(/concat: shapes \[1, 256, 4, 4\] and \[1, 256, 3, 3\]/);
  });

  it("shares weights between two calls, and chains their statistics", () => {
    const shared = new Variables(true);
    const one = count((w) => depthNetwork(w, picture(64, 5), { width: 8 }));
    depthNetwork(shared, picture(64, 5), { width: 8 });
    depthNetwork(shared, picture(64, 5), { width: 8 });
    expect(shared.parameterCount).toBe(one);
    expect(() => shared.weight("encoder.conv1.weight", [1], () => new Float32Array(1))).toThrow(
      'The variable "encoder.conv1.weight" has shape [8, 5, 7, 7] and cannot have [1] too.',
    );
  });
});
