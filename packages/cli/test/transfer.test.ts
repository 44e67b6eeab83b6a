import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { expect, test } from "vitest";
import { hasFfmpeg } from "./ffmpeg.ts";
import { landscape, portraitOf, saved } from "./photos.ts";
import { cameo, contents, portrait, temporaryFolder } from "./run.ts";

const run = promisify(execFile);

test("gives a photo the pose of another", async () => {
  const folder = await temporaryFolder();
  const driver = join(folder, "driver.png");
  await cameo("turn", portrait, "--yaw=-20", "--size", "320", "-o", driver);
  const file = join(folder, "out.png");
  const made = await cameo("transfer", driver, portrait, "--pose", "--size", "256", "-o", file, "--json");
  expect(made.status).toBe(0);
  expect(JSON.parse(made.stdout)).toMatchObject({ driver, target: portrait, file });
  expect((await sharp(file).metadata()).xmp?.toString()).toContain("compositeWithTrainedAlgorithmicMedia");
  const yaw = async (photo: string) => {
    await cameo("reconstruct", photo, "-o", join(folder, "heads"));
    const name = photo.includes("out") ? "out" : "portrait";
    return JSON.parse(await readFile(join(folder, "heads", `${name}.json`), "utf8")).pose.yaw as number;
  };
  const turn = (await yaw(file)) - (await yaw(portrait));
  expect(turn).toBeLessThan(-10);
  expect(turn).toBeGreaterThan(-30);
});

test("takes a folder of pictures for a video: of several sizes, frames without the face held and counted", async () => {
  const folder = await temporaryFolder();
  const frames = join(folder, "frames");
  await mkdir(frames);
  await saved(frames, "1.png", portraitOf(300).png());
  await saved(frames, "2.png", landscape().png());
  await saved(frames, "10.png", portraitOf(240).flop().png());
  const output = join(folder, "out.png");
  const made = await cameo("transfer", frames, portrait, "--size", "64", "--no-smooth", "-o", output, "--json");
  // The mirrored portrait looks the other way, by more than results hold.
  const [faceless, turned] = made.stderr.split("\n");
  expect(faceless).toBe(`${frames}: 1 of 3 frames show no face: pose and expression are held there`);
  expect(turned).toMatch(/the head turns by up to 2\d° from its photo/);
  const files = [1, 2, 3].map((i) => join(folder, `out-000${i}.png`));
  expect(JSON.parse(made.stdout)).toMatchObject({ files, frames: 3, held: 1, rate: 25 });
  const [first, held, last] = await Promise.all(files.map((file) => sharp(file).raw().toBuffer()));
  expect(held.equals(first)).toBe(true);
  expect(last.equals(first)).toBe(false);
});

test("refuses a folder in which no picture shows a face, and drivers that are no video", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "empty"));
  await saved(folder, "1.png", landscape().png());
  const output = ["--size", "64", "-o", join(folder, "out.gif")];
  const faceless = await cameo("transfer", folder, portrait, ...output);
  expect(faceless).toMatchObject({
    status: 1,
    stderr: `cameo: No face was found in any of the 1 frames of ${folder}.\n`,
  });
  const empty = await cameo("transfer", join(folder, "empty"), portrait, ...output);
  expect(empty).toMatchObject({ status: 1, stderr: `cameo: ${join(folder, "empty")} holds no pictures.\n` });
  const absent = await cameo("transfer", join(folder, "absent.mp4"), portrait, ...output);
  expect(absent).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^cameo: .*absent\.mp4 was not found\.\n$/),
  });
  const relative = await cameo("transfer", portrait, portrait, "--relative", "-o", join(folder, "out.png"));
  expect(relative).toMatchObject({ status: 2 });
  expect(await contents(folder)).toEqual(["1.png", "empty"]);
});

test.skipIf(!hasFfmpeg)("keeps rate and sound of a video; a damaged one is refused in a sentence", async () => {
  const folder = await temporaryFolder();
  const driver = join(folder, "driver.mp4");
  const still = await saved(folder, "still.png", portraitOf(256).png());
  await run("ffmpeg", [
    ...["-v", "error", "-loop", "1", "-framerate", "10", "-t", "0.4", "-i", still],
    ...["-f", "lavfi", "-t", "0.4", "-i", "sine=440", "-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p"],
    ...["-c:v", "libx264", "-c:a", "aac", driver],
  ]);
  const file = join(folder, "out.webm");
  const { status, stdout } = await cameo(
    "transfer",
    driver,
    portrait,
    "--relative",
    "--size",
    "64",
    "-o",
    file,
    "--json",
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ frames: 4, held: 0, rate: 10 });
  const entries = ["-show_entries", "stream=codec_name,r_frame_rate", "-of", "json", file];
  const { streams } = JSON.parse((await run("ffprobe", ["-v", "error", ...entries])).stdout);
  expect(streams).toMatchObject([{ codec_name: "vp9", r_frame_rate: "10/1" }, { codec_name: "opus" }]);

  const damaged = await saved(folder, "damaged.mp4", (await readFile(driver)).subarray(0, 600));
  const refused = await cameo("transfer", damaged, portrait, "--size", "64", "-o", join(folder, "no.mp4"));
  expect(refused).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^cameo: .* cannot be read as a video.*\n$/),
  });
  expect(await contents(folder)).toEqual(["damaged.mp4", "driver.mp4", "out.webm", "still.png"]);
});
