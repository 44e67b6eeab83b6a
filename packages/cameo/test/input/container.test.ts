import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readContainer } from "../../src/input/container.ts";
import { chunk, hollowPng, sharpOf, squares } from "./pictures.ts";

const picture = squares();

describe("the structure of an image file", () => {
  it.each([
    ["jpeg", () => sharpOf(picture).jpeg()],
    ["jpeg", () => sharpOf(picture).jpeg({ progressive: true })],
    ["jpeg", () => sharpOf(picture).toColourspace("cmyk").jpeg()],
    ["png", () => sharpOf(picture).png()],
    ["webp", () => sharpOf(picture).webp()],
    ["webp", () => sharpOf(picture).webp({ lossless: true })],
    ["webp", () => sharpOf(picture).ensureAlpha(0.5).withMetadata({ orientation: 3 }).webp()],
    ["gif", () => sharpOf(picture).gif()],
    ["avif", () => sharpOf(picture).avif()],
    ["tiff", () => sharpOf(picture).tiff()],
  ] as const)("of a %s tells its size, and that it is whole", async (format, encode) => {
    const container = readContainer(await encode().toBuffer());
    expect(container).toMatchObject({ format, width: 80, height: 64, animated: false, complete: true });
  });

  it("is the first picture where another is hidden behind it, as phones do", async () => {
    const [first, second] = await Promise.all(
      [sharpOf(picture), sharpOf(squares(3, 3))].map((p) => p.jpeg().toBuffer()),
    );
    const both = Buffer.concat([first, second.subarray(0, 100)]);
    expect(readContainer(both)).toMatchObject({ width: 80, height: 64, complete: true });
  });

  it("tells animations from still pictures", async () => {
    const frames = await Promise.all(
      [picture, squares(5, 4)].map((p, i) =>
        sharpOf(p)
          .negate(i > 0)
          .png()
          .toBuffer(),
      ),
    );
    const moving = sharp(frames, { join: { animated: true } });
    expect(readContainer(await moving.clone().gif().toBuffer())?.animated).toBe(true);
    expect(readContainer(await moving.clone().webp().toBuffer())?.animated).toBe(true);

    const still = hollowPng(64, 64);
    const header = 8 + 12 + 13;
    const control = chunk("acTL", Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0));
    expect(readContainer(still)?.animated).toBe(false);
    expect(readContainer(Buffer.concat([still.subarray(0, header), control, still.subarray(header)]))?.animated).toBe(
      true,
    );

    const avif = await sharpOf(picture).avif().toBuffer();
    avif.write("avis", avif.indexOf("miaf"), "latin1");
    expect(readContainer(avif)).toMatchObject({ format: "avif", animated: true });
  });

  it("of any bytes costs one quick look and never throws", () => {
    const starts = [
      "\xff\xd8\xff",
      "\x89PNG\r\n\x1a\n",
      "RIFF\xff\0\0\0WEBP",
      "GIF89a",
      "\0\0\0\x18ftypavif",
      "II*\0",
      "MM\0*",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 3000, size: "max" }), (start, rest) => {
        const container = readContainer(Buffer.concat([Buffer.from(start, "latin1"), rest]));
        if (container) expect(container.width * container.height).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
    const nested = Buffer.alloc(12 * 100_000);
    nested.write("\0\0\0\x18ftypavif", "latin1");
    for (let at = 24; at < nested.length; at += 12) {
      nested.writeUInt32BE(nested.length - at, at);
      nested.write("meta", at + 4, "latin1");
    }
    expect(readContainer(nested)).toMatchObject({ format: "avif", width: 0 });
    const worst = Buffer.alloc(30_000_000, 0xff);
    worst.set([0xff, 0xd8, 0xff]);
    const begun = performance.now();
    expect(readContainer(worst)?.complete).toBe(false);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});
