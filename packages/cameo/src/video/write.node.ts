import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import sharp from "sharp";
import { CameoError } from "../errors.ts";
import { encodeImage } from "../export/image.node.ts";
import { MARK_COMMENT, MARK_XMP } from "../export/mark.ts";
import { failWriting, OutputError, writeFileWhole } from "../export/write.node.ts";
import type { RgbaImage, RgbImage } from "../image.ts";
import { inputOf, startTool } from "./ffmpeg.node.ts";

/** The kinds of files that {@link writeVideo} makes; `png` is a picture for each frame. */
export const VIDEO_FORMATS = ["mp4", "webm", "gif", "webp", "png"] as const;
export type VideoFormat = (typeof VIDEO_FORMATS)[number];

export interface WriteVideoOptions {
  /** Frames a second. */
  readonly rate: number;
  /** A video whose sound is kept, and the codec of its sound; where either is missing, or in pictures, there is none. */
  readonly sound?: { readonly path: string; readonly codec: string | undefined };
  /** Whether the file says of itself that it is synthesised. Default true. */
  readonly mark?: boolean;
  readonly signal?: AbortSignal;
}

/** An animated picture is encoded at once: its frames together may have so many bytes. */
const MAX_ANIMATION = 2 ** 30;

/** The format that a file name ends in; undefined where it is none of them. */
export const videoFormat = (path: string): VideoFormat | undefined =>
  VIDEO_FORMATS.find((format) => extname(path).toLowerCase() === `.${format}`);

/**
 * Writes frames of one size as a video (MP4 with H.264, WebM with VP9), an animated GIF or WebP, or numbered PNG pictures
 * (`NAME-0001.png`, …). Videos and pictures are written as the frames come: memory does not grow with their number. A file
 * appears whole or not at all.
 * @param path its extension says which: one of {@link VIDEO_FORMATS}
 * @returns the files written
 * @throws {@link CameoError} `option` where the name has another extension, there is no frame, or a GIF or WebP would be too large; `ffmpeg` where ffmpeg is not installed;
 *   {@link OutputError}
 */
export async function writeVideo(
  path: string,
  frames: AsyncIterable<RgbImage | RgbaImage>,
  options: WriteVideoOptions,
): Promise<readonly string[]> {
  const format = videoFormat(path);
  if (!format) throw new CameoError("option", `${path}: a video's name must end in ${VIDEO_FORMATS.join(", ")}.`);
  const folder = dirname(path);
  await mkdir(folder, { recursive: true }).catch((cause) => failWriting(folder, cause));
  if (format === "png") return writePictures(path, frames, options);
  if ((await stat(path).catch(() => undefined))?.isDirectory())
    throw new OutputError("is-a-folder", `${path} cannot be written: a folder has that name; choose another.`);
  if (format === "mp4" || format === "webm") await writeWithFfmpeg(path, format, frames, options);
  else await writeAnimation(path, format, frames, options);
  return [path];
}

const temporaryName = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);

const noFrames = (): CameoError => new CameoError("option", "A video needs at least one frame.");

/** Each frame as a PNG under a temporary name; all are renamed in the end. */
async function writePictures(
  path: string,
  frames: AsyncIterable<RgbImage | RgbaImage>,
  { mark = true, signal }: WriteVideoOptions,
): Promise<string[]> {
  const files: { path: string; temporary: string }[] = [];
  const stem = path.slice(0, -extname(path).length);
  try {
    for await (const frame of frames) {
      signal?.throwIfAborted();
      const file = `${stem}-${String(files.length + 1).padStart(4, "0")}.png`;
      const temporary = temporaryName(file);
      files.push({ path: file, temporary });
      const bytes = await encodeImage(frame, { format: "png", mark });
      await writeFile(temporary, bytes, { flag: "wx" }).catch((cause) => failWriting(file, cause));
    }
    if (files.length === 0) throw noFrames();
    for (const file of files) await rename(file.temporary, file.path).catch((cause) => failWriting(file.path, cause));
    return files.map((file) => file.path);
  } finally {
    await Promise.all(files.map(({ temporary }) => rm(temporary, { force: true }).catch(() => {})));
  }
}

/** An animated picture. */
async function writeAnimation(
  path: string,
  format: "gif" | "webp",
  frames: AsyncIterable<RgbImage | RgbaImage>,
  { rate, mark = true, signal }: WriteVideoOptions,
): Promise<void> {
  const parts: Uint8Array[] = [];
  let size: { width: number; height: number; channels: 3 | 4 } | undefined;
  let bytes = 0;
  for await (const { width, height, data } of frames) {
    signal?.throwIfAborted();
    size ??= { width, height, channels: data.length === 3 * width * height ? 3 : 4 };
    bytes += data.length;
    if (bytes > MAX_ANIMATION)
      throw new CameoError(
        "option",
        `The frames are too large for one ${format.toUpperCase()}: choose a smaller size, fewer frames, or MP4.`,
      );
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  if (!size) throw noFrames();
  const { width, height, channels } = size;
  const pages = sharp(Buffer.concat(parts), {
    raw: { width, height: height * parts.length, channels, pageHeight: height },
    limitInputPixels: false,
  });
  const timing = { delay: parts.map(() => Math.round(1000 / rate)), loop: 0 };
  const marked = mark && format === "webp" ? pages.withXmp(MARK_XMP) : pages;
  const file = await (format === "gif" ? marked.gif(timing) : marked.webp({ ...timing, quality: 85 })).toBuffer();
  await writeFileWhole(path, mark && format === "gif" ? withComment(file, MARK_COMMENT) : file, { signal });
}

/** A GIF with a comment before its end (GIF 89a, section 24). */
function withComment(gif: Uint8Array, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const blocks: number[] = [0x21, 0xfe];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.subarray(at, at + 255);
    blocks.push(block.length, ...block);
  }
  blocks.push(0);
  const out = new Uint8Array(gif.length + blocks.length);
  const trailer = gif.length - 1;
  out.set(gif.subarray(0, trailer));
  out.set(blocks, trailer);
  out[out.length - 1] = gif[trailer];
  return out;
}

const CODECS = {
  mp4: {
    video: ["-c:v", "libx264", "-crf", "18", "-movflags", "+faststart"],
    sounds: ["aac", "mp3"],
    sound: "aac",
  },
  webm: {
    video: ["-c:v", "libvpx-vp9", "-crf", "30", "-b:v", "0", "-row-mt", "1", "-cpu-used", "4"],
    sounds: ["opus", "vorbis"],
    sound: "libopus",
  },
} as const;

/** 4:2:0 video needs even sides: an odd last row or column is left out. Colours are said to be those of HD video. */
const FILTERS = "crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p";
const COLORS = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"];

/** A video of which ffmpeg gets the pixels as they are made. */
async function writeWithFfmpeg(
  path: string,
  format: "mp4" | "webm",
  frames: AsyncIterable<RgbImage | RgbaImage>,
  { rate, sound, mark = true, signal }: WriteVideoOptions,
): Promise<void> {
  const temporary = temporaryName(path);
  const { video, sounds, sound: encoder } = CODECS[format];
  const keepsSound = sound?.codec !== undefined && (sounds as readonly string[]).includes(sound.codec);
  let tool: ReturnType<typeof startTool> | undefined;
  try {
    for await (const { width, height, data } of frames) {
      signal?.throwIfAborted();
      const channels = data.length / (width * height);
      tool ??= startTool("ffmpeg", [
        ...["-f", "rawvideo", "-pix_fmt", channels === 3 ? "rgb24" : "rgba", "-s", `${width}x${height}`],
        ...["-r", String(rate), "-i", "pipe:0"],
        ...(sound?.codec ? [...inputOf(sound.path), "-map", "0:v", "-map", "1:a:0"] : []),
        ...(sound?.codec ? ["-c:a", keepsSound ? "copy" : encoder] : []),
        ...[...video, "-vf", FILTERS, ...COLORS],
        ...(mark ? ["-metadata", `comment=${MARK_COMMENT}`] : []),
        ...["-f", format, "-y", temporary],
      ]);
      const { stdin } = tool.process;
      if (!stdin.write(data)) await Promise.race([once(stdin, "drain"), tool.ended]);
      // It ends early only where it fails, and then says why.
      if (tool.process.exitCode !== null || stdin.destroyed) break;
    }
    if (!tool) throw noFrames();
    tool.process.stdin.end();
    const code = await tool.ended;
    signal?.throwIfAborted();
    if (code !== 0) {
      const reason = tool.complaints().trim().split("\n").at(-1) ?? "";
      throw new OutputError("unwritable", `${path} cannot be written: ffmpeg says "${reason}".`);
    }
    await rename(temporary, path).catch((cause) => failWriting(path, cause));
  } finally {
    tool?.process.kill("SIGKILL");
    await rm(temporary, { force: true }).catch(() => {});
  }
}
