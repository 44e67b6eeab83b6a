import type { Cameo, Head, RenderOptions, RgbaImage } from "cameo";
import { describe, expect, it } from "vitest";
import { type FaceDescriptor, measureSimilarity, overBlack, similaritiesOf, strangers } from "../src/index.ts";

const box = { x: 0, y: 0, width: 1, height: 1 };
const pixel = (value: number): RgbaImage => ({ width: 1, height: 1, data: Uint8Array.of(value, 0, 0, 255) });

/** A head whose pictures say in their one pixel by how many degrees it is turned, and 100 more where they are refined. */
const turnOf = ({ angles: { yaw = 0, pitch = 0 } = {} }: RenderOptions) => Math.round(((yaw + pitch) * 180) / Math.PI);
const head = {
  image: { width: 1, height: 1, data: Uint8Array.of(0, 0, 0) },
  box,
  render: (options: RenderOptions) => pixel(turnOf(options)),
} as Head;
const cameo = {
  reconstruct: async () => head,
  refine: async (_: Head, options: RenderOptions) => pixel(100 + turnOf(options)),
} as unknown as Cameo;

/** Faces that turn with the head; none beyond 50°. */
const descriptor: FaceDescriptor = {
  describe: async ({ data: [value] }) => {
    const angle = ((value % 100) * Math.PI) / 180;
    return value % 100 > 50 ? undefined : Float32Array.of(Math.cos(angle), Math.sin(angle), 0);
  },
  dispose: async () => {},
};

describe("similarity", () => {
  const photo = { name: "a", file: "a.jpg" };
  const turns = [
    { yaw: 20, pitch: 0 },
    { yaw: 0, pitch: 40 },
    { yaw: 60, pitch: 0 },
  ];

  it("compares each turned photo with the photo; where no face is found there is none", async () => {
    const { result, embedding } = await measureSimilarity(cameo, descriptor, photo, turns, { refine: false });
    expect(result.name).toBe("a");
    expect(Array.from(embedding)).toEqual([1, 0, 0]);
    expect(result.turns.map(({ similarity }) => similarity?.toFixed(4))).toEqual([
      Math.cos(Math.PI / 9).toFixed(4),
      Math.cos((2 * Math.PI) / 9).toFixed(4),
      undefined,
    ]);
  });

  it("takes refined views unless told otherwise", async () => {
    const values: number[] = [];
    const watching = {
      ...descriptor,
      describe: async (...[image, near]: Parameters<FaceDescriptor["describe"]>) => {
        values.push(image.data[0]);
        return descriptor.describe(image, near);
      },
    };
    await measureSimilarity(cameo, watching, photo, turns);
    expect(values).toEqual([0, 120, 140, 160]);
  });

  it("of strangers is that of each with each other", () => {
    const faces = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(0.8, 0.6)];
    const { mean, least, most, count } = strangers(faces);
    expect([mean, least, most].map((value) => value?.toFixed(4))).toEqual([(1.4 / 3).toFixed(4), "0.0000", "0.8000"]);
    expect(count).toBe(3);
    expect(strangers(faces.slice(0, 1))).toEqual({ mean: undefined, least: undefined, most: undefined, count: 0 });
  });

  it("is summed up over the pictures in which a face was found", () => {
    expect(similaritiesOf([0.5, undefined, 1])).toEqual({ mean: 0.75, least: 0.5, most: 1, count: 2 });
  });
});

it("what is transparent is black", () => {
  const picture = { width: 2, height: 1, data: Uint8Array.of(200, 100, 50, 255, 200, 100, 50, 0) };
  expect(Array.from(overBlack(picture).data)).toEqual([200, 100, 50, 0, 0, 0]);
});
