import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readTarGz } from "./tar.ts";

/**
 * The files of MakeHuman that heads are made of. They lie in a folder in one of two ways: as clones of the two public
 * repositories, `makehuman` and `makehuman-assets` (CC0), side by side, or prepared, under the names that are used here.
 * The lists below, not the folder's contents, say what there is: the same person is then made from both.
 */

export const hairStyles = [
  "afro01",
  "bob01",
  "bob02",
  "braid01",
  "long01",
  "ponytail01",
  "short01",
  "short02",
  "short03",
  "short04",
] as const;

/** Name of a hair style's picture. */
export const hairPicture = (style: string): string => `hair/${style}/${style.replace("afro01", "afro")}_diffuse.png`;

const numbered = (name: string, count: number, digits: number) =>
  Array.from({ length: count }, (_, i) => `${name}${String(i + 1).padStart(digits, "0")}`);

export const browStyles = numbered("eyebrow", 12, 3);
export const lashStyles = numbered("eyelashes", 4, 2);

export const irises = ["blue", "bluegreen", "brown", "brownlight", "deepblue", "green", "grey", "ice", "lightblue"].map(
  (colour) => `${colour}_eye`,
);

/** Skins: what they are called here, and their pictures in the repository less `_diffuse` before the number. */
const skinPictures = {
  middleage_african_female: "middleage_darkskinned_female",
  middleage_african_male: "middleage_darkskinned_male",
  middleage_asian_female: "middleage_lightskinned_female2",
  middleage_asian_male: "middleage_lightskinned_male2",
  middleage_caucasian_female: "middleage_lightskinned_female",
  middleage_caucasian_male: "middleage_lightskinned_male",
  old_african_female: "old_darkskinned_female",
  old_african_male: "old_darkskinned_male",
  old_asian_female: "old_lightskinned_female2",
  old_asian_male: "old_lightskinned_male2",
  old_caucasian_female: "old_lightskinned_female",
  old_caucasian_male: "old_lightskinned_male",
  young_african_female: "young_darkskinned_female",
  young_african_male: "young_darkskinned_male",
  young_asian_female: "young_lightskinned_female3",
  young_asian_male: "young_lightskinned_male3",
  young_caucasian_female: "young_lightskinned_female",
  young_caucasian_female2: "young_lightskinned_female2",
  young_caucasian_male: "young_lightskinned_male",
  young_caucasian_male2: "young_lightskinned_male2",
} as const;

export const skinNames = Object.keys(skinPictures) as (keyof typeof skinPictures)[];

const data = "makehuman/makehuman/data";
const assets = "makehuman-assets/base";

/** Where the repositories keep files, by the beginnings of their names here; `$1` … are the parts in parentheses. */
const places: readonly (readonly [name: RegExp, place: string])[] = [
  [/^base\/(.*)$/, `${data}/3dobjs/$1`],
  [/^eyes\/textures\/(brown_eye\.png)$/, `${data}/eyes/materials/$1`],
  [/^eyes\/textures\/(.*)$/, `${assets}/eyes/materials/$1`],
  [/^eyes\/([^./]*)\.(.*)$/, `${data}/eyes/$1/$1.$2`],
  [/^(hair|eyebrows|eyelashes)\/(.*)$/, `${assets}/$1/$2`],
  [/^teeth\/(teeth\.png)$/, `${assets}/teeth/materials/$1`],
  [/^tongue\/(.*)\.jpg$/, `${assets}/tongue/tongue01/$1.png`],
  [/^clothes\/(.*)\.jpg$/, `${assets}/clothes/male_casualsuit06/$1.png`],
  [/^(teeth|tongue|clothes)\/([^./]*)\.(.*)$/, `${assets}/$1/$2/$2.$3`],
];

const isCloned = (folder: string) => existsSync(join(folder, "makehuman", "makehuman", "data"));

/**
 * Path of a file by its name here, such as `base/base.obj`, `hair/bob01/bob01.obj` or `skins/old_asian_male.jpg`. Whether it
 * exists is not asked. Pictures that are `.jpg` here are PNG files in the repositories.
 */
export function locate(folder: string, name: string): string {
  if (!isCloned(folder)) return join(folder, name);
  const skin = /^skins\/(.*)\.jpg$/.exec(name)?.[1];
  if (skin !== undefined) {
    const [, kind, number] = /^(.*?)(\d*)$/.exec(skinPictures[skin as keyof typeof skinPictures])!;
    return join(folder, `${assets}/skins/textures/${kind}_diffuse${number}.png`);
  }
  for (const [pattern, place] of places) if (pattern.test(name)) return join(folder, name.replace(pattern, place));
  throw new RangeError(`locate: the repositories have no "${name}"`);
}

/**
 * The bytes of a picture by its name here.
 * @throws if it is missing, or if git-lfs has left a pointer in its place
 */
export async function readPicture(folder: string, name: string): Promise<Uint8Array> {
  const path = locate(folder, name);
  const bytes = await readFile(path);
  if (bytes.toString("latin1", 0, 24) === "version https://git-lfs.")
    throw new Error(`"${path}" is a pointer of git-lfs: run "git lfs pull" in the clone`);
  return bytes;
}

/** Where the repository keeps the targets of head and neck. */
const targetFolders = [
  ...["asym", "cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "macrodetails", "measure", "mouth"],
  ...["neck", "nose", "expression/units/african", "expression/units/asian", "expression/units/caucasian"],
];

/** Text of all targets of head and neck by name without extension, such as `expression/units/asian/mouth-open`. */
export function readTargetTexts(folder: string): Map<string, string> {
  const texts = new Map<string, string>();
  const add = (name: string, bytes: Uint8Array) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    if (name.endsWith(".target")) texts.set(name.slice(0, -".target".length), text);
  };
  if (isCloned(folder)) {
    const all = join(folder, data, "targets");
    for (const kind of targetFolders)
      for (const { name } of readdirSync(join(all, kind), { withFileTypes: true }).filter(
        (file) => !file.isDirectory(),
      ))
        if (kind !== "measure" || name.startsWith("measure-neck-"))
          add(`${kind}/${name}`, readFileSync(join(all, kind, name)));
  } else {
    for (const archive of readdirSync(join(folder, "targets")))
      for (const [name, bytes] of readTarGz(readFileSync(join(folder, "targets", archive)))) add(name, bytes);
  }
  return texts;
}
