import { spawn } from "node:child_process";
import { once } from "node:events";
import { CameoError, type RgbImage } from "cameo";

export interface VideoOptions {
  /** Frames a second; a video with fewer gives some twice. */
  readonly rate: number;
  /** Largest side of the frames, pixels: larger ones are reduced. */
  readonly side: number;
  readonly signal?: AbortSignal;
}

/**
 * Frames of a video file, in order, read through ffmpeg: the same ones every time.
 * @throws {@link CameoError} `no-ffmpeg`, or `unreadable` if ffmpeg cannot read it; the reason of the signal
 */
export async function* videoFrames(path: string, { rate, side, signal }: VideoOptions): AsyncGenerator<RgbImage> {
  signal?.throwIfAborted();
  const reduce = `scale='min(${side},iw)':'min(${side},ih)':force_original_aspect_ratio=decrease`;
  const input = ["-nostdin", "-v", "error", "-protocol_whitelist", "file", "-i", `file:${path}`, "-an", "-sn"];
  const output = ["-vf", `fps=${rate},${reduce}`, "-f", "image2pipe", "-c:v", "ppm", "-"];
  const child = spawn("ffmpeg", [...input, ...output], { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, 1000);
  });
  const failed = once(child, "close").then(
    ([code]) => (code === 0 ? null : new CameoError("unreadable", `ffmpeg cannot read ${path}: ${complaint.trim()}.`)),
    (cause) => new CameoError("no-ffmpeg", missing, { cause }),
  );
  const stop = () => child.kill();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    yield* pixmaps(child.stdout);
    const failure = await failed;
    signal?.throwIfAborted();
    if (failure) throw failure;
  } finally {
    signal?.removeEventListener("abort", stop);
    child.kill();
  }
}

const missing =
  "Videos are read by ffmpeg, which is not installed; get it with your system's packages (Debian: apt-get install ffmpeg).";

/** Binary portable pixmaps (P6, 8 bits), one after the other. */
async function* pixmaps(stream: AsyncIterable<Buffer>): AsyncGenerator<RgbImage> {
  let chunks: Buffer[] = [];
  let length = 0;
  let header: { readonly width: number; readonly height: number; readonly start: number } | null = null;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    for (;;) {
      if (!header) {
        const found = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(Buffer.concat(chunks).subarray(0, 64).toString("latin1"));
        if (!found) break;
        header = { width: Number(found[1]), height: Number(found[2]), start: found[0].length };
      }
      const { width, height, start } = header;
      const end = start + 3 * width * height;
      if (length < end) break;
      const all = Buffer.concat(chunks);
      yield { width, height, data: Uint8Array.from(all.subarray(start, end)) };
      chunks = [all.subarray(end)];
      length = all.length - end;
      header = null;
    }
  }
}
