import { appendFile, readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { CameoError, failWriting, writeFileWhole } from "cameo";

/** What is on each line of a journal that is whole. */
export function jsonLines<T>(text: string): T[] {
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as T];
    } catch {
      return [];
    }
  });
}

/** Lines of a journal; one that was cut off by a crash is taken out of the file. */
export async function mended<T>(path: string): Promise<T[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const lines = jsonLines<T>(text);
  const whole = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  if (whole !== text) await writeFileWhole(path, whole);
  return lines;
}

/** Adds a line to a journal. @throws OutputError */
export const append = (path: string, line: unknown): Promise<void> =>
  appendFile(path, `${JSON.stringify(line)}\n`).catch((cause) => failWriting(path, cause));

/**
 * Files named, and files with one of the endings below the folders named, in order; hidden ones are left out.
 * @throws {@link CameoError} `not-found` if one is missing
 */
export async function findFiles(paths: readonly string[], endings: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const info = await stat(path).catch(() => null);
    if (!info) throw new CameoError("not-found", `There is no file or folder ${path}.`);
    if (info.isDirectory()) await search(path, endings, found);
    else found.push(path);
  }
  return [...new Set(found)];
}

async function search(folder: string, endings: readonly string[], found: string[]): Promise<void> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) await search(path, endings, found);
    else if (endings.includes(extname(entry.name).toLowerCase())) found.push(path);
  }
}
