import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeImage } from "../../src/input/decode.node.ts";
import { InputError } from "../../src/input/error.ts";
import { type ImageSource, MAX_PIXELS } from "../../src/input/photo.ts";
import {
  difference,
  hollowPng,
  lensFields,
  sharpOf,
  squares,
  storedAs,
  tiffBlock,
  tiffFile,
  withExif,
} from "./pictures.ts";

const picture = squares();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cameo-input-"));
});
afterAll(() => rm(folder, { recursive: true }));

const saved = async (name: string, bytes: Uint8Array | string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};

describe("what a picture may be handed in as", () => {
  const png = () => sharpOf(picture).png().toBuffer();

  it("a path, a file URL, a Buffer, a Uint8Array, an ArrayBuffer, a Blob, a File", async () => {
    const bytes = await png();
    const path = await saved("a photo.png", bytes);
    const plain = new Uint8Array(bytes);
    const blob = new Blob([plain]);
    const file = new File([plain], "jane.png");
    const sources: ImageSource[] = [path, pathToFileURL(path), bytes, plain, plain.buffer, blob, file];
    const photos = await Promise.all(sources.map((source) => decodeImage(source)));
    for (const { image, notes, focal35 } of photos) {
      expect(difference(image, picture).max).toBe(0);
      expect(notes).toEqual([]);
      expect(focal35).toBeUndefined();
    }
    const photoNames = photos.map(({ name }) => name);
    expect(photoNames).toEqual(["a photo.png", "a photo.png", undefined, undefined, undefined, undefined, "jane.png"]);
  });

  it("raw RGB, copied", async () => {
    const data = Uint8Array.from(picture.data);
    const { image } = await decodeImage({ ...picture, data });
    expect(difference(image, picture).max).toBe(0);
    data.fill(0);
    expect(difference(image, picture).max).toBe(0);
  });

  it("raw RGBA or ImageData, on white", async () => {
    const [width, height] = [16, 16];
    const rgba = new Uint8ClampedArray(width * height * 4);
    for (let i = 0; i < width * height; i++) rgba.set([200, 100, 0, i], i * 4);
    const { image } = await decodeImage({ width, height, data: rgba });
    const [clear, half] = [0, 128].map((i) => Array.from(image.data.subarray(i * 3, i * 3 + 3)));
    expect(clear).toEqual([255, 255, 255]);
    expect(half).toEqual([227, 177, 127]);
  });

  it.runIf(process.platform === "linux")("a pipe", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const writing = writeFile(path, await png());
    expect(difference((await decodeImage(path)).image, picture).max).toBe(0);
    await writing;
  });
});

describe("orientation", () => {
  for (const format of ["jpeg", "png", "webp", "tiff"] as const)
    it(`all eight EXIF orientations of a ${format} give identical pixels`, async () => {
      const options = {
        jpeg: { quality: 100, chromaSubsampling: "4:4:4" },
        png: {},
        webp: { lossless: true },
        tiff: { compression: "lzw" },
      };
      const decoded = await Promise.all(
        [1, 2, 3, 4, 5, 6, 7, 8].map(async (orientation) => {
          const stored = sharpOf(storedAs(orientation, picture)).withMetadata({ orientation });
          return (await decodeImage(await stored.toFormat(format, options[format]).toBuffer())).image;
        }),
      );
      expect(difference(decoded[0], picture).max).toBeLessThanOrEqual(format === "jpeg" ? 2 : 0);
      for (const image of decoded) expect(difference(image, decoded[0]).max).toBe(0);
    });
});

describe("colour", () => {
  const grey = async () => {
    const data = await sharpOf(picture).toColourspace("b-w").raw().toBuffer();
    return { ...picture, data: Uint8Array.from(picture.data, (_, i) => data[Math.floor(i / 3)]) };
  };
  const onWhite = (alpha: number) => ({
    ...picture,
    data: Uint8Array.from(picture.data, (v) => v * alpha + 255 * (1 - alpha)),
  });
  const make = () => sharpOf(picture);

  it.each([
    ["an 8-bit grey JPEG", () => make().toColourspace("b-w").jpeg({ quality: 100 }), grey, 2],
    ["an 8-bit grey PNG", () => make().toColourspace("b-w").png(), grey, 0],
    ["a 16-bit grey PNG", () => make().toColourspace("grey16").png(), grey, 1],
    ["a 16-bit RGB PNG", () => make().toColourspace("rgb16").png(), () => picture, 0],
    [
      "a 16-bit RGB PNG with a profile",
      () => make().withIccProfile("srgb").toColourspace("rgb16").png(),
      () => picture,
      1,
    ],
    ["a 16-bit RGB TIFF", () => make().toColourspace("rgb16").tiff({ compression: "lzw" }), () => picture, 0],
    ["a palette PNG", () => make().png({ palette: true }), () => picture, 1],
    ["an RGBA PNG", () => make().ensureAlpha(0.6).png(), () => onWhite(0.6), 2],
    ["a 16-bit RGBA PNG", () => make().ensureAlpha(0.6).toColourspace("rgb16").png(), () => onWhite(0.6), 2],
    ["an RGBA WebP", () => make().ensureAlpha(0.6).webp({ lossless: true }), () => onWhite(0.6), 2],
    ["a GIF", () => make().gif(), () => picture, 1],
    ["an AVIF", () => make().avif({ quality: 100, chromaSubsampling: "4:4:4" }), () => picture, 6],
    ["a 10-bit AVIF", () => make().avif({ quality: 100, chromaSubsampling: "4:4:4", bitdepth: 10 }), () => picture, 6],
  ])("%s keeps its colours", async (_, encode, expected, tolerance) => {
    const { image } = await decodeImage(await encode().toBuffer());
    expect(difference(image, await expected()).max).toBeLessThanOrEqual(tolerance);
  });

  it("Display P3 and CMYK become sRGB", async () => {
    // Colours inside all three gamuts, so that only the coding differs.
    const data = Uint8Array.from(picture.data, (v) => 90 + (v * 60) / 255);
    const mild = { ...picture, data };
    const p3 = await sharpOf(mild).withIccProfile("p3").png().toBuffer();
    const p3In16 = await sharpOf(mild).withIccProfile("p3").toColourspace("rgb16").png().toBuffer();
    const stored = await sharp(p3, { ignoreIcc: true }).raw().toBuffer();
    expect(difference({ ...mild, data: stored }, mild).max).toBeGreaterThan(4);
    expect(difference((await decodeImage(p3)).image, mild).max).toBeLessThanOrEqual(2);
    expect(difference((await decodeImage(p3In16)).image, mild).max).toBeLessThanOrEqual(2);

    const cmyk = await sharpOf(mild)
      .toColourspace("cmyk")
      .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
      .toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe("cmyk");
    expect(difference((await decodeImage(cmyk)).image, mild).mean).toBeLessThan(5);
  });
});

describe("animations", () => {
  it.each(["gif", "webp"] as const)("of a %s the first frame is used, and a note says so", async (format) => {
    const other = sharpOf({ ...picture, data: picture.data.map((v) => 255 - v) });
    const frames = await Promise.all([sharpOf(picture), other].map((frame) => frame.png().toBuffer()));
    const bytes = await sharp(frames, { join: { animated: true } })
      .toFormat(format, { lossless: true })
      .toBuffer();
    const { image, notes } = await decodeImage(await saved(`moving.${format}`, bytes));
    expect(difference(image, picture).max).toBeLessThanOrEqual(1);
    expect(notes).toEqual([`${join(folder, `moving.${format}`)} is an animation; only its first frame is used.`]);
  });
});

describe("the focal length in the EXIF data", () => {
  const withLens = (tags: Record<string, string>) => sharpOf(picture).withExif({ IFD2: tags });

  it.each(["jpeg", "png", "webp", "avif"] as const)("is read from a %s", async (format) => {
    const bytes = await withLens({ FocalLengthIn35mmFilm: "85" }).toFormat(format).toBuffer();
    expect((await decodeImage(bytes)).focal35).toBe(85);
  });

  it("is left out where it is zero, absent or absurd", async () => {
    const absent: Record<string, string>[] = [
      { FocalLengthIn35mmFilm: "0" },
      { FocalLengthIn35mmFilm: "65535" },
      { FNumber: "2/1" },
    ];
    for (const tags of absent)
      expect((await decodeImage(await withLens(tags).jpeg().toBuffer())).focal35).toBeUndefined();
  });

  it("is read from a tiff", async () => {
    const { image, focal35 } = await decodeImage(tiffFile(picture, [[0xa405, 35]]));
    expect(focal35).toBe(35);
    expect(difference(image, picture).max).toBe(0);
  });

  it.each([true, false])(
    "is left out with a note where the picture was cropped (little endian: %s)",
    async (little) => {
      const jpeg = await sharpOf(picture).jpeg().toBuffer();
      const taken = (width: number, height: number) =>
        decodeImage(withExif(jpeg, tiffBlock([], lensFields(50, width, height), { little })));
      expect((await taken(4000, 3200)).focal35).toBe(50); // 5 : 4, as the picture
      expect((await taken(3200, 4000)).focal35).toBe(50); // turned upright
      expect((await taken(0, 0)).focal35).toBe(50);
      const { focal35, notes } = await taken(6000, 4000);
      expect(focal35).toBeUndefined();
      expect(notes).toEqual([
        "The focal length in the file (50 mm) is not used: the picture was cropped after it was taken.",
      ]);
    },
  );

  it("never makes a picture unreadable, however damaged it is", async () => {
    const bytes = await withLens({ FocalLengthIn35mmFilm: "50" }).jpeg().toBuffer();
    const exif = bytes.indexOf("Exif\0\0") + 6;
    const length = bytes.readUInt16BE(bytes.indexOf(Buffer.from([0xff, 0xe1])) + 2) - 8;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(length - 1), fc.nat(255)), { minLength: 1 }), async (changes) => {
        const changed = Buffer.from(bytes);
        for (const [at, value] of changes) if (at !== 18 && at !== 19) changed[exif + at] = value;
        const { focal35 = 50 } = await decodeImage(changed);
        expect(focal35).toBeGreaterThanOrEqual(5);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a picture that cannot be used", () => {
  /** The error a source is refused with; its message must be one sentence. */
  const refusal = async (source: unknown, options = {}): Promise<InputError> => {
    const error = await decodeImage(source as ImageSource, options).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(/^[^\n]+\.$/);
    return error;
  };

  it("is named in the message, with what to do", async () => {
    const path = join(folder, "nobody.jpg");
    const error = await refusal(path);
    expect(error.code).toBe("not-found");
    expect(error.message).toBe(`${path} does not exist; check the path.`);
  });

  it("may be a folder, below a file, empty, or an address", async () => {
    await mkdir(join(folder, "album"));
    const file = await saved("empty.jpg", "");
    expect((await refusal(join(folder, "album"))).code).toBe("directory");
    expect((await refusal(join(file, "photo.jpg"))).code).toBe("not-found");
    expect((await refusal(file)).code).toBe("empty");
    expect((await refusal(new Uint8Array())).code).toBe("empty");
    expect((await refusal("https://example.com/a.jpg")).code).toBe("unsupported");
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")("may be forbidden to read", async () => {
    const path = await saved("secret.jpg", "x");
    await chmod(path, 0);
    expect((await refusal(path)).code).toBe("unreadable");
  });

  it("may be no picture, or of a kind that is not read", async () => {
    const others: (Uint8Array | string)[] = [
      "just some text",
      "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'><rect width='9' height='9'/></svg>",
      "%PDF-1.4",
      "BM\x46\x00\x00\x00",
      "\0\0\0\x18ftypisom\0\0\0\0isomiso2",
      "P6 32 32 255\n",
      new Uint8Array(1000),
      tiffFile(picture, [], 1), // as the preview in a raw file of a camera
    ];
    for (const bytes of others) {
      const error = await refusal(await saved("renamed.jpg", bytes));
      expect(error.code).toBe("unsupported");
      expect(error.message).toContain("renamed.jpg is not a JPEG, PNG, WebP, AVIF, GIF or TIFF picture");
    }
  });

  it("may be HEIC, which is said", async () => {
    const avif = await sharpOf(picture).avif().toBuffer();
    const heic = Buffer.from(avif.toString("latin1").replaceAll("avif", "heic").replaceAll("av01", "hvc1"), "latin1");
    const error = await refusal(heic);
    expect(error.code).toBe("unsupported");
    expect(error.message).toContain("save it as JPEG");
  });

  it.each(["jpeg", "png", "webp", "gif", "avif", "tiff"] as const)("may be a %s cut short anywhere", async (format) => {
    const options = format === "tiff" ? { compression: "lzw" } : {};
    const noise = squares(12, 9).data.map((v, i) => (v + ((i * 7919) % 31)) & 255);
    const bytes = await sharpOf({ ...squares(12, 9), data: noise })
      .toFormat(format, options)
      .toBuffer();
    await decodeImage(bytes);
    for (let part = 1; part <= 20; part++) {
      const { code } = await refusal(bytes.subarray(0, Math.floor((bytes.length - 13) * (part / 20))));
      expect(["damaged", "unsupported"]).toContain(code);
      if (part > 1) expect(code).toBe("damaged");
    }
  });

  it("may have data that do not decode", async () => {
    const bytes = await sharpOf(squares(12, 9)).png().toBuffer();
    bytes.fill(0x55, bytes.indexOf("IDAT") + 8, bytes.indexOf("IDAT") + 40);
    expect((await refusal(bytes)).code).toBe("damaged");
  });

  it("may have too many pixels, which is found before decoding; both numbers are named", async () => {
    const path = await saved("bomb.png", hollowPng(50_000, 40_000));
    const error = await refusal(path);
    expect(error.code).toBe("too-large");
    expect(error.message).toBe(
      `${path} has 2,000,000,000 pixels (50000 × 40000), over the limit of ${MAX_PIXELS.toLocaleString("en-US")}; make it smaller first.`,
    );
    const small = sharpOf(picture);
    for (const format of ["jpeg", "png", "webp", "gif", "avif", "tiff"] as const) {
      const bytes = await small.toFormat(format).toBuffer();
      expect((await refusal(bytes, { maxPixels: 80 * 64 - 1 })).code).toBe("too-large");
      await decodeImage(bytes, { maxPixels: 80 * 64 });
    }
    for (const options of [{ lossless: true }, { lossless: false }]) {
      const bytes = await small.webp(options).toBuffer();
      expect((await refusal(bytes, { maxPixels: 80 * 64 - 1 })).code).toBe("too-large");
    }
  });

  it("may have no pixels, few, or be a strip", async () => {
    expect((await refusal(hollowPng(0, 100))).code).toBe("too-small");
    expect((await refusal(hollowPng(4000, 100))).code).toBe("too-small");
    const tiny = await refusal(await sharpOf(picture).resize(15, 15).png().toBuffer());
    expect(tiny.code).toBe("too-small");
    expect(tiny.message).toContain("15 × 15");
    await decodeImage(await sharpOf(picture).resize(16, 16).png().toBuffer());
  });

  it("may be raw pixels that do not fit, or no picture at all", async () => {
    expect((await refusal({ width: 20, height: 20, data: new Uint8Array(400) })).code).toBe("invalid");
    expect((await refusal({ width: 20, height: 20, data: new Float32Array(1200) })).code).toBe("invalid");
    expect((await refusal({ width: 20.5, height: 20, data: new Uint8Array(1230) })).code).toBe("invalid");
    const wide = { width: 20, height: 20, data: new Uint8ClampedArray(1600), colorSpace: "display-p3" };
    expect((await refusal(wide)).code).toBe("invalid");
    for (const source of [null, undefined, 7, {}, []]) expect((await refusal(source)).code).toBe("invalid");
  });

  it("is never answered with anything but a picture or an InputError", async () => {
    const formats = ["jpeg", "png", "webp", "gif", "avif", "tiff"] as const;
    const files = await Promise.all(formats.map((format) => sharpOf(picture).toFormat(format).toBuffer()));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (bytes, changes) => {
          const changed = Buffer.from(bytes);
          for (const [at, value] of changes) changed[Math.floor(at * (changed.length - 1))] = value;
          try {
            const { image } = await decodeImage(changed, { maxPixels: 1_000_000 });
            expect(image.data.length).toBe(image.width * image.height * 3);
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

it("reads JPEGs whose scan header is wrong in a harmless way, as some phones write them", async () => {
  const bytes = await sharpOf(picture).jpeg({ progressive: false, quality: 100 }).toBuffer();
  const expected = await decodeImage(bytes);
  const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
  const lastCoefficient = scan + 2 + bytes.readUInt16BE(scan + 2) - 2;
  expect(bytes[lastCoefficient]).toBe(63);
  bytes[lastCoefficient] = 0;
  await expect(sharp(bytes).raw().toBuffer()).rejects.toThrow("Invalid SOS parameters");
  const { image } = await decodeImage(bytes);
  expect(difference(image, expected.image).max).toBe(0);
});

describe("a signal", () => {
  it("stops before or during the work", async () => {
    const large = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: "teal" } })
      .png()
      .toBuffer();
    const reason = new Error("enough");
    await expect(decodeImage(large, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const path = await saved("large.png", large);
    const controller = new AbortController();
    const decoding = decodeImage(path, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 2);
    await expect(decoding).rejects.toBe(reason);
    const unaborted = await decodeImage(path, { signal: new AbortController().signal });
    expect(unaborted.image.width).toBe(3000);
  });
});
