import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import sharp from "sharp";
import { beforeEach, describe, expect, test } from "vitest";
import { lensFields, tiffBlock, withExif } from "../../cameo/test/input/pictures.ts";
import { asHeld, landscape, portraitOf, saved } from "./photos.ts";
import { cameo, contents, portrait, temporaryFolder } from "./run.ts";

interface Description {
  image: { width: number; height: number };
  box: { x: number; y: number; width: number; height: number };
  camera: { fx: number; fy: number; cx: number; cy: number; source: string };
  depth: { file: string; unit: string; scale: number };
  labels: { file: string };
  pose: { quaternion: number[]; translation: number[]; yaw: number; pitch: number; roll: number };
  coefficients: Record<"identity" | "expression" | "texture" | "illumination", number[]>;
  landmarks: [number, number][];
  timings: Record<string, number>;
  models: { name: string; sha256: string }[];
  prior: { parse: boolean; depth: boolean };
  notes: string[];
}

let folder: string;
let heads: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  heads = join(folder, "heads");
});

/** For tests that do not look at the 3D file: the one that is written fastest. */
const quick = ["--format", "ply"];

const described = async (name: string, from = heads): Promise<Description> =>
  JSON.parse(await readFile(join(from, `${name}.json`), "utf8"));

/** The values of a grey PNG, as they are stored. */
async function greyOf(file: string, space: "grey16" | "b-w") {
  const picture = sharp(join(heads, file));
  expect(await picture.metadata()).toMatchObject({ channels: 1, depth: space === "grey16" ? "ushort" : "uchar" });
  const { data, info } = await picture
    .toColourspace(space)
    .raw({ depth: space === "grey16" ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(1);
  const values = space === "grey16" ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  return { width: info.width, height: info.height, values };
}

describe("the files of a photo", () => {
  test("are the five of the contract, printed one a line, and fit together", async () => {
    const { status, stdout, stderr } = await cameo("reconstruct", portrait, "-o", heads, "--parse", "model");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const files = ["depth.png", "glb", "json", "labels.png", "preview.png"].map((end) => `portrait.${end}`);
    expect(await contents(heads)).toEqual(files);
    expect(stdout.trimEnd().split("\n").sort()).toEqual(files.map((file) => join(heads, file)));

    const { width, height } = await sharp(portrait).metadata();
    const json = await described("portrait");
    expect(json.image).toEqual({ width, height });
    expect(json.depth).toMatchObject({ file: "portrait.depth.png", unit: "mm" });
    expect(json.camera.fx).toBeGreaterThan(0);
    expect(["exif", "estimated"]).toContain(json.camera.source);
    expect(json.pose.quaternion).toHaveLength(4);
    expect(Math.hypot(...json.pose.quaternion)).toBeCloseTo(1, 5);
    expect(json.pose.translation).toHaveLength(3);
    expect(json.coefficients.identity).toHaveLength(80);
    expect(json.coefficients.expression).toHaveLength(64);
    expect(json.coefficients.texture).toHaveLength(80);
    expect(json.coefficients.illumination).toHaveLength(27);
    expect(json.landmarks).toHaveLength(68);
    expect(json.models.length).toBeGreaterThan(1);
    for (const { sha256 } of json.models) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    for (const ms of Object.values(json.timings)) expect(ms).toBeGreaterThanOrEqual(0);

    const depth = await greyOf("portrait.depth.png", "grey16");
    const labels = await greyOf("portrait.labels.png", "b-w");
    for (const map of [depth, labels]) expect([map.width, map.height]).toEqual([width, height]);
    // Tip of the nose: a part of the face, and as far before the head centre as a nose is.
    const [x, y] = json.landmarks[30].map(Math.floor);
    const nose = y * width + x;
    expect(labels.values[nose]).toBe(1);
    const reach = json.pose.translation[2] - depth.values[nose] * json.depth.scale;
    expect(reach).toBeGreaterThan(60);
    expect(reach).toBeLessThan(140);
    // Depth and labels end together, and the corner of the picture shows no head.
    for (let i = 0; i < depth.values.length; i++)
      if (depth.values[i] > 0 !== labels.values[i] > 0) expect.fail(`depth and label disagree at pixel ${i}`);
    expect(depth.values[0]).toBe(0);

    const preview = await sharp(join(heads, "portrait.preview.png")).metadata();
    expect(preview.width).toBeGreaterThan(preview.height);
    expect((await readFile(join(heads, "portrait.glb"))).subarray(0, 4).toString("latin1")).toBe("glTF");
  });

  test("are the same in every run, but for the times", async () => {
    const runs = [join(folder, "a"), join(folder, "b")];
    for (const run of runs) expect((await cameo("reconstruct", portrait, "-o", run)).status).toBe(0);
    for (const file of await contents(runs[0])) {
      if (file.endsWith(".json")) continue;
      expect((await readFile(join(runs[0], file))).equals(await readFile(join(runs[1], file))), file).toBe(true);
    }
    const [a, b] = await Promise.all(runs.map((run) => described("portrait", run)));
    expect({ ...a, timings: {} }).toEqual({ ...b, timings: {} });
  });

  test("--format chooses the 3D files; the OBJ's parts name one another", async () => {
    const { status } = await cameo("reconstruct", portrait, "-o", heads, "--format", "obj,PLY");
    expect(status).toBe(0);
    const files = await contents(heads);
    expect(files).toEqual(expect.arrayContaining(["portrait.obj", "portrait.mtl", "portrait.ply", "portrait.json"]));
    expect(files).not.toContain("portrait.glb");
    const obj = await readFile(join(heads, "portrait.obj"), "latin1");
    expect(obj).toContain("mtllib portrait.mtl");
    const texture = /^map_Kd (.+)$/m.exec(await readFile(join(heads, "portrait.mtl"), "latin1"))?.[1];
    expect(files).toContain(texture);
    expect((await readFile(join(heads, "portrait.ply"))).subarray(0, 3).toString("latin1")).toBe("ply");
  });

  test("two photos of one name get files of their own", async () => {
    const photos = await Promise.all(
      [480, 500].map(async (side) => saved(await temporaryFolder(), "me.jpg", portraitOf(side).jpeg())),
    );
    const { status, stdout } = await cameo("reconstruct", ...photos, "-o", heads, ...quick, "--json");
    expect(status).toBe(0);
    const results: { heads: { name: string; files: string[] }[] }[] = JSON.parse(stdout).photos;
    expect(results.map(({ heads: [head] }) => head.name)).toEqual(["me", "me_2"]);
    expect(await contents(heads)).toEqual(
      results.flatMap(({ heads: [head] }) => head.files.map((file) => basename(file))).sort(),
    );
    const sizes = await Promise.all(["me", "me_2"].map(async (name) => (await described(name)).image));
    expect(Math.max(sizes[0].width, sizes[0].height)).toBe(480);
    expect(Math.max(sizes[1].width, sizes[1].height)).toBe(500);
  });
});

describe("several faces", () => {
  /** The portrait twice: large on the right, smaller on the left. */
  async function two(): Promise<string> {
    const [large, small] = await Promise.all(
      [640, 400].map((side) => portraitOf(side).png().toBuffer({ resolveWithObject: true })),
    );
    const group = landscape(large.info.width + small.info.width, large.info.height).composite([
      { input: small.data, left: 0, top: 100 },
      { input: large.data, left: small.info.width, top: 0 },
    ]);
    return saved(folder, "group.png", group.png());
  }

  test("the largest by default; all, or one by its number", async () => {
    const photo = await two();
    const run = async (output: string, ...face: string[]) => {
      const { status } = await cameo("reconstruct", photo, "-o", join(folder, output), ...quick, ...face);
      expect(status).toBe(0);
    };
    await run("default");
    await run("all", "--face", "all");
    await run("second", "--face", "2");
    const boxOf = async (name: string, output: string) => (await described(name, join(folder, output))).box;
    const [largest, first, next, second] = await Promise.all([
      boxOf("group", "default"),
      boxOf("group", "all"),
      boxOf("group-2", "all"),
      boxOf("group", "second"),
    ]);
    expect(first).toEqual(largest);
    expect(next).toEqual(second);
    expect(next.width).toBeLessThan(first.width);
    expect(next.x + next.width).toBeLessThan(first.x);
    expect((await contents(join(folder, "all"))).filter((file) => file.endsWith(".ply"))).toEqual([
      "group-2.ply",
      "group.ply",
    ]);
  });
});

describe("the camera", () => {
  const camera = async (photo: string, ...options: string[]) => {
    expect((await cameo("reconstruct", photo, "-o", heads, ...quick, ...options)).status).toBe(0);
    const { camera, image } = await described("me");
    return { ...camera, ...image };
  };

  test("from --fov, from --focal35, from EXIF, else estimated", async () => {
    const jpeg = await portraitOf(480).jpeg().toBuffer();
    const plain = await saved(folder, "me.jpg", jpeg);
    const byFov = await camera(plain, "--fov", "40");
    expect(byFov.source).toBe("fov");
    expect(byFov.fx).toBeCloseTo(byFov.width / 2 / Math.tan((20 * Math.PI) / 180), 3);
    const byFocal = await camera(plain, "--focal35", "50");
    expect(byFocal.source).toBe("focal35");
    expect(byFocal.fx).toBeCloseTo((50 / Math.hypot(36, 24)) * Math.hypot(byFocal.width, byFocal.height), 3);
    expect((await camera(plain)).source).toBe("estimated");

    const { width, height } = byFov;
    const tagged = await saved(folder, "me.jpg", withExif(jpeg, tiffBlock([], lensFields(50, width, height))));
    const byExif = await camera(tagged);
    expect(byExif.source).toBe("exif");
    expect(byExif.fx).toBeCloseTo(byFocal.fx, 3);
    expect((await camera(tagged, "--focal35", "85")).source).toBe("focal35");
  });
});

describe("photos of every kind give the same head", () => {
  /** Mean distance of the landmarks, in percent of the outer eye distance. */
  const distance = (a: Description, b: Description): number => {
    const apart = ([x, y]: number[], [u, v]: number[]) => Math.hypot(x - u, y - v);
    const mean = a.landmarks.reduce((sum, point, i) => sum + apart(point, b.landmarks[i]), 0) / a.landmarks.length;
    return (100 * mean) / apart(b.landmarks[36], b.landmarks[45]);
  };

  test("all eight EXIF orientations", async () => {
    const photos = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map(async (held) =>
        saved(folder, `held${held}.jpg`, await asHeld(portraitOf(512), held)),
      ),
    );
    expect((await cameo("reconstruct", ...photos, "-o", heads, ...quick)).status).toBe(0);
    const [upright, ...others] = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((held) => described(`held${held}`)));
    for (const other of others) {
      expect(other.image).toEqual(upright.image);
      expect(distance(other, upright)).toBeLessThan(0.2);
      for (const angle of ["yaw", "pitch", "roll"] as const)
        expect(Math.abs(other.pose[angle] - upright.pose[angle])).toBeLessThan(0.25);
    }
  });

  test("grey, alpha, CMYK, 16 bits, WebP, AVIF, TIFF, animated GIF", async () => {
    const base = sharp(await portraitOf(512).png().toBuffer());
    const frame = await base.clone().png().toBuffer();
    const { width, height } = await sharp(frame).metadata();
    const blank = await landscape(width, height).png().toBuffer();
    const kinds = {
      "plain.png": base.clone().png(),
      "grey.jpg": base.clone().greyscale().jpeg({ quality: 95 }),
      "alpha.png": base.clone().ensureAlpha(0.9).png(),
      "cmyk.jpg": base.clone().toColourspace("cmyk").jpeg({ quality: 95 }),
      "deep.png": base.clone().toColourspace("rgb16").png(),
      "photo.webp": base.clone().webp({ quality: 95 }),
      "photo.avif": base.clone().avif({ quality: 80, effort: 2 }),
      "photo.tiff": base.clone().tiff(),
      "moving.gif": sharp([frame, blank], { join: { animated: true } }).gif(),
    };
    const photos = await Promise.all(Object.entries(kinds).map(([name, picture]) => saved(folder, name, picture)));
    const { status, stdout, stderr } = await cameo("reconstruct", ...photos, "-o", heads, ...quick, "--json");
    expect(status).toBe(0);
    expect(stderr).toMatch(/^.*moving\.gif: .*first frame.*\n$/);
    const results: { photo: string; heads: { name: string; notes: string[] }[] }[] = JSON.parse(stdout).photos;
    const plain = await described("plain");
    for (const {
      photo,
      heads: [head],
    } of results) {
      expect(distance(await described(head.name), plain), photo).toBeLessThan(1);
      expect(head.notes.length > 0, photo).toBe(photo.endsWith(".gif"));
    }
  });
});

test("--verbose tells camera, pose and times, on standard error", async () => {
  const { stdout, stderr } = await cameo("reconstruct", portrait, "-o", heads, "--verbose");
  for (const word of ["focal length", "yaw", "detect", "models:"]) expect(stderr).toContain(word);
  expect(stdout.trimEnd().split("\n")).toHaveLength(5);
});
