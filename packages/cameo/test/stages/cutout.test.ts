import { describe, expect, it } from "vitest";
import { Label } from "../../src/image.ts";
import { continueNeck } from "../../src/stages/pose/continue-neck.ts";
import { headMatte } from "../../src/stages/pose/matte.ts";

const SIDE = 64;
/** One pixel a millimetre. */
const SCALE = 1;

/** A picture and a map, pixel by pixel. */
const picture = (color: (x: number, y: number) => number) => {
  const data = new Uint8ClampedArray(3 * SIDE * SIDE);
  for (let p = 0; p < SIDE * SIDE; p++) data.fill(color(p % SIDE, Math.floor(p / SIDE)), 3 * p, 3 * p + 3);
  return { width: SIDE, height: SIDE, data };
};
const map = (value: (x: number, y: number) => number) =>
  Uint8Array.from({ length: SIDE * SIDE }, (_, p) => value(p % SIDE, Math.floor(p / SIDE)));

const at = (data: ArrayLike<number>, x: number, y: number) => data[y * SIDE + x];

describe("the matte of a head", () => {
  const isStrand = (x: number, y: number) => y === 32 && x >= 32 && x < 36;
  const hair = picture((x, y) => (x < 32 || isStrand(x, y) ? 20 : 220));
  const matte = headMatte(
    hair,
    map((x) => (x < 32 ? Label.hair : Label.background)),
    SCALE,
  );

  it("finds a strand beside hair by its colour, and no hair beside it", () => {
    expect(at(matte.alpha, 33, 32)).toBeGreaterThan(150);
    expect(at(matte.strands, 33, 32)).toBe(at(matte.alpha, 33, 32));
    expect(at(matte.alpha, 36, 10)).toBeLessThan(40);
    expect(at(matte.alpha, 60, 32)).toBe(0);
    expect(at(matte.alpha, 5, 32)).toBe(255);
  });

  it("ends faces at their outline, whatever the colours", () => {
    const { alpha, strands } = headMatte(
      hair,
      map((x) => (x < 32 ? Label.face : Label.background)),
      SCALE,
    );
    expect(at(alpha, 31, 32)).toBe(255);
    expect(at(alpha, 35, 32)).toBe(0);
    expect(strands.some((value) => value > 0)).toBe(false);
  });
});

describe("a neck", () => {
  it("goes on into a hole, with its outline, and no farther than it can be told", () => {
    const below = picture((x, y) => (y < 40 ? 0 : x >= 20 && x < 44 ? 180 : 60));
    const holes = map((_, y) => (y < 40 ? 255 : 0));
    continueNeck(
      below,
      holes,
      map((x, y) => (y >= 40 && x >= 20 && x < 44 ? 1 : 0)),
      [0, 1],
      SCALE,
    );
    const red = below.data.filter((_, i) => i % 3 === 0);
    expect(at(red, 32, 36)).toBe(180);
    expect(at(red, 17, 36)).toBe(60);
    expect(at(holes, 32, 36)).toBe(0);
    // Far beside the neck, and far up, the hole stays one.
    expect(at(holes, 63, 36)).toBe(255);
    expect(at(red, 63, 36)).toBe(0);
    expect(at(holes, 32, 2)).toBeGreaterThan(60);
  });

  it("stays a hole where the photo ends before it is seen", () => {
    const holes = new Uint8Array(SIDE * SIDE).fill(255);
    continueNeck(
      picture(() => 0),
      holes,
      new Uint8Array(SIDE * SIDE).fill(1),
      [0, 1],
      SCALE,
    );
    expect(holes.every((value) => value === 255)).toBe(true);
  });
});
