import { existsSync } from "node:fs";
import { CameoError, type MorphableModel } from "cameo";
import sharp from "sharp";
import { buildCage, type Cage } from "./makehuman/cage.ts";
import { browStyles, hairPicture, hairStyles, irises, lashStyles, readPicture } from "./makehuman/files.ts";
import { type BoundPart, readPart } from "./makehuman/pack.ts";
import { type Pack, readPack } from "./makehuman/reference.ts";
import { buildEyes, type EyeMesh } from "./subject/eyes.ts";
import { buildTongue, type PartMesh, partMesh, type TongueMesh } from "./subject/paint.ts";
import { buildRig, type HeadRig } from "./subject/rig.ts";
import { buildSkinMesh, type SkinMesh } from "./subject/skin-mesh.ts";
import { decodeSkins, prepareSkins, type Skins } from "./subject/skins.ts";
import { buildTextureFit, type TextureFit } from "./subject/texture-fit.ts";
import type { Texture } from "./texture.ts";

/** Everything that portraits are made of, read once: afterwards nothing touches the disk. */
export interface Assets {
  readonly model: MorphableModel;
  readonly pack: Pack;
  readonly cage: Cage;
  /** What is bound to the base mesh, by its path in the pack without extension, such as `hair/bob01/bob01`. */
  readonly parts: ReadonlyMap<string, BoundPart>;
  /**
   * Pictures by their path in the pack with extension, such as `hair/bob01/bob01_diffuse.png`, reduced to what portraits need.
   * Those of brows and lashes are white, so that a part's colour is that of the hairs.
   */
  readonly textures: ReadonlyMap<string, Texture>;
  /** How heads follow their shape controls. */
  readonly rig: HeadRig;
  /** What heads are drawn from. */
  readonly skin: SkinMesh;
  readonly skins: Skins;
  readonly eyes: readonly EyeMesh[];
  readonly tongue: TongueMesh;
  readonly textureFit: TextureFit;
  /** Triangles of `parts`. */
  readonly meshes: ReadonlyMap<string, PartMesh>;
}

/** Names the folder when no option does. */
const variable = "CAMEO_ASSETS";

const advice =
  "Portraits need MakeHuman's CC0 assets: see docs/synthetic-data.md for where to get them and how to lay them out.";

/**
 * The folder of MakeHuman's files: the option if there is one, else the environment variable CAMEO_ASSETS.
 * @throws CameoError "assets" if neither names a folder that exists
 */
export function findAssets(option?: string): string {
  const folder = option ?? process.env[variable];
  if (!folder)
    throw new CameoError("assets", `No assets were named; give their folder, or set ${variable} to it. ${advice}`);
  if (!existsSync(folder)) throw new CameoError("assets", `There is no folder "${folder}". ${advice}`);
  return folder;
}

/**
 * Reads MakeHuman's files.
 * @param folder where they lie, see {@link findAssets}: the two public repositories side by side, or the prepared layout
 * @param model a model on the cage of the MakeHuman head, such as the default one
 * @throws CameoError "assets" if a file is missing or damaged, or the model has another cage
 */
export async function openAssets(folder: string, model: MorphableModel): Promise<Assets> {
  try {
    const [textures, decoded, shapes] = await Promise.all([
      readTextures(folder),
      decodeSkins(folder),
      readShapes(folder, model),
    ]);
    return { ...shapes, textures, skins: prepareSkins(decoded, shapes.skin) };
  } catch (error) {
    if (error instanceof CameoError) throw error;
    const { code, path, message } = error as NodeJS.ErrnoException;
    const what =
      code === "ENOENT" && path ? `"${path}" is missing` : `The assets in "${folder}" cannot be read: ${message}`;
    throw new CameoError("assets", `${what}. ${advice}`, { cause: error });
  }
}

async function readShapes(folder: string, model: MorphableModel): Promise<Omit<Assets, "textures" | "skins">> {
  const pack = readPack(folder);
  const cage = buildCage(pack);
  if (model.refinement === null || model.meanShape.length !== 3 * cage.start.count)
    throw new CameoError("assets", `The model "${model.name}" does not have the cage of the MakeHuman head.`);
  const paths = [
    ...hairStyles.map((name) => `hair/${name}/${name}`),
    ...browStyles.map((name) => `eyebrows/${name}/${name}`),
    ...lashStyles.map((name) => `eyelashes/${name}/${name}`),
    "eyes/high-poly",
    "eyes/low-poly",
    "clothes/male_casualsuit06",
  ];
  const parts = new Map(paths.map((path) => [path, readPart(folder, path)]));
  parts.set("teeth/teeth_base", pack.teeth);
  parts.set("tongue/tongue01", pack.tongue);
  const skin = buildSkinMesh(pack, cage, model);
  return {
    model,
    pack,
    cage,
    parts,
    rig: buildRig(pack, cage, model),
    skin,
    eyes: buildEyes(model, { pack, cage }),
    tongue: buildTongue(model),
    textureFit: buildTextureFit(model, skin),
    meshes: new Map([...parts].map(([path, part]) => [path, partMesh(part)])),
  };
}

/** Longest side that pictures are reduced to, pixels. */
const longestSide = { hair: 512, eyebrows: 128, eyelashes: 256, eyes: 256, teeth: 256, tongue: 128 } as const;

async function readTextures(folder: string): Promise<Map<string, Texture>> {
  const wanted: [path: string, side: number][] = [
    ...hairStyles.map((name): [string, number] => [hairPicture(name), longestSide.hair]),
    ...browStyles.map((name): [string, number] => [`eyebrows/${name}/${name}.png`, longestSide.eyebrows]),
    ...lashStyles.map((name): [string, number] => [`eyelashes/${name}/${name}.png`, longestSide.eyelashes]),
    ...irises.map((name): [string, number] => [`eyes/textures/${name}.png`, longestSide.eyes]),
    ["teeth/teeth.png", longestSide.teeth],
    ["tongue/tongue01_diffuse.jpg", longestSide.tongue],
  ];
  const textures = await Promise.all(
    wanted.map(async ([path, side]): Promise<[string, Texture]> => {
      const texture = await decodeTexture(await readPicture(folder, path), side);
      if (path.startsWith("eyebrows")) whiten(texture, browGain);
      if (path.startsWith("eyelashes")) whiten(texture, 1);
      return [path, texture];
    }),
  );
  return new Map(textures);
}

async function decodeTexture(bytes: Uint8Array, side: number): Promise<Texture> {
  const { data, info } = await sharp(bytes)
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Single hairs are too thin for the pictures of brows, whose alpha averages them: this much of it is given back. */
const browGain = 1.6;

/** Turns what is drawn in any colour white, and multiplies its alpha. */
function whiten({ data }: Texture, gain: number): void {
  for (let i = 0; i < data.length; i++) data[i] = i % 4 < 3 ? 255 : Math.min(255, gain * data[i]);
}
