import type { CreateSession, DetectedFace, Detector, RgbImage, Tensor } from "cameo";
import { describe, expect, it } from "vitest";
import { createFaceDescriptor, DESCRIPTOR_COLOURS, faceSimilarity } from "../src/index.ts";

/** A face about a place, as far as it matters here: the corners of eyes and mouth, nose and temples. */
function faceAbout(x: number, y: number): DetectedFace {
  const landmarks68 = new Float32Array(136);
  const points = [
    ...[
      [0, -68, -30],
      [1, -68, -12],
      [15, 68, -12],
      [16, 68, -30],
      [30, 0, 5],
      [33, 0, 18],
    ],
    ...[
      [36, -44, -30],
      [45, 44, -30],
      [48, -25, 38],
      [54, 25, 38],
    ],
  ];
  for (const [k, u, v] of points) landmarks68.set([x + u, y + v], 2 * k);
  return { landmarks68, box: { x: x - 70, y: y - 80, width: 140, height: 160 } } as DetectedFace;
}

const detectorOf = (...faces: DetectedFace[]) =>
  ({ detect: async () => faces, dispose: async () => {} }) satisfies Detector;

/** A red picture with a blue half at the right. */
const photo: RgbImage = {
  width: 800,
  height: 300,
  data: Uint8Array.from({ length: 3 * 800 * 300 }, (_, i) => {
    const isRight = Math.floor(i / 3) % 800 >= 400;
    return i % 3 === (isRight ? 2 : 0) ? 255 : 0;
  }),
};

/** A network that gives the mean of each channel it sees; what it was fed last is kept. */
function meansOf(dims: readonly (number | undefined)[]) {
  const seen: Tensor[] = [];
  const session: CreateSession = async () => ({
    inputNames: ["input"],
    outputNames: ["age", "means"],
    inputShapes: { input: dims },
    async run({ input }) {
      seen.push(input);
      const isPlanar = input.dims[1] === 3;
      const n = input.data.length / 3;
      const means = new Float32Array(4).fill(1, 3);
      input.data.forEach((value, i) => {
        means[isPlanar ? Math.floor(i / n) : i % 3] += value / n;
      });
      return { age: { data: Float32Array.of(40), dims: [1, 1] }, means: { data: means, dims: [1, 4] } };
    },
    dispose: async () => {},
  });
  return { session, seen };
}

const [left, right] = [faceAbout(200, 150), faceAbout(600, 150)];

describe("a face descriptor", () => {
  it("describes the face that is expected, by the longest output, as a unit vector", async () => {
    const { session, seen } = meansOf([undefined, 224, 224, 3]);
    const descriptor = await createFaceDescriptor(detectorOf(left, right), new Uint8Array(), session);
    const embedding = await descriptor.describe(photo, { ...right.box, x: right.box.x - 30 });
    expect(seen[0].dims).toEqual([1, 224, 224, 3]);
    expect(embedding).toHaveLength(4);
    expect(Math.hypot(...embedding!)).toBeCloseTo(1, 5);
    expect(embedding![2]).toBeGreaterThan(0.99);
    expect(embedding![0]).toBeCloseTo(0, 3);
  });

  it("knows when no face is where it is expected", async () => {
    const descriptor = await createFaceDescriptor(
      detectorOf(left),
      new Uint8Array(),
      meansOf([1, 224, 224, 3]).session,
    );
    expect(await descriptor.describe(photo, right.box)).toBeUndefined();
  });

  it("gives networks the size, order and colours that they want", async () => {
    const { session, seen } = meansOf([1, 3, 112, 112]);
    const colours = { mean: [0.5, 0, 0.25], deviation: [0.5, 1, 0.25], order: "bgr" } as const;
    const descriptor = await createFaceDescriptor(detectorOf(left), new Uint8Array(), session, colours);
    await descriptor.describe(photo, left.box);
    expect(seen[0].dims).toEqual([1, 3, 112, 112]);
    const middle = 56 * 112 + 56;
    // Red is the last.
    expect([0, 1, 2].map((k) => seen[0].data[k * 112 * 112 + middle])).toEqual([-1, 0, 3]);
  });

  it("refuses networks that take something else", async () => {
    for (const dims of [
      [1, 512],
      [1, 1, 224, 224],
      [1, 3, 224, 112],
    ])
      await expect(
        createFaceDescriptor(detectorOf(), new Uint8Array(), meansOf(dims).session, DESCRIPTOR_COLOURS),
      ).rejects.toThrow(/one square picture/);
  });
});

it("faces are alike by the cosine of the angle between them", () => {
  expect(faceSimilarity(Float32Array.of(1, 0), Float32Array.of(0.6, 0.8))).toBeCloseTo(0.6, 6);
});
