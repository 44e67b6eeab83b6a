import { createHash } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { startThreads } from "@cameo/synth";
import { CameoError, failWriting, PHOTO_EXTENSIONS, writeFileWhole } from "cameo";
import { append, findFiles, mended } from "./journal.ts";
import { type PhotosDescription, type PreparedFace, photosFile, preparedFile, readDescription } from "./photos.ts";
import type { PreparedPhoto, PrepareRules, Rejection } from "./prepare-photo.ts";
import type { PreparerData } from "./prepare-worker.ts";

export interface PreparePhotosOptions extends Partial<PrepareRules> {
  /** Photos, and folders that are searched for photos with all folders below them. */
  readonly photos: readonly string[];
  /** Folder to write to. */
  readonly folder: string;
  /** Folder of the model bundle; the library's own unless given. */
  readonly models?: string;
  /** Threads that work; one per core unless given. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Called before the first photo: how many there are, and how many of them were looked at before. */
  readonly onStart?: (total: number, before: number) => void;
  readonly onPhoto?: () => void;
}

export interface PhotosPrepared {
  /** Photos found, and those of them that an earlier run had looked at. */
  readonly photos: number;
  readonly before: number;
  /** Faces in the folder now. */
  readonly faces: number;
  /** Photos that are not used, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
}

/** A line of `rejects.jsonl`. */
export interface RejectedPhoto extends Rejection {
  readonly source: string;
}

export const PREPARE_DEFAULTS = { faces: "largest", minEyeDistance: 32 } as const satisfies PrepareRules;

/** The photos that are not used, and why. */
export const rejectsFile = "rejects.jsonl";

/**
 * Detects, aligns and cuts out the faces of photos for training: a crop of 224², a skin mask and landmarks of each. Any
 * folders do, those of CelebA, LFW and 300W-LP among them. Each photo that has been looked at is one line of one of two
 * journals, written when its files are whole, so the same call goes on after an interruption.
 * @throws {@link CameoError} `no-photos`; `set-differs` if the folder was made with other options; OutputError if
 *   something cannot be written; the reason of the signal
 */
export async function preparePhotos(options: PreparePhotosOptions): Promise<PhotosPrepared> {
  const { folder, models, signal, onStart, onPhoto } = options;
  const rules: PrepareRules = {
    faces: options.faces ?? PREPARE_DEFAULTS.faces,
    minEyeDistance: options.minEyeDistance ?? PREPARE_DEFAULTS.minEyeDistance,
  };
  const photos = await findPhotos(options.photos);
  if (photos.length === 0) throw new CameoError("no-photos", `There are no pictures in ${options.photos.join(", ")}.`);
  await mkdir(folder, { recursive: true }).catch((cause) => failWriting(folder, cause));
  await claim(folder, { version: 1, side: 224, ...rules });
  const [prepared, rejects] = [join(folder, preparedFile), join(folder, rejectsFile)];
  const done = new Set<string>();
  for (const journal of [prepared, rejects])
    for (const { source } of await mended<{ source: string }>(journal)) done.add(source);
  const left = photos.filter((source) => !done.has(source));
  const before = photos.length - left.length;
  onStart?.(photos.length, before);

  const data: PreparerData = { models, ...rules };
  const count = Math.min(options.workers ?? availableParallelism(), left.length);
  const threads = startThreads<string, PreparedPhoto>({
    module: "./prepare-worker",
    from: import.meta.url,
    count,
    data,
  });
  const end = () => void threads.close();
  signal?.addEventListener("abort", end, { once: true });
  try {
    // Each takes the next photo when it is done with one, so that few are in memory.
    const waiting = left.values();
    const work = async () => {
      for (const source of waiting) {
        signal?.throwIfAborted();
        const result = await threads.ask(source);
        if ("rejected" in result) await append(rejects, { source, ...result.rejected });
        else await append(prepared, { source, faces: await writeFaces(folder, source, result) });
        onPhoto?.();
      }
    };
    // The first failure ends the threads, and with them the others; what they were writing is finished first.
    let failure: unknown;
    const stop = (error: unknown) => {
      failure ??= error;
      end();
    };
    await Promise.all(Array.from({ length: count }, () => work().catch(stop)));
    signal?.throwIfAborted();
    if (failure) throw failure;
  } finally {
    signal?.removeEventListener("abort", end);
    await threads.close();
  }
  const rejected: Record<string, number> = {};
  for (const { reason } of await mended<RejectedPhoto>(rejects)) rejected[reason] = (rejected[reason] ?? 0) + 1;
  const faces = (await mended<{ faces: unknown[] }>(prepared)).reduce((sum, photo) => sum + photo.faces.length, 0);
  return { photos: photos.length, before, faces, rejected };
}

/** Picture files named or below the folders named, in order; hidden ones are left out. @throws CameoError if one is missing */
export const findPhotos = (paths: readonly string[]): Promise<string[]> => findFiles(paths, PHOTO_EXTENSIONS);

/** Writes the description, or checks that the one that is there says the same. */
async function claim(folder: string, wanted: PhotosDescription): Promise<void> {
  const path = join(folder, photosFile);
  if (!(await stat(path).catch(() => null))) return writeFileWhole(path, `${JSON.stringify(wanted, null, 2)}\n`);
  const found = await readDescription(folder);
  for (const name of ["side", "faces", "minEyeDistance"] as const)
    if (found[name] !== wanted[name])
      throw new CameoError(
        "set-differs",
        `${folder} was prepared with ${name} ${found[name]}, not ${wanted[name]}; choose another folder, or the same options to go on.`,
      );
}

/** Writes the files of a photo's faces, named by the photo's path. */
async function writeFaces(
  folder: string,
  source: string,
  { faces }: Extract<PreparedPhoto, { faces: unknown }>,
): Promise<PreparedFace[]> {
  const name = createHash("sha256").update(source).digest("hex").slice(0, 16);
  const written: PreparedFace[] = [];
  for (const [i, { picture, skin, landmarks68, visible68 }] of faces.entries()) {
    const file = `${name.slice(0, 2)}/${name}-${i}`;
    await writeFileWhole(join(folder, `${file}.jpg`), picture);
    await writeFileWhole(join(folder, `${file}.skin.png`), skin);
    written.push({ file, landmarks68, visible68 });
  }
  return written;
}
