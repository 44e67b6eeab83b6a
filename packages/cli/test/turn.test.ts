import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { expect, test } from "vitest";
import { hasFfmpeg } from "./ffmpeg.ts";
import { cameo, contents, portrait, temporaryFolder } from "./run.ts";

const pixelsOf = async (file: string) => {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
};

const difference = (a: Uint8Array, b: Uint8Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
};

test("writes the turned head over the photo: no holes, and a mark that it is synthesised", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "new", "turned.png");
  const { status, stdout, stderr } = await cameo(
    "turn",
    portrait,
    "--yaw",
    "18",
    "--pitch",
    "-5",
    "--size",
    "256",
    "-o",
    file,
  );
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${file}\n`, stderr: "" });
  expect(await contents(folder)).toEqual(["new", join("new", "turned.png")]);
  const { width, height } = await sharp(file).metadata();
  expect(Math.max(width, height)).toBe(256);
  expect((await sharp(file).stats()).isOpaque).toBe(true);
  expect((await sharp(file).metadata()).xmp?.toString()).toContain("compositeWithTrainedAlgorithmicMedia");

  const unmarked = join(folder, "unmarked.jpg");
  const options = ["--yaw", "18", "--pitch", "-5", "--size", "256", "--no-mark"];
  expect((await cameo("turn", portrait, ...options, "-o", unmarked)).status).toBe(0);
  expect((await sharp(unmarked).metadata()).xmp).toBeUndefined();
  expect(difference((await pixelsOf(unmarked)).data, (await pixelsOf(file)).data)).toBeLessThan(4);
});

test("a head that is not turned leaves the photo nearly as it was", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "same.png");
  const { status, stdout } = await cameo("turn", portrait, "-o", file, "--json");
  expect(status).toBe(0);
  const { width, height, data } = await pixelsOf(file);
  expect(JSON.parse(stdout)).toEqual({ photo: portrait, file, width, height, notes: [] });
  expect(difference(data, (await pixelsOf(portrait)).data)).toBeLessThan(6);
});

test("turns by an angle or to one, and an expression changes the face", async () => {
  const folder = await temporaryFolder();
  const made = async (...options: string[]) => {
    const file = join(folder, `view${options.join("")}.png`);
    expect((await cameo("turn", portrait, ...options, "--size", "128", "-o", file)).status).toBe(0);
    return (await pixelsOf(file)).data;
  };
  const still = await made();
  expect(difference(await made("--yaw", "20"), await made("--to=-10,0,0"))).toBeGreaterThan(2);
  const smile = difference(await made("--expression", "smile=1,jawOpen=0.5"), still);
  expect(smile).toBeGreaterThan(0.1);
  expect(smile).toBeLessThan(3);
});

test("says what is wrong with its options, and which expressions there are", async () => {
  const folder = await temporaryFolder();
  const output = ["-o", join(folder, "me.png"), "--size", "64"];
  const unknown = await cameo("turn", portrait, "--expression", "smirk=1", ...output);
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toMatch(/^cameo: There is no expression "smirk"; there are smile, .*jawOpen.*\n$/);
  for (const [options, message] of [
    [["--expression", "smile"], /names with strengths/],
    [["--to", "1,2"], /three angles/],
    [["--to", "1,2,3", "--yaw", "4"], /either --to or angles/],
    [["--sweep", "tilt=1:2"], /yaw, pitch or roll/],
  ] as const) {
    const { status, stderr } = await cameo("turn", portrait, ...options, ...output);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  }
  for (const options of [
    ["--sweep", "yaw=1:2", "-o", "me.jpg"],
    ["-o", "me.mp4"],
  ]) {
    const { status, stderr } = await cameo("turn", portrait, ...options);
    expect(status).toBe(2);
    expect(stderr).toMatch(/must end in/);
  }
  expect(await contents(folder)).toEqual([]);
});

test("warns of a turn beyond the range in which results hold", async () => {
  const folder = await temporaryFolder();
  const { status, stderr } = await cameo(
    "turn",
    portrait,
    "--yaw",
    "60",
    "--size",
    "64",
    "-o",
    join(folder, "far.png"),
  );
  expect(status).toBe(0);
  expect(stderr).toMatch(/turns by yaw 60° from the photo, and results hold up to 20°/);
});

test("a sweep makes animated pictures, marked, and numbered ones", async () => {
  const folder = await temporaryFolder();
  const sweep = ["--sweep", "yaw=-10:10", "--frames", "3", "--rate", "10", "--size", "64"];
  for (const name of ["me.gif", "me.webp"]) {
    const file = join(folder, name);
    expect((await cameo("turn", portrait, ...sweep, "-o", file)).stdout).toBe(`${file}\n`);
    const { pages, delay, xmp } = await sharp(file, { animated: true }).metadata();
    expect({ pages, delay }).toEqual({ pages: 3, delay: [100, 100, 100] });
    if (name === "me.webp") expect(xmp?.toString()).toContain("compositeWithTrainedAlgorithmicMedia");
  }
  const { stdout } = await cameo("turn", portrait, ...sweep, "-o", join(folder, "frames", "me.png"), "--json");
  const files = [1, 2, 3].map((i) => join(folder, "frames", `me-000${i}.png`));
  expect(JSON.parse(stdout)).toMatchObject({ files, frames: 3, rate: 10 });
  expect(await contents(join(folder, "frames"))).toEqual(["me-0001.png", "me-0002.png", "me-0003.png"]);
  const [first, , last] = await Promise.all(files.map(pixelsOf));
  expect(difference(first.data, last.data)).toBeGreaterThan(1);
});

test.skipIf(!hasFfmpeg)("a sweep makes videos", async () => {
  const folder = await temporaryFolder();
  const sweep = ["--sweep", "yaw=-10:10", "--frames", "3", "--rate", "10", "--size", "65"];
  for (const [name, codec] of [
    ["me.mp4", "h264"],
    ["me.webm", "vp9"],
  ]) {
    const file = join(folder, name);
    expect((await cameo("turn", portrait, ...sweep, "-o", file)).stderr).toBe("");
    const entries = ["-count_frames", "-show_entries", "stream=codec_name,nb_read_frames:format_tags=comment,COMMENT"];
    const { stdout } = await promisify(execFile)("ffprobe", ["-v", "error", ...entries, "-of", "json", file]);
    const { streams, format } = JSON.parse(stdout);
    expect(streams).toEqual([{ codec_name: codec, nb_read_frames: "3" }]);
    expect(format.tags.comment ?? format.tags.COMMENT).toContain("compositeWithTrainedAlgorithmicMedia");
  }
  expect(await contents(folder)).toEqual(["me.mp4", "me.webm"]);
});

test("says what to do where ffmpeg is missing, and writes nothing", async () => {
  const folder = await temporaryFolder();
  const { PATH } = process.env;
  process.env.PATH = folder;
  try {
    const sweep = ["--sweep", "yaw=-10:10", "--frames", "2", "--size", "64"];
    const { status, stderr } = await cameo("turn", portrait, ...sweep, "-o", join(folder, "me.mp4"));
    expect(status).toBe(3);
    expect(stderr).toMatch(/^cameo: ffmpeg was not found.*install ffmpeg.*\n$/);
  } finally {
    process.env.PATH = PATH;
  }
  expect(await contents(folder)).toEqual([]);
});
