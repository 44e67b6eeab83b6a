import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CameoError } from "../errors.ts";

/**
 * Why files could not be written:
 * - `not-a-folder`: a file is in the way of the folder;
 * - `is-a-folder`: a folder is in the way of the file;
 * - `forbidden`: no permission, or a read-only disk;
 * - `disk-full`: no space, or over a quota;
 * - `unwritable`: anything else.
 */
export type OutputErrorCode = "not-a-folder" | "is-a-folder" | "forbidden" | "disk-full" | "unwritable";

/** Files that could not be written. `message` is one sentence that names the place, what is wrong and what to do. */
export class OutputError extends CameoError {
  declare readonly code: OutputErrorCode;

  constructor(code: OutputErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = "OutputError";
  }
}

/**
 * Writes files into a folder, which is made where missing, such that each appears whole or not at all: all are first
 * written under temporary names beside their places, and renamed only when the last is complete. Files of the same
 * names are replaced. After an error the folder holds what it held before.
 * @param files contents by file name
 * @throws {@link OutputError}, or the reason of the signal where it was aborted before the renaming
 */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  const places = Object.entries(files).map(([name, content]) => ({
    path: join(folder, name),
    temporary: join(folder, `.${name}.${randomBytes(6).toString("hex")}.tmp`),
    content,
  }));
  try {
    signal?.throwIfAborted();
    await mkdir(folder, { recursive: true }).catch((cause) => failWriting(folder, cause));
    for (const { path } of places) await checkPlace(path);
    for (const { path, temporary, content } of places)
      await writeFile(temporary, content, { flag: "wx", signal }).catch((cause) => {
        signal?.throwIfAborted();
        return failWriting(path, cause);
      });
    signal?.throwIfAborted();
    for (const { path, temporary } of places) await rename(temporary, path).catch((cause) => failWriting(path, cause));
  } finally {
    // After success there is none left.
    await Promise.all(places.map(({ temporary }) => rm(temporary, { force: true }).catch(() => {})));
  }
}

/** {@link writeFiles} for one file. */
export const writeFileWhole = (
  path: string,
  content: Uint8Array | string,
  options: { signal?: AbortSignal } = {},
): Promise<void> => writeFiles(dirname(path), { [basename(path)]: content }, options);

/** Finds what would stop the renaming before anything is renamed. */
async function checkPlace(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory())
    throw new OutputError(
      "is-a-folder",
      `${path} cannot be written: a folder has that name; move it or choose another.`,
    );
}

/** @throws {@link OutputError} always: says why a path could not be written */
export function failWriting(path: string, cause: NodeJS.ErrnoException): never {
  const [code, reason] = REASONS[cause.code ?? ""] ?? (["unwritable", cause.message] as const);
  throw new OutputError(code, `${path} cannot be written: ${reason}.`, { cause });
}

const FORBIDDEN = ["forbidden", "you may not write there; choose another folder"] as const;
const FULL = ["disk-full", "the disk is full; free some space or choose another folder"] as const;
const IN_THE_WAY = ["not-a-folder", "a file is where a folder should be; choose another folder"] as const;

const REASONS: Readonly<Record<string, readonly [OutputErrorCode, string]>> = {
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: FORBIDDEN,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EEXIST: IN_THE_WAY,
  ENOTDIR: IN_THE_WAY,
};
