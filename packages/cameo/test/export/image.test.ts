import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { type GreyImage, quantizeDepth } from "../../src/export/grey.ts";
import { encodeGreyPng } from "../../src/export/grey-png.ts";
import { encodeGrey, encodeImage } from "../../src/export/image.node.ts";

const [width, height] = [37, 23];
const random = (length: number, most: number) =>
  fc.sample(fc.array(fc.nat(most), { minLength: length, maxLength: length, size: "max" }), { numRuns: 1, seed: 7 })[0];

describe("colour pictures", () => {
  const image = { width, height, data: Uint8Array.from(random(width * height * 3, 255)) };
  const smooth = {
    width,
    height,
    data: image.data.map((_, i) => 60 + ((i / 3) % width) * 4 + Math.floor(i / 3 / width)),
  };

  it("a PNG is exact, and a JPEG or WebP close", async () => {
    const decode = async (format: "png" | "jpeg" | "webp", picture = smooth) => {
      const bytes = await encodeImage(picture, { format });
      expect((await sharp(bytes).metadata()).format).toBe(format);
      return new Uint8Array(await sharp(bytes).raw().toBuffer());
    };
    expect(await decode("png", image)).toEqual(image.data);
    for (const format of ["jpeg", "webp"] as const) {
      const decoded = await decode(format);
      const mean = decoded.reduce((sum, v, i) => sum + Math.abs(v - smooth.data[i]), 0) / decoded.length;
      expect(mean).toBeLessThan(2);
    }
  });

  it("alpha stays in a PNG, and is laid on white in a JPEG", async () => {
    const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => [200, 100, 0, 128][i % 4]);
    const rgba = { width, height, data };
    const png = await sharp(await encodeImage(rgba, { format: "png" }))
      .raw()
      .toBuffer();
    expect(new Uint8Array(png)).toEqual(data);
    const [r, g, b] = await sharp(await encodeImage(rgba, { format: "jpeg" }))
      .raw()
      .toBuffer();
    for (const [value, expected] of [
      [r, 227],
      [g, 177],
      [b, 127],
    ])
      expect(Math.abs(value - expected)).toBeLessThan(4);
  });

  it("a lower quality is smaller", async () => {
    for (const format of ["jpeg", "webp"] as const) {
      const [low, high] = await Promise.all([20, 95].map((quality) => encodeImage(image, { format, quality })));
      expect(low.length).toBeLessThan(high.length * 0.7);
    }
  });
});

describe("grey pictures are exact", () => {
  const pictures: [string, GreyImage, number][] = [
    ["8 bits", { width, height, data: Uint8Array.from(random(width * height, 255)) }, 8],
    ["16 bits", { width, height, data: Uint16Array.from(random(width * height, 65535)) }, 16],
    ["16 bits, one pixel", { width: 1, height: 1, data: Uint16Array.of(65535) }, 16],
    ["8 bits, a wide one", { width: 300, height: 2, data: Uint8Array.from(random(600, 255)) }, 8],
  ];
  for (const [name, image, bits] of pictures)
    it.each([
      ["sharp", encodeGrey],
      ["our own writer", encodeGreyPng],
    ])(`${name}, written by %s`, async (_, encode) => {
      const bytes = await encode(image);
      const metadata = await sharp(bytes).metadata();
      expect(metadata).toMatchObject({ format: "png", channels: 1, depth: bits === 16 ? "ushort" : "uchar" });
      const space = bits === 16 ? "grey16" : "b-w";
      const depth = bits === 16 ? "ushort" : "uchar";
      const raw = await sharp(bytes, { failOn: "warning" }).toColourspace(space).raw({ depth }).toBuffer();
      const values = bits === 16 ? new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2) : new Uint8Array(raw);
      expect(Array.from(values)).toEqual(Array.from(image.data));
    });
});

describe("depth in 16 bits", () => {
  it("is exact to half a step, and none stays none", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 50_000, noNaN: true })), { minLength: 1 }),
        (depths) => {
          const data = Float32Array.from(depths);
          const { image, scale } = quantizeDepth({ width: data.length, height: 1, data });
          const farthest = Math.max(...data);
          expect(Number.isInteger(Math.log2(scale))).toBe(true);
          if (farthest > 0) expect(farthest / scale).toBeGreaterThan(32767);
          data.forEach((depth, i) => {
            if (depth === 0) expect(image.data[i]).toBe(0);
            else if (depth < scale) expect(image.data[i]).toBe(1);
            else expect(Math.abs(image.data[i] * scale - depth)).toBeLessThanOrEqual(scale / 2);
          });
        },
      ),
    );
  });

  it("without any surface is all zeros", () => {
    expect(quantizeDepth({ width: 2, height: 1, data: new Float32Array(2) })).toEqual({
      image: { width: 2, height: 1, data: new Uint16Array(2) },
      scale: 1,
    });
  });
});
