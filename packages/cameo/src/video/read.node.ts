import { stat } from "node:fs/promises";
import { CameoError } from "../errors.ts";
import type { RgbImage } from "../image.ts";
import { InputError } from "../input/error.ts";
import { inputOf, startTool } from "./ffmpeg.node.ts";

/** What a video is. */
export interface VideoInfo {
  /** Frames a second, of a video without a constant rate the mean. */
  readonly rate: number;
  /** Seconds; undefined where the file does not say. */
  readonly duration: number | undefined;
  /** Codec of the first sound track, as ffmpeg names it; undefined where there is none. */
  readonly audio: string | undefined;
}

/** Rates beyond are not of this world: files that give time stamps in place of a rate. */
const MAX_RATE = 240;
const USUAL_RATE = 25;

/**
 * Reads what kind of video a file is.
 * @throws {@link CameoError} `not-found`, `video` where it is none or damaged, `ffmpeg` where ffmpeg is not installed
 */
export async function probeVideo(path: string): Promise<VideoInfo> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new InputError("not-found", `${path} was not found.`);
  const tool = startTool("ffprobe", [
    ...["-show_entries", "stream=codec_type,codec_name,avg_frame_rate,r_frame_rate:format=duration"],
    ...["-of", "json", ...inputOf(path)],
  ]);
  let text = "";
  for await (const chunk of tool.process.stdout.setEncoding("utf8")) text += chunk;
  const code = await tool.ended;
  const { streams = [], format = {} } = (code === 0 ? JSON.parse(text) : {}) as ProbeResult;
  const video = streams.find((stream) => stream.codec_type === "video");
  if (!video) throw unreadable(path, tool.complaints());
  const rates = [video.avg_frame_rate, video.r_frame_rate].map(fraction);
  const duration = Number(format.duration);
  return {
    rate: rates.find((rate) => rate > 0 && rate <= MAX_RATE) ?? USUAL_RATE,
    duration: duration > 0 ? duration : undefined,
    audio: streams.find((stream) => stream.codec_type === "audio")?.codec_name,
  };
}

interface ProbeResult {
  readonly streams?: readonly {
    readonly codec_type: string;
    readonly codec_name?: string;
    readonly avg_frame_rate?: string;
    readonly r_frame_rate?: string;
  }[];
  readonly format?: { readonly duration?: string };
}

/** "30000/1001" as a number. */
function fraction(text = ""): number {
  const [above, below = 1] = text.split("/").map(Number);
  return above / below;
}

const unreadable = (path: string, complaints: string): CameoError =>
  new CameoError("video", `${path} cannot be read as a video: it is damaged, or of a kind that ffmpeg does not know.`, {
    cause: new Error(complaints),
  });

/**
 * The frames of a video, upright, one after another as they are asked for, at a constant rate: frames are repeated or left out
 * where the video's own rate varies.
 * @throws {@link CameoError} `video` where no frame can be read, `ffmpeg` where ffmpeg is not installed
 */
export async function* readVideo(
  path: string,
  { rate, signal }: { readonly rate: number; readonly signal?: AbortSignal },
): AsyncGenerator<RgbImage> {
  // Pictures with a header of their own: a rotation in the file's metadata changes their size.
  const tool = startTool("ffmpeg", [
    ...["-nostdin", ...inputOf(path), "-map", "0:v:0", "-vf", `fps=${rate}`],
    ...["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "pipe:1"],
  ]);
  let count = 0;
  try {
    for await (const frame of ppmFrames(tool.process.stdout)) {
      signal?.throwIfAborted();
      count++;
      yield frame;
    }
    const code = await tool.ended;
    if (count === 0 || code !== 0) throw unreadable(path, tool.complaints());
  } finally {
    tool.process.kill("SIGKILL");
  }
}

/** Cuts a stream of binary PPM pictures into frames. */
async function* ppmFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<RgbImage> {
  let header = "";
  let frame: { width: number; height: number; data: Uint8Array } | undefined;
  let filled = 0;
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; ) {
      if (!frame) {
        header += String.fromCharCode(chunk[at++]);
        const size = /^P6\s(\d+)\s(\d+)\s255\s$/.exec(header);
        if (!size) continue;
        const [width, height] = [Number(size[1]), Number(size[2])];
        frame = { width, height, data: new Uint8Array(3 * width * height) };
        filled = 0;
        header = "";
        continue;
      }
      const part = chunk.subarray(at, at + frame.data.length - filled);
      frame.data.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === frame.data.length) {
        yield frame;
        frame = undefined;
      }
    }
  }
}
