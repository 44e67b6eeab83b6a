import { readIfd } from "./tiff.ts";

/** What the structure of an image file says, without decoding a pixel. */
export interface Container {
  readonly format: ImageFormat;
  /** Size as stored, before any rotation; 0 where the file does not say. */
  readonly width: number;
  readonly height: number;
  /** Whether there are further frames after the first. */
  readonly animated: boolean;
  /** Whether the file holds all the bytes that its structure announces. */
  readonly complete: boolean;
  /** The EXIF data, beginning with the TIFF header; found in JPEG, PNG, WebP and TIFF files. */
  readonly exif?: Uint8Array;
}

export type ImageFormat = "jpeg" | "png" | "webp" | "gif" | "avif" | "heic" | "tiff";

/**
 * Recognises an image file by its first bytes and walks its blocks. Every step moves forward and stays inside the
 * bytes, so hostile files cost no more than reading them once.
 * @returns undefined where the bytes are none of the formats
 */
export function readContainer(bytes: Uint8Array): Container | undefined {
  const reader = new Reader(bytes);
  if (reader.u16(0) === 0xffd8 && bytes[2] === 0xff) return readJpeg(reader);
  if (reader.text(1, 3) === "PNG" && reader.u32(4) === 0x0d0a1a0a) return readPng(reader);
  if (reader.text(0, 4) === "RIFF" && reader.text(8, 4) === "WEBP") return readWebp(reader);
  if (/^GIF8[79]a/.test(reader.text(0, 6))) return readGif(reader);
  if (reader.text(4, 4) === "ftyp") return readHeif(reader);
  if (["II*\0", "MM\0*"].includes(reader.text(0, 4))) return readTiff(reader);
  return undefined;
}

/** Reads numbers and text at a place; past the end there are zeros. */
class Reader {
  readonly bytes: Uint8Array;
  readonly length: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.length = bytes.length;
  }

  u8 = (at: number): number => this.bytes[at] ?? 0;
  u16 = (at: number): number => this.u8(at) * 0x100 + this.u8(at + 1);
  u32 = (at: number): number => this.u16(at) * 0x10000 + this.u16(at + 2);
  u16le = (at: number): number => this.u8(at) + this.u8(at + 1) * 0x100;
  u24le = (at: number): number => this.u16le(at) + this.u8(at + 2) * 0x10000;
  u32le = (at: number): number => this.u16le(at) + this.u16le(at + 2) * 0x10000;
  text = (at: number, length: number): string => String.fromCharCode(...this.bytes.subarray(at, at + length));
}

/** Drops the "Exif\0\0" that JPEG files, and some others, put before the TIFF header. */
export const stripExifPrefix = (exif: Uint8Array): Uint8Array =>
  String.fromCharCode(...exif.subarray(0, 6)) === "Exif\0\0" ? exif.subarray(6) : exif;

/** ITU-T T.81, annex B: segments up to each scan, then entropy-coded data up to the next marker, until EOI. */
function readJpeg(reader: Reader): Container {
  let width = 0;
  let height = 0;
  let complete = false;
  let exif: Uint8Array | undefined;
  let at = 2;
  while (at < reader.length) {
    const start = reader.bytes.indexOf(0xff, at);
    if (start < 0) break;
    const marker = reader.u8(start + 1);
    if (marker === 0xff) {
      at = start + 1; // padding before a marker
      continue;
    }
    if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at = start + 2; // a stuffed 0xff in the data, or a marker without a segment
      continue;
    }
    if (marker === 0xd9) {
      complete = true;
      break;
    }
    const body = start + 4;
    const end = start + 2 + Math.max(2, reader.u16(start + 2));
    const isFrameHeader = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrameHeader && width === 0) {
      height = reader.u16(body + 1);
      width = reader.u16(body + 3);
    } else if (marker === 0xe1 && !exif && reader.text(body, 6) === "Exif\0\0") {
      exif = stripExifPrefix(reader.bytes.subarray(body, end));
    }
    at = end;
  }
  return { format: "jpeg", width, height, animated: false, complete, exif };
}

/** W3C PNG, third edition: chunks of length, type, data, checksum. */
function readPng(reader: Reader): Container {
  let animated = false;
  let complete = false;
  let exif: Uint8Array | undefined;
  for (let at = 8; at + 8 <= reader.length; ) {
    const length = reader.u32(at);
    const type = reader.text(at + 4, 4);
    const data = at + 8;
    if (type === "acTL") animated = reader.u32(data) > 1;
    if (type === "eXIf") exif = stripExifPrefix(reader.bytes.subarray(data, data + length));
    if (type === "IEND") {
      complete = true;
      break;
    }
    at = data + length + 4;
  }
  return { format: "png", width: reader.u32(16), height: reader.u32(20), animated, complete, exif };
}

/** RFC 9649: RIFF chunks; the size is in VP8X, or in the header of the one lossy or lossless picture. */
function readWebp(reader: Reader): Container {
  let width = 0;
  let height = 0;
  let animated = false;
  let exif: Uint8Array | undefined;
  const announced = 8 + reader.u32le(4);
  for (let at = 12; at + 8 <= Math.min(announced, reader.length); ) {
    const type = reader.text(at, 4);
    const length = reader.u32le(at + 4);
    const data = at + 8;
    if (type === "VP8X") {
      animated = (reader.u8(data) & 2) !== 0;
      width = reader.u24le(data + 4) + 1;
      height = reader.u24le(data + 7) + 1;
    } else if (type === "VP8 " && width === 0) {
      width = reader.u16le(data + 6) & 0x3fff;
      height = reader.u16le(data + 8) & 0x3fff;
    } else if (type === "VP8L" && width === 0) {
      const bits = reader.u32le(data + 1);
      width = (bits & 0x3fff) + 1;
      height = ((bits >>> 14) & 0x3fff) + 1;
    } else if (type === "EXIF") {
      exif = stripExifPrefix(reader.bytes.subarray(data, data + length));
    }
    at = data + length + (length & 1);
  }
  return { format: "webp", width, height, animated, complete: announced <= reader.length, exif };
}

/** GIF89a: complete once the first frame is, animated once a second frame begins. */
function readGif(reader: Reader): Container {
  const size = { format: "gif" as const, width: reader.u16le(6), height: reader.u16le(8) };
  const colorTable = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let frames = 0;
  let at = 13 + colorTable(reader.u8(10));
  while (at < reader.length) {
    const block = reader.u8(at);
    if (block === 0x2c) {
      if (frames === 1) return { ...size, animated: true, complete: true };
      at += 11 + colorTable(reader.u8(at + 9));
    } else if (block === 0x21) {
      at += 2;
    } else {
      break; // the trailer
    }
    while (at < reader.length && reader.u8(at) > 0) at += 1 + reader.u8(at);
    if (block === 0x2c && at < reader.length) frames++;
    at++;
  }
  return { ...size, animated: false, complete: frames > 0 };
}

/** The boxes that hold the sizes of pictures, from the outermost. */
const PATH_TO_ISPE = ["meta", "iprp", "ipco"];

/** ISO/IEC 14496-12 boxes of an AVIF or HEIC file; the size is the largest `ispe`, since thumbnails and tiles have their own. */
function readHeif(reader: Reader): Container | undefined {
  const brands = reader.text(8, Math.min(reader.u32(0), 256) - 8);
  const format = /avif|avis/.test(brands) ? "avif" : "heic";
  if (format === "heic" && !/heic|heix|heim|heis|hevc|hevx|mif1|msf1/.test(brands)) return undefined; // a video
  let width = 0;
  let height = 0;
  let complete = true;
  const walk = (from: number, to: number, depth: number): void => {
    for (let at = from; at + 8 <= to; ) {
      const type = reader.text(at + 4, 4);
      const large = reader.u32(at) === 1;
      const stated = large ? reader.u32(at + 8) * 2 ** 32 + reader.u32(at + 12) : reader.u32(at);
      const length = stated === 0 ? to - at : stated;
      const header = large ? 16 : 8;
      if (length < header || at + length > to) {
        complete = false;
        return;
      }
      if (type === PATH_TO_ISPE[depth]) walk(at + header + (type === "meta" ? 4 : 0), at + length, depth + 1);
      if (type === "ispe" && depth === PATH_TO_ISPE.length) {
        const [w, h] = [reader.u32(at + header + 4), reader.u32(at + header + 8)];
        if (w * h > width * height) [width, height] = [w, h];
      }
      at += length;
    }
  };
  walk(0, reader.length, 0);
  return { format, width, height, animated: /avis|msf1|hevc|hevx/.test(brands), complete };
}

/**
 * TIFF 6.0; whether the pixels are all there only the decoder can tell. Raw files of cameras look the same, but their
 * first picture is a small preview ("CR" in Canon's, NewSubfileType 1 in the others).
 */
function readTiff(reader: Reader): Container | undefined {
  const tags = readIfd(reader.bytes);
  const isRaw = reader.text(8, 2) === "CR" || ((tags.get(254) ?? 0) & 1) === 1;
  if (isRaw) return undefined;
  const [width = 0, height = 0] = [tags.get(256), tags.get(257)];
  return { format: "tiff", width, height, animated: false, complete: width > 0, exif: reader.bytes };
}
