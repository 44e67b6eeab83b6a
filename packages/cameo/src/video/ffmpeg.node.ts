import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { CameoError } from "../errors.ts";

/** So much of what a program complains about is kept, characters. */
const COMPLAINTS = 4000;

/** A running ffmpeg or ffprobe. */
interface Tool {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** What it has complained about so far. */
  complaints(): string;
  /**
   * Waits for its end.
   * @returns its exit code; null where it was killed
   * @throws {@link CameoError} `ffmpeg` where it is not installed
   */
  readonly ended: Promise<number | null>;
}

/** Starts a program of ffmpeg's; quiet but for errors. */
export function startTool(name: "ffmpeg" | "ffprobe", args: readonly string[]): Tool {
  const child = spawn(name, ["-v", "error", ...args], { stdio: ["pipe", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-COMPLAINTS);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", (cause: NodeJS.ErrnoException) => reject(cause.code === "ENOENT" ? missing(name, cause) : cause));
    child.on("close", resolve);
  });
  // Whoever waits gets the error; until then it must not count as unhandled.
  ended.catch(() => {});
  child.stdin.on("error", () => {});
  return { process: child, complaints: () => complaints, ended };
}

const missing = (name: string, cause: Error): CameoError =>
  new CameoError(
    "ffmpeg",
    `${name} was not found, which reads and writes videos; install ffmpeg (https://ffmpeg.org), or choose GIF, WebP or PNG pictures.`,
    { cause },
  );

/** Arguments that make a file the next input: whatever its name, a file, and nothing that it refers to elsewhere. */
export const inputOf = (path: string): readonly string[] => ["-protocol_whitelist", "file,pipe", "-i", `file:${path}`];
