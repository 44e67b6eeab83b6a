import { fileURLToPath } from "node:url";
import { validateBytes } from "gltf-validator";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RgbImage } from "../../src/image.ts";
import { Cameo, STAGES } from "../../src/index.node.ts";
import { decodeImage } from "../../src/input/decode.node.ts";
import type { InputError } from "../../src/input/error.ts";
import { globe } from "../export/globe.ts";
import {
  difference,
  hollowPng,
  lensFields,
  sharpOf,
  squares,
  storedAs,
  tiffBlock,
  withExif,
} from "../input/pictures.ts";
import { findChromium, launchChromium } from "./chromium.ts";
import type { Page, PlainMesh } from "./page/main.ts";
import { servePage } from "./server.ts";

const executable = findChromium();
if (!executable) console.log("Browser tests are skipped: no Chromium found, and none could be installed.");

const picture = squares();

/** The type declarations of sharp lack this method. */
const withGainMap = (image: Sharp): Sharp => (image as Sharp & { withGainMap(): Sharp }).withGainMap();

describe.skipIf(!executable)("in a browser", { timeout: 300_000 }, () => {
  /** Calls a function of the page with arguments that JSON can hold. */
  let call: <K extends keyof Page>(name: K, ...args: Parameters<Page[K]>) => ReturnType<Page[K]>;
  const complaints: string[] = [];
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const server = await servePage();
    closing.unshift(() => server.close());
    const browser = await launchChromium(executable as string);
    closing.unshift(() => browser.close());
    const tab = await browser.newPage();
    tab.on("console", (message) => {
      const slow = message.text().includes("GPU stall due to ReadPixels"); // the test itself reads a drawing
      if (["error", "warning"].includes(message.type()) && !slow) complaints.push(message.text());
    });
    tab.on("pageerror", (error) => complaints.push(error.message));
    await tab.goto(server.url);
    await tab.waitForFunction("globalThis.page");
    call = ((name: string, ...args: unknown[]) =>
      tab.evaluate(`page[${JSON.stringify(name)}](...${JSON.stringify(args)})`)) as typeof call;
  }, 300_000);
  afterAll(async () => {
    for (const close of closing) await close();
  });

  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

  const decode = async (
    bytes: Uint8Array,
    name?: string,
  ): Promise<RgbImage & { focal35?: number; notes: string[] }> => {
    const photo = await call("decode", base64(bytes), name);
    if ("code" in photo) throw new Error(photo.message);
    return { ...photo, notes: [...photo.notes], data: Buffer.from(photo.data, "base64") };
  };

  describe("decoding", () => {
    it("gives all eight orientations of a JPEG the same pixels", async () => {
      for (let orientation = 1; orientation <= 8; orientation++) {
        const stored = sharpOf(storedAs(orientation, picture)).withMetadata({ orientation });
        const jpeg = await stored.jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer();
        expect(difference(await decode(jpeg), picture).max).toBeLessThanOrEqual(2);
      }
    });

    const mild = { ...picture, data: Uint8Array.from(picture.data, (v) => 90 + (v * 60) / 255) };
    it.each([
      ["a grey JPEG", () => sharpOf(picture).toColourspace("b-w").jpeg({ quality: 100 }), 1],
      ["a 16-bit PNG", () => sharpOf(picture).toColourspace("rgb16").png(), 1],
      ["an RGBA PNG", () => sharpOf(picture).ensureAlpha(0.6).png(), 3],
      ["a palette PNG", () => sharpOf(picture).png({ palette: true }), 0],
      ["a Display P3 PNG", () => sharpOf(mild).withIccProfile("p3").png(), 2],
      ["an Ultra HDR JPEG", () => withGainMap(sharpOf(mild)).jpeg({ quality: 100, chromaSubsampling: "4:4:4" }), 2],
      ["a lossless WebP", () => sharpOf(picture).webp({ lossless: true }), 0],
      ["an AVIF", () => sharpOf(picture).avif({ quality: 100, chromaSubsampling: "4:4:4" }), 4],
      ["a GIF", () => sharpOf(picture).gif(), 0],
      ["a picture larger than a tile", () => sharpOf(picture).resize(2100, 2060, { kernel: "nearest" }).png(), 0],
    ])("gives %s the pixels that it has in Node", async (_, encode, tolerance) => {
      const bytes = await encode().toBuffer();
      const { image } = await decodeImage(bytes);
      expect(difference(await decode(bytes), image).max).toBeLessThanOrEqual(tolerance);
    });

    it("gives a CMYK JPEG about the colours that it has in Node", async () => {
      const bytes = await sharpOf(mild).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
      expect(difference(await decode(bytes), (await decodeImage(bytes)).image).mean).toBeLessThan(25);
    });

    it("lays ImageData on white", async () => {
      const rgba = Array.from({ length: 16 * 16 * 4 }, (_, i) => [200, 100, 0, 128][i % 4]);
      expect((await call("decodeImageData", 16, 16, rgba)).slice(0, 3)).toEqual([227, 177, 127]);
    });

    it("reads the focal length and the name, and notes animations", async () => {
      const jpeg = withExif(await sharpOf(picture).jpeg().toBuffer(), tiffBlock([], lensFields(85, 500, 400)));
      expect(await decode(jpeg, "jane.jpg")).toMatchObject({ focal35: 85, name: "jane.jpg", notes: [] });
      const frame = await sharpOf(picture).png().toBuffer();
      const gif = await sharp([frame, await sharpOf(mild).png().toBuffer()], { join: { animated: true } })
        .gif()
        .toBuffer();
      const moving = await decode(gif, "moving.gif");
      expect(moving.notes).toEqual(["moving.gif is an animation; only its first frame is used."]);
      expect(difference(moving, picture).max).toBe(0);
    });

    it("refuses what Node refuses, in the same words", async () => {
      const noise = { ...squares(12, 9), data: squares(12, 9).data.map((v, i) => (v + ((i * 7919) % 31)) & 255) };
      const files = await Promise.all(
        (["jpeg", "png", "webp", "gif", "avif"] as const).map((format) => sharpOf(noise).toFormat(format).toBuffer()),
      );
      const bad: Uint8Array[] = [
        ...files.flatMap((file) => [0.3, 0.6, 0.95].map((part) => file.subarray(0, file.length * part))),
        new Uint8Array(),
        new TextEncoder().encode("just some text"),
        new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'/>"),
        hollowPng(50_000, 40_000),
        hollowPng(0, 40),
        hollowPng(4000, 100),
        hollowPng(64, 64),
        await sharpOf(picture).resize(15, 15).png().toBuffer(),
      ];
      for (const bytes of bad) {
        const refused = await decodeImage(new File([Uint8Array.from(bytes)], "photo.jpg")).catch((e: InputError) => e);
        const { code, message } = refused as InputError;
        expect(code).toMatch(/damaged|unsupported|empty|too-/);
        expect(await call("decode", base64(bytes), "photo.jpg")).toEqual({ code, message });
      }
    });

    it("refuses TIFF files and paths with advice", async () => {
      const tiff = base64(await sharpOf(picture).tiff().toBuffer());
      expect(await call("decode", tiff)).toMatchObject({ code: "unsupported" });
      expect(await call("decodePath", "photo.jpg")).toMatchObject({ code: "invalid" });
    });

    it("stops at a signal", async () => {
      expect(await call("decodeAborted", base64(await sharpOf(picture).png().toBuffer()))).toBe("enough");
    });
  });

  describe("encoding", () => {
    it("writes grey PNG files exactly", async () => {
      const values = Array.from({ length: 40 * 30 }, (_, i) => (i * 54321) % 65536);
      const wide = Buffer.from(await call("encodeGrey", 40, 30, values, 16), "base64");
      const raw = await sharp(wide).toColourspace("grey16").raw({ depth: "ushort" }).toBuffer();
      expect([...new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2)]).toEqual(values);
      const bytes = values.map((v) => v & 255);
      const narrow = Buffer.from(await call("encodeGrey", 40, 30, bytes, 8), "base64");
      expect([...(await sharp(narrow).toColourspace("b-w").raw().toBuffer())]).toEqual(bytes);
    });

    it("writes PNG exactly, JPEG and WebP closely", async () => {
      for (const [format, tolerance] of [
        ["png", 0],
        ["jpeg", 6],
        ["webp", 6],
      ] as const) {
        const file = await call("encodeImage", picture.width, picture.height, [...picture.data], format);
        const { data, info } = await sharp(Buffer.from(file, "base64"))
          .removeAlpha()
          .raw()
          .toBuffer({ resolveWithObject: true });
        expect((await sharp(Buffer.from(file, "base64")).metadata()).format).toBe(format);
        expect(difference({ ...info, data }, picture).mean).toBeLessThanOrEqual(tolerance);
      }
    });
  });

  it("writes a GLB file that three.js opens and draws with its texture", async () => {
    const mesh = globe();
    const plain: PlainMesh = {
      positions: [...mesh.positions],
      normals: [...mesh.normals],
      uvs: [...mesh.uvs],
      triangles: [...mesh.triangles],
      colors: [...mesh.colors],
      labels: [...mesh.labels],
      texture: { ...mesh.texture, data: [...mesh.texture.data] },
      morphTargets: [...mesh.morphTargets].map(([name, offsets]) => [name, [...offsets]]),
    };
    const glb = await call("exportGlb", plain);
    expect((await validateBytes(Buffer.from(glb, "base64"), { maxIssues: 1000 })).issues.messages).toEqual([]);

    const view = await call("render", glb, 200);
    for (const side of view.size) expect(side).toBeCloseTo(0.2, 2);
    expect(view.expressions).toEqual(["noseOut", "wide", "still"]);
    expect(view.texture).toEqual({ width: 64, height: 64 });
    const pixels = Buffer.from(view.pixels, "base64");
    // The chart has two kinds of squares, one of them of a single colour: where the globe is, both are seen.
    let [plainSquares, chart, black] = [0, 0, 0];
    for (let i = 0; i < pixels.length; i += 4) {
      const [r, g, b] = pixels.subarray(i, i + 3);
      if (r + g + b === 0) black++;
      else if (Math.abs(r - 220) + Math.abs(g - 180) + Math.abs(b - 160) < 30) plainSquares++;
      else chart++;
    }
    const all = pixels.length / 4;
    expect(black / all).toBeGreaterThan(0.2);
    expect(plainSquares / all).toBeGreaterThan(0.15);
    expect(chart / all).toBeGreaterThan(0.15);
  });

  it("makes the head of the sample portrait that Node makes, as a GLB file that three.js draws", async () => {
    const portrait = fileURLToPath(new URL("../../../../examples/portrait.jpg", import.meta.url));
    const cameo = await Cameo.load();
    const expected = await cameo.reconstruct(portrait);
    await cameo.dispose();
    const head = await call("reconstruct", "/examples/portrait.jpg", "/models/");

    expect(head.stages.slice(0, STAGES.length)).toEqual(STAGES);
    const distances = Array.from({ length: 68 }, (_, i) =>
      Math.hypot(...[0, 1].map((k) => head.landmarks[2 * i + k] - expected.landmarks[2 * i + k])),
    );
    expect(Math.max(...distances)).toBeLessThan(0.005 * expected.image.width);
    for (const axis of ["yaw", "pitch", "roll"] as const)
      expect(head.angles[axis]).toBeCloseTo(expected.angles[axis], 1);
    expect(head.vertices / expected.mesh.labels.length).toBeCloseTo(1, 1);

    const { issues } = await validateBytes(Buffer.from(head.glb, "base64"), { maxIssues: 1000 });
    expect(issues.messages.filter(({ severity }) => severity < 2)).toEqual([]);
    const view = await call("render", head.glb, 256);
    expect(view.expressions).toContain("jawOpen");
    for (const side of view.size) expect(side).toBeGreaterThan(0.1);
    for (const side of view.size) expect(side).toBeLessThan(0.6);
    const pixels = Buffer.from(view.pixels, "base64");
    const drawn = new Set<number>();
    let covered = 0;
    for (let i = 0; i < pixels.length; i += 4) {
      const color = pixels.readUIntBE(i, 3);
      if (color === 0) continue;
      covered++;
      drawn.add(color);
    }
    expect((4 * covered) / pixels.length).toBeGreaterThan(0.2);
    expect(drawn.size).toBeGreaterThan(1000);

    // An open jaw changes the lower half of the picture, not the upper one.
    const open = await call("render", head.glb, 256, "jawOpen");
    const halves = halfDifferences(pixels, Buffer.from(open.pixels, "base64"));
    expect(halves.lower).toBeGreaterThan(4 * halves.upper);
    expect(halves.lower).toBeGreaterThan(1);
  });

  /** Mean absolute difference of two pictures whose rows start at the bottom, in 8-bit steps. */
  const halfDifferences = (a: Buffer, b: Buffer) => {
    const mean = (from: number, to: number) => {
      let sum = 0;
      for (let i = from; i < to; i++) sum += Math.abs(a[i] - b[i]);
      return sum / (to - from);
    };
    return { lower: mean(0, a.length / 2), upper: mean(a.length / 2, a.length) };
  };

  it("without an error or warning in the console", () => {
    expect(complaints).toEqual([]);
  });
});
