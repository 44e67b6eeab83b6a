import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  browStyles,
  hairPicture,
  hairStyles,
  irises,
  landmarks,
  lashStyles,
  locate,
  readBase,
  readPart,
  readPicture,
  readTargetTexts,
  skinNames,
} from "@cameo/synth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const prepared = new URL("../../../../shared/makehuman", import.meta.url).pathname;
const present = existsSync(prepared);
if (!present) console.log(`files: skipped, there is no MakeHuman pack at ${prepared}`);

/** Where SOURCES.json says that a file of the prepared layout lies in clones side by side. */
function cloned({ from = "", core }: { from?: string; core?: string }): string {
  if (core !== undefined) return `makehuman-assets/${core}`;
  const [repository, path] = from.split(":");
  return `${repository.split("/")[1]}/${path}`;
}

const names = [
  "base/base.obj",
  "eyes/high-poly.obj",
  "eyes/low-poly.mhclo",
  "teeth/teeth_base.obj",
  "teeth/teeth_base.mhclo",
  "teeth/teeth.png",
  "tongue/tongue01.obj",
  "tongue/tongue01.mhclo",
  "tongue/tongue01_diffuse.jpg",
  "clothes/male_casualsuit06.mhclo",
  "clothes/male_casualsuit06_diffuse.jpg",
  ...hairStyles.flatMap((name) => [`hair/${name}/${name}.obj`, `hair/${name}/${name}.mhclo`, hairPicture(name)]),
  ...browStyles.flatMap((name) => ["obj", "mhclo", "png"].map((end) => `eyebrows/${name}/${name}.${end}`)),
  ...lashStyles.flatMap((name) => ["obj", "mhclo", "png"].map((end) => `eyelashes/${name}/${name}.${end}`)),
  ...irises.map((name) => `eyes/textures/${name}.png`),
  ...skinNames.map((name) => `skins/${name}.jpg`),
];

describe.skipIf(!present)("MakeHuman's files", () => {
  let clones: string;
  let sources: Record<string, { from?: string; core?: string }>;

  beforeAll(async () => {
    clones = await mkdtemp(join(tmpdir(), "cameo-clones-"));
    const put = async (path: string, content: string | { link: string }) => {
      await mkdir(dirname(join(clones, path)), { recursive: true });
      if (typeof content === "string") await writeFile(join(clones, path), content, "latin1");
      else await symlink(content.link, join(clones, path));
    };
    sources = JSON.parse(readFileSync(join(prepared, "SOURCES.json"), "utf8")).files;
    for (const name of names) await put(cloned(sources[name]), { link: join(prepared, name) });
    for (const [name, text] of readTargetTexts(prepared))
      await put(`makehuman/makehuman/data/targets/${name}.target`, text);
    // The repositories hold more than heads need.
    for (const other of ["macrodetails/height/a", "measure/measure-hips-circ-incr", "hips/hip-scale-incr"])
      await put(`makehuman/makehuman/data/targets/${other}.target`, "0 1 1 1\n");
    await put("makehuman/makehuman/data/targets/head/images/head-oval.png", "");
  }, 60_000);
  afterAll(() => rm(clones, { recursive: true }));

  it("lie in the repositories where the prepared pack's sources say", () => {
    for (const name of names) {
      expect(locate(prepared, name)).toBe(join(prepared, name));
      expect(locate(clones, name)).toBe(join(clones, cloned(sources[name])));
    }
    expect(() => locate(clones, "shoes/shoes01.obj")).toThrow("shoes/shoes01.obj");
  });

  it("are the same in both layouts", () => {
    const texts = readTargetTexts(clones);
    expect(texts.size).toBe(550);
    expect([...texts].sort()).toEqual([...readTargetTexts(prepared)].sort());
    const [a, b] = [readPart(prepared, "hair/afro01/afro01"), readPart(clones, "hair/afro01/afro01")];
    expect(b.fitting).toEqual(a.fitting);
    expect(b.mesh.positions).toEqual(a.mesh.positions);
    expect(readBase(clones).base.faces.length).toBe(4 * 18486);
  });

  it("have the regions and points that were found by hand", () => {
    const known = JSON.parse(readFileSync(join(prepared, "base", "regions.json"), "utf8"));
    const { regions } = readBase(prepared);
    const places = ({ vertex_ranges, face_ranges }: { vertex_ranges?: unknown; face_ranges: unknown }) => ({
      vertex_ranges,
      face_ranges,
    });
    const all = (record: Record<string, Parameters<typeof places>[0]>) =>
      Object.fromEntries(Object.entries(record).map(([name, value]) => [name, places(value)]));
    expect(all(regions.groups)).toEqual(all(known.groups));
    expect(all(regions.body_uv_islands)).toEqual(all(known.body_uv_islands));
    expect(regions.loops).toEqual(known.loops);
    const { ibug68, named } = JSON.parse(readFileSync(join(prepared, "base", "landmarks.json"), "utf8"));
    expect(landmarks).toEqual({ ibug68, named });
  });

  it("name what is missing, and pictures that git-lfs has not fetched", async () => {
    const name = "skins/old_asian_male.jpg";
    await rm(locate(clones, name));
    await expect(readPicture(clones, name)).rejects.toThrow("old_lightskinned_male_diffuse2.png");
    await writeFile(locate(clones, name), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    await expect(readPicture(clones, name)).rejects.toThrow("git lfs pull");
  });
});
