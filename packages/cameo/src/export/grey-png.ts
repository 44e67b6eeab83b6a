import type { GreyImage } from "./grey.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const GREYSCALE = 0;
const FILTER_UP = 2;

/**
 * A grey PNG file, 8 or 16 bits deep as the picture is, without loss: what a canvas cannot write
 * (W3C PNG, third edition).
 */
export async function encodeGreyPng(image: GreyImage): Promise<Uint8Array> {
  const depth = image.data.BYTES_PER_ELEMENT * 8;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, image.width);
  view.setUint32(4, image.height);
  header.set([depth, GREYSCALE, 0, 0, 0], 8);
  const chunks = [
    chunk("IHDR", header),
    chunk("IDAT", await deflate(filterRows(image))),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(await new Blob([new Uint8Array(SIGNATURE), ...chunks]).arrayBuffer());
}

/** Rows of big-endian samples, each row behind its filter byte and less the row above it, which compresses well. */
function filterRows({ width, height, data }: GreyImage): Uint8Array<ArrayBuffer> {
  const size = data.BYTES_PER_ELEMENT;
  const stride = width * size;
  const rows = new Uint8Array(height * (stride + 1));
  const high = (i: number): number => data[i] >> 8;
  for (let y = 0, at = 0, i = 0; y < height; y++) {
    rows[at++] = FILTER_UP;
    for (let x = 0; x < width; x++, i++) {
      const above = i - width;
      if (size === 2) rows[at++] = high(i) - (y > 0 ? high(above) : 0);
      rows[at++] = data[i] - (y > 0 ? data[above] : 0); // stores the difference modulo 256
    }
  }
  return rows;
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** Remainders of the bytes for the polynomial of ISO 3309, which PNG uses. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
}
