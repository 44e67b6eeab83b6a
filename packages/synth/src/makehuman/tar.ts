import { gunzipSync } from "node:zlib";

/**
 * The regular files of a gzipped tar archive by name (POSIX ustar; names up to 255 bytes).
 * @throws if the archive is not gzip or ends in the middle of a file
 */
export function readTarGz(archive: Uint8Array): Map<string, Uint8Array> {
  const bytes = gunzipSync(archive);
  const field = (at: number, length: number) => bytes.toString("utf8", at, at + length).replace(/\0.*$/s, "");
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const prefix = field(at + 345, 155);
    const name = prefix ? `${prefix}/${field(at, 100)}` : field(at, 100);
    const size = Number.parseInt(field(at + 124, 12), 8);
    const type = bytes[at + 156];
    if (!(size >= 0) || at + 512 + size > bytes.length) throw new Error(`readTarGz: "${name}" is cut off`);
    if (type === 0 || type === 0x30) files.set(name, bytes.subarray(at + 512, at + 512 + size));
    at += 512 * (1 + Math.ceil(size / 512));
  }
  return files;
}
