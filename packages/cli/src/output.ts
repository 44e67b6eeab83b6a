import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { OutputError } from "cameo";

/**
 * Makes sure, before any work is done, that files can be put into a folder, which need not exist yet.
 * @throws {@link OutputError}
 */
export async function checkDirectory(directory: string): Promise<void> {
  const path = resolve(directory);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    // Below a file the error is ENOTDIR on some systems and ENOENT on others; the walk up ends at the file.
    if (dirname(path) !== path && (found.code === "ENOENT" || found.code === "ENOTDIR"))
      return checkDirectory(dirname(path));
    throw cannotWrite(path, found);
  }
  if (!found.isDirectory()) throw new OutputError("not-a-folder", `Cannot write to ${path}: it is not a folder.`);
  await access(path, constants.W_OK).catch((error) => {
    throw cannotWrite(path, error);
  });
}

const cannotWrite = (path: string, cause: NodeJS.ErrnoException): OutputError => {
  const forbidden = ["EACCES", "EPERM", "EROFS"].includes(cause.code ?? "");
  const reason = forbidden ? "you may not write there; choose another folder" : cause.message;
  return new OutputError(forbidden ? "forbidden" : "unwritable", `Cannot write to ${path}: ${reason}.`, { cause });
};

/**
 * Makes sure that no file to be written is one of the photos being read.
 * @throws {@link OutputError}
 */
export async function checkPhotosSafe(files: readonly string[], photos: readonly string[]): Promise<void> {
  const inUse = new Set(await Promise.all(photos.map(realPath)));
  for (const file of files)
    if (inUse.has(await realPath(file)))
      throw new OutputError("unwritable", `Writing ${file} would destroy a photo of that name; choose another folder.`);
}

const realPath = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
