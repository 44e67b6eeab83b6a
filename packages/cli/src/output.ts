import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CameoError } from "cameo";

/**
 * Makes sure, before any work is done, that files can be put into a folder, which need not exist yet.
 * @throws {@link CameoError} `output`
 */
export async function checkDirectory(directory: string): Promise<void> {
  const path = resolve(directory);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    if (found.code === "ENOENT" && dirname(path) !== path) return checkDirectory(dirname(path));
    throw new CameoError("output", `Cannot write to ${path}: ${reason(found)}.`);
  }
  if (!found.isDirectory()) throw new CameoError("output", `Cannot write to ${path}: it is not a folder.`);
  await access(path, constants.W_OK).catch((error) => {
    throw new CameoError("output", `Cannot write to ${path}: ${reason(error)}.`);
  });
}

/**
 * Makes sure that no file to be written is one of the photos being read.
 * @throws {@link CameoError} `output`
 */
export async function checkPhotosSafe(files: readonly string[], photos: readonly string[]): Promise<void> {
  const inUse = new Set(await Promise.all(photos.map(realPath)));
  for (const file of files)
    if (inUse.has(await realPath(file)))
      throw new CameoError(
        "output",
        `Writing ${file} would destroy a photo of that name; choose another folder with -o.`,
      );
}

const realPath = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));

const reasons: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is a file, not a folder",
  ENOSPC: "the disk is full",
  ENAMETOOLONG: "the name is too long",
};

const reason = (error: NodeJS.ErrnoException): string => reasons[error.code ?? ""] ?? error.message;
