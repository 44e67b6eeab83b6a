import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp, { type Sharp } from "sharp";
import { expect, test, vi } from "vitest";
import { hasFfmpeg } from "./ffmpeg.ts";
import { landscape, portraitOf, saved } from "./photos.ts";
import { cameo, contents, portrait, temporaryFolder } from "./run.ts";

const run = promisify(execFile);

/** The portrait and its mirror image beside each other on a wall, each so high; none of height 0. */
async function two(height: number, mirrored: number): Promise<Sharp> {
  const place = async (picture: Sharp, left: number) => ({ input: await picture.png().toBuffer(), left, top: 0 });
  const pictures = [
    ...(height > 0 ? [await place(portraitOf(height), 0)] : []),
    ...(mirrored > 0 ? [await place(portraitOf(mirrored).flop(), 400)] : []),
  ];
  return landscape(800, 400).composite(pictures).png();
}

test("of several faces the driver is the largest of the first frame, and from then on the one at its place", async () => {
  const folder = await temporaryFolder();
  const frames = join(folder, "frames");
  await mkdir(frames);
  await saved(frames, "1.png", await two(400, 260));
  await saved(frames, "2.png", await two(300, 400));
  await saved(frames, "3.png", await two(0, 400));
  const output = join(folder, "out.png");
  const made = await cameo(
    ...["transfer", frames, portrait, "--pose", "--no-smooth", "--size", "64", "-o", output, "--json"],
  );
  // The mirrored face would turn the head by more than results hold, which would be said.
  expect(made.stderr).toBe(`${frames}: 1 of 3 frames show no face: pose and expression are held there\n`);
  expect(JSON.parse(made.stdout)).toMatchObject({ frames: 3, held: 1 });
  const pictures = [1, 2, 3].map((i) =>
    sharp(join(folder, `out-000${i}.png`))
      .raw()
      .toBuffer(),
  );
  const [, last, held] = await Promise.all(pictures);
  expect(held.equals(last)).toBe(true);
}, 120_000);

test.skipIf(!hasFfmpeg)(
  "a video may change its rate, and end in the middle",
  async () => {
    const folder = await temporaryFolder();
    const still = await saved(folder, "still.png", portraitOf(256).png());
    const driver = join(folder, "driver.ts");
    await run("ffmpeg", [
      ...["-v", "error", "-loop", "1", "-framerate", "30", "-t", "1", "-i", still],
      ...["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p", "-c:v", "mpeg2video", "-q:v", "2", driver],
    ]);
    const cut = await saved(folder, "cut.ts", (await readFile(driver)).subarray(0, -20_000));
    const output = join(folder, "out.gif");
    const made = await cameo("transfer", cut, portrait, "--rate", "5", "--size", "64", "-o", output, "--json");
    expect(made.status).toBe(0);
    const { frames, rate } = JSON.parse(made.stdout);
    expect(rate).toBe(5);
    expect(frames).toBeGreaterThanOrEqual(2);
    expect(frames).toBeLessThan(5);
    expect((await sharp(output).metadata()).pages ?? 1).toBeLessThanOrEqual(frames);
  },
  120_000,
);

test("says what to do where ffmpeg is missing, before any work", async () => {
  const folder = await temporaryFolder();
  const driver = await saved(folder, "driver.mp4", "not looked at");
  vi.stubEnv("PATH", folder);
  try {
    const { status, stderr } = await cameo("transfer", driver, portrait, "-o", join(folder, "out.gif"));
    expect(status).toBe(3);
    expect(stderr).toMatch(/^cameo: ffprobe was not found.*install ffmpeg.*\n$/);
  } finally {
    vi.unstubAllEnvs();
  }
  expect(await contents(folder)).toEqual(["driver.mp4"]);
});
