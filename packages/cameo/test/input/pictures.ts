import sharp, { type Sharp } from "sharp";
import type { RgbImage } from "../../src/image.ts";

/** A picture of 16-pixel squares of one colour each, no two arrangements alike: JPEG keeps it exactly the same however it is turned. */
export function squares(columns = 5, rows = 4): RgbImage {
  const [width, height] = [columns * 16, rows * 16];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [column, row] = [x >> 4, y >> 4];
      data.set([40 + column * 40, 220 - row * 50, ((column * 3 + row * 5) % 7) * 30 + 20], (y * width + x) * 3);
    }
  return { width, height, data };
}

export const sharpOf = ({ width, height, data }: RgbImage): Sharp =>
  sharp(data, { raw: { width, height, channels: 3 } });

/** Where the first row and the first column of the stored picture are seen, for each EXIF orientation (Exif 3.0, tag 0x0112). */
const SIDES = [
  ["top", "left"],
  ["top", "right"],
  ["bottom", "right"],
  ["bottom", "left"],
  ["left", "top"],
  ["right", "top"],
  ["right", "bottom"],
  ["left", "bottom"],
];

/** The picture as a camera stores it when it writes this orientation beside it. */
export function storedAs(orientation: number, upright: RgbImage): RgbImage {
  const [rowSide, columnSide] = SIDES[orientation - 1];
  const turned = rowSide === "left" || rowSide === "right";
  const [width, height] = turned ? [upright.height, upright.width] : [upright.width, upright.height];
  const data = new Uint8Array(upright.data.length);
  const place = (side: string, i: number): number =>
    side === "top" || side === "left" ? i : (side === "bottom" ? upright.height : upright.width) - 1 - i;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [a, b] = [place(rowSide, row), place(columnSide, column)];
      const [x, y] = turned ? [a, b] : [b, a];
      const from = (y * upright.width + x) * 3;
      data.set(upright.data.subarray(from, from + 3), (row * width + column) * 3);
    }
  return { width, height, data };
}

/** Largest and mean difference of two pictures, in values of 0–255. */
export function difference(a: RgbImage, b: RgbImage): { max: number; mean: number } {
  if (a.width !== b.width || a.height !== b.height) return { max: Infinity, mean: Infinity };
  let [max, sum] = [0, 0];
  for (let i = 0; i < a.data.length; i++) {
    const d = Math.abs(a.data[i] - b.data[i]);
    max = Math.max(max, d);
    sum += d;
  }
  return { max, mean: sum / a.data.length };
}

/** A PNG chunk with a checksum of zeros, which is enough where nothing is decoded. */
export const chunk = (type: string, data: Uint8Array): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length, 0);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, data, Buffer.alloc(4)]);
};

/** A PNG file that announces this size and holds no pixels. */
export function hollowPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", new Uint8Array(4)),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** Fields of TIFF directories: tag, then its value as SHORT, or as LONG where it says so. */
type Fields = readonly (readonly [tag: number, value: number, type?: "long"])[];

/**
 * TIFF data of a first directory and, behind it, an EXIF directory; then the bytes of a picture.
 * Exactly `size` bytes come before these.
 */
export function tiffBlock(first: Fields, exif: Fields, { little = true, size = 512 } = {}): Buffer {
  const bytes = Buffer.alloc(size);
  const u16 = (value: number, at: number) => (little ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at));
  const u32 = (value: number, at: number) => (little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at));
  const directory = (fields: Fields, start: number): number => {
    u16(fields.length, start);
    fields.forEach(([tag, value, type], i) => {
      const at = start + 2 + i * 12;
      u16(tag, at);
      u16(type === "long" ? 4 : 3, at + 2);
      u32(1, at + 4);
      if (type === "long") u32(value, at + 8);
      else u16(value, at + 8);
    });
    return start + 2 + fields.length * 12 + 4;
  };
  bytes.write(little ? "II" : "MM", "latin1");
  u16(42, 2);
  u32(8, 4);
  const end = directory([...first, [0x8769, 8 + 2 + (first.length + 1) * 12 + 4, "long"]], 8);
  directory(exif, end);
  return bytes;
}

/** The EXIF directory of a photo taken with this lens, at this size. */
export const lensFields = (focal35: number, width: number, height: number): Fields => [
  [0xa002, width, "long"],
  [0xa003, height, "long"],
  [0xa405, focal35],
];

/** The JPEG file with EXIF data put right after its start. */
export function withExif(jpeg: Uint8Array, exif: Uint8Array): Buffer {
  const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(exif.length + 8, 4);
  return Buffer.concat([head, Buffer.from("Exif\0\0", "latin1"), exif, jpeg.subarray(2)]);
}

/** An uncompressed TIFF file; `subfile` is its NewSubfileType. */
export function tiffFile({ width, height, data }: RgbImage, exif: Fields, subfile = 0): Buffer {
  const size = 512;
  const fields: Fields = [
    [254, subfile, "long"],
    [256, width],
    [257, height],
    [258, 8],
    [259, 1],
    [262, 2],
    [273, size, "long"],
    [277, 3],
    [278, height],
    [279, data.length, "long"],
  ];
  return Buffer.concat([tiffBlock(fields, exif, { size }), Buffer.from(data)]);
}
