import { type Container, readContainer } from "./container.ts";
import { InputError } from "./error.ts";
import { type DecodeOptions, MAX_BYTES } from "./photo.ts";
import { checkSize } from "./pixels.ts";

/** An image file that is worth decoding. */
export interface OpenedFile {
  readonly bytes: Uint8Array;
  readonly container: Container;
  /** What to call the picture in a sentence. */
  readonly what: string;
  /** Name of the file, without folders. */
  readonly name?: string;
}

const READABLE = "a JPEG, PNG, WebP, AVIF, GIF or TIFF picture";

/**
 * Looks at a file's structure and refuses what cannot or should not be decoded.
 * @param what how to name the picture at the start of a sentence
 * @throws {@link InputError}
 */
export function openFile(
  bytes: Uint8Array,
  what: string,
  name?: string,
  { maxPixels }: DecodeOptions = {},
): OpenedFile {
  if (bytes.length === 0) throw new InputError("empty", `${what} is empty; copy or download it again.`);
  checkBytes(bytes.length, what);
  const container = readContainer(bytes);
  if (!container) throw new InputError("unsupported", `${what} is not ${READABLE}; save it as one of these first.`);
  const { width, height, complete } = container;
  if (width > 0 && height > 0) checkSize(width, height, what, maxPixels);
  if (!complete) throw damaged(what);
  if (width === 0 || height === 0) throw new InputError("too-small", `${what} has no pixels (${width} × ${height}).`);
  return { bytes, container, what, name };
}

/** The bytes of a source that holds them, opened. */
export async function openBytes(source: Uint8Array | ArrayBuffer | Blob, options: DecodeOptions): Promise<OpenedFile> {
  if (!(source instanceof Blob))
    return openFile(source instanceof Uint8Array ? source : new Uint8Array(source), "The picture", undefined, options);
  const name = "name" in source && typeof source.name === "string" && source.name ? source.name : undefined;
  const what = name ?? "The picture";
  checkBytes(source.size, what);
  const buffer = await source.arrayBuffer().catch((cause) => {
    throw new InputError("unreadable", `${what} cannot be read; choose it again.`, { cause });
  });
  return openFile(new Uint8Array(buffer), what, name, options);
}

/** @throws {@link InputError} `too-large` where a file has more bytes than {@link MAX_BYTES} */
export function checkBytes(length: number, what: string): void {
  if (length > MAX_BYTES)
    throw new InputError(
      "too-large",
      `${what} has ${length.toLocaleString("en-US")} bytes, over the limit of ${MAX_BYTES.toLocaleString("en-US")}; make it smaller first.`,
    );
}

export const damaged = (what: string, cause?: unknown): InputError =>
  new InputError("damaged", `${what} is damaged or cut short; copy or download it again.`, { cause });

/** The error for a file whose structure is sound but which the decoder of this platform refused. */
export const undecodable = ({ container, what }: OpenedFile, cause?: unknown): InputError =>
  container.format === "heic"
    ? new InputError("unsupported", `${what} is a HEIC picture, which cannot be read here; save it as JPEG first.`, {
        cause,
      })
    : damaged(what, cause);

/** The refusal of anything that is no {@link ImageSource}. */
export const notAPicture = (source: unknown): InputError =>
  new InputError(
    "invalid",
    `Cannot make a picture of ${source === null ? "null" : `a value of type ${typeof source}`}; pass a file, its bytes, or raw pixels.`,
  );

/** What the user should know about a file that was decoded. */
export const notesOf = ({ container, what }: OpenedFile): string[] =>
  container.animated ? [`${what} is an animation; only its first frame is used.`] : [];

/** Settles like `work`, or rejects as soon as the signal is aborted; what cannot be stopped ends unheard. */
export function abortable<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
