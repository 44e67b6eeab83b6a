import { type FileHandle, open } from "node:fs/promises";

const BLOCK = 512;

/** Where a file lies in an archive, bytes. */
export interface Place {
  readonly start: number;
  readonly length: number;
}

/** What is written for one file into a tar archive (POSIX ustar): the header, the content, and zeros to a whole block. */
export function tarEntry(name: string, content: Uint8Array): Uint8Array {
  const out = Buffer.alloc(BLOCK * (1 + Math.ceil(content.length / BLOCK)));
  out.write(name, 0, 100, "latin1");
  const octal = (value: number, at: number, digits: number) => out.write(value.toString(8).padStart(digits, "0"), at);
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(content.length, 124, 11);
  octal(0, 136, 11);
  out.write("0", 156);
  out.write("ustar\x0000", 257);
  octal(checksum(out), 148, 6);
  out[154] = 0;
  out[155] = 0x20;
  out.set(content, BLOCK);
  return out;
}

/** What ends a tar archive. */
export const tarEnd = new Uint8Array(2 * BLOCK);

/** Where the files of a tar archive lie. @throws if it is something else or cut off; the message starts with its path */
export async function indexTar(path: string): Promise<Map<string, Place>> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const files = new Map<string, Place>();
    const header = Buffer.alloc(BLOCK);
    for (let at = 0; ; ) {
      if (at + BLOCK > size) throw new Error(`${path} is cut off.`);
      await fill(file, header, at);
      if (header[0] === 0) return files;
      const stored = Number.parseInt(header.toString("latin1", 148, 154), 8);
      if (stored !== checksum(header)) throw new Error(`${path} is not a tar archive, or is damaged.`);
      const name = header.toString("latin1", 0, 100).replace(/\0.*$/s, "");
      const length = Number.parseInt(header.toString("latin1", 124, 136), 8);
      files.set(name, { start: at + BLOCK, length });
      at += BLOCK * (1 + Math.ceil(length / BLOCK));
    }
  } finally {
    await file.close();
  }
}

/** Reads what lies in a place of a file. @throws if it is cut off there */
export async function readPlace(file: FileHandle, { start, length }: Place): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  await fill(file, bytes, start);
  return bytes;
}

async function fill(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new Error("The file is cut off.");
    done += bytesRead;
  }
}

/** The sum of a header's bytes, with its own field taken as blanks. */
function checksum(header: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i];
  return sum;
}
