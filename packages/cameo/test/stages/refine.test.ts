import { type CropFrame, createRefiner, type RgbaImage, type Session } from "cameo";
import { describe, expect, it } from "vitest";

const side = 16;

/** A refinement network that is a function of the pixels: colours (0 … 255) of the picture, and whether there is a hole. */
async function refiner(make: (color: readonly number[], hole: boolean) => readonly number[]) {
  const session: Session = {
    inputNames: ["picture", "missing"],
    inputShapes: { picture: [1, 3, side, side], missing: [1, 1, side, side] },
    outputNames: ["made"],
    async run({ picture, missing }) {
      const n = side * side;
      const data = new Float32Array(3 * n);
      for (let p = 0; p < n; p++) {
        const made = make(
          [0, 1, 2].map((k) => Math.round(255 * picture.data[k * n + p])),
          missing.data[p] === 1,
        );
        for (let k = 0; k < 3; k++) data[k * n + p] = made[k] / 255;
      }
      return { made: { data, dims: [1, 3, side, side] } };
    },
    async dispose() {},
  };
  return createRefiner(new Uint8Array(), async () => session);
}

/** A view of three times the crop's size, of colours and alpha by pixel, and where the crop lies in it. */
const size = 3 * side;
const view = (at: (x: number, y: number) => readonly [number, number, number, number]): RgbaImage => ({
  width: size,
  height: size,
  data: Uint8Array.from({ length: 4 * size * size }, (_, i) => at((i >> 2) % size, Math.floor((i >> 2) / size))[i & 3]),
});
// Scales of frames are those of crops of 256 pixels.
const frame: CropFrame = { x: size / 2, y: size / 2, scale: size / 256, angle: 0 };
const at = ({ data }: { data: ArrayLike<number> }, x: number, y: number) =>
  [0, 1, 2].map((k) => data[4 * (y * size + x) + k]);

describe("filling coarse views", () => {
  const noise = (x: number, y: number, k: number) => (x * 37 + y * 91 + k * 53) % 256;
  const noisy = view((x, y) =>
    x >= 20 && x < 30 && y >= 12 && y < 40 ? [0, 0, 0, 0] : [noise(x, y, 0), noise(x, y, 1), noise(x, y, 2), 255],
  );

  it("leaves what is known as it was, bit for bit, and no hole", async () => {
    const { refine } = await refiner(() => [90, 120, 150]);
    const { width, height, data } = await refine(noisy, frame);
    expect([width, height, data.length]).toEqual([size, size, 4 * size * size]);
    const changed = Array.from({ length: size * size }, (_, p) => p).filter(
      (p) => noisy.data[4 * p + 3] === 255 && [0, 1, 2].some((k) => data[4 * p + k] !== noisy.data[4 * p + k]),
    );
    expect(changed).toEqual([]);
    expect(at({ data }, 25, 25)).not.toEqual([0, 0, 0]);
    expect(data.every((v, i) => i % 4 < 3 || v === 255)).toBe(true);
  });

  it("matches colours at the border: a network that is off by one tint everywhere makes no difference", async () => {
    const plain = view((x, y) => (x >= 20 && x < 30 && y >= 12 && y < 40 ? [0, 0, 0, 0] : [100, 140, 180, 255]));
    const { refine } = await refiner(() => [125, 120, 170]);
    const filled = await refine(plain, frame);
    for (const [x, y] of [
      [20, 12],
      [25, 25],
      [29, 39],
    ])
      at(filled, x, y).forEach((v, k) => {
        expect(Math.abs(v - [100, 140, 180][k])).toBeLessThanOrEqual(2);
      });
  });

  it("lets the network decide what is missing, and no head bleed into it", async () => {
    // A red head at the left, a blue wall at the right, a hole between; the network takes it for wall, a little too dark.
    const between = view((x) => (x < 20 ? [200, 30, 30, 255] : x < 31 ? [0, 0, 0, 0] : [40, 60, 160, 255]));
    const { refine } = await refiner((color, hole) => (hole ? [35, 50, 150] : color));
    const filled = await refine(between, frame);
    for (const x of [20, 21, 25, 30])
      at(filled, x, 24).forEach((v, k) => {
        expect(Math.abs(v - [40, 60, 160][k])).toBeLessThan(14);
      });
    expect(at(filled, 19, 24)).toEqual([200, 30, 30]);
  });

  it("mixes pixels that are known in part, and goes on beyond the crop", async () => {
    const half = view((x, y) => [250, 250, 250, x === 24 ? 128 : y < 3 ? 0 : 255]);
    const { refine } = await refiner(() => [250, 250, 250]);
    const small = { ...frame, scale: frame.scale / 2 };
    const filled = await refine(half, small);
    for (const [x, y] of [
      [24, 24],
      [5, 0],
      [47, 2],
    ])
      for (const v of at(filled, x, y)) expect(Math.abs(v - 250)).toBeLessThanOrEqual(2);
  });

  it("gives back a view without holes, and an all but unknown one", async () => {
    const { refine } = await refiner(() => [10, 20, 30]);
    const whole = view(() => [1, 2, 3, 255]);
    expect(new Set((await refine(whole, frame)).data)).toEqual(new Set([1, 2, 3, 255]));
    const nothing = await refine(
      view(() => [0, 0, 0, 0]),
      frame,
    );
    expect(at(nothing, 5, 5)).toEqual([10, 20, 30]);
  });

  it("refuses another network", async () => {
    const session: Session = {
      inputNames: ["image"],
      inputShapes: { image: [1, 3, 64, 64] },
      outputNames: ["logits"],
      run: async () => ({}),
      dispose: async () => {},
    };
    await expect(createRefiner(new Uint8Array(), async () => session)).rejects.toThrow("A refinement network takes");
  });
});
