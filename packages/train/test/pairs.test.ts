import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makePortraits, openAssets, type PortraitSample } from "@cameo/synth";
import { minePairs, openSource, parseConfig, taskFields } from "@cameo/train";
import { decodeMorphableModel, openNodeBundle, quaternion } from "cameo";
import sharp from "sharp";
import { afterAll, afterEach, describe, expect, it } from "vitest";

const root = mkdtempSync(join(tmpdir(), "cameo-pairs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const assets = fileURLToPath(new URL("../../../../shared/makehuman", import.meta.url));
const models = fileURLToPath(new URL("../../../models", import.meta.url));
const missing = [
  ...(existsSync(assets) ? [] : [`the MakeHuman head pack is not at ${assets}`]),
  ...(existsSync(join(models, "imported", "blazeface.onnx")) ? [] : ["models/imported is absent (npm run models)"]),
  ...(hasFfmpeg() ? [] : ["ffmpeg is not installed"]),
];
if (missing.length > 0) console.log(`Skipped: ${missing.join("; ")}.`);

function hasFfmpeg(): boolean {
  try {
    execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A video of a head that turns, six frames a second. */
async function makeVideo(path: string): Promise<PortraitSample[]> {
  const bundle = await openNodeBundle();
  const opened = await openAssets(assets, await decodeMorphableModel(await bundle.read("head")));
  const options = { size: 320, framing: "photo", frames: 2, rotation: [8, 10], styles: "training" } as const;
  const frames = await makePortraits(opened, 900, 4, options);
  const folder = join(root, "frames");
  mkdirSync(folder);
  for (const [i, { image, size }] of frames.entries()) {
    const picture = sharp(image, { raw: { width: size, height: size, channels: 3 } }).png();
    await picture.toFile(join(folder, `${i}.png`));
  }
  const input = ["-v", "error", "-framerate", "6", "-i", join(folder, "%d.png")];
  execFileSync("ffmpeg", [...input, "-c:v", "mpeg4", "-q:v", "2", path]);
  return frames;
}

const videos = join(root, "videos");
const folder = join(root, "pairs");

describe("pairs from videos", () => {
  const { PATH } = process.env;
  afterEach(() => {
    process.env.PATH = PATH;
  });

  it.skipIf(missing.length > 0)(
    "are found, resumed, and read as data for the paper's losses",
    async () => {
      mkdirSync(videos);
      const made = await makeVideo(join(videos, "turning.mp4"));
      writeFileSync(join(videos, "broken.mp4"), "no video");
      const mine = () => minePairs({ videos: [videos], folder, threads: 1 });
      const first = await mine();
      expect(first).toEqual({ videos: 2, before: 0, pairs: 1, rejected: { unreadable: 1 } });
      const files = readdirSync(folder, { recursive: true }).sort();
      expect(files.filter((name) => String(name).endsWith(".jpg"))).toHaveLength(2);

      // The same again has nothing to do, with other options it is refused, and a line that was cut off is made again.
      const journal = readFileSync(join(folder, "pairs.jsonl"), "utf8");
      expect(await mine()).toEqual({ ...first, before: 2 });
      await expect(minePairs({ videos: [videos], folder, rotation: [5, 20] })).rejects.toThrow(
        "rotation 5,15, not 5,20",
      );
      writeFileSync(join(folder, "pairs.jsonl"), journal.slice(0, -9));
      expect(await mine()).toEqual({ ...first, before: 1 });
      expect(readFileSync(join(folder, "pairs.jsonl"), "utf8")).toBe(journal);

      // The rotation between both pictures is that of the head.
      const pair = JSON.parse(journal.trim().split("\n").at(-1)!).pairs[0];
      const angle = (a: quaternion.Quaternion, b: quaternion.Quaternion) =>
        (2 * Math.acos(Math.min(1, Math.abs(quaternion.multiply(a, quaternion.conjugate(b))[3]))) * 180) / Math.PI;
      const [a, b] = pair.pictures.map(({ pose }: { pose: { rotation: quaternion.Quaternion } }) => pose.rotation);
      const truth = angle(made[0].truth.pose.rotation, made[1].truth.pose.rotation);
      expect(Math.abs(angle(a, b) - truth)).toBeLessThan(3);

      const losses = { colour: 0.4, gradient: 0.6, target: 0 };
      const config = parseConfig({ task: "depth", out: root, steps: 1, data: { kind: "pairs", path: folder }, losses });
      const size = 64;
      const fields = taskFields(config);
      const source = await openSource(config.data, fields, size);
      expect(source.count).toBe(1);
      const sample = await source.sample(0);
      expect(Object.keys(sample)).toEqual(Object.keys(fields));
      expect(sample.image.length).toBe(6 * size * size);
      expect(Math.max(...sample.image)).toBeLessThanOrEqual(1);
      // The fitted face lies on what is labelled as face, in both pictures.
      for (const start of [0, size * size]) {
        let [both, faces] = [0, 0];
        for (let p = start; p < start + size * size; p++) {
          if (sample.label[p] === 1) faces++;
          if (sample.label[p] === 1 && sample.face[p] > 0) both++;
        }
        expect(both / faces).toBeGreaterThan(0.7);
      }
      // One focal length and one head: it stays as large.
      expect(Math.abs(sample.centre[0] / sample.centre[1] - 1)).toBeLessThan(0.05);
      // One by one they are what the refinement network needs of real pictures.
      const pictures = await openSource(config.data, { image: "picture", holes: "map" }, size);
      expect(pictures.count).toBe(2 * source.count);
      const second = await pictures.sample(1);
      expect(second.image).toEqual(sample.image.subarray(3 * size * size));
      expect(second.holes).toContain(1);
      await expect(openSource(config.data, { view: "picture" }, size)).rejects.toThrow(
        'Single pictures of pairs have no field "view", only image, label, holes',
      );
      await expect(openSource(config.data, { depth: { pair: "map" } }, size)).rejects.toThrow('no field "depth", only');
    },
    120_000,
  );

  it("need ffmpeg, videos, and a folder of their own", async () => {
    const empty = join(root, "empty");
    mkdirSync(empty);
    await expect(minePairs({ videos: [empty], folder })).rejects.toThrow("There are no videos in");
    writeFileSync(join(empty, "film.mp4"), "");
    process.env.PATH = empty;
    await expect(minePairs({ videos: [empty], folder: join(root, "other"), threads: 1 })).rejects.toThrow(
      /read by ffmpeg, which is not installed/,
    );
    await expect(openSource({ kind: "pairs", path: empty }, { image: { pair: "picture" } }, 64)).rejects.toThrow(
      "there is no pairs.json",
    );
  }, 60_000);
});
