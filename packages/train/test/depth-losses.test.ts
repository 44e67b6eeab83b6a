import * as t from "@cameo/train";
import { describe, expect, it } from "vitest";
import { distinct, expectGradients, noise } from "./finite-differences.ts";

const size = 5;
const shape = [1, 1, size, size];
const map = (at: (x: number, y: number) => number) =>
  t.constant(
    Float32Array.from({ length: size * size }, (_, i) => at(i % size, Math.floor(i / size))),
    shape,
  );
const picture = (at: (x: number, y: number, channel: number) => number) =>
  t.constant(
    Float32Array.from({ length: 3 * size * size }, (_, i) =>
      at(i % size, Math.floor(i / size) % size, Math.floor(i / size ** 2)),
    ),
    [1, 3, size, size],
  );
const everywhere = map(() => 1);
const left = map((x) => (x < 2 ? 1 : 0));

async function measure(loss: t.Tensor): Promise<number> {
  const program = await t.createProgram(t.toOnnx({ loss }), { threads: 1 });
  const { loss: value } = await program.run({});
  await program.dispose();
  return Number(value[0]);
}

describe("the depth network's losses", () => {
  it("colour: the mean of |I′ − I|₁ over what is seen (Eq. 4)", async () => {
    const [a, b] = [picture((x, _y, c) => 0.1 * x * (c + 1)), picture(() => 0)];
    // 0.1 x (1 + 2 + 3), x = 0 and 1.
    expect(await measure(t.colourError(a, b, left))).toBeCloseTo(0.3, 5);
    expect(await measure(t.colourError(a, b, everywhere))).toBeCloseTo(1.2, 5);
    expect(
      await measure(
        t.colourError(
          a,
          b,
          map(() => 0),
        ),
      ),
    ).toBe(0);
  });

  it("gradient: blind to another brightness, and to neighbours that are not seen (Eq. 5)", async () => {
    const a = picture((x, y) => 0.1 * x + 0.05 * y);
    const brighter = picture((x, y) => 0.3 + 0.1 * x + 0.05 * y);
    expect(await measure(t.gradientError(brighter, a, everywhere))).toBeCloseTo(0, 5);
    const steeper = picture((x, y) => 0.2 * x + 0.05 * y);
    expect(await measure(t.gradientError(steeper, a, everywhere))).toBeCloseTo(0.3, 5);
    const torn = picture((x, y) => 0.1 * x + 0.05 * y + (x >= 2 ? 1 : 0));
    expect(await measure(t.gradientError(torn, a, left))).toBeCloseTo(0, 5);
    expect(await measure(t.gradientError(torn, a, everywhere))).toBeGreaterThan(0.5);
  });

  it("smooth: planes are free, a parabola is not, and nothing beyond the region counts (Eq. 6, 8)", async () => {
    expect(
      await measure(
        t.roughness(
          map((x, y) => 3 * x - 2 * y),
          everywhere,
        ),
      ),
    ).toBeCloseTo(0, 5);
    expect(
      await measure(
        t.roughness(
          map((x) => 0.5 * x * x),
          everywhere,
        ),
      ),
    ).toBeCloseTo(1, 5);
    const step = map((x) => (x >= 3 ? 7 : 0));
    expect(
      await measure(
        t.roughness(
          step,
          map((x) => (x < 3 ? 1 : 0)),
        ),
      ),
    ).toBe(0);
    expect(await measure(t.roughness(step, everywhere))).toBeCloseTo(14 / 3, 5);
  });

  it("face: the fitted face where no hair covers it (Eq. 7)", async () => {
    const face = map((x) => (x < 4 ? 2 : 0));
    const hair = map((x) => (x >= 2 ? 1 : 0));
    const depth = map((x) => (x < 2 ? 2.1 : 9));
    expect(await measure(t.faceDepthError(depth, face, hair))).toBeCloseTo(0.1, 5);
  });

  it("layer: only hair behind the face that it covers (Eq. 9)", async () => {
    const face = map((x) => (x < 4 ? 2 : 0));
    const hair = map((x) => (x >= 2 ? 1 : 0));
    // Nearness: less is behind.
    expect(
      await measure(
        t.layerOrderError(
          map(() => 1.7),
          face,
          hair,
        ),
      ),
    ).toBeCloseTo(0.3, 5);
    expect(
      await measure(
        t.layerOrderError(
          map(() => 2.5),
          face,
          hair,
        ),
      ),
    ).toBe(0);
    expect(
      await measure(
        t.layerOrderError(
          map((x) => (x < 2 ? 0 : 2.5)),
          face,
          hair,
        ),
      ),
    ).toBe(0);
  });

  it("target and slope: what is known, within layers", async () => {
    const truth = map((x) => (x === 4 ? 0 : 1 + 0.02 * x + (x >= 2 ? 1 : 0)));
    const depth = map((x) => 1.1 + 0.02 * x + (x >= 2 ? 1 : 0));
    expect(await measure(t.targetError(depth, truth, everywhere))).toBeCloseTo(0.1, 5);
    expect(await measure(t.slopeError(depth, truth, everywhere))).toBeCloseTo(0, 5);
    const steeper = map((x) => 1 + 0.07 * x + (x >= 2 ? 1 : 0));
    expect(await measure(t.slopeError(steeper, truth, everywhere))).toBeCloseTo(0.05, 5);
    // The step between layers is nobody's slope.
    const bridged = map((x) => 1 + 0.02 * x);
    expect(await measure(t.slopeError(bridged, truth, everywhere))).toBeCloseTo(0, 5);
  });

  it("have gradients with respect to depth and picture", async () => {
    const region = map((x, y) => (x + y < 7 ? 1 : 0));
    const hair = map((x) => (x > 2 ? 1 : 0));
    const other = t.constant(distinct(size * size, 8), shape);
    const colours = t.constant(noise(3 * size * size, 5), [1, 3, size, size]);
    const total = (depth: t.Tensor, image: t.Tensor) =>
      [
        t.roughness(depth, region),
        t.faceDepthError(depth, other, hair),
        t.layerOrderError(depth, other, hair),
        t.targetError(depth, other, region),
        t.slopeError(depth, other, region),
        t.colourError(image, colours, region),
        t.gradientError(image, colours, region),
      ].reduce(t.add);
    await expectGradients(
      total,
      [
        { shape, values: distinct(size * size, 3).map((v) => v + 0.007) },
        { shape: [1, 3, size, size], values: distinct(3 * size * size, 4).map((v) => v + 0.003) },
      ],
      { step: 1e-3 },
    );
  });
});
