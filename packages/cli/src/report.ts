import { basename } from "node:path";
import type { Head } from "cameo";
import { MultiBar, type SingleBar } from "cli-progress";
import type { Context } from "./context.ts";
import { ExitStatus, type Failure, failureOf, oneLine } from "./exit.ts";

/** What a person at the terminal sees of a run over photos. Failures and notes never mix with the results on stdout. */
export class Report {
  readonly #context: Context;
  readonly #options: { json?: boolean; verbose?: boolean };
  /** Holds the one bar; unlike a bar by itself it leaves lines alone that were printed above it. */
  readonly #bars: MultiBar | undefined;
  readonly #bar: SingleBar | undefined;

  constructor(context: Context, options: { json?: boolean; verbose?: boolean }, photoCount: number) {
    this.#context = context;
    this.#options = options;
    if (photoCount > 1 && context.stderr.isTTY) {
      this.#bars = new MultiBar({
        stream: context.stderr,
        format: "{bar} {value}/{total} {photo} {stage}",
        forceRedraw: true,
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: false,
      });
      this.#bar = this.#bars.create(photoCount, 0, { photo: "", stage: "" });
    }
  }

  /** Files that are now complete. */
  wrote(paths: readonly string[]): void {
    if (!this.#options.json) this.#print(this.#context.stdout, paths.join("\n"));
  }

  note(photo: string, text: string): void {
    this.#print(this.#context.stderr, oneLine(`${photo}: ${text}`));
  }

  /** What was found in a photo: notes always, the rest with `--verbose`. */
  head(photo: string, head: Head): void {
    for (const note of head.notes) this.note(photo, note);
    if (!this.#options.verbose) return;
    const { image, box, camera, angles, timings, models, prior } = head;
    this.note(
      photo,
      `${image.width} × ${image.height} pixels, face of ${box.width.toFixed()} × ${box.height.toFixed()}`,
    );
    this.note(photo, `focal length ${camera.fx.toFixed()} pixels, ${cameraSources[head.cameraSource]}`);
    this.note(
      photo,
      Object.entries(angles)
        .map(([name, angle]) => `${name} ${((angle * 180) / Math.PI).toFixed(1)}°`)
        .join(", "),
    );
    this.note(
      photo,
      `face: ${facePath(head)}; labels: ${prior.parse ? "the head model's" : "parsing network"}; depth of hair and ears: ${prior.depth ? "the head model's" : "depth network"}`,
    );
    this.note(photo, `models: ${models.map(({ name, sha256 }) => `${name} ${sha256.slice(0, 8)}`).join(", ")}`);
    this.note(
      photo,
      Object.entries(timings)
        .map(([stage, ms]) => `${stage} ${ms.toFixed()} ms`)
        .join(", "),
    );
  }

  stage(photo: string, stage: string): void {
    this.#bar?.update({ photo: basename(photo), stage });
  }

  /** A photo is done, well or not. */
  advance(): void {
    this.#bar?.increment();
  }

  /** Prints why a photo failed, and returns it. */
  failed(photo: string, error: unknown): Failure {
    const failure = failureOf(error);
    const named = failure.message.includes(basename(photo));
    this.#print(this.#context.stderr, `cameo: ${named ? "" : `${oneLine(photo)}: `}${failure.message}`);
    if (this.#options.verbose && failure.status === ExitStatus.internal && error instanceof Error)
      this.#print(this.#context.stderr, error.stack ?? "");
    return failure;
  }

  /** Ends the progress bar. */
  stop(): void {
    this.#bars?.stop();
  }

  #print(stream: Context["stdout"], line: string): void {
    if (this.#bar) this.#context.stderr.write("\r\x1b[K");
    stream.write(`${line}\n`);
  }
}

const cameraSources: Record<Head["cameraSource"], string> = {
  fov: "from --fov",
  focal35: "from --focal35",
  exif: "from the photo's EXIF data",
  estimated: "estimated from the face",
};

/** Which way the face was estimated. */
function facePath({ prior, fitted }: Head): string {
  if (prior.face) return "fitted to landmarks";
  return fitted ? "face network, then fitted to landmarks" : "face network";
}
