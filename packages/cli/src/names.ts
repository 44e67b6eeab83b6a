import { parse } from "node:path";

/**
 * Hands out names for output files, each only once. A name that is taken gets `_2`, `_3`, … appended.
 * Names that a file system without upper and lower case would confuse count as the same.
 */
export class Names {
  readonly #taken = new Set<string>();

  claim(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.#taken.has(key(name)); n++) name = `${wanted}_${n}`;
    this.#taken.add(key(name));
    return name;
  }
}

const key = (name: string): string => name.normalize("NFC").toLowerCase();

/** The photo's file name without folder and extension. */
export const baseName = (photo: string): string => parse(photo).name;
