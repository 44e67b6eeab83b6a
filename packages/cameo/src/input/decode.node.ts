import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import sharp, { type FailOnOptions, type Metadata } from "sharp";
import { stripExifPrefix } from "./container.ts";
import { InputError } from "./error.ts";
import { readLens } from "./exif.ts";
import {
  abortable,
  checkBytes,
  notAPicture,
  notesOf,
  type OpenedFile,
  openBytes,
  openFile,
  undecodable,
} from "./open.ts";
import { type DecodeOptions, type ImageSource, MAX_BYTES, MAX_PIXELS, type Photo } from "./photo.ts";
import { isRawPixels, photoOfPixels } from "./pixels.ts";

/** Longest time the decoder may take, seconds. */
export const MAX_DECODE_SECONDS = 60;

/**
 * A photo of anything a user hands in: the path or file URL of an image file, its bytes, a Blob, or raw pixels.
 * Files may be JPEG, PNG, WebP, AVIF, GIF or TIFF, of any bit depth and colour space. The picture comes out upright
 * (all eight EXIF orientations), in sRGB, with transparent parts laid on white; of an animation the first frame is used.
 * @throws {@link InputError} with one sentence that says what is wrong and what to do
 */
export async function decodeImage(source: ImageSource, options: DecodeOptions = {}): Promise<Photo> {
  options.signal?.throwIfAborted();
  if (isRawPixels(source)) return photoOfPixels(source, options);
  return abortable(
    open(source, options).then((file) => decode(file, options)),
    options.signal,
  );
}

async function open(source: Exclude<ImageSource, { width: number }>, options: DecodeOptions): Promise<OpenedFile> {
  if (typeof source === "string" || source instanceof URL) return openPath(source, options);
  if (source instanceof Uint8Array || source instanceof ArrayBuffer || source instanceof Blob)
    return openBytes(source, options);
  throw notAPicture(source);
}

async function openPath(source: string | URL, options: DecodeOptions): Promise<OpenedFile> {
  if (/^https?:/i.test(String(source)))
    throw new InputError("unsupported", `${source} is a web address; download the picture and pass its path.`);
  const path = source instanceof URL ? fileURLToPath(source) : source;
  return openFile(await readBytes(path, options.signal), path, basename(path), options);
}

/** Reads a file or pipe whole, but never more than {@link MAX_BYTES}. */
async function readBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw new InputError("directory", `${path} is a folder; pass the path of a picture in it.`);
    checkBytes(info.size, path);
    const chunks: Buffer[] = [];
    for await (const chunk of createReadStream(path, { signal, end: MAX_BYTES })) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof InputError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR")
      throw new InputError("not-found", `${path} does not exist; check the path.`, { cause });
    if (code === "EACCES" || code === "EPERM")
      throw new InputError("unreadable", `${path} may not be read by you; check its permissions.`, { cause });
    throw new InputError("unreadable", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

async function decode(file: OpenedFile, { signal, maxPixels = MAX_PIXELS }: DecodeOptions): Promise<Photo> {
  const { bytes, what, name, container } = file;
  const read = (failOn: FailOnOptions) =>
    sharp(bytes, { failOn, limitInputPixels: maxPixels, autoOrient: true }).timeout({ seconds: MAX_DECODE_SECONDS });
  const pixels = (failOn: FailOnOptions, metadata: Metadata) => {
    const image = read(failOn).flatten({ background: "white" }).toColourspace("srgb");
    // With an ICC profile, sharp would leave 16-bit colours in Display P3 unless the work is done in 8 bits.
    if (metadata.space === "rgb16") image.pipelineColourspace("srgb");
    return image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  };
  try {
    const metadata = await read("warning").metadata();
    signal?.throwIfAborted();
    const { data, info } = await pixels("warning", metadata).catch((error) => {
      if (isHarmless(error)) return pixels("error", metadata);
      throw error;
    });
    const { width, height } = info;
    const exif = container.exif ?? (metadata.exif && stripExifPrefix(metadata.exif));
    const lens = exif ? readLens(exif, width, height) : {};
    return {
      image: { width, height, data },
      focal35: lens.focal35,
      notes: [...notesOf(file), ...(lens.note ? [lens.note] : [])],
      name,
    };
  } catch (cause) {
    signal?.throwIfAborted();
    if (/^timeout/.test((cause as Error).message))
      throw new InputError(
        "too-slow",
        `${what} took over ${MAX_DECODE_SECONDS} seconds to decode; save it again, smaller.`,
        { cause },
      );
    throw undecodable(file, cause);
  }
}

/** Some phones write JPEG headers that are wrong in ways that change no pixel; libjpeg only warns of them. */
const isHarmless = (error: Error): boolean =>
  error.message
    .trim()
    .split("\n")
    .every((line) => /Invalid SOS parameters|extraneous bytes before marker 0xd9/.test(line));
